// The index from 128-bit ids to slots: one open-addressing table per virtual slot, 8 bytes an entry
// (a 32-bit tag, a slot of 31 bits, and whether another id has the same tag), linear probing. A
// table doubles on its own when it fills; each at another load, so that no two rebuilds come
// together and the longest is that of 1/1024 of all ids.
//
// The id itself is not in the index: a tag that matches is confirmed by the record of its slot,
// which the caller compares. Each virtual slot belongs to the thread that owns its partition.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/prefetch.h"
#include "base/result.h"
#include "base/types.h"
#include "engine/id_hash.h"
#include "engine/table_arena.h"

namespace florin::engine {

inline constexpr u32 kNoSlot = 0xffffffff;

class IdIndex {
 public:
  static constexpr u64 kSlotsMax = 0x7fffffff;

  // Room for `ids_max` ids, however they spread. Loads the tables at between 0.25 and 0.8. They
  // need not grow before there are about `ids_expected`.
  Status reserve(u64 ids_max, u32 partitions, u64 ids_expected = 0);

  void prefetch(IdHash hash) const {
    const Table& table = tables_[hash.virtual_slot];
    prefetch_line(&table.entries[hash.tag & table.mask]);
  }

  // The same before an entry is removed, which looks at those behind it.
  void prefetch_erasure(IdHash hash) const {
    const Table& table = tables_[hash.virtual_slot];
    const u32 place = hash.tag & table.mask;
    prefetch_line(&table.entries[place]);
    prefetch_line(&table.entries[(place + kEntriesPerLine) & table.mask]);
  }

  // The slot of the id if it is there; otherwise kNoSlot or, once in some millions of times, that
  // of another id whose tag is the same. `is_match(slot)` is asked only where ids that are there
  // have the same tag.
  template <class IsMatch>
  u32 candidate(IdHash hash, IsMatch&& is_match) const {
    const Table& table = tables_[hash.virtual_slot];
    for (u32 place = hash.tag & table.mask;; place = (place + 1) & table.mask) {
      const u64 entry = table.entries[place];
      if (entry == 0) return kNoSlot;
      if (tag_of(entry) == hash.tag) {
        if ((entry & kShared) == 0 || is_match(slot_of(entry))) return slot_of(entry);
      }
    }
  }
  // The first slot whose tag matches, or kNoSlot: most often, but not surely, the slot of the id.
  u32 first_candidate(IdHash hash) const {
    return find(hash, [](u32) { return true; });
  }

  // The slot with this tag for which `is_match(slot)` is true, or kNoSlot.
  template <class IsMatch>
  u32 find(IdHash hash, IsMatch&& is_match) const {
    const Table& table = tables_[hash.virtual_slot];
    for (u32 place = hash.tag & table.mask;; place = (place + 1) & table.mask) {
      const u64 entry = table.entries[place];
      if (entry == 0) return kNoSlot;
      if (tag_of(entry) == hash.tag && is_match(slot_of(entry))) return slot_of(entry);
    }
  }

  // Adds an id that is not there.
  void insert(IdHash hash, u32 slot) {
    Table& table = tables_[hash.virtual_slot];
    if (table.count >= table.grow_at) [[unlikely]]
      grow(hash.virtual_slot);
    place(table, hash.tag, slot);
    ++table.count;
  }

  // Removes an entry that is there.
  void erase(IdHash hash, u32 slot);

  // Calls visit(slot) for every entry of a virtual slot, in no particular order.
  template <class Visit>
  void for_each(u32 virtual_slot, Visit&& visit) const {
    const Table& table = tables_[virtual_slot];
    for (u32 place = 0; place <= table.mask; ++place) {
      if (table.entries[place] != 0) visit(slot_of(table.entries[place]));
    }
  }

  u64 entry_count() const;
  // Memory taken by tables, in bytes; and making the first part of it present.
  u64 used_bytes() const;
  void touch(u64 ids_expected) const;

 private:
  static constexpr u32 kEntriesPerLine = 8;
  static constexpr u64 kShared = u64{1} << 31;

  static u32 tag_of(u64 entry) { return static_cast<u32>(entry >> 32); }
  static u32 slot_of(u64 entry) { return static_cast<u32>(entry & ~kShared) - 1; }
  static u64 make_entry(u32 tag, u32 slot) { return (u64{tag} << 32) | (u64{slot} + 1); }

  struct Table {
    u64* entries = nullptr;
    u32 mask = 0;
    u32 count = 0;
    u32 grow_at = 0;
    u32 order = 0;  // Of the block in the arena.
  };

  // On the way it meets every entry with the same tag.
  static void place(Table& table, u32 tag, u32 slot) {
    u64 shared = 0;
    u32 place = tag & table.mask;
    for (; table.entries[place] != 0; place = (place + 1) & table.mask) {
      if (tag_of(table.entries[place]) != tag) continue;
      table.entries[place] |= kShared;
      shared = kShared;
    }
    table.entries[place] = make_entry(tag, slot) | shared;
  }
  void grow(u32 virtual_slot);
  // Its entries are in memory that may have been used before.
  void set_table(Table& table, u32 virtual_slot, u32 order, double load);
  TableArena& arena_of(u32 virtual_slot) {
    return *arenas_[partition_of(virtual_slot, static_cast<u32>(arenas_.size()))];
  }

  std::array<Table, kVirtualSlots> tables_;
  std::vector<std::unique_ptr<TableArena>> arenas_;  // One per partition.
  u64 first_bytes_ = 0;                              // Of the first tables of a partition.
};

}  // namespace florin::engine
