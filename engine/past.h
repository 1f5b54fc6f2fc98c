// What left the engine's memory: transfers and consumed ids whose decision is on stable storage
// elsewhere, so that the engine keeps only a window of the newest. This is the seam to whoever
// remembers them for ever.
#pragma once

#include <span>

#include "base/types.h"
#include "ledger/transfer.h"

namespace florin::engine {

// What is remembered of an id that was decided.
struct PastTransfer {
  ledger::Transfer transfer;  // Of an id that was consumed without a transfer, zeros.
  Position position{};        // Of the event that decided it.
  u64 number = 0;             // Of its creation, from 0, or among the consumed ids.
  u8 outcome = 0;             // TransferOutcome, and TransferState::kTookAll; 0 = not known.
  ledger::PendingStatus pending_status = ledger::PendingStatus::None;
  bool reversed = false;
};

// Implemented by the history store, and by tests. Any thread, several at once.
class Past {
 public:
  virtual ~Past() = default;

  // Whether an id can be there at all: false is sure, true is not. Nanoseconds: it is asked for
  // every id that the engine does not have in memory.
  virtual bool may_have(u128 id) const = 0;

  // Looks ids up, `found` is by their index. What was decided beyond the position `as_of` does not
  // count: it is as if it had not happened, for ids as for what became of holds and originals. An
  // implementation that cannot read ends the process: without the answer nothing can be decided.
  virtual void find(std::span<const u128> ids, Position as_of, std::span<PastTransfer> found) = 0;
};

}  // namespace florin::engine
