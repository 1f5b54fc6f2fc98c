#include "tests/support/reference_ledger.h"

#include "base/check.h"
#include "tests/support/reference_checks.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::EventResult;
using ledger::LedgerTotals;
using ledger::Operation;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferOutcome;

namespace {

template <class Event>
bool is_linked(const Event& event) {
  // Bit 0 of the flags of both kinds of event.
  return (event.flags & 1) != 0;
}

bool overflows(u128 left, u128 right) { return left > kU128Max - right; }

template <class Value>
const Value* find(const std::map<u128, Value>& map, u128 key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

// The refusals that the page lists as transient, of those that this version can give.
bool consumes_id(TransferOutcome outcome) {
  return outcome == TransferOutcome::DebitAccountNotFound ||
         outcome == TransferOutcome::CreditAccountNotFound ||
         outcome == TransferOutcome::OverflowsDebitsPosted ||
         outcome == TransferOutcome::OverflowsCreditsPosted ||
         outcome == TransferOutcome::OverflowsDebits ||
         outcome == TransferOutcome::OverflowsCredits ||
         outcome == TransferOutcome::ExceedsCredits || outcome == TransferOutcome::ExceedsDebits;
}

}  // namespace

void ReferenceLedger::apply(Request& request, Timestamp first_event_timestamp) {
  request.clear_answer();
  if (is_write(request.operation)) {
    CHECK(first_event_timestamp.ns > last_timestamp_ns_);
    request.timestamp = first_event_timestamp;
    last_timestamp_ns_ = first_event_timestamp.ns + request.event_count - 1;
    position_.value += request.event_count;
  }
  request.position = position_;
  switch (request.operation) {
    case Operation::CreateAccounts: apply_write(request.account_events(), request); break;
    case Operation::CreateTransfers: apply_write(request.transfer_events(), request); break;
    case Operation::LookupAccounts: lookup_accounts(request); break;
    case Operation::LookupTransfers: lookup_transfers(request); break;
    case Operation::GetTrialBalance: get_trial_balance(request); break;
  }
}

// A chain is a run of linked events and the first one after them that is not linked. An event
// outside any chain is handled as a chain of one.
template <class Event>
void ReferenceLedger::apply_write(std::span<const Event> events, Request& request) {
  usize begin = 0;
  while (begin < events.size()) {
    usize last = begin;
    while (last + 1 < events.size() && is_linked(events[last])) ++last;
    const Chain<Event> chain{events.subspan(begin, last + 1 - begin),
                             Timestamp{request.timestamp.ns + begin}, is_linked(events[last])};
    for (EventResult result : apply_chain(chain)) {
      if (result.outcome == static_cast<u32>(TransferOutcome::Created)) continue;
      result.index += static_cast<u32>(begin);
      request.exceptions.push_back(result);
    }
    begin = last + 1;
  }
}

template <class Event>
std::vector<EventResult> ReferenceLedger::apply_chain(const Chain<Event>& chain) {
  using Outcome = decltype(decide(chain.events[0]));
  std::vector<EventResult> results(chain.events.size());
  const auto answer = [&](usize index, Outcome outcome) {
    const bool exists = outcome == Outcome::Exists;
    const u64 timestamp =
        exists ? find_original(chain.events[index])->timestamp : chain.first.ns + index;
    results[index] = {timestamp, static_cast<u32>(index), static_cast<u32>(outcome)};
  };

  if (exists_whole(chain)) {
    for (usize index = 0; index < results.size(); ++index) answer(index, Outcome::Exists);
    return results;
  }
  Scope scope;
  Outcome outcome = Outcome::Created;
  usize index = 0;
  while (index < results.size() && outcome == Outcome::Created) {
    const Event& event = chain.events[index];
    const bool cut_off = chain.open && index + 1 == results.size();
    outcome = cut_off ? Outcome::LinkedEventChainOpen : decide(event);
    // Before any rollback: the original that a member repeats may be an earlier member.
    answer(index, outcome);
    if (outcome == Outcome::Created) create(event, Timestamp{chain.first.ns + index}, scope);
    ++index;
  }
  if (outcome == Outcome::Created) return results;

  undo(scope);
  const usize failed = index - 1;
  consume_id(chain.events[failed], outcome);
  for (usize other = 0; other < results.size(); ++other) {
    if (other != failed) answer(other, Outcome::LinkedEventFailed);
  }
  // Said of the last event even if an earlier one broke the chain.
  if (chain.open) answer(results.size() - 1, Outcome::LinkedEventChainOpen);
  return results;
}

template <class Event>
bool ReferenceLedger::exists_whole(const Chain<Event>& chain) const {
  using Outcome = decltype(decide(chain.events[0]));
  if (chain.open) return false;
  for (const Event& event : chain.events) {
    if (decide(event) != Outcome::Exists) return false;
  }
  return true;
}

void ReferenceLedger::undo(const Scope& scope) {
  for (const u128 id : scope.created_transfers) {
    const Transfer& transfer = transfers_.at(id);
    accounts_.at(transfer.debit_account_id).debits_posted -= transfer.amount;
    accounts_.at(transfer.credit_account_id).credits_posted -= transfer.amount;
    transfers_.erase(id);
  }
  for (const u128 id : scope.created_accounts) accounts_.erase(id);
}

void ReferenceLedger::create(const Account& event, Timestamp at, Scope& scope) {
  Account account = event;
  account.timestamp = at.ns;
  accounts_.emplace(account.id, account);
  scope.created_accounts.push_back(account.id);
}

void ReferenceLedger::create(const Transfer& event, Timestamp at, Scope& scope) {
  Transfer transfer = event;
  transfer.timestamp = at.ns;
  accounts_.at(transfer.debit_account_id).debits_posted += transfer.amount;
  accounts_.at(transfer.credit_account_id).credits_posted += transfer.amount;
  transfers_.emplace(transfer.id, transfer);
  scope.created_transfers.push_back(transfer.id);
}

AccountOutcome ReferenceLedger::decide(const Account& event) const {
  const AccountOutcome shape = reference_shape(event);
  const bool id_is_usable =
      shape == AccountOutcome::Undecided || shape > AccountOutcome::ExistsWithDifferentFlags;
  if (!id_is_usable) return shape;
  if (const Account* original = find_original(event)) return reference_compare(event, *original);
  return shape == AccountOutcome::Undecided ? AccountOutcome::Created : shape;
}

TransferOutcome ReferenceLedger::decide(const Transfer& event) const {
  const TransferOutcome shape = reference_shape(event);
  const bool id_is_usable =
      shape == TransferOutcome::Undecided || shape > TransferOutcome::ExistsWithDifferentFlags;
  if (!id_is_usable) return shape;
  if (const Transfer* original = find_original(event)) return reference_compare(event, *original);
  if (failed_ids_.contains(event.id)) return TransferOutcome::IdAlreadyFailed;
  return shape == TransferOutcome::Undecided ? decide_between_accounts(event) : shape;
}

TransferOutcome ReferenceLedger::decide_between_accounts(const Transfer& event) const {
  const Account* debit = find(accounts_, event.debit_account_id);
  const Account* credit = find(accounts_, event.credit_account_id);
  if (debit == nullptr) return TransferOutcome::DebitAccountNotFound;
  if (credit == nullptr) return TransferOutcome::CreditAccountNotFound;
  if (debit->ledger != credit->ledger) return TransferOutcome::AccountsMustHaveTheSameLedger;
  if (event.ledger != debit->ledger) {
    return TransferOutcome::TransferMustHaveTheSameLedgerAsAccounts;
  }

  const u128 amount = event.amount;
  if (overflows(debit->debits_posted, amount)) return TransferOutcome::OverflowsDebitsPosted;
  if (overflows(credit->credits_posted, amount)) return TransferOutcome::OverflowsCreditsPosted;
  const u128 debits_posted = debit->debits_posted + amount;
  const u128 credits_posted = credit->credits_posted + amount;
  if (overflows(debit->debits_pending, debits_posted)) return TransferOutcome::OverflowsDebits;
  if (overflows(credit->credits_pending, credits_posted)) return TransferOutcome::OverflowsCredits;

  const bool debits_limited = debit->flags & ledger::account_flags::kDebitsMustNotExceedCredits;
  const bool credits_limited = credit->flags & ledger::account_flags::kCreditsMustNotExceedDebits;
  if (debits_limited && debit->debits_pending + debits_posted > debit->credits_posted) {
    return TransferOutcome::ExceedsCredits;
  }
  if (credits_limited && credit->credits_pending + credits_posted > credit->debits_posted) {
    return TransferOutcome::ExceedsDebits;
  }
  return TransferOutcome::Created;
}

void ReferenceLedger::consume_id(const Account&, AccountOutcome) {}

void ReferenceLedger::consume_id(const Transfer& event, TransferOutcome outcome) {
  if (consumes_id(outcome)) failed_ids_.emplace(event.id, outcome);
}

const Account* ReferenceLedger::find_original(const Account& event) const {
  return find(accounts_, event.id);
}

const Transfer* ReferenceLedger::find_original(const Transfer& event) const {
  return find(transfers_, event.id);
}

void ReferenceLedger::lookup_accounts(Request& request) const {
  for (const u128 id : request.ids()) {
    const Account* account = find(accounts_, id);
    request.accounts.push_back(account == nullptr ? Account{} : *account);
  }
}

void ReferenceLedger::lookup_transfers(Request& request) const {
  for (const u128 id : request.ids()) {
    const Transfer* transfer = find(transfers_, id);
    const TransferOutcome* failure = find(failed_ids_, id);
    TransferOutcome outcome = TransferOutcome::Undecided;
    if (failure != nullptr) outcome = *failure;
    if (transfer != nullptr) outcome = TransferOutcome::Created;
    request.transfers.push_back(transfer == nullptr ? Transfer{} : *transfer);
    request.transfer_outcomes.push_back(static_cast<u8>(outcome));
  }
}

void ReferenceLedger::get_trial_balance(Request& request) const {
  for (const LedgerTotals& totals : trial_balance()) {
    if (totals.ledger < request.trial_balance_filter.ledger_min) continue;
    if (request.totals.size() == request.trial_balance_filter.limit) {
      request.more_totals = true;
      return;
    }
    request.totals.push_back(totals);
  }
}

std::vector<LedgerTotals> ReferenceLedger::trial_balance() const {
  std::map<u32, LedgerTotals> by_ledger;
  for (const auto& [id, account] : accounts_) {
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
  std::map<u128, u128> debits;
  std::map<u128, u128> credits;
  for (const auto& [id, transfer] : transfers_) {
    debits[transfer.debit_account_id] += transfer.amount;
    credits[transfer.credit_account_id] += transfer.amount;
    CHECK(!failed_ids_.contains(id));
  }
  for (const auto& [id, account] : accounts_) {
    CHECK(account.debits_pending == 0 && account.credits_pending == 0);
    CHECK(account.debits_posted == debits[id] && account.credits_posted == credits[id]);
    const bool debits_limited = account.flags & ledger::account_flags::kDebitsMustNotExceedCredits;
    const bool credits_limited = account.flags & ledger::account_flags::kCreditsMustNotExceedDebits;
    CHECK(!debits_limited || account.debits_posted <= account.credits_posted);
    CHECK(!credits_limited || account.credits_posted <= account.debits_posted);
  }
}

}  // namespace florin::test
