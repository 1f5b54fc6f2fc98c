// Tables about holds: pending transfers, and the posts and voids that resolve them.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kResolved = R"(
account  A1                                -> created
account  A2                                -> created
transfer T1 A1 -> A2 amount=100 pending    -> created
balance  A1 dp=100
balance  A2 cp=100
total    1 accounts=2 dp=100 cp=100
status   T1 -> created pending remaining=100
# All of it.
post     T2 T1                             -> created
balance  A1 dpo=100
balance  A2 cpo=100
status   T1 -> created posted
status   T2 -> created
# A part; the rest is released.
transfer T3 A1 -> A2 amount=100 pending    -> created
post     T4 T3 amount=30                   -> created
balance  A1 dpo=130
balance  A2 cpo=130
status   T3 -> created posted
# Nothing.
transfer T5 A1 -> A2 amount=100 pending    -> created
void     T6 T5                             -> created
balance  A1 dpo=130
balance  A2 cpo=130
status   T5 -> created voided
status   T6 -> created
# The amount of a void may be named, and is what was held.
transfer T7 A1 -> A2 amount=100 pending    -> created
void     T8 T7 amount=99                   -> pending_transfer_has_different_amount
void     T8 T7 amount=101                  -> pending_transfer_has_different_amount
void     T8 T7 amount=2^128-1              -> pending_transfer_has_different_amount
void     T8 T7 amount=100                  -> created
# The exact amount, and one too much.
transfer T9 A1 -> A2 amount=100 pending    -> created
post     T10 T9 amount=101                 -> exceeds_pending_transfer_amount
post     T10 T9 amount=2^128-2             -> exceeds_pending_transfer_amount
post     T10 T9 amount=100                 -> created
# A post of nothing releases everything and posts the hold.
transfer T11 A1 -> A2 amount=100 pending   -> created
post     T12 T11 amount=0                  -> created
status   T11 -> created posted
balance  A1 dpo=230
balance  A2 cpo=230
total    1 accounts=2 dpo=230 cpo=230
)";

// Each in the same request as its hold, and several holds on the same accounts.
constexpr std::string_view kHoldsSeveral = R"(
account  A1                                -> created
account  A2                                -> created
account  A3                                -> created
transfer T1 A1 -> A2 amount=1 pending      -> created
transfer T2 A1 -> A2 amount=10 pending     -> created
transfer T3 A2 -> A1 amount=100 pending    -> created
post     T4 T2                             -> created
void     T5 T1                             -> created
post     T6 T2                             -> pending_transfer_already_posted
post     T6 T1                             -> pending_transfer_already_voided
transfer T7 A1 -> A3 amount=1000 pending   -> created
balance  A1 dp=1000 dpo=10 cp=100
balance  A2 dp=100 cpo=10
balance  A3 cp=1000
post     T8 T3 amount=60 capture_partial   -> created
balance  A1 dp=1000 dpo=10 cp=40 cpo=60
balance  A2 dp=40 dpo=60 cpo=10
total    1 accounts=3 dp=1040 dpo=70 cp=1040 cpo=70
)";

