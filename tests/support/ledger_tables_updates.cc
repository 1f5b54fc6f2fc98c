// Tables about update_accounts: what it changes, and that it changes it once.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kChanges = R"(
account  A1 ud128=1 ud64=2 ud32=3               -> created
account  A2                                     -> created
request  principal=7 trace=9
update   U1 A1 ud64=20 reason=by_7_9            -> created
update   U2 A1 ud128=2^128-1 ud32=2^32-1 freeze_debits reason=by_7_9 -> created
request  trace=2^64
update   U3 A2 freeze_credits balance_limit=7 reason=by_0_18446744073709551616 -> created
flags    A1 -> frozen_debits
flags    A2 -> frozen_credits
limits   A2 -> balance=7 since=U3
# To zero is a change as any other.
update   U4 A1 ud64=0 ud128=0 ud32=0            -> created
lookup   A1 A2 -> found found
# What is so already, and what is not there.
update   U5 A1 freeze_debits                    -> created
update   U6 A2 unfreeze_debits                  -> created
update   U7 A2 ud32=0                           -> created
update   U8 A1 clear_velocity_limit clear_balance_limit -> created
flags    A1 -> frozen_debits
flags    A2 -> frozen_credits
# Everything at once, and the other way round.
update   U9 A1 unfreeze_debits freeze_credits ud128=4 ud64=5 ud32=6 overdraft_limit=7 \
         balance_limit=8 transfer_limit=9 velocity_sum=10 velocity_count=11 \
         velocity_window=2592000                -> created
flags    A1 -> frozen_credits
limits   A1 -> overdraft=7 balance=8 transfer=9 velocity_sum=10 velocity_count=11 \
         velocity_window=2592000 since=U9
update   U10 A1 freeze_debits unfreeze_credits clear_overdraft_limit clear_balance_limit \
         clear_transfer_limit clear_velocity_limit -> created
flags    A1 -> frozen_debits
limits   A1 -> since=U10
# The audit tells them all, oldest first or newest first, of one account or of all.
changes  limit=99             -> U1 U2 U3 U4 U5 U6 U7 U8 U9 U10
changes  limit=99 account=A2  -> U3 U6 U7
changes  limit=2 account=A2 newest_first  -> U7 U6 more
changes  limit=2 account=A2 newest_first continue -> U3
changes  limit=9 account=A9   ->
changes  limit=9 timestamp_min=U3 timestamp_max=U5 -> U3 U4 U5
)";

// A reason has 1 to 104 bytes, and zeros behind it.
NamedTable reasons() {
  const std::string longest(ledger::kReasonBytesMax, 'r');
  return {"updates_reasons",
          "account A1 -> created\n"
          "update U1 A1 freeze_debits reason=x -> created\n"
          "update U2 A1 freeze_debits reason= -> reason_must_not_be_empty\n"
          "update U2 A1 freeze_debits reason_length=3 -> reserved_field\n"
          "update U2 A1 freeze_debits reason_length=0 -> reserved_field\n"
          "update U2 A1 freeze_debits reason_length=105 -> reason_too_long\n"
          "update U2 A1 freeze_debits reason_length=65535 -> reason_too_long\n"
          "update U2 A1 freeze_debits reason=" +
              longest + "r -> reason_too_long\nupdate U2 A1 freeze_debits reason=" + longest +
              " -> created\nchanges limit=9 -> U1 U2\n"};
}

// One event has everything wrong; then its first mistake is mended, and so on to the end.
constexpr std::string_view kUpdatesOneMistakeLess = R"(
account  A1                                     -> created
update   U1 A1 ud64=1 linked                    -> created
update   U2 A1 ud64=2                           -> created
update   U0 A0 changes=0x8000 flag_bit=1 reserved=1 timestamp=1 reason= linked \
         -> linked_event_chain_open
