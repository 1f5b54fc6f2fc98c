// Tables about conditions: bounds on the available balance right after a transfer.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kBounds = R"(
account  A1                                            -> created
account  A2                                            -> created
transfer T1 A2 -> A1 amount=100                        -> created
# The debit account, at least and at most.
transfer T2 A1 -> A2 amount=10 debit>=91               -> debit_account_condition_not_met
transfer T3 A1 -> A2 amount=10 debit>=90               -> created
transfer T4 A1 -> A2 amount=10 debit<=79               -> debit_account_condition_not_met
transfer T5 A1 -> A2 amount=10 debit<=80               -> created
transfer T6 A1 -> A2 amount=10 debit>=70 debit<=70     -> created
transfer T7 A1 -> A2 amount=10 debit>=61 debit<=99     -> debit_account_condition_not_met
transfer T8 A1 -> A2 amount=10 debit>=0 debit<=59      -> debit_account_condition_not_met
# The credit account; it is below zero: -100 + 30.
transfer T9 A1 -> A2 amount=10 credit>=-59             -> credit_account_condition_not_met
transfer T10 A1 -> A2 amount=10 credit>=-60            -> created
transfer T11 A1 -> A2 amount=10 credit<=-51            -> credit_account_condition_not_met
transfer T12 A1 -> A2 amount=10 credit<=-50            -> created
transfer T13 A1 -> A2 amount=10 credit>=-40 credit<=-40 -> created
transfer T14 A1 -> A2 amount=10 credit>=0              -> credit_account_condition_not_met
transfer T15 A1 -> A2 amount=10 credit<=-1             -> created
# Both accounts; the debit account's is told first.
transfer T16 A1 -> A2 amount=10 debit>=21 credit>=-19  -> debit_account_condition_not_met
transfer T17 A1 -> A2 amount=10 debit>=20 credit>=-19  -> credit_account_condition_not_met
transfer T18 A1 -> A2 amount=10 debit>=20 credit>=-20  -> created
balance  A1 dpo=80 cpo=100
# They are transient, and consume the id.
transfer T16 A1 -> A2 amount=10                        -> id_already_failed
transfer T17 A1 -> A2 amount=10                        -> id_already_failed
lookup   T16 T17 T18 -> debit_account_condition_not_met credit_account_condition_not_met created
# On a retry they are not compared.
transfer T18 A1 -> A2 amount=10                        -> exists
transfer T18 A1 -> A2 amount=10 debit>=999             -> exists
transfer T18 A1 -> A2 amount=11 debit>=999             -> exists_with_different_amount
)";

// Of debit nature: the mirror. Holds that go out count on either.
constexpr std::string_view kNatures = R"(
account  A1 debits_must_not_exceed_credits             -> created
account  A2 credits_must_not_exceed_debits             -> created
account  A3                                            -> created
transfer T1 A2 -> A1 amount=100 debit>=100 credit>=100 -> created
transfer T2 A1 -> A3 amount=30 pending debit>=70 debit<=70 -> created
transfer T3 A3 -> A2 amount=20 pending debit<=0 credit>=80 credit<=80 -> created
transfer T4 A1 -> A3 amount=0 debit>=71                -> debit_account_condition_not_met
transfer T5 A3 -> A2 amount=0 credit>=81               -> credit_account_condition_not_met
# Holds that come in do not.
transfer T6 A3 -> A1 amount=50 pending credit<=70      -> created
transfer T7 A2 -> A3 amount=50 pending debit<=80       -> created
transfer T8 A2 -> A3 amount=50 debit>=130              -> created
balance  A2 dp=50 dpo=150 cp=20
# An account that nothing limits goes below zero.
transfer T9 A3 -> A1 amount=500 debit>=-519            -> debit_account_condition_not_met
transfer T10 A3 -> A1 amount=500 debit>=-520 debit<=-520 -> created
)";

