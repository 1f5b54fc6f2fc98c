#include "ledger/validation.h"

#include <algorithm>
#include <cstring>

namespace florin::ledger {

namespace {

// Whether the event says that it is imported as its request does, and brings a time if it is.
template <class Outcome>
Outcome check_import(bool imported, u64 timestamp, const ShapeContext& context) {
  if (imported != context.imported) {
    return context.imported ? Outcome::ImportedEventExpected : Outcome::ImportedEventNotExpected;
  }
  if (!imported) return timestamp == 0 ? Outcome::Undecided : Outcome::TimestampMustBeZero;
  if (timestamp == 0 || timestamp >= kTimestampEnd) {
    return Outcome::ImportedEventTimestampOutOfRange;
  }
  if (timestamp >= context.timestamp) return Outcome::ImportedEventTimestampMustNotAdvance;
  return Outcome::Undecided;
}

bool exclusive_flags(u16 flags) {
  using namespace transfer_flags;
  const bool posts = (flags & kPostPendingTransfer) != 0;
  const bool voids = (flags & kVoidPendingTransfer) != 0;
  const bool reverses = (flags & kReversal) != 0;
  if (posts + voids + reverses > 1) return true;
  if ((flags & kCapturePartial) != 0 && !posts) return true;
  return (flags & kNamesEarlier) != 0 && (flags & (kPending | kBalancing | kClosing)) != 0;
}

TransferOutcome check_pending_id(const Transfer& transfer) {
  using enum TransferOutcome;
  if ((transfer.flags & transfer_flags::kNamesEarlier) == 0) {
    return transfer.pending_id == 0 ? Undecided : PendingIdMustBeZero;
  }
  if (transfer.pending_id == 0) return PendingIdMustNotBeZero;
  if (transfer.pending_id == kU128Max) return PendingIdMustNotBeIntMax;
  if (transfer.pending_id == transfer.id) return PendingIdMustBeDifferent;
  return Undecided;
}

TransferOutcome check_account_ids(const Transfer& transfer) {
  using enum TransferOutcome;
  if (transfer.debit_account_id == 0) return DebitAccountIdMustNotBeZero;
  if (transfer.debit_account_id == kU128Max) return DebitAccountIdMustNotBeIntMax;
  if (transfer.credit_account_id == 0) return CreditAccountIdMustNotBeZero;
  if (transfer.credit_account_id == kU128Max) return CreditAccountIdMustNotBeIntMax;
  if (transfer.debit_account_id == transfer.credit_account_id) return AccountsMustBeDifferent;
  return Undecided;
}

// The checks behind the comparison with an existing transfer.
TransferOutcome check_content(const Transfer& transfer) {
  using enum TransferOutcome;
  using namespace transfer_flags;
  const u16 flags = transfer.flags;
  const bool resolves = (flags & kResolves) != 0;
  if (flags > kLinked && exclusive_flags(flags)) return FlagsAreMutuallyExclusive;
  if (!resolves) {
    const TransferOutcome accounts = check_account_ids(transfer);
    if (accounts != Undecided) return accounts;
  }
  const TransferOutcome earlier = check_pending_id(transfer);
  if (earlier != Undecided) return earlier;
  if (transfer.timeout != 0 && (flags & kPending) == 0) return TimeoutReservedForPendingTransfer;
  if ((flags & kClosing) != 0 && (flags & kPending) == 0) return ClosingTransferMustBePending;
  if (resolves) return Undecided;
  if (transfer.ledger == 0) return LedgerMustNotBeZero;
  if (transfer.code == 0) return CodeMustNotBeZero;
  return Undecided;
}

bool both(u32 changes, u32 one, u32 other) {
  return (changes & one) != 0 && (changes & other) != 0;
}

bool exclusive_changes(u32 changes) {
  using namespace account_changes;
  return both(changes, kFreezeDebits, kUnfreezeDebits) ||
         both(changes, kFreezeCredits, kUnfreezeCredits) ||
         both(changes, kSetOverdraftLimit, kClearOverdraftLimit) ||
         both(changes, kSetBalanceLimit, kClearBalanceLimit) ||
         both(changes, kSetTransferLimit, kClearTransferLimit) ||
         both(changes, kSetVelocityLimit, kClearVelocityLimit);
}

// Whether a value is given whose change is not.
bool stray_values(const AccountUpdate& update) {
  using namespace account_changes;
  const auto stray = [&](u32 change, bool given) {
    return given && (update.changes & change) == 0;
  };
  return stray(kSetUserData128, update.user_data_128 != 0) ||
         stray(kSetUserData64, update.user_data_64 != 0) ||
         stray(kSetUserData32, update.user_data_32 != 0) ||
         stray(kSetOverdraftLimit, update.overdraft_limit != 0) ||
         stray(kSetBalanceLimit, update.balance_limit != 0) ||
         stray(kSetTransferLimit, update.transfer_limit != 0) ||
         stray(kSetVelocityLimit, update.velocity_sum_limit != 0 || update.velocity_window != 0 ||
                                      update.velocity_count_limit != 0);
}

UpdateOutcome check_reason(const AccountUpdate& update) {
  if (update.reason_length == 0) return UpdateOutcome::ReasonMustNotBeEmpty;
  if (update.reason_length > kReasonBytesMax) return UpdateOutcome::ReasonTooLong;
  return UpdateOutcome::Undecided;
}

bool zeros_behind_reason(const AccountUpdate& update) {
  const usize length = std::min<usize>(update.reason_length, kReasonBytesMax);
  return std::all_of(update.reason + length, update.reason + kReasonBytesMax,
                     [](char byte) { return byte == 0; });
}

bool same_values(const AccountUpdate& left, const AccountUpdate& right) {
  return left.user_data_128 == right.user_data_128 && left.user_data_64 == right.user_data_64 &&
         left.user_data_32 == right.user_data_32 && left.overdraft_limit == right.overdraft_limit &&
         left.balance_limit == right.balance_limit && left.transfer_limit == right.transfer_limit &&
         left.velocity_sum_limit == right.velocity_sum_limit &&
         left.velocity_window == right.velocity_window &&
         left.velocity_count_limit == right.velocity_count_limit;
}

// What a field of an event means that inherits from an earlier transfer when it is zero.
template <class Value>
Value inherited(Value value, bool resolves, Value earlier) {
  return value == 0 && resolves ? earlier : value;
}

bool same_amount(const Transfer& event, const StoredTransfer& original) {
  using namespace transfer_flags;
  const u128 amount = original.transfer.amount;
  if (event.amount == amount) return true;
  if ((event.flags & kBalancing) != 0) return event.amount > amount;
  if ((event.flags & kVoidPendingTransfer) != 0) return event.amount == 0;
  if ((event.flags & kPostPendingTransfer) != 0) {
    return event.amount == kAmountMax && original.took_all;
  }
  return (event.flags & kReversal) != 0 && event.amount == kAmountMax;
}

}  // namespace

AccountOutcome check_shape(const Account& account, const ShapeContext& context) {
  using enum AccountOutcome;
  const bool imported = (account.flags & account_flags::kImported) != 0;
  const auto time = check_import<AccountOutcome>(imported, account.timestamp, context);
  if (time != Undecided) return time;
  if (account.reserved != 0) return ReservedField;
  if ((account.flags & ~account_flags::kDefined) != 0) return ReservedFlag;
  if (account.id == 0) return IdMustNotBeZero;
  if (account.id == kU128Max) return IdMustNotBeIntMax;
  constexpr u16 kBothLimits =
      account_flags::kDebitsMustNotExceedCredits | account_flags::kCreditsMustNotExceedDebits;
  if ((account.flags & kBothLimits) == kBothLimits) return FlagsAreMutuallyExclusive;
  if (account.debits_pending != 0) return DebitsPendingMustBeZero;
  if (account.debits_posted != 0) return DebitsPostedMustBeZero;
  if (account.credits_pending != 0) return CreditsPendingMustBeZero;
  if (account.credits_posted != 0) return CreditsPostedMustBeZero;
  if (account.ledger == 0) return LedgerMustNotBeZero;
  if (account.code == 0) return CodeMustNotBeZero;
  return Undecided;
}

TransferOutcome check_shape(const Transfer& transfer, const ShapeContext& context) {
  using enum TransferOutcome;
  const bool imported = (transfer.flags & transfer_flags::kImported) != 0;
  const auto time = check_import<TransferOutcome>(imported, transfer.timestamp, context);
  if (time != Undecided) return time;
  if ((transfer.flags & ~transfer_flags::kDefined) != 0) return ReservedFlag;
  if (transfer.id == 0) return IdMustNotBeZero;
  if (transfer.id == kU128Max) return IdMustNotBeIntMax;
  return check_content(transfer);
}

UpdateOutcome check_shape(const AccountUpdate& update, const ShapeContext&) {
  using enum UpdateOutcome;
  if (update.timestamp != 0) return TimestampMustBeZero;
  if (update.reserved != 0 || !zeros_behind_reason(update)) return ReservedField;
  if ((update.flags & ~AccountUpdate::kLinked) != 0) return ReservedFlag;
  if ((update.changes & ~account_changes::kDefined) != 0) return ReservedFlag;
  if (update.id == 0) return IdMustNotBeZero;
  if (update.id == kU128Max) return IdMustNotBeIntMax;
  if (update.account_id == 0) return AccountIdMustNotBeZero;
  if (update.account_id == kU128Max) return AccountIdMustNotBeIntMax;
  if (update.changes == 0) return ChangesMustNotBeEmpty;
  if (exclusive_changes(update.changes)) return ChangesAreMutuallyExclusive;
  if (stray_values(update)) return ValueMustBeZero;
  if ((update.changes & account_changes::kSetVelocityLimit) != 0 &&
      (update.velocity_window < kVelocityWindowMin ||
       update.velocity_window > kVelocityWindowMax)) {
    return VelocityWindowOutOfRange;
  }
  return check_reason(update);
}

AccountOutcome compare_with_existing(const Account& event, const AccountCreation& original) {
  using enum AccountOutcome;
  if (event.flags != original.flags) return ExistsWithDifferentFlags;
  if (event.user_data_128 != original.user_data_128) return ExistsWithDifferentUserData128;
  if (event.user_data_64 != original.user_data_64) return ExistsWithDifferentUserData64;
  if (event.user_data_32 != original.user_data_32) return ExistsWithDifferentUserData32;
  if (event.ledger != original.ledger) return ExistsWithDifferentLedger;
  if (event.code != original.code) return ExistsWithDifferentCode;
  return Exists;
}

TransferOutcome compare_with_existing(const Transfer& event, const StoredTransfer& original) {
  using enum TransferOutcome;
  const Transfer& stored = original.transfer;
  if (event.flags != stored.flags) return ExistsWithDifferentFlags;
  if (event.pending_id != stored.pending_id) return ExistsWithDifferentPendingId;
  if (event.timeout != stored.timeout) return ExistsWithDifferentTimeout;
  const bool resolves = (event.flags & transfer_flags::kResolves) != 0;
  const Transfer& base = original.earlier != nullptr ? *original.earlier : stored;
  if (inherited(event.debit_account_id, resolves, stored.debit_account_id) !=
      stored.debit_account_id) {
    return ExistsWithDifferentDebitAccountId;
  }
  if (inherited(event.credit_account_id, resolves, stored.credit_account_id) !=
      stored.credit_account_id) {
    return ExistsWithDifferentCreditAccountId;
  }
  if (!same_amount(event, original)) return ExistsWithDifferentAmount;
  if (inherited(event.user_data_128, resolves, base.user_data_128) != stored.user_data_128) {
    return ExistsWithDifferentUserData128;
  }
  if (inherited(event.user_data_64, resolves, base.user_data_64) != stored.user_data_64) {
    return ExistsWithDifferentUserData64;
  }
  if (inherited(event.user_data_32, resolves, base.user_data_32) != stored.user_data_32) {
    return ExistsWithDifferentUserData32;
  }
  if (inherited(event.ledger, resolves, stored.ledger) != stored.ledger) {
    return ExistsWithDifferentLedger;
  }
  if (inherited(event.code, resolves, stored.code) != stored.code) return ExistsWithDifferentCode;
  return Exists;
}

UpdateOutcome compare_with_existing(const AccountUpdate& event, const AccountUpdate& original) {
  using enum UpdateOutcome;
  if (event.flags != original.flags) return ExistsWithDifferentFlags;
  if (event.account_id != original.account_id) return ExistsWithDifferentAccountId;
  if (event.changes != original.changes) return ExistsWithDifferentChanges;
  if (!same_values(event, original)) return ExistsWithDifferentValues;
  if (event.reason_length != original.reason_length ||
      std::memcmp(event.reason, original.reason, kReasonBytesMax) != 0) {
    return ExistsWithDifferentReason;
  }
  return Exists;
}

}  // namespace florin::ledger
