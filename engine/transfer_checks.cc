// The checks of an event against the state, in the ledger's precedence.
#include <algorithm>

#include "engine/planted.h"
#include "engine/transfer_rules.h"
#include "ledger/validation.h"

namespace florin::engine {

using ledger::kAmountMax;
using ledger::PendingStatus;
using ledger::Transfer;
using ledger::TransferOutcome;
using enum ledger::TransferOutcome;
namespace transfer_flags = ledger::transfer_flags;

namespace {

u128 at(const Balances& balances, Counter counter) { return balances[static_cast<usize>(counter)]; }

// Whether more than `base` and `allowance` together is used.
bool exceeds(u128 used, u128 base, u128 allowance) {
  if (planted(Defect::LimitBoundRefused)) return used > base && used - base >= allowance;
  return used > base && used - base > allowance;
}

// base + allowance - used, at least 0 and at most 2^128-1.
u128 left_over(u128 base, u128 allowance, u128 used) {
  if (used > base) return allowance > used - base ? allowance - (used - base) : 0;
  u128 left = 0;
  return __builtin_add_overflow(base - used, allowance, &left) ? kU128Max : left;
}

bool is_negative(u128 number) { return (high_half(number) >> 63) != 0; }

// Whether base - used >= minimum, a signed number in two's complement.
bool is_at_least(u128 base, u128 used, u128 minimum) {
  if (is_negative(minimum)) return base >= used || used - base <= -minimum;
  return base >= used && base - used >= minimum;
}

bool is_at_most(u128 base, u128 used, u128 maximum) {
  if (is_negative(maximum)) return base < used && used - base >= -maximum;
  return base < used || base - used <= maximum;
}

// The available balance is the first less the second.
struct Available {
  u128 base;
  u128 used;
};

Available available(u16 account_flags, const Balances& balances) {
  const u128 debits_posted = at(balances, Counter::DebitsPosted);
  const u128 credits_posted = at(balances, Counter::CreditsPosted);
  if ((account_flags & ledger::account_flags::kCreditsMustNotExceedDebits) != 0) {
    return {debits_posted, credits_posted + at(balances, Counter::CreditsPending)};
  }
  return {credits_posted, debits_posted + at(balances, Counter::DebitsPending)};
}

bool holds(const ledger::Condition& condition, const Available& available) {
  using ledger::Condition;
  if ((condition.bounds & Condition::kAtLeast) != 0 &&
      !is_at_least(available.base, available.used, condition.minimum)) {
    return false;
  }
  return (condition.bounds & Condition::kAtMost) == 0 ||
         is_at_most(available.base, available.used, condition.maximum);
}

bool differs(u128 given, u128 expected) { return given != 0 && given != expected; }

}  // namespace

TransferOutcome TransferRules::check_accounts(const ItemWork& work, const Transfer& event) const {
  if (!books_.account_is(work.debit, event.debit_account_id)) return DebitAccountNotFound;
  if (!books_.account_is(work.credit, event.credit_account_id)) return CreditAccountNotFound;
  const u32 ledger = books_.account(work.debit).ledger;
  if (ledger != books_.account(work.credit).ledger) return AccountsMustHaveTheSameLedger;
  if (ledger != event.ledger) return TransferMustHaveTheSameLedgerAsAccounts;
  return Undecided;
}

TransferOutcome TransferRules::check_original(const Block& block, u32 item, Actual& actual) const {
  const Transfer& event = block.transfer(item);
  const u32 slot = block.earlier[item];
  if (!books_.transfer_exists(slot)) return OriginalTransferNotFound;
  const Transfer& original = books_.tables.transfers[slot];
  if ((original.flags & (transfer_flags::kPending | transfer_flags::kVoidPendingTransfer)) != 0) {
    return OriginalTransferNotPosted;
  }
  if (event.debit_account_id != original.credit_account_id) {
    return OriginalTransferHasDifferentDebitAccountId;
  }
  if (event.credit_account_id != original.debit_account_id) {
    return OriginalTransferHasDifferentCreditAccountId;
  }
  if (event.amount != original.amount && event.amount != kAmountMax) {
    return OriginalTransferHasDifferentAmount;
  }
  if (books_.holds.mark(slot).reversed && !planted(Defect::ReversedTwice)) {
    return OriginalTransferAlreadyReversed;
  }
  actual.amount = original.amount;
  return Undecided;
}

TransferOutcome TransferRules::check_hold(const Transfer& event, u32 pending) const {
  if (!books_.transfer_exists(pending)) return PendingTransferNotFound;
  const Transfer& original = books_.tables.transfers[pending];
  if ((original.flags & transfer_flags::kPending) == 0) return PendingTransferNotPending;
  if (differs(event.debit_account_id, original.debit_account_id)) {
    return PendingTransferHasDifferentDebitAccountId;
  }
  if (differs(event.credit_account_id, original.credit_account_id)) {
    return PendingTransferHasDifferentCreditAccountId;
  }
  if (differs(event.ledger, original.ledger)) return PendingTransferHasDifferentLedger;
  if (differs(event.code, original.code)) return PendingTransferHasDifferentCode;

  const TransferMark& mark = books_.holds.mark(pending);
  if ((event.flags & transfer_flags::kVoidPendingTransfer) != 0) {
    if (differs(event.amount, original.amount)) return PendingTransferHasDifferentAmount;
  } else if (event.amount != kAmountMax) {
    const u128 most = mark.hold != 0 ? books_.holds.hold(mark.hold - 1).remaining : original.amount;
    if (event.amount > most) return ExceedsPendingTransferAmount;
  }
  switch (mark.pending_status) {
    case PendingStatus::Posted: return PendingTransferAlreadyPosted;
    case PendingStatus::Voided: return PendingTransferAlreadyVoided;
    case PendingStatus::Expired: return PendingTransferExpired;
    case PendingStatus::None:
    case PendingStatus::Pending: break;
  }
  return Undecided;
}

TransferOutcome TransferRules::check_import(const Transfer& event, u32 debit, u32 credit) const {
  if (planted(Defect::ImportComparedWithAccounts)) {
    if (event.timestamp <= books_.last_account_timestamp) {
      return ImportedEventTimestampMustNotRegress;
    }
  } else if (event.timestamp <= books_.last_transfer_timestamp) {
    return ImportedEventTimestampMustNotRegress;
  }
  if (event.timestamp <= books_.tables.account_timestamps[debit]) {
    return ImportedEventTimestampMustPostdateDebitAccount;
  }
  if (event.timestamp <= books_.tables.account_timestamps[credit]) {
    return ImportedEventTimestampMustPostdateCreditAccount;
  }
  return event.timeout != 0 ? ImportedEventTimeoutMustBeZero : Undecided;
}

TransferOutcome TransferRules::check_closed(u32 debit, u32 credit) const {
  if ((books_.account(debit).status & AccountState::kClosed) != 0) return DebitAccountAlreadyClosed;
  if ((books_.account(credit).status & AccountState::kClosed) != 0) {
    return CreditAccountAlreadyClosed;
  }
  return Undecided;
}

TransferOutcome TransferRules::check_frozen(u32 debit, u32 credit) const {
  if ((books_.account(debit).status & AccountState::kFrozenDebits) != 0) return DebitAccountFrozen;
  if ((books_.account(credit).status & AccountState::kFrozenCredits) != 0) {
    return CreditAccountFrozen;
  }
  return Undecided;
}

u128 TransferRules::balanced_amount(const Transfer& event, const ItemWork& work) const {
  u128 amount = event.amount;
  if ((event.flags & transfer_flags::kBalancingDebit) != 0) {
    const Balances debit = books_.balances.all(work.debit);
    const u128 used = at(debit, Counter::DebitsPending) + at(debit, Counter::DebitsPosted);
    const u128 overdraft =
        planted(Defect::BalancingWithoutOverdraft) ? 0 : books_.limits.of_any(work.debit).overdraft;
    amount = std::min(amount, left_over(at(debit, Counter::CreditsPosted), overdraft, used));
  }
  if ((event.flags & transfer_flags::kBalancingCredit) != 0) {
    const Balances credit = books_.balances.all(work.credit);
    const u128 used = at(credit, Counter::CreditsPending) + at(credit, Counter::CreditsPosted);
    amount = std::min(amount, left_over(at(credit, Counter::DebitsPosted),
                                        books_.limits.of_any(work.credit).overdraft, used));
  }
  return amount;
}

TransferOutcome TransferRules::check_overflow(const Movement& movement, u128 amount) const {
  const Balances& debit = movement.debit;
  const Balances& credit = movement.credit;
  const auto overflows = [amount](u128 counter) { return counter > kU128Max - amount; };
  if ((movement.event.flags & transfer_flags::kPending) != 0) {
    if (overflows(at(debit, Counter::DebitsPending))) return OverflowsDebitsPending;
    if (overflows(at(credit, Counter::CreditsPending))) return OverflowsCreditsPending;
  }
  if (overflows(at(debit, Counter::DebitsPosted))) return OverflowsDebitsPosted;
  if (overflows(at(credit, Counter::CreditsPosted))) return OverflowsCreditsPosted;
  if (overflows(at(debit, Counter::DebitsPending) + at(debit, Counter::DebitsPosted)) &&
      !planted(Defect::OverflowOfSumPassed)) {
    return OverflowsDebits;
  }
  if (overflows(at(credit, Counter::CreditsPending) + at(credit, Counter::CreditsPosted))) {
    return OverflowsCredits;
  }
  const u128 deadline = hold_deadline(movement.item.timestamp, movement.event.timeout);
  if (movement.event.timeout != 0 && deadline >= kTimestampEnd) return OverflowsTimeout;
  return Undecided;
}

TransferOutcome TransferRules::check_limits(const Movement& movement, u128 amount) {
  const AccountState& debit = books_.account(movement.debit_account);
  const AccountState& credit = books_.account(movement.credit_account);
  const AccountLimitState& debit_limits = books_.limits.of_any(movement.debit_account);
  const AccountLimitState& credit_limits = books_.limits.of_any(movement.credit_account);
  const Balances& debit_after = movement.debit;
  const Balances& credit_after = movement.credit;
  if ((debit.flags & ledger::account_flags::kDebitsMustNotExceedCredits) != 0 &&
      exceeds(at(debit_after, Counter::DebitsPending) + at(debit_after, Counter::DebitsPosted),
              at(debit_after, Counter::CreditsPosted), debit_limits.overdraft)) {
    return ExceedsCredits;
  }
  if ((credit.flags & ledger::account_flags::kCreditsMustNotExceedDebits) != 0 &&
      exceeds(at(credit_after, Counter::CreditsPending) + at(credit_after, Counter::CreditsPosted),
              at(credit_after, Counter::DebitsPosted), credit_limits.overdraft)) {
    return ExceedsDebits;
  }
  if (amount > debit_limits.transfer) return ExceedsTransferLimit;
  if (planted(Defect::TransferLimitBoundRefused) && amount == debit_limits.transfer) {
    return ExceedsTransferLimit;
  }
  if (exceeds_velocity(movement, amount)) return ExceedsVelocityLimit;
  if (exceeds_balance(movement.debit_account, debit_after, true) ||
      exceeds_balance(movement.credit_account, credit_after, false)) {
    return ExceedsBalanceLimit;
  }
  return Undecided;
}

bool TransferRules::exceeds_velocity(const Movement& movement, u128 amount) {
  if (movement.item.imported || !books_.limits.has_velocity(movement.debit_account)) return false;
  const AccountLimitState& limits = books_.limits.of(movement.debit_account);
  books_.cut.before_window(movement.debit_account);
  const VelocityWindow::Use used =
      books_.limits.velocity(movement.debit_account).slide_to(movement.item.timestamp);
  if (used.count >= limits.velocity_count && limits.velocity_count != 0xffffffff) {
    return !planted(Defect::VelocityCountBoundPassed) || used.count > limits.velocity_count;
  }
  if (planted(Defect::VelocitySumBoundRefused) && used.sum + amount == limits.velocity_sum) {
    return true;
  }
  return used.sum > limits.velocity_sum || amount > limits.velocity_sum - used.sum;
}

bool TransferRules::exceeds_balance(u32 account, const Balances& after, bool debited) const {
  const bool of_debit_nature =
      (books_.account(account).flags & ledger::account_flags::kCreditsMustNotExceedDebits) != 0;
  if (debited != of_debit_nature) return false;
  const u128 limit = books_.limits.of_any(account).balance;
  if (debited) {
    return exceeds(at(after, Counter::DebitsPosted) + at(after, Counter::DebitsPending),
                   at(after, Counter::CreditsPosted), limit);
  }
  return exceeds(at(after, Counter::CreditsPosted) + at(after, Counter::CreditsPending),
                 at(after, Counter::DebitsPosted), limit);
}

TransferOutcome TransferRules::check_conditions(const Movement& movement) const {
  for (const ledger::Condition& condition : movement.item.conditions) {
    const bool debit = condition.side == static_cast<u16>(ledger::Condition::Side::Debit);
    const u32 account = debit ? movement.debit_account : movement.credit_account;
    const Balances after = planted(Defect::ConditionBeforeEvent) ? books_.balances.all(account)
                           : debit                               ? movement.debit
                                                                 : movement.credit;
    if (holds(condition, available(books_.account(account).flags, after))) continue;
    return debit ? DebitAccountConditionNotMet : CreditAccountConditionNotMet;
  }
  return Undecided;
}

}  // namespace florin::engine
