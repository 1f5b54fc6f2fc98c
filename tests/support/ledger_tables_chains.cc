// Tables about linked events: a chain takes effect whole or not at all.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kWhole = R"(
account  A1                            -> created
account  A2                            -> created
account  A3                            -> created
transfer T1 A1 -> A2 amount=1   linked -> created
transfer T2 A2 -> A3 amount=10  linked -> created
transfer T3 A3 -> A1 amount=100        -> created
balance  A1 dpo=1   cpo=100
balance  A2 dpo=10  cpo=1
balance  A3 dpo=100 cpo=10
lookup   T1 T2 T3 -> created created created
)";

// The same chain with its first, its middle and its last member failing.
constexpr std::string_view kBroken = R"(
account  A1                                -> created
account  A2                                -> created
transfer T1 A0 -> A2 amount=1       linked -> debit_account_id_must_not_be_zero
transfer T2 A1 -> A2 amount=1       linked -> linked_event_failed
transfer T3 A1 -> A2 amount=1              -> linked_event_failed
request
transfer T1 A1 -> A2 amount=1       linked -> linked_event_failed
transfer T2 A1 -> A2 amount=1 code=0 linked -> code_must_not_be_zero
transfer T3 A1 -> A2 amount=1              -> linked_event_failed
request
transfer T1 A1 -> A2 amount=1       linked -> linked_event_failed
transfer T2 A1 -> A2 amount=1       linked -> linked_event_failed
transfer T3 A1 -> A2 amount=1 ledger=0     -> ledger_must_not_be_zero
balance  A1
balance  A2
lookup   T1 T2 T3 -> missing missing missing
# Only the first failure is named; the second is never looked at, and consumes nothing.
transfer T1 A1 -> A2 amount=1       linked -> linked_event_failed
transfer T2 A1 -> A2 amount=1 code=0 linked -> code_must_not_be_zero
transfer T3 A1 -> A9 amount=1              -> linked_event_failed
request
transfer T1 A1 -> A2 amount=1       linked -> created
transfer T2 A1 -> A2 amount=1       linked -> created
transfer T3 A1 -> A2 amount=1              -> created
balance  A1 dpo=3
balance  A2 cpo=3
)";

// What stands around a chain in its request is not touched by its failure.
constexpr std::string_view kChainsSeveral = R"(
account  A1                          -> created
account  A2                          -> created
transfer T1 A1 -> A2 amount=1        -> created
transfer T2 A1 -> A2 amount=2 linked -> linked_event_failed
transfer T3 A1 -> A1 amount=4        -> accounts_must_be_different
transfer T4 A1 -> A2 amount=8        -> created
transfer T5 A1 -> A2 amount=16 linked -> created
transfer T6 A1 -> A2 amount=32       -> created
transfer T7 A1 -> A0 amount=64 linked -> credit_account_id_must_not_be_zero
transfer T8 A1 -> A2 amount=128      -> linked_event_failed
transfer T9 A1 -> A2 amount=256      -> created
balance  A1 dpo=313
balance  A2 cpo=313
# Two failing chains side by side are two chains.
transfer T10 A1 -> A1 linked         -> accounts_must_be_different
transfer T11 A1 -> A2                -> linked_event_failed
transfer T12 A1 -> A2 linked         -> linked_event_failed
transfer T13 A1 -> A1                -> accounts_must_be_different
lookup   T1 T2 T3 T4 T5 T6 -> created missing missing created created created
lookup   T7 T8 T9          -> missing missing created
)";

constexpr std::string_view kOpen = R"(
account  A1                       -> created
account  A2                       -> created
# One linked event alone.
transfer T1 A1 -> A2 linked       -> linked_event_chain_open
request
# The members before were fine.
transfer T1 A1 -> A2 linked       -> linked_event_failed
transfer T2 A1 -> A2 linked       -> linked_event_failed
transfer T3 A1 -> A2 linked       -> linked_event_chain_open
request
# The chain is broken already: the first failure and the open end are both told.
transfer T1 A1 -> A2 linked       -> linked_event_failed
transfer T2 A1 -> A1 linked       -> accounts_must_be_different
transfer T3 A1 -> A2 linked       -> linked_event_failed
transfer T4 A1 -> A2 linked       -> linked_event_chain_open
request
# The failing member is the one before the last, or the first of two.
transfer T1 A0 -> A2 linked       -> debit_account_id_must_not_be_zero
transfer T2 A1 -> A2 linked       -> linked_event_chain_open
request
# Whatever else is wrong with the last.
transfer T0 A0 -> A0 timestamp=1 flag_bit=15 linked -> linked_event_chain_open
request
# Chains and events before an open chain stand.
transfer T5 A1 -> A2              -> created
transfer T6 A1 -> A2 linked       -> created
transfer T7 A1 -> A2              -> created
transfer T8 A1 -> A2 linked       -> linked_event_failed
transfer T9 A1 -> A2 linked       -> linked_event_chain_open
balance  A1 dpo=3
lookup   T1 T2 T3 T4 T5 T6 -> missing missing missing missing created created
lookup   T7 T8 T9          -> created missing missing
# The next request does not go on with it.
transfer T9 A1 -> A2              -> created
)";

