// What the authoriser knows of a hold while it is open, and what it remembers of one that is
// closed.
#pragma once

#include "base/types.h"
#include "ledger/transfer.h"

namespace florin::engine {

// An open hold, one cache line.
struct alignas(64) HoldState {
  u128 remaining;     // Still on hold.
  u64 deadline;       // Nanoseconds, 0 = never.
  u64 timestamp;      // Of the pending transfer.
  u32 debit_account;  // Slots, as are the next two.
  u32 credit_account;
  u32 transfer;
  u32 queue_place;  // In the queue of deadlines, while it has one.
  u16 debit_virtual_slot;
  u16 credit_virtual_slot;
  u16 flags;      // ledger::transfer_flags of the pending transfer.
  bool charged;   // To a velocity limit of the debit account.
  bool captured;  // More than 0 was posted from it.
};
static_assert(sizeof(HoldState) == 64);

// When a hold with this timeout, in seconds and not 0, expires. It may be beyond all timestamps.
constexpr u128 hold_deadline(u64 timestamp, u32 timeout) {
  return u128{timestamp} + u128{timeout} * kNsPerSecond;
}

// What is kept of a transfer beside its outcome; of most transfers nothing, and their mark is never
// touched.
struct TransferMark {
  u32 hold = 0;  // The number of its open hold plus one; 0 = none.
  ledger::PendingStatus pending_status = ledger::PendingStatus::None;
  bool reversed : 1 = false;     // Another transfer reversed it.
  bool passed_over : 1 = false;  // In memory though its number is below those kept there.
  // How many of MemoryWindow::changes are of it: its coming back into memory, and what history may
  // not have durably yet, the closing of its hold, its reversal.
  u16 changes = 0;
};
static_assert(sizeof(TransferMark) == 8);

}  // namespace florin::engine
