#include "ledger/validation.h"

namespace florin::ledger {

AccountOutcome check_shape(const Account& account) {
  using enum AccountOutcome;
  if (account.timestamp != 0) return TimestampMustBeZero;
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

TransferOutcome check_shape(const Transfer& transfer) {
  using enum TransferOutcome;
  if (transfer.timestamp != 0) return TimestampMustBeZero;
  if ((transfer.flags & ~transfer_flags::kDefined) != 0) return ReservedFlag;
  if (transfer.id == 0) return IdMustNotBeZero;
  if (transfer.id == kU128Max) return IdMustNotBeIntMax;
  if (transfer.debit_account_id == 0) return DebitAccountIdMustNotBeZero;
  if (transfer.debit_account_id == kU128Max) return DebitAccountIdMustNotBeIntMax;
  if (transfer.credit_account_id == 0) return CreditAccountIdMustNotBeZero;
  if (transfer.credit_account_id == kU128Max) return CreditAccountIdMustNotBeIntMax;
  if (transfer.debit_account_id == transfer.credit_account_id) return AccountsMustBeDifferent;
  if (transfer.pending_id != 0) return PendingIdMustBeZero;
  if (transfer.timeout != 0) return TimeoutReservedForPendingTransfer;
  if (transfer.ledger == 0) return LedgerMustNotBeZero;
  if (transfer.code == 0) return CodeMustNotBeZero;
  return Undecided;
}

AccountOutcome compare_with_existing(const Account& event, const Account& original) {
  using enum AccountOutcome;
  if (event.flags != original.flags) return ExistsWithDifferentFlags;
  if (event.user_data_128 != original.user_data_128) return ExistsWithDifferentUserData128;
  if (event.user_data_64 != original.user_data_64) return ExistsWithDifferentUserData64;
  if (event.user_data_32 != original.user_data_32) return ExistsWithDifferentUserData32;
  if (event.ledger != original.ledger) return ExistsWithDifferentLedger;
  if (event.code != original.code) return ExistsWithDifferentCode;
  return Exists;
}

TransferOutcome compare_with_existing(const Transfer& event, const Transfer& original) {
  using enum TransferOutcome;
  if (event.flags != original.flags) return ExistsWithDifferentFlags;
  if (event.pending_id != original.pending_id) return ExistsWithDifferentPendingId;
  if (event.timeout != original.timeout) return ExistsWithDifferentTimeout;
  if (event.debit_account_id != original.debit_account_id) {
    return ExistsWithDifferentDebitAccountId;
  }
  if (event.credit_account_id != original.credit_account_id) {
    return ExistsWithDifferentCreditAccountId;
  }
  if (event.amount != original.amount) return ExistsWithDifferentAmount;
  if (event.user_data_128 != original.user_data_128) return ExistsWithDifferentUserData128;
  if (event.user_data_64 != original.user_data_64) return ExistsWithDifferentUserData64;
  if (event.user_data_32 != original.user_data_32) return ExistsWithDifferentUserData32;
  if (event.ledger != original.ledger) return ExistsWithDifferentLedger;
  if (event.code != original.code) return ExistsWithDifferentCode;
  return Exists;
}

}  // namespace florin::ledger