// A transient failure inside an open chain consumes its id as anywhere.
constexpr std::string_view kOpenAndTransient = R"(
account  A1                       -> created
account  A2                       -> created
transfer T1 A1 -> A2 linked       -> linked_event_failed
transfer T2 A1 -> A9 linked       -> credit_account_not_found
transfer T3 A1 -> A2 linked       -> linked_event_chain_open
request
transfer T4 A9 -> A2 linked       -> linked_event_chain_open
lookup   T1 T2 T3 T4 -> missing credit_account_not_found missing missing
account  A9                       -> created
transfer T2 A1 -> A9              -> id_already_failed
transfer T4 A9 -> A2              -> created
)";

// Members see what earlier members did, and nobody does when the chain fails.
constexpr std::string_view kEffectsWithin = R"(
account  A1 debits_must_not_exceed_credits -> created
account  A2 credits_must_not_exceed_debits -> created
account  A3                                -> created
transfer T1 A3 -> A1 amount=10 linked      -> created
transfer T2 A1 -> A3 amount=10             -> created
balance  A1 dpo=10 cpo=10
transfer T3 A2 -> A3 amount=10 linked      -> created
transfer T4 A3 -> A2 amount=10             -> created
balance  A2 dpo=10 cpo=10
# Credit that a member brought is gone with the chain.
transfer T5 A3 -> A1 amount=7 linked       -> linked_event_failed
transfer T6 A1 -> A3 amount=8              -> exceeds_credits
transfer T7 A1 -> A3 amount=1              -> exceeds_credits
balance  A1 dpo=10 cpo=10
# Members use it up together.
transfer T8  A3 -> A1 amount=7 linked      -> linked_event_failed
transfer T9  A1 -> A3 amount=4 linked      -> linked_event_failed
transfer T10 A1 -> A3 amount=4 linked      -> exceeds_credits
transfer T11 A1 -> A3 amount=1             -> linked_event_failed
request
transfer T8  A3 -> A1 amount=7 linked      -> created
transfer T9  A1 -> A3 amount=4 linked      -> created
transfer T12 A1 -> A3 amount=3             -> created
transfer T13 A1 -> A3 amount=1             -> exceeds_credits
balance  A1 dpo=17 cpo=17
lookup   T5 T6 T8 T10 T11 -> missing exceeds_credits created exceeds_credits missing
)";

constexpr std::string_view kOverflowWithin = R"(
account  A1 -> created
account  A2 -> created
account  A3 -> created
transfer T1 A1 -> A2 amount=2^128-1 linked -> linked_event_failed
transfer T2 A1 -> A3 amount=1              -> overflows_debits_posted
transfer T3 A1 -> A3 amount=1              -> created
transfer T4 A1 -> A2 amount=2^128-2 linked -> linked_event_failed
transfer T5 A3 -> A2 amount=2              -> overflows_credits_posted
transfer T6 A1 -> A2 amount=2^128-2 linked -> created
transfer T7 A3 -> A2 amount=1              -> created
balance  A1 dpo=2^128-1
balance  A2 cpo=2^128-1
balance  A3 dpo=1 cpo=1
)";