request
update   U0 A0 changes=0x8000 flag_bit=1 reserved=1 timestamp=1 reason= -> timestamp_must_be_zero
update   U0 A0 changes=0x8000 flag_bit=1 reserved=1 reason=             -> reserved_field
update   U0 A0 changes=0x8000 flag_bit=1 reason=                        -> reserved_flag
update   U0 A0 changes=0x8000 reason=                                   -> reserved_flag
update   U0 A0 ud64=1 changes=0 reason=                                 -> id_must_not_be_zero
update   Umax A0 ud64=1 changes=0 reason=                               -> id_must_not_be_int_max
# An id that exists: field by field.
update   U1 A0 ud64=3 changes=0 reason=              -> exists_with_different_flags
update   U2 A0 ud64=3 changes=0 reason=              -> exists_with_different_account_id
update   U2 A1 ud64=3 changes=0 reason=              -> exists_with_different_changes
update   U2 A1 ud64=3 reason=                        -> exists_with_different_values
update   U2 A1 ud64=2 reason=                        -> exists_with_different_reason
update   U2 A1 ud64=2 reason=tess                    -> exists_with_different_reason
update   U2 A1 ud64=2 reason=tes                     -> exists_with_different_reason
update   U2 A1 ud64=2 reason_length=5                -> exists_with_different_reason
update   U2 A1 ud64=2                                -> exists
# An id that failed.
update   U3 A9 ud64=1                                -> account_not_found
update   U3 A0 ud64=1 changes=0 reason=              -> id_already_failed
# And the rest.
update   U4 A0 ud64=1 velocity_window=59 changes=0 reason=       -> account_id_must_not_be_zero
update   U4 Amax ud64=1 velocity_window=59 changes=0 reason=     -> account_id_must_not_be_int_max
update   U4 A9 ud64=1 velocity_window=59 changes=0 reason=       -> changes_must_not_be_empty
update   U4 A9 ud64=1 velocity_window=59 changes=0x2003 reason=  -> changes_are_mutually_exclusive
update   U4 A9 ud64=1 velocity_window=59 changes=0x2001 reason=  -> value_must_be_zero
update   U4 A9 velocity_window=59 freeze_debits reason=          -> velocity_window_out_of_range
update   U4 A9 velocity_window=60 freeze_debits reason=          -> reason_must_not_be_empty
update   U4 A9 velocity_window=60 freeze_debits reason_length=105 -> reason_too_long
update   U4 A9 velocity_window=60 freeze_debits                  -> account_not_found
update   U5 A1 velocity_window=60 freeze_debits                  -> created
)";

