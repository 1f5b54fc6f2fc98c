// Tables about imported events, which bring their own time.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kImportsAccounts = R"(
time     100s
account  A1 imported timestamp=10                      -> created
account  A2 imported timestamp=11                      -> created
account  A3 imported timestamp=11                      -> imported_event_timestamp_must_not_regress
account  A3 imported timestamp=10                      -> imported_event_timestamp_must_not_regress
account  A3 imported timestamp=1                       -> imported_event_timestamp_must_not_regress
account  A3 imported timestamp=0                       -> imported_event_timestamp_out_of_range
account  A3 imported timestamp=2^63                    -> imported_event_timestamp_out_of_range
account  A3 imported timestamp=2^64-1                  -> imported_event_timestamp_out_of_range
account  A3 imported timestamp=2^63-1                  -> imported_event_timestamp_must_not_advance
account  A3 imported                                   -> imported_event_timestamp_out_of_range
account  A3 imported timestamp=13                      -> created
# The time is not compared, but it has to be one.
account  A1 imported timestamp=10                      -> exists
account  A1 imported timestamp=90                      -> exists
account  A1 imported timestamp=1                       -> exists
account  A1 imported timestamp=0                       -> imported_event_timestamp_out_of_range
account  A1 imported timestamp=10 code=7               -> exists_with_different_code
account  A1                                            -> imported_event_expected
account  A9                                            -> imported_event_expected
request
account  A1                                            -> exists_with_different_flags
account  A9 imported timestamp=50                      -> imported_event_not_expected
account  A1 imported timestamp=10                      -> imported_event_not_expected
account  A9                                            -> created
# What lives is later than anything that could be imported before it.
account  A10 timestamp=5                               -> timestamp_must_be_zero
request
account  A10 imported timestamp=50s                    -> imported_event_timestamp_must_not_regress
lookup   A1 A2 A3 A9 A10 -> found found found found missing
query_accounts limit=9 -> A1 A2 A3 A9
query_accounts limit=9 timestamp_min=11ns timestamp_max=13ns -> A2 A3
)";

// `must_not_advance` looks at the time of the request's first event, for all of them.
constexpr std::string_view kAdvance = R"(
time     100s
account  A1 imported timestamp=100000000000            -> imported_event_timestamp_must_not_advance
account  A2 imported timestamp=100000000000            -> imported_event_timestamp_must_not_advance
account  A3 imported timestamp=100000000001            -> imported_event_timestamp_must_not_advance
account  A4 imported timestamp=99999999999             -> created
time     200s
transfer T1 A4 -> A1 imported timestamp=200000000000 linked \
         -> imported_event_timestamp_must_not_advance
transfer T2 A4 -> A1 imported timestamp=200000000000   -> linked_event_failed
transfer T3 A4 -> A1 imported timestamp=200000000000   -> imported_event_timestamp_must_not_advance
transfer T4 A4 -> A4 imported timestamp=199999999999   -> accounts_must_be_different
)";

// A request is imported as a whole if its first event is, whatever becomes of that event.
constexpr std::string_view kWholeRequest = R"(
time     100s
account  A1 imported code=0                            -> imported_event_timestamp_out_of_range
account  A1                                            -> imported_event_expected
account  A1 imported timestamp=1                       -> created
account  A2 imported timestamp=2                       -> created
request
account  A0                                            -> id_must_not_be_zero
account  A3 imported timestamp=9                       -> imported_event_not_expected
account  A3 timestamp=9                                -> timestamp_must_be_zero
request
transfer T1 A1 -> A2 imported timestamp=3              -> created
transfer T2 A1 -> A2                                   -> imported_event_expected
transfer T2 A1 -> A2 timestamp=4                       -> imported_event_expected
transfer T2 A1 -> A2 imported timestamp=4              -> created
transfer T4 A1 -> A2 linked imported timestamp=5       -> linked_event_failed
transfer T5 A1 -> A2                                   -> imported_event_expected
request
transfer T3 A1 -> A2                                   -> created
transfer T4 A1 -> A2 imported timestamp=5              -> imported_event_not_expected
# The flag counts, even beside one that nobody has defined.
request
transfer T4 A1 -> A2 imported flag_bit=15 timestamp=5  -> reserved_flag
transfer T4 A1 -> A2                                   -> imported_event_expected
)";

