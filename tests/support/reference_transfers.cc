// What the reference ledger does with a transfer.
#include <algorithm>

#include "base/check.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountLimits;
using ledger::Condition;
using ledger::PendingStatus;
using ledger::Transfer;
using ledger::TransferBalances;
using Outcome = ledger::TransferOutcome;

namespace {

namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

constexpr u64 kNsPerSecond = 1'000'000'000;
constexpr u64 kTimestampEnd = u64{1} << 63;

bool has(u32 bits, u32 wanted) { return (bits & wanted) != 0; }
bool overflows(u128 left, u128 right) { return left > kU128Max - right; }

// Whether the account's flags say that its debits are bounded by its credits, or its credits by its
// debits: then it is one of debit nature.
bool bounds_debits(const Account& account) {
  return has(account.flags, account_flags::kDebitsMustNotExceedCredits);
}
bool bounds_credits(const Account& account) {
  return has(account.flags, account_flags::kCreditsMustNotExceedDebits);
}

u128 overdraft(const ReferenceAccount& account) {
  return has(account.limits.set, AccountLimits::kOverdraft) ? account.limits.overdraft_limit : 0;
}

// What the bound on debits leaves, negative when it is exceeded; and its mirror.
SignedSum debits_left(const ReferenceAccount& account) {
  const Account& now = account.now;
  return SignedSum{}
      .plus(now.credits_posted)
      .plus(overdraft(account))
      .minus(now.debits_posted)
      .minus(now.debits_pending);
}
SignedSum credits_left(const ReferenceAccount& account) {
  const Account& now = account.now;
  return SignedSum{}
      .plus(now.debits_posted)
      .plus(overdraft(account))
      .minus(now.credits_posted)
      .minus(now.credits_pending);
}

// What the maximum balance is compared with: what the account may come to hold.
SignedSum held(const Account& account) {
  if (bounds_credits(account)) {
    return SignedSum{}
        .plus(account.debits_posted)
        .plus(account.debits_pending)
        .minus(account.credits_posted);
  }
  return SignedSum{}
      .plus(account.credits_posted)
      .plus(account.credits_pending)
      .minus(account.debits_posted);
}

SignedSum available(const Account& account) {
  if (bounds_credits(account)) {
    return SignedSum{}
        .plus(account.debits_posted)
        .minus(account.credits_posted)
        .minus(account.credits_pending);
  }
  return SignedSum{}
      .plus(account.credits_posted)
      .minus(account.debits_posted)
      .minus(account.debits_pending);
}

bool exceeds_balance(const ReferenceAccount& account) {
  return has(account.limits.set, AccountLimits::kBalance) &&
         held(account.now) > SignedSum{}.plus(account.limits.balance_limit);
}

// Whether the velocity limit has to do with the transfer: it is a debit of its own.
bool is_charged(const Transfer& transfer) {
  return !has(transfer.flags, transfer_flags::kImported | transfer_flags::kPostPendingTransfer |
                                  transfer_flags::kVoidPendingTransfer);
}

TransferBalances balances_of(const Account& debit, const Account& credit) {
  return {debit.debits_pending,   debit.debits_posted,   debit.credits_pending,
          debit.credits_posted,   credit.debits_pending, credit.debits_posted,
          credit.credits_pending, credit.credits_posted};
}

}  // namespace

Outcome ReferenceLedger::perform(const Transfer& event, const Place& place) {
  const bool resolves =
      has(event.flags, transfer_flags::kPostPendingTransfer | transfer_flags::kVoidPendingTransfer);
  return resolves ? resolve_hold(event, place) : move_money(event, place);
}

