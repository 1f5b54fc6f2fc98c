// Look-ups, queries and the trial balance of the reference ledger, and what must always hold.
#include <algorithm>

#include "base/check.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

using namespace ledger;

namespace {

// A page of the objects of a kind: those that `take` takes, which says whether it did.
template <class Objects, class Take>
void answer_page(const Objects& objects, Request& request, Take take) {
  const QueryFilter& filter = request.filter;
  const std::vector<u128>& order = objects.order;
  const bool first_page = filter.cursor == QueryCursor{};
  const bool newest_first = has(filter.flags, QueryFilter::kNewestFirst);
  const u64 as_of = first_page ? order.size() : filter.cursor.as_of;
  if (as_of > order.size()) {
    request.refusal = RefusalCode::InvalidFilter;
    request.refusal_message = "cursor.as_of is beyond what there is";
    return;
  }
  const auto time_of = [&](u64 place) { return timestamp_of(objects.made.at(order[place])); };
  const bool bounded = filter.timestamp_max != 0;
  u64 begin = 0;
  u64 end = as_of;
  while (begin < end && time_of(begin) < filter.timestamp_min) ++begin;
  while (begin < end && bounded && time_of(end - 1) > filter.timestamp_max) --end;

  // What is left of [begin, end) at the cursor.
  if (!newest_first) begin = std::min(std::max(begin, filter.cursor.next), end);
  if (newest_first && !first_page) end = std::max(std::min(end, filter.cursor.next), begin);
  u32 found = 0;
  for (u32 examined = 0; begin < end; ++examined) {
    if (examined == kQueryExaminedMax || found == filter.limit) break;
    const u64 place = newest_first ? --end : begin++;
    if (take(objects.made.at(order[place]))) ++found;
  }
  request.next_cursor = {newest_first ? end : begin, as_of};
  request.more = begin < end;
}

template <class Object>
bool matches_common(const QueryFilter& filter, const Object& object) {
  return (filter.user_data_128 == 0 || filter.user_data_128 == object.user_data_128) &&
         (filter.user_data_64 == 0 || filter.user_data_64 == object.user_data_64) &&
         (filter.user_data_32 == 0 || filter.user_data_32 == object.user_data_32) &&
         (filter.ledger == 0 || filter.ledger == object.ledger) &&
         (filter.code == 0 || filter.code == object.code) &&
         (object.flags & filter.object_flags) == filter.object_flags;
}

bool matches_account(const QueryFilter& filter, const Transfer& transfer) {
  if (filter.account_id == 0) return true;
  // Neither or both = either.
  const bool debits =
      has(filter.flags, QueryFilter::kDebits) || !has(filter.flags, QueryFilter::kCredits);
  const bool credits =
      has(filter.flags, QueryFilter::kCredits) || !has(filter.flags, QueryFilter::kDebits);
  return (debits && transfer.debit_account_id == filter.account_id) ||
         (credits && transfer.credit_account_id == filter.account_id);
}

}  // namespace

std::map<u128, Account> ReferenceLedger::accounts() const {
  std::map<u128, Account> found;
  for (const auto& [id, account] : state_.accounts.made) found.emplace(id, account.now);
  return found;
}

std::map<u128, Transfer> ReferenceLedger::transfers() const {
  std::map<u128, Transfer> found;
  for (const auto& [id, record] : state_.transfers.made) found.emplace(id, record.transfer);
  return found;
}

TransferStatus ReferenceLedger::transfer_status(u128 id) const {
  TransferStatus status;
  const auto failed = state_.transfers.failed.find(id);
  if (failed != state_.transfers.failed.end()) status.outcome = static_cast<u8>(failed->second);
  if (const ReferenceTransfer* record = state_.transfers.find(id)) {
    status.outcome = static_cast<u8>(TransferOutcome::Created);
    status.pending_status = static_cast<u8>(record->status);
    status.reversed = record->reversed ? 1 : 0;
    status.remaining = record->remaining;
    if (record->status == PendingStatus::Pending) status.expires_at = record->deadline;
  }
  return status;
}

AccountLimits ReferenceLedger::account_limits(u128 id) const {
  const ReferenceAccount* account = state_.accounts.find(id);
  return account == nullptr ? AccountLimits{}
                            : reference_limits(state_, *account, last_timestamp_ns_);
}

