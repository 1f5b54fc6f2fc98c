// Tables about single transfers. Limits, chains and precedence have files of their own.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kPlain = R"(
account  A1                                -> created
account  A2                                -> created
account  A3                                -> created
transfer T1 A1 -> A2 amount=100            -> created
balance  A1 dp=0 dpo=100 cp=0 cpo=0
balance  A2 dp=0 dpo=0   cp=0 cpo=100
transfer T2 A2 -> A1 amount=30             -> created
balance  A1 dp=0 dpo=100 cp=0 cpo=30
balance  A2 dp=0 dpo=30  cp=0 cpo=100
transfer T3 A1 -> A3 amount=0              -> created
balance  A1 dp=0 dpo=100 cp=0 cpo=30
balance  A3 dp=0 dpo=0   cp=0 cpo=0
transfer T4 A1 -> A3 amount=1 ud128=2^128-1 ud64=2^64-1 ud32=2^32-1 code=65535 -> created
transfer T2^64   A1 -> A3 amount=1         -> created
transfer T2^64+1 A1 -> A3 amount=1         -> created
transfer T2^127  A1 -> A3 amount=1         -> created
transfer T2^128-2 A1 -> A3 amount=1        -> created
lookup   T1 T2 T3 T4          -> created created created created
lookup   T2^64 T2^64+1 T2^127 -> created created created
lookup   T2^128-2 T2^96       -> created missing
balance  A1 dpo=105 cpo=30
balance  A3 cpo=5
total    1 accounts=3 dpo=135 cpo=135
)";

constexpr std::string_view kAmounts = R"(
account  A1 -> created
account  A2 -> created
account  A3 -> created
transfer T1 A1 -> A2 amount=0       -> created
transfer T2 A1 -> A2 amount=1       -> created
transfer T3 A1 -> A2 amount=2^32    -> created
transfer T4 A1 -> A2 amount=2^64-1  -> created
balance  A1 dpo=0x10000000100000000
transfer T5 A1 -> A2 amount=2^64    -> created
balance  A2 cpo=0x20000000100000000
transfer T6 A1 -> A2 amount=2^96    -> created
balance  A1 dpo=0x1000000020000000100000000
transfer T7 A1 -> A2 amount=2^127   -> created
balance  A1 dpo=0x80000001000000020000000100000000
balance  A2 cpo=0x80000001000000020000000100000000
transfer T8 A3 -> A1 amount=2^128-1 -> created
balance  A1 dpo=0x80000001000000020000000100000000 cpo=2^128-1
balance  A3 dpo=2^128-1
lookup   T1 T4 T5 T6 T7 T8 -> created created created created created created
)";

// T10 … T19 fail for their own shape, which consumes nothing: the ids serve again.
constexpr std::string_view kTransfersShape = R"(
account  A1                          -> created
account  A2                          -> created
transfer T1 A1 -> A2 timestamp=1     -> timestamp_must_be_zero
transfer T1 A1 -> A2 flag_bit=11     -> reserved_flag
transfer T1 A1 -> A2 flag_bit=12     -> reserved_flag
transfer T1 A1 -> A2 flag_bit=13     -> reserved_flag
transfer T1 A1 -> A2 flag_bit=14     -> reserved_flag
transfer T1 A1 -> A2 flag_bit=15     -> reserved_flag
transfer T0 A1 -> A2                 -> id_must_not_be_zero
transfer Tmax A1 -> A2               -> id_must_not_be_int_max
transfer T10 A0 -> A2                -> debit_account_id_must_not_be_zero
transfer T11 Amax -> A2              -> debit_account_id_must_not_be_int_max
transfer T12 A1 -> A0                -> credit_account_id_must_not_be_zero
transfer T13 A1 -> Amax              -> credit_account_id_must_not_be_int_max
transfer T14 A1 -> A1                -> accounts_must_be_different
transfer T15 A1 -> A2 pending_id=T1  -> pending_id_must_be_zero
transfer T16 A1 -> A2 timeout=1      -> timeout_reserved_for_pending_transfer
transfer T17 A1 -> A2 ledger=0       -> ledger_must_not_be_zero
transfer T18 A1 -> A2 code=0         -> code_must_not_be_zero
lookup   T1 T10 T11 T12 T13 T14 -> missing missing missing missing missing missing
lookup   T15 T16 T17 T18 T0 Tmax -> missing missing missing missing missing missing
balance  A1
transfer T1 A1 -> A2                 -> created
transfer T10 A1 -> A2                -> created
transfer T11 A1 -> A2                -> created
transfer T12 A1 -> A2                -> created
transfer T13 A1 -> A2                -> created
transfer T14 A1 -> A2                -> created
transfer T15 A1 -> A2                -> created
transfer T16 A1 -> A2                -> created
transfer T17 A1 -> A2                -> created
transfer T18 A1 -> A2                -> created
balance  A1 dpo=10
balance  A2 cpo=10
)";

