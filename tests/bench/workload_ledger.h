// A reference ledger that has the accounts of a workload, with their limits, and takes its
// transfers.
#pragma once

#include <span>

#include "bench/workload.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class WorkloadLedger {
 public:
  // Makes the accounts and sets their limits; all of it must be created.
  explicit WorkloadLedger(const bench::Workload& workload);

  // Decides a request, of any kind, next.
  void run(ledger::Request& request);
  // The same with transfers. Returns the first outcome that is not `created`, or Created.
  ledger::TransferOutcome create(std::span<const ledger::Transfer> transfers);

  const ReferenceLedger& reference() const { return reference_; }

 private:
  ReferenceLedger reference_;
  u64 timestamp_ = 1'700'000'000'000'000'000;
};

}  // namespace florin::test
