#include "tests/support/reference_checks.h"

#include "base/check.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::Transfer;
using ledger::TransferOutcome;

AccountOutcome reference_shape(const Account& event) {
  constexpr u16 kLimits = ledger::account_flags::kDebitsMustNotExceedCredits |
                          ledger::account_flags::kCreditsMustNotExceedDebits;
  constexpr u16 kNotBuilt = ledger::account_flags::kDefined & ~ledger::account_flags::kBuilt;
  CHECK((event.flags & kNotBuilt) == 0);
  if (event.timestamp != 0) return AccountOutcome::TimestampMustBeZero;
  if (event.reserved != 0) return AccountOutcome::ReservedField;
  if ((event.flags & ~ledger::account_flags::kDefined) != 0) return AccountOutcome::ReservedFlag;
  if (event.id == 0) return AccountOutcome::IdMustNotBeZero;
  if (event.id == kU128Max) return AccountOutcome::IdMustNotBeIntMax;
  if ((event.flags & kLimits) == kLimits) return AccountOutcome::FlagsAreMutuallyExclusive;
  if (event.debits_pending != 0) return AccountOutcome::DebitsPendingMustBeZero;
  if (event.debits_posted != 0) return AccountOutcome::DebitsPostedMustBeZero;
  if (event.credits_pending != 0) return AccountOutcome::CreditsPendingMustBeZero;
  if (event.credits_posted != 0) return AccountOutcome::CreditsPostedMustBeZero;
  if (event.ledger == 0) return AccountOutcome::LedgerMustNotBeZero;
  if (event.code == 0) return AccountOutcome::CodeMustNotBeZero;
  return AccountOutcome::Undecided;
}

TransferOutcome reference_shape(const Transfer& event) {
  using Outcome = TransferOutcome;
  constexpr u16 kNotBuilt = ledger::transfer_flags::kDefined & ~ledger::transfer_flags::kBuilt;
  CHECK((event.flags & kNotBuilt) == 0);
  if (event.timestamp != 0) return Outcome::TimestampMustBeZero;
  if ((event.flags & ~ledger::transfer_flags::kDefined) != 0) return Outcome::ReservedFlag;
  if (event.id == 0) return Outcome::IdMustNotBeZero;
  if (event.id == kU128Max) return Outcome::IdMustNotBeIntMax;
  if (event.debit_account_id == 0) return Outcome::DebitAccountIdMustNotBeZero;
  if (event.debit_account_id == kU128Max) return Outcome::DebitAccountIdMustNotBeIntMax;
  if (event.credit_account_id == 0) return Outcome::CreditAccountIdMustNotBeZero;
  if (event.credit_account_id == kU128Max) return Outcome::CreditAccountIdMustNotBeIntMax;
  if (event.debit_account_id == event.credit_account_id) return Outcome::AccountsMustBeDifferent;
  if (event.pending_id != 0) return Outcome::PendingIdMustBeZero;
  if (event.timeout != 0) return Outcome::TimeoutReservedForPendingTransfer;
  if (event.ledger == 0) return Outcome::LedgerMustNotBeZero;
  if (event.code == 0) return Outcome::CodeMustNotBeZero;
  return Outcome::Undecided;
}

AccountOutcome reference_compare(const Account& event, const Account& original) {
  using Outcome = AccountOutcome;
  if (event.flags != original.flags) return Outcome::ExistsWithDifferentFlags;
  if (event.user_data_128 != original.user_data_128) return Outcome::ExistsWithDifferentUserData128;
  if (event.user_data_64 != original.user_data_64) return Outcome::ExistsWithDifferentUserData64;
  if (event.user_data_32 != original.user_data_32) return Outcome::ExistsWithDifferentUserData32;
  if (event.ledger != original.ledger) return Outcome::ExistsWithDifferentLedger;
  if (event.code != original.code) return Outcome::ExistsWithDifferentCode;
  return Outcome::Exists;
}

TransferOutcome reference_compare(const Transfer& event, const Transfer& original) {
  using Outcome = TransferOutcome;
  if (event.flags != original.flags) return Outcome::ExistsWithDifferentFlags;
  if (event.pending_id != original.pending_id) return Outcome::ExistsWithDifferentPendingId;
  if (event.timeout != original.timeout) return Outcome::ExistsWithDifferentTimeout;
  if (event.debit_account_id != original.debit_account_id) {
    return Outcome::ExistsWithDifferentDebitAccountId;
  }
  if (event.credit_account_id != original.credit_account_id) {
    return Outcome::ExistsWithDifferentCreditAccountId;
  }
  if (event.amount != original.amount) return Outcome::ExistsWithDifferentAmount;
  if (event.user_data_128 != original.user_data_128) return Outcome::ExistsWithDifferentUserData128;
  if (event.user_data_64 != original.user_data_64) return Outcome::ExistsWithDifferentUserData64;
  if (event.user_data_32 != original.user_data_32) return Outcome::ExistsWithDifferentUserData32;
  if (event.ledger != original.ledger) return Outcome::ExistsWithDifferentLedger;
  if (event.code != original.code) return Outcome::ExistsWithDifferentCode;
  return Outcome::Exists;
}

}  // namespace florin::test
