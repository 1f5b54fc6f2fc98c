// Tables about what concerns a request as a whole: dry runs, and balances in its answer.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kBalances = R"(
account  A1 debits_must_not_exceed_credits        -> created
account  A2                                       -> created
account  A3                                       -> created
request  balances
transfer T1 A2 -> A1 amount=100          -> created debit.dpo=100 credit.cpo=100
transfer T2 A1 -> A3 amount=30 pending   -> created debit.dp=30 debit.cpo=100 credit.cp=30
transfer T3 A1 -> A2 amount=71           -> exceeds_credits
transfer T4 A1 -> A2 amount=70 \
         -> created debit.dp=30 debit.dpo=70 debit.cpo=100 credit.dpo=100 credit.cpo=70
post     T5 T2 amount=10 capture_partial \
         -> created debit.dp=20 debit.dpo=80 debit.cpo=100 credit.cp=20 credit.cpo=10
void     T6 T2 -> created debit.dpo=80 debit.cpo=100 credit.cpo=10
transfer T1 A2 -> A1 amount=100          -> exists
reverse  T7 T4 A2 -> A1 \
         -> created debit.dpo=170 debit.cpo=70 credit.dpo=80 credit.cpo=170
transfer T8 A1 -> A3 amount=2^128-1 balancing_debit \
         -> created amount=90 debit.dpo=170 debit.cpo=170 credit.cpo=100
# In a chain each member has its own; one that fails has none.
request  balances
transfer T11 A2 -> A3 amount=1 linked    -> created debit.dpo=171 debit.cpo=70 credit.cpo=101
transfer T12 A2 -> A3 amount=2 linked    -> created debit.dpo=173 debit.cpo=70 credit.cpo=103
transfer T13 A2 -> A3 amount=4           -> created debit.dpo=177 debit.cpo=70 credit.cpo=107
transfer T14 A2 -> A3 amount=1 linked    -> linked_event_failed
transfer T15 A2 -> A3 code=0             -> code_must_not_be_zero
transfer T11 A2 -> A3 amount=1 linked    -> exists
transfer T12 A2 -> A3 amount=2 linked    -> exists
transfer T13 A2 -> A3 amount=4           -> exists
transfer T16 A2 -> A3 amount=0           -> created debit.dpo=177 debit.cpo=70 credit.cpo=107
transfer T17 A2 -> A3 linked             -> linked_event_chain_open
# What others do in the same request is seen, what comes later is not.
request  balances
transfer T21 A3 -> A1 amount=107         -> created debit.dpo=107 debit.cpo=107 \
         credit.dpo=170 credit.cpo=277
transfer T22 A2 -> A3 amount=2^127       -> created debit.dpo=2^127+177 debit.cpo=70 \
         credit.dpo=107 credit.cpo=2^127+107
)";

// The counters after an event whose time released a hold.
constexpr std::string_view kBalancesAndExpiry = R"(
account  A1                                            -> created
account  A2                                            -> created
transfer T1 A1 -> A2 amount=50 pending timeout=5       -> created
time     T1+5s-1ns
request  balances
transfer T2 A1 -> A2 amount=1 -> created debit.dp=50 debit.dpo=1 credit.cp=50 credit.cpo=1
transfer T3 A1 -> A2 amount=1 -> created debit.dpo=2 credit.cpo=2
transfer T4 A1 -> A2 amount=9 pending closing_debit -> created debit.dp=9 debit.dpo=2 \
         credit.cp=9 credit.cpo=2
)";

constexpr std::string_view kDryRun = R"(
request  dry_run
transfer T1 A1 -> A2                                   -> debit_account_not_found
request  dry_run balances
transfer T1 A1 -> A2                                   -> debit_account_not_found
account  A1 debits_must_not_exceed_credits             -> created
account  A2                                            -> created
# The members see what the others would do.
request  dry_run balances
transfer T1 A2 -> A1 amount=10                         -> created debit.dpo=10 credit.cpo=10
transfer T1 A2 -> A1 amount=10                         -> exists
transfer T1 A2 -> A1 amount=11                         -> exists_with_different_amount
transfer T2 A1 -> A2 amount=11                         -> exceeds_credits
transfer T2 A1 -> A2 amount=1                          -> id_already_failed
transfer T3 A1 -> A2 amount=4 pending                  -> created debit.dp=4 debit.cpo=10 \
         credit.dpo=10 credit.cp=4
post     T4 T3 amount=1 capture_partial                -> created debit.dp=3 debit.dpo=1 \
         debit.cpo=10 credit.dpo=10 credit.cp=3 credit.cpo=1
