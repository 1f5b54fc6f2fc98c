// Requests, chains, accounts and their updates. Transfers stand in reference_transfers.cc, reads in
// reference_reads.cc.
#include "tests/support/reference_ledger.h"

#include <algorithm>

#include "base/check.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountLimits;
using ledger::AccountOutcome;
using ledger::AccountUpdate;
using ledger::EventResult;
using ledger::Operation;
using ledger::PendingStatus;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::UpdateOutcome;

namespace account_changes = ledger::account_changes;
namespace account_flags = ledger::account_flags;

namespace {

template <class Event>
bool is_linked(const Event& event) {
  // Bit 0 of the flags of all kinds of event.
  return (event.flags & 1) != 0;
}

template <class Event>
bool is_imported(std::span<const Event> events, u16 flag) {
  return !events.empty() && (events[0].flags & flag) != 0;
}

}  // namespace

void ReferenceLedger::apply(Request& request, Timestamp first_event_timestamp) {
  CHECK(!request.dry_run || request.operation == Operation::CreateTransfers);
  request.clear_answer();
  request.timestamp = Timestamp{last_timestamp_ns_};
  if (request.is_logged()) {
    CHECK(first_event_timestamp.ns > last_timestamp_ns_);
    request.timestamp = first_event_timestamp;
    position_.value += request.event_count;
  }
  request.position = position_;
  const ReferenceState::Mark before = state_.mark();
  apply_operation(request);
  if (request.is_logged()) last_timestamp_ns_ = request.timestamp.ns + request.event_count - 1;
  if (request.dry_run) state_.revert(before);
  state_.forget();
}

void ReferenceLedger::apply_operation(Request& request) {
  switch (request.operation) {
    case Operation::CreateAccounts:
      return apply_write(request.account_events(),
                         is_imported(request.account_events(), account_flags::kImported), request);
    case Operation::CreateTransfers:
      if (request.wants_balances) request.balances.resize(request.event_count);
      return apply_write(request.transfer_events(),
                         is_imported(request.transfer_events(), ledger::transfer_flags::kImported),
                         request);
    case Operation::UpdateAccounts: return apply_write(request.update_events(), false, request);
    case Operation::Tick: return expire_due({request, {}, 0, request.timestamp.ns});
    case Operation::LookupAccounts: return lookup_accounts(request);
    case Operation::LookupTransfers: return lookup_transfers(request);
    case Operation::LookupLimits: return lookup_limits(request);
    case Operation::QueryAccounts: return query_accounts(request);
    case Operation::QueryTransfers: return query_transfers(request);
    case Operation::GetAccountChanges: return get_account_changes(request);
    case Operation::GetTrialBalance: return get_trial_balance(request);
  }
}

// A chain is a run of linked events and the first one after them that is not linked. An event
// outside any chain is handled as a chain of one.
template <class Event>
void ReferenceLedger::apply_write(std::span<const Event> events, bool imported, Request& request) {
  usize begin = 0;
  while (begin < events.size()) {
    usize last = begin;
    while (last + 1 < events.size() && is_linked(events[last])) ++last;
    apply_chain(Chain<Event>{events.subspan(begin, last + 1 - begin),
                             request,
                             {imported, request.timestamp.ns},
                             begin,
                             is_linked(events[last])});
    begin = last + 1;
  }
}

template <class Event>
void ReferenceLedger::apply_chain(const Chain<Event>& chain) {
  using Outcome = decltype(compare_with_original(chain.events[0]));
  const usize size = chain.events.size();
  std::vector<EventResult> results(size);
  const auto answer = [&](usize index, Outcome outcome) {
    const bool exists = outcome == Outcome::Exists;
    const u64 timestamp =
        exists ? original_timestamp(chain.events[index]) : chain.place(index).timestamp;
    results[index] = {timestamp, static_cast<u32>(chain.first + index), static_cast<u32>(outcome)};
  };

  Outcome outcome = exists_whole(chain) ? Outcome::Exists : Outcome::Created;
  if (outcome == Outcome::Exists) {
    for (usize index = 0; index < size; ++index) answer(index, outcome);
  }
  const ReferenceState::Mark before = state_.mark();
  for (usize index = 0; index < size && outcome == Outcome::Created; ++index) {
    const Event& event = chain.events[index];
    const Place place = chain.place(index);
    expire_due(place);
    const bool cut_off = chain.open && index + 1 == size;
    outcome = cut_off ? Outcome::LinkedEventChainOpen : judge_by_id(event, chain.context);
    if (outcome == Outcome::Undecided) outcome = perform(event, place);
    // Before any rollback: the original that a member repeats may be an earlier member.
    answer(index, outcome);
    if (outcome == Outcome::Created) continue;

    state_.revert(before);
    for (usize other = 0; other < size; ++other) {
      if (!chain.request.balances.empty()) chain.request.balances[chain.first + other] = {};
      if (other != index) answer(other, Outcome::LinkedEventFailed);
    }
    // Said of the last event even if an earlier one broke the chain.
    if (chain.open) answer(size - 1, Outcome::LinkedEventChainOpen);
    consume_id(event, outcome);
  }
  // Time has passed for all members, those included that were not tried, or undone.
  expire_due(chain.place(size - 1));
  for (const EventResult& result : results) {
    if (result.outcome != static_cast<u32>(Outcome::Created)) {
      chain.request.exceptions.push_back(result);
    }
  }
}

