// Tables about the limits that updates set: overdraft, balance, transfer. Velocity has its own.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kAccountLimitsOverdraft = R"(
account  A1 debits_must_not_exceed_credits       -> created
account  A2                                      -> created
limits   A1 ->
limits   A9 -> missing
transfer T1 A1 -> A2 amount=1                    -> exceeds_credits
update   U1 A1 overdraft_limit=50                -> created
limits   A1 -> overdraft=50 since=U1
transfer T2 A1 -> A2 amount=51                   -> exceeds_credits
transfer T3 A1 -> A2 amount=20                   -> created
transfer T4 A1 -> A2 amount=30 pending           -> created
transfer T5 A1 -> A2 amount=1 pending            -> exceeds_credits
transfer T6 A1 -> A2 amount=0                    -> created
# Credits that are held do not help; posted ones do.
transfer T7 A2 -> A1 amount=10 pending           -> created
transfer T8 A1 -> A2 amount=1                    -> exceeds_credits
post     T9 T7                                   -> created
transfer T10 A1 -> A2 amount=10                  -> created
# Lowered below what is used: nothing is undone, nothing goes on, posts and voids pass.
update   U2 A1 overdraft_limit=0                 -> created
limits   A1 -> overdraft=0 since=U2
transfer T11 A1 -> A2 amount=0                   -> exceeds_credits
post     T12 T4 amount=10 capture_partial        -> created
void     T13 T4                                  -> created
balance  A1 dpo=40 cpo=10
transfer T14 A2 -> A1 amount=30                  -> created
transfer T15 A1 -> A2 amount=0                   -> created
transfer T16 A1 -> A2 amount=1                   -> exceeds_credits
update   U3 A1 overdraft_limit=1                 -> created
update   U4 A1 clear_overdraft_limit             -> created
limits   A1 -> since=U4
transfer T17 A1 -> A2 amount=1                   -> exceeds_credits
# The sum of credits and limit is more than 128 bits.
update   U5 A1 overdraft_limit=2^128-1           -> created
transfer T18 A1 -> A2 amount=2^128-41            -> created
transfer T19 A1 -> A2 amount=1                   -> overflows_debits_posted
balance  A1 dpo=2^128-1 cpo=40
)";

constexpr std::string_view kOverdraftMirror = R"(
account  A1 credits_must_not_exceed_debits       -> created
account  A2                                      -> created
update   U1 A1 overdraft_limit=50                -> created
transfer T1 A2 -> A1 amount=51                   -> exceeds_debits
transfer T2 A2 -> A1 amount=30 pending           -> created
transfer T3 A2 -> A1 amount=20                   -> created
transfer T4 A2 -> A1 amount=1                    -> exceeds_debits
transfer T5 A1 -> A2 amount=1                    -> created
transfer T6 A2 -> A1 amount=1                    -> created
update   U2 A1 clear_overdraft_limit             -> created
transfer T7 A2 -> A1 amount=0                    -> exceeds_debits
balance  A1 cp=30 cpo=21 dpo=1
# Where no flag sets a bound, it bounds nothing.
update   U3 A2 overdraft_limit=5                 -> created
transfer T8 A2 -> A1 amount=0 pending            -> exceeds_debits
account  A3                                      -> created
transfer T9 A2 -> A3 amount=1000                 -> created
)";

constexpr std::string_view kTransferLimit = R"(
account  A1                                      -> created
account  A2                                      -> created
update   U1 A1 transfer_limit=100                -> created
limits   A1 -> transfer=100 since=U1
transfer T1 A1 -> A2 amount=101                  -> exceeds_transfer_limit
transfer T2 A1 -> A2 amount=101 pending          -> exceeds_transfer_limit
transfer T3 A1 -> A2 amount=2^64                 -> exceeds_transfer_limit
transfer T4 A1 -> A2 amount=100                  -> created
transfer T5 A1 -> A2 amount=100 pending          -> created
post     T6 T5                                   -> created
# It is about debits.
transfer T7 A2 -> A1 amount=101                  -> created
transfer T1 A1 -> A2 amount=101                  -> id_already_failed
# Zero is a limit, too; cleared, there is none.
update   U2 A1 transfer_limit=0                  -> created
limits   A1 -> transfer=0 since=U2
transfer T8 A1 -> A2 amount=1                    -> exceeds_transfer_limit
transfer T9 A1 -> A2 amount=0                    -> created
update   U3 A1 clear_transfer_limit              -> created
limits   A1 -> since=U3
transfer T10 A1 -> A2 amount=1000                -> created
# A hold is not measured again when it is posted.
transfer T11 A1 -> A2 amount=1000 pending        -> created
update   U4 A1 transfer_limit=1                  -> created
post     T12 T11                                 -> created
update   U5 A1 transfer_limit=2^128-1            -> created
transfer T13 A1 -> A2 amount=2^127               -> created
)";