// One event has everything wrong; then its first mistake is mended, and so on to the end.
constexpr std::string_view kTransfersOneMistakeLess = R"(
account  A1 ledger=3 debits_must_not_exceed_credits -> created
account  A2 ledger=3                                -> created
account  A3 ledger=4                                -> created
account  A4 ledger=3 credits_must_not_exceed_debits -> created
transfer T0   A0   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 flag_bit=11 timestamp=1 linked \
         -> linked_event_chain_open
request
transfer T0   A0   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 flag_bit=11 timestamp=1 \
         -> timestamp_must_be_zero
transfer T0   A0   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 flag_bit=11 -> reserved_flag
transfer T0   A0   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 -> id_must_not_be_zero
transfer Tmax A0   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 -> id_must_not_be_int_max
transfer T1   A0   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 \
         -> debit_account_id_must_not_be_zero
transfer T1   Amax -> A0   pending_id=T1 timeout=1 ledger=0 code=0 \
         -> debit_account_id_must_not_be_int_max
transfer T1   A9   -> A0   pending_id=T1 timeout=1 ledger=0 code=0 \
         -> credit_account_id_must_not_be_zero
transfer T1   A9   -> Amax pending_id=T1 timeout=1 ledger=0 code=0 \
         -> credit_account_id_must_not_be_int_max
transfer T1   A9   -> A9   pending_id=T1 timeout=1 ledger=0 code=0 -> accounts_must_be_different
transfer T1   A9   -> A8   pending_id=T1 timeout=1 ledger=0 code=0 -> pending_id_must_be_zero
transfer T1   A9   -> A8                 timeout=1 ledger=0 code=0 \
         -> timeout_reserved_for_pending_transfer
transfer T1   A9   -> A8                           ledger=0 code=0 -> ledger_must_not_be_zero
transfer T1   A9   -> A8                                    code=0 -> code_must_not_be_zero
# From here on every refusal but two consumes its id.
transfer T1   A9   -> A8                                           -> debit_account_not_found
transfer T2   A1   -> A8                                           -> credit_account_not_found
transfer T3   A1   -> A3 \
         -> accounts_must_have_the_same_ledger
transfer T3   A1   -> A4 \
         -> transfer_must_have_the_same_ledger_as_accounts
transfer T3   A1   -> A4 ledger=3                                  -> exceeds_credits
transfer T4   A2   -> A4 ledger=3                                  -> exceeds_debits
transfer T5   A2   -> A1 ledger=3                                  -> created
)";

constexpr std::string_view kAccountsAndLedgers = R"(
account  A1          -> created
account  A2          -> created
account  A3 ledger=2 -> created
account  A4 ledger=2 -> created
transfer T1 A9 -> A2          -> debit_account_not_found
transfer T2 A1 -> A9          -> credit_account_not_found
transfer T3 A8 -> A9          -> debit_account_not_found
transfer T4 A1 -> A3          -> accounts_must_have_the_same_ledger
transfer T4 A3 -> A1          -> accounts_must_have_the_same_ledger
transfer T4 A1 -> A3 ledger=2 -> accounts_must_have_the_same_ledger
transfer T4 A1 -> A3 ledger=9 -> accounts_must_have_the_same_ledger
transfer T4 A1 -> A2 ledger=2 -> transfer_must_have_the_same_ledger_as_accounts
transfer T4 A3 -> A4          -> transfer_must_have_the_same_ledger_as_accounts
# A wrong ledger is no matter of state: the id is still free.
lookup   T1 T2 T3 T4 \
         -> debit_account_not_found credit_account_not_found debit_account_not_found missing
transfer T4 A3 -> A4 ledger=2 -> created
# A missing account is, and its coming later does not help.
account  A8          -> created
account  A9          -> created
transfer T1 A9 -> A2          -> id_already_failed
transfer T2 A1 -> A9          -> id_already_failed
transfer T3 A8 -> A9          -> id_already_failed
transfer T5 A8 -> A9          -> created
# Neither half of an id may be mistaken for the whole.
transfer T6 A2^64+1 -> A2     -> debit_account_not_found
transfer T7 A1 -> A2^96+2     -> credit_account_not_found
balance  A1
balance  A2
balance  A4 cpo=1
)";

constexpr std::string_view kTransfersExisting = R"(
account  A1                     -> created
account  A2                     -> created
transfer T1 A1 -> A2 amount=5 ud128=1 ud64=2 ud32=3 code=4 -> created
request
# Every field differs; then one field less, in the order of comparison.
transfer T1 A3 -> A4 amount=6 code=1 ledger=2 timeout=7 pending_id=T9 linked \
         -> exists_with_different_flags
transfer T8 A1 -> A2                                                 -> linked_event_failed
transfer T1 A3 -> A4 amount=6 code=1 ledger=2 timeout=7 pending_id=T9 \
         -> exists_with_different_pending_id
