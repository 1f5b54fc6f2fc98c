// Tables about look-ups and the trial balance.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kEmptyLedger = R"(
lookup  A1 A0 Amax       -> missing missing missing
lookup  T1 T0 Tmax       -> missing missing missing
totals  min=0 limit=1    ->
totals  min=0 limit=8189 ->
)";

// Answers stand at the place of their id, however often it is asked.
constexpr std::string_view kLookups = R"(
account  A1                               -> created
account  A2 debits_must_not_exceed_credits -> created
transfer T1 A1 -> A2 amount=5             -> created
transfer T2 A2 -> A1 amount=6             -> exceeds_credits
transfer T3 A2 -> A2                      -> accounts_must_be_different
transfer T4 A1 -> A3                      -> credit_account_not_found
lookup   A9 A1 A9 A2 A1 A0  -> missing found missing found found missing
lookup   T9 T1 T2 T1 T3 T4 \
         -> missing created exceeds_credits created missing credit_account_not_found
lookup   Amax A2^64+1 A2^96 -> missing missing missing
lookup   Tmax T2^64+1 T2^96 -> missing missing missing
# The id of a transfer is not that of an account.
lookup   A3 A4              -> missing missing
)";

constexpr std::string_view kTrialBalance = R"(
account  A1 ledger=5               -> created
account  A2 ledger=5               -> created
account  A3 ledger=2               -> created
account  A4 ledger=2^32-1          -> created
account  A5 ledger=9               -> created
account  A6 ledger=9               -> created
account  A7 ledger=9               -> created
totals   min=0      limit=9        -> 2 5 9 4294967295
totals   min=0      limit=8189     -> 2 5 9 4294967295
totals   min=0      limit=4        -> 2 5 9 4294967295
totals   min=0      limit=3        -> 2 5 9 more
totals   min=0      limit=1        -> 2 more
totals   min=2      limit=1        -> 2 more
totals   min=3      limit=1        -> 5 more
totals   min=6      limit=2        -> 9 4294967295
totals   min=10     limit=1        -> 4294967295
totals   min=2^32-1 limit=1        -> 4294967295
transfer T1 A1 -> A2 amount=10 ledger=5 -> created
transfer T2 A2 -> A1 amount=3 ledger=5  -> created
transfer T3 A5 -> A6 amount=7 ledger=9  -> created
transfer T4 A6 -> A7 amount=7 ledger=9  -> created
transfer T5 A1 -> A6 amount=7 ledger=9  -> accounts_must_have_the_same_ledger
transfer T6 A1 -> A2 amount=50 ledger=5 linked -> linked_event_failed
transfer T7 A2 -> A2 amount=50 ledger=5        -> accounts_must_be_different
total    2          accounts=1
total    5          accounts=2 dpo=13 cpo=13
total    9          accounts=3 dpo=14 cpo=14
total    4294967295 accounts=1
)";

}  // namespace

std::vector<NamedTable> read_tables() {
  return {
      {"reads_of_an_empty_ledger", std::string(kEmptyLedger)},
      {"reads_lookups", std::string(kLookups)},
      {"reads_trial_balance", std::string(kTrialBalance)},
  };
}

}  // namespace florin::test
