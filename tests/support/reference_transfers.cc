// What the reference ledger does with a transfer.
#include <algorithm>
#include <compare>

#include "base/check.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

using namespace ledger;
using namespace transfer_flags;
using enum TransferOutcome;
using Outcome = TransferOutcome;

namespace {

bool overflows(u128 left, u128 right) { return left > kU128Max - right; }

// A sum of amounts that may be negative or beyond 128 bits: high * 2^128 + low.
struct SignedSum {
  i64 high = 0;
  u128 low = 0;
  friend std::strong_ordering operator<=>(const SignedSum&, const SignedSum&) = default;
};

SignedSum sum_of(std::initializer_list<u128> added, std::initializer_list<u128> taken = {}) {
  SignedSum sum;
  for (const u128 amount : added) {
    sum.low += amount;
    if (sum.low < amount) ++sum.high;
  }
  for (const u128 amount : taken) {
    if (sum.low < amount) --sum.high;
    sum.low -= amount;
  }
  return sum;
}

// 128 bits in two's complement.
SignedSum of_signed(u128 bits) { return {bits >> 127 != 0 ? -1 : 0, bits}; }

// Whether the account's credits are bounded by its debits: then it is one of debit nature.
bool bounds_credits(const Account& account) {
  return has(account.flags, account_flags::kCreditsMustNotExceedDebits);
}

// What the bound on debits leaves, negative when it is exceeded; and its mirror. An overdraft limit
// that is not set is 0.
SignedSum debits_left(const Account& now, u128 overdraft) {
  return sum_of({now.credits_posted, overdraft}, {now.debits_posted, now.debits_pending});
}
SignedSum credits_left(const Account& now, u128 overdraft) {
  return sum_of({now.debits_posted, overdraft}, {now.credits_posted, now.credits_pending});
}

SignedSum available(const Account& now) {
  return bounds_credits(now) ? credits_left(now, 0) : debits_left(now, 0);
}

// Whether what the account may come to hold exceeds its maximum balance.
bool exceeds_balance(const ReferenceAccount& account) {
  const Account& now = account.now;
  const SignedSum held =
      bounds_credits(now) ? sum_of({now.debits_posted, now.debits_pending}, {now.credits_posted})
                          : sum_of({now.credits_posted, now.credits_pending}, {now.debits_posted});
  return has(account.limits.set, AccountLimits::kBalance) &&
         held > sum_of({account.limits.balance_limit});
}

// What is left of the hold returns, and what it closed opens.
void release(ReferenceTransfer& hold, Account& debit, Account& credit, PendingStatus status) {
  CHECK(hold.status == PendingStatus::Pending);
  constexpr u16 kNotClosed = static_cast<u16>(~account_flags::kClosed);
  debit.debits_pending -= hold.remaining;
  credit.credits_pending -= hold.remaining;
  // A post never gets here while the hold keeps an account closed.
  if (has(hold.transfer.flags, kClosingDebit)) debit.flags &= kNotClosed;
  if (has(hold.transfer.flags, kClosingCredit)) credit.flags &= kNotClosed;
  hold.remaining = 0;
  hold.status = status;
}

// What the hold is from now on.
void put_hold(ReferenceState& state, const ReferenceTransfer& hold) {
  state.put(state.transfers.made, hold.transfer.id, hold);
  const bool open = hold.status == PendingStatus::Pending;
  if (!open) state.put(state.deadlines, {hold.deadline, hold.transfer.timestamp}, std::nullopt);
}

TransferBalances balances_of(const Account& debit, const Account& credit) {
  return {debit.debits_pending,   debit.debits_posted,   debit.credits_pending,
          debit.credits_posted,   credit.debits_pending, credit.debits_posted,
          credit.credits_pending, credit.credits_posted};
}

Outcome check_accounts(const ReferenceState& state, const Transfer& event) {
  const ReferenceAccount* debit = state.accounts.find(event.debit_account_id);
  const ReferenceAccount* credit = state.accounts.find(event.credit_account_id);
  if (debit == nullptr) return DebitAccountNotFound;
  if (credit == nullptr) return CreditAccountNotFound;
  return reference_first<Outcome>({
      {debit->now.ledger != credit->now.ledger, AccountsMustHaveTheSameLedger},
      {event.ledger != debit->now.ledger, TransferMustHaveTheSameLedgerAsAccounts},
  });
}

Outcome check_hold(const ReferenceState& state, const Transfer& event) {
  const ReferenceTransfer* record = state.transfers.find(event.pending_id);
  if (record == nullptr) return PendingTransferNotFound;
  const Transfer& hold = record->transfer;
  const auto differs = [](u128 said, u128 is) { return said != 0 && said != is; };
  const bool post = has(event.flags, kPostPendingTransfer);
  const bool open = record->status == PendingStatus::Pending;
  const bool too_much =
      event.amount != kU128Max && event.amount > (open ? record->remaining : hold.amount);
  return reference_first<Outcome>({
      {!has(hold.flags, kPending), PendingTransferNotPending},
      {differs(event.debit_account_id, hold.debit_account_id),
       PendingTransferHasDifferentDebitAccountId},
      {differs(event.credit_account_id, hold.credit_account_id),
       PendingTransferHasDifferentCreditAccountId},
      {differs(event.ledger, hold.ledger), PendingTransferHasDifferentLedger},
      {differs(event.code, hold.code), PendingTransferHasDifferentCode},
      {post && too_much, ExceedsPendingTransferAmount},
      {!post && differs(event.amount, hold.amount), PendingTransferHasDifferentAmount},
      {record->status == PendingStatus::Posted, PendingTransferAlreadyPosted},
      {record->status == PendingStatus::Voided, PendingTransferAlreadyVoided},
      {record->status == PendingStatus::Expired, PendingTransferExpired},
  });
}

Outcome check_original(const ReferenceState& state, const Transfer& event) {
  const ReferenceTransfer* record = state.transfers.find(event.pending_id);
  if (record == nullptr) return OriginalTransferNotFound;
  const Transfer& original = record->transfer;
  const bool posted = !has(original.flags, kPending | kVoidPendingTransfer);
  return reference_first<Outcome>({
      {!posted, OriginalTransferNotPosted},
      {event.debit_account_id != original.credit_account_id,
       OriginalTransferHasDifferentDebitAccountId},
      {event.credit_account_id != original.debit_account_id,
       OriginalTransferHasDifferentCreditAccountId},
      {event.amount != kU128Max && event.amount != original.amount,
       OriginalTransferHasDifferentAmount},
      {record->reversed, OriginalTransferAlreadyReversed},
  });
}

// The order of imported transfers among all, closed accounts, frozen ones.
Outcome check_admission(const ReferenceState& state, const Transfer& transfer, const Account& debit,
                        const Account& credit) {
  const bool imported = has(transfer.flags, kImported);
  const bool voids = has(transfer.flags, kVoidPendingTransfer);
  const bool moves = !voids && !has(transfer.flags, kPostPendingTransfer);
  const auto& [made, order, failed] = state.transfers;
  const u64 last = order.empty() ? 0 : made.at(order.back()).transfer.timestamp;
  const u64 timestamp = transfer.timestamp;
  return reference_first<Outcome>({
      {imported && timestamp <= last, ImportedEventTimestampMustNotRegress},
      {imported && timestamp <= debit.timestamp, ImportedEventTimestampMustPostdateDebitAccount},
      {imported && timestamp <= credit.timestamp, ImportedEventTimestampMustPostdateCreditAccount},
      {imported && transfer.timeout != 0, ImportedEventTimeoutMustBeZero},
      {!voids && has(debit.flags, account_flags::kClosed), DebitAccountAlreadyClosed},
      {!voids && has(credit.flags, account_flags::kClosed), CreditAccountAlreadyClosed},
      {moves && has(debit.flags, account_flags::kFrozenDebits), DebitAccountFrozen},
      {moves && has(credit.flags, account_flags::kFrozenCredits), CreditAccountFrozen},
  });
}

Outcome check_overflow(const Transfer& transfer, const Account& debit, const Account& credit) {
  const u128 amount = transfer.amount;
  const bool pending = has(transfer.flags, kPending);
  const u128 deadline = transfer.timestamp + u128{transfer.timeout} * kNsPerSecond;
  return reference_first<Outcome>({
      {pending && overflows(debit.debits_pending, amount), OverflowsDebitsPending},
      {pending && overflows(credit.credits_pending, amount), OverflowsCreditsPending},
      {overflows(debit.debits_posted, amount), OverflowsDebitsPosted},
      {overflows(credit.credits_posted, amount), OverflowsCreditsPosted},
      {overflows(debit.debits_pending + debit.debits_posted, amount), OverflowsDebits},
      {overflows(credit.credits_pending + credit.credits_posted, amount), OverflowsCredits},
      {transfer.timeout != 0 && deadline >= kTimestampEnd, OverflowsTimeout},
  });
}

// The accounts are as the transfer would leave them.
Outcome check_limits(const ReferenceState& state, const Transfer& transfer,
                     const ReferenceAccount& debit, const ReferenceAccount& credit, u64 now) {
  const AccountLimits limits = reference_limits(state, debit, now);
  const bool too_much_debited = has(debit.now.flags, account_flags::kDebitsMustNotExceedCredits) &&
                                debits_left(debit.now, limits.overdraft_limit).high < 0;
  const bool too_much_credited = bounds_credits(credit.now) &&
                                 credits_left(credit.now, credit.limits.overdraft_limit).high < 0;
  const bool too_fast =
      sum_of({limits.velocity_sum_used, transfer.amount}) > sum_of({limits.velocity_sum_limit}) ||
      (limits.velocity_count_used >= limits.velocity_count_limit &&
       limits.velocity_count_limit != ~u32{0});
  const bool counts = has(limits.set, AccountLimits::kVelocity) && !has(transfer.flags, kImported);
  return reference_first<Outcome>({
      {too_much_debited, ExceedsCredits},
      {too_much_credited, ExceedsDebits},
      {has(limits.set, AccountLimits::kTransfer) && transfer.amount > limits.transfer_limit,
       ExceedsTransferLimit},
      {counts && too_fast, ExceedsVelocityLimit},
      {bounds_credits(debit.now) && exceeds_balance(debit), ExceedsBalanceLimit},
      {!bounds_credits(credit.now) && exceeds_balance(credit), ExceedsBalanceLimit},
  });
}

// The accounts are as the event would leave them.
Outcome check_conditions(const ReferencePlace& place, const Account& debit, const Account& credit) {
  for (const Condition& condition : place.request.all_conditions()) {
    if (condition.index != place.index) continue;
    const bool of_debit = condition.side == static_cast<u16>(Condition::Side::Debit);
    const SignedSum balance = available(of_debit ? debit : credit);
    const bool too_low =
        has(condition.bounds, Condition::kAtLeast) && balance < of_signed(condition.minimum);
    const bool too_high =
        has(condition.bounds, Condition::kAtMost) && balance > of_signed(condition.maximum);
    if (too_low || too_high) {
      return of_debit ? DebitAccountConditionNotMet : CreditAccountConditionNotMet;
    }
  }
  return Undecided;
}

// A plain, pending or reversing transfer, whose `record.transfer` has its timestamp.
Outcome move_money(const ReferenceState& state, ReferenceTransfer& record, ReferenceAccount& debit,
                   ReferenceAccount& credit, u64 now) {
  Transfer& transfer = record.transfer;
  // What a balancing transfer takes is never more than the bounds that its flags name would leave,
  // nor less than 0.
  SignedSum amount = sum_of({transfer.amount});
  if (has(transfer.flags, kBalancingDebit)) {
    amount = std::min(amount, debits_left(debit.now, debit.limits.overdraft_limit));
  }
  if (has(transfer.flags, kBalancingCredit)) {
    amount = std::min(amount, credits_left(credit.now, credit.limits.overdraft_limit));
  }
  transfer.amount = amount.high < 0 ? 0 : amount.low;
  const Outcome refused = check_overflow(transfer, debit.now, credit.now);
  if (refused != Undecided) return refused;

  if (has(transfer.flags, kPending)) {
    record.status = PendingStatus::Pending;
    record.remaining = transfer.amount;
    if (transfer.timeout != 0) {
      record.deadline = transfer.timestamp + transfer.timeout * kNsPerSecond;
    }
    debit.now.debits_pending += transfer.amount;
    credit.now.credits_pending += transfer.amount;
    if (has(transfer.flags, kClosingDebit)) debit.now.flags |= account_flags::kClosed;
    if (has(transfer.flags, kClosingCredit)) credit.now.flags |= account_flags::kClosed;
  } else {
    debit.now.debits_posted += transfer.amount;
    credit.now.credits_posted += transfer.amount;
  }
  return check_limits(state, transfer, debit, credit, now);
}

// A post or a void that its hold allows.
void resolve_hold(ReferenceTransfer& record, ReferenceTransfer& hold, Account& debit,
                  Account& credit) {
  Transfer& transfer = record.transfer;
  if (has(transfer.flags, kVoidPendingTransfer)) {
    transfer.amount = hold.transfer.amount;
    return release(hold, debit, credit, PendingStatus::Voided);
  }
  if (transfer.amount == kU128Max) transfer.amount = hold.remaining;
  record.took_all = transfer.amount == hold.remaining;
  hold.captured += transfer.amount;
  hold.remaining -= transfer.amount;
  debit.debits_pending -= transfer.amount;
  debit.debits_posted += transfer.amount;
  credit.credits_pending -= transfer.amount;
  credit.credits_posted += transfer.amount;
  const bool stays_open = has(transfer.flags, kCapturePartial) && hold.remaining != 0;
  if (!stays_open) release(hold, debit, credit, PendingStatus::Posted);
}

}  // namespace

