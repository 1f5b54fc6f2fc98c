// What the follower knows of holds while they are open: the pending transfer and what is left of
// it. About 200 bytes a hold; those that are closed give their room to the next.
#pragma once

#include <memory>
#include <vector>

#include "base/types.h"
#include "history/id_slots.h"
#include "ledger/transfer.h"

namespace florin::history {

struct OpenHold {
  ledger::Transfer transfer;
  u128 remaining = 0;
  u64 number = 0;  // Of the transfer's creation.
};

// Belongs to one thread. Look-ups as in AccountTable.
class HoldTable {
 public:
  explicit HoldTable(engine::HashSeed seed) : slots_(seed) {}

  u32 tag_of(u128 id) const { return slots_.tag_of(id); }
  void prefetch_index(u32 tag) const { slots_.prefetch(tag); }
  void prefetch_record(u32 tag) const {
    const u32 slot = slots_.candidate(tag);
    if (slot == kNoSlot) return;
    const auto* const record = reinterpret_cast<const std::byte*>(&at(slot));
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + sizeof(ledger::Transfer), 1);
  }
  // The hold's slot, or kNoSlot.
  u32 find(u128 id, u32 tag) const {
    return slots_.find(tag, [&](u32 slot) { return at(slot).transfer.id == id; });
  }
  // Adds one that is not there; removes one that is.
  u32 open(const OpenHold& hold, u32 tag);
  void close(u32 slot);

  OpenHold& at(u32 slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const OpenHold& at(u32 slot) const { return chunks_[slot / kChunk][slot % kChunk]; }

  void clear();
  u64 size() const { return slots_.size(); }
  u64 memory_bytes() const;

 private:
  static constexpr u32 kChunk = 1024;

  IdSlots slots_;
  std::vector<std::unique_ptr<OpenHold[]>> chunks_;
  std::vector<u32> free_;  // Slots of holds that were closed.
  u32 used_ = 0;           // Slots that ever were in use.
};

}  // namespace florin::history
