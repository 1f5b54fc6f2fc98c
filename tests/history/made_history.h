// Histories of a ledger that does not lie: the plain ledger answers, while clients overlap. For
// showing that the checkers accept them, and, with something changed in them, that they do not.
#pragma once

#include "base/random.h"
#include "tests/history/bank_workload.h"
#include "tests/history/history.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

// Makes calls one after the other, in the order of their positions.
class HistoryMaker {
 public:
  // Of a call, in any unit: only their order counts.
  struct When {
    u64 session = 0;
    u64 invoked = 0;
    u64 completed = 0;
  };

  // Each returns the index of the call.
  usize answer(OwnedRequest asked, When when);
  usize cut_off_and_done(OwnedRequest asked, When when);
  usize cut_off(OwnedRequest asked, When when) {
    return add(std::move(asked), when, CallEnd::Unknown);
  }
  usize refuse(OwnedRequest asked, When when) {
    return add(std::move(asked), when, CallEnd::NotDone);
  }

  // Lets that many nanoseconds of logged time pass, and, when a hold is due by then, ticks.
  void pass(u64 ns);

  // The final reads, later than all calls. `accounts` are all there are.
  History finish(const std::vector<u128>& accounts);

  ledger::Request& request(usize index) { return history_.calls[index].asked.request(); }
  const Call& call(usize index) const { return history_.calls[index]; }

 private:
  usize add(OwnedRequest asked, When when, CallEnd end);
  void apply(ledger::Request& request);

  ReferenceLedger reference_;
  u64 time_ns_ = 1'000'000'000;
  u64 last_ = 0;  // The latest moment of a call.
  History history_;
};

struct MadeOptions {
  u64 seed = 1;
  u32 calls = 1000;
  u32 sessions = 8;       // Of as many clients.
  u32 cut_off_share = 2;  // Percent of the calls: cut off, done or not, and retried.
  BankOptions bank;
};

History make_history(const MadeOptions& options);

}  // namespace florin::test
