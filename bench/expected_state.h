// What a server must have after a run, worked out anew: the workload is drawn again and booked on a
// model that knows no limits and no time, as nothing of a workload is refused or expires.
#pragma once

#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "bench/load_options.h"
#include "ledger/operation.h"
#include "ledger/transfer.h"

namespace florin::bench {

struct ExpectedCounters {
  u128 debits_pending = 0;
  u128 debits_posted = 0;
  u128 credits_pending = 0;
  u128 credits_posted = 0;
  friend bool operator==(const ExpectedCounters&, const ExpectedCounters&) = default;
};

struct ExpectedTransfer {
  ledger::Transfer stored{};  // As it is kept: with what it inherited, but without a timestamp.
  ledger::PendingStatus pending_status = ledger::PendingStatus::None;
  u128 remaining = 0;
};

struct ExpectedState {
  ledger::WideSum posted;                              // Of all accounts, on either side.
  ledger::WideSum pending;                             // The same.
  std::unordered_map<u64, ExpectedCounters> accounts;  // A sample, by index.
  std::vector<ExpectedTransfer> transfers;             // A sample, in the order of the sequence.
};

// After all of `options.transfers`. The sample is drawn from the seed, so that it does not keep
// step with a pattern of the workload.
ExpectedState expected_state(const LoadOptions& options);

}  // namespace florin::bench