constexpr std::string_view kCaptures = R"(
account  A1                                    -> created
account  A2                                    -> created
transfer T1 A1 -> A2 amount=100 pending        -> created
post     T2 T1 amount=40 capture_partial       -> created
balance  A1 dp=60 dpo=40
balance  A2 cp=60 cpo=40
status   T1 -> created pending remaining=60
post     T3 T1 amount=61 capture_partial       -> exceeds_pending_transfer_amount
post     T3 T1 amount=61                       -> exceeds_pending_transfer_amount
# Nothing at all changes nothing while something is left.
post     T3 T1 amount=0 capture_partial        -> created
status   T1 -> created pending remaining=60
post     T4 T1 amount=59 capture_partial       -> created
status   T1 -> created pending remaining=1
# With the last of it the hold is closed.
post     T5 T1 amount=1 capture_partial        -> created
status   T1 -> created posted
balance  A1 dpo=100
balance  A2 cpo=100
post     T6 T1 amount=0 capture_partial        -> pending_transfer_already_posted
post     T6 T1 capture_partial                 -> pending_transfer_already_posted
post     T6 T1 amount=100                      -> pending_transfer_already_posted
post     T6 T1 amount=101                      -> exceeds_pending_transfer_amount
void     T6 T1                                 -> pending_transfer_already_posted
# All that is left, with the flag and without.
transfer T11 A1 -> A2 amount=100 pending       -> created
post     T12 T11 amount=30 capture_partial     -> created
post     T13 T11 capture_partial               -> created amount=70
status   T11 -> created posted
transfer T21 A1 -> A2 amount=100 pending       -> created
post     T22 T21 amount=30 capture_partial     -> created
post     T23 T21                               -> created amount=70
status   T21 -> created posted
# A part of what is left; the rest is released.
transfer T31 A1 -> A2 amount=100 pending       -> created
post     T32 T31 amount=30 capture_partial     -> created
post     T33 T31 amount=30                     -> created
status   T31 -> created posted
balance  A1 dpo=360
balance  A2 cpo=360
# A void releases what is left; its amount is the original one.
transfer T41 A1 -> A2 amount=100 pending       -> created
post     T42 T41 amount=30 capture_partial     -> created
void     T43 T41 amount=70                     -> pending_transfer_has_different_amount
void     T43 T41 amount=30                     -> pending_transfer_has_different_amount
void     T43 T41 amount=100                    -> created
status   T41 -> created voided
transfer T51 A1 -> A2 amount=100 pending       -> created
post     T52 T51 amount=30 capture_partial     -> created
void     T53 T51                               -> created
status   T51 -> created voided
balance  A1 dpo=420
balance  A2 cpo=420
)";

constexpr std::string_view kZero = R"(
account  A1                                  -> created
account  A2                                  -> created
transfer T1 A1 -> A2 amount=0 pending        -> created
status   T1 -> created pending
post     T2 T1 amount=1                      -> exceeds_pending_transfer_amount
# There is nothing left, so this closes it.
post     T2 T1 amount=0 capture_partial      -> created
status   T1 -> created posted
transfer T3 A1 -> A2 amount=0 pending        -> created
post     T4 T3                               -> created
transfer T5 A1 -> A2 amount=0 pending        -> created
post     T6 T5 amount=0                      -> created
transfer T7 A1 -> A2 amount=0 pending        -> created
post     T8 T7 capture_partial               -> created
transfer T9 A1 -> A2 amount=0 pending        -> created
void     T10 T9                              -> created
status   T3 -> created posted
status   T5 -> created posted
status   T7 -> created posted
status   T9 -> created voided
balance  A1
)";

// Zero inherits, anything else must be equal.
constexpr std::string_view kInherited = R"(
account  A1 ledger=3                               -> created
account  A2 ledger=3                               -> created
transfer T1 A1 -> A2 amount=100 pending ledger=3 code=4 ud128=5 ud64=6 ud32=7 -> created
post     T2 T1 amount=1 capture_partial debit=A2 \
         -> pending_transfer_has_different_debit_account_id
post     T2 T1 amount=1 capture_partial debit=A9 \
         -> pending_transfer_has_different_debit_account_id
post     T2 T1 amount=1 capture_partial debit=Amax \
         -> pending_transfer_has_different_debit_account_id
post     T2 T1 amount=1 capture_partial credit=A1 \
         -> pending_transfer_has_different_credit_account_id
post     T2 T1 amount=1 capture_partial credit=Amax \
         -> pending_transfer_has_different_credit_account_id
post     T2 T1 amount=1 capture_partial debit=A9 credit=A9 \
         -> pending_transfer_has_different_debit_account_id
post     T2 T1 amount=1 capture_partial ledger=1   -> pending_transfer_has_different_ledger
post     T2 T1 amount=1 capture_partial code=1     -> pending_transfer_has_different_code
post     T2 T1 amount=1 capture_partial            -> created
post     T3 T1 amount=1 capture_partial debit=A1 credit=A2 ledger=3 code=4 -> created
post     T4 T1 amount=1 capture_partial ud128=8    -> created
post     T5 T1 amount=1 capture_partial ud64=8     -> created
post     T6 T1 amount=1 capture_partial ud32=8     -> created
post     T7 T1 amount=1 capture_partial ud128=1 ud64=2 ud32=3 -> created
void     T8 T1 ledger=9                            -> pending_transfer_has_different_ledger
void     T8 T1 code=9                              -> pending_transfer_has_different_code
void     T8 T1 debit=A9                  -> pending_transfer_has_different_debit_account_id
void     T8 T1 credit=A9                 -> pending_transfer_has_different_credit_account_id
void     T8 T1 debit=A1 ud32=9                     -> created
lookup   T2 T3 T4 T5 T6 T7 T8 -> created created created created created created created
balance  A1 dpo=6
balance  A2 cpo=6
)";