// Plain, pending and reversing transfers.
Outcome ReferenceLedger::move_money(const Transfer& event, const Place& place) {
  ReferenceTransfer record{.transfer = event};
  Transfer& transfer = record.transfer;
  if (!has(event.flags, transfer_flags::kImported)) transfer.timestamp = place.timestamp;
  Outcome refused = check_accounts(transfer);
  const bool reversal = has(event.flags, transfer_flags::kReversal);
  if (refused == Outcome::Undecided && reversal) refused = check_original(transfer);
  if (refused == Outcome::Undecided) refused = check_import(transfer);
  if (refused == Outcome::Undecided) refused = check_open(transfer);
  if (refused == Outcome::Undecided) refused = check_frozen(transfer);
  if (refused != Outcome::Undecided) return refused;
  if (reversal) transfer.amount = state_.transfers.find(event.pending_id)->transfer.amount;
  transfer.amount = balanced_amount(transfer);
  refused = check_overflow(transfer);
  if (refused != Outcome::Undecided) return refused;

  ReferenceAccount debit = *state_.accounts.find(transfer.debit_account_id);
  ReferenceAccount credit = *state_.accounts.find(transfer.credit_account_id);
  if (has(event.flags, transfer_flags::kPending)) {
    record.status = PendingStatus::Pending;
    record.remaining = transfer.amount;
    if (event.timeout != 0) record.deadline = transfer.timestamp + event.timeout * kNsPerSecond;
    debit.now.debits_pending += transfer.amount;
    credit.now.credits_pending += transfer.amount;
    if (has(event.flags, transfer_flags::kClosingDebit)) debit.now.flags |= account_flags::kClosed;
    if (has(event.flags, transfer_flags::kClosingCredit)) {
      credit.now.flags |= account_flags::kClosed;
    }
  } else {
    debit.now.debits_posted += transfer.amount;
    credit.now.credits_posted += transfer.amount;
  }
  refused = check_limits(transfer, debit, credit, place.timestamp);
  if (refused == Outcome::Undecided) refused = check_conditions(place, debit, credit);
  if (refused != Outcome::Undecided) return refused;
  if (reversal) {
    ReferenceTransfer original = *state_.transfers.find(event.pending_id);
    original.reversed = true;
    state_.transfers.put(event.pending_id, original);
  }
  store(record, debit, credit, place);
  check_limits_held(transfer, place.timestamp);
  return Outcome::Created;
}

Outcome ReferenceLedger::resolve_hold(const Transfer& event, const Place& place) {
  Outcome refused = check_hold(event);
  if (refused != Outcome::Undecided) return refused;
  const ReferenceTransfer hold = *state_.transfers.find(event.pending_id);
  const bool post = has(event.flags, transfer_flags::kPostPendingTransfer);
  ReferenceTransfer record{.transfer = event};
  Transfer& transfer = record.transfer;
  if (!has(event.flags, transfer_flags::kImported)) transfer.timestamp = place.timestamp;
  transfer.debit_account_id = hold.transfer.debit_account_id;
  transfer.credit_account_id = hold.transfer.credit_account_id;
  transfer.ledger = hold.transfer.ledger;
  transfer.code = hold.transfer.code;
  if (event.user_data_128 == 0) transfer.user_data_128 = hold.transfer.user_data_128;
  if (event.user_data_64 == 0) transfer.user_data_64 = hold.transfer.user_data_64;
  if (event.user_data_32 == 0) transfer.user_data_32 = hold.transfer.user_data_32;
  refused = check_import(transfer);
  if (refused == Outcome::Undecided && post) refused = check_open(transfer);
  if (refused != Outcome::Undecided) return refused;

  const ReferenceState::Mark before = state_.mark();
  if (!post) {
    transfer.amount = hold.transfer.amount;
    release_hold(event.pending_id, PendingStatus::Voided);
  } else {
    if (event.amount == kU128Max) transfer.amount = hold.remaining;
    record.took_all = transfer.amount == hold.remaining;
    ReferenceTransfer captured = hold;
    captured.captured += transfer.amount;
    captured.remaining -= transfer.amount;
    state_.transfers.put(event.pending_id, captured);
    ReferenceAccount debit = *state_.accounts.find(transfer.debit_account_id);
    ReferenceAccount credit = *state_.accounts.find(transfer.credit_account_id);
    debit.now.debits_pending -= transfer.amount;
    credit.now.credits_pending -= transfer.amount;
    debit.now.debits_posted += transfer.amount;
    credit.now.credits_posted += transfer.amount;
    state_.accounts.put(transfer.debit_account_id, debit);
    state_.accounts.put(transfer.credit_account_id, credit);
    const bool stays_open =
        has(event.flags, transfer_flags::kCapturePartial) && captured.remaining != 0;
    if (!stays_open) release_hold(event.pending_id, PendingStatus::Posted);
  }
  const ReferenceAccount debit = *state_.accounts.find(transfer.debit_account_id);
  const ReferenceAccount credit = *state_.accounts.find(transfer.credit_account_id);
  refused = check_conditions(place, debit, credit);
  if (refused != Outcome::Undecided) {
    state_.revert(before);
    return refused;
  }
  store(record, debit, credit, place);
  return Outcome::Created;
}

