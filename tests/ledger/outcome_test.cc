// The outcomes' names, numbers and order, against lists written from the page.
#include "ledger/outcome.h"

#include <set>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace florin::ledger {
namespace {

constexpr std::string_view kAccountNames[] = {
    "undecided",
    "created",
    "linked_event_failed",
    "linked_event_chain_open",
    "imported_event_expected",
    "imported_event_not_expected",
    "timestamp_must_be_zero",
    "imported_event_timestamp_out_of_range",
    "imported_event_timestamp_must_not_advance",
    "reserved_field",
    "reserved_flag",
    "id_must_not_be_zero",
    "id_must_not_be_int_max",
    "exists_with_different_flags",
    "exists_with_different_user_data_128",
    "exists_with_different_user_data_64",
    "exists_with_different_user_data_32",
    "exists_with_different_ledger",
    "exists_with_different_code",
    "exists",
    "flags_are_mutually_exclusive",
    "debits_pending_must_be_zero",
    "debits_posted_must_be_zero",
    "credits_pending_must_be_zero",
    "credits_posted_must_be_zero",
    "ledger_must_not_be_zero",
    "code_must_not_be_zero",
    "imported_event_timestamp_must_not_regress",
};

constexpr std::string_view kTransferNames[] = {
    "undecided",
    "created",
    "linked_event_failed",
    "linked_event_chain_open",
    "imported_event_expected",
    "imported_event_not_expected",
    "timestamp_must_be_zero",
    "imported_event_timestamp_out_of_range",
    "imported_event_timestamp_must_not_advance",
    "reserved_flag",
    "id_must_not_be_zero",
    "id_must_not_be_int_max",
    "exists_with_different_flags",
    "exists_with_different_pending_id",
    "exists_with_different_timeout",
    "exists_with_different_debit_account_id",
    "exists_with_different_credit_account_id",
    "exists_with_different_amount",
    "exists_with_different_user_data_128",
    "exists_with_different_user_data_64",
    "exists_with_different_user_data_32",
    "exists_with_different_ledger",
    "exists_with_different_code",
    "exists",
    "id_already_failed",
    "flags_are_mutually_exclusive",
    "debit_account_id_must_not_be_zero",
    "debit_account_id_must_not_be_int_max",
    "credit_account_id_must_not_be_zero",
    "credit_account_id_must_not_be_int_max",
    "accounts_must_be_different",
    "pending_id_must_be_zero",
    "pending_id_must_not_be_zero",
    "pending_id_must_not_be_int_max",
    "pending_id_must_be_different",
    "timeout_reserved_for_pending_transfer",
    "closing_transfer_must_be_pending",
    "ledger_must_not_be_zero",
    "code_must_not_be_zero",
    "debit_account_not_found",
    "credit_account_not_found",
    "accounts_must_have_the_same_ledger",
    "transfer_must_have_the_same_ledger_as_accounts",
    "pending_transfer_not_found",
    "pending_transfer_not_pending",
    "pending_transfer_has_different_debit_account_id",
    "pending_transfer_has_different_credit_account_id",
    "pending_transfer_has_different_ledger",
    "pending_transfer_has_different_code",
    "exceeds_pending_transfer_amount",
    "pending_transfer_has_different_amount",
    "pending_transfer_already_posted",
    "pending_transfer_already_voided",
    "pending_transfer_expired",
    "original_transfer_not_found",
    "original_transfer_not_posted",
    "original_transfer_has_different_debit_account_id",
    "original_transfer_has_different_credit_account_id",
    "original_transfer_has_different_amount",
    "original_transfer_already_reversed",
    "imported_event_timestamp_must_not_regress",
    "imported_event_timestamp_must_postdate_debit_account",
    "imported_event_timestamp_must_postdate_credit_account",
    "imported_event_timeout_must_be_zero",
    "debit_account_already_closed",
    "credit_account_already_closed",
    "debit_account_frozen",
    "credit_account_frozen",
    "overflows_debits_pending",
    "overflows_credits_pending",
    "overflows_debits_posted",
    "overflows_credits_posted",
    "overflows_debits",
    "overflows_credits",
    "overflows_timeout",
    "exceeds_credits",
    "exceeds_debits",
    "exceeds_transfer_limit",
    "exceeds_velocity_limit",
    "exceeds_balance_limit",
    "debit_account_condition_not_met",
    "credit_account_condition_not_met",
};

constexpr std::string_view kUpdateNames[] = {
    "undecided",
    "created",
    "linked_event_failed",
    "linked_event_chain_open",
    "timestamp_must_be_zero",
    "reserved_field",
    "reserved_flag",
    "id_must_not_be_zero",
    "id_must_not_be_int_max",
    "exists_with_different_flags",
    "exists_with_different_account_id",
    "exists_with_different_changes",
    "exists_with_different_values",
    "exists_with_different_reason",
    "exists",
    "id_already_failed",
    "account_id_must_not_be_zero",
    "account_id_must_not_be_int_max",
    "changes_must_not_be_empty",
    "changes_are_mutually_exclusive",
    "value_must_be_zero",
    "velocity_window_out_of_range",
    "reason_must_not_be_empty",
    "reason_too_long",
    "account_not_found",
};

const std::set<std::string_view> kTransient = {
    "debit_account_not_found",
    "credit_account_not_found",
    "pending_transfer_not_found",
    "original_transfer_not_found",
    "debit_account_already_closed",
    "credit_account_already_closed",
    "debit_account_frozen",
    "credit_account_frozen",
    "overflows_debits_pending",
    "overflows_credits_pending",
    "overflows_debits_posted",
    "overflows_credits_posted",
    "overflows_debits",
    "overflows_credits",
    "exceeds_credits",
    "exceeds_debits",
    "exceeds_transfer_limit",
    "exceeds_velocity_limit",
    "exceeds_balance_limit",
    "debit_account_condition_not_met",
    "credit_account_condition_not_met",
};

TEST(AccountOutcome, numbers_names_and_order_are_those_of_the_page) {
  ASSERT_EQ(kAccountOutcomeEnd, std::size(kAccountNames));
  for (u32 number = 0; number < kAccountOutcomeEnd; ++number) {
    EXPECT_EQ(name(static_cast<AccountOutcome>(number)), kAccountNames[number]) << number;
  }
}

TEST(TransferOutcome, numbers_names_and_order_are_those_of_the_page) {
  ASSERT_EQ(kTransferOutcomeEnd, std::size(kTransferNames));
  for (u32 number = 0; number < kTransferOutcomeEnd; ++number) {
    EXPECT_EQ(name(static_cast<TransferOutcome>(number)), kTransferNames[number]) << number;
  }
}

TEST(UpdateOutcome, numbers_names_and_order_are_those_of_the_page) {
  ASSERT_EQ(kUpdateOutcomeEnd, std::size(kUpdateNames));
  for (u32 number = 0; number < kUpdateOutcomeEnd; ++number) {
    EXPECT_EQ(name(static_cast<UpdateOutcome>(number)), kUpdateNames[number]) << number;
  }
}

TEST(UpdateOutcome, is_transient_only_when_the_account_is_missing) {
  for (u32 number = 0; number < kUpdateOutcomeEnd; ++number) {
    const auto outcome = static_cast<UpdateOutcome>(number);
    EXPECT_EQ(is_transient(outcome), outcome == UpdateOutcome::AccountNotFound) << name(outcome);
  }
}

TEST(TransferOutcome, is_transient_exactly_where_the_page_says_so) {
  usize transient = 0;
  for (u32 number = 0; number < kTransferOutcomeEnd; ++number) {
    const auto outcome = static_cast<TransferOutcome>(number);
    EXPECT_EQ(is_transient(outcome), kTransient.contains(name(outcome))) << name(outcome);
    transient += is_transient(outcome) ? 1 : 0;
  }
  EXPECT_EQ(transient, kTransient.size());
}

TEST(Outcomes, are_found_by_number_and_no_other_number_is_one) {
  for (u32 number = 0; number < kAccountOutcomeEnd; ++number) {
    EXPECT_EQ(account_outcome(number), static_cast<AccountOutcome>(number));
  }
  for (u32 number = 0; number < kTransferOutcomeEnd; ++number) {
    EXPECT_EQ(transfer_outcome(number), static_cast<TransferOutcome>(number));
  }
  for (u32 number = 0; number < kUpdateOutcomeEnd; ++number) {
    EXPECT_EQ(update_outcome(number), static_cast<UpdateOutcome>(number));
  }
  // 257 would be `created` if it were cut to a byte.
  for (const u32 number : {82u, 83u, 255u, 256u, 257u, 0xffffffffu}) {
    EXPECT_EQ(account_outcome(number), std::nullopt) << number;
    EXPECT_EQ(transfer_outcome(number), std::nullopt) << number;
    EXPECT_EQ(update_outcome(number), std::nullopt) << number;
  }
  EXPECT_EQ(account_outcome(28), std::nullopt);
  EXPECT_EQ(update_outcome(25), std::nullopt);
}

TEST(Outcomes, have_fixed_numbers_where_others_rely_on_them) {
  EXPECT_EQ(static_cast<u32>(AccountOutcome::Created), 1u);
  EXPECT_EQ(static_cast<u32>(TransferOutcome::Created), 1u);
  EXPECT_EQ(static_cast<u32>(AccountOutcome::Exists), 19u);
  EXPECT_EQ(static_cast<u32>(TransferOutcome::Exists), 23u);
  EXPECT_EQ(static_cast<u32>(TransferOutcome::ExceedsCredits), 75u);
  EXPECT_EQ(static_cast<u32>(TransferOutcome::CreditAccountConditionNotMet), 81u);
  EXPECT_EQ(static_cast<u32>(UpdateOutcome::Created), 1u);
  EXPECT_EQ(static_cast<u32>(UpdateOutcome::Exists), 14u);
  EXPECT_EQ(static_cast<u32>(UpdateOutcome::AccountNotFound), 24u);
}

}  // namespace
}  // namespace florin::ledger
