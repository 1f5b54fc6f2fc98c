// Records that are found by a 128-bit id, on one thread, without waiting for memory: the shared
// part of what the follower knows of accounts and of holds.
#pragma once

#include "base/prefetch.h"
#include "base/types.h"
#include "engine/chunked_store.h"
#include "history/id_slots.h"

namespace florin::history {

// Belongs to one thread. To look one up: prefetch_index some time before, then prefetch_record,
// then find. `id_of(record)` tells a record's id. Records never move.
template <class Record, u32 kChunk, u128 (*id_of)(const Record&)>
class IdRecords {
 public:
  explicit IdRecords(engine::HashSeed seed) : slots_(seed) {}

  u32 tag_of(u128 id) const { return slots_.tag_of(id); }
  void prefetch_index(u32 tag) const { slots_.prefetch(tag); }
  void prefetch_record(u32 tag) const {
    const u32 slot = slots_.candidate(tag);
    if (slot == kNoSlot) return;
    const auto* const record = reinterpret_cast<const std::byte*>(&at(slot));
    prefetch_line(record);
    prefetch_line(record + sizeof(Record) - 1);
  }
  // The record's slot, or kNoSlot.
  u32 find(u128 id, u32 tag) const {
    return slots_.find(tag, [&](u32 slot) { return id_of(at(slot)) == id; });
  }

  // Adds one that is not there, in a new slot.
  u32 add(const Record& record, u32 tag) {
    const u32 slot = records_.add();
    place(slot, record, tag);
    return slot;
  }

  Record& at(u32 slot) { return records_[slot]; }
  const Record& at(u32 slot) const { return records_[slot]; }

  void clear() {
    slots_.clear();
    records_.clear();
  }
  u64 size() const { return slots_.size(); }
  u64 memory_bytes() const { return slots_.memory_bytes() + records_.memory_bytes(); }

 protected:
  // In a slot whose record was removed.
  void place(u32 slot, const Record& record, u32 tag) {
    at(slot) = record;
    slots_.insert(tag, slot);
  }
  void remove(u32 slot) { slots_.erase(slots_.tag_of(id_of(at(slot))), slot); }

 private:
  IdSlots slots_;
  engine::ChunkedStore<Record, kChunk> records_;
};

}  // namespace florin::history
