// The expected state, worked out anew, and its comparison with the server's.
#include "bench/load_verification.h"

#include <cstring>
#include <optional>

#include <fmt/core.h>

#include "base/int128.h"
#include "bench/client_failure.h"
#include "bench/expected_state.h"

namespace florin::bench {
namespace {

Status check_trial_balance(client::Client& client, const LoadOptions& options,
                           const ExpectedState& expected, Verification& verification) {
  const u32 ledger = options.workload.ledger;
  const auto balance = client.get_trial_balance({.ledger_min = ledger, .limit = 1});
  if (!balance) return fail_client(balance.error());
  const auto problem = [&](std::string what) {
    verification.problems.push_back(
        fmt::format("trial balance of ledger {}: {}", ledger, std::move(what)));
  };
  if (balance->lines.empty() || balance->lines.front().ledger != ledger) {
    problem("the ledger is missing");
    return {};
  }
  const ledger::LedgerTotals& totals = balance->lines.front();
  if (totals.accounts != options.workload.accounts) {
    problem(fmt::format("{} accounts, {} expected", totals.accounts, options.workload.accounts));
  }
  if (!(totals.debits_posted == totals.credits_posted) ||
      !(totals.debits_pending == totals.credits_pending)) {
    problem("debits differ from credits");
  }
  if (!(totals.debits_posted == expected.posted)) {
    problem("the debits are not the sum of the amounts that were sent");
  }
  if (!(totals.debits_pending == expected.pending)) {
    problem("what is pending is not the sum of what is left of the holds");
  }
  return {};
}

std::string text_of(const ExpectedCounters& counters) {
  return fmt::format("debits {} and credits {}, pending {} and {}",
                     to_decimal(counters.debits_posted), to_decimal(counters.credits_posted),
                     to_decimal(counters.debits_pending), to_decimal(counters.credits_pending));
}

ExpectedCounters counters_of(const ledger::Account& account) {
  return {.debits_pending = account.debits_pending,
          .debits_posted = account.debits_posted,
          .credits_pending = account.credits_pending,
          .credits_posted = account.credits_posted};
}

Status check_accounts(client::Client& client, const Workload& workload,
                      const ExpectedState& expected, Verification& verification) {
  std::vector<u128> ids;
  for (const auto& [index, counters] : expected.accounts) ids.push_back(workload.account_id(index));
  const auto found = client.lookup_accounts(ids);
  if (!found) return fail_client(found.error());
  for (usize entry = 0; entry < ids.size(); ++entry) {
    const std::optional<ledger::Account>& account = found->accounts[entry];
    const u64 index = Workload::account_index(ids[entry]);
    const ExpectedCounters& counters = expected.accounts.at(index);
    if (!account) {
      verification.problems.push_back(fmt::format("account number {} is missing", index));
    } else if (!(counters_of(*account) == counters)) {
      verification.problems.push_back(fmt::format("account number {} has {}; expected are {}",
                                                  index, text_of(counters_of(*account)),
                                                  text_of(counters)));
    }
    ++verification.accounts_checked;
  }
  return {};
}

bool are_as_set(const ledger::AccountLimits& limits, const ledger::AccountUpdate& update) {
  return limits.overdraft_limit == update.overdraft_limit &&
         limits.transfer_limit == update.transfer_limit &&
         limits.velocity_sum_limit == update.velocity_sum_limit &&
         limits.velocity_count_limit == update.velocity_count_limit &&
         limits.velocity_window == update.velocity_window;
}

// The limits of the sample's accounts that have some. The window of the velocity limit reaches back
// before the run, so that all that was debited counts, and what is on hold, but not what was
// released.
Status check_limits(client::Client& client, const Workload& workload, const ExpectedState& expected,
                    Verification& verification) {
  const u64 step = workload.limited_account_step();
  std::vector<u128> ids;
  for (const auto& [index, counters] : expected.accounts) {
    if (step > 0 && index % step == 0) ids.push_back(workload.account_id(index));
  }
  if (ids.empty()) return {};
  const auto found = client.lookup_limits(ids);
  if (!found) return fail_client(found.error());
  for (usize entry = 0; entry < ids.size(); ++entry) {
    const std::optional<ledger::AccountLimits>& limits = found->limits[entry];
    const u64 index = Workload::account_index(ids[entry]);
    const ExpectedCounters& counters = expected.accounts.at(index);
    if (!limits || !are_as_set(*limits, workload.limits(index))) {
      verification.problems.push_back(
          fmt::format("the limits of account number {} are not as they were set", index));
    } else if (limits->velocity_sum_used != counters.debits_posted + counters.debits_pending) {
      verification.problems.push_back(
          fmt::format("the velocity limit of account number {} has {} used; expected are {}", index,
                      to_decimal(limits->velocity_sum_used),
                      to_decimal(counters.debits_posted + counters.debits_pending)));
    }
  }
  return {};
}

bool is_as_sent(const ledger::Transfer& found, const ledger::Transfer& expected) {
  ledger::Transfer compared = found;
  compared.timestamp = 0;
  return std::memcmp(&compared, &expected, sizeof compared) == 0;
}

bool is_as_expected(const ledger::TransferStatus& status, const ledger::Transfer& found,
                    const ExpectedTransfer& expected) {
  const bool expires =
      expected.pending_status == ledger::PendingStatus::Pending && found.timeout > 0;
  const u64 expires_at = expires ? found.timestamp + found.timeout * kNsPerSecond : 0;
  return status.pending_status == static_cast<u8>(expected.pending_status) &&
         status.remaining == expected.remaining && status.expires_at == expires_at;
}

Status check_transfers(client::Client& client, const ExpectedState& expected,
                       Verification& verification) {
  std::vector<u128> ids;
  for (const ExpectedTransfer& transfer : expected.transfers) ids.push_back(transfer.stored.id);
  const auto found = client.lookup_transfers(ids);
  if (!found) return fail_client(found.error());
  const auto problem = [&](usize entry, std::string_view what) {
    verification.problems.push_back(fmt::format("transfer {} {}", to_decimal(ids[entry]), what));
  };
  for (usize entry = 0; entry < ids.size(); ++entry) {
    const client::TransferLookup& lookup = found->transfers[entry];
    const ExpectedTransfer& wanted = expected.transfers[entry];
    if (!lookup.transfer) {
      problem(entry, "is missing");
    } else if (!is_as_sent(*lookup.transfer, wanted.stored)) {
      problem(entry, "is not as it was sent");
    } else if (!is_as_expected(lookup.status, *lookup.transfer, wanted)) {
      problem(entry, "is a hold that is not in the state that it should be in");
    }
    ++verification.transfers_checked;
  }
  return {};
}

Status check_counts(client::Client& client, const LoadOptions& options,
                    Verification& verification) {
  const auto info = client.ping();
  if (!info) return fail_client(info.error());
  if (info->transfers != options.transfers) {
    verification.problems.push_back(fmt::format("the server holds {} transfers; {} were accepted",
                                                info->transfers, options.transfers));
  }
  return {};
}

}  // namespace

Result<Verification> verify(client::Client& client, const LoadOptions& options, bool exclusive) {
  const ExpectedState expected = expected_state(options);
  const Workload workload(options.workload, options.send_plan());
  Verification verification;
  RETURN_IF_ERROR(check_trial_balance(client, options, expected, verification));
  RETURN_IF_ERROR(check_accounts(client, workload, expected, verification));
  RETURN_IF_ERROR(check_limits(client, workload, expected, verification));
  RETURN_IF_ERROR(check_transfers(client, expected, verification));
  if (exclusive) RETURN_IF_ERROR(check_counts(client, options, verification));
  return verification;
}

}  // namespace florin::bench
