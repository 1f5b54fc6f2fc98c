// The outcomes of create_accounts, create_transfers and update_accounts: every answer that an event
// can get, in order of precedence. When several apply, the caller sees the first of this list. The
// numbers travel on the wire and in stored outcomes, and are stable from the first release on.
#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"

namespace florin::ledger {

// X(enumerator, number, name on the wire). 0 means "not decided" and 1 means `created` in all
// lists.
#define FLORIN_ACCOUNT_REFUSALS(X)                                                        \
  X(LinkedEventFailed, 2, "linked_event_failed")                                          \
  X(LinkedEventChainOpen, 3, "linked_event_chain_open")                                   \
  X(ImportedEventExpected, 4, "imported_event_expected")                                  \
  X(ImportedEventNotExpected, 5, "imported_event_not_expected")                           \
  X(TimestampMustBeZero, 6, "timestamp_must_be_zero")                                     \
  X(ImportedEventTimestampOutOfRange, 7, "imported_event_timestamp_out_of_range")         \
  X(ImportedEventTimestampMustNotAdvance, 8, "imported_event_timestamp_must_not_advance") \
  X(ReservedField, 9, "reserved_field")                                                   \
  X(ReservedFlag, 10, "reserved_flag")                                                    \
  X(IdMustNotBeZero, 11, "id_must_not_be_zero")                                           \
  X(IdMustNotBeIntMax, 12, "id_must_not_be_int_max")                                      \
  X(ExistsWithDifferentFlags, 13, "exists_with_different_flags")                          \
  X(ExistsWithDifferentUserData128, 14, "exists_with_different_user_data_128")            \
  X(ExistsWithDifferentUserData64, 15, "exists_with_different_user_data_64")              \
  X(ExistsWithDifferentUserData32, 16, "exists_with_different_user_data_32")              \
  X(ExistsWithDifferentLedger, 17, "exists_with_different_ledger")                        \
  X(ExistsWithDifferentCode, 18, "exists_with_different_code")                            \
  X(Exists, 19, "exists")                                                                 \
  X(FlagsAreMutuallyExclusive, 20, "flags_are_mutually_exclusive")                        \
  X(DebitsPendingMustBeZero, 21, "debits_pending_must_be_zero")                           \
  X(DebitsPostedMustBeZero, 22, "debits_posted_must_be_zero")                             \
  X(CreditsPendingMustBeZero, 23, "credits_pending_must_be_zero")                         \
  X(CreditsPostedMustBeZero, 24, "credits_posted_must_be_zero")                           \
  X(LedgerMustNotBeZero, 25, "ledger_must_not_be_zero")                                   \
  X(CodeMustNotBeZero, 26, "code_must_not_be_zero")                                       \
  X(ImportedEventTimestampMustNotRegress, 27, "imported_event_timestamp_must_not_regress")

// X(enumerator, number, name on the wire, Transient or Final). A transient refusal depends on state
// that can change; it consumes the id, so that a retry never turns it into an acceptance.
#define FLORIN_TRANSFER_REFUSALS(X)                                                                \
  X(LinkedEventFailed, 2, "linked_event_failed", Final)                                            \
  X(LinkedEventChainOpen, 3, "linked_event_chain_open", Final)                                     \
  X(ImportedEventExpected, 4, "imported_event_expected", Final)                                    \
  X(ImportedEventNotExpected, 5, "imported_event_not_expected", Final)                             \
  X(TimestampMustBeZero, 6, "timestamp_must_be_zero", Final)                                       \
  X(ImportedEventTimestampOutOfRange, 7, "imported_event_timestamp_out_of_range", Final)           \
  X(ImportedEventTimestampMustNotAdvance, 8, "imported_event_timestamp_must_not_advance", Final)   \
  X(ReservedFlag, 9, "reserved_flag", Final)                                                       \
  X(IdMustNotBeZero, 10, "id_must_not_be_zero", Final)                                             \
  X(IdMustNotBeIntMax, 11, "id_must_not_be_int_max", Final)                                        \
  X(ExistsWithDifferentFlags, 12, "exists_with_different_flags", Final)                            \
  X(ExistsWithDifferentPendingId, 13, "exists_with_different_pending_id", Final)                   \
  X(ExistsWithDifferentTimeout, 14, "exists_with_different_timeout", Final)                        \
  X(ExistsWithDifferentDebitAccountId, 15, "exists_with_different_debit_account_id", Final)        \
  X(ExistsWithDifferentCreditAccountId, 16, "exists_with_different_credit_account_id", Final)      \
  X(ExistsWithDifferentAmount, 17, "exists_with_different_amount", Final)                          \
  X(ExistsWithDifferentUserData128, 18, "exists_with_different_user_data_128", Final)              \
  X(ExistsWithDifferentUserData64, 19, "exists_with_different_user_data_64", Final)                \
  X(ExistsWithDifferentUserData32, 20, "exists_with_different_user_data_32", Final)                \
  X(ExistsWithDifferentLedger, 21, "exists_with_different_ledger", Final)                          \
  X(ExistsWithDifferentCode, 22, "exists_with_different_code", Final)                              \
  X(Exists, 23, "exists", Final)                                                                   \
  X(IdAlreadyFailed, 24, "id_already_failed", Final)                                               \
  X(FlagsAreMutuallyExclusive, 25, "flags_are_mutually_exclusive", Final)                          \
  X(DebitAccountIdMustNotBeZero, 26, "debit_account_id_must_not_be_zero", Final)                   \
  X(DebitAccountIdMustNotBeIntMax, 27, "debit_account_id_must_not_be_int_max", Final)              \
  X(CreditAccountIdMustNotBeZero, 28, "credit_account_id_must_not_be_zero", Final)                 \
  X(CreditAccountIdMustNotBeIntMax, 29, "credit_account_id_must_not_be_int_max", Final)            \
  X(AccountsMustBeDifferent, 30, "accounts_must_be_different", Final)                              \
  X(PendingIdMustBeZero, 31, "pending_id_must_be_zero", Final)                                     \
  X(PendingIdMustNotBeZero, 32, "pending_id_must_not_be_zero", Final)                              \
  X(PendingIdMustNotBeIntMax, 33, "pending_id_must_not_be_int_max", Final)                         \
  X(PendingIdMustBeDifferent, 34, "pending_id_must_be_different", Final)                           \
  X(TimeoutReservedForPendingTransfer, 35, "timeout_reserved_for_pending_transfer", Final)         \
  X(ClosingTransferMustBePending, 36, "closing_transfer_must_be_pending", Final)                   \
  X(LedgerMustNotBeZero, 37, "ledger_must_not_be_zero", Final)                                     \
  X(CodeMustNotBeZero, 38, "code_must_not_be_zero", Final)                                         \
  X(DebitAccountNotFound, 39, "debit_account_not_found", Transient)                                \
  X(CreditAccountNotFound, 40, "credit_account_not_found", Transient)                              \
  X(AccountsMustHaveTheSameLedger, 41, "accounts_must_have_the_same_ledger", Final)                \
  X(TransferMustHaveTheSameLedgerAsAccounts, 42, "transfer_must_have_the_same_ledger_as_accounts", \
    Final)                                                                                         \
  X(PendingTransferNotFound, 43, "pending_transfer_not_found", Transient)                          \
  X(PendingTransferNotPending, 44, "pending_transfer_not_pending", Final)                          \
  X(PendingTransferHasDifferentDebitAccountId, 45,                                                 \
    "pending_transfer_has_different_debit_account_id", Final)                                      \
  X(PendingTransferHasDifferentCreditAccountId, 46,                                                \
    "pending_transfer_has_different_credit_account_id", Final)                                     \
  X(PendingTransferHasDifferentLedger, 47, "pending_transfer_has_different_ledger", Final)         \
  X(PendingTransferHasDifferentCode, 48, "pending_transfer_has_different_code", Final)             \
  X(ExceedsPendingTransferAmount, 49, "exceeds_pending_transfer_amount", Final)                    \
  X(PendingTransferHasDifferentAmount, 50, "pending_transfer_has_different_amount", Final)         \
  X(PendingTransferAlreadyPosted, 51, "pending_transfer_already_posted", Final)                    \
  X(PendingTransferAlreadyVoided, 52, "pending_transfer_already_voided", Final)                    \
  X(PendingTransferExpired, 53, "pending_transfer_expired", Final)                                 \
  X(OriginalTransferNotFound, 54, "original_transfer_not_found", Transient)                        \
  X(OriginalTransferNotPosted, 55, "original_transfer_not_posted", Final)                          \
  X(OriginalTransferHasDifferentDebitAccountId, 56,                                                \
    "original_transfer_has_different_debit_account_id", Final)                                     \
  X(OriginalTransferHasDifferentCreditAccountId, 57,                                               \
    "original_transfer_has_different_credit_account_id", Final)                                    \
  X(OriginalTransferHasDifferentAmount, 58, "original_transfer_has_different_amount", Final)       \
  X(OriginalTransferAlreadyReversed, 59, "original_transfer_already_reversed", Final)              \
  X(ImportedEventTimestampMustNotRegress, 60, "imported_event_timestamp_must_not_regress", Final)  \
  X(ImportedEventTimestampMustPostdateDebitAccount, 61,                                            \
    "imported_event_timestamp_must_postdate_debit_account", Final)                                 \
  X(ImportedEventTimestampMustPostdateCreditAccount, 62,                                           \
    "imported_event_timestamp_must_postdate_credit_account", Final)                                \
  X(ImportedEventTimeoutMustBeZero, 63, "imported_event_timeout_must_be_zero", Final)              \
  X(DebitAccountAlreadyClosed, 64, "debit_account_already_closed", Transient)                      \
  X(CreditAccountAlreadyClosed, 65, "credit_account_already_closed", Transient)                    \
  X(DebitAccountFrozen, 66, "debit_account_frozen", Transient)                                     \
  X(CreditAccountFrozen, 67, "credit_account_frozen", Transient)                                   \
  X(OverflowsDebitsPending, 68, "overflows_debits_pending", Transient)                             \
  X(OverflowsCreditsPending, 69, "overflows_credits_pending", Transient)                           \
  X(OverflowsDebitsPosted, 70, "overflows_debits_posted", Transient)                               \
  X(OverflowsCreditsPosted, 71, "overflows_credits_posted", Transient)                             \
  X(OverflowsDebits, 72, "overflows_debits", Transient)                                            \
  X(OverflowsCredits, 73, "overflows_credits", Transient)                                          \
  X(OverflowsTimeout, 74, "overflows_timeout", Final)                                              \
  X(ExceedsCredits, 75, "exceeds_credits", Transient)                                              \
  X(ExceedsDebits, 76, "exceeds_debits", Transient)                                                \
  X(ExceedsTransferLimit, 77, "exceeds_transfer_limit", Transient)                                 \
  X(ExceedsVelocityLimit, 78, "exceeds_velocity_limit", Transient)                                 \
  X(ExceedsBalanceLimit, 79, "exceeds_balance_limit", Transient)                                   \
  X(DebitAccountConditionNotMet, 80, "debit_account_condition_not_met", Transient)                 \
  X(CreditAccountConditionNotMet, 81, "credit_account_condition_not_met", Transient)

// X(enumerator, number, name on the wire, Transient or Final), as above.
#define FLORIN_UPDATE_REFUSALS(X)                                                \
  X(LinkedEventFailed, 2, "linked_event_failed", Final)                          \
  X(LinkedEventChainOpen, 3, "linked_event_chain_open", Final)                   \
  X(TimestampMustBeZero, 4, "timestamp_must_be_zero", Final)                     \
  X(ReservedField, 5, "reserved_field", Final)                                   \
  X(ReservedFlag, 6, "reserved_flag", Final)                                     \
  X(IdMustNotBeZero, 7, "id_must_not_be_zero", Final)                            \
  X(IdMustNotBeIntMax, 8, "id_must_not_be_int_max", Final)                       \
  X(ExistsWithDifferentFlags, 9, "exists_with_different_flags", Final)           \
  X(ExistsWithDifferentAccountId, 10, "exists_with_different_account_id", Final) \
  X(ExistsWithDifferentChanges, 11, "exists_with_different_changes", Final)      \
  X(ExistsWithDifferentValues, 12, "exists_with_different_values", Final)        \
  X(ExistsWithDifferentReason, 13, "exists_with_different_reason", Final)        \
  X(Exists, 14, "exists", Final)                                                 \
  X(IdAlreadyFailed, 15, "id_already_failed", Final)                             \
  X(AccountIdMustNotBeZero, 16, "account_id_must_not_be_zero", Final)            \
  X(AccountIdMustNotBeIntMax, 17, "account_id_must_not_be_int_max", Final)       \
  X(ChangesMustNotBeEmpty, 18, "changes_must_not_be_empty", Final)               \
  X(ChangesAreMutuallyExclusive, 19, "changes_are_mutually_exclusive", Final)    \
  X(ValueMustBeZero, 20, "value_must_be_zero", Final)                            \
  X(VelocityWindowOutOfRange, 21, "velocity_window_out_of_range", Final)         \
  X(ReasonMustNotBeEmpty, 22, "reason_must_not_be_empty", Final)                 \
  X(ReasonTooLong, 23, "reason_too_long", Final)                                 \
  X(AccountNotFound, 24, "account_not_found", Transient)

enum class AccountOutcome : u8 {
  Undecided = 0,
  Created = 1,
#define FLORIN_ENUMERATOR(name, number, text) name = number,
  FLORIN_ACCOUNT_REFUSALS(FLORIN_ENUMERATOR)
#undef FLORIN_ENUMERATOR
};

enum class TransferOutcome : u8 {
  Undecided = 0,
  Created = 1,
#define FLORIN_ENUMERATOR(name, number, text, kind) name = number,
  FLORIN_TRANSFER_REFUSALS(FLORIN_ENUMERATOR)
#undef FLORIN_ENUMERATOR
};

enum class UpdateOutcome : u8 {
  Undecided = 0,
  Created = 1,
#define FLORIN_ENUMERATOR(name, number, text, kind) name = number,
  FLORIN_UPDATE_REFUSALS(FLORIN_ENUMERATOR)
#undef FLORIN_ENUMERATOR
};

// The same number in all lists.
inline constexpr u8 kCreated = static_cast<u8>(TransferOutcome::Created);
static_assert(kCreated == static_cast<u8>(AccountOutcome::Created));
static_assert(kCreated == static_cast<u8>(UpdateOutcome::Created));

// The number after the last outcome.
inline constexpr u32 kAccountOutcomeEnd = 28;
inline constexpr u32 kTransferOutcomeEnd = 82;
inline constexpr u32 kUpdateOutcomeEnd = 25;

// The name on the wire and in documents, such as "exceeds_credits".
std::string_view name(AccountOutcome outcome);
std::string_view name(TransferOutcome outcome);
std::string_view name(UpdateOutcome outcome);

// The outcome with this number, or nothing when no outcome has it.
std::optional<AccountOutcome> account_outcome(u32 number);
std::optional<TransferOutcome> transfer_outcome(u32 number);
std::optional<UpdateOutcome> update_outcome(u32 number);

// Whether the refusal depends on state that can change, so that it consumes the event's id.
bool is_transient(TransferOutcome outcome);
bool is_transient(UpdateOutcome outcome);

}  // namespace florin::ledger