constexpr std::string_view kHoldsUnfitting = R"(
account  A1                              -> created
account  A2 debits_must_not_exceed_credits -> created
transfer T1 A1 -> A2 amount=5            -> created
transfer T2 A1 -> A2 amount=5 pending    -> created
post     T3 T2                           -> created
transfer T4 A2 -> A1 amount=50 pending   -> exceeds_credits
# There is no such transfer: this consumes the id; so does naming one that failed.
post     T10 T9                          -> pending_transfer_not_found
void     T11 T9                          -> pending_transfer_not_found
post     T12 T4                          -> pending_transfer_not_found
transfer T9 A1 -> A2 amount=5 pending    -> created
post     T10 T9                          -> id_already_failed
void     T11 T9                          -> id_already_failed
# There is one, and no hold: this does not.
post     T13 T1                          -> pending_transfer_not_pending
post     T13 T3                          -> pending_transfer_not_pending
void     T13 T1                          -> pending_transfer_not_pending
lookup   T10 T11 T12 T13 \
         -> pending_transfer_not_found pending_transfer_not_found pending_transfer_not_found missing
void     T13 T9                          -> created
post     T14 T13                         -> pending_transfer_not_pending
void     T14 T13                         -> pending_transfer_not_pending
# How a hold was closed, and what comes first.
post     T15 T2                          -> pending_transfer_already_posted
post     T15 T2 amount=5                 -> pending_transfer_already_posted
post     T15 T2 amount=6                 -> exceeds_pending_transfer_amount
void     T15 T2                          -> pending_transfer_already_posted
void     T15 T2 amount=5                 -> pending_transfer_already_posted
void     T15 T2 amount=4                 -> pending_transfer_has_different_amount
post     T15 T9                          -> pending_transfer_already_voided
post     T15 T9 amount=5                 -> pending_transfer_already_voided
post     T15 T9 amount=6                 -> exceeds_pending_transfer_amount
void     T15 T9                          -> pending_transfer_already_voided
lookup   T14 T15 -> missing missing
# The shape of its own.
post     T15 T0                          -> pending_id_must_not_be_zero
void     T15 T0                          -> pending_id_must_not_be_zero
post     T15 Tmax                        -> pending_id_must_not_be_int_max
void     T15 Tmax                        -> pending_id_must_not_be_int_max
post     T15 T15                         -> pending_id_must_be_different
void     T15 T15                         -> pending_id_must_be_different
post     T15 T9 timeout=1                -> timeout_reserved_for_pending_transfer
post     T15 T9 timestamp=1              -> timestamp_must_be_zero
balance  A1 dpo=10
balance  A2 cpo=10
)";

