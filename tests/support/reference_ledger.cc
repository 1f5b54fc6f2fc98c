// Requests, chains, accounts and their updates. Transfers stand in reference_transfers.cc, reads in
// reference_reads.cc.
#include "tests/support/reference_ledger.h"

#include <algorithm>
#include <type_traits>

#include "base/check.h"

namespace florin::test {

using namespace ledger;

namespace {

// Bit 0 of the flags of all kinds of event.
template <class Event>
bool is_linked(const Event& event) {
  return has(event.flags, 1);
}

// The objects of an event's kind.
auto& objects_of(ReferenceState& state, const Account&) { return state.accounts; }
auto& objects_of(ReferenceState& state, const Transfer&) { return state.transfers; }
auto& objects_of(ReferenceState& state, const AccountUpdate&) { return state.updates; }

AccountOutcome reference_compare(const Account& event, const ReferenceAccount& original) {
  return test::reference_compare(event, original.creation);
}
UpdateOutcome reference_compare(const AccountUpdate& event, const AccountChange& original) {
  return test::reference_compare(event, original.update);
}

// Refusals of accounts consume nothing.
bool is_transient(AccountOutcome) { return false; }

}  // namespace

void ReferenceLedger::apply(Request& request, Timestamp first_event_timestamp) {
  CHECK(!request.dry_run || request.operation == Operation::CreateTransfers);
  request.clear_answer();
  request.timestamp = Timestamp{last_timestamp_ns_};
  request.position = position_;
  if (request.is_logged()) {
    CHECK(first_event_timestamp.ns > last_timestamp_ns_);
    request.timestamp = first_event_timestamp;
    last_timestamp_ns_ = first_event_timestamp.ns + request.event_count - 1;
    position_.value += request.event_count;
    request.position = position_;
  }
  apply_operation(request);
  if (request.dry_run) state_.take_back(0);
  state_.undo.clear();
}

void ReferenceLedger::apply_operation(Request& request) {
  switch (request.operation) {
    case Operation::CreateAccounts:
      return apply_write(request, request.account_events(), account_flags::kImported);
    case Operation::CreateTransfers:
      if (request.wants_balances) request.balances.resize(request.event_count);
      return apply_write(request, request.transfer_events(), transfer_flags::kImported);
    case Operation::UpdateAccounts: return apply_write(request, request.update_events(), 0);
    case Operation::Tick: return expire_due(request.timestamp.ns);
    case Operation::LookupAccounts:
      for (const u128 id : request.ids()) {
        const ReferenceAccount* account = state_.accounts.find(id);
        request.accounts.push_back(account == nullptr ? Account{} : account->now);
      }
      return;
    case Operation::LookupTransfers:
      for (const u128 id : request.ids()) {
        const ReferenceTransfer* record = state_.transfers.find(id);
        request.transfers.push_back(record == nullptr ? Transfer{} : record->transfer);
        request.transfer_statuses.push_back(transfer_status(id));
      }
      return;
    case Operation::LookupLimits:
      for (const u128 id : request.ids()) request.limits.push_back(account_limits(id));
      return;
    case Operation::QueryAccounts: return query_accounts(request);
    case Operation::QueryTransfers: return query_transfers(request);
    case Operation::GetAccountChanges: return get_account_changes(request);
    case Operation::GetTrialBalance: return get_trial_balance(request);
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetBalanceAt:
    case Operation::GetChangeEvents:
    case Operation::GetStatement: CHECK(false);  // tests/support/memory_store answers these.
  }
}

// A chain is a run of linked events and the first one after them that is not linked. An event
// outside any chain is handled as a chain of one.
template <class Event>
void ReferenceLedger::apply_write(Request& request, std::span<const Event> events,
                                  u16 imported_flag) {
  CHECK(!events.empty());
  const ReferenceContext context{has(events[0].flags, imported_flag), request.timestamp.ns};
  for (usize begin = 0, end = 0; begin < events.size(); begin = end) {
    end = begin + 1;
    while (end < events.size() && is_linked(events[end - 1])) ++end;
    apply_chain(request, context, events, begin, end);
  }
}

template <class Event>
void ReferenceLedger::apply_chain(Request& request, const ReferenceContext& context,
                                  std::span<const Event> events, usize begin, usize end) {
  using Outcome = decltype(judge_by_id(events[0], context));
  auto& objects = objects_of(state_, events[0]);
  const auto time_of = [&](usize index) {
    return request.timestamp.ns + (request.dry_run ? 0 : index);
  };
  std::vector<EventResult> results(end - begin);
  const auto answer = [&](usize index, Outcome outcome) {
    const u64 timestamp = outcome == Outcome::Exists
                              ? timestamp_of(objects.made.at(events[index].id))
                              : time_of(index);
    results[index - begin] = {timestamp, static_cast<u32>(index), static_cast<u32>(outcome)};
  };

  const bool open = is_linked(events[end - 1]);  // The request ended before the chain did.
  const auto chain = events.subspan(begin, end - begin);
  const bool exists = !open && std::ranges::all_of(chain, [&](const Event& event) {
    return judge_by_id(event, context) == Outcome::Exists;
  });
  for (usize index = begin; exists && index < end; ++index) answer(index, Outcome::Exists);

  const usize changes_before = state_.undo.size();
  bool broken = false;
  for (usize index = begin; !exists && !broken && index < end; ++index) {
    expire_due(time_of(index));
    const bool cut_off = open && index + 1 == end;
    Outcome outcome = cut_off ? Outcome::LinkedEventChainOpen : judge_by_id(events[index], context);
    if (outcome == Outcome::Undecided) {
      outcome = perform(events[index], {request, index, time_of(index)});
    }
    // Before any rollback: the original that a member repeats may be an earlier member.
    answer(index, outcome);
    if (outcome == Outcome::Created) continue;

    broken = true;
    state_.take_back(changes_before);
    for (usize other = begin; other < end; ++other) {
      if (!request.balances.empty()) request.balances[other] = {};
      if (other != index) answer(other, Outcome::LinkedEventFailed);
    }
    // Said of the last event even if an earlier one broke the chain.
    if (open) answer(end - 1, Outcome::LinkedEventChainOpen);
    // After the rollback: a transient refusal consumes the id for ever.
    if (is_transient(outcome)) state_.put(objects.failed, events[index].id, outcome);
  }
  // Time has passed for all members, those included that were not tried, or undone.
  expire_due(time_of(end - 1));
  for (const EventResult& result : results) {
    const bool created = result.outcome == static_cast<u32>(Outcome::Created);
    if (!created) request.exceptions.push_back(result);
  }
}

template <class Event>
auto ReferenceLedger::judge_by_id(const Event& event, const ReferenceContext& context) {
  const auto& objects = objects_of(state_, event);
  const auto shape = reference_shape(event, context);
  using Outcome = std::remove_const_t<decltype(shape)>;
  if (shape != Outcome::Undecided && shape < Outcome::ExistsWithDifferentFlags) return shape;
  if (const auto* original = objects.find(event.id)) return reference_compare(event, *original);
  if constexpr (!std::is_same_v<Event, Account>) {
    if (objects.failed.contains(event.id)) return Outcome::IdAlreadyFailed;
  }
  return shape;
}

AccountOutcome ReferenceLedger::perform(const Account& event, const ReferencePlace& place) {
  ReferenceAccount account{event, event, {}, 0};
  account.limits.account_id = event.id;
  const auto& [made, order, failed] = state_.accounts;
  if (!has(event.flags, account_flags::kImported)) {
    account.now.timestamp = place.timestamp;
  } else if (!order.empty() && event.timestamp <= timestamp_of(made.at(order.back()))) {
    return AccountOutcome::ImportedEventTimestampMustNotRegress;
  }
  state_.add(state_.accounts, event.id, account);
  return AccountOutcome::Created;
}

namespace {

void change_account(const AccountUpdate& event, Account& account) {
  using namespace account_changes;
  u32 flags = account.flags;
  if (has(event.changes, kFreezeDebits)) flags |= account_flags::kFrozenDebits;
  if (has(event.changes, kFreezeCredits)) flags |= account_flags::kFrozenCredits;
  if (has(event.changes, kUnfreezeDebits)) flags &= ~u32{account_flags::kFrozenDebits};
  if (has(event.changes, kUnfreezeCredits)) flags &= ~u32{account_flags::kFrozenCredits};
  account.flags = static_cast<u16>(flags);
  if (has(event.changes, kSetUserData128)) account.user_data_128 = event.user_data_128;
  if (has(event.changes, kSetUserData64)) account.user_data_64 = event.user_data_64;
  if (has(event.changes, kSetUserData32)) account.user_data_32 = event.user_data_32;
}

// The limits after the update. The values of a limit that is cleared are zero in the event.
void change_limits(const AccountUpdate& event, u64 now, AccountLimits& limits) {
  using namespace account_changes;
  const auto changes = [&](u32 set, u32 clear, u32 limit) {
    const bool sets = has(event.changes, set);
    const bool clears = has(event.changes, clear) && has(limits.set, limit);
    if (sets) limits.set |= limit;
    if (clears) limits.set &= ~limit;
    if (sets || clears) limits.timestamp = now;
    return sets || clears;
  };
  if (changes(kSetOverdraftLimit, kClearOverdraftLimit, AccountLimits::kOverdraft)) {
    limits.overdraft_limit = event.overdraft_limit;
  }
  if (changes(kSetBalanceLimit, kClearBalanceLimit, AccountLimits::kBalance)) {
    limits.balance_limit = event.balance_limit;
  }
  if (changes(kSetTransferLimit, kClearTransferLimit, AccountLimits::kTransfer)) {
    limits.transfer_limit = event.transfer_limit;
  }
  if (changes(kSetVelocityLimit, kClearVelocityLimit, AccountLimits::kVelocity)) {
    limits.velocity_window = event.velocity_window;
    limits.velocity_sum_limit = event.velocity_sum_limit;
    limits.velocity_count_limit = event.velocity_count_limit;
  }
}

}  // namespace

UpdateOutcome ReferenceLedger::perform(const AccountUpdate& event, const ReferencePlace& place) {
  const ReferenceAccount* found = state_.accounts.find(event.account_id);
  if (found == nullptr) return UpdateOutcome::AccountNotFound;
  ReferenceAccount account = *found;
  const u32 window_before = account.limits.velocity_window;  // 0 when there was no limit.
  change_account(event, account.now);
  change_limits(event, place.timestamp, account.limits);
  if (account.limits.velocity_window != window_before) {
    account.counted_from = state_.charged[event.account_id].size();
  }
  AccountChange change{event, place.request.trace_id, place.request.principal, 0};
  change.update.timestamp = place.timestamp;
  state_.put(state_.accounts.made, event.account_id, account);
  state_.add(state_.updates, event.id, change);
  return UpdateOutcome::Created;
}

}  // namespace florin::test