constexpr std::string_view kDuplicatesWithin = R"(
account  A1                            -> created
account  A2                            -> created
# An id twice in one chain: `exists` breaks it, and then nothing exists.
transfer T1 A1 -> A2 linked            -> linked_event_failed
transfer T1 A1 -> A2 linked            -> exists
transfer T2 A1 -> A2                   -> linked_event_failed
lookup   T1 T2 -> missing missing
transfer T1 A1 -> A2 linked            -> linked_event_failed
transfer T2 A1 -> A2 linked            -> linked_event_failed
transfer T1 A1 -> A2 amount=2 linked   -> exists_with_different_amount
transfer T3 A1 -> A2                   -> linked_event_failed
request
# The closing member is not linked, so its flags differ from those of the first.
transfer T1 A1 -> A2 linked            -> linked_event_failed
transfer T1 A1 -> A2                   -> exists_with_different_flags
lookup   T1 T2 T3 -> missing missing missing
balance  A1
# In two chains of one request the second meets what the first did.
transfer T1 A1 -> A2 linked            -> created
transfer T2 A1 -> A2                   -> created
transfer T3 A1 -> A2 linked            -> linked_event_failed
transfer T1 A1 -> A2 linked            -> exists
transfer T2 A1 -> A2                   -> linked_event_failed
transfer T1 A1 -> A2 linked            -> exists
transfer T2 A1 -> A2                   -> exists
transfer T3 A1 -> A2                   -> created
balance  A1 dpo=3
)";

// A chain that was made is compared as a whole when it comes again.
constexpr std::string_view kRetryOfWhole = R"(
account  A1                                -> created
account  A2                                -> created
transfer T1 A1 -> A2 amount=1 linked       -> created
transfer T2 A1 -> A2 amount=2 linked       -> created
transfer T3 A1 -> A2 amount=4              -> created
request
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T2 A1 -> A2 amount=2 linked       -> exists
transfer T3 A1 -> A2 amount=4              -> exists
# A member by itself: the last was not linked, the others were.
request
transfer T3 A1 -> A2 amount=4              -> exists
transfer T1 A1 -> A2 amount=1              -> exists_with_different_flags
# Members in another order exist all the same.
request
transfer T2 A1 -> A2 amount=2 linked       -> exists
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T3 A1 -> A2 amount=4              -> exists
# So does a part of the chain that ends as it did, and one that names a member twice.
request
transfer T2 A1 -> A2 amount=2 linked       -> exists
transfer T3 A1 -> A2 amount=4              -> exists
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T3 A1 -> A2 amount=4              -> exists
# Cut off, it is an open chain.
request
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T2 A1 -> A2 amount=2 linked       -> linked_event_chain_open
request
transfer T1 A1 -> A2 amount=1 linked       -> linked_event_chain_open
balance  A1 dpo=7
balance  A2 cpo=7
)";

constexpr std::string_view kRetryWithChanges = R"(
account  A1                                -> created
account  A2                                -> created
transfer T1 A1 -> A2 amount=1 linked       -> created
transfer T2 A1 -> A2 amount=2 linked       -> created
transfer T3 A1 -> A2 amount=4              -> created
request
# The first member changed.
transfer T1 A1 -> A2 amount=9 linked       -> exists_with_different_amount
transfer T2 A1 -> A2 amount=2 linked       -> linked_event_failed
transfer T3 A1 -> A2 amount=4              -> linked_event_failed
request
# A later one did: the first breaks the chain, as it exists.
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T2 A1 -> A2 amount=9 linked       -> linked_event_failed
transfer T3 A1 -> A2 amount=4              -> linked_event_failed
request
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T2 A1 -> A2 amount=2 linked       -> linked_event_failed
transfer T3 A1 -> A2 amount=4 code=0       -> linked_event_failed
request
transfer T1 A1 -> A2 amount=1 linked timestamp=1 -> timestamp_must_be_zero
transfer T2 A1 -> A2 amount=2 linked       -> linked_event_failed
transfer T3 A1 -> A2 amount=4              -> linked_event_failed
request
# A new member before, between or behind the old ones.
transfer T4 A1 -> A2 amount=8 linked       -> linked_event_failed
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T2 A1 -> A2 amount=2 linked       -> linked_event_failed
transfer T3 A1 -> A2 amount=4              -> linked_event_failed
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T4 A1 -> A2 amount=8 linked       -> linked_event_failed
transfer T3 A1 -> A2 amount=4              -> linked_event_failed
transfer T1 A1 -> A2 amount=1 linked       -> exists
transfer T2 A1 -> A2 amount=2 linked       -> linked_event_failed
transfer T4 A1 -> A2 amount=8              -> linked_event_failed
lookup   T1 T2 T3 T4 -> created created created missing
balance  A1 dpo=7
transfer T4 A1 -> A2 amount=8              -> created
)";