// Posts and voids have conditions, although they have no limits.
constexpr std::string_view kPostsAndVoids = R"(
account  A1                                            -> created
account  A2                                            -> created
transfer T1 A1 -> A2 amount=100 pending                -> created
post     T2 T1 amount=40 capture_partial debit>=-99    -> debit_account_condition_not_met
post     T3 T1 amount=40 capture_partial credit>=41    -> credit_account_condition_not_met
post     T2 T1 amount=40                               -> id_already_failed
status   T1 -> created pending remaining=100
post     T4 T1 amount=40 capture_partial debit>=-100 debit<=-100 credit>=40 credit<=40 -> created
# What a post releases is seen.
post     T5 T1 amount=10 debit>=-49                    -> debit_account_condition_not_met
post     T6 T1 amount=10 debit>=-50 credit<=50         -> created
transfer T7 A1 -> A2 amount=100 pending                -> created
void     T8 T7 debit>=-49                              -> debit_account_condition_not_met
void     T9 T7 credit>=51                              -> credit_account_condition_not_met
void     T10 T7 debit>=-50 credit>=50 credit<=50       -> created
balance  A1 dpo=50
)";

// Limits come first. The balance is that of the moment, not that of the end of the request.
constexpr std::string_view kOrder = R"(
account  A1 debits_must_not_exceed_credits             -> created
account  A2                                            -> created
transfer T1 A1 -> A2 amount=1 debit>=999               -> exceeds_credits
transfer T2 A2 -> A1 amount=50 credit>=50              -> created
transfer T3 A2 -> A1 amount=50 credit<=100             -> created
transfer T4 A1 -> A2 amount=100 debit>=0               -> created
transfer T5 A2 -> A1 amount=7 credit<=7 linked         -> linked_event_failed
transfer T6 A1 -> A2 amount=7 linked                   -> linked_event_failed
transfer T7 A2 -> A1 amount=1 credit>=2                -> credit_account_condition_not_met
transfer T8 A2 -> A1 amount=7 credit<=7 linked         -> created
transfer T9 A1 -> A2 amount=7 debit<=0                 -> created
# The chain again, with conditions that would not hold any more.
transfer T8 A2 -> A1 amount=7 credit<=7 linked         -> exists
transfer T9 A1 -> A2 amount=7 debit<=-1                -> exists
# An overdraft is no balance.
update   U1 A1 overdraft_limit=100                     -> created
transfer T10 A1 -> A2 amount=60 debit>=0               -> debit_account_condition_not_met
transfer T11 A1 -> A2 amount=60 debit>=-60 debit<=-60  -> created
# With the actual amount of a balancing transfer.
transfer T12 A1 -> A2 amount=2^128-1 balancing_debit debit>=-99 -> debit_account_condition_not_met
transfer T13 A1 -> A2 amount=2^128-1 balancing_debit debit>=-100 -> created amount=40
# Conditions of an event that is refused for its shape are not looked at.
transfer T14 A1 -> A1 debit>=-1000                     -> accounts_must_be_different
transfer T15 A1 -> A9 debit>=1000                      -> credit_account_not_found
balance  A1 dpo=207 cpo=107
)";

// Balances that need more than a signed number of 128 bits.
constexpr std::string_view kExtremes = R"(
account  A1                                            -> created
account  A2                                            -> created
account  A3                                            -> created
transfer T1 A1 -> A2 amount=2^127-1 credit>=2^127-1 credit<=2^127-1 debit>=-2^127 -> created
transfer T2 A1 -> A2 amount=1 debit>=-2^127 debit<=-2^127 credit>=2^127-1 -> created
# A2 holds 2^127, which is beyond every bound; A1 is beyond the lowest one from here on.
transfer T3 A1 -> A2 amount=0 credit<=2^127-1          -> credit_account_condition_not_met
transfer T4 A1 -> A2 amount=1 debit>=-2^127            -> debit_account_condition_not_met
transfer T5 A1 -> A2 amount=2^127-1 debit<=-2^127 credit>=2^127-1 -> created
transfer T6 A1 -> A2 amount=0 debit>=-2^127            -> debit_account_condition_not_met
transfer T7 A1 -> A2 amount=0 credit<=2^127-1          -> credit_account_condition_not_met
transfer T8 A1 -> A2 amount=0 debit<=-2^127 credit>=2^127-1 -> created
# Both counters of A1 are full: it stands at zero.
transfer T9 A3 -> A1 amount=2^128-1 credit>=0 credit<=0 debit<=-2^127 -> created
balance  A1 dpo=2^128-1 cpo=2^128-1
)";

}  // namespace

std::vector<NamedTable> condition_tables() {
  return {
      {"conditions_bounds", std::string(kBounds)},
      {"conditions_natures", std::string(kNatures)},
      {"conditions_posts_and_voids", std::string(kPostsAndVoids)},
      {"conditions_order", std::string(kOrder)},
      {"conditions_extremes", std::string(kExtremes)},
  };
}

}  // namespace florin::test