template <class Event>
bool ReferenceLedger::exists_whole(const Chain<Event>& chain) const {
  using Outcome = decltype(compare_with_original(chain.events[0]));
  return !chain.open && std::ranges::all_of(chain.events, [&](const Event& event) {
    return judge_by_id(event, chain.context) == Outcome::Exists;
  });
}

// By deadline, then by the hold's timestamp.
void ReferenceLedger::expire_due(const Place& place) {
  if (place.request.dry_run) return;
  std::map<std::array<u64, 2>, u128> due;
  for (const auto& [id, deadline] : state_.deadlines.all()) {
    if (deadline > place.timestamp) continue;
    due[{deadline, state_.transfers.find(id)->transfer.timestamp}] = id;
  }
  for (const auto& [key, id] : due) release_hold(id, PendingStatus::Expired);
}

std::optional<Timestamp> ReferenceLedger::next_deadline() const {
  std::optional<Timestamp> next;
  for (const auto& [id, deadline] : state_.deadlines.all()) {
    if (!next.has_value() || deadline < next->ns) next = Timestamp{deadline};
  }
  return next;
}

template <class Event>
auto ReferenceLedger::judge_by_id(const Event& event, const ReferenceContext& context) const {
  using Outcome = decltype(compare_with_original(event));
  const Outcome shape = reference_shape(event, context);
  if (shape != Outcome::Undecided && shape < Outcome::ExistsWithDifferentFlags) return shape;
  const Outcome comparison = compare_with_original(event);
  if (comparison != Outcome::Undecided) return comparison;
  if constexpr (!std::is_same_v<Outcome, AccountOutcome>) {
    if (has_failed(event)) return Outcome::IdAlreadyFailed;
  }
  return shape;
}

AccountOutcome ReferenceLedger::compare_with_original(const Account& event) const {
  const ReferenceAccount* original = state_.accounts.find(event.id);
  if (original == nullptr) return AccountOutcome::Undecided;
  return reference_compare(event, original->creation);
}

TransferOutcome ReferenceLedger::compare_with_original(const Transfer& event) const {
  const ReferenceTransfer* stored = state_.transfers.find(event.id);
  if (stored == nullptr) return TransferOutcome::Undecided;
  ReferenceOriginal original{stored->transfer, {}, stored->took_all};
  const ReferenceTransfer* hold = state_.transfers.find(stored->transfer.pending_id);
  if (hold != nullptr) original.hold = hold->transfer;
  return reference_compare(event, original);
}

UpdateOutcome ReferenceLedger::compare_with_original(const AccountUpdate& event) const {
  const AccountUpdate* original = state_.updates.find(event.id);
  return original == nullptr ? UpdateOutcome::Undecided : reference_compare(event, *original);
}

bool ReferenceLedger::has_failed(const Transfer& event) const {
  return state_.failed_transfers.find(event.id) != nullptr;
}

bool ReferenceLedger::has_failed(const AccountUpdate& event) const {
  return state_.failed_updates.find(event.id) != nullptr;
}

u64 ReferenceLedger::original_timestamp(const Account& event) const {
  return state_.accounts.find(event.id)->now.timestamp;
}

u64 ReferenceLedger::original_timestamp(const Transfer& event) const {
  return state_.transfers.find(event.id)->transfer.timestamp;
}

u64 ReferenceLedger::original_timestamp(const AccountUpdate& event) const {
  return state_.updates.find(event.id)->timestamp;
}

void ReferenceLedger::consume_id(const Account&, AccountOutcome) {}

