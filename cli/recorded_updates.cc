#include "cli/recorded_updates.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "base/int128.h"

namespace florin::cli {

namespace {

namespace changes = ledger::account_changes;
using ledger::AccountLimits;
using ledger::AccountUpdate;

bool is_of_plan(const LoadPlan& plan, u128 account_id) {
  return account_id >= plan.accounts().front().id && account_id <= plan.accounts().back().id;
}

// Updates of the plan's accounts that the server lists, by id.
Result<std::map<u128, AccountUpdate>> listed_updates(const LoadPlan& plan, client::Client& client) {
  std::map<u128, AccountUpdate> updates;
  ledger::QueryFilter filter;
  filter.limit = ledger::kAccountChangesLimitMax;
  while (true) {
    const auto page = client.get_account_changes(filter);
    if (!page) return fail(page.error().code, page.error().message);
    for (const ledger::AccountChange& change : page->changes) {
      if (is_of_plan(plan, change.update.account_id)) {
        updates.emplace(change.update.id, change.update);
      }
    }
    if (!page->more) return updates;
    filter.cursor = page->next_cursor;
  }
}

// Compares one update of the record with what is listed under its id, if anything is.
void check_update(RecordedLoad& load, const AccountUpdate& sent, UpdateRecord& record,
                  const AccountUpdate* kept) {
  const std::string id = florin::to_decimal(sent.id);
  if (record.state == RequestState::Unknown) {
    record.state = kept == nullptr ? RequestState::Absent : RequestState::Acknowledged;
    if (kept != nullptr) record.timestamp = {kept->timestamp};
  }
  if (record.state == RequestState::Absent) {
    if (kept != nullptr) {
      load.problems().add(fmt::format("update {} is there, though it did not happen", id));
    }
    return;
  }
  if (kept == nullptr) {
    load.problems().add(fmt::format("LOST: update {} was acknowledged and is not there", id));
    return;
  }
  AccountUpdate expected = sent;
  expected.timestamp = record.timestamp.ns;
  if (std::memcmp(&expected, kept, sizeof expected) != 0) {
    load.problems().add(fmt::format("update {} is not what was sent and acknowledged", id));
  }
}

void set_limit(AccountLimits& limits, u32 which, bool set, u64 timestamp) {
  limits.set = set ? limits.set | which : limits.set & ~which;
  limits.timestamp = timestamp;
}

// One of the four kinds of limits: set, cleared, or left alone.
bool change_limit(AccountLimits& limits, const AccountUpdate& update, u32 which, u32 sets,
                  u32 clears) {
  if ((update.changes & (sets | clears)) == 0) return false;
  set_limit(limits, which, (update.changes & sets) != 0, update.timestamp);
  return true;
}

void apply(UpdatedAccount& account, const AccountUpdate& update) {
  namespace flags = ledger::account_flags;
  const auto has = [&](u32 change) { return (update.changes & change) != 0; };
  if (has(changes::kFreezeDebits)) account.frozen |= flags::kFrozenDebits;
  if (has(changes::kFreezeCredits)) account.frozen |= flags::kFrozenCredits;
  if (has(changes::kUnfreezeDebits)) account.frozen &= static_cast<u16>(~flags::kFrozenDebits);
  if (has(changes::kUnfreezeCredits)) account.frozen &= static_cast<u16>(~flags::kFrozenCredits);
  if (has(changes::kSetUserData64)) account.user_data_64 = update.user_data_64;
  AccountLimits& limits = account.limits;
  if (change_limit(limits, update, AccountLimits::kOverdraft, changes::kSetOverdraftLimit,
                   changes::kClearOverdraftLimit)) {
    limits.overdraft_limit = update.overdraft_limit;
  }
  if (change_limit(limits, update, AccountLimits::kBalance, changes::kSetBalanceLimit,
                   changes::kClearBalanceLimit)) {
    limits.balance_limit = update.balance_limit;
  }
  if (change_limit(limits, update, AccountLimits::kTransfer, changes::kSetTransferLimit,
                   changes::kClearTransferLimit)) {
    limits.transfer_limit = update.transfer_limit;
  }
  if (change_limit(limits, update, AccountLimits::kVelocity, changes::kSetVelocityLimit,
                   changes::kClearVelocityLimit)) {
    limits.velocity_sum_limit = update.velocity_sum_limit;
    limits.velocity_count_limit = update.velocity_count_limit;
    limits.velocity_window = update.velocity_window;
  }
}

bool same_limits(const AccountLimits& expected, const AccountLimits& found) {
  return expected.set == found.set && expected.overdraft_limit == found.overdraft_limit &&
         expected.balance_limit == found.balance_limit &&
         expected.transfer_limit == found.transfer_limit &&
         expected.velocity_sum_limit == found.velocity_sum_limit &&
         expected.velocity_count_limit == found.velocity_count_limit &&
         expected.velocity_window == found.velocity_window;
}

}  // namespace

Status check_update_history(RecordedLoad& load, client::Client& client) {
  auto listed = listed_updates(load.plan(), client);
  RETURN_IF_ERROR(listed);
  usize matched = 0;
  for (u32 stream = 0; stream < load.streams().size(); ++stream) {
    std::vector<UpdateRecord>& updates = load.streams()[stream].updates;
    for (u64 number = 0; number < updates.size(); ++number) {
      const AccountUpdate sent = load.plan().make_update(stream, number);
      const auto kept = listed->find(sent.id);
      const bool there = kept != listed->end();
      matched += there ? 1 : 0;
      check_update(load, sent, updates[number], there ? &kept->second : nullptr);
    }
  }
  if (matched != listed->size()) {
    load.problems().add(
        fmt::format("{} updates are there that nobody sent", listed->size() - matched));
  }
  return {};
}

std::vector<UpdatedAccount> updated_accounts(const RecordedLoad& load) {
  std::vector<AccountUpdate> updates;
  for (u32 stream = 0; stream < load.streams().size(); ++stream) {
    const std::vector<UpdateRecord>& records = load.streams()[stream].updates;
    for (u64 number = 0; number < records.size(); ++number) {
      if (records[number].state != RequestState::Acknowledged) continue;
      updates.push_back(load.plan().make_update(stream, number));
      updates.back().timestamp = records[number].timestamp.ns;
    }
  }
  std::sort(updates.begin(), updates.end(),
            [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; });
  std::vector<UpdatedAccount> accounts;
  for (const ledger::Account& planned : load.plan().accounts()) {
    accounts.push_back({0, planned.user_data_64, {}});
  }
  for (const AccountUpdate& update : updates) {
    apply(accounts[LoadPlan::account_index(update.account_id)], update);
  }
  return accounts;
}

void check_updated_accounts(RecordedLoad& load,
                            std::span<const std::optional<ledger::Account>> accounts,
                            std::span<const std::optional<AccountLimits>> limits) {
  const std::vector<UpdatedAccount> expected = updated_accounts(load);
  for (usize i = 0; i < expected.size(); ++i) {
    const ledger::Account& planned = load.plan().accounts()[i];
    if (!accounts[i] || !limits[i]) continue;  // Told where balances are compared.
    const bool same = accounts[i]->flags == (planned.flags | expected[i].frozen) &&
                      accounts[i]->user_data_64 == expected[i].user_data_64 &&
                      same_limits(expected[i].limits, *limits[i]);
    if (same) continue;
    load.problems().add(
        fmt::format("account {} is not what its updates make it", florin::to_decimal(planned.id)));
  }
}

}  // namespace florin::cli
