// Requests as large as they can be, one after the other.
#include "bench/load_accounts.h"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "bench/client_failure.h"

namespace florin::bench {
namespace {

Status create_accounts(client::Client& client, const Workload& workload) {
  const u64 count = workload.options().accounts;
  std::vector<ledger::Account> accounts;
  for (u64 first = 0; first < count; first += accounts.size()) {
    accounts.clear();
    const u64 end = std::min(first + ledger::kRequestEventsMax, count);
    for (u64 index = first; index < end; ++index) accounts.push_back(workload.account(index));
    const auto answer = client.create_accounts(accounts);
    if (!answer) return fail_client(answer.error());
    for (const client::AccountResult& result : answer->results) {
      if (result.outcome != ledger::AccountOutcome::Created) {
        return fail(ErrorCode::Refused, fmt::format("an account was answered {}; this server may "
                                                    "have seen the same seed before",
                                                    ledger::name(result.outcome)));
      }
    }
  }
  return {};
}

Status update_accounts(client::Client& client, const std::vector<ledger::AccountUpdate>& updates) {
  const auto answer = client.update_accounts(updates);
  if (!answer) return fail_client(answer.error());
  for (const client::UpdateResult& result : answer->results) {
    if (result.outcome != ledger::UpdateOutcome::Created) {
      return fail(ErrorCode::Refused, fmt::format("the limits of an account were answered {}",
                                                  ledger::name(result.outcome)));
    }
  }
  return {};
}

Status set_limits(client::Client& client, const Workload& workload) {
  const u64 step = workload.limited_account_step();
  if (step == 0) return {};
  std::vector<ledger::AccountUpdate> updates;
  for (u64 index = 0; index < workload.options().accounts; index += step) {
    updates.push_back(workload.limits(index));
    if (updates.size() < ledger::kUpdateEventsMax) continue;
    RETURN_IF_ERROR(update_accounts(client, updates));
    updates.clear();
  }
  if (updates.empty()) return {};
  return update_accounts(client, updates);
}

}  // namespace

Status prepare_accounts(client::Client& client, const Workload& workload) {
  RETURN_IF_ERROR(create_accounts(client, workload));
  return set_limits(client, workload);
}

}  // namespace florin::bench