constexpr std::string_view kUpdatesShape = R"(
account  A1                                          -> created
update   U1 A1 freeze_debits unfreeze_debits         -> changes_are_mutually_exclusive
update   U1 A1 freeze_credits unfreeze_credits       -> changes_are_mutually_exclusive
update   U1 A1 overdraft_limit=1 clear_overdraft_limit -> changes_are_mutually_exclusive
update   U1 A1 balance_limit=1 clear_balance_limit   -> changes_are_mutually_exclusive
update   U1 A1 transfer_limit=1 clear_transfer_limit -> changes_are_mutually_exclusive
update   U1 A1 velocity_sum=1 clear_velocity_limit   -> changes_are_mutually_exclusive
# A value whose change is not named. 1 freezes debits.
update   U1 A1 ud128=1 changes=1                     -> value_must_be_zero
update   U1 A1 ud64=1 changes=1                      -> value_must_be_zero
update   U1 A1 ud32=1 changes=1                      -> value_must_be_zero
update   U1 A1 overdraft_limit=1 changes=1           -> value_must_be_zero
update   U1 A1 balance_limit=1 changes=1             -> value_must_be_zero
update   U1 A1 transfer_limit=1 changes=1            -> value_must_be_zero
update   U1 A1 velocity_sum=0 velocity_count=0 velocity_window=1 changes=1 -> value_must_be_zero
update   U1 A1 velocity_sum=1 velocity_count=0 velocity_window=0 changes=1 -> value_must_be_zero
update   U1 A1 velocity_sum=0 velocity_count=1 velocity_window=0 changes=1 -> value_must_be_zero
# One that clears names no value.
update   U1 A1 overdraft_limit=1 changes=0x100       -> value_must_be_zero
update   U1 A1 velocity_sum=1 changes=0x4000         -> value_must_be_zero
update   U1 A1 velocity_sum=1 velocity_window=0      -> velocity_window_out_of_range
update   U1 A1 velocity_sum=1 velocity_window=2592001 -> velocity_window_out_of_range
update   U1 A1 velocity_sum=1 velocity_window=2^32-1 -> velocity_window_out_of_range
update   U1 A1 ud64=1 changes=0x8020                 -> reserved_flag
update   U1 A1 ud64=1 changes=0x80000020             -> reserved_flag
update   U1 A1 ud64=1 flag_bit=1                     -> reserved_flag
update   U1 A1 ud64=1 flag_bit=4                     -> reserved_flag
update   U1 A1 ud64=1 flag_bit=15                    -> reserved_flag
update   U1 A1 ud64=1 reserved=2^31                  -> reserved_field
update   U0 A1 ud64=1                                -> id_must_not_be_zero
update   Umax A1 ud64=1                              -> id_must_not_be_int_max
update   U1 A0 ud64=1                                -> account_id_must_not_be_zero
update   U1 Amax ud64=1                              -> account_id_must_not_be_int_max
update   U1 A1                                       -> changes_must_not_be_empty
flags    A1 ->
changes  limit=9 ->
# Nothing of this consumed the id.
update   U1 A1 ud64=1                                -> created
)";

// An update takes effect once, however late it is said again.
constexpr std::string_view kUpdatesRetries = R"(
update   U1 A1 freeze_debits                     -> account_not_found
account  A1                                      -> created
account  A2                                      -> created
update   U1 A1 freeze_debits                     -> id_already_failed
update   U1 A2 ud64=9                            -> id_already_failed
update   U2 A1 freeze_debits ud64=7 transfer_limit=5 -> created
update   U3 A1 unfreeze_debits ud64=8 clear_transfer_limit -> created
update   U2 A1 freeze_debits ud64=7 transfer_limit=5 -> exists
flags    A1 ->
limits   A1 -> since=U3
lookup   A1 -> found
request
update   U2 A1 freeze_debits ud64=7 transfer_limit=5 -> exists
update   U2 A2 freeze_debits ud64=7 transfer_limit=5 -> exists_with_different_account_id
update   U2 A1 freeze_debits ud64=7              -> exists_with_different_changes
update   U2 A1 freeze_debits ud64=6 transfer_limit=5 -> exists_with_different_values
update   U2 A1 freeze_debits ud64=7 transfer_limit=6 -> exists_with_different_values
update   U2 A1 freeze_debits ud64=7 transfer_limit=5 reason=other -> exists_with_different_reason
update   U2 A1 freeze_debits ud64=7 transfer_limit=5 linked -> exists_with_different_flags
update   U4 A1 ud64=1                            -> linked_event_failed
update   U5 A1 overdraft_limit=1 balance_limit=2 velocity_sum=3 velocity_count=4 -> created
update   U5 A1 overdraft_limit=9 balance_limit=2 velocity_sum=3 velocity_count=4 \
         -> exists_with_different_values
update   U5 A1 overdraft_limit=1 balance_limit=9 velocity_sum=3 velocity_count=4 \
         -> exists_with_different_values
update   U5 A1 overdraft_limit=1 balance_limit=2 velocity_sum=9 velocity_count=4 \
         -> exists_with_different_values
update   U5 A1 overdraft_limit=1 balance_limit=2 velocity_sum=3 velocity_count=9 \
         -> exists_with_different_values