// Which flags go together.
constexpr std::string_view kFlags = R"(
account  A1                                      -> created
account  A2                                      -> created
transfer T1 A1 -> A2 amount=9 pending            -> created
post     T2 T1 void_pending_transfer             -> flags_are_mutually_exclusive
post     T2 T1 reversal                          -> flags_are_mutually_exclusive
void     T2 T1 reversal                          -> flags_are_mutually_exclusive
post     T2 T1 pending                           -> flags_are_mutually_exclusive
post     T2 T1 balancing_debit                   -> flags_are_mutually_exclusive
post     T2 T1 balancing_credit                  -> flags_are_mutually_exclusive
post     T2 T1 closing_debit                     -> flags_are_mutually_exclusive
post     T2 T1 closing_credit                    -> flags_are_mutually_exclusive
void     T2 T1 pending                           -> flags_are_mutually_exclusive
void     T2 T1 balancing_debit                   -> flags_are_mutually_exclusive
void     T2 T1 balancing_credit                  -> flags_are_mutually_exclusive
void     T2 T1 closing_debit                     -> flags_are_mutually_exclusive
void     T2 T1 closing_credit                    -> flags_are_mutually_exclusive
void     T2 T1 capture_partial                   -> flags_are_mutually_exclusive
transfer T2 A1 -> A2 capture_partial             -> flags_are_mutually_exclusive
transfer T2 A1 -> A2 pending capture_partial     -> flags_are_mutually_exclusive
transfer T2 A1 -> A2 balancing_debit capture_partial -> flags_are_mutually_exclusive
reverse  T2 T1 A2 -> A1 capture_partial          -> flags_are_mutually_exclusive
reverse  T2 T1 A2 -> A1 pending                  -> flags_are_mutually_exclusive
reverse  T2 T1 A2 -> A1 balancing_debit          -> flags_are_mutually_exclusive
reverse  T2 T1 A2 -> A1 balancing_credit         -> flags_are_mutually_exclusive
reverse  T2 T1 A2 -> A1 closing_debit            -> flags_are_mutually_exclusive
reverse  T2 T1 A2 -> A1 closing_credit           -> flags_are_mutually_exclusive
transfer T2 A1 -> A2 closing_debit               -> closing_transfer_must_be_pending
transfer T2 A1 -> A2 closing_credit              -> closing_transfer_must_be_pending
transfer T2 A1 -> A2 closing_debit balancing_debit -> closing_transfer_must_be_pending
transfer T2 A1 -> A2 pending pending_id=T1       -> pending_id_must_be_zero
lookup   T2 -> missing
transfer T3 A1 -> A2 amount=0 pending balancing_debit balancing_credit closing_debit \
         closing_credit timeout=9                -> created
)";

// A post that comes again: what it says may be written in several ways.
constexpr std::string_view kHoldsRetries = R"(
account  A1                                                -> created
account  A2                                                -> created
transfer T1 A1 -> A2 amount=100 pending ud128=5 ud64=6 ud32=7 timeout=9 -> created
transfer T1 A1 -> A2 amount=100 pending ud128=5 ud64=6 ud32=7 timeout=9 -> exists
transfer T1 A1 -> A2 amount=100 pending ud128=5 ud64=6 ud32=7 timeout=8 \
         -> exists_with_different_timeout
transfer T1 A1 -> A2 amount=100 ud128=5 ud64=6 ud32=7      -> exists_with_different_flags
# A part, with the rest kept.
post     T2 T1 amount=40 capture_partial                   -> created
post     T2 T1 amount=40 capture_partial                   -> exists
post     T2 T1 amount=40                                   -> exists_with_different_flags
post     T2 T1 amount=41 capture_partial                   -> exists_with_different_amount
post     T2 T1 capture_partial                             -> exists_with_different_amount
# All that was left.
post     T3 T1                                             -> created amount=60
post     T3 T1                                             -> exists
post     T3 T1 amount=60                                   -> exists
post     T3 T1 amount=59                                   -> exists_with_different_amount
post     T3 T1 amount=100                                  -> exists_with_different_amount
post     T3 T2                                             -> exists_with_different_pending_id
void     T3 T1                                             -> exists_with_different_flags
post     T3 T1 debit=A1 credit=A2 ledger=1 code=1 ud128=5 ud64=6 ud32=7 -> exists
post     T3 T1 debit=A2                         -> exists_with_different_debit_account_id
post     T3 T1 credit=A1                        -> exists_with_different_credit_account_id
post     T3 T1 ud128=9                                     -> exists_with_different_user_data_128
post     T3 T1 ud64=9                                      -> exists_with_different_user_data_64
post     T3 T1 ud32=9                                      -> exists_with_different_user_data_32
post     T3 T1 ledger=9                                    -> exists_with_different_ledger
post     T3 T1 code=9                                      -> exists_with_different_code
post     T3 T1 timeout=1                                   -> exists_with_different_timeout
# The old hold has not come to life again.
transfer T1 A1 -> A2 amount=100 pending ud128=5 ud64=6 ud32=7 timeout=9 -> exists
# User data of its own: none would have meant that of the hold.
transfer T4 A1 -> A2 amount=100 pending ud128=5 ud64=6     -> created
post     T5 T4 amount=100 ud128=8 ud32=3                   -> created
post     T5 T4 amount=100 ud128=8 ud32=3                   -> exists
post     T5 T4 ud128=8 ud32=3 ud64=6                       -> exists
post     T5 T4 amount=100 ud32=3                           -> exists_with_different_user_data_128
post     T5 T4 amount=100 ud128=8                          -> exists_with_different_user_data_32
# A part, with the rest released, is not all that was left.
transfer T6 A1 -> A2 amount=100 pending                    -> created
post     T7 T6 amount=99                                   -> created
post     T7 T6 amount=99                                   -> exists
post     T7 T6                                             -> exists_with_different_amount
post     T7 T6 amount=0                                    -> exists_with_different_amount
# A void.
transfer T8 A1 -> A2 amount=100 pending ud64=6             -> created
void     T9 T8                                             -> created
void     T9 T8                                             -> exists
void     T9 T8 amount=100                                  -> exists
void     T9 T8 amount=100 debit=A1 credit=A2 ledger=1 code=1 ud64=6 -> exists
void     T9 T8 amount=1                                    -> exists_with_different_amount
void     T9 T8 amount=2^128-1                              -> exists_with_different_amount
void     T9 T8 ud64=7                                      -> exists_with_different_user_data_64
void     T9 T6                                             -> exists_with_different_pending_id
void     T9 T8 ud64=0 ud32=1                               -> exists_with_different_user_data_32
transfer T11 A1 -> A2 amount=1 pending ud128=5 ud64=6 ud32=7 -> created
post     T12 T11 ud64=9                                    -> created
post     T12 T11 ud64=9                                    -> exists
post     T12 T11                                           -> exists_with_different_user_data_64
post     T12 T11 ud64=6                                    -> exists_with_different_user_data_64
balance  A1 dpo=300
balance  A2 cpo=300
)";