// What is used is told from the transfers themselves, without any account of charges: an open hold
// is charged with its whole amount, a closed one with what was captured of it, and counts unless
// all of it returned.
AccountLimits reference_limits(const ReferenceState& state, const ReferenceAccount& account,
                               u64 now) {
  AccountLimits limits = account.limits;
  if (!has(limits.set, AccountLimits::kVelocity)) return limits;
  const u64 bucket_ns = limits.velocity_window * kNsPerSecond / kVelocityBuckets;
  const std::vector<u128>& charged = state.charged.at(account.now.id);
  for (usize place = account.counted_from; place < charged.size(); ++place) {
    const ReferenceTransfer& record = state.transfers.made.at(charged[place]);
    // Only the bucket of `now` and the 63 before it.
    const u64 bucket = record.transfer.timestamp / bucket_ns;
    if (bucket + kVelocityBuckets <= now / bucket_ns) continue;
    const bool returned =
        record.status == PendingStatus::Voided || record.status == PendingStatus::Expired;
    const bool closed = returned || record.status == PendingStatus::Posted;
    limits.velocity_sum_used += closed ? record.captured : record.transfer.amount;
    limits.velocity_count_used += returned && record.captured == 0 ? 0 : 1;
  }
  return limits;
}

void ReferenceLedger::expire_due(u64 now) {
  while (!state_.deadlines.empty() && state_.deadlines.begin()->first[0] <= now) {
    ReferenceTransfer hold = state_.transfers.made.at(state_.deadlines.begin()->second);
    ReferenceAccount debit = state_.accounts.made.at(hold.transfer.debit_account_id);
    ReferenceAccount credit = state_.accounts.made.at(hold.transfer.credit_account_id);
    release(hold, debit.now, credit.now, PendingStatus::Expired);
    put_hold(state_, hold);
    state_.put(state_.accounts.made, debit.now.id, debit);
    state_.put(state_.accounts.made, credit.now.id, credit);
  }
}

