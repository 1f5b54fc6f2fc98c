// Tables about balancing transfers: the amount is what the account leaves.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kDebit = R"(
account  A1                                            -> created
account  A2                                            -> created
transfer T1 A1 -> A2 amount=9 balancing_debit          -> created amount=0
transfer T2 A2 -> A1 amount=100                        -> created
transfer T3 A1 -> A2 amount=30 balancing_debit         -> created
transfer T4 A1 -> A2 amount=71 balancing_debit         -> created amount=70
transfer T5 A1 -> A2 amount=1 balancing_debit          -> created amount=0
balance  A1 dpo=100 cpo=100
# As much as there is, and exactly that.
transfer T6 A2 -> A1 amount=50                         -> created
transfer T7 A1 -> A2 amount=2^128-1 balancing_debit    -> created amount=50
transfer T8 A2 -> A1 amount=50                         -> created
transfer T9 A1 -> A2 amount=50 balancing_debit         -> created
transfer T10 A1 -> A2 amount=0 balancing_debit         -> created
balance  A1 dpo=200 cpo=200
# An account that no flag limits may be below zero: there is nothing, and not less.
transfer T11 A1 -> A2 amount=5                         -> created
transfer T12 A1 -> A2 amount=9 balancing_debit         -> created amount=0
transfer T13 A2 -> A1 amount=4                         -> created
transfer T14 A1 -> A2 amount=9 balancing_debit         -> created amount=0
transfer T15 A2 -> A1 amount=4                         -> created
transfer T16 A1 -> A2 amount=9 balancing_debit         -> created amount=3
balance  A1 dpo=208 cpo=208
)";

constexpr std::string_view kCredit = R"(
account  A1                                            -> created
account  A2                                            -> created
transfer T1 A1 -> A2 amount=9 balancing_credit         -> created amount=0
transfer T2 A2 -> A1 amount=100                        -> created
transfer T3 A1 -> A2 amount=30 balancing_credit        -> created
transfer T4 A1 -> A2 amount=2^128-1 balancing_credit   -> created amount=70
transfer T5 A1 -> A2 amount=1 balancing_credit         -> created amount=0
balance  A1 dpo=100 cpo=100
balance  A2 dpo=100 cpo=100
transfer T6 A1 -> A2 amount=5                          -> created
transfer T7 A1 -> A2 amount=9 balancing_credit         -> created amount=0
transfer T8 A2 -> A1 amount=8                          -> created
transfer T9 A1 -> A2 amount=9 balancing_credit         -> created amount=3
balance  A2 dpo=108 cpo=108
)";

// Both: the least of the three.
constexpr std::string_view kBoth = R"(
account  A1                                            -> created
account  A2                                            -> created
account  A3                                            -> created
transfer T1 A3 -> A1 amount=100                        -> created
transfer T2 A2 -> A3 amount=60                         -> created
transfer T3 A1 -> A2 amount=10 balancing_debit balancing_credit      -> created
transfer T4 A1 -> A2 amount=2^128-1 balancing_debit balancing_credit -> created amount=50
transfer T5 A1 -> A2 amount=2^128-1 balancing_debit balancing_credit -> created amount=0
transfer T6 A2 -> A3 amount=60                         -> created
transfer T7 A1 -> A2 amount=2^128-1 balancing_debit balancing_credit -> created amount=40
balance  A1 dpo=100 cpo=100
balance  A2 dpo=120 cpo=100
)";

// Holds: outgoing ones take, incoming ones give nothing; and a balancing transfer may be one.
constexpr std::string_view kBalancingPending = R"(
account  A1                                                   -> created
account  A2                                                   -> created
transfer T1 A2 -> A1 amount=100                               -> created
transfer T2 A1 -> A2 amount=30 pending                        -> created
transfer T3 A2 -> A1 amount=500 pending                       -> created
transfer T4 A1 -> A2 amount=2^128-1 pending balancing_debit   -> created amount=70
status   T4 -> created pending remaining=70
balance  A1 dp=100 cpo=100 cp=500
transfer T5 A1 -> A2 amount=2^128-1 balancing_debit           -> created amount=0
void     T6 T2                                                -> created
transfer T7 A1 -> A2 amount=2^128-1 balancing_debit           -> created amount=30
post     T8 T4 amount=71                                      -> exceeds_pending_transfer_amount
post     T8 T4                                                -> created
balance  A1 dpo=100 cpo=100 cp=500
# The mirror.
account  A3                                                   -> created
transfer T11 A3 -> A2 amount=100                              -> created
transfer T12 A2 -> A3 amount=30 pending                       -> created
transfer T13 A3 -> A2 amount=500 pending                      -> created
transfer T14 A2 -> A3 amount=2^128-1 pending balancing_credit -> created amount=70
transfer T15 A2 -> A3 amount=2^128-1 balancing_credit         -> created amount=0
balance  A3 cp=100 dpo=100 dp=500
)";

constexpr std::string_view kBalancingOverdraft = R"(
account  A1 debits_must_not_exceed_credits            -> created
account  A2                                           -> created
account  A3                                           -> created
update   U1 A1 overdraft_limit=50                     -> created
update   U2 A2 overdraft_limit=7                      -> created
transfer T1 A3 -> A1 amount=100                       -> created
transfer T2 A1 -> A3 amount=2^128-1 balancing_debit   -> created amount=150
transfer T3 A1 -> A3 amount=1 balancing_debit         -> created amount=0
transfer T4 A1 -> A3 amount=1                         -> exceeds_credits
transfer T5 A2 -> A3 amount=2^128-1 balancing_debit   -> created amount=7
transfer T6 A3 -> A2 amount=2^128-1 balancing_credit  -> created amount=14
balance  A2 dpo=7 cpo=14
# Sums beyond 128 bits.
account  A4                                           -> created
account  A5                                           -> created
update   U3 A4 overdraft_limit=2^128-1                -> created
transfer T7 A4 -> A5 amount=2^128-2 balancing_debit   -> created
transfer T8 A4 -> A5 amount=2^128-1 balancing_debit   -> created amount=1
transfer T9 A4 -> A5 amount=2^128-1 balancing_debit   -> created amount=0
transfer T10 A5 -> A4 amount=2^128-1                  -> created
# The overdraft leaves all of it again, but the counter is full.
transfer T11 A4 -> A5 amount=1 balancing_debit        -> overflows_debits_posted
transfer T12 A4 -> A5 amount=0 balancing_debit        -> created
)";