update   U5 A1 overdraft_limit=1 balance_limit=2 velocity_sum=3 velocity_count=4 \
         velocity_window=61 -> exists_with_different_values
# The ids of updates, transfers and accounts are three worlds.
update   U11 A1 ud32=1                           -> created
transfer T11 A1 -> A2                            -> created
account  A11                                     -> created
lookup   T1 T2 -> missing missing
changes  limit=9 -> U2 U3 U5 U11
)";

constexpr std::string_view kUpdatesChains = R"(
account  A1                                      -> created
account  A2                                      -> created
account  A3 frozen_credits                       -> created
update   U1 A1 freeze_debits ud64=1 linked       -> created
update   U2 A2 freeze_debits ud64=2 linked       -> created
update   U3 A1 unfreeze_debits overdraft_limit=5 -> created
flags    A1 ->
flags    A2 -> frozen_debits
# A chain that fails leaves everything as it was.
update   U4 A1 freeze_debits freeze_credits ud64=9 ud128=9 ud32=9 clear_overdraft_limit linked \
         -> linked_event_failed
update   U5 A2 unfreeze_debits velocity_sum=5 linked -> linked_event_failed
update   U6 A3 unfreeze_credits balance_limit=5 linked -> linked_event_failed
update   U7 A9 ud64=1 linked                     -> account_not_found
update   U8 A1 ud64=9                            -> linked_event_failed
flags    A1 ->
flags    A2 -> frozen_debits
flags    A3 -> frozen_credits
limits   A1 -> overdraft=5 since=U3
limits   A2 ->
limits   A3 ->
changes  limit=9 -> U1 U2 U3
update   U4 A1 freeze_debits linked              -> linked_event_failed
update   U7 A1 ud64=1                            -> id_already_failed
# The chain again, whole and changed.
update   U1 A1 freeze_debits ud64=1 linked       -> exists
update   U2 A2 freeze_debits ud64=2 linked       -> exists
update   U3 A1 unfreeze_debits overdraft_limit=5 -> exists
update   U1 A1 freeze_debits ud64=1 linked       -> exists
update   U2 A2 freeze_debits ud64=3              -> linked_event_failed
update   U4 A1 ud64=5 linked                     -> linked_event_failed
update   U4 A1 ud64=5 linked                     -> exists
update   U5 A1 ud64=5                            -> linked_event_failed
update   U4 A1 ud64=5 linked                     -> linked_event_failed
update   U5 A1 ud64=6 linked                     -> linked_event_chain_open
request
update   U4 A1 ud64=5 linked                     -> created
update   U5 A1 ud64=6                            -> created
changes  limit=9 -> U1 U2 U3 U4 U5
)";

// What transfers see of them: the state at their place in the order.
constexpr std::string_view kAndTransfers = R"(
account  A1                                      -> created
account  A2                                      -> created
update   U1 A1 transfer_limit=5                  -> created
transfer T1 A1 -> A2 amount=6                    -> exceeds_transfer_limit
update   U2 A1 transfer_limit=6                  -> created
transfer T2 A1 -> A2 amount=6                    -> created
update   U3 A1 transfer_limit=7 linked           -> linked_event_failed
update   U4 A9 transfer_limit=7                  -> account_not_found
transfer T3 A1 -> A2 amount=7                    -> exceeds_transfer_limit
limits   A1 -> transfer=6 since=U2
account  A1                                      -> exists
balance  A1 dpo=6
)";

}  // namespace

std::vector<NamedTable> update_tables() {
  return {
      {"updates_changes", std::string(kChanges)},
      reasons(),
      {"updates_one_mistake_less", std::string(kUpdatesOneMistakeLess)},
      {"updates_shape", std::string(kUpdatesShape)},
      {"updates_retries", std::string(kUpdatesRetries)},
      {"updates_chains", std::string(kUpdatesChains)},
      {"updates_and_transfers", std::string(kAndTransfers)},
  };
}

}  // namespace florin::test
