#include "tests/bench/workload_ledger.h"

#include <vector>

#include "base/check.h"

namespace florin::test {

WorkloadLedger::WorkloadLedger(const bench::Workload& workload) {
  std::vector<ledger::Account> accounts;
  std::vector<ledger::AccountUpdate> updates;
  const u64 step = workload.limited_account_step();
  for (u64 index = 0; index < workload.options().accounts; ++index) {
    accounts.push_back(workload.account(index));
    if (step > 0 && index % step == 0) updates.push_back(workload.limits(index));
  }
  OwnedRequest creation = OwnedRequest::create_accounts(accounts);
  run(creation.request());
  CHECK(creation.request().exceptions.empty());
  if (updates.empty()) return;
  OwnedRequest update = OwnedRequest::update_accounts(updates);
  run(update.request());
  CHECK(update.request().exceptions.empty());
}

void WorkloadLedger::run(ledger::Request& request) {
  reference_.apply(request, Timestamp{timestamp_});
  timestamp_ += 100'000;  // 0.1 ms, longer than any request has events.
}

ledger::TransferOutcome WorkloadLedger::create(std::span<const ledger::Transfer> transfers) {
  OwnedRequest creation = OwnedRequest::create_transfers(transfers);
  run(creation.request());
  const auto& exceptions = creation.request().exceptions;
  if (exceptions.empty()) return ledger::TransferOutcome::Created;
  return static_cast<ledger::TransferOutcome>(exceptions.front().outcome);
}

}  // namespace florin::test
