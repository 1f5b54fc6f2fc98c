// Tables about the deadlines of holds.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kDeadline = R"(
account  A1                                        -> created
account  A2                                        -> created
transfer T1 A1 -> A2 amount=100 pending timeout=5  -> created
status   T1 -> created pending remaining=100 expires=T1+5s
time     T1+5s-1ns
post     T2 T1 amount=40 capture_partial           -> created
status   T1 -> created pending remaining=60 expires=T1+5s
time     T1+5s
post     T3 T1                                     -> pending_transfer_expired
status   T1 -> created expired
balance  A1 dpo=40
balance  A2 cpo=40
total    1 accounts=2 dpo=40 cpo=40
post     T3 T1 amount=100                          -> pending_transfer_expired
post     T3 T1 amount=60 capture_partial           -> pending_transfer_expired
post     T3 T1 amount=101                          -> exceeds_pending_transfer_amount
void     T3 T1                                     -> pending_transfer_expired
void     T3 T1 amount=100                          -> pending_transfer_expired
void     T3 T1 amount=60                           -> pending_transfer_has_different_amount
post     T3 T1 debit=A2            -> pending_transfer_has_different_debit_account_id
# This is no matter of luck, so the id is free.
lookup   T3 -> missing
# Retries of what there was before.
transfer T1 A1 -> A2 amount=100 pending timeout=5  -> exists
post     T2 T1 amount=40 capture_partial           -> exists
# A hold that is resolved has no deadline any more; one without timeout has none.
transfer T4 A1 -> A2 amount=1 pending timeout=1    -> created
transfer T5 A1 -> A2 amount=2 pending timeout=1    -> created
transfer T6 A1 -> A2 amount=4 pending              -> created
post     T7 T4                                     -> created
void     T8 T5                                     -> created
status   T6 -> created pending remaining=4
time     T4+2s
tick
status   T4 -> created posted
status   T5 -> created voided
status   T6 -> created pending remaining=4
time     +4000d
tick
status   T6 -> created pending remaining=4
post     T9 T6                                     -> created
balance  A1 dpo=45
)";

// A tick lets time pass and nothing else; without it, nothing does.
constexpr std::string_view kTick = R"(
tick
tick
time     +7s
tick
account  A1                                        -> created
account  A2                                        -> created
transfer T1 A1 -> A2 amount=100 pending timeout=5  -> created
transfer T2 A1 -> A2 amount=10 pending timeout=6   -> created
time     T1+5s-1ns
tick
status   T1 -> created pending remaining=100 expires=T1+5s
balance  A1 dp=110
time     T1+5s
tick
status   T1 -> created expired
status   T2 -> created pending remaining=10 expires=T2+6s
balance  A1 dp=10
balance  A2 cp=10
time     T2+6s+3s
tick
status   T2 -> created expired
balance  A1
tick
balance  A2
)";

// Any event lets time pass: an account, an update, one that is refused.
constexpr std::string_view kByAnyEvent = R"(
account  A1                                        -> created
account  A2                                        -> created
transfer T1 A1 -> A2 amount=1 pending timeout=1    -> created
time     T1+1s
account  A3                                        -> created
status   T1 -> created expired
transfer T2 A1 -> A2 amount=2 pending timeout=1    -> created
time     T2+1s
update   U1 A1 ud64=1                              -> created
status   T2 -> created expired
transfer T3 A1 -> A2 amount=4 pending timeout=1    -> created
time     T3+1s
account  A4 code=0                                 -> code_must_not_be_zero
status   T3 -> created expired
transfer T4 A1 -> A2 amount=8 pending timeout=1    -> created
time     T4+1s
transfer T4 A1 -> A2 amount=8 pending timeout=1    -> exists
status   T4 -> created expired
transfer T5 A1 -> A2 amount=16 pending timeout=1   -> created
time     T5+1s
transfer T6 A1 -> A2 linked                        -> linked_event_chain_open
status   T5 -> created expired
balance  A1
)";

// The deadline falls on an event in the middle of a request.
constexpr std::string_view kWithinRequest = R"(
account  A1 debits_must_not_exceed_credits            -> created
account  A2                                           -> created
transfer T1 A2 -> A1 amount=100                       -> created
transfer T2 A1 -> A2 amount=100 pending timeout=5     -> created
time     T2+5s-2ns
transfer T3 A1 -> A2 amount=1                         -> exceeds_credits
post     T4 T2 amount=40 capture_partial              -> created
transfer T5 A1 -> A2 amount=60                        -> created
post     T6 T2                                        -> pending_transfer_expired
transfer T7 A1 -> A2 amount=1                         -> exceeds_credits
balance  A1 dpo=100 cpo=100
status   T2 -> created expired
# A member of a request of accounts.
transfer T8 A2 -> A1 amount=9 pending timeout=2       -> created
time     T8+2s-1ns
account  A3                                           -> created
account  A4                                           -> created
status   T8 -> created expired
# It falls behind the last event of one request.
transfer T9 A2 -> A1 amount=9 pending timeout=2       -> created
time     T9+2s-2ns
account  A5                                           -> created
account  A6                                           -> created
status   T9 -> created pending remaining=9 expires=T9+2s
tick
status   T9 -> created expired
)";

