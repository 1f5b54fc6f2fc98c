#include "tests/support/reference_checks.h"

#include <cstring>

namespace florin::test {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::AccountUpdate;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::UpdateOutcome;

namespace {

namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

bool has(u32 bits, u32 wanted) { return (bits & wanted) != 0; }

// What both kinds of event that can be imported are asked first.
template <class Outcome, class Event>
Outcome import_shape(const Event& event, bool imported, const ReferenceContext& context) {
  if (context.imported && !imported) return Outcome::ImportedEventExpected;
  if (!context.imported && imported) return Outcome::ImportedEventNotExpected;
  if (!imported) {
    return event.timestamp == 0 ? Outcome::Undecided : Outcome::TimestampMustBeZero;
  }
  if (event.timestamp == 0 || event.timestamp >= u64{1} << 63) {
    return Outcome::ImportedEventTimestampOutOfRange;
  }
  if (event.timestamp >= context.timestamp) return Outcome::ImportedEventTimestampMustNotAdvance;
  return Outcome::Undecided;
}

bool mutually_exclusive(u16 flags) {
  int roles = 0;
  if (has(flags, transfer_flags::kPostPendingTransfer)) ++roles;
  if (has(flags, transfer_flags::kVoidPendingTransfer)) ++roles;
  if (has(flags, transfer_flags::kReversal)) ++roles;
  if (roles > 1) return true;
  const bool moves_anew =
      has(flags, transfer_flags::kPending) || has(flags, transfer_flags::kBalancingDebit) ||
      has(flags, transfer_flags::kBalancingCredit) || has(flags, transfer_flags::kClosingDebit) ||
      has(flags, transfer_flags::kClosingCredit);
  if (roles == 1 && moves_anew) return true;
  return has(flags, transfer_flags::kCapturePartial) &&
         !has(flags, transfer_flags::kPostPendingTransfer);
}

TransferOutcome accounts_shape(const Transfer& event) {
  using Outcome = TransferOutcome;
  if (event.debit_account_id == 0) return Outcome::DebitAccountIdMustNotBeZero;
  if (event.debit_account_id == kU128Max) return Outcome::DebitAccountIdMustNotBeIntMax;
  if (event.credit_account_id == 0) return Outcome::CreditAccountIdMustNotBeZero;
  if (event.credit_account_id == kU128Max) return Outcome::CreditAccountIdMustNotBeIntMax;
  if (event.debit_account_id == event.credit_account_id) return Outcome::AccountsMustBeDifferent;
  return Outcome::Undecided;
}

TransferOutcome pending_id_shape(const Transfer& event, bool names_another) {
  using Outcome = TransferOutcome;
  if (!names_another) {
    return event.pending_id == 0 ? Outcome::Undecided : Outcome::PendingIdMustBeZero;
  }
  if (event.pending_id == 0) return Outcome::PendingIdMustNotBeZero;
  if (event.pending_id == kU128Max) return Outcome::PendingIdMustNotBeIntMax;
  if (event.pending_id == event.id) return Outcome::PendingIdMustBeDifferent;
  return Outcome::Undecided;
}

// A value of an update and the change that gives it its meaning.
struct Value {
  u128 value;
  u32 change;
};

bool has_meaningless_value(const AccountUpdate& event) {
  const Value values[] = {{event.user_data_128, ledger::account_changes::kSetUserData128},
                          {event.user_data_64, ledger::account_changes::kSetUserData64},
                          {event.user_data_32, ledger::account_changes::kSetUserData32},
                          {event.overdraft_limit, ledger::account_changes::kSetOverdraftLimit},
                          {event.balance_limit, ledger::account_changes::kSetBalanceLimit},
                          {event.transfer_limit, ledger::account_changes::kSetTransferLimit},
                          {event.velocity_sum_limit, ledger::account_changes::kSetVelocityLimit},
                          {event.velocity_window, ledger::account_changes::kSetVelocityLimit},
                          {event.velocity_count_limit, ledger::account_changes::kSetVelocityLimit}};
  for (const Value& each : values) {
    if (each.value != 0 && !has(event.changes, each.change)) return true;
  }
  return false;
}

bool has_opposite_changes(u32 changes) {
  using namespace ledger::account_changes;
  const u32 pairs[] = {
      kFreezeDebits | kUnfreezeDebits,           kFreezeCredits | kUnfreezeCredits,
      kSetOverdraftLimit | kClearOverdraftLimit, kSetBalanceLimit | kClearBalanceLimit,
      kSetTransferLimit | kClearTransferLimit,   kSetVelocityLimit | kClearVelocityLimit};
  for (const u32 pair : pairs) {
    if ((changes & pair) == pair) return true;
  }
  return false;
}

// "Zeros behind its length."
bool has_bytes_behind_reason(const AccountUpdate& event) {
  for (usize place = event.reason_length; place < ledger::kReasonBytesMax; ++place) {
    if (event.reason[place] != 0) return true;
  }
  return false;
}

}  // namespace

AccountOutcome reference_shape(const Account& event, const ReferenceContext& context) {
  using Outcome = AccountOutcome;
  constexpr u16 kLimits =
      account_flags::kDebitsMustNotExceedCredits | account_flags::kCreditsMustNotExceedDebits;
  const bool imported = has(event.flags, account_flags::kImported);
  const Outcome import = import_shape<Outcome>(event, imported, context);
  if (import != Outcome::Undecided) return import;
  if (event.reserved != 0) return Outcome::ReservedField;
  if ((event.flags & ~account_flags::kDefined) != 0) return Outcome::ReservedFlag;
  if (event.id == 0) return Outcome::IdMustNotBeZero;
  if (event.id == kU128Max) return Outcome::IdMustNotBeIntMax;
  if ((event.flags & kLimits) == kLimits) return Outcome::FlagsAreMutuallyExclusive;
  if (event.debits_pending != 0) return Outcome::DebitsPendingMustBeZero;
  if (event.debits_posted != 0) return Outcome::DebitsPostedMustBeZero;
  if (event.credits_pending != 0) return Outcome::CreditsPendingMustBeZero;
  if (event.credits_posted != 0) return Outcome::CreditsPostedMustBeZero;
  if (event.ledger == 0) return Outcome::LedgerMustNotBeZero;
  if (event.code == 0) return Outcome::CodeMustNotBeZero;
  return Outcome::Undecided;
}

TransferOutcome reference_shape(const Transfer& event, const ReferenceContext& context) {
  using Outcome = TransferOutcome;
  const bool imported = has(event.flags, transfer_flags::kImported);
  const Outcome import = import_shape<Outcome>(event, imported, context);
  if (import != Outcome::Undecided) return import;
  if ((event.flags & ~transfer_flags::kDefined) != 0) return Outcome::ReservedFlag;
  if (event.id == 0) return Outcome::IdMustNotBeZero;
  if (event.id == kU128Max) return Outcome::IdMustNotBeIntMax;
  if (mutually_exclusive(event.flags)) return Outcome::FlagsAreMutuallyExclusive;

  const bool resolves = has(event.flags, transfer_flags::kPostPendingTransfer) ||
                        has(event.flags, transfer_flags::kVoidPendingTransfer);
  const bool pending = has(event.flags, transfer_flags::kPending);
  const bool closing = has(event.flags, transfer_flags::kClosingDebit) ||
                       has(event.flags, transfer_flags::kClosingCredit);
  if (!resolves) {
    const Outcome accounts = accounts_shape(event);
    if (accounts != Outcome::Undecided) return accounts;
  }
  const bool names_another = resolves || has(event.flags, transfer_flags::kReversal);
  const Outcome pending_id = pending_id_shape(event, names_another);
  if (pending_id != Outcome::Undecided) return pending_id;
  if (event.timeout != 0 && !pending) return Outcome::TimeoutReservedForPendingTransfer;
  if (closing && !pending) return Outcome::ClosingTransferMustBePending;
  if (event.ledger == 0 && !resolves) return Outcome::LedgerMustNotBeZero;
  if (event.code == 0 && !resolves) return Outcome::CodeMustNotBeZero;
  return Outcome::Undecided;
}

UpdateOutcome reference_shape(const AccountUpdate& event, const ReferenceContext&) {
  using Outcome = UpdateOutcome;
  if (event.timestamp != 0) return Outcome::TimestampMustBeZero;
  if (event.reserved != 0) return Outcome::ReservedField;
  if (event.reason_length <= ledger::kReasonBytesMax && has_bytes_behind_reason(event)) {
    return Outcome::ReservedField;
  }
  if ((event.flags & ~AccountUpdate::kLinked) != 0) return Outcome::ReservedFlag;
  if ((event.changes & ~ledger::account_changes::kDefined) != 0) return Outcome::ReservedFlag;
  if (event.id == 0) return Outcome::IdMustNotBeZero;
  if (event.id == kU128Max) return Outcome::IdMustNotBeIntMax;
  if (event.account_id == 0) return Outcome::AccountIdMustNotBeZero;
  if (event.account_id == kU128Max) return Outcome::AccountIdMustNotBeIntMax;
  if (event.changes == 0) return Outcome::ChangesMustNotBeEmpty;
  if (has_opposite_changes(event.changes)) return Outcome::ChangesAreMutuallyExclusive;
  if (has_meaningless_value(event)) return Outcome::ValueMustBeZero;
  const bool sets_velocity = has(event.changes, ledger::account_changes::kSetVelocityLimit);
  const bool window_in_range = event.velocity_window >= ledger::kVelocityWindowMin &&
                               event.velocity_window <= ledger::kVelocityWindowMax;
  if (sets_velocity && !window_in_range) return Outcome::VelocityWindowOutOfRange;
  if (event.reason_length == 0) return Outcome::ReasonMustNotBeEmpty;
  if (event.reason_length > ledger::kReasonBytesMax) return Outcome::ReasonTooLong;
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

namespace {

// The event with what it left to the hold filled in, so that it can be compared field by field.
Transfer as_asked(const Transfer& event, const ReferenceOriginal& original) {
  Transfer asked = event;
  const Transfer& stored = original.transfer;
  const Transfer& hold = original.hold;
  const bool post = has(stored.flags, transfer_flags::kPostPendingTransfer);
  const bool voids = has(stored.flags, transfer_flags::kVoidPendingTransfer);
  if (post || voids) {
    if (asked.debit_account_id == 0) asked.debit_account_id = hold.debit_account_id;
    if (asked.credit_account_id == 0) asked.credit_account_id = hold.credit_account_id;
    if (asked.user_data_128 == 0) asked.user_data_128 = hold.user_data_128;
    if (asked.user_data_64 == 0) asked.user_data_64 = hold.user_data_64;
    if (asked.user_data_32 == 0) asked.user_data_32 = hold.user_data_32;
    if (asked.ledger == 0) asked.ledger = hold.ledger;
    if (asked.code == 0) asked.code = hold.code;
  }
  const bool all = asked.amount == kU128Max;
  if (post && all && original.took_all) asked.amount = stored.amount;
  if (voids && asked.amount == 0) asked.amount = hold.amount;
  if (has(stored.flags, transfer_flags::kReversal) && all) asked.amount = stored.amount;
  // What was asked for is not stored: it was no less than what was found.
  const bool balancing = has(stored.flags, transfer_flags::kBalancingDebit) ||
                         has(stored.flags, transfer_flags::kBalancingCredit);
  if (balancing && asked.amount > stored.amount) asked.amount = stored.amount;
  return asked;
}

}  // namespace

TransferOutcome reference_compare(const Transfer& event, const ReferenceOriginal& original) {
  using Outcome = TransferOutcome;
  const Transfer& stored = original.transfer;
  if (event.flags != stored.flags) return Outcome::ExistsWithDifferentFlags;
  if (event.pending_id != stored.pending_id) return Outcome::ExistsWithDifferentPendingId;
  if (event.timeout != stored.timeout) return Outcome::ExistsWithDifferentTimeout;
  const Transfer asked = as_asked(event, original);
  if (asked.debit_account_id != stored.debit_account_id) {
    return Outcome::ExistsWithDifferentDebitAccountId;
  }
  if (asked.credit_account_id != stored.credit_account_id) {
    return Outcome::ExistsWithDifferentCreditAccountId;
  }
  if (asked.amount != stored.amount) return Outcome::ExistsWithDifferentAmount;
  if (asked.user_data_128 != stored.user_data_128) return Outcome::ExistsWithDifferentUserData128;
  if (asked.user_data_64 != stored.user_data_64) return Outcome::ExistsWithDifferentUserData64;
  if (asked.user_data_32 != stored.user_data_32) return Outcome::ExistsWithDifferentUserData32;
  if (asked.ledger != stored.ledger) return Outcome::ExistsWithDifferentLedger;
  if (asked.code != stored.code) return Outcome::ExistsWithDifferentCode;
  return Outcome::Exists;
}

UpdateOutcome reference_compare(const AccountUpdate& event, const AccountUpdate& original) {
  using Outcome = UpdateOutcome;
  if (event.flags != original.flags) return Outcome::ExistsWithDifferentFlags;
  if (event.account_id != original.account_id) return Outcome::ExistsWithDifferentAccountId;
  if (event.changes != original.changes) return Outcome::ExistsWithDifferentChanges;
  const bool same_values = event.user_data_128 == original.user_data_128 &&
                           event.user_data_64 == original.user_data_64 &&
                           event.user_data_32 == original.user_data_32 &&
                           event.overdraft_limit == original.overdraft_limit &&
                           event.balance_limit == original.balance_limit &&
                           event.transfer_limit == original.transfer_limit &&
                           event.velocity_sum_limit == original.velocity_sum_limit &&
                           event.velocity_window == original.velocity_window &&
                           event.velocity_count_limit == original.velocity_count_limit;
  if (!same_values) return Outcome::ExistsWithDifferentValues;
  const bool same_reason = event.reason_length == original.reason_length &&
                           std::memcmp(event.reason, original.reason, ledger::kReasonBytesMax) == 0;
  return same_reason ? Outcome::Exists : Outcome::ExistsWithDifferentReason;
}

}  // namespace florin::test