Outcome ReferenceLedger::check_accounts(const Transfer& event) const {
  const ReferenceAccount* debit = state_.accounts.find(event.debit_account_id);
  const ReferenceAccount* credit = state_.accounts.find(event.credit_account_id);
  if (debit == nullptr) return Outcome::DebitAccountNotFound;
  if (credit == nullptr) return Outcome::CreditAccountNotFound;
  if (debit->now.ledger != credit->now.ledger) return Outcome::AccountsMustHaveTheSameLedger;
  if (event.ledger != debit->now.ledger) return Outcome::TransferMustHaveTheSameLedgerAsAccounts;
  return Outcome::Undecided;
}

Outcome ReferenceLedger::check_original(const Transfer& event) const {
  const ReferenceTransfer* original = state_.transfers.find(event.pending_id);
  if (original == nullptr) return Outcome::OriginalTransferNotFound;
  const Transfer& transfer = original->transfer;
  if (has(transfer.flags, transfer_flags::kPending | transfer_flags::kVoidPendingTransfer)) {
    return Outcome::OriginalTransferNotPosted;
  }
  if (event.debit_account_id != transfer.credit_account_id) {
    return Outcome::OriginalTransferHasDifferentDebitAccountId;
  }
  if (event.credit_account_id != transfer.debit_account_id) {
    return Outcome::OriginalTransferHasDifferentCreditAccountId;
  }
  if (event.amount != kU128Max && event.amount != transfer.amount) {
    return Outcome::OriginalTransferHasDifferentAmount;
  }
  return original->reversed ? Outcome::OriginalTransferAlreadyReversed : Outcome::Undecided;
}

Outcome ReferenceLedger::check_hold(const Transfer& event) const {
  const auto differs = [](u128 said, u128 is) { return said != 0 && said != is; };
  const ReferenceTransfer* record = state_.transfers.find(event.pending_id);
  if (record == nullptr) return Outcome::PendingTransferNotFound;
  const Transfer& hold = record->transfer;
  if (!has(hold.flags, transfer_flags::kPending)) return Outcome::PendingTransferNotPending;
  if (differs(event.debit_account_id, hold.debit_account_id)) {
    return Outcome::PendingTransferHasDifferentDebitAccountId;
  }
  if (differs(event.credit_account_id, hold.credit_account_id)) {
    return Outcome::PendingTransferHasDifferentCreditAccountId;
  }
  if (differs(event.ledger, hold.ledger)) return Outcome::PendingTransferHasDifferentLedger;
  if (differs(event.code, hold.code)) return Outcome::PendingTransferHasDifferentCode;
  if (has(event.flags, transfer_flags::kPostPendingTransfer)) {
    const bool open = record->status == PendingStatus::Pending;
    const u128 most = open ? record->remaining : hold.amount;
    if (event.amount != kU128Max && event.amount > most) {
      return Outcome::ExceedsPendingTransferAmount;
    }
  } else if (differs(event.amount, hold.amount)) {
    return Outcome::PendingTransferHasDifferentAmount;
  }
  switch (record->status) {
    case PendingStatus::None: break;
    case PendingStatus::Pending: break;
    case PendingStatus::Posted: return Outcome::PendingTransferAlreadyPosted;
    case PendingStatus::Voided: return Outcome::PendingTransferAlreadyVoided;
    case PendingStatus::Expired: return Outcome::PendingTransferExpired;
  }
  return Outcome::Undecided;
}

// The order of imported transfers among all, their accounts and themselves.
Outcome ReferenceLedger::check_import(const Transfer& transfer) const {
  if (!has(transfer.flags, transfer_flags::kImported)) return Outcome::Undecided;
  const u64 timestamp = transfer.timestamp;
  const auto& order = state_.transfer_order;
  if (!order.empty() && timestamp <= order.back().timestamp) {
    return Outcome::ImportedEventTimestampMustNotRegress;
  }
  if (timestamp <= state_.accounts.find(transfer.debit_account_id)->now.timestamp) {
    return Outcome::ImportedEventTimestampMustPostdateDebitAccount;
  }
  if (timestamp <= state_.accounts.find(transfer.credit_account_id)->now.timestamp) {
    return Outcome::ImportedEventTimestampMustPostdateCreditAccount;
  }
  return transfer.timeout != 0 ? Outcome::ImportedEventTimeoutMustBeZero : Outcome::Undecided;
}

