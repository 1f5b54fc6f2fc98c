// Tables about reversals: transfers that take an earlier one back.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kOnce = R"(
account  A1 ledger=2                                     -> created
account  A2 ledger=2                                     -> created
transfer T1 A1 -> A2 amount=10 ledger=2 code=3 ud64=4    -> created
status   T1 -> created
reverse  T2 T1 A2 -> A1 ledger=2 code=5 ud32=6           -> created
status   T1 -> created reversed
status   T2 -> created
balance  A1 dpo=10 cpo=10
balance  A2 dpo=10 cpo=10
reverse  T3 T1 A2 -> A1 ledger=2                         -> original_transfer_already_reversed
reverse  T3 T1 A2 -> A1 ledger=2 amount=10               -> original_transfer_already_reversed
# That is final, so the id is free.
lookup   T1 T2 T3 -> created created missing
# A reversal can be reversed, once; the first original does not come free by it.
reverse  T4 T2 A1 -> A2 ledger=2 amount=10               -> created
status   T2 -> created reversed
status   T1 -> created reversed
reverse  T5 T2 A1 -> A2 ledger=2                         -> original_transfer_already_reversed
reverse  T5 T1 A2 -> A1 ledger=2                         -> original_transfer_already_reversed
reverse  T5 T4 A2 -> A1 ledger=2                         -> created
balance  A1 dpo=20 cpo=20
total    2 accounts=2 dpo=40 cpo=40
)";

constexpr std::string_view kReversalsUnfitting = R"(
account  A1                                     -> created
account  A2                                     -> created
account  A3                                     -> created
account  A4 ledger=2                            -> created
transfer T1 A1 -> A2 amount=10                  -> created
transfer T2 A1 -> A2 amount=10 pending          -> created
transfer T3 A1 -> A2 amount=10 pending          -> created
void     T4 T3                                  -> created
transfer T5 A1 -> A9                            -> credit_account_not_found
# Not found, which is transient.
reverse  T11 T99 A2 -> A1                       -> original_transfer_not_found
reverse  T12 T5 A2 -> A1                        -> original_transfer_not_found
reverse  T11 T1 A2 -> A1                        -> id_already_failed
# Not posted: holds, whatever became of them, and voids.
reverse  T13 T2 A2 -> A1                        -> original_transfer_not_posted
reverse  T13 T3 A2 -> A1                        -> original_transfer_not_posted
reverse  T13 T4 A2 -> A1                        -> original_transfer_not_posted
post     T6 T2                                  -> created
reverse  T13 T2 A2 -> A1                        -> original_transfer_not_posted
# The accounts are those of the original, swapped, and the amount is its own.
reverse  T13 T1 A1 -> A2            -> original_transfer_has_different_debit_account_id
reverse  T13 T1 A3 -> A1            -> original_transfer_has_different_debit_account_id
reverse  T13 T1 A3 -> A2            -> original_transfer_has_different_debit_account_id
reverse  T13 T1 A2 -> A3            -> original_transfer_has_different_credit_account_id
reverse  T13 T1 A2 -> A1 amount=9               -> original_transfer_has_different_amount
reverse  T13 T1 A2 -> A1 amount=11              -> original_transfer_has_different_amount
reverse  T13 T1 A2 -> A1 amount=0               -> original_transfer_has_different_amount
reverse  T13 T1 A2 -> A1 amount=2^64+10         -> original_transfer_has_different_amount
reverse  T13 T1 A2 -> A1 amount=2^128-2         -> original_transfer_has_different_amount
# It is a transfer between accounts besides.
reverse  T13 T1 A0 -> A1                        -> debit_account_id_must_not_be_zero
reverse  T13 T1 Amax -> A1                      -> debit_account_id_must_not_be_int_max
reverse  T13 T1 A2 -> A0                        -> credit_account_id_must_not_be_zero
reverse  T13 T1 A2 -> Amax                      -> credit_account_id_must_not_be_int_max
reverse  T13 T1 A2 -> A2                        -> accounts_must_be_different
reverse  T13 T0 A2 -> A1                        -> pending_id_must_not_be_zero
reverse  T13 Tmax A2 -> A1                      -> pending_id_must_not_be_int_max
reverse  T13 T13 A2 -> A1                       -> pending_id_must_be_different
reverse  T13 T1 A2 -> A1 timeout=1              -> timeout_reserved_for_pending_transfer
reverse  T13 T1 A2 -> A1 ledger=0               -> ledger_must_not_be_zero
reverse  T13 T1 A2 -> A1 code=0                 -> code_must_not_be_zero
reverse  T13 T1 A2 -> A4                        -> accounts_must_have_the_same_ledger
reverse  T13 T1 A2 -> A1 ledger=2               -> transfer_must_have_the_same_ledger_as_accounts
reverse  T14 T1 A2 -> A9                        -> credit_account_not_found
lookup   T11 T12 T13 T14 -> original_transfer_not_found original_transfer_not_found missing \
         credit_account_not_found
status   T1 -> created
reverse  T13 T1 A2 -> A1                        -> created
)";