// Outgoing holds count against a limit, incoming ones do not help.
constexpr std::string_view kAndLimits = R"(
account  A1 debits_must_not_exceed_credits       -> created
account  A2 credits_must_not_exceed_debits       -> created
account  A3                                      -> created
transfer T1 A3 -> A1 amount=100 pending          -> created
transfer T2 A1 -> A3 amount=1                    -> exceeds_credits
transfer T3 A1 -> A3 amount=1 pending            -> exceeds_credits
post     T4 T1                                   -> created
transfer T5 A1 -> A3 amount=60 pending           -> created
transfer T6 A1 -> A3 amount=41 pending           -> exceeds_credits
transfer T7 A1 -> A3 amount=41                   -> exceeds_credits
transfer T8 A1 -> A3 amount=40 pending           -> created
post     T9 T5 amount=10                         -> created
transfer T10 A1 -> A3 amount=51                  -> exceeds_credits
transfer T11 A1 -> A3 amount=50                  -> created
void     T12 T8                                  -> created
transfer T13 A1 -> A3 amount=40                  -> created
balance  A1 dpo=100 cpo=100
# The mirror.
transfer T21 A2 -> A3 amount=100 pending         -> created
transfer T22 A3 -> A2 amount=1                   -> exceeds_debits
post     T24 T21                                 -> created
transfer T25 A3 -> A2 amount=60 pending          -> created
transfer T26 A3 -> A2 amount=41                  -> exceeds_debits
transfer T28 A3 -> A2 amount=40                  -> created
balance  A2 cp=60 cpo=40 dpo=100
)";

