#include "engine/authoriser.h"

#include <type_traits>

#include "base/check.h"
#include "ledger/validation.h"

namespace florin::engine {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::Operation;
using ledger::Transfer;
using ledger::TransferOutcome;

namespace {

// How many items ahead the state of their accounts is fetched into the cache.
constexpr u32 kStateAhead = 12;

// What both kinds of event have in common, for the handling of chains.
template <class Event>
struct Rules;

template <>
struct Rules<Account> {
  using Outcome = AccountOutcome;
  static constexpr u16 kLinked = ledger::account_flags::kLinked;
  static const Account& event(const Block& block, u32 item) { return block.account(item); }
};

template <>
struct Rules<Transfer> {
  using Outcome = TransferOutcome;
  static constexpr u16 kLinked = ledger::transfer_flags::kLinked;
  static const Transfer& event(const Block& block, u32 item) { return block.transfer(item); }
};

}  // namespace

void Authoriser::authorise(Block& block) {
  for (const BlockRequest& request : block.requests) authorise_request(block, request);
  block.accounts_after = accounts_count_;
  block.transfers_after = transfers_count_;
  accounts_used_.store(accounts_count_, std::memory_order_release);
  transfers_used_.store(transfers_count_, std::memory_order_release);
}

void Authoriser::authorise_request(Block& block, const BlockRequest& request) {
  switch (request.operation) {
    case Operation::CreateAccounts: authorise_events<Account>(block, request); break;
    case Operation::CreateTransfers: authorise_events<Transfer>(block, request); break;
    case Operation::LookupTransfers:
      // Only what was decided before this place in the order is seen.
      for (u32 item = request.first_item; item < request.first_item + request.item_count; ++item) {
        const u32 slot = block.work[item].transfer;
        block.outcomes[item] = slot == kNoSlot ? u8{0} : tables_.transfer_states[slot];
      }
      break;
    case Operation::LookupAccounts:
    case Operation::GetTrialBalance: break;
  }
}

void Authoriser::prefetch_ahead(const Tables& tables, const Block& block, u32 item) {
  const u32 ahead = item + kStateAhead;
  if (ahead >= block.item_count()) return;
  const ItemWork& work = block.work[ahead];
  if (work.debit != kNoSlot) __builtin_prefetch(&tables.account_states[work.debit], 1);
  if (work.credit != kNoSlot) __builtin_prefetch(&tables.account_states[work.credit], 1);
}

template <class Event>
void Authoriser::authorise_events(Block& block, const BlockRequest& request) {
  const u32 end = request.first_item + request.item_count;
  u32 item = request.first_item;
  while (item < end) {
    prefetch_ahead(tables_, block, item);
    const Event& event = Rules<Event>::event(block, item);
    if ((event.flags & Rules<Event>::kLinked) == 0) [[likely]] {
      const u64 timestamp = request.timestamp_of(item);
      const auto outcome = decide(block, item, timestamp, event);
      record_outcome<Event>(block, request, item, static_cast<u8>(outcome));
      ++item;
      continue;
    }
    Chain chain{item, item, false};
    while (chain.last < end &&
           (Rules<Event>::event(block, chain.last).flags & Rules<Event>::kLinked) != 0) {
      ++chain.last;
    }
    chain.open = chain.last == end;
    if (!chain.open) ++chain.last;
    authorise_chain<Event>(block, request, chain);
    item = chain.last;
  }
}

template <class Event>
void Authoriser::authorise_chain(Block& block, const BlockRequest& request, Chain chain) {
  using Outcome = typename Rules<Event>::Outcome;
  if (!chain.open && repeats_whole_chain<Event>(block, chain)) {
    for (u32 item = chain.first; item < chain.last; ++item) {
      record_outcome<Event>(block, request, item, static_cast<u8>(Outcome::Exists));
    }
    return;
  }
  const EventFailure failure = decide_chain<Event>(block, request, chain);
  if (failure.item == chain.last) {
    undo_.clear();
    for (u32 item = chain.first; item < chain.last; ++item) {
      record_outcome<Event>(block, request, item, static_cast<u8>(Outcome::Created));
    }
    return;
  }
  roll_back();
  record_broken_chain<Event>(block, request, chain, failure);
  if constexpr (std::is_same_v<Event, Transfer>) {
    // Only now: the rollback must not give back what a transient refusal consumes.
    const auto outcome = static_cast<Outcome>(failure.outcome);
    if (ledger::is_transient(outcome)) consume(block, failure.item, failure.timestamp, outcome);
  }
}

template <class Event>
Authoriser::EventFailure Authoriser::decide_chain(Block& block, const BlockRequest& request,
                                                  Chain chain) {
  using Outcome = typename Rules<Event>::Outcome;
  EventFailure failure{chain.last, 0, 0};
  in_chain_ = true;
  for (u32 item = chain.first; item < chain.last && failure.item == chain.last; ++item) {
    const Event& event = Rules<Event>::event(block, item);
    u64 timestamp = request.timestamp_of(item);
    const bool ends_open = chain.open && item + 1 == chain.last;
    const Outcome outcome =
        ends_open ? Outcome::LinkedEventChainOpen : decide(block, item, timestamp, event);
    if (outcome == Outcome::Created) continue;
    // Read now: the original may be an earlier member, which is about to be undone.
    if (outcome == Outcome::Exists) timestamp = original_timestamp(block.work[item], event);
    failure = {item, static_cast<u32>(outcome), timestamp};
  }
  in_chain_ = false;
  return failure;
}

template <class Event>
bool Authoriser::repeats_whole_chain(const Block& block, Chain chain) const {
  using Outcome = typename Rules<Event>::Outcome;
  for (u32 item = chain.first; item < chain.last; ++item) {
    const auto shape = static_cast<Outcome>(block.work[item].shape);
    if (shape != Outcome::Undecided && ledger::precedes_exists(shape)) return false;
    if (existing(block, item, Rules<Event>::event(block, item)) != Outcome::Exists) return false;
  }
  return true;
}

template <class Event>
void Authoriser::record_outcome(Block& block, const BlockRequest& request, u32 item, u8 outcome) {
  using Outcome = typename Rules<Event>::Outcome;
  block.outcomes[item] = outcome;
  if (outcome == static_cast<u8>(Outcome::Created)) [[likely]]
    return;
  const u32 index = item - request.first_item;
  u64 timestamp = request.timestamp + index;
  if (outcome == static_cast<u8>(Outcome::Exists)) {
    timestamp = original_timestamp(block.work[item], Rules<Event>::event(block, item));
  }
  request.request->exceptions.push_back({timestamp, index, outcome});
}

template <class Event>
void Authoriser::record_broken_chain(Block& block, const BlockRequest& request, Chain chain,
                                     const EventFailure& failure) {
  using Outcome = typename Rules<Event>::Outcome;
  for (u32 item = chain.first; item < chain.last; ++item) {
    const u32 index = item - request.first_item;
    const bool ends_open = chain.open && item + 1 == chain.last;
    ledger::EventResult result{
        request.timestamp + index, index,
        static_cast<u32>(ends_open ? Outcome::LinkedEventChainOpen : Outcome::LinkedEventFailed)};
    if (item == failure.item) {
      result.outcome = failure.outcome;
      result.timestamp = failure.timestamp;
    }
    block.outcomes[item] = static_cast<u8>(result.outcome);
    request.request->exceptions.push_back(result);
  }
}

AccountOutcome Authoriser::existing(const Block& block, u32 item, const Account& event) const {
  const u32 slot = block.work[item].debit;
  if (slot == kNoSlot || !tables_.account_states[slot].exists()) return AccountOutcome::Undecided;
  return ledger::compare_with_existing(event, tables_.accounts[slot]);
}

TransferOutcome Authoriser::existing(const Block& block, u32 item, const Transfer& event) const {
  const u32 slot = block.work[item].transfer;
  if (slot == kNoSlot || tables_.transfer_states[slot] == 0) [[likely]] {
    return TransferOutcome::Undecided;
  }
  if (tables_.transfer_states[slot] != static_cast<u8>(TransferOutcome::Created)) {
    return TransferOutcome::IdAlreadyFailed;
  }
  return ledger::compare_with_existing(event, tables_.transfers[slot]);
}

u64 Authoriser::original_timestamp(const ItemWork& work, const Account&) const {
  return tables_.account_states[work.debit].timestamp;
}

u64 Authoriser::original_timestamp(const ItemWork& work, const Transfer&) const {
  return tables_.transfers[work.transfer].timestamp;
}

AccountOutcome Authoriser::decide(const Block& block, u32 item, u64 timestamp,
                                  const Account& account) {
  const ItemWork& work = block.work[item];
  const auto shape = static_cast<AccountOutcome>(work.shape);
  const bool shape_first = shape != AccountOutcome::Undecided && ledger::precedes_exists(shape);
  if (shape_first) return shape;
  const AccountOutcome exists = existing(block, item, account);
  if (exists != AccountOutcome::Undecided) return exists;
  if (shape != AccountOutcome::Undecided) return shape;

  AccountState& state = tables_.account_states[work.debit];
  state = AccountState{};
  state.ledger = account.ledger;
  state.flags = account.flags;
  state.status = AccountState::kExists;
  state.timestamp = timestamp;
  ++accounts_count_;
  if (in_chain_) undo_.push_back({Undo::Kind::NewAccount, work.debit, {}});
  if (!work.reserved) {
    Account& record = tables_.accounts[work.debit];
    record.user_data_128 = account.user_data_128;
    record.user_data_64 = account.user_data_64;
    record.user_data_32 = account.user_data_32;
    record.ledger = account.ledger;
    record.code = account.code;
    record.flags = account.flags;
  }
  return AccountOutcome::Created;
}

TransferOutcome Authoriser::decide(const Block& block, u32 item, u64 timestamp,
                                   const Transfer& transfer) {
  const ItemWork& work = block.work[item];
  const auto shape = static_cast<TransferOutcome>(work.shape);
  if (shape != TransferOutcome::Undecided && ledger::precedes_exists(shape)) return shape;
  const TransferOutcome exists = existing(block, item, transfer);
  if (exists != TransferOutcome::Undecided) return exists;
  if (shape != TransferOutcome::Undecided) return shape;

  const TransferOutcome outcome = transfer_funds(work, transfer);
  const bool consumes =
      outcome == TransferOutcome::Created || (!in_chain_ && ledger::is_transient(outcome));
  if (consumes) consume(block, item, timestamp, outcome);
  return outcome;
}

TransferOutcome Authoriser::transfer_funds(const ItemWork& work, const Transfer& transfer) {
  using enum TransferOutcome;
  if (work.debit == kNoSlot) return DebitAccountNotFound;
  const AccountState& debit = tables_.account_states[work.debit];
  if (!debit.exists()) return DebitAccountNotFound;
  if (work.credit == kNoSlot) return CreditAccountNotFound;
  const AccountState& credit = tables_.account_states[work.credit];
  if (!credit.exists()) return CreditAccountNotFound;
  if (debit.ledger != credit.ledger) return AccountsMustHaveTheSameLedger;
  if (debit.ledger != transfer.ledger) return TransferMustHaveTheSameLedgerAsAccounts;

  u128 debits_posted = balances_.get(work.debit, Counter::DebitsPosted);
  u128 credits_posted = balances_.get(work.credit, Counter::CreditsPosted);
  u128 debits = balances_.get(work.debit, Counter::DebitsPending);
  u128 credits = balances_.get(work.credit, Counter::CreditsPending);
  if (__builtin_add_overflow(debits_posted, transfer.amount, &debits_posted)) {
    return OverflowsDebitsPosted;
  }
  if (__builtin_add_overflow(credits_posted, transfer.amount, &credits_posted)) {
    return OverflowsCreditsPosted;
  }
  if (__builtin_add_overflow(debits, debits_posted, &debits)) return OverflowsDebits;
  if (__builtin_add_overflow(credits, credits_posted, &credits)) return OverflowsCredits;
  if ((debit.flags & ledger::account_flags::kDebitsMustNotExceedCredits) != 0 &&
      debits > balances_.get(work.debit, Counter::CreditsPosted)) {
    return ExceedsCredits;
  }
  if ((credit.flags & ledger::account_flags::kCreditsMustNotExceedDebits) != 0 &&
      credits > balances_.get(work.credit, Counter::DebitsPosted)) {
    return ExceedsDebits;
  }
  // From here on the transfer succeeds.
  if (in_chain_) [[unlikely]] {
    undo_.push_back({Undo::Kind::Counters, work.debit, balances_.all(work.debit)});
    undo_.push_back({Undo::Kind::Counters, work.credit, balances_.all(work.credit)});
  }
  balances_.set(work.debit, Counter::DebitsPosted, debits_posted);
  balances_.set(work.credit, Counter::CreditsPosted, credits_posted);
  return Created;
}

void Authoriser::consume(const Block& block, u32 item, u64 timestamp, TransferOutcome outcome) {
  const ItemWork& work = block.work[item];
  u8& state = tables_.transfer_states[work.transfer];
  CHECK(state == 0);
  state = static_cast<u8>(outcome);
  ++transfers_count_;
  if (in_chain_) [[unlikely]]
    undo_.push_back({Undo::Kind::TransferState, work.transfer, {}});
  if (work.reserved) [[likely]]
    return;
  // All but the id, which its owner may be reading. The id is the same.
  const Transfer& event = block.transfer(item);
  Transfer& record = tables_.transfers[work.transfer];
  record.debit_account_id = event.debit_account_id;
  record.credit_account_id = event.credit_account_id;
  record.amount = event.amount;
  record.pending_id = event.pending_id;
  record.user_data_128 = event.user_data_128;
  record.user_data_64 = event.user_data_64;
  record.user_data_32 = event.user_data_32;
  record.timeout = event.timeout;
  record.ledger = event.ledger;
  record.code = event.code;
  record.flags = event.flags;
  record.timestamp = timestamp;
}

void Authoriser::roll_back() {
  while (!undo_.empty()) {
    const Undo& undo = undo_.back();
    switch (undo.kind) {
      case Undo::Kind::Counters: balances_.set_all(undo.slot, undo.balances); break;
      case Undo::Kind::NewAccount:
        tables_.account_states[undo.slot] = AccountState{};
        --accounts_count_;
        break;
      case Undo::Kind::TransferState:
        tables_.transfer_states[undo.slot] = 0;
        --transfers_count_;
        break;
    }
    undo_.pop_back();
  }
}

}  // namespace florin::engine
