#include "tests/support/reference_checks.h"

#include <cstring>
#include <tuple>
#include <utility>

namespace florin::test {

using namespace ledger;

namespace {

// What both kinds of event that can be imported are asked first.
template <class Outcome, class Event>
Outcome import_shape(const Event& event, bool imported, const ReferenceContext& context) {
  const bool out_of_range = event.timestamp == 0 || event.timestamp >= u64{1} << 63;
  return reference_first<Outcome>({
      {context.imported && !imported, Outcome::ImportedEventExpected},
      {!context.imported && imported, Outcome::ImportedEventNotExpected},
      {!imported && event.timestamp != 0, Outcome::TimestampMustBeZero},
      {imported && out_of_range, Outcome::ImportedEventTimestampOutOfRange},
      {imported && event.timestamp >= context.timestamp,
       Outcome::ImportedEventTimestampMustNotAdvance},
  });
}

bool are_mutually_exclusive(u16 flags) {
  using namespace transfer_flags;
  const int roles = (has(flags, kPostPendingTransfer) ? 1 : 0) +
                    (has(flags, kVoidPendingTransfer) ? 1 : 0) + (has(flags, kReversal) ? 1 : 0);
  const bool moves_anew =
      has(flags, kPending | kBalancingDebit | kBalancingCredit | kClosingDebit | kClosingCredit);
  return roles > 1 || (roles == 1 && moves_anew) ||
         (has(flags, kCapturePartial) && !has(flags, kPostPendingTransfer));
}

// Whether a value is set without the change that gives it its meaning.
bool has_meaningless_value(const AccountUpdate& event) {
  using namespace account_changes;
  const std::initializer_list<std::pair<u128, u32>> values = {
      {event.user_data_128, kSetUserData128},
      {event.user_data_64, kSetUserData64},
      {event.user_data_32, kSetUserData32},
      {event.overdraft_limit, kSetOverdraftLimit},
      {event.balance_limit, kSetBalanceLimit},
      {event.transfer_limit, kSetTransferLimit},
      {event.velocity_sum_limit, kSetVelocityLimit},
      {event.velocity_window, kSetVelocityLimit},
      {event.velocity_count_limit, kSetVelocityLimit},
  };
  for (const auto& [value, change] : values) {
    if (value != 0 && !has(event.changes, change)) return true;
  }
  return false;
}

bool has_opposite_changes(u32 changes) {
  using namespace account_changes;
  const u32 pairs[] = {
      kFreezeDebits | kUnfreezeDebits,           kFreezeCredits | kUnfreezeCredits,
      kSetOverdraftLimit | kClearOverdraftLimit, kSetBalanceLimit | kClearBalanceLimit,
      kSetTransferLimit | kClearTransferLimit,   kSetVelocityLimit | kClearVelocityLimit,
  };
  for (const u32 pair : pairs) {
    if ((changes & pair) == pair) return true;
  }
  return false;
}

bool has_bytes_behind_reason(const AccountUpdate& event) {
  for (usize place = event.reason_length; place < kReasonBytesMax; ++place) {
    if (event.reason[place] != 0) return true;
  }
  return false;
}

// The event with what it left to the hold filled in, so that it can be compared field by field.
Transfer as_asked(const Transfer& event, const ReferenceTransfer& original) {
  using namespace transfer_flags;
  const Transfer& stored = original.transfer;
  const bool post = has(stored.flags, kPostPendingTransfer);
  const bool voids = has(stored.flags, kVoidPendingTransfer);
  Transfer asked = post || voids ? reference_inherit(event, original.hold) : event;
  const bool takes_all = (post && original.took_all) || has(stored.flags, kReversal);
  if (takes_all && asked.amount == kU128Max) asked.amount = stored.amount;
  if (voids && asked.amount == 0) asked.amount = original.hold.amount;
  // What a balancing transfer asked for is not stored: it was no less than what was found.
  const bool balancing = has(stored.flags, kBalancingDebit | kBalancingCredit);
  if (balancing && asked.amount > stored.amount) asked.amount = stored.amount;
  return asked;
}

}  // namespace

AccountOutcome reference_shape(const Account& event, const ReferenceContext& context) {
  using enum AccountOutcome;
  using namespace account_flags;
  const AccountOutcome import =
      import_shape<AccountOutcome>(event, has(event.flags, kImported), context);
  const bool both_limits = has(event.flags, kDebitsMustNotExceedCredits) &&
                           has(event.flags, kCreditsMustNotExceedDebits);
  return reference_first<AccountOutcome>({
      {import != Undecided, import},
      {event.reserved != 0, ReservedField},
      {(event.flags & ~kDefined) != 0, ReservedFlag},
      {event.id == 0, IdMustNotBeZero},
      {event.id == kU128Max, IdMustNotBeIntMax},
      {both_limits, FlagsAreMutuallyExclusive},
      {event.debits_pending != 0, DebitsPendingMustBeZero},
      {event.debits_posted != 0, DebitsPostedMustBeZero},
      {event.credits_pending != 0, CreditsPendingMustBeZero},
      {event.credits_posted != 0, CreditsPostedMustBeZero},
      {event.ledger == 0, LedgerMustNotBeZero},
      {event.code == 0, CodeMustNotBeZero},
  });
}

TransferOutcome reference_shape(const Transfer& event, const ReferenceContext& context) {
  using enum TransferOutcome;
  using namespace transfer_flags;
  const TransferOutcome import =
      import_shape<TransferOutcome>(event, has(event.flags, kImported), context);
  // A post or a void takes what it does not say from its hold.
  const bool says_all = !has(event.flags, kPostPendingTransfer | kVoidPendingTransfer);
  const bool names_earlier = !says_all || has(event.flags, kReversal);
  const bool pending = has(event.flags, kPending);
  const bool closing = has(event.flags, kClosingDebit | kClosingCredit);
  const bool one_account = event.debit_account_id == event.credit_account_id;
  return reference_first<TransferOutcome>({
      {import != Undecided, import},
      {(event.flags & ~kDefined) != 0, ReservedFlag},
      {event.id == 0, IdMustNotBeZero},
      {event.id == kU128Max, IdMustNotBeIntMax},
      {are_mutually_exclusive(event.flags), FlagsAreMutuallyExclusive},
      {says_all && event.debit_account_id == 0, DebitAccountIdMustNotBeZero},
      {says_all && event.debit_account_id == kU128Max, DebitAccountIdMustNotBeIntMax},
      {says_all && event.credit_account_id == 0, CreditAccountIdMustNotBeZero},
      {says_all && event.credit_account_id == kU128Max, CreditAccountIdMustNotBeIntMax},
      {says_all && one_account, AccountsMustBeDifferent},
      {!names_earlier && event.pending_id != 0, PendingIdMustBeZero},
      {names_earlier && event.pending_id == 0, PendingIdMustNotBeZero},
      {names_earlier && event.pending_id == kU128Max, PendingIdMustNotBeIntMax},
      {names_earlier && event.pending_id == event.id, PendingIdMustBeDifferent},
      {event.timeout != 0 && !pending, TimeoutReservedForPendingTransfer},
      {closing && !pending, ClosingTransferMustBePending},
      {says_all && event.ledger == 0, LedgerMustNotBeZero},
      {says_all && event.code == 0, CodeMustNotBeZero},
  });
}

UpdateOutcome reference_shape(const AccountUpdate& event, const ReferenceContext&) {
  using enum UpdateOutcome;
  using namespace account_changes;
  const bool window_in_range =
      event.velocity_window >= kVelocityWindowMin && event.velocity_window <= kVelocityWindowMax;
  const bool sets_velocity = has(event.changes, kSetVelocityLimit);
  return reference_first<UpdateOutcome>({
      {event.timestamp != 0, TimestampMustBeZero},
      {event.reserved != 0 || has_bytes_behind_reason(event), ReservedField},
      {(event.flags & ~AccountUpdate::kLinked) != 0, ReservedFlag},
      {(event.changes & ~kDefined) != 0, ReservedFlag},
      {event.id == 0, IdMustNotBeZero},
      {event.id == kU128Max, IdMustNotBeIntMax},
      {event.account_id == 0, AccountIdMustNotBeZero},
      {event.account_id == kU128Max, AccountIdMustNotBeIntMax},
      {event.changes == 0, ChangesMustNotBeEmpty},
      {has_opposite_changes(event.changes), ChangesAreMutuallyExclusive},
      {has_meaningless_value(event), ValueMustBeZero},
      {sets_velocity && !window_in_range, VelocityWindowOutOfRange},
      {event.reason_length == 0, ReasonMustNotBeEmpty},
      {event.reason_length > kReasonBytesMax, ReasonTooLong},
  });
}

Transfer reference_inherit(const Transfer& event, const Transfer& hold) {
  Transfer whole = event;
  if (event.debit_account_id == 0) whole.debit_account_id = hold.debit_account_id;
  if (event.credit_account_id == 0) whole.credit_account_id = hold.credit_account_id;
  if (event.user_data_128 == 0) whole.user_data_128 = hold.user_data_128;
  if (event.user_data_64 == 0) whole.user_data_64 = hold.user_data_64;
  if (event.user_data_32 == 0) whole.user_data_32 = hold.user_data_32;
  if (event.ledger == 0) whole.ledger = hold.ledger;
  if (event.code == 0) whole.code = hold.code;
  return whole;
}

AccountOutcome reference_compare(const Account& event, const Account& original) {
  using enum AccountOutcome;
  return reference_first<AccountOutcome>({
      {event.flags != original.flags, ExistsWithDifferentFlags},
      {event.user_data_128 != original.user_data_128, ExistsWithDifferentUserData128},
      {event.user_data_64 != original.user_data_64, ExistsWithDifferentUserData64},
      {event.user_data_32 != original.user_data_32, ExistsWithDifferentUserData32},
      {event.ledger != original.ledger, ExistsWithDifferentLedger},
      {event.code != original.code, ExistsWithDifferentCode},
      {true, Exists},
  });
}

TransferOutcome reference_compare(const Transfer& event, const ReferenceTransfer& original) {
  using enum TransferOutcome;
  const Transfer asked = as_asked(event, original);
  const Transfer& stored = original.transfer;
  return reference_first<TransferOutcome>({
      {asked.flags != stored.flags, ExistsWithDifferentFlags},
      {asked.pending_id != stored.pending_id, ExistsWithDifferentPendingId},
      {asked.timeout != stored.timeout, ExistsWithDifferentTimeout},
      {asked.debit_account_id != stored.debit_account_id, ExistsWithDifferentDebitAccountId},
      {asked.credit_account_id != stored.credit_account_id, ExistsWithDifferentCreditAccountId},
      {asked.amount != stored.amount, ExistsWithDifferentAmount},
      {asked.user_data_128 != stored.user_data_128, ExistsWithDifferentUserData128},
      {asked.user_data_64 != stored.user_data_64, ExistsWithDifferentUserData64},
      {asked.user_data_32 != stored.user_data_32, ExistsWithDifferentUserData32},
      {asked.ledger != stored.ledger, ExistsWithDifferentLedger},
      {asked.code != stored.code, ExistsWithDifferentCode},
      {true, Exists},
  });
}

UpdateOutcome reference_compare(const AccountUpdate& event, const AccountUpdate& original) {
  using enum UpdateOutcome;
  const auto values = [](const AccountUpdate& update) {
    return std::tie(update.user_data_128, update.user_data_64, update.user_data_32,
                    update.overdraft_limit, update.balance_limit, update.transfer_limit,
                    update.velocity_sum_limit, update.velocity_window, update.velocity_count_limit);
  };
  const bool same_reason = event.reason_length == original.reason_length &&
                           std::memcmp(event.reason, original.reason, kReasonBytesMax) == 0;
  return reference_first<UpdateOutcome>({
      {event.flags != original.flags, ExistsWithDifferentFlags},
      {event.account_id != original.account_id, ExistsWithDifferentAccountId},
      {event.changes != original.changes, ExistsWithDifferentChanges},
      {values(event) != values(original), ExistsWithDifferentValues},
      {!same_reason, ExistsWithDifferentReason},
      {true, Exists},
  });
}

}  // namespace florin::test