void ReferenceLedger::consume_id(const Transfer& event, TransferOutcome outcome) {
  if (is_transient(outcome)) state_.failed_transfers.put(event.id, outcome);
}

void ReferenceLedger::consume_id(const AccountUpdate& event, UpdateOutcome outcome) {
  if (is_transient(outcome)) state_.failed_updates.put(event.id, outcome);
}

AccountOutcome ReferenceLedger::perform(const Account& event, const Place& place) {
  ReferenceAccount account{event, event, {}, 0};
  account.limits.account_id = event.id;
  if ((event.flags & account_flags::kImported) == 0) {
    account.now.timestamp = place.timestamp;
  } else if (!state_.account_order.empty() &&
             event.timestamp <= state_.account_order.back().timestamp) {
    return AccountOutcome::ImportedEventTimestampMustNotRegress;
  }
  state_.accounts.put(event.id, account);
  state_.account_order.push_back({event.id, 0, account.now.timestamp});
  return AccountOutcome::Created;
}

namespace {

// Sets or clears one kind of limit. Answers whether that changed anything.
bool change_limit(const AccountUpdate& event, u32 set, u32 clear, u32 limit,
                  AccountLimits& limits) {
  const bool clears = (event.changes & clear) != 0 && (limits.set & limit) != 0;
  if (clears) limits.set &= ~limit;
  if ((event.changes & set) != 0) limits.set |= limit;
  return clears || (event.changes & set) != 0;
}

void change_flags(const AccountUpdate& event, u16& flags) {
  if (event.changes & account_changes::kFreezeDebits) flags |= account_flags::kFrozenDebits;
  if (event.changes & account_changes::kFreezeCredits) flags |= account_flags::kFrozenCredits;
  if (event.changes & account_changes::kUnfreezeDebits) {
    flags &= static_cast<u16>(~account_flags::kFrozenDebits);
  }
  if (event.changes & account_changes::kUnfreezeCredits) {
    flags &= static_cast<u16>(~account_flags::kFrozenCredits);
  }
}

void change_user_data(const AccountUpdate& event, Account& account) {
  if (event.changes & account_changes::kSetUserData128) account.user_data_128 = event.user_data_128;
  if (event.changes & account_changes::kSetUserData64) account.user_data_64 = event.user_data_64;
  if (event.changes & account_changes::kSetUserData32) account.user_data_32 = event.user_data_32;
}

// The limits after the update; `timestamp` is the update's.
void change_limits(const AccountUpdate& event, u64 timestamp, AccountLimits& limits) {
  using namespace account_changes;
  bool changed = false;
  if (change_limit(event, kSetOverdraftLimit, kClearOverdraftLimit, AccountLimits::kOverdraft,
                   limits)) {
    limits.overdraft_limit = event.overdraft_limit;
    changed = true;
  }
  if (change_limit(event, kSetBalanceLimit, kClearBalanceLimit, AccountLimits::kBalance, limits)) {
    limits.balance_limit = event.balance_limit;
    changed = true;
  }
  if (change_limit(event, kSetTransferLimit, kClearTransferLimit, AccountLimits::kTransfer,
                   limits)) {
    limits.transfer_limit = event.transfer_limit;
    changed = true;
  }
  if (change_limit(event, kSetVelocityLimit, kClearVelocityLimit, AccountLimits::kVelocity,
                   limits)) {
    limits.velocity_window = event.velocity_window;
    limits.velocity_sum_limit = event.velocity_sum_limit;
    limits.velocity_count_limit = event.velocity_count_limit;
    changed = true;
  }
  if (changed) limits.timestamp = timestamp;
}

}  // namespace

UpdateOutcome ReferenceLedger::perform(const AccountUpdate& event, const Place& place) {
  const ReferenceAccount* found = state_.accounts.find(event.account_id);
  if (found == nullptr) return UpdateOutcome::AccountNotFound;
  ReferenceAccount account = *found;
  const u32 window_before = account.limits.velocity_window;  // 0 when there was no limit.
  change_flags(event, account.now.flags);
  change_user_data(event, account.now);
  change_limits(event, place.timestamp, account.limits);
  if (account.limits.velocity_window != window_before) {
    account.counted_from = state_.transfer_order.size();
  }
  state_.accounts.put(event.account_id, account);
  AccountUpdate update = event;
  update.timestamp = place.timestamp;
  state_.updates.put(event.id, update);
  state_.changes.push_back({update, place.request.trace_id, place.request.principal, 0});
  return UpdateOutcome::Created;
}

}  // namespace florin::test