// Counters are full: pending ones, and the sum of both.
constexpr std::string_view kHoldsOverflow = R"(
account  A1 -> created
account  A2 -> created
account  A3 -> created
transfer T1 A1 -> A2 amount=2^128-1 pending  -> created
transfer T2 A1 -> A3 amount=1 pending        -> overflows_debits_pending
transfer T3 A3 -> A2 amount=1 pending        -> overflows_credits_pending
transfer T4 A1 -> A3 amount=1                -> overflows_debits
transfer T5 A3 -> A2 amount=1                -> overflows_credits
transfer T6 A1 -> A2 amount=0                -> created
transfer T7 A1 -> A2 amount=0 pending        -> created
post     T8 T1                               -> created
balance  A1 dpo=2^128-1
balance  A2 cpo=2^128-1
transfer T9  A1 -> A3 amount=1 pending       -> overflows_debits_posted
transfer T10 A3 -> A2 amount=1 pending       -> overflows_credits_posted
transfer T11 A1 -> A3 amount=1               -> overflows_debits_posted
transfer T12 A3 -> A2 amount=1               -> overflows_credits_posted
# Half and half.
transfer T13 A3 -> A1 amount=2^127 pending   -> created
transfer T14 A3 -> A1 amount=2^127-1         -> created
transfer T15 A3 -> A1 amount=1               -> overflows_debits
transfer T16 A3 -> A1 amount=1 pending       -> overflows_debits
transfer T17 A3 -> A1 amount=2^127 pending   -> overflows_debits_pending
transfer T18 A3 -> A1 amount=2^127+1         -> overflows_debits_posted
post     T19 T13 amount=2^127-1 capture_partial -> created
balance  A3 dp=1 dpo=2^128-2
transfer T20 A3 -> A1 amount=1               -> overflows_debits
void     T21 T13                             -> created
transfer T22 A3 -> A1 amount=1               -> created
lookup   T2 T3 T4 T5 -> overflows_debits_pending overflows_credits_pending \
         overflows_debits overflows_credits
)";

constexpr std::string_view kHoldsChains = R"(
account  A1 debits_must_not_exceed_credits       -> created
account  A2                                      -> created
# Held and posted in one chain.
transfer T1 A2 -> A1 amount=100 pending linked   -> created
post     T2 T1 amount=60 capture_partial linked  -> created
transfer T3 A1 -> A2 amount=60                   -> created
balance  A1 dpo=60 cpo=60 cp=40
# The chain again.
transfer T1 A2 -> A1 amount=100 pending linked   -> exists
post     T2 T1 amount=60 capture_partial linked  -> exists
transfer T3 A1 -> A2 amount=60                   -> exists
# A chain that fails gives holds back: posted, captured, voided, made.
post     T4 T1 linked                            -> linked_event_failed
transfer T5 A1 -> A2 amount=41                   -> exceeds_credits
status   T1 -> created pending remaining=40
post     T4 T1 amount=10 capture_partial linked  -> linked_event_failed
post     T6 T1 amount=10 linked                  -> linked_event_failed
void     T7 T1                                   -> pending_transfer_already_posted
status   T1 -> created pending remaining=40
void     T4 T1 linked                            -> linked_event_failed
post     T6 T1                                   -> pending_transfer_already_voided
status   T1 -> created pending remaining=40
post     T4 T1 amount=40 capture_partial linked  -> linked_event_failed
post     T6 T1 amount=0                          -> pending_transfer_already_posted
status   T1 -> created pending remaining=40
transfer T8 A2 -> A1 amount=7 pending linked     -> linked_event_failed
void     T9 T8 linked                            -> linked_event_failed
transfer T10 A1 -> A9                            -> credit_account_not_found
lookup   T4 T5 T6 T7 T8 T9 -> missing exceeds_credits missing missing missing missing
balance  A1 dpo=60 cpo=60 cp=40
# Not found within a chain that made it: the id is free again.
post     T9 T8                                   -> pending_transfer_not_found
transfer T8 A2 -> A1 amount=7 pending            -> created
# A whole chain of ends.
post     T11 T1 amount=40 linked                 -> created
void     T12 T8 linked                           -> created
transfer T13 A1 -> A2 amount=40                  -> created
post     T11 T1 linked                           -> exists
void     T12 T8 amount=7 linked                  -> exists
transfer T13 A1 -> A2 amount=40                  -> exists
balance  A1 dpo=100 cpo=100
)";

}  // namespace

std::vector<NamedTable> hold_tables() {
  return {
      {"holds_resolved", std::string(kResolved)},
      {"holds_several", std::string(kHoldsSeveral)},
      {"holds_captures", std::string(kCaptures)},
      {"holds_zero", std::string(kZero)},
      {"holds_inherited", std::string(kInherited)},
      {"holds_unfitting", std::string(kHoldsUnfitting)},
      {"holds_flags", std::string(kFlags)},
      {"holds_retries", std::string(kHoldsRetries)},
      {"holds_and_limits", std::string(kAndLimits)},
      {"holds_overflow", std::string(kHoldsOverflow)},
      {"holds_chains", std::string(kHoldsChains)},
  };
}

}  // namespace florin::test
