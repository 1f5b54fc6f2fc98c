// The books that a recorded load must have led to: balances and holds, computed from the record
// alone.
#pragma once

#include <unordered_map>
#include <vector>

#include "cli/recorded_load.h"
#include "ledger/transfer.h"

namespace florin::cli {

struct RecordedHold {
  ledger::Transfer event;
  u128 remaining = 0;
  ledger::PendingStatus status = ledger::PendingStatus::Pending;
};

// A value. Requests of one stream are decided in the order in which they were sent, and only touch
// holds of their own stream.
class RecordedBooks {
 public:
  struct Counters {
    u128 debits_pending = 0;
    u128 debits_posted = 0;
    u128 credits_pending = 0;
    u128 credits_posted = 0;
  };

  // The states of unanswered requests must be settled.
  RecordedBooks(const LoadPlan& plan, const std::vector<StreamRecord>& streams);

  const std::vector<Counters>& counters() const { return counters_; }  // By account.
  const std::vector<RecordedHold>& holds() const { return holds_; }
  // The ledger says that the hold, which is still open here, has expired.
  void expire(usize hold);

 private:
  void add(const ledger::Transfer& event);
  void resolve(const ledger::Transfer& event);
  void release(const ledger::Transfer& event, u128 amount);

  const LoadPlan& plan_;
  std::vector<Counters> counters_;
  std::vector<RecordedHold> holds_;
  std::unordered_map<u64, usize> hold_of_;  // By number of the transfer, within the stream at hand.
};

}  // namespace florin::cli
