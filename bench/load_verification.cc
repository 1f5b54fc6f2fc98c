// The expected state, worked out anew, and its comparison with the server's.
#include "bench/load_verification.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include <fmt/core.h>

#include "base/int128.h"
#include "base/random.h"

namespace florin::bench {
namespace {

constexpr u64 kSampleMax = 1000;

struct Balance {
  u128 debits = 0;
  u128 credits = 0;
};

struct Expected {
  ledger::WideSum amounts;
  std::unordered_map<u64, Balance> accounts;  // The sample, by index.
  std::vector<ledger::Transfer> transfers;    // The sample.
};

// Every n-th of `count`, and the last, `kSampleMax` at most.
std::vector<u64> spread_sample(u64 count) {
  const u64 size = std::min(count, kSampleMax);
  std::vector<u64> sample(size);
  for (u64 index = 0; index < size; ++index) {
    sample[index] = size == 1 ? 0 : static_cast<u64>(u128{index} * (count - 1) / (size - 1));
  }
  return sample;
}

Expected draw_again(const LoadOptions& options) {
  Workload workload(options.workload);
  Expected expected;
  std::vector<bool> sampled(options.workload.accounts);
  for (const u64 index : spread_sample(options.workload.accounts)) {
    sampled[index] = true;
    expected.accounts[index] = {};
  }
  const std::vector<u64> sample = spread_sample(options.transfers);
  ledger::Transfer transfer;
  for (u64 drawn = 0; drawn < options.transfers; ++drawn) {
    workload.next(transfer);
    expected.amounts.add(transfer.amount);
    const u64 debit = Workload::account_index(transfer.debit_account_id);
    const u64 credit = Workload::account_index(transfer.credit_account_id);
    if (sampled[debit]) expected.accounts[debit].debits += transfer.amount;
    if (sampled[credit]) expected.accounts[credit].credits += transfer.amount;
    if (expected.transfers.size() < sample.size() && sample[expected.transfers.size()] == drawn) {
      expected.transfers.push_back(transfer);
    }
  }
  return expected;
}

tl::unexpected<Error> fail_client(const client::ClientError& error) {
  return fail(error.code, error.message);
}

Status check_trial_balance(client::Client& client, const LoadOptions& options,
                           const Expected& expected, Verification& verification) {
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
  if (!(totals.debits_posted == totals.credits_posted)) problem("debits differ from credits");
  if (!(totals.debits_posted == expected.amounts)) {
    problem("the debits are not the sum of the amounts that were sent");
  }
  if (!(totals.debits_pending == ledger::WideSum{} &&
        totals.credits_pending == ledger::WideSum{})) {
    problem("something is pending, though nothing pending was sent");
  }
  return {};
}

Status check_accounts(client::Client& client, const Workload& workload, const Expected& expected,
                      Verification& verification) {
  std::vector<u128> ids;
  for (const auto& [index, balance] : expected.accounts) ids.push_back(workload.account_id(index));
  const auto found = client.lookup_accounts(ids);
  if (!found) return fail_client(found.error());
  for (usize entry = 0; entry < ids.size(); ++entry) {
    const std::optional<ledger::Account>& account = found->accounts[entry];
    const u64 index = Workload::account_index(ids[entry]);
    const Balance& balance = expected.accounts.at(index);
    if (!account) {
      verification.problems.push_back(fmt::format("account number {} is missing", index));
    } else if (account->debits_posted != balance.debits ||
               account->credits_posted != balance.credits) {
      verification.problems.push_back(fmt::format(
          "account number {} has debits {} and credits {}; expected are {} and {}", index,
          to_decimal(account->debits_posted), to_decimal(account->credits_posted),
          to_decimal(balance.debits), to_decimal(balance.credits)));
    }
    ++verification.accounts_checked;
  }
  return {};
}

bool is_same(const ledger::Transfer& left, const ledger::Transfer& right) {
  return left.debit_account_id == right.debit_account_id &&
         left.credit_account_id == right.credit_account_id && left.amount == right.amount;
}

Status check_transfers(client::Client& client, const Expected& expected,
                       Verification& verification) {
  std::vector<u128> ids;
  for (const ledger::Transfer& transfer : expected.transfers) ids.push_back(transfer.id);
  const auto found = client.lookup_transfers(ids);
  if (!found) return fail_client(found.error());
  for (usize entry = 0; entry < ids.size(); ++entry) {
    const client::TransferLookup& lookup = found->transfers[entry];
    if (!lookup.transfer) {
      verification.problems.push_back(
          fmt::format("transfer {} is missing", to_decimal(ids[entry])));
    } else if (!is_same(*lookup.transfer, expected.transfers[entry])) {
      verification.problems.push_back(
          fmt::format("transfer {} is not as it was sent", to_decimal(ids[entry])));
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
  const Expected expected = draw_again(options);
  const Workload workload(options.workload);
  Verification verification;
  RETURN_IF_ERROR(check_trial_balance(client, options, expected, verification));
  RETURN_IF_ERROR(check_accounts(client, workload, expected, verification));
  RETURN_IF_ERROR(check_transfers(client, expected, verification));
  if (exclusive) RETURN_IF_ERROR(check_counts(client, options, verification));
  return verification;
}

}  // namespace florin::bench
