// The questions about the past, answered by the plain store.
#include <algorithm>

#include "base/check.h"
#include "engine/hold_state.h"
#include "tests/support/memory_store.h"

namespace florin::test {

using history::OtherChange;
using history::Place;
using history::TransferChange;
using ledger::ChangeKind;
using ledger::Operation;
using ledger::PendingStatus;
using ledger::QueryCursor;
using ledger::QueryFilter;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::TransferStatus;

namespace {

bool counts(const Place& place, u64 as_of) { return place.position <= as_of; }

bool wants(u128 wanted, u128 value) { return wanted == 0 || wanted == value; }

bool matches_sides(const QueryFilter& filter, const Transfer& transfer) {
  const bool debited = transfer.debit_account_id == filter.account_id;
  const bool credited = transfer.credit_account_id == filter.account_id;
  const bool only_debits =
      (filter.flags & QueryFilter::kDebits) != 0 && (filter.flags & QueryFilter::kCredits) == 0;
  const bool only_credits =
      (filter.flags & QueryFilter::kCredits) != 0 && (filter.flags & QueryFilter::kDebits) == 0;
  if (filter.account_id == 0) return true;
  if (only_debits) return debited;
  if (only_credits) return credited;
  return debited || credited;
}

bool matches(const QueryFilter& filter, const Transfer& transfer, const TransferStatus& status) {
  return wants(filter.user_data_128, transfer.user_data_128) &&
         wants(filter.user_data_64, transfer.user_data_64) &&
         wants(filter.user_data_32, transfer.user_data_32) &&
         wants(filter.ledger, transfer.ledger) && wants(filter.code, transfer.code) &&
         (transfer.flags & filter.object_flags) == filter.object_flags &&
         matches_sides(filter, transfer) && transfer.amount >= filter.amount_min &&
         (filter.amount_max == 0 || transfer.amount <= filter.amount_max) &&
         wants(filter.pending_status, status.pending_status);
}

bool in_time(const QueryFilter& filter, u64 timestamp) {
  return timestamp >= filter.timestamp_min &&
         (filter.timestamp_max == 0 || timestamp <= filter.timestamp_max);
}

// Refusals are told to those who ask for them by name.
bool wants_kind(const QueryFilter& filter, ChangeKind kind) {
  if (filter.kinds == 0) return kind != ChangeKind::TransferRefused;
  return (filter.kinds & 1U << static_cast<u8>(kind)) != 0;
}

u64 time_of(const TransferChange& change) {
  return change.kind == ChangeKind::HoldExpired ? change.decided : change.transfer.timestamp;
}

bool touches(const TransferChange& change, u128 account) {
  return change.transfer.debit_account_id == account ||
         change.transfer.credit_account_id == account;
}

ledger::AccountBalance balance_after(const TransferChange& change, u128 account) {
  const ledger::TransferBalances& both = change.balances;
  const bool debited = change.transfer.debit_account_id == account;
  ledger::AccountBalance balance;
  balance.account_id = account;
  balance.debits_pending =
      debited ? both.debit_account_debits_pending : both.credit_account_debits_pending;
  balance.debits_posted =
      debited ? both.debit_account_debits_posted : both.credit_account_debits_posted;
  balance.credits_pending =
      debited ? both.debit_account_credits_pending : both.credit_account_credits_pending;
  balance.credits_posted =
      debited ? both.debit_account_credits_posted : both.credit_account_credits_posted;
  balance.transfer_id = change.transfer.id;
  balance.timestamp = time_of(change);
  balance.position = change.place.position;
  balance.index = change.place.index;
  balance.ledger = change.transfer.ledger;
  return balance;
}

// By its own time, and by what it is: all but holds and their release moves what is posted.
bool is_entry(const QueryFilter& filter, const TransferChange& change) {
  const u16 flags = change.transfer.flags;
  const bool hold = (flags & ledger::transfer_flags::kPending) != 0;
  const bool release = (flags & ledger::transfer_flags::kVoidPendingTransfer) != 0;
  return change.kind == ChangeKind::TransferCreated && !hold && !release &&
         in_time(filter, change.transfer.timestamp);
}

bool refuse_cursor(Request& request, u64 as_of_max) {
  if (request.filter.cursor.as_of <= as_of_max) return false;
  request.refusal = ledger::RefusalCode::InvalidFilter;
  request.refusal_message = "cursor.as_of is beyond what there is";
  return true;
}

}  // namespace

Status MemoryStore::answer(Request& request) {
  const std::lock_guard lock(mutex_);
  if (answer_failure_.times > 0) {
    --answer_failure_.times;
    return fail(answer_failure_.code, "answer: made to fail by the test");
  }
  CHECK(request.position <= readable_.log.position);
  switch (request.operation) {
    case Operation::LookupTransfers: lookup_transfers(request); return {};
    case Operation::QueryTransfers: query_transfers(request); return {};
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances: list_account(request); return {};
    case Operation::GetBalanceAt: get_balance_at(request); return {};
    case Operation::GetChangeEvents: get_change_events(request); return {};
    case Operation::GetStatement: get_statement(request); return {};
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::LookupAccounts:
    case Operation::GetTrialBalance:
    case Operation::UpdateAccounts:
    case Operation::LookupLimits:
    case Operation::QueryAccounts:
    case Operation::GetAccountChanges:
    case Operation::Tick: break;
  }
  return fail(ErrorCode::InvalidArgument, "not a question about the past");
}

Result<std::vector<history::ListedAccount>> MemoryStore::list_accounts(u128 after, u32 limit,
                                                                       Position as_of) {
  const std::lock_guard lock(mutex_);
  std::map<u128, history::ListedAccount> listed;
  for (const OtherChange& event : others_) {
    const ledger::Account* const account = event.created();
    if (account == nullptr || !counts(event.place, as_of.value)) continue;
    if (account->id <= after) continue;
    listed[account->id] = {account->id, account->timestamp, account->ledger, account->code};
  }
  std::vector<history::ListedAccount> page;
  for (const auto& [id, account] : listed) {
    if (page.size() < limit) page.push_back(account);
  }
  return page;
}

TransferStatus MemoryStore::status_of(u128 id, Position as_of) const {
  TransferStatus status;
  const auto found = ids_.find(id);
  if (found == ids_.end()) return status;
  const Known& known = found->second;
  if (known.consumed.has_value()) {
    const history::ConsumedId& consumed = consumed_[*known.consumed];
    if (counts(consumed.place, as_of.value)) status.outcome = consumed.outcome;
    return status;
  }
  if (!known.created.has_value()) return status;
  const TransferChange& created = transfers_[*known.created];
  if (!counts(created.place, as_of.value)) return status;
  status.outcome = static_cast<u8>(TransferOutcome::Created);
  PendingStatus hold = PendingStatus::None;
  if ((created.transfer.flags & ledger::transfer_flags::kPending) != 0) {
    hold = PendingStatus::Pending;
    status.remaining = created.transfer.amount;
  }
  for (const usize index : known.later) {
    const TransferChange& change = transfers_[index];
    if (!counts(change.place, as_of.value)) break;
    const bool expired = change.kind == ChangeKind::HoldExpired;
    if (!expired && (change.transfer.flags & ledger::transfer_flags::kReversal) != 0) {
      status.reversed = 1;
      continue;
    }
    if (change.hold_status != PendingStatus::None) hold = change.hold_status;
    status.remaining = change.remaining;
  }
  status.pending_status = static_cast<u8>(hold);
  if (hold == PendingStatus::Pending && created.transfer.timeout != 0) {
    status.expires_at =
        low_half(engine::hold_deadline(created.transfer.timestamp, created.transfer.timeout));
  }
  if (hold != PendingStatus::Pending) status.remaining = 0;
  return status;
}

// Only the ids that memory did not answer.
void MemoryStore::lookup_transfers(Request& request) const {
  CHECK(request.transfers.size() == request.ids().size());
  CHECK(request.transfer_statuses.size() == request.ids().size());
  for (usize index = 0; index < request.ids().size(); ++index) {
    if (request.transfer_statuses[index].outcome != 0) continue;
    const u128 id = request.ids()[index];
    const TransferStatus status = status_of(id, request.position);
    request.transfer_statuses[index] = status;
    if (status.outcome != static_cast<u8>(TransferOutcome::Created)) continue;
    request.transfers[index] = transfers_[*ids_.at(id).created].transfer;
  }
}

void MemoryStore::query_transfers(Request& request) const {
  const QueryFilter& filter = request.filter;
  request.transfers.clear();
  request.transfer_statuses.clear();
  u64 count = 0;
  while (count < created_.size() &&
         counts(transfers_[created_[count]].place, request.position.value)) {
    ++count;
  }
  if (refuse_cursor(request, count)) return;
  const bool first_page = filter.cursor == QueryCursor{};
  const bool newest_first = (filter.flags & QueryFilter::kNewestFirst) != 0;
  const u64 as_of = filter.cursor.as_of == 0 ? count : filter.cursor.as_of;

  const auto time_at = [&](u64 number) { return transfers_[created_[number]].transfer.timestamp; };
  u64 begin = 0;  // What remains.
  u64 end = as_of;
  while (begin < end && time_at(begin) < filter.timestamp_min) ++begin;
  while (begin < end && filter.timestamp_max != 0 && time_at(end - 1) > filter.timestamp_max) --end;
  if (!newest_first) begin = std::min(std::max(begin, filter.cursor.next), end);
  if (newest_first && !first_page) end = std::max(std::min(end, filter.cursor.next), begin);
  for (u32 examined = 0; begin < end; ++examined) {
    const bool full = request.transfers.size() == filter.limit;
    if (full || examined == ledger::kQueryExaminedMax) break;
    const u64 number = newest_first ? --end : begin++;
    const Transfer& transfer = transfers_[created_[number]].transfer;
    const TransferStatus status = status_of(transfer.id, request.position);
    if (!matches(filter, transfer, status)) continue;
    request.transfers.push_back(transfer);
    request.transfer_statuses.push_back(status);
  }
  request.more = begin < end;
  request.next_cursor = {newest_first ? end : begin, as_of};
}

std::span<const usize> MemoryStore::entries_of(u128 account) const {
  const auto found = by_account_.find(account);
  return found == by_account_.end() ? std::span<const usize>() : found->second.entries;
}

// Get_account_transfers, and get_account_balances.
void MemoryStore::list_account(Request& request) const {
  const QueryFilter& filter = request.filter;
  request.transfers.clear();
  request.transfer_statuses.clear();
  request.account_balances.clear();
  if (refuse_cursor(request, request.position.value)) return;
  const bool first_page = filter.cursor == QueryCursor{};
  const bool newest_first = (filter.flags & QueryFilter::kNewestFirst) != 0;
  const bool balances = request.operation == Operation::GetAccountBalances;
  const u64 as_of = first_page ? request.position.value : filter.cursor.as_of;
  const Place from{filter.cursor.next, static_cast<u32>(filter.cursor.index)};

  std::vector<const TransferChange*> entries;  // That remain.
  for (const usize index : entries_of(filter.account_id)) {
    const TransferChange& change = transfers_[index];
    if (!counts(change.place, as_of)) break;
    const bool remains = first_page || (newest_first ? change.place < from : change.place >= from);
    if (remains && in_time(filter, time_of(change))) entries.push_back(&change);
  }
  if (newest_first) std::reverse(entries.begin(), entries.end());
  usize examined = 0;
  u32 taken = 0;
  while (examined < entries.size() && examined < ledger::kQueryExaminedMax &&
         taken < filter.limit) {
    const TransferChange& change = *entries[examined++];
    const TransferStatus status = status_of(change.transfer.id, request.position);
    if (!matches(filter, change.transfer, status)) continue;
    if (!balances && change.kind == ChangeKind::HoldExpired) continue;
    ++taken;
    if (balances) {
      request.account_balances.push_back(balance_after(change, filter.account_id));
    } else {
      request.transfers.push_back(change.transfer);
      request.transfer_statuses.push_back(status);
    }
  }
  request.more = examined < entries.size();
  request.next_cursor = filter.cursor;
  request.next_cursor.as_of = as_of;
  if (examined == 0) return;
  const Place last = entries[examined - 1]->place;
  request.next_cursor.next = last.position;
  request.next_cursor.index = last.index + (newest_first ? 0 : 1);
}

ledger::AccountBalance MemoryStore::balance_at(u128 account, u64 time, Position as_of) const {
  ledger::AccountBalance balance;
  for (const OtherChange& event : others_) {
    const ledger::Account* const created = event.created();
    if (created == nullptr || created->id != account || !counts(event.place, as_of.value)) continue;
    if (created->timestamp > time) continue;
    balance.account_id = account;
    balance.ledger = created->ledger;
  }
  if (balance.account_id == 0) return balance;
  const bool lies = options_.lie == StoreLie::ShowsLaterBalances;
  bool behind = false;
  for (const usize index : entries_of(account)) {
    const TransferChange& change = transfers_[index];
    if (!counts(change.place, as_of.value)) break;
    if (time_of(change) <= time || (lies && !behind)) balance = balance_after(change, account);
    behind = behind || time_of(change) > time;
  }
  return balance;
}

void MemoryStore::get_balance_at(Request& request) const {
  request.account_balances.clear();
  for (const u128 id : request.ids()) {
    request.account_balances.push_back(
        balance_at(id, request.filter.timestamp_max, request.position));
  }
}

void MemoryStore::get_statement(Request& request) const {
  const QueryFilter& filter = request.filter;
  request.accounts.clear();
  request.account_balances.clear();
  request.transfers.clear();
  request.transfer_statuses.clear();
  if (refuse_cursor(request, request.position.value)) return;
  const bool first_page = filter.cursor == QueryCursor{};
  const Position as_of{first_page ? request.position.value : filter.cursor.as_of};
  request.next_cursor = filter.cursor;
  request.next_cursor.as_of = as_of.value;
  request.more = false;

  const u128 id = filter.account_id;
  const ledger::AccountBalance closing = balance_at(id, filter.timestamp_max, as_of);
  if (closing.account_id == 0) return;
  ledger::AccountBalance opening = balance_at(id, filter.timestamp_min - 1, as_of);
  opening.account_id = id;
  opening.ledger = closing.ledger;
  ledger::Account account = by_account_.at(id).creation;
  account.debits_pending = closing.debits_pending;
  account.debits_posted = closing.debits_posted;
  account.credits_pending = closing.credits_pending;
  account.credits_posted = closing.credits_posted;
  request.accounts = {account};
  request.account_balances = {opening, closing};

  const bool holds = (filter.flags & QueryFilter::kHolds) != 0;
  const Place from{filter.cursor.next, static_cast<u32>(filter.cursor.index)};
  std::vector<const TransferChange*> listed;
  for (const usize index : entries_of(id)) {
    const TransferChange& change = transfers_[index];
    const bool remains = first_page || (holds ? change.place < from : change.place >= from);
    if (!counts(change.place, as_of.value) || !remains) continue;
    if (holds ? is_open_hold(change, Position{closing.position}) : is_entry(filter, change)) {
      listed.push_back(&change);
    }
  }
  if (holds) std::reverse(listed.begin(), listed.end());
  request.more = listed.size() > filter.limit;
  if (request.more) listed.resize(filter.limit);
  for (const TransferChange* const change : listed) {
    request.transfers.push_back(change->transfer);
    if (holds) {
      request.transfer_statuses.push_back(
          status_of(change->transfer.id, Position{closing.position}));
    } else {
      request.account_balances.push_back(balance_after(*change, id));
    }
  }
  if (listed.empty()) return;
  request.next_cursor.next = listed.back()->place.position;
  request.next_cursor.index = listed.back()->place.index + (holds ? 0 : 1);
}

// Whether something was on hold by it at this position.
bool MemoryStore::is_open_hold(const TransferChange& change, Position at) const {
  if (change.kind != ChangeKind::TransferCreated || !counts(change.place, at.value)) return false;
  const TransferStatus status = status_of(change.transfer.id, at);
  return status.pending_status == static_cast<u8>(PendingStatus::Pending) && status.remaining > 0;
}

void MemoryStore::get_change_events(Request& request) const {
  const QueryFilter& filter = request.filter;
  request.change_events.clear();
  request.transfers.clear();
  request.balances.clear();
  request.accounts.clear();
  request.changes.clear();
  const Place from{filter.cursor.next, static_cast<u32>(filter.cursor.index)};
  const bool repeats = options_.lie == StoreLie::RepeatsChanges && from.position > 0;
  const Place first = repeats ? Place{from.position - 1, 0} : from;
  const auto place_of = [](const auto& each) { return each.place; };
  // The next of either kind.
  auto transfer = std::ranges::lower_bound(transfers_, first, {}, place_of);
  auto other = std::ranges::lower_bound(others_, first, {}, place_of);
  const auto remains = [&](const auto& next, const auto& all) {
    return next != all.end() && counts(next->place, request.position.value);
  };
  request.next_cursor = filter.cursor;
  for (u32 examined = 0; remains(transfer, transfers_) || remains(other, others_); ++examined) {
    const bool full = request.change_events.size() == filter.limit;
    request.more = full || examined == ledger::kQueryExaminedMax;
    if (request.more) return;
    const bool is_other = !remains(transfer, transfers_) ||
                          (remains(other, others_) && other->place < transfer->place);
    const Place place = is_other ? other->place : transfer->place;
    request.next_cursor.next = place.position;
    request.next_cursor.index = place.index + 1;
    const bool skips = options_.lie == StoreLie::SkipsChanges && examined == 0;
    if (!is_other && !skips) add_event(*transfer, request);
    if (is_other && !skips) add_event(*other, request);
    is_other ? static_cast<void>(++other) : static_cast<void>(++transfer);
  }
  request.more = false;
}

// Adds it if the filter wants it.
void MemoryStore::add_event(const TransferChange& change, Request& request) const {
  const QueryFilter& filter = request.filter;
  const Transfer& transfer = change.transfer;
  if (!wants_kind(filter, change.kind) || !wants(filter.ledger, transfer.ledger) ||
      !wants(filter.code, transfer.code)) {
    return;
  }
  if (filter.account_id != 0 && !touches(change, filter.account_id)) return;
  ledger::ChangeEvent event;
  event.released = change.released;
  event.remaining = change.remaining;
  event.position = change.place.position;
  event.timestamp = change.decided;
  event.index = change.place.index;
  event.object = static_cast<u32>(request.transfers.size());
  event.kind = static_cast<u8>(change.kind);
  event.pending_status = static_cast<u8>(change.hold_status);
  request.change_events.push_back(event);
  request.transfers.push_back(transfer);
  request.balances.push_back(change.balances);
}

void MemoryStore::add_event(const OtherChange& change, Request& request) const {
  const QueryFilter& filter = request.filter;
  if (change.refused() != nullptr) return add_refusal(change, request);
  const ledger::Account* const created = change.created();
  const u128 id = created != nullptr ? created->id : change.updated()->update.account_id;
  const ledger::Account& account = by_account_.at(id).creation;
  if (!wants_kind(filter, history::kind_of(change)) || !wants(filter.ledger, account.ledger) ||
      !wants(filter.code, account.code) || !wants(filter.account_id, id)) {
    return;
  }
  ledger::ChangeEvent event;
  event.position = change.place.position;
  event.timestamp = change.decided;
  event.index = change.place.index;
  event.object =
      static_cast<u32>(created != nullptr ? request.accounts.size() : request.changes.size());
  event.kind = static_cast<u8>(history::kind_of(change));
  request.change_events.push_back(event);
  if (created != nullptr) request.accounts.push_back(*created);
  if (created == nullptr) request.changes.push_back(*change.updated());
}

void MemoryStore::add_refusal(const OtherChange& change, Request& request) {
  const QueryFilter& filter = request.filter;
  const history::RefusedTransfer& refused = *change.refused();
  const Transfer& transfer = refused.transfer;
  const bool is_of_account = wants(filter.account_id, transfer.debit_account_id) ||
                             wants(filter.account_id, transfer.credit_account_id);
  if (!wants_kind(filter, ChangeKind::TransferRefused) || !is_of_account ||
      !wants(filter.ledger, transfer.ledger) || !wants(filter.code, transfer.code)) {
    return;
  }
  ledger::ChangeEvent event;
  event.position = change.place.position;
  event.timestamp = change.decided;
  event.index = change.place.index;
  event.object = static_cast<u32>(request.transfers.size());
  event.kind = static_cast<u8>(ChangeKind::TransferRefused);
  event.outcome = refused.outcome;
  request.change_events.push_back(event);
  request.transfers.push_back(transfer);
  request.balances.push_back({});
}

}  // namespace florin::test