constexpr std::string_view kImportsTransfers = R"(
time     100s
account  A1 imported timestamp=10                      -> created
account  A2 imported timestamp=20                      -> created
account  A3 imported timestamp=30                      -> created
account  A4 imported timestamp=40 debits_must_not_exceed_credits -> created
transfer T1 A2 -> A1 imported timestamp=19 -> imported_event_timestamp_must_postdate_debit_account
transfer T1 A2 -> A1 imported timestamp=20 -> imported_event_timestamp_must_postdate_debit_account
transfer T1 A1 -> A2 imported timestamp=20 -> imported_event_timestamp_must_postdate_credit_account
transfer T1 A2 -> A3 imported timestamp=10 -> imported_event_timestamp_must_postdate_debit_account
transfer T1 A1 -> A2 imported timestamp=0              -> imported_event_timestamp_out_of_range
transfer T1 A1 -> A2 imported timestamp=2^63           -> imported_event_timestamp_out_of_range
transfer T1 A1 -> A2 imported timestamp=21 timeout=1   -> timeout_reserved_for_pending_transfer
transfer T1 A1 -> A2 imported timestamp=21 timeout=1 pending -> imported_event_timeout_must_be_zero
transfer T1 A1 -> A2 imported timestamp=21             -> created
transfer T2 A1 -> A2 imported timestamp=21             -> imported_event_timestamp_must_not_regress
transfer T2 A1 -> A2 imported timestamp=15             -> imported_event_timestamp_must_not_regress
transfer T2 A1 -> A2 imported timestamp=22 pending amount=9 -> created
transfer T1 A1 -> A2 imported timestamp=21             -> exists
transfer T1 A1 -> A2 imported timestamp=5              -> exists
transfer T1 A1 -> A2 imported timestamp=5 code=2       -> exists_with_different_code
# Accounts and transfers are two kinds: A4 is later than T2.
account  A5 imported timestamp=41                      -> created
transfer T4 A4 -> A1 imported timestamp=60             -> exceeds_credits
transfer T4 A4 -> A1 imported timestamp=61             -> id_already_failed
transfer T5 A1 -> A9 imported timestamp=60             -> credit_account_not_found
transfer T6 A1 -> A4 imported timestamp=60 amount=7    -> created
transfer T7 A4 -> A1 imported timestamp=61 amount=7    -> created
# Posts and voids, which bring their time too.
post     T8 T2 imported timestamp=61 amount=2 capture_partial \
         -> imported_event_timestamp_must_not_regress
post     T8 T2 imported timestamp=62 amount=2 capture_partial -> created
void     T9 T2 imported timestamp=62                   -> imported_event_timestamp_must_not_regress
void     T9 T2 imported timestamp=63                   -> created
reverse  T10 T1 A2 -> A1 imported timestamp=63         -> imported_event_timestamp_must_not_regress
reverse  T10 T1 A2 -> A1 imported timestamp=64         -> created
reverse  T10 T1 A2 -> A1 imported timestamp=64         -> exists
post     T8 T2 imported timestamp=9 amount=2 capture_partial -> exists
status   T1 -> created reversed
status   T2 -> created voided
balance  A1 dpo=10 cpo=8
# Live traffic ends it.
transfer T11 A1 -> A2                                  -> created
request
transfer T12 A1 -> A2 imported timestamp=99s           -> imported_event_timestamp_must_not_regress
account  A6 imported timestamp=99s                     -> created
query_transfers limit=99 -> T1 T2 T6 T7 T8 T9 T10 T11
query_transfers limit=99 timestamp_min=22ns timestamp_max=62ns -> T2 T6 T7 T8
)";