// Only the member that failed transiently loses its id; so the chain never succeeds unchanged.
constexpr std::string_view kTransient = R"(
account  A1 debits_must_not_exceed_credits -> created
account  A2                                -> created
transfer T1 A2 -> A1 amount=5 linked       -> linked_event_failed
transfer T2 A1 -> A2 amount=6 linked       -> exceeds_credits
transfer T3 A2 -> A1 amount=1              -> linked_event_failed
lookup   T1 T2 T3 -> missing exceeds_credits missing
balance  A1
transfer T4 A2 -> A1 amount=9              -> created
# The money would suffice now.
transfer T1 A2 -> A1 amount=5 linked       -> linked_event_failed
transfer T2 A1 -> A2 amount=6 linked       -> id_already_failed
transfer T3 A2 -> A1 amount=1              -> linked_event_failed
request
transfer T2 A1 -> A2 amount=6 linked       -> id_already_failed
transfer T3 A2 -> A1 amount=1              -> linked_event_failed
request
transfer T1 A2 -> A1 amount=5 linked       -> created
transfer T5 A1 -> A2 amount=6 linked       -> created
transfer T3 A2 -> A1 amount=1              -> created
balance  A1 dpo=6 cpo=15
# Within one request the id is consumed when the chain has ended.
transfer T6 A2 -> A1 amount=1 linked       -> linked_event_failed
transfer T7 A2 -> A9 amount=1              -> credit_account_not_found
transfer T7 A2 -> A1 amount=1              -> id_already_failed
transfer T6 A2 -> A1 amount=1              -> created
lookup   T6 T7 -> created credit_account_not_found
)";

constexpr std::string_view kChainsAccounts = R"(
account  A1 linked        -> created
account  A2               -> created
account  A3 linked        -> linked_event_failed
account  A4 linked code=0 -> code_must_not_be_zero
account  A5               -> linked_event_failed
account  A6               -> created
account  A7 linked        -> linked_event_failed
account  A7 linked        -> exists
account  A8               -> linked_event_failed
account  A9 linked        -> linked_event_failed
account  A10 linked       -> linked_event_chain_open
request
account  A11 linked ledger=0 -> ledger_must_not_be_zero
account  A12 linked       -> linked_event_failed
account  A13 linked       -> linked_event_chain_open
request
account  A14 linked       -> linked_event_chain_open
lookup   A1 A2 A3 A4 A5 A6 -> found found missing missing missing found
lookup   A7 A8 A9 A10 A11  -> missing missing missing missing missing
total    1 accounts=3
# The chain again: whole, changed, cut off.
account  A1 linked        -> exists
account  A2               -> exists
account  A1 linked        -> exists
account  A2 code=2        -> linked_event_failed
account  A1 linked code=2 -> exists_with_different_code
account  A2               -> linked_event_failed
account  A3 linked        -> linked_event_failed
account  A1 linked        -> exists
account  A2               -> linked_event_failed
account  A1               -> exists_with_different_flags
account  A1 linked        -> linked_event_chain_open
request
# A refused creation consumes no id.
account  A3 linked        -> created
account  A4 linked        -> created
account  A5               -> created
total    1 accounts=6
transfer T1 A1 -> A4      -> created
transfer T2 A7 -> A1      -> debit_account_not_found
)";

// A ledger whose only account was rolled back has no line in the trial balance.
constexpr std::string_view kAccountsOfOtherLedgers = R"(
account  A1 ledger=7 linked -> linked_event_failed
account  A2 ledger=8 code=0 -> code_must_not_be_zero
account  A3 ledger=9        -> created
totals   min=0 limit=9      -> 9
account  A1 ledger=8 linked -> created
account  A2 ledger=7        -> created
totals   min=0 limit=9      -> 7 8 9
)";

// The longest chain that a request can hold, whole and broken at its end.
NamedTable longest_chain() {
  std::string text = "account A1 -> created\naccount A2 -> created\n";
  const auto append = [&](u32 first_id, std::string_view outcome, std::string_view last) {
    for (u32 index = 0; index + 1 < ledger::kRequestEventsMax; ++index) {
      text += "transfer T" + std::to_string(first_id + index) + " A1 -> A2 linked -> ";
      text += std::string(outcome) + "\n";
    }
    text += "transfer T" + std::to_string(first_id + ledger::kRequestEventsMax - 1);
    text += std::string(last) + "\nrequest\n";
  };
  append(1, "linked_event_failed", " A1 -> A1 -> accounts_must_be_different");
  text += "balance A1\n";
  append(1, "created", " A1 -> A2 -> created");
  append(1, "exists", " A1 -> A2 -> exists");
  text += "balance A1 dpo=8189\n";
  return {"chains_longest", text};
}

