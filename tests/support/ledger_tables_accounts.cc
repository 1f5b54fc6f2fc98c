// Tables about the creation of accounts. The precedence of their outcomes has a file of its own.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kCreation = R"(
account A1                                                    -> created
account A2 debits_must_not_exceed_credits                     -> created
account A3 credits_must_not_exceed_debits                     -> created
account A4 history                                            -> created
account A5 history debits_must_not_exceed_credits             -> created
account A6 ledger=2^32-1 code=65535                           -> created
account A7 ud128=2^128-1 ud64=2^64-1 ud32=2^32-1 -> created
account A2^64                                                 -> created
account A2^64+1                                               -> created
account A2^127                                                -> created
account A2^128-2                                              -> created
lookup  A1 A2 A3 A4 A5 A6      -> found found found found found found
lookup  A7 A2^64 A2^64+1       -> found found found
lookup  A2^127 A2^128-2 A2^96  -> found found missing
totals  min=0 limit=9          -> 1 4294967295
)";

constexpr std::string_view kAccountsShape = R"(
account A1 timestamp=1                                                  -> timestamp_must_be_zero
account A1 reserved=1                                                   -> reserved_field
account A1 flag_bit=8                                                   -> reserved_flag
account A1 flag_bit=9                                                   -> reserved_flag
account A1 flag_bit=10                                                  -> reserved_flag
account A1 flag_bit=11                                                  -> reserved_flag
account A1 flag_bit=12                                                  -> reserved_flag
account A1 flag_bit=13                                                  -> reserved_flag
account A1 flag_bit=14                                                  -> reserved_flag
account A1 flag_bit=15                                                  -> reserved_flag
account A0                                                              -> id_must_not_be_zero
account Amax                                                            -> id_must_not_be_int_max
account A1 debits_must_not_exceed_credits credits_must_not_exceed_debits \
         -> flags_are_mutually_exclusive
account A1 dp=1 \
         -> debits_pending_must_be_zero
account A1 dpo=1 \
         -> debits_posted_must_be_zero
account A1 cp=1 \
         -> credits_pending_must_be_zero
account A1 cpo=1 \
         -> credits_posted_must_be_zero
account A1 dp=2^127 \
         -> debits_pending_must_be_zero
account A1 ledger=0                                                     -> ledger_must_not_be_zero
account A1 code=0                                                       -> code_must_not_be_zero
lookup  A1                                                              -> missing
# A refused creation consumes nothing.
account A1                                                              -> created
lookup  A1                                                              -> found
)";

// One event has everything wrong; then its first mistake is mended, and so on to the end.
constexpr std::string_view kAccountsOneMistakeLess = R"(
account A0   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 flag_bit=8 reserved=1 \
         timestamp=1 linked \
         -> linked_event_chain_open
request
account A0   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 flag_bit=8 reserved=1 \
         timestamp=1 \
         -> timestamp_must_be_zero
account A0   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 flag_bit=8 reserved=1 \
         -> reserved_field
account A0   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 flag_bit=8 -> reserved_flag
account A0   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 -> id_must_not_be_zero
account Amax dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 -> id_must_not_be_int_max
account A1   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 flag_bit=2 \
         -> flags_are_mutually_exclusive
account A1   dp=1 dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 -> debits_pending_must_be_zero
account A1        dpo=1 cp=1 cpo=1 ledger=0 code=0 flag_bit=1 -> debits_posted_must_be_zero
account A1              cp=1 cpo=1 ledger=0 code=0 flag_bit=1 -> credits_pending_must_be_zero
account A1                   cpo=1 ledger=0 code=0 flag_bit=1 -> credits_posted_must_be_zero
account A1                         ledger=0 code=0 flag_bit=1 -> ledger_must_not_be_zero
account A1                                  code=0 flag_bit=1 -> code_must_not_be_zero
account A1                                         flag_bit=1 -> created
)";

constexpr std::string_view kAccountsExisting = R"(
account A1 ud128=1 ud64=2 ud32=3 ledger=4 code=5 history -> created
request
# Every field differs; then one field less, in the order of comparison.
account A1 \
         -> exists_with_different_flags
account A1 history \
         -> exists_with_different_user_data_128
account A1 history ud128=1 \
         -> exists_with_different_user_data_64
account A1 history ud128=1 ud64=2 \
         -> exists_with_different_user_data_32
account A1 history ud128=1 ud64=2 ud32=3                -> exists_with_different_ledger
account A1 history ud128=1 ud64=2 ud32=3 ledger=4       -> exists_with_different_code
account A1 history ud128=1 ud64=2 ud32=3 ledger=4 code=5 -> exists
# Balances are not compared, but a timestamp or a reserved field is wrong before anything is.
account A1 history ud128=1 ud64=2 ud32=3 ledger=4 code=5 dp=1 dpo=2 cp=3 cpo=4 -> exists
account A1 history ud128=1 ud64=2 ud32=3 ledger=4 code=5 timestamp=1 -> timestamp_must_be_zero
account A1 history ud128=1 ud64=2 ud32=3 ledger=4 code=5 reserved=1  -> reserved_field
# The high halves count too.
account A1 history ud128=2^64+1 ud64=2 ud32=3 ledger=4 code=5 -> exists_with_different_user_data_128
account A1 history ud128=1 ud64=2^63+2 ud32=3 ledger=4 code=5 -> exists_with_different_user_data_64
account A2^64+1 -> created
lookup  A1 A2^64+1 A2^64 -> found found missing
)";

// The balance of an account does not matter to a retry of its creation.
constexpr std::string_view kRetryAfterUse = R"(
account  A1                  -> created
account  A2                  -> created
account  A1                  -> exists
transfer T1 A1 -> A2 amount=7 -> created
account  A1                  -> exists
account  A2                  -> exists
account  A2 code=2           -> exists_with_different_code
balance  A1 dpo=7
balance  A2 cpo=7
)";

constexpr std::string_view kSameRequest = R"(
account A1        -> created
account A1        -> exists
account A1 code=2 -> exists_with_different_code
account A2 code=0 -> code_must_not_be_zero
account A2        -> created
account A2        -> exists
request
account A1        -> exists
account A2        -> exists
total   1 accounts=2
)";

}  // namespace

std::vector<NamedTable> account_tables() {
  return {
      {"accounts_creation", std::string(kCreation)},
      {"accounts_shape", std::string(kAccountsShape)},
      {"accounts_one_mistake_less", std::string(kAccountsOneMistakeLess)},
      {"accounts_existing", std::string(kAccountsExisting)},
      {"accounts_retry_after_use", std::string(kRetryAfterUse)},
      {"accounts_same_request", std::string(kSameRequest)},
  };
}

}  // namespace florin::test
