// What the follower knows of holds while they are open: the pending transfer and what is left of
// it. About 200 bytes a hold; those that are closed give their room to the next.
#pragma once

#include <vector>

#include "base/types.h"
#include "history/id_records.h"
#include "ledger/transfer.h"

namespace florin::history {

struct OpenHold {
  ledger::Transfer transfer;
  u128 remaining = 0;
  u64 number = 0;  // Of the transfer's creation.
};

constexpr u128 id_of(const OpenHold& hold) { return hold.transfer.id; }

// Belongs to one thread.
class HoldTable : public IdRecords<OpenHold, 1024, id_of> {
 public:
  using IdRecords::IdRecords;

  // Adds one that is not there; removes one that is.
  u32 open(const OpenHold& hold, u32 tag);
  void close(u32 slot);

  void clear();
  u64 memory_bytes() const { return IdRecords::memory_bytes() + free_.capacity() * sizeof(u32); }

 private:
  std::vector<u32> free_;  // Slots of holds that were closed.
};

}  // namespace florin::history
