// Tables about balance limits and the overflow of counters.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kDebitsLimited = R"(
account  A1 debits_must_not_exceed_credits -> created
account  A2                                -> created
transfer T1 A1 -> A2 amount=0   -> created
transfer T2 A1 -> A2 amount=1   -> exceeds_credits
transfer T3 A2 -> A1 amount=100 -> created
transfer T4 A1 -> A2 amount=101 -> exceeds_credits
transfer T5 A1 -> A2 amount=99  -> created
transfer T6 A1 -> A2 amount=2   -> exceeds_credits
transfer T7 A1 -> A2 amount=1   -> created
transfer T8 A1 -> A2 amount=0   -> created
transfer T9 A1 -> A2 amount=1   -> exceeds_credits
balance  A1 dpo=100 cpo=100
# Credits are not limited, and each makes room.
transfer T10 A2 -> A1 amount=2^127       -> created
transfer T11 A1 -> A2 amount=2^127+1     -> exceeds_credits
transfer T12 A1 -> A2 amount=2^127       -> created
transfer T13 A1 -> A2 amount=1           -> exceeds_credits
balance  A1 dpo=2^127+100 cpo=2^127+100
balance  A2 dpo=2^127+100 cpo=2^127+100
)";

constexpr std::string_view kCreditsLimited = R"(
account  A1 credits_must_not_exceed_debits -> created
account  A2                                -> created
transfer T1 A2 -> A1 amount=0   -> created
transfer T2 A2 -> A1 amount=1   -> exceeds_debits
transfer T3 A1 -> A2 amount=100 -> created
transfer T4 A2 -> A1 amount=101 -> exceeds_debits
transfer T5 A2 -> A1 amount=99  -> created
transfer T6 A2 -> A1 amount=2   -> exceeds_debits
transfer T7 A2 -> A1 amount=1   -> created
transfer T8 A2 -> A1 amount=0   -> created
transfer T9 A2 -> A1 amount=1   -> exceeds_debits
balance  A1 dpo=100 cpo=100
transfer T10 A1 -> A2 amount=2^127       -> created
transfer T11 A2 -> A1 amount=2^127+1     -> exceeds_debits
transfer T12 A2 -> A1 amount=2^127       -> created
balance  A1 dpo=2^127+100 cpo=2^127+100
)";

// A limit looks at one side of a transfer only, and both sides may have one.
constexpr std::string_view kBothLimited = R"(
account  A1 debits_must_not_exceed_credits         -> created
account  A2 credits_must_not_exceed_debits         -> created
account  A3                                        -> created
account  A4 debits_must_not_exceed_credits history -> created
transfer T1 A1 -> A2 amount=1 -> exceeds_credits
transfer T2 A3 -> A2 amount=1 -> exceeds_debits
transfer T3 A2 -> A1 amount=9 -> created
transfer T4 A1 -> A2 amount=5 -> created
transfer T5 A1 -> A2 amount=5 -> exceeds_credits
transfer T6 A3 -> A1 amount=7 -> created
transfer T7 A1 -> A2 amount=5 -> exceeds_debits
transfer T8 A1 -> A2 amount=4 -> created
transfer T9 A1 -> A4 amount=7 -> created
transfer T10 A4 -> A1 amount=8 -> exceeds_credits
transfer T11 A4 -> A1 amount=7 -> created
balance  A1 dpo=16 cpo=23
balance  A2 dpo=9  cpo=9
balance  A4 dpo=7  cpo=7
lookup   T1 T2 T5 T7 -> exceeds_credits exceeds_debits exceeds_credits exceeds_debits
)";

// The halves of a balance: a comparison of low halves alone would decide otherwise.
constexpr std::string_view kLimitsBeyondOneWord = R"(
account  A1 debits_must_not_exceed_credits -> created
account  A2 credits_must_not_exceed_debits -> created
account  A3                                -> created
transfer T1 A3 -> A1 amount=2^64   -> created
transfer T2 A1 -> A3 amount=2^64-1 -> created
transfer T3 A1 -> A3 amount=2      -> exceeds_credits
transfer T4 A1 -> A3 amount=2^64+1 -> exceeds_credits
transfer T5 A1 -> A3 amount=1      -> created
transfer T6 A2 -> A3 amount=2^96   -> created
transfer T7 A3 -> A2 amount=2^96+1 -> exceeds_debits
transfer T8 A3 -> A2 amount=2^96-1 -> created
transfer T9 A3 -> A2 amount=2      -> exceeds_debits
transfer T10 A3 -> A2 amount=1     -> created
balance  A1 dpo=2^64 cpo=2^64
balance  A2 dpo=2^96 cpo=2^96
)";

