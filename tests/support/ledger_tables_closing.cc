// Tables about closed and frozen accounts.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kClosed = R"(
account  A1                                          -> created
account  A2                                          -> created
account  A3                                          -> created
transfer T1 A1 -> A2 amount=10 pending               -> created
transfer T2 A2 -> A1 amount=20 pending               -> created
transfer T3 A1 -> A2 amount=3                        -> created
transfer T4 A2 -> A1 amount=4                        -> created
transfer T10 A1 -> A3 amount=0 pending closing_debit -> created
flags    A1 -> closed
flags    A3 ->
# Nothing passes but voids, on either side.
transfer T11 A1 -> A2                                -> debit_account_already_closed
transfer T12 A2 -> A1                                -> credit_account_already_closed
transfer T13 A1 -> A2 amount=0                       -> debit_account_already_closed
transfer T14 A1 -> A2 pending                        -> debit_account_already_closed
transfer T15 A2 -> A1 pending                        -> credit_account_already_closed
transfer T16 A1 -> A2 pending closing_debit          -> debit_account_already_closed
transfer T17 A1 -> A2 balancing_debit                -> debit_account_already_closed
reverse  T18 T4 A1 -> A2                             -> debit_account_already_closed
reverse  T19 T3 A2 -> A1                             -> credit_account_already_closed
post     T20 T1                                      -> debit_account_already_closed
post     T21 T2                                      -> credit_account_already_closed
post     T22 T10                                     -> debit_account_already_closed
post     T23 T1 amount=11                            -> exceeds_pending_transfer_amount
void     T24 T1                                      -> created
# It is transient: the ids are consumed, and stay so when the account opens again.
lookup   T11 T12 T20 T21 T23 \
         -> debit_account_already_closed credit_account_already_closed \
            debit_account_already_closed credit_account_already_closed missing
void     T30 T10                                     -> created
flags    A1 ->
transfer T11 A1 -> A2                                -> id_already_failed
post     T21 T2                                      -> id_already_failed
post     T31 T2                                      -> created
transfer T32 A1 -> A2 amount=5                       -> created
reverse  T33 T4 A1 -> A2                             -> created
balance  A1 dpo=12 cpo=24
)";

constexpr std::string_view kCreditSide = R"(
account  A1                                           -> created
account  A2                                           -> created
account  A3                                           -> created
transfer T1 A1 -> A2 amount=7 pending closing_credit  -> created
flags    A1 ->
flags    A2 -> closed
transfer T2 A1 -> A2                                  -> credit_account_already_closed
transfer T3 A2 -> A1                                  -> debit_account_already_closed
transfer T4 A1 -> A3                                  -> created
post     T5 T1                                        -> credit_account_already_closed
void     T6 T1                                        -> created
flags    A2 ->
# Both at once.
transfer T7 A1 -> A2 amount=7 pending closing_debit closing_credit -> created
flags    A1 -> closed
flags    A2 -> closed
transfer T8 A2 -> A1                                  -> debit_account_already_closed
transfer T9 A3 -> A1                                  -> credit_account_already_closed
transfer T10 A1 -> A3                                 -> debit_account_already_closed
post     T11 T7                                       -> debit_account_already_closed
void     T12 T7                                       -> created
flags    A1 ->
flags    A2 ->
transfer T13 A1 -> A2                                 -> created
status   T7 -> created voided
balance  A1 dpo=2
)";

// A void that is refused opens nothing; an account that was created closed stays so.
constexpr std::string_view kOpening = R"(
account  A1                                           -> created
account  A2                                           -> created
account  A3 closed                                    -> created
flags    A3 -> closed
transfer T1 A1 -> A3                                  -> credit_account_already_closed
transfer T2 A3 -> A1                                  -> debit_account_already_closed
account  A3 closed                                    -> exists
account  A3                                           -> exists_with_different_flags
transfer T3 A1 -> A2 amount=5 pending closing_debit   -> created
account  A1                                           -> exists
account  A1 closed                                    -> exists_with_different_flags
void     T4 T3 amount=4                               -> pending_transfer_has_different_amount
flags    A1 -> closed
transfer T3 A1 -> A2 amount=5 pending closing_debit   -> exists
transfer T3 A1 -> A2 amount=5 pending closing_credit  -> exists_with_different_flags
transfer T3 A1 -> A2 amount=5 pending                 -> exists_with_different_flags
void     T4 T3                                        -> created
void     T4 T3                                        -> exists
transfer T5 A1 -> A2 amount=5 pending closing_debit   -> created
# The void is said again, and opens nothing of the second closing.
void     T4 T3                                        -> exists
flags    A1 -> closed
void     T6 T3                                        -> pending_transfer_already_voided
flags    A1 -> closed
void     T7 T5                                        -> created
flags    A1 ->
)";