Outcome ReferenceLedger::check_open(const Transfer& transfer) const {
  const Account& debit = state_.accounts.find(transfer.debit_account_id)->now;
  const Account& credit = state_.accounts.find(transfer.credit_account_id)->now;
  if (has(debit.flags, account_flags::kClosed)) return Outcome::DebitAccountAlreadyClosed;
  if (has(credit.flags, account_flags::kClosed)) return Outcome::CreditAccountAlreadyClosed;
  return Outcome::Undecided;
}

Outcome ReferenceLedger::check_frozen(const Transfer& transfer) const {
  const Account& debit = state_.accounts.find(transfer.debit_account_id)->now;
  const Account& credit = state_.accounts.find(transfer.credit_account_id)->now;
  if (has(debit.flags, account_flags::kFrozenDebits)) return Outcome::DebitAccountFrozen;
  if (has(credit.flags, account_flags::kFrozenCredits)) return Outcome::CreditAccountFrozen;
  return Outcome::Undecided;
}

// The least of what is asked for and of what the bounds that the flags name would leave.
u128 ReferenceLedger::balanced_amount(const Transfer& event) const {
  SignedSum amount = SignedSum{}.plus(event.amount);
  if (has(event.flags, transfer_flags::kBalancingDebit)) {
    amount = std::min(amount, debits_left(*state_.accounts.find(event.debit_account_id)));
  }
  if (has(event.flags, transfer_flags::kBalancingCredit)) {
    amount = std::min(amount, credits_left(*state_.accounts.find(event.credit_account_id)));
  }
  return amount.high < 0 ? 0 : amount.low;
}

Outcome ReferenceLedger::check_overflow(const Transfer& transfer) const {
  const Account& debit = state_.accounts.find(transfer.debit_account_id)->now;
  const Account& credit = state_.accounts.find(transfer.credit_account_id)->now;
  const u128 amount = transfer.amount;
  if (has(transfer.flags, transfer_flags::kPending)) {
    if (overflows(debit.debits_pending, amount)) return Outcome::OverflowsDebitsPending;
    if (overflows(credit.credits_pending, amount)) return Outcome::OverflowsCreditsPending;
  }
  if (overflows(debit.debits_posted, amount)) return Outcome::OverflowsDebitsPosted;
  if (overflows(credit.credits_posted, amount)) return Outcome::OverflowsCreditsPosted;
  if (overflows(debit.debits_pending + debit.debits_posted, amount)) {
    return Outcome::OverflowsDebits;
  }
  if (overflows(credit.credits_pending + credit.credits_posted, amount)) {
    return Outcome::OverflowsCredits;
  }
  const bool never_due =
      transfer.timestamp + u128{transfer.timeout} * kNsPerSecond >= kTimestampEnd;
  return transfer.timeout != 0 && never_due ? Outcome::OverflowsTimeout : Outcome::Undecided;
}

Outcome ReferenceLedger::check_limits(const Transfer& transfer, const ReferenceAccount& debit,
                                      const ReferenceAccount& credit, u64 now) const {
  if (bounds_debits(debit.now) && debits_left(debit).high < 0) return Outcome::ExceedsCredits;
  if (bounds_credits(credit.now) && credits_left(credit).high < 0) return Outcome::ExceedsDebits;
  const AccountLimits& limits = debit.limits;
  if (has(limits.set, AccountLimits::kTransfer) && transfer.amount > limits.transfer_limit) {
    return Outcome::ExceedsTransferLimit;
  }
  if (has(limits.set, AccountLimits::kVelocity) && is_charged(transfer)) {
    const VelocityUse used = velocity_used(debit, now);
    const bool any_sum = limits.velocity_sum_limit == kU128Max;
    const bool any_count = limits.velocity_count_limit == ~u32{0};
    if (!any_sum && SignedSum{}.plus(used.sum).plus(transfer.amount) >
                        SignedSum{}.plus(limits.velocity_sum_limit)) {
      return Outcome::ExceedsVelocityLimit;
    }
    if (!any_count && used.count + 1 > limits.velocity_count_limit) {
      return Outcome::ExceedsVelocityLimit;
    }
  }
  if (bounds_credits(debit.now) && exceeds_balance(debit)) return Outcome::ExceedsBalanceLimit;
  if (!bounds_credits(credit.now) && exceeds_balance(credit)) return Outcome::ExceedsBalanceLimit;
  return Outcome::Undecided;
}