transfer T1 A3 -> A4 amount=6 code=1 ledger=2 timeout=7 \
         -> exists_with_different_timeout
transfer T1 A3 -> A4 amount=6 code=1 ledger=2 \
         -> exists_with_different_debit_account_id
transfer T1 A1 -> A4 amount=6 code=1 ledger=2 \
         -> exists_with_different_credit_account_id
transfer T1 A1 -> A2 amount=6 code=1 ledger=2                        -> exists_with_different_amount
transfer T1 A1 -> A2 amount=5 code=1 ledger=2 \
         -> exists_with_different_user_data_128
transfer T1 A1 -> A2 amount=5 code=1 ledger=2 ud128=1        -> exists_with_different_user_data_64
transfer T1 A1 -> A2 amount=5 code=1 ledger=2 ud128=1 ud64=2 -> exists_with_different_user_data_32
transfer T1 A1 -> A2 amount=5 code=1 ledger=2 ud128=1 ud64=2 ud32=3 -> exists_with_different_ledger
transfer T1 A1 -> A2 amount=5 code=1 ud128=1 ud64=2 ud32=3 -> exists_with_different_code
transfer T1 A1 -> A2 amount=5 code=4 ud128=1 ud64=2 ud32=3 -> exists
transfer T1 A1 -> A2 amount=5 code=4 ud128=1 ud64=2 ud32=3 timestamp=1 -> timestamp_must_be_zero
# The accounts swapped, and each high half.
transfer T1 A2 -> A1 amount=5 \
         -> exists_with_different_debit_account_id
transfer T1 A2^64+1 -> A2 amount=5 \
         -> exists_with_different_debit_account_id
transfer T1 A1 -> A2^64+2 amount=5 \
         -> exists_with_different_credit_account_id
transfer T1 A1 -> A2 amount=2^64+5                                   -> exists_with_different_amount
transfer T1 A1 -> A2 amount=5 pending_id=T2^127 \
         -> exists_with_different_pending_id
# None of this moved money or consumed an id.
balance  A1 dpo=5
balance  A2 cpo=5
lookup   T1 T8 -> created missing
)";

// `exists` is said of money that moved once, whatever happened to the accounts since.
constexpr std::string_view kTransfersRetries = R"(
account  A1 debits_must_not_exceed_credits -> created
account  A2                                -> created
transfer T1 A2 -> A1 amount=10             -> created
transfer T2 A1 -> A2 amount=10             -> created
transfer T2 A1 -> A2 amount=10             -> exists
transfer T3 A1 -> A2 amount=1              -> exceeds_credits
transfer T3 A1 -> A2 amount=1              -> id_already_failed
request
transfer T2 A1 -> A2 amount=10             -> exists
transfer T1 A2 -> A1 amount=10             -> exists
transfer T3 A1 -> A2 amount=1              -> id_already_failed
# Money has come, but the id has failed; it has for any other transfer too.
transfer T4 A2 -> A1 amount=5              -> created
transfer T3 A1 -> A2 amount=1              -> id_already_failed
transfer T3 A2 -> A1 amount=0 code=7       -> id_already_failed
transfer T3 A1 -> A1                       -> id_already_failed
transfer T3 A0 -> A9 ledger=0 code=0       -> id_already_failed
transfer T3 A1 -> A2 flag_bit=12           -> reserved_flag
transfer T3 A1 -> A2 timestamp=9           -> timestamp_must_be_zero
transfer T5 A1 -> A2 amount=1              -> created
lookup   T1 T2 T3 T4 T5 T6 -> created created exceeds_credits created created missing
balance  A1 dpo=11 cpo=15
)";

// An account serves from the request on that made it, and the ids of transfers and accounts are two
// worlds.
constexpr std::string_view kTwoWorlds = R"(
transfer T1 A1 -> A2 -> debit_account_not_found
account  A1          -> created
account  A2          -> created
transfer T2 A1 -> A2 -> created
account  A3          -> created
transfer T3 A1 -> A3 -> created
transfer T1 A1 -> A2 -> id_already_failed
lookup   A1 A2 A3 A4 -> found found found missing
lookup   T1 T2 T3 T4 -> debit_account_not_found created created missing
)";

}  // namespace

std::vector<NamedTable> transfer_tables() {
  return {
      {"transfers_plain", std::string(kPlain)},
      {"transfers_amounts", std::string(kAmounts)},
      {"transfers_shape", std::string(kTransfersShape)},
      {"transfers_one_mistake_less", std::string(kTransfersOneMistakeLess)},
      {"transfers_accounts_and_ledgers", std::string(kAccountsAndLedgers)},
      {"transfers_existing", std::string(kTransfersExisting)},
      {"transfers_retries", std::string(kTransfersRetries)},
      {"transfers_two_worlds", std::string(kTwoWorlds)},
  };
}

}  // namespace florin::test