void     T5 T3 -> created debit.dpo=1 debit.cpo=10 credit.dpo=10 credit.cpo=1
reverse  T6 T1 A1 -> A2                                -> exceeds_credits
transfer T7 A2 -> A1 amount=10 linked                  -> linked_event_failed
transfer T8 A1 -> A9 amount=10                         -> credit_account_not_found
transfer T9 A1 -> A2 amount=0 pending closing_debit -> created debit.dpo=1 debit.cpo=10 \
         credit.dpo=10 credit.cpo=1
transfer T10 A1 -> A2                                  -> debit_account_already_closed
transfer T11 A1 -> A2 linked                           -> linked_event_chain_open
# Nothing came of it: no money, no ids, no state.
lookup   T1 T2 T3 T4 T5 T6 -> missing missing missing missing missing missing
lookup   T7 T8 T9 T10      -> missing missing missing missing
balance  A1
flags    A1 ->
query_transfers limit=9 ->
transfer T1 A2 -> A1 amount=10                         -> created
transfer T2 A1 -> A2 amount=1                          -> created
transfer T8 A1 -> A2 amount=1                          -> created
# What is there is seen.
request  dry_run
transfer T1 A2 -> A1 amount=10                         -> exists
transfer T3 A1 -> A2 amount=8 debit>=1                 -> debit_account_condition_not_met
transfer T4 A1 -> A2 amount=8 debit>=0                 -> created
transfer T5 A1 -> A2 amount=1                          -> exceeds_credits
transfer T6 A2 -> A1 imported timestamp=5              -> imported_event_not_expected
request  dry_run
transfer T6 A2 -> A1 imported timestamp=5              -> imported_event_timestamp_must_not_regress
balance  A1 dpo=2 cpo=10
# Holds are as they are: a dry run lets no time pass.
transfer T12 A1 -> A2 amount=8 pending timeout=5       -> created
request  dry_run
void     T13 T12                                       -> created
post     T14 T12                                       -> pending_transfer_already_voided
transfer T15 A1 -> A2 amount=8                         -> created
status   T12 -> created pending remaining=8 expires=T12+5s
time     T12+5s
tick
request  dry_run
post     T14 T12                                       -> pending_transfer_expired
transfer T15 A1 -> A2 amount=8                         -> created
balance  A1 dpo=2 cpo=10
)";

// Every event of a dry run stands at the last logged time: the moment that imported events must lie
// before, and that deadlines count from.
constexpr std::string_view kDryRunTime = R"(
time     2^63-2000000000
account  A1                                            -> created
account  A2                                            -> created
request  dry_run
transfer T1 A1 -> A2 pending timeout=1                 -> created
transfer T2 A1 -> A2 pending timeout=2                 -> overflows_timeout
transfer T3 A1 -> A2 pending timeout=1                 -> created
tick
time     2^63-1000000001
tick
request  dry_run
transfer T1 A1 -> A2 pending timeout=1                 -> created
transfer T2 A1 -> A2 pending timeout=1                 -> created
tick
request  dry_run
transfer T1 A1 -> A2 pending timeout=1                 -> overflows_timeout
lookup   T1 T2 T3 -> missing missing missing
)";

// Limits are checked, and not used up.
constexpr std::string_view kDryRunLimits = R"(
account  A1                                            -> created
account  A2                                            -> created
update   U1 A1 velocity_sum=10                         -> created
transfer T1 A1 -> A2 amount=4 pending                  -> created
request  dry_run
transfer T2 A1 -> A2 amount=6                          -> created
transfer T3 A1 -> A2 amount=1                          -> exceeds_velocity_limit
void     T4 T1                                         -> created
transfer T5 A1 -> A2 amount=4                          -> created
limits   A1 -> velocity_sum=10 used=4 used_count=1 since=U1
transfer T2 A1 -> A2 amount=6                          -> created
transfer T3 A1 -> A2 amount=1                          -> exceeds_velocity_limit
request  dry_run
reverse  T6 T2 A2 -> A1                                -> created
reverse  T7 T2 A2 -> A1                                -> original_transfer_already_reversed
status   T2 -> created
reverse  T8 T2 A2 -> A1                                -> created
balance  A1 dp=4 dpo=6 cpo=6
)";

}  // namespace

std::vector<NamedTable> request_tables() {
  return {
      {"requests_balances", std::string(kBalances)},
      {"requests_balances_and_expiry", std::string(kBalancesAndExpiry)},
      {"requests_dry_run", std::string(kDryRun)},
      {"requests_dry_run_time", std::string(kDryRunTime)},
      {"requests_dry_run_limits", std::string(kDryRunLimits)},
  };
}

}  // namespace florin::test