// Several at once, by deadline and not by the order that they were made in.
constexpr std::string_view kExpirySeveral = R"(
account  A1 debits_must_not_exceed_credits            -> created
account  A2                                           -> created
account  A3 credits_must_not_exceed_debits            -> created
transfer T1 A2 -> A1 amount=100                       -> created
transfer T2 A1 -> A2 amount=10 pending timeout=9      -> created
transfer T3 A1 -> A2 amount=20 pending timeout=7      -> created
transfer T4 A1 -> A2 amount=30 pending timeout=8      -> created
transfer T5 A1 -> A2 amount=40 pending timeout=7      -> created
transfer T6 A1 -> A2 amount=1                         -> exceeds_credits
time     T3+7s
transfer T7 A1 -> A2 amount=21                        -> exceeds_credits
transfer T8 A1 -> A2 amount=20 pending                -> created
transfer T9 A1 -> A2 amount=41                        -> exceeds_credits
# The last of the request was decided at the deadline of T5.
status   T5 -> created expired
status   T4 -> created pending remaining=30 expires=T4+8s
time     T2+9s
transfer T10 A1 -> A2 amount=80                       -> created
status   T2 -> created expired
status   T3 -> created expired
status   T4 -> created expired
balance  A1 dp=20 dpo=80 cpo=100
# The very same deadline, of holds made a second apart.
transfer T11 A2 -> A1 amount=1 pending timeout=5      -> created
time     T11+1s
transfer T12 A2 -> A1 amount=2 pending timeout=4      -> created
time     T11+5s-1ns
tick
status   T11 -> created pending remaining=1 expires=T11+5s
status   T12 -> created pending remaining=2 expires=T11+5s
tick
status   T11 -> created expired
status   T12 -> created expired
balance  A1 dp=20 dpo=80 cpo=100
)";

// Expiry belongs to no chain: it stands when the chain is rolled back, with what the hold had.
constexpr std::string_view kExpiryChains = R"(
account  A1 debits_must_not_exceed_credits            -> created
account  A2                                           -> created
transfer T1 A2 -> A1 amount=100                       -> created
# Captured within the chain, before the deadline.
transfer T2 A1 -> A2 amount=100 pending timeout=5     -> created
time     T2+5s-1ns
post     T3 T2 amount=10 capture_partial linked       -> linked_event_failed
transfer T4 A1 -> A2 amount=90 linked                 -> linked_event_failed
transfer T5 A1 -> A2 amount=1                         -> exceeds_credits
status   T2 -> created expired
balance  A1 cpo=100
balance  A2 dpo=100
# The same with success.
transfer T12 A1 -> A2 amount=100 pending timeout=5    -> created
time     T12+5s-1ns
post     T13 T12 amount=10 capture_partial linked     -> created
transfer T14 A1 -> A2 amount=50                       -> created
status   T12 -> created expired
balance  A1 dpo=60 cpo=100
# Posted as a whole before the deadline, and the chain fails behind it.
transfer T22 A1 -> A2 amount=40 pending timeout=5     -> created
time     T22+5s-1ns
post     T23 T22 linked                               -> linked_event_failed
transfer T24 A1 -> A2 amount=1                        -> exceeds_credits
status   T22 -> created expired
balance  A1 dpo=60 cpo=100
# Voided likewise.
transfer T32 A1 -> A2 amount=40 pending timeout=5     -> created
time     T32+5s-1ns
void     T33 T32 linked                               -> linked_event_failed
transfer T34 A1 -> A2 amount=41                       -> exceeds_credits
status   T32 -> created expired
# The chain fails before the deadline, which falls on a later member all the same.
transfer T42 A1 -> A2 amount=40 pending timeout=5     -> created
time     T42+5s-2ns
post     T43 T42 linked                               -> linked_event_failed
transfer T44 A1 -> A2 code=0 linked                   -> code_must_not_be_zero
transfer T45 A1 -> A2 amount=1                        -> linked_event_failed
status   T42 -> created expired
# It is rolled back before the deadline, and the hold lives.
transfer T52 A1 -> A2 amount=40 pending timeout=5     -> created
time     T52+5s-3ns
post     T53 T52 amount=10 capture_partial linked     -> linked_event_failed
transfer T54 A1 -> A2 code=0                          -> code_must_not_be_zero
status   T52 -> created pending remaining=40 expires=T52+5s
post     T55 T52 amount=40                            -> pending_transfer_expired
# Money that comes back serves the chain.
transfer T62 A1 -> A2 amount=40 pending timeout=5     -> created
time     T62+5s-1ns
transfer T63 A2 -> A1 amount=0 linked                 -> created
transfer T64 A1 -> A2 amount=40                       -> created
balance  A1 dpo=100 cpo=100
# A chain that exists already is compared, and time passes.
transfer T72 A2 -> A1 amount=40 pending timeout=5     -> created
time     T72+5s
transfer T63 A2 -> A1 amount=0 linked                 -> exists
transfer T64 A1 -> A2 amount=40                       -> exists
status   T72 -> created expired
# An open chain, the deadline within.
transfer T82 A2 -> A1 amount=40 pending timeout=5     -> created
time     T82+5s-1ns
post     T83 T82 linked                               -> linked_event_failed
transfer T84 A2 -> A1 linked                          -> linked_event_chain_open
status   T82 -> created expired
)";