constexpr std::string_view kBalanceLimit = R"(
account  A1                                      -> created
account  A2                                      -> created
update   U1 A1 balance_limit=100                 -> created
limits   A1 -> balance=100 since=U1
transfer T1 A2 -> A1 amount=101                  -> exceeds_balance_limit
transfer T2 A2 -> A1 amount=101 pending          -> exceeds_balance_limit
transfer T3 A2 -> A1 amount=60                   -> created
transfer T4 A2 -> A1 amount=30 pending           -> created
transfer T5 A2 -> A1 amount=11                   -> exceeds_balance_limit
transfer T6 A2 -> A1 amount=10                   -> created
transfer T7 A2 -> A1 amount=0                    -> created
# Debits that are held make no room; posted ones do.
transfer T8 A1 -> A2 amount=50 pending           -> created
transfer T9 A2 -> A1 amount=1                    -> exceeds_balance_limit
post     T10 T8                                  -> created
transfer T11 A2 -> A1 amount=51                  -> exceeds_balance_limit
transfer T12 A2 -> A1 amount=50                  -> created
void     T13 T4                                  -> created
transfer T14 A2 -> A1 amount=30                  -> created
balance  A1 dpo=50 cpo=150
# Below zero there is more room.
transfer T15 A1 -> A2 amount=500                 -> created
transfer T16 A2 -> A1 amount=501                 -> exceeds_balance_limit
transfer T17 A2 -> A1 amount=500                 -> created
# Lowered below what is there.
update   U2 A1 balance_limit=99                  -> created
transfer T18 A2 -> A1 amount=0                   -> exceeds_balance_limit
transfer T19 A1 -> A2 amount=1                   -> created
transfer T20 A2 -> A1 amount=0                   -> created
update   U3 A1 clear_balance_limit               -> created
transfer T21 A2 -> A1 amount=1000                -> created
update   U4 A1 balance_limit=2^128-1             -> created
transfer T22 A2 -> A1 amount=2^127               -> created
limits   A1 -> balance=2^128-1 since=U4
)";

// Of debit nature: its debits are what it holds.
constexpr std::string_view kBalanceLimitMirror = R"(
account  A1 credits_must_not_exceed_debits       -> created
account  A2                                      -> created
update   U1 A1 balance_limit=100                 -> created
transfer T1 A1 -> A2 amount=101                  -> exceeds_balance_limit
transfer T2 A1 -> A2 amount=60                   -> created
transfer T3 A1 -> A2 amount=40 pending           -> created
transfer T4 A1 -> A2 amount=1                    -> exceeds_balance_limit
transfer T5 A2 -> A1 amount=30 pending           -> created
transfer T6 A1 -> A2 amount=1                    -> exceeds_balance_limit
post     T7 T5                                   -> created
transfer T8 A1 -> A2 amount=31                   -> exceeds_balance_limit
transfer T9 A1 -> A2 amount=30                   -> created
# Its credits are not limited by it, nor the debits of others.
transfer T10 A2 -> A1 amount=60                  -> created
update   U2 A2 balance_limit=0                   -> created
transfer T11 A2 -> A1 amount=0                   -> created
# One for each side.
account  A3                                      -> created
update   U3 A3 balance_limit=5                   -> created
transfer T12 A1 -> A3 amount=61                  -> exceeds_balance_limit
transfer T13 A1 -> A3 amount=6                   -> exceeds_balance_limit
transfer T14 A1 -> A3 amount=5                   -> created
balance  A1 dp=40 dpo=95 cpo=90
# Lowered below what is there: credits pass.
update   U4 A1 balance_limit=1                   -> created
transfer T15 A2 -> A1 amount=1                   -> created
transfer T16 A1 -> A2 amount=0                   -> exceeds_balance_limit
)";

// All at once, and one after the other, in the order of the outcomes.
constexpr std::string_view kTogether = R"(
account  A1 debits_must_not_exceed_credits       -> created
account  A2 credits_must_not_exceed_debits       -> created
account  A3                                      -> created
update   U1 A1 overdraft_limit=100 balance_limit=5 transfer_limit=60 velocity_sum=50 -> created
update   U2 A2 overdraft_limit=90                -> created
limits   A1 -> overdraft=100 balance=5 transfer=60 velocity_sum=50 since=U1
transfer T1 A1 -> A2 amount=101                  -> exceeds_credits
transfer T2 A1 -> A2 amount=91                   -> exceeds_debits
transfer T3 A1 -> A2 amount=61                   -> exceeds_transfer_limit
transfer T4 A1 -> A2 amount=51                   -> exceeds_velocity_limit
transfer T5 A1 -> A2 amount=50 debit>=0          -> debit_account_condition_not_met
transfer T6 A1 -> A2 amount=50                   -> created
update   U3 A3 transfer_limit=8 velocity_count=0 -> created
transfer T7 A3 -> A1 amount=56                   -> exceeds_transfer_limit
update   U4 A3 clear_transfer_limit              -> created
transfer T8 A3 -> A1 amount=56                   -> exceeds_velocity_limit
update   U5 A3 clear_velocity_limit              -> created
transfer T9 A3 -> A1 amount=56 credit>=99        -> exceeds_balance_limit
transfer T10 A3 -> A1 amount=55 credit>=99       -> credit_account_condition_not_met
transfer T11 A3 -> A1 amount=55                  -> created
# Each is set and cleared by itself.
update   U6 A1 clear_overdraft_limit transfer_limit=7 -> created
limits   A1 -> balance=5 transfer=7 velocity_sum=50 used=50 used_count=1 since=U6
update   U7 A1 clear_velocity_limit clear_balance_limit clear_transfer_limit -> created
limits   A1 -> since=U7
update   U8 A1 ud64=1                            -> created
update   U9 A1 clear_overdraft_limit clear_balance_limit clear_transfer_limit clear_velocity_limit \
         -> created
limits   A1 -> since=U7
)";

}  // namespace

std::vector<NamedTable> account_limit_tables() {
  return {
      {"account_limits_overdraft", std::string(kAccountLimitsOverdraft)},
      {"account_limits_overdraft_mirror", std::string(kOverdraftMirror)},
      {"account_limits_transfer", std::string(kTransferLimit)},
      {"account_limits_balance", std::string(kBalanceLimit)},
      {"account_limits_balance_mirror", std::string(kBalanceLimitMirror)},
      {"account_limits_together", std::string(kTogether)},
  };
}

}  // namespace florin::test