Outcome ReferenceLedger::check_conditions(const Place& place, const ReferenceAccount& debit,
                                          const ReferenceAccount& credit) const {
  for (const Condition& condition : place.request.all_conditions()) {
    CHECK(condition.index < place.request.event_count);
    if (condition.index != place.index) continue;
    const bool of_debit = condition.side == static_cast<u16>(Condition::Side::Debit);
    const SignedSum balance = available(of_debit ? debit.now : credit.now);
    const bool too_low = has(condition.bounds, Condition::kAtLeast) &&
                         balance < SignedSum::of_signed(condition.minimum);
    const bool too_high = has(condition.bounds, Condition::kAtMost) &&
                          balance > SignedSum::of_signed(condition.maximum);
    if (!too_low && !too_high) continue;
    return of_debit ? Outcome::DebitAccountConditionNotMet : Outcome::CreditAccountConditionNotMet;
  }
  return Outcome::Undecided;
}

void ReferenceLedger::store(const ReferenceTransfer& record, const ReferenceAccount& debit,
                            const ReferenceAccount& credit, const Place& place) {
  const Transfer& transfer = record.transfer;
  state_.accounts.put(transfer.debit_account_id, debit);
  state_.accounts.put(transfer.credit_account_id, credit);
  state_.transfers.put(transfer.id, record);
  state_.transfer_order.push_back({transfer.id, transfer.debit_account_id, transfer.timestamp});
  if (record.deadline != 0) state_.deadlines.put(transfer.id, record.deadline);
  if (place.request.wants_balances) {
    place.request.balances[place.index] = balances_of(debit.now, credit.now);
  }
}

void ReferenceLedger::release_hold(u128 id, PendingStatus status) {
  ReferenceTransfer hold = *state_.transfers.find(id);
  CHECK(hold.status == PendingStatus::Pending);
  ReferenceAccount debit = *state_.accounts.find(hold.transfer.debit_account_id);
  ReferenceAccount credit = *state_.accounts.find(hold.transfer.credit_account_id);
  debit.now.debits_pending -= hold.remaining;
  credit.now.credits_pending -= hold.remaining;
  constexpr u16 kOpen = static_cast<u16>(~account_flags::kClosed);
  // A post never gets here while the hold keeps an account closed.
  if (has(hold.transfer.flags, transfer_flags::kClosingDebit)) debit.now.flags &= kOpen;
  if (has(hold.transfer.flags, transfer_flags::kClosingCredit)) credit.now.flags &= kOpen;
  hold.remaining = 0;
  hold.status = status;
  state_.accounts.put(hold.transfer.debit_account_id, debit);
  state_.accounts.put(hold.transfer.credit_account_id, credit);
  state_.transfers.put(id, hold);
  state_.deadlines.erase(id);
}

// Told from the transfers themselves, without any account of charges: an open hold is charged with
// its whole amount, a closed one with what was captured of it, and counts unless all of it
// returned.
ReferenceLedger::VelocityUse ReferenceLedger::velocity_used(const ReferenceAccount& account,
                                                            u64 now) const {
  VelocityUse used;
  const u64 bucket_ns = account.limits.velocity_window * kNsPerSecond / ledger::kVelocityBuckets;
  const auto& order = state_.transfer_order;
  for (usize place = order.size(); place > account.counted_from; --place) {
    const ReferencePlace& each = order[place - 1];
    // No bucket but that of `now` and the 63 before it.
    if (each.timestamp / bucket_ns + ledger::kVelocityBuckets <= now / bucket_ns) break;
    if (each.debit_account_id != account.now.id) continue;
    const ReferenceTransfer& record = *state_.transfers.find(each.id);
    if (!is_charged(record.transfer)) continue;
    const bool whole =
        record.status == PendingStatus::None || record.status == PendingStatus::Pending;
    used.sum += whole ? record.transfer.amount : record.captured;
    const bool returned =
        record.status == PendingStatus::Voided || record.status == PendingStatus::Expired;
    used.count += returned && record.captured == 0 ? 0 : 1;
  }
  return used;
}

}  // namespace florin::test
