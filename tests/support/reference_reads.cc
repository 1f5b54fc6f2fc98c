// Look-ups, queries and the trial balance of the reference ledger, and what must always hold.
#include <algorithm>

#include "base/check.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountChange;
using ledger::AccountLimits;
using ledger::LedgerTotals;
using ledger::PendingStatus;
using ledger::QueryFilter;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::TransferStatus;

namespace {

namespace transfer_flags = ledger::transfer_flags;

// A page of `objects`, which stand in the order of their creation and of their `timestamp_of`:
// calls `take` with those that `matches` accepts.
template <class Object, class TimestampOf, class Matches, class Take>
void answer_page(const std::vector<Object>& objects, TimestampOf timestamp_of, Matches matches,
                 Take take, Request& request) {
  const QueryFilter& filter = request.filter;
  const bool first_page = filter.cursor == ledger::QueryCursor{};
  const bool newest_first = (filter.flags & QueryFilter::kNewestFirst) != 0;
  const u64 as_of = first_page ? objects.size() : filter.cursor.as_of;
  if (as_of > objects.size()) {
    request.refusal = ledger::RefusalCode::InvalidFilter;
    request.refusal_message = "cursor.as_of is beyond what there is";
    return;
  }
  u64 begin = 0;
  while (begin < as_of && timestamp_of(objects[begin]) < filter.timestamp_min) ++begin;
  u64 end = as_of;
  const bool bounded = filter.timestamp_max != 0;
  while (bounded && end > begin && timestamp_of(objects[end - 1]) > filter.timestamp_max) --end;

  // What is left of [begin, end) at the cursor.
  if (!newest_first) begin = std::min(std::max(begin, filter.cursor.next), end);
  if (newest_first && !first_page) end = std::max(std::min(end, filter.cursor.next), begin);
  u32 found = 0;
  for (u32 examined = 0; begin < end; ++examined) {
    if (examined == ledger::kQueryExaminedMax || found == filter.limit) break;
    const Object& object = newest_first ? objects[--end] : objects[begin++];
    if (!matches(object)) continue;
    take(object);
    ++found;
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
  constexpr u16 kSides = QueryFilter::kDebits | QueryFilter::kCredits;
  const bool either = (filter.flags & kSides) == 0;
  const bool debits = either || (filter.flags & QueryFilter::kDebits) != 0;
  const bool credits = either || (filter.flags & QueryFilter::kCredits) != 0;
  return (debits && transfer.debit_account_id == filter.account_id) ||
         (credits && transfer.credit_account_id == filter.account_id);
}

}  // namespace

std::map<u128, Account> ReferenceLedger::accounts() const {
  std::map<u128, Account> found;
  for (const auto& [id, account] : state_.accounts.all()) found.emplace(id, account.now);
  return found;
}

std::map<u128, Transfer> ReferenceLedger::transfers() const {
  std::map<u128, Transfer> found;
  for (const auto& [id, record] : state_.transfers.all()) found.emplace(id, record.transfer);
  return found;
}

TransferStatus ReferenceLedger::transfer_status(u128 id) const {
  TransferStatus status;
  if (const TransferOutcome* failure = state_.failed_transfers.find(id)) {
    status.outcome = static_cast<u8>(*failure);
  }
  if (const ReferenceTransfer* record = state_.transfers.find(id)) {
    status.outcome = static_cast<u8>(TransferOutcome::Created);
    status.pending_status = static_cast<u8>(record->status);
    status.reversed = record->reversed ? 1 : 0;
    const bool open = record->status == PendingStatus::Pending;
    if (open) status.remaining = record->remaining;
    if (open) status.expires_at = record->deadline;
  }
  return status;
}

AccountLimits ReferenceLedger::account_limits(u128 id) const {
  const ReferenceAccount* account = state_.accounts.find(id);
  if (account == nullptr) return {};
  AccountLimits limits = account->limits;
  if ((limits.set & AccountLimits::kVelocity) != 0) {
    const VelocityUse used = velocity_used(*account, last_timestamp_ns_);
    limits.velocity_sum_used = used.sum;
    limits.velocity_count_used = static_cast<u32>(used.count);
  }
  return limits;
}

void ReferenceLedger::lookup_accounts(Request& request) const {
  for (const u128 id : request.ids()) {
    const ReferenceAccount* account = state_.accounts.find(id);
    request.accounts.push_back(account == nullptr ? Account{} : account->now);
  }
}

void ReferenceLedger::lookup_transfers(Request& request) const {
  for (const u128 id : request.ids()) {
    const ReferenceTransfer* record = state_.transfers.find(id);
    request.transfers.push_back(record == nullptr ? Transfer{} : record->transfer);
    request.transfer_statuses.push_back(transfer_status(id));
  }
}

void ReferenceLedger::lookup_limits(Request& request) const {
  for (const u128 id : request.ids()) request.limits.push_back(account_limits(id));
}

void ReferenceLedger::query_accounts(Request& request) const {
  const auto object = [&](const ReferencePlace& place) -> const Account& {
    return state_.accounts.find(place.id)->now;
  };
  answer_page(
      state_.account_order, [](const ReferencePlace& place) { return place.timestamp; },
      [&](const ReferencePlace& place) { return matches_common(request.filter, object(place)); },
      [&](const ReferencePlace& place) { request.accounts.push_back(object(place)); }, request);
}

void ReferenceLedger::query_transfers(Request& request) const {
  const QueryFilter& filter = request.filter;
  const auto matches = [&](const ReferencePlace& place) {
    const ReferenceTransfer& record = *state_.transfers.find(place.id);
    const Transfer& transfer = record.transfer;
    const u8 status = static_cast<u8>(record.status);
    return matches_common(filter, transfer) && matches_account(filter, transfer) &&
           transfer.amount >= filter.amount_min &&
           (filter.amount_max == 0 || transfer.amount <= filter.amount_max) &&
           (filter.pending_status == 0 || filter.pending_status == status);
  };
  const auto take = [&](const ReferencePlace& place) {
    request.transfers.push_back(state_.transfers.find(place.id)->transfer);
    request.transfer_statuses.push_back(transfer_status(place.id));
  };
  answer_page(
      state_.transfer_order, [](const ReferencePlace& place) { return place.timestamp; }, matches,
      take, request);
}

void ReferenceLedger::get_account_changes(Request& request) const {
  const u128 account_id = request.filter.account_id;
  answer_page(
      state_.changes, [](const AccountChange& change) { return change.update.timestamp; },
      [&](const AccountChange& change) {
        return account_id == 0 || change.update.account_id == account_id;
      },
      [&](const AccountChange& change) { request.changes.push_back(change); }, request);
}

void ReferenceLedger::get_trial_balance(Request& request) const {
  for (const LedgerTotals& totals : trial_balance()) {
    if (totals.ledger < request.trial_balance_filter.ledger_min) continue;
    if (request.totals.size() == request.trial_balance_filter.limit) {
      request.more = true;
      return;
    }
    request.totals.push_back(totals);
  }
}

std::vector<LedgerTotals> ReferenceLedger::trial_balance() const {
  std::map<u32, LedgerTotals> by_ledger;
  for (const auto& [id, record] : state_.accounts.all()) {
    const Account& account = record.now;
    LedgerTotals& totals = by_ledger[account.ledger];
    totals.ledger = account.ledger;
    ++totals.accounts;
    totals.debits_pending.add(account.debits_pending);
    totals.debits_posted.add(account.debits_posted);
    totals.credits_pending.add(account.credits_pending);
    totals.credits_posted.add(account.credits_posted);
  }
  std::vector<LedgerTotals> lines;
  for (const auto& [ledger, totals] : by_ledger) lines.push_back(totals);
  return lines;
}

void ReferenceLedger::check_invariants() const {
  for (const LedgerTotals& totals : trial_balance()) {
    CHECK(totals.debits_posted == totals.credits_posted);
    CHECK(totals.debits_pending == totals.credits_pending);
  }
  struct Sums {
    u128 debits_pending, debits_posted, credits_pending, credits_posted;
  };
  std::map<u128, Sums> sums;
  std::map<u128, u128> captured;
  for (const auto& [id, record] : state_.transfers.all()) {
    const Transfer& transfer = record.transfer;
    CHECK(state_.failed_transfers.find(id) == nullptr);
    const bool pending = (transfer.flags & transfer_flags::kPending) != 0;
    CHECK(pending == (record.status != PendingStatus::None));
    CHECK((state_.deadlines.find(id) != nullptr) ==
          (record.status == PendingStatus::Pending && record.deadline != 0));
    if ((transfer.flags & transfer_flags::kVoidPendingTransfer) != 0) continue;
    Sums& debit = sums[transfer.debit_account_id];
    Sums& credit = sums[transfer.credit_account_id];
    (pending ? debit.debits_pending : debit.debits_posted) +=
        pending ? record.remaining : transfer.amount;
    (pending ? credit.credits_pending : credit.credits_posted) +=
        pending ? record.remaining : transfer.amount;
    if (transfer.flags & transfer_flags::kPostPendingTransfer) {
      captured[transfer.pending_id] += transfer.amount;
    }
  }
  for (const auto& [id, record] : state_.transfers.all()) {
    CHECK(record.captured == captured[id]);
    CHECK(record.captured + record.remaining <= record.transfer.amount);
    const bool open = record.status == PendingStatus::Pending;
    CHECK(!open || record.captured + record.remaining == record.transfer.amount);
    CHECK(!open || record.deadline == 0 || record.deadline > last_timestamp_ns_);
  }
  for (const auto& [id, record] : state_.accounts.all()) {
    const Sums& sum = sums[id];
    const Account& account = record.now;
    CHECK(account.debits_pending == sum.debits_pending);
    CHECK(account.debits_posted == sum.debits_posted);
    CHECK(account.credits_pending == sum.credits_pending);
    CHECK(account.credits_posted == sum.credits_posted);
  }
}

// Right after a plain, pending or reversing transfer: what its limits promise is so.
void ReferenceLedger::check_limits_held(const Transfer& transfer, u64 now) const {
  namespace account_flags = ledger::account_flags;
  const ReferenceAccount& debit = *state_.accounts.find(transfer.debit_account_id);
  const ReferenceAccount& credit = *state_.accounts.find(transfer.credit_account_id);
  const auto sum = [](u128 left, u128 right) { return SignedSum{}.plus(left).plus(right); };
  if (debit.now.flags & account_flags::kDebitsMustNotExceedCredits) {
    CHECK(sum(debit.now.debits_pending, debit.now.debits_posted) <=
          sum(debit.now.credits_posted, debit.limits.overdraft_limit));
  }
  if (credit.now.flags & account_flags::kCreditsMustNotExceedDebits) {
    CHECK(sum(credit.now.credits_pending, credit.now.credits_posted) <=
          sum(credit.now.debits_posted, credit.limits.overdraft_limit));
  } else if (credit.limits.set & AccountLimits::kBalance) {
    CHECK(sum(credit.now.credits_pending, credit.now.credits_posted) <=
          sum(credit.now.debits_posted, credit.limits.balance_limit));
  }
  const bool imported = (transfer.flags & transfer_flags::kImported) != 0;
  if (!imported && (debit.limits.set & AccountLimits::kVelocity) != 0) {
    const VelocityUse used = velocity_used(debit, now);
    const u32 count_limit = debit.limits.velocity_count_limit;
    CHECK(used.sum <= debit.limits.velocity_sum_limit);
    CHECK(count_limit == ~u32{0} || used.count <= count_limit);
  }
}

}  // namespace florin::test