void ReferenceLedger::query_accounts(Request& request) const {
  answer_page(state_.accounts, request, [&](const ReferenceAccount& account) {
    if (!matches_common(request.filter, account.now)) return false;
    request.accounts.push_back(account.now);
    return true;
  });
}

void ReferenceLedger::query_transfers(Request& request) const {
  const QueryFilter& filter = request.filter;
  answer_page(state_.transfers, request, [&](const ReferenceTransfer& record) {
    const Transfer& transfer = record.transfer;
    const u8 status = static_cast<u8>(record.status);
    const bool amount_fits = transfer.amount >= filter.amount_min &&
                             (filter.amount_max == 0 || transfer.amount <= filter.amount_max);
    const bool status_fits = filter.pending_status == 0 || filter.pending_status == status;
    if (!amount_fits || !status_fits) return false;
    if (!matches_common(filter, transfer) || !matches_account(filter, transfer)) return false;
    request.transfers.push_back(transfer);
    request.transfer_statuses.push_back(transfer_status(transfer.id));
    return true;
  });
}

void ReferenceLedger::get_account_changes(Request& request) const {
  const u128 account_id = request.filter.account_id;
  answer_page(state_.updates, request, [&](const AccountChange& change) {
    if (account_id != 0 && account_id != change.update.account_id) return false;
    request.changes.push_back(change);
    return true;
  });
}

void ReferenceLedger::get_trial_balance(Request& request) const {
  for (const auto& [ledger, totals] : trial_balance()) {
    if (ledger < request.trial_balance_filter.ledger_min) continue;
    request.more = request.totals.size() == request.trial_balance_filter.limit;
    if (request.more) return;
    request.totals.push_back(totals);
  }
}

std::map<u32, LedgerTotals> ReferenceLedger::trial_balance() const {
  std::map<u32, LedgerTotals> by_ledger;
  for (const auto& [id, record] : state_.accounts.made) {
    const Account& account = record.now;
    LedgerTotals& totals = by_ledger[account.ledger];
    totals.ledger = account.ledger;
    ++totals.accounts;
    totals.debits_pending.add(account.debits_pending);
    totals.debits_posted.add(account.debits_posted);
    totals.credits_pending.add(account.credits_pending);
    totals.credits_posted.add(account.credits_posted);
  }
  return by_ledger;
}

void ReferenceLedger::check_invariants() const {
  for (const auto& [ledger, totals] : trial_balance()) {
    CHECK(totals.debits_posted == totals.credits_posted);
    CHECK(totals.debits_pending == totals.credits_pending);
  }
  std::map<u128, Account> sums;  // Only the counters.
  std::map<u128, u128> captured;
  for (const auto& [id, record] : state_.transfers.made) {
    const Transfer& transfer = record.transfer;
    CHECK(!state_.transfers.failed.contains(id));
    const bool pending = has(transfer.flags, transfer_flags::kPending);
    CHECK(pending == (record.status != PendingStatus::None));
    if (has(transfer.flags, transfer_flags::kVoidPendingTransfer)) continue;
    if (has(transfer.flags, transfer_flags::kPostPendingTransfer)) {
      captured[transfer.pending_id] += transfer.amount;
    }
    Account& debit = sums[transfer.debit_account_id];
    Account& credit = sums[transfer.credit_account_id];
    (pending ? debit.debits_pending : debit.debits_posted) +=
        pending ? record.remaining : transfer.amount;
    (pending ? credit.credits_pending : credit.credits_posted) +=
        pending ? record.remaining : transfer.amount;
  }
  for (const auto& [id, record] : state_.transfers.made) {
    const u128 kept = record.captured + record.remaining;
    const bool open = record.status == PendingStatus::Pending;
    CHECK(record.captured == captured[id]);
    CHECK((open && record.deadline != 0) ==
          state_.deadlines.contains({record.deadline, record.transfer.timestamp}));
    CHECK(open ? kept == record.transfer.amount : kept <= record.transfer.amount);
    CHECK(!open || record.deadline == 0 || record.deadline > last_timestamp_ns_);
  }
  for (const auto& [id, account] : state_.accounts.made) {
    CHECK(account.now.debits_pending == sums[id].debits_pending);
    CHECK(account.now.debits_posted == sums[id].debits_posted);
    CHECK(account.now.credits_pending == sums[id].credits_pending);
    CHECK(account.now.credits_posted == sums[id].credits_posted);
  }
}

}  // namespace florin::test