constexpr std::string_view kClosingExpiry = R"(
account  A1                                                     -> created
account  A2                                                     -> created
transfer T1 A1 -> A2 amount=5 pending closing_debit timeout=3   -> created
flags    A1 -> closed
time     T1+3s-1ns
transfer T2 A2 -> A1                                            -> credit_account_already_closed
transfer T3 A2 -> A1                                            -> created
flags    A1 ->
status   T1 -> created expired
# Two due at the same time: both accounts open.
transfer T4 A1 -> A2 amount=5 pending closing_debit closing_credit timeout=3 -> created
time     T4+3s
transfer T5 A1 -> A2                                            -> created
# Within a chain that fails: they are open all the same.
transfer T6 A1 -> A2 amount=5 pending closing_credit timeout=3  -> created
time     T6+3s
transfer T7 A1 -> A2 linked                                     -> linked_event_failed
transfer T8 A1 -> A2 code=0                                     -> code_must_not_be_zero
flags    A2 ->
# Closed again in a chain behind the deadline, and rolled back.
transfer T9 A1 -> A2 amount=5 pending closing_credit timeout=3  -> created
time     T9+3s-1ns
transfer T10 A1 -> A9 linked                                    -> credit_account_not_found
transfer T11 A1 -> A2 amount=0 pending closing_credit           -> linked_event_failed
flags    A2 ->
transfer T12 A1 -> A2 amount=5 pending closing_credit timeout=3 -> created
time     T12+3s
transfer T13 A1 -> A2 amount=0 pending closing_credit linked    -> linked_event_failed
transfer T14 A1 -> A2                                           -> credit_account_already_closed
flags    A2 ->
balance  A1 dpo=1 cpo=1
)";

constexpr std::string_view kClosingChains = R"(
account  A1                                                 -> created
account  A2                                                 -> created
transfer T1 A1 -> A2 amount=5 linked                        -> linked_event_failed
transfer T2 A1 -> A2 amount=0 pending closing_debit linked  -> linked_event_failed
transfer T3 A2 -> A1 amount=5                               -> credit_account_already_closed
flags    A1 ->
transfer T1 A1 -> A2 amount=5 linked                        -> created
transfer T4 A1 -> A2 amount=0 pending closing_debit         -> created
flags    A1 -> closed
# Opened, used and closed again in one chain.
void     T5 T4 linked                                       -> linked_event_failed
transfer T6 A1 -> A2 amount=5 linked                        -> linked_event_failed
transfer T7 A1 -> A1                                        -> accounts_must_be_different
flags    A1 -> closed
status   T4 -> created pending
void     T5 T4 linked                                       -> created
transfer T6 A1 -> A2 amount=5 linked                        -> created
transfer T8 A1 -> A2 amount=0 pending closing_debit         -> created
flags    A1 -> closed
void     T5 T4 linked                                       -> exists
transfer T6 A1 -> A2 amount=5 linked                        -> exists
transfer T8 A1 -> A2 amount=0 pending closing_debit         -> exists
balance  A1 dpo=10
)";

