#include "engine/retirement.h"

#include <algorithm>
#include <array>

#include "base/prefetch.h"
#include "engine/planted.h"
#include "engine/transfer_digest.h"

namespace florin::engine {

namespace {

// How many numbers ahead of its turn a record, then its entry in the index, is fetched.
constexpr u64 kRetiredRecordAhead = 24;
constexpr u64 kRetiredIndexAhead = 12;
constexpr u64 kRetiredHashRing = 32;  // More than kRetiredIndexAhead; a power of two.

void prefetch_record(const Tables& tables, u32 slot) {
  prefetch_object(tables.transfers[slot]);
  prefetch_line(&tables.transfer_states[slot]);
  if (tables.marked_chunks[slot / kSlotChunk] != 0) {
    prefetch_line(&tables.transfer_marks[slot]);
  }
}

u64 above(u64 end, u64 first) { return end > first ? end - first : 0; }

}  // namespace

void Retirement::follow_history(u64 decided_by) {
  MemoryWindow& window = books_.window;
  CHECK(!window.follows_history);
  CHECK(decided_by != 0 || books_.transfers_count == 0);  // Told before the state was loaded.
  window.follows_history = true;
  window.position = decided_by;
  books_.note_decisions();
  // Of the older ones nothing tells when they changed last; only that it was before.
  const u64 slots = tables_.transfer_source.leased();
  for (u64 slot = 0; slot < slots; ++slot) {
    if (tables_.marked_chunks[slot / kSlotChunk] == 0) {
      slot += kSlotChunk - 1;
      continue;
    }
    const auto index = static_cast<u32>(slot);
    const TransferMark& mark = books_.holds.mark(index);
    if (mark.passed_over && mark.hold == 0) books_.note_change(index);
  }
}

u64 Retirement::retirable(u64 durable) const {
  const MemoryWindow& window = books_.window;
  const DecisionMark covered = window.decisions.estimate(durable);
  u64 count = above(std::min(covered.created, cut_.created_copied()), books_.first_created) +
              above(std::min(covered.consumed, cut_.consumed_copied()), books_.first_consumed);
  // Acquire: with the position is how many there are.
  if (window.first_change.load(std::memory_order_acquire) <= durable) {
    count += window.change_count.load(std::memory_order_relaxed);
  }
  return count;
}

u64 Retirement::retire(u64 durable, u64 ids_max) {
  if (!books_.window.follows_history) return 0;
  cut_.before_retire();
  u64 count = settle_changes(durable, ids_max);
  const u64 until = planted(Defect::WindowForgetsDecision) ? ~u64{0} : durable;
  const DecisionMark covered = books_.window.decisions.cover(until);
  while (count < ids_max) {
    const Share part = share(covered, ids_max - count);
    if (part.created + part.consumed == 0) break;
    count += leave(tables_.transfers_by_creation, books_.first_created,
                   books_.first_created + part.created);
    count += leave(tables_.transfers_failed, books_.first_consumed,
                   books_.first_consumed + part.consumed);
  }
  tables_.has_left = books_.first_created + books_.first_consumed != 0;
  tables_.transfers_by_creation.begin_at(books_.first_created);
  tables_.transfers_failed.begin_at(books_.first_consumed);
  if (count > 0) {
    const u64 latest = std::min(durable, books_.window.position);
    books_.retired_position = std::max(books_.retired_position, latest);
  }
  return count;
}

// As many of each list as there are of it among those that may go.
Retirement::Share Retirement::share(const DecisionMark& covered, u64 ids_max) const {
  const u64 created = above(std::min(covered.created, cut_.created_copied()), books_.first_created);
  const u64 consumed =
      above(std::min(covered.consumed, cut_.consumed_copied()), books_.first_consumed);
  const u64 all = created + consumed;
  if (all <= ids_max) return {created, consumed};
  const auto of_created = static_cast<u64>(u128{ids_max} * created / all);
  return {of_created, ids_max - of_created};
}

// What history has durably by now need not be in memory for it.
u64 Retirement::settle_changes(u64 durable, u64 ids_max) {
  auto& changes = books_.window.changes;
  u64 count = 0;
  while (!changes.empty() && count < ids_max) {
    if (changes.front().position > durable && !planted(Defect::WindowForgetsPosition)) break;
    if (changes.size() > kRetiredRecordAhead)
      prefetch_record(tables_, changes[kRetiredRecordAhead].slot);
    const u32 slot = changes.front().slot;
    changes.pop_front();
    TransferMark& mark = books_.holds.mark(slot);
    CHECK(mark.changes > 0);
    --mark.changes;
    if (!mark.passed_over || must_stay(slot)) continue;
    forget(slot, tables_.seed.hash(tables_.transfers[slot].id));
    --books_.kept_count;
    ++count;
  }
  return count;
}

u64 Retirement::leave(SlotRing& list, u64& first, u64 end) {
  std::array<IdHash, kRetiredHashRing> hashes;
  u64 count = 0;
  const auto hash = [&](u64 number) {
    IdHash& place = hashes[number % kRetiredHashRing];
    place = tables_.seed.hash(tables_.transfers[list[number]].id);
    tables_.transfer_index.prefetch_erasure(place);
  };
  const u64 begin = first;
  for (u64 number = begin; number < std::min(begin + kRetiredIndexAhead, end); ++number)
    hash(number);
  for (; first < end; ++first) {
    if (first + kRetiredRecordAhead < end)
      prefetch_record(tables_, list[first + kRetiredRecordAhead]);
    if (first + kRetiredIndexAhead < end) hash(first + kRetiredIndexAhead);
    const u32 slot = list[first];
    if (must_stay(slot)) {
      pass_over(slot);
    } else {
      forget(slot, hashes[first % kRetiredHashRing]);
      ++count;
    }
  }
  list.begin_at(first);
  return count;
}

bool Retirement::must_stay(u32 slot) const {
  if (tables_.marked_chunks[slot / kSlotChunk] == 0) return false;
  if (planted(Defect::WindowForgetsHold)) return false;
  const TransferMark& mark = books_.holds.mark(slot);
  return mark.hold != 0 || mark.changes != 0;
}

void Retirement::pass_over(u32 slot) {
  books_.cut.before_leaving(slot);
  books_.holds.mark(slot).passed_over = true;
  ++books_.kept_count;
}

void Retirement::forget(u32 slot, IdHash hash) {
  books_.cut.before_leaving(slot);
  if (!planted(Defect::WindowForgetsDigest)) {
    books_.retired_digest += transfer_digest(books_, slot);
  }
  tables_.transfer_index.erase(hash, slot);
  tables_.transfer_states[slot] = 0;
  if (tables_.marked_chunks[slot / kSlotChunk] != 0 && !planted(Defect::WindowLeavesMark)) {
    books_.holds.mark(slot) = TransferMark{};
  }
  if (!planted(Defect::WindowLosesSlot)) tables_.transfer_source.give_back(slot);
}

}  // namespace florin::engine