std::optional<Timestamp> ReferenceLedger::next_deadline() const {
  if (state_.deadlines.empty()) return std::nullopt;
  return Timestamp{state_.deadlines.begin()->first[0]};
}

Outcome ReferenceLedger::perform(const Transfer& event, const ReferencePlace& place) {
  const bool resolves = has(event.flags, kPostPendingTransfer | kVoidPendingTransfer);
  const bool reversal = has(event.flags, kReversal);
  const bool imported = has(event.flags, kImported);
  Outcome refused = resolves ? check_hold(state_, event) : check_accounts(state_, event);
  if (refused == Undecided && reversal) refused = check_original(state_, event);
  if (refused != Undecided) return refused;

  ReferenceTransfer earlier;  // The hold, or the transfer that is reversed.
  if (resolves || reversal) earlier = state_.transfers.made.at(event.pending_id);
  ReferenceTransfer record{.transfer = event, .hold = {}};
  Transfer& transfer = record.transfer;
  if (resolves) record.hold = earlier.transfer;
  if (resolves) transfer = reference_inherit(event, earlier.transfer);
  if (reversal) transfer.amount = earlier.transfer.amount;
  if (!imported) transfer.timestamp = place.timestamp;
  ReferenceAccount debit = state_.accounts.made.at(transfer.debit_account_id);
  ReferenceAccount credit = state_.accounts.made.at(transfer.credit_account_id);
  refused = check_admission(state_, transfer, debit.now, credit.now);
  if (refused != Undecided) return refused;

  if (resolves) resolve_hold(record, earlier, debit.now, credit.now);
  if (!resolves) refused = move_money(state_, record, debit, credit, place.timestamp);
  if (refused == Undecided) refused = check_conditions(place, debit.now, credit.now);
  if (refused != Undecided) return refused;

  if (!resolves && !imported && has(debit.limits.set, AccountLimits::kVelocity)) {
    state_.append(state_.charged.at(debit.now.id), event.id);
  }
  state_.put(state_.accounts.made, debit.now.id, debit);
  state_.put(state_.accounts.made, credit.now.id, credit);
  state_.add(state_.transfers, event.id, record);
  if (record.deadline != 0) {
    state_.put(state_.deadlines, {record.deadline, transfer.timestamp}, event.id);
  }
  if (resolves) put_hold(state_, earlier);
  if (reversal) {
    earlier.reversed = true;
    state_.put(state_.transfers.made, event.pending_id, earlier);
  }
  if (place.request.wants_balances) {
    place.request.balances[place.index] = balances_of(debit.now, credit.now);
  }
  return Created;
}

}  // namespace florin::test