constexpr std::string_view kFrozen = R"(
account  A1                                     -> created
account  A2                                     -> created
transfer T1 A1 -> A2 amount=10 pending          -> created
transfer T2 A2 -> A1 amount=20 pending          -> created
transfer T3 A1 -> A2 amount=3                   -> created
transfer T4 A2 -> A1 amount=4                   -> created
transfer T5 A1 -> A2 amount=30 pending          -> created
update   U1 A1 freeze_debits                    -> created
flags    A1 -> frozen_debits
transfer T11 A1 -> A2                           -> debit_account_frozen
transfer T12 A1 -> A2 amount=0                  -> debit_account_frozen
transfer T13 A1 -> A2 pending                   -> debit_account_frozen
transfer T14 A1 -> A2 balancing_debit           -> debit_account_frozen
transfer T15 A1 -> A2 pending closing_debit     -> debit_account_frozen
reverse  T16 T4 A1 -> A2                        -> debit_account_frozen
lookup   T11 T16 -> debit_account_frozen debit_account_frozen
# Credits pass, and posts and voids.
transfer T17 A2 -> A1                           -> created
reverse  T18 T3 A2 -> A1                        -> created
post     T19 T1                                 -> created
void     T20 T5                                 -> created
# The other side.
update   U2 A1 unfreeze_debits freeze_credits   -> created
flags    A1 -> frozen_credits
transfer T11 A1 -> A2                           -> id_already_failed
transfer T21 A1 -> A2                           -> created
reverse  T22 T4 A1 -> A2                        -> created
transfer T23 A2 -> A1                           -> credit_account_frozen
transfer T24 A2 -> A1 pending                   -> credit_account_frozen
transfer T25 A2 -> A1 balancing_credit          -> credit_account_frozen
reverse  T26 T21 A2 -> A1                       -> credit_account_frozen
post     T27 T2                                 -> created
# Both sides, and none.
update   U3 A1 freeze_debits                    -> created
flags    A1 -> frozen_debits frozen_credits
transfer T28 A1 -> A2                           -> debit_account_frozen
transfer T29 A2 -> A1                           -> credit_account_frozen
update   U4 A1 unfreeze_debits unfreeze_credits -> created
flags    A1 ->
transfer T30 A1 -> A2                           -> created
transfer T31 A2 -> A1                           -> created
balance  A1 dpo=19 cpo=29
)";

// Frozen and closed together, and from creation.
constexpr std::string_view kFrozenAndClosed = R"(
account  A1 frozen_debits                            -> created
account  A2 frozen_credits                           -> created
account  A3                                          -> created
account  A4 closed frozen_debits frozen_credits      -> created
flags    A4 -> closed frozen_debits frozen_credits
transfer T1 A1 -> A3                                 -> debit_account_frozen
transfer T2 A3 -> A2                                 -> credit_account_frozen
transfer T3 A1 -> A2                                 -> debit_account_frozen
transfer T4 A1 -> A4                                 -> credit_account_already_closed
transfer T5 A4 -> A2                                 -> debit_account_already_closed
transfer T6 A3 -> A1 amount=10                       -> created
transfer T7 A2 -> A3 amount=10 pending closing_debit -> created
flags    A2 -> closed frozen_credits
transfer T8 A3 -> A2                                 -> credit_account_already_closed
# Closed accounts may be updated.
update   U1 A2 unfreeze_credits ud32=7               -> created
update   U2 A4 unfreeze_debits unfreeze_credits      -> created
flags    A2 -> closed
flags    A4 -> closed
void     T9 T7                                       -> created
flags    A2 ->
transfer T10 A3 -> A2                                -> created
update   U3 A1 unfreeze_debits                       -> created
# A creation that is tried again is compared with what it said.
account  A1 frozen_debits                            -> exists
account  A2 frozen_credits                           -> exists
account  A2                                          -> exists_with_different_flags
account  A2 frozen_credits ud32=7                    -> exists_with_different_user_data_32
account  A1                                          -> exists_with_different_flags
transfer T11 A1 -> A3 amount=4                       -> created
)";

}  // namespace

std::vector<NamedTable> closing_tables() {
  return {
      {"closing_closed", std::string(kClosed)},
      {"closing_credit_side", std::string(kCreditSide)},
      {"closing_opening", std::string(kOpening)},
      {"closing_expiry", std::string(kClosingExpiry)},
      {"closing_chains", std::string(kClosingChains)},
      {"closing_frozen", std::string(kFrozen)},
      {"closing_frozen_and_closed", std::string(kFrozenAndClosed)},
  };
}

}  // namespace florin::test
