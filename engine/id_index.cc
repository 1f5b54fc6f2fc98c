#include "engine/id_index.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace florin::engine {

namespace {

constexpr u64 kEntryBytes = sizeof(u64);
// A table doubles at a load between these two, each virtual slot at its own.
constexpr double kGrowLoadLowest = 0.50;
constexpr double kGrowLoadHighest = 0.80;
// Of a table that has what was expected.
constexpr double kFirstLoad = 0.72;

// The bits of a virtual slot in reverse, as a fraction of one: neighbours get far apart loads.
double spread(u32 virtual_slot) {
  u32 reversed = 0;
  for (u32 bit = 1; bit < kVirtualSlots; bit <<= 1) {
    reversed = (reversed << 1) | ((virtual_slot & bit) != 0 ? 1U : 0U);
  }
  return static_cast<double>(reversed) / kVirtualSlots;
}

double grow_load(u32 virtual_slot) {
  return kGrowLoadLowest + (kGrowLoadHighest - kGrowLoadLowest) * spread(virtual_slot);
}

// Of tables that hold so many ids together without growing, though some get more of them than
// others.
u32 first_order(u64 ids_expected) {
  const double places = static_cast<double>(ids_expected) / kVirtualSlots / kFirstLoad;
  const u64 bytes = std::bit_ceil(static_cast<u64>(places) * kEntryBytes + 1);
  return std::max(TableArena::kSmallestOrder, static_cast<u32>(std::countr_zero(bytes)));
}

}  // namespace

Status IdIndex::reserve(u64 ids_max, u32 partitions, u64 ids_expected) {
  CHECK(partitions >= 1 && partitions <= kVirtualSlots);
  // All ids may fall into one partition. At the worst a table is loaded at a quarter and its half
  // size has just been left behind; address space costs nothing until it is touched.
  const u64 smallest = u64{kVirtualSlots} << first_order(ids_expected);
  const u64 worst_bytes = std::max(ids_max * kEntryBytes * 8, smallest * 2);
  for (u32 partition = 0; partition < partitions; ++partition) {
    arenas_.push_back(std::make_unique<TableArena>());
    RETURN_IF_ERROR(arenas_.back()->reserve(worst_bytes));
  }
  // Where none is expected to grow they need not be kept from growing together.
  for (u32 slot = 0; slot < kVirtualSlots; ++slot) {
    set_table(tables_[slot], slot, first_order(ids_expected),
              ids_expected > 0 ? kGrowLoadHighest : grow_load(slot));
  }
  first_bytes_ = smallest / partitions;
  return {};
}

void IdIndex::set_table(Table& table, u32 virtual_slot, u32 order, double load) {
  const auto places = static_cast<u32>((u64{1} << order) / kEntryBytes);
  table.entries = reinterpret_cast<u64*>(arena_of(virtual_slot).allocate(order));
  table.mask = places - 1;
  table.grow_at = static_cast<u32>(load * places);
  table.order = order;
}

void IdIndex::grow(u32 virtual_slot) {
  Table& table = tables_[virtual_slot];
  const Table old = table;
  set_table(table, virtual_slot, old.order + 1, grow_load(virtual_slot));
  std::memset(table.entries, 0, u64{1} << table.order);
  for (u32 from = 0; from <= old.mask; ++from) {
    const u64 entry = old.entries[from];
    if (entry == 0) continue;
    place(table, tag_of(entry), slot_of(entry));
  }
  arena_of(virtual_slot).release(reinterpret_cast<std::byte*>(old.entries), old.order);
}

void IdIndex::erase(IdHash hash, u32 slot) {
  Table& table = tables_[hash.virtual_slot];
  const u64 wanted = make_entry(hash.tag, slot);
  u32 hole = hash.tag & table.mask;
  while ((table.entries[hole] & ~kShared) != wanted) {
    CHECK(table.entries[hole] != 0);
    hole = (hole + 1) & table.mask;
  }
  // Close the gap: an entry further on moves back unless that would put it before its home.
  for (u32 next = (hole + 1) & table.mask; table.entries[next] != 0;
       next = (next + 1) & table.mask) {
    const u32 home = tag_of(table.entries[next]) & table.mask;
    if (((next - home) & table.mask) >= ((next - hole) & table.mask)) {
      table.entries[hole] = table.entries[next];
      hole = next;
    }
  }
  table.entries[hole] = 0;
  --table.count;
}

u64 IdIndex::entry_count() const {
  u64 count = 0;
  for (const Table& table : tables_) count += table.count;
  return count;
}

u64 IdIndex::used_bytes() const {
  u64 bytes = 0;
  for (const auto& arena : arenas_) bytes += arena->used_bytes();
  return bytes;
}

void IdIndex::touch(u64 ids_expected) const {
  // On average a table is loaded at 0.5, and growing holds the old and the new one for a while. The
  // first tables are all in use from the beginning.
  const u64 grown = ids_expected * kEntryBytes * 3 / arenas_.size();
  for (const auto& arena : arenas_) {
    const u64 bytes = std::max(grown, first_bytes_);
    arena->touch(0, std::min(bytes, arena->size_bytes()));
  }
}

}  // namespace florin::engine