// A chain of another kind of event rolls nothing back that expired meanwhile.
constexpr std::string_view kOtherChains = R"(
account  A1                                           -> created
account  A2                                           -> created
transfer T1 A1 -> A2 amount=5 pending timeout=5       -> created
transfer T2 A1 -> A2 amount=7 pending timeout=5       -> created
time     T1+5s-1ns
account  A3 linked                                    -> linked_event_failed
account  A4 code=0                                    -> code_must_not_be_zero
status   T1 -> created expired
status   T2 -> created pending remaining=7 expires=T2+5s
time     T2+5s
update   U1 A1 freeze_debits linked                   -> linked_event_failed
update   U2 A9 freeze_debits                          -> account_not_found
status   T2 -> created expired
balance  A1
flags    A1 ->
)";

// The last deadline that there is.
constexpr std::string_view kFarthest = R"(
account  A1                                              -> created
account  A2                                              -> created
transfer T1 A1 -> A2 amount=1 pending timeout=2^32-1     -> created
status   T1 -> created pending remaining=1 expires=T1+4294967295s
time     T1+4294967295s-1ns
tick
status   T1 -> created pending remaining=1 expires=T1+4294967295s
tick
status   T1 -> created expired
time     2^63-1000000002
transfer T2 A1 -> A2 amount=1 pending timeout=1          -> created
transfer T3 A1 -> A2 amount=1 pending timeout=1          -> created
transfer T4 A1 -> A2 amount=1 pending timeout=1          -> overflows_timeout
transfer T4 A1 -> A2 amount=1 pending timeout=2^32-1     -> overflows_timeout
status   T3 -> created pending remaining=1 expires=2^63-1
# This is refused for its shape alone: the id is free.
lookup   T4 -> missing
transfer T4 A1 -> A2 amount=1 pending                    -> created
balance  A1 dp=3
)";

// One hold comes due with each event of a request, which has just the money that it brings back;
// then as many with a single tick.
NamedTable many() {
  constexpr u32 kHolds = 3'000;
  std::string text =
      "account A1 debits_must_not_exceed_credits -> created\naccount A2 -> created\n"
      "transfer T1 A2 -> A1 amount=3000 -> created\nrequest\n";
  const auto append = [&](u32 first, const std::string& transfer) {
    for (u32 index = 0; index < kHolds; ++index) {
      text += "transfer T" + std::to_string(first + index) + transfer + " -> created\n";
    }
  };
  append(10'000, " A1 -> A2 pending timeout=5");
  text += "balance A1 dp=3000 cpo=3000\ntime T10000+5s\n";
  append(20'000, " A1 -> A2");
  text += "transfer T2 A1 -> A2 -> exceeds_credits\nbalance A1 dpo=3000 cpo=3000\n";
  append(30'000, " A2 -> A1 pending timeout=5");
  text += "time T32999+5s-1ns\ntick\nbalance A2 dp=1 dpo=3000 cpo=3000\n";
  append(40'000, " A2 -> A1 pending timeout=5");
  text += "time T42999+5s\ntick\nbalance A2 dpo=3000 cpo=3000\n";
  return {"expiry_of_many", text};
}

}  // namespace

std::vector<NamedTable> expiry_tables() {
  return {
      {"expiry_deadline", std::string(kDeadline)},
      {"expiry_tick", std::string(kTick)},
      {"expiry_by_any_event", std::string(kByAnyEvent)},
      {"expiry_within_request", std::string(kWithinRequest)},
      {"expiry_several", std::string(kExpirySeveral)},
      {"expiry_chains", std::string(kExpiryChains)},
      {"expiry_other_chains", std::string(kOtherChains)},
      {"expiry_farthest", std::string(kFarthest)},
      many(),
  };
}

}  // namespace florin::test