// One chain of every kind of event there is: its members, and what is behind their arrows.
struct Member {
  std::string_view event;
  std::string_view outcome;
};

constexpr Member kEveryKind[] = {
    {"transfer T11 A1 -> A2 amount=10 debit>=50 debit<=50", "created"},
    {"transfer T12 A1 -> A3 amount=20 pending timeout=9", "created"},
    {"post T13 T12 amount=5 capture_partial", "created"},
    {"void T14 T12 debit>=45", "created"},
    {"post T15 T2 amount=30", "created"},
    {"reverse T16 T1 A1 -> A2", "created"},
    {"transfer T17 A1 -> A3 amount=2^128-1 balancing_debit", "created amount=5"},
    {"transfer T18 A3 -> A2 amount=0 pending closing_debit", "created"},
    {"transfer T19 A2 -> A1 amount=1 credit<=-49", "created"},
};

// The chain with every member answering its own outcome or, if there is one, that given. The member
// `broken` is refused for its shape.
std::string every_kind(usize broken, const std::string& outcome) {
  std::string text;
  for (usize index = 0; index < std::size(kEveryKind); ++index) {
    const bool last = index + 1 == std::size(kEveryKind);
    text += std::string(kEveryKind[index].event) + (index == broken ? " flag_bit=15" : "");
    text += std::string(last ? "" : " linked") + " -> ";
    if (index == broken) {
      text += "reserved_flag\n";
    } else {
      text += outcome.empty() ? std::string(kEveryKind[index].outcome) : outcome;
      text += "\n";
    }
  }
  return text + "request\n";
}

// Broken at every place, where it must leave nothing behind; then dry, whole, and again.
NamedTable every_kind_of_event() {
  constexpr std::string_view kAsBefore = R"(
balance  A1 dp=40 cpo=100
balance  A2 cp=40 dpo=100
balance  A3
flags    A3 ->
status   T1 -> created
status   T2 -> created pending remaining=40
limits   A1 -> overdraft=50 velocity_sum=1000 used=40 used_count=1 since=U1
query_transfers limit=9 -> T1 T2
)";
  std::string text = R"(
account  A1 debits_must_not_exceed_credits           -> created
account  A2                                          -> created
account  A3                                          -> created
update   U1 A1 overdraft_limit=50 velocity_sum=1000  -> created
transfer T1 A2 -> A1 amount=100                      -> created
transfer T2 A1 -> A2 amount=40 pending               -> created
)";
  constexpr usize kNone = std::size(kEveryKind);
  for (usize broken = 0; broken < kNone; ++broken) {
    text += every_kind(broken, "linked_event_failed") + std::string(kAsBefore);
  }
  text += "request dry_run\n" + every_kind(kNone, "") + std::string(kAsBefore);
  text += every_kind(kNone, "") + every_kind(kNone, "exists");
  // A member that is not as it was is only met behind one that exists.
  text += "void T14 T12 linked -> exists\npost T15 T2 amount=30 linked -> linked_event_failed\n";
  text += R"(reverse T16 T1 A1 -> A2 code=9 -> linked_event_failed
balance  A1 dpo=150 cpo=101
balance  A2 dpo=101 cpo=140
balance  A3 cpo=10
flags    A3 -> closed
status   T1 -> created reversed
status   T2 -> created posted
status   T12 -> created voided
limits   A1 -> overdraft=50 velocity_sum=1000 used=150 used_count=5 since=U1
)";
  return {"chains_every_kind_of_event", text};
}

}  // namespace

std::vector<NamedTable> chain_tables() {
  return {
      {"chains_whole", std::string(kWhole)},
      {"chains_broken", std::string(kBroken)},
      {"chains_several", std::string(kChainsSeveral)},
      {"chains_open", std::string(kOpen)},
      {"chains_open_and_transient", std::string(kOpenAndTransient)},
      {"chains_effects_within", std::string(kEffectsWithin)},
      {"chains_overflow_within", std::string(kOverflowWithin)},
      {"chains_duplicates_within", std::string(kDuplicatesWithin)},
      {"chains_retry_of_whole", std::string(kRetryOfWhole)},
      {"chains_retry_with_changes", std::string(kRetryWithChanges)},
      {"chains_transient", std::string(kTransient)},
      {"chains_of_accounts", std::string(kChainsAccounts)},
      {"chains_of_accounts_of_other_ledgers", std::string(kAccountsOfOtherLedgers)},
      longest_chain(),
      every_kind_of_event(),
  };
}

}  // namespace florin::test