// A chain that fails leaves no trace of its times.
constexpr std::string_view kImportsChains = R"(
time     100s
account  A1 imported timestamp=10 linked               -> linked_event_failed
account  A2 imported timestamp=50 linked               -> linked_event_failed
account  A3 imported timestamp=50                      -> imported_event_timestamp_must_not_regress
account  A1 imported timestamp=10 linked               -> created
account  A2 imported timestamp=11                      -> created
account  A1 imported timestamp=10 linked               -> exists
account  A2 imported timestamp=11                      -> exists
transfer T1 A1 -> A2 imported timestamp=90 linked      -> linked_event_failed
transfer T2 A1 -> A2 imported timestamp=95 linked      -> linked_event_failed
transfer T3 A1 -> A2 imported timestamp=96 code=0      -> code_must_not_be_zero
transfer T1 A1 -> A2 imported timestamp=20 linked      -> created
transfer T2 A1 -> A2 imported timestamp=21             -> created
transfer T1 A1 -> A2 imported timestamp=20 linked      -> exists
transfer T2 A1 -> A2 imported timestamp=21             -> exists
# A repeated id answers with the time that its first one brought, undone or not.
transfer T4 A1 -> A2 imported timestamp=30 linked      -> linked_event_failed
transfer T4 A1 -> A2 imported timestamp=31 linked      -> exists
transfer T5 A1 -> A2 imported timestamp=32             -> linked_event_failed
transfer T6 A1 -> A2 imported timestamp=30 linked      -> linked_event_chain_open
balance  A1 dpo=2
)";

// Whatever time they bring, they are decided when they are: holds expire by the ledger's time, and
// the velocity limit does not see them.
constexpr std::string_view kAndTheRest = R"(
time     100s
account  A1 imported timestamp=10                          -> created
account  A2 imported timestamp=11                          -> created
account  A3 imported timestamp=12 closed                   -> created
account  A4 imported timestamp=13 frozen_debits            -> created
update   U1 A1 velocity_sum=5 velocity_count=1             -> created
transfer T1 A1 -> A2 imported timestamp=20 amount=100      -> created
transfer T2 A1 -> A2 imported timestamp=21 amount=100 pending -> created
transfer T3 A1 -> A3 imported timestamp=22                 -> credit_account_already_closed
transfer T4 A4 -> A1 imported timestamp=22                 -> debit_account_frozen
limits   A1 -> velocity_sum=5 velocity_count=1 since=U1
update   U2 A1 transfer_limit=50                           -> created
update   U3 A2 balance_limit=230                           -> created
transfer T5 A1 -> A2 imported timestamp=23 amount=51       -> exceeds_transfer_limit
transfer T6 A1 -> A2 imported timestamp=23 amount=31       -> exceeds_balance_limit
transfer T7 A1 -> A2 imported timestamp=23 amount=30       -> created
transfer T8 A1 -> A2 imported timestamp=24 amount=2 debit>=0 -> exceeds_balance_limit
update   U4 A2 clear_balance_limit                         -> created
transfer T9 A1 -> A2 imported timestamp=25 debit>=0        -> debit_account_condition_not_met
transfer T10 A2 -> A1 imported timestamp=25 amount=2^128-1 balancing_debit -> created amount=130
request
# Voiding an imported hold gives nothing back that was never charged.
transfer T11 A1 -> A2 amount=5                             -> created
limits   A1 -> velocity_sum=5 velocity_count=1 used=5 used_count=1 transfer=50 since=U2
void     T12 T2                                            -> created
limits   A1 -> velocity_sum=5 velocity_count=1 used=5 used_count=1 transfer=50 since=U2
transfer T13 A1 -> A2 amount=0                             -> exceeds_velocity_limit
balance  A1 dpo=135 cpo=130
balance  A2 dpo=130 cpo=135
)";

constexpr std::string_view kImportsExpiry = R"(
time     100s
account  A1 imported timestamp=10                          -> created
account  A2 imported timestamp=11                          -> created
request
account  A3                                                -> created
account  A4                                                -> created
transfer T1 A1 -> A2 imported timestamp=20 pending         -> created
status   T1 -> created pending remaining=1
time     +100d
tick
status   T1 -> created pending remaining=1
transfer T2 A3 -> A4 pending timeout=5                     -> created
# Its own time is long before the deadline; the ledger's is not.
time     T2+5s-1ns
account  A5 imported timestamp=150s                        -> created
account  A6 imported timestamp=151s                        -> created
status   T2 -> created expired
)";

}  // namespace

std::vector<NamedTable> import_tables() {
  return {
      {"imports_accounts", std::string(kImportsAccounts)},
      {"imports_advance", std::string(kAdvance)},
      {"imports_whole_request", std::string(kWholeRequest)},
      {"imports_transfers", std::string(kImportsTransfers)},
      {"imports_chains", std::string(kImportsChains)},
      {"imports_and_the_rest", std::string(kAndTheRest)},
      {"imports_expiry", std::string(kImportsExpiry)},
  };
}

}  // namespace florin::test