// Posts are reversed with what they captured; an amount of zero too.
constexpr std::string_view kPosts = R"(
account  A1                                     -> created
account  A2                                     -> created
transfer T1 A1 -> A2 amount=100 pending         -> created
post     T2 T1 amount=30 capture_partial        -> created
post     T3 T1                                  -> created amount=70
reverse  T4 T2 A2 -> A1 amount=100              -> original_transfer_has_different_amount
reverse  T4 T2 A2 -> A1 amount=30               -> created
reverse  T5 T3 A2 -> A1                         -> created amount=70
status   T1 -> created posted
status   T2 -> created reversed
status   T3 -> created reversed
balance  A1 dpo=100 cpo=100
transfer T6 A1 -> A2 amount=0                   -> created
reverse  T7 T6 A2 -> A1                         -> created
reverse  T8 T6 A2 -> A1                         -> original_transfer_already_reversed
transfer T9 A1 -> A2 amount=50 balancing_credit -> created amount=0
transfer T10 A1 -> A2 amount=9                  -> created
transfer T11 A2 -> A1 amount=50 balancing_debit -> created amount=9
reverse  T12 T11 A1 -> A2                       -> created
balance  A1 dpo=118 cpo=109
)";

// Limits, freezes and conditions hold for it; a refusal reverses nothing.
constexpr std::string_view kLimits = R"(
account  A1                                     -> created
account  A2 debits_must_not_exceed_credits      -> created
account  A3 credits_must_not_exceed_debits      -> created
transfer T1 A1 -> A2 amount=10                  -> created
transfer T2 A2 -> A1 amount=4                   -> created
reverse  T3 T1 A2 -> A1                         -> exceeds_credits
status   T1 -> created
transfer T4 A1 -> A2 amount=4                   -> created
reverse  T3 T1 A2 -> A1                         -> id_already_failed
reverse  T5 T1 A2 -> A1 debit>=1                -> debit_account_condition_not_met
reverse  T6 T1 A2 -> A1 debit>=0                -> created
status   T1 -> created reversed
transfer T7 A3 -> A1 amount=5                   -> created
transfer T8 A1 -> A3 amount=5                   -> created
reverse  T9 T7 A1 -> A3                         -> exceeds_debits
update   U1 A3 transfer_limit=4                 -> created
reverse  T10 T8 A3 -> A1                        -> exceeds_transfer_limit
update   U2 A3 clear_transfer_limit velocity_sum=4 -> created
reverse  T11 T8 A3 -> A1                        -> exceeds_velocity_limit
update   U3 A3 velocity_sum=5                   -> created
reverse  T12 T8 A3 -> A1                        -> created
limits   A3 -> velocity_sum=5 used=5 used_count=1 since=U3
update   U4 A2 balance_limit=3                  -> created
reverse  T13 T2 A1 -> A2                        -> exceeds_balance_limit
update   U5 A2 balance_limit=4                  -> created
reverse  T14 T2 A1 -> A2                        -> created
balance  A2 dpo=14 cpo=18
)";

constexpr std::string_view kRetriesAndChains = R"(
account  A1                                     -> created
account  A2                                     -> created
transfer T1 A1 -> A2 amount=10                  -> created
reverse  T2 T1 A2 -> A1                         -> created
reverse  T2 T1 A2 -> A1                         -> exists
reverse  T2 T1 A2 -> A1 amount=10               -> exists
reverse  T2 T1 A2 -> A1 amount=9                -> exists_with_different_amount
reverse  T2 T9 A2 -> A1                         -> exists_with_different_pending_id
reverse  T2 T1 A1 -> A2                         -> exists_with_different_debit_account_id
reverse  T2 T1 A2 -> A1 code=2                  -> exists_with_different_code
transfer T2 A2 -> A1 amount=10                  -> exists_with_different_flags
# Nothing is inherited.
reverse  T2 T1 A0 -> A1                         -> exists_with_different_debit_account_id
reverse  T2 T1 A2 -> A1 ledger=0                -> exists_with_different_ledger
# Made and reversed in one chain; reversed twice in one; reversed in a chain that fails.
transfer T11 A1 -> A2 amount=7 linked           -> created
reverse  T12 T11 A2 -> A1                       -> created
transfer T11 A1 -> A2 amount=7 linked           -> exists
reverse  T12 T11 A2 -> A1 amount=7              -> exists
transfer T13 A1 -> A2 amount=7                  -> created
reverse  T14 T13 A2 -> A1 linked                -> linked_event_failed
reverse  T15 T13 A2 -> A1                       -> original_transfer_already_reversed
status   T13 -> created
reverse  T14 T13 A2 -> A1 linked                -> linked_event_failed
transfer T16 A1 -> A1                           -> accounts_must_be_different
status   T13 -> created
transfer T17 A1 -> A2 linked                    -> linked_event_failed
reverse  T18 T17 A2 -> A1 linked                -> linked_event_failed
transfer T19 A9 -> A1                           -> debit_account_not_found
reverse  T18 T17 A2 -> A1                       -> original_transfer_not_found
reverse  T14 T13 A2 -> A1                       -> created
balance  A1 dpo=24 cpo=24
)";

}  // namespace

std::vector<NamedTable> reversal_tables() {
  return {
      {"reversals_once", std::string(kOnce)},
      {"reversals_unfitting", std::string(kReversalsUnfitting)},
      {"reversals_posts", std::string(kPosts)},
      {"reversals_limits", std::string(kLimits)},
      {"reversals_retries_and_chains", std::string(kRetriesAndChains)},
  };
}

}  // namespace florin::test