constexpr std::string_view kLimitsOverflow = R"(
account  A1 -> created
account  A2 -> created
account  A3 -> created
account  A4 -> created
transfer T1 A1 -> A2 amount=2^128-1  -> created
transfer T2 A1 -> A2 amount=0        -> created
transfer T3 A1 -> A2 amount=1        -> overflows_debits_posted
transfer T4 A1 -> A3 amount=1        -> overflows_debits_posted
transfer T5 A3 -> A2 amount=1        -> overflows_credits_posted
transfer T6 A3 -> A2 amount=2^128-1  -> overflows_credits_posted
balance  A1 dpo=2^128-1
balance  A2 cpo=2^128-1
balance  A3
# The other counters of full accounts are free.
transfer T7 A2 -> A1 amount=2^128-1  -> created
balance  A1 dpo=2^128-1 cpo=2^128-1
balance  A2 dpo=2^128-1 cpo=2^128-1
# The edge from both sides.
transfer T8  A3 -> A4 amount=2^127   -> created
transfer T9  A3 -> A4 amount=2^127   -> overflows_debits_posted
transfer T10 A3 -> A4 amount=2^127-1 -> created
transfer T11 A3 -> A4 amount=1       -> overflows_debits_posted
transfer T12 A4 -> A3 amount=2^64    -> created
transfer T13 A4 -> A3 amount=2^128-1 -> overflows_debits_posted
transfer T14 A4 -> A3 amount=2^127   -> created
balance  A3 dpo=2^128-1 cpo=0x80000000000000010000000000000000
# Overflow depends on state: the id is consumed.
transfer T3 A3 -> A1 amount=0        -> id_already_failed
transfer T5 A3 -> A1 amount=0        -> id_already_failed
lookup   T3 T5 T9 -> overflows_debits_posted overflows_credits_posted overflows_debits_posted
)";

// The sums of a trial balance exceed 128 bits.
constexpr std::string_view kOverflowOfTotals = R"(
account  A1 -> created
account  A2 -> created
account  A3 -> created
account  A4 -> created
transfer T1 A1 -> A2 amount=2^128-1 -> created
total    1 accounts=4 dpo=2^128-1 cpo=2^128-1
transfer T2 A2 -> A3 amount=1       -> created
total    1 accounts=4 dpo=2^128   cpo=2^128
transfer T3 A2 -> A3 amount=2^128-2 -> created
total    1 accounts=4 dpo=2^129-2 cpo=2^129-2
transfer T4 A3 -> A4 amount=2^128-1 -> created
transfer T5 A4 -> A1 amount=2^128-1 -> created
total    1 accounts=4 dpo=2^130-4 cpo=2^130-4
)";

constexpr std::string_view kOverflowBeforeLimits = R"(
account  A1 debits_must_not_exceed_credits -> created
account  A2 credits_must_not_exceed_debits -> created
account  A3                                -> created
account  A4                                -> created
account  A5                                -> created
transfer T1 A3 -> A1 amount=2^128-1 -> created
transfer T2 A1 -> A4 amount=2^128-1 -> created
# A1 has all debits and credits that fit, and a limit.
transfer T3 A1 -> A5 amount=1       -> overflows_debits_posted
transfer T4 A1 -> A5 amount=0       -> created
transfer T5 A2 -> A5 amount=2^128-1 -> created
transfer T6 A4 -> A2 amount=2^128-1 -> created
# A2 too, on the other side.
transfer T7 A5 -> A2 amount=1       -> overflows_credits_posted
transfer T8 A1 -> A2 amount=1       -> overflows_debits_posted
transfer T9 A5 -> A2 amount=0       -> created
balance  A1 dpo=2^128-1 cpo=2^128-1
balance  A2 dpo=2^128-1 cpo=2^128-1
)";

}  // namespace

std::vector<NamedTable> limit_tables() {
  return {
      {"limits_debits", std::string(kDebitsLimited)},
      {"limits_credits", std::string(kCreditsLimited)},
      {"limits_both", std::string(kBothLimited)},
      {"limits_beyond_one_word", std::string(kLimitsBeyondOneWord)},
      {"overflow_of_counters", std::string(kLimitsOverflow)},
      {"overflow_of_totals", std::string(kOverflowOfTotals)},
      {"overflow_before_limits", std::string(kOverflowBeforeLimits)},
  };
}

}  // namespace florin::test