// The other limits refuse the amount that came out; they take nothing away from it.
constexpr std::string_view kOtherLimits = R"(
account  A1                                           -> created
account  A2                                           -> created
transfer T1 A2 -> A1 amount=100                       -> created
update   U1 A1 transfer_limit=40                      -> created
transfer T2 A1 -> A2 amount=2^128-1 balancing_debit   -> exceeds_transfer_limit
transfer T3 A1 -> A2 amount=41 balancing_debit        -> exceeds_transfer_limit
transfer T4 A1 -> A2 amount=40 balancing_debit        -> created
transfer T5 A1 -> A2 amount=30 balancing_debit        -> created
transfer T6 A1 -> A2 amount=2^128-1 balancing_debit   -> created amount=30
update   U2 A1 clear_transfer_limit velocity_sum=10   -> created
transfer T7 A2 -> A1 amount=10                        -> created
transfer T8 A1 -> A2 amount=2^128-1 balancing_debit   -> created amount=10
transfer T9 A1 -> A2 amount=2^128-1 balancing_debit   -> created amount=0
transfer T10 A2 -> A1 amount=1                        -> created
transfer T11 A1 -> A2 amount=2^128-1 balancing_debit  -> exceeds_velocity_limit
update   U3 A2 balance_limit=5                        -> created
account  A3                                           -> created
transfer T12 A3 -> A2 amount=2 balancing_debit        -> created amount=0
transfer T13 A1 -> A3 amount=0                        -> created
transfer T14 A2 -> A3 amount=9                        -> created
transfer T15 A3 -> A2 amount=2^128-1 balancing_debit  -> created amount=9
# The flag of the account is obeyed besides.
account  A4 credits_must_not_exceed_debits            -> created
transfer T16 A2 -> A4 amount=5 balancing_debit        -> created amount=0
transfer T17 A1 -> A4 amount=1 balancing_credit       -> created amount=0
limits   A1 -> velocity_sum=10 used=10 used_count=4 since=U2
)";

constexpr std::string_view kBalancingRetries = R"(
account  A1                                           -> created
account  A2                                           -> created
transfer T1 A2 -> A1 amount=100                       -> created
transfer T2 A1 -> A2 amount=150 balancing_debit       -> created amount=100
transfer T2 A1 -> A2 amount=150 balancing_debit       -> exists
transfer T2 A1 -> A2 amount=100 balancing_debit       -> exists
transfer T2 A1 -> A2 amount=2^128-1 balancing_debit   -> exists
transfer T2 A1 -> A2 amount=99 balancing_debit        -> exists_with_different_amount
transfer T2 A1 -> A2 amount=100                       -> exists_with_different_flags
# More is there now; the transfer is what it was.
transfer T3 A2 -> A1 amount=100                       -> created
transfer T2 A1 -> A2 amount=150 balancing_debit       -> exists
balance  A1 dpo=100 cpo=200
)";

// Within a chain, with money that its members bring; and one that sweeps and closes.
constexpr std::string_view kBalancingChains = R"(
account  A1                                               -> created
account  A2                                               -> created
account  A3                                               -> created
transfer T1 A2 -> A1 amount=10 linked                     -> created
transfer T2 A1 -> A3 amount=2^128-1 balancing_debit linked -> created amount=10
transfer T3 A1 -> A3 amount=2^128-1 balancing_debit       -> created amount=0
transfer T1 A2 -> A1 amount=10 linked                     -> exists
transfer T2 A1 -> A3 amount=10 balancing_debit linked     -> exists
transfer T3 A1 -> A3 amount=5 balancing_debit             -> exists
transfer T4 A2 -> A1 amount=10 linked                     -> linked_event_failed
transfer T5 A1 -> A3 amount=7 balancing_debit linked      -> linked_event_failed
transfer T6 A1 -> A3 amount=2^128-1 balancing_debit linked -> linked_event_failed
transfer T7 A1 -> A1                                      -> accounts_must_be_different
balance  A1 dpo=10 cpo=10
transfer T8 A2 -> A1 amount=25                            -> created
transfer T9 A1 -> A3 amount=2^128-1 pending balancing_debit closing_debit timeout=3 \
         -> created amount=25
flags    A1 -> closed
balance  A1 dp=25 dpo=10 cpo=35
time     T9+3s
tick
flags    A1 ->
balance  A1 dpo=10 cpo=35
)";

}  // namespace

std::vector<NamedTable> balancing_tables() {
  return {
      {"balancing_debit", std::string(kDebit)},
      {"balancing_credit", std::string(kCredit)},
      {"balancing_both", std::string(kBoth)},
      {"balancing_pending", std::string(kBalancingPending)},
      {"balancing_overdraft", std::string(kBalancingOverdraft)},
      {"balancing_other_limits", std::string(kOtherLimits)},
      {"balancing_retries", std::string(kBalancingRetries)},
      {"balancing_chains", std::string(kBalancingChains)},
  };
}

}  // namespace florin::test
