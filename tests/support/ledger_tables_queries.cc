// Tables about query_accounts, query_transfers and their pages.
#include "tests/support/ledger_table_texts.h"

namespace florin::test {

namespace {

constexpr std::string_view kQueriesAccounts = R"(
query_accounts limit=9                            -> next=0 as_of=0
query_accounts limit=9 newest_first               -> next=0 as_of=0
account  A5 ud128=1                               -> created
account  A3 ud64=1 ledger=2                       -> created
account  A4 ud32=1 code=2                         -> created
account  A0                                       -> id_must_not_be_zero
account  A1 linked                                -> linked_event_failed
account  A7 code=0                                -> code_must_not_be_zero
account  A1 ud64=1 ledger=2 frozen_debits         -> created
account  A2 ud64=1 code=2 history frozen_debits   -> created
# By their creation, not by their ids; rolled back ones never were.
query_accounts limit=9                            -> A5 A3 A4 A1 A2 next=5 as_of=5
query_accounts limit=9 newest_first               -> A2 A1 A4 A3 A5 next=0 as_of=5
query_accounts limit=5                            -> A5 A3 A4 A1 A2
query_accounts limit=9 ud128=1                    -> A5
query_accounts limit=9 ud64=1                     -> A3 A1 A2
query_accounts limit=9 ud32=1                     -> A4
query_accounts limit=9 ledger=2                   -> A3 A1
query_accounts limit=9 code=2                     -> A4 A2
query_accounts limit=9 ud64=1 code=1              -> A3 A1
query_accounts limit=9 has=frozen_debits          -> A1 A2
query_accounts limit=9 has=frozen_debits has=history newest_first -> A2
query_accounts limit=9 ud64=7                     ->
query_accounts limit=9 timestamp_min=A3           -> A3 A4 A1 A2
query_accounts limit=9 timestamp_max=A4           -> A5 A3 A4
query_accounts limit=9 timestamp_min=A3+1ns timestamp_max=A2-1ns newest_first -> A1 A4
query_accounts limit=9 timestamp_min=A2+1ns       ->
query_accounts limit=9 timestamp_min=2^63-1       ->
# What changes is filtered by as it is now.
update   U1 A5 freeze_debits ud64=1               -> created
update   U2 A1 unfreeze_debits ud64=2             -> created
transfer T1 A4 -> A5 amount=0 pending closing_debit -> created
query_accounts limit=9 ud64=1                     -> A5 A3 A2
query_accounts limit=9 has=frozen_debits          -> A5 A2
query_accounts limit=9 has=closed                 -> A4
)";

constexpr std::string_view kQueriesTransfers = R"(
account  A1                                               -> created
account  A2                                               -> created
account  A3                                               -> created
account  A4 ledger=2                                      -> created
account  A5 ledger=2                                      -> created
transfer T9 A1 -> A2 amount=5                             -> created
transfer T8 A2 -> A3 amount=10 ud128=1                    -> created
transfer T7 A1 -> A9                                      -> credit_account_not_found
transfer T6 A1 -> A2 linked                               -> linked_event_failed
transfer T5 A1 -> A1                                      -> accounts_must_be_different
transfer T4 A3 -> A1 amount=15 pending ud64=1             -> created
transfer T3 A1 -> A3 amount=20 pending ud32=1 code=2      -> created
transfer T2 A4 -> A5 amount=2^127 ledger=2 pending code=2 -> created
transfer T1 A4 -> A5 amount=7 ledger=2 pending timeout=5  -> created
post     T11 T4 amount=5                                  -> created
void     T12 T3                                           -> created
reverse  T13 T9 A2 -> A1 code=3                           -> created
query_transfers limit=99                  -> T9 T8 T4 T3 T2 T1 T11 T12 T13 next=9 as_of=9
query_transfers limit=99 newest_first     -> T13 T12 T11 T1 T2 T3 T4 T8 T9 next=0 as_of=9
# Sides.
query_transfers limit=99 account=A1                -> T9 T4 T3 T11 T12 T13
query_transfers limit=99 account=A1 debits         -> T9 T3 T12
query_transfers limit=99 account=A1 credits        -> T4 T11 T13
query_transfers limit=99 account=A1 debits credits -> T9 T4 T3 T11 T12 T13
query_transfers limit=99 account=A6                ->
# What they say, with what posts and voids inherit.
query_transfers limit=99 ud128=1                   -> T8
query_transfers limit=99 ud64=1                    -> T4 T11
query_transfers limit=99 ud32=1                    -> T3 T12
query_transfers limit=99 ledger=2                  -> T2 T1
query_transfers limit=99 code=2                    -> T3 T2 T12
query_transfers limit=99 code=3                    -> T13
query_transfers limit=99 amount_min=10             -> T8 T4 T3 T2 T12
query_transfers limit=99 amount_max=7              -> T9 T1 T11 T13
query_transfers limit=99 amount_min=6 amount_max=15 -> T8 T4 T1
query_transfers limit=99 amount_min=2^127 amount_max=2^127 -> T2
query_transfers limit=99 has=pending               -> T4 T3 T2 T1
query_transfers limit=99 has=post_pending_transfer -> T11
query_transfers limit=99 has=void_pending_transfer -> T12
query_transfers limit=99 has=reversal              -> T13
query_transfers limit=99 has=pending has=reversal  ->
query_transfers limit=99 status=pending            -> T2 T1
query_transfers limit=99 status=posted             -> T4
query_transfers limit=99 status=voided             -> T3
query_transfers limit=99 status=expired            ->
query_transfers limit=99 account=A3 code=2 ud32=1 newest_first -> T12 T3
query_transfers limit=99 timestamp_min=T4 timestamp_max=T2     -> T4 T3 T2
query_transfers limit=99 timestamp_min=T4+1ns timestamp_max=T2-1ns -> T3
query_transfers limit=99 timestamp_min=T8+1ns timestamp_max=T4-1ns ->
query_transfers limit=99 timestamp_max=1ns         ->
time     T1+5s
tick
query_transfers limit=99 status=expired            -> T1
query_transfers limit=99 status=pending            -> T2
)";

// Pages: each goes on exactly where the one before ended.
constexpr std::string_view kPages = R"(
account  A1                       -> created
account  A2                       -> created
transfer T1 A1 -> A2 code=7       -> created
transfer T2 A2 -> A1 code=7       -> created
transfer T3 A1 -> A2 code=8       -> created
transfer T4 A1 -> A2 code=7       -> created
transfer T5 A1 -> A2 code=8       -> created
transfer T6 A2 -> A1 code=7       -> created
query_transfers limit=2 code=7                       -> T1 T2 more next=2 as_of=6
query_transfers limit=2 code=7 continue              -> T4 T6 next=6 as_of=6
query_transfers limit=2 code=7 continue              -> next=6 as_of=6
query_transfers limit=2 code=7 newest_first          -> T6 T4 more next=3 as_of=6
query_transfers limit=2 code=7 newest_first continue -> T2 T1 next=0 as_of=6
query_transfers limit=4                              -> T1 T2 T3 T4 more next=4 as_of=6
query_transfers limit=2 continue                     -> T5 T6 next=6 as_of=6
query_transfers limit=3 code=7                       -> T1 T2 T4 more next=4 as_of=6
# What comes after the first page is not in the later ones.
transfer T7 A1 -> A2 code=7       -> created
query_transfers limit=3 code=7 continue              -> T6 next=6 as_of=6
query_transfers limit=3 code=7                       -> T1 T2 T4 more next=4 as_of=7
query_transfers limit=3 code=7 newest_first          -> T7 T6 T4 more next=3 as_of=7
transfer T8 A1 -> A2 code=7       -> created
query_transfers limit=1 code=7 newest_first continue -> T2 more next=1 as_of=7
query_transfers limit=1 code=7 newest_first continue -> T1 next=0 as_of=7
# A cursor may come from anywhere, with another filter too; but not from the future.
query_transfers limit=9 next=2 as_of=4               -> T3 T4
query_transfers limit=9 next=4 as_of=4               ->
query_transfers limit=9 next=2 as_of=4 newest_first  -> T2 T1
query_transfers limit=1 next=4 as_of=4 newest_first code=7 -> T4 more next=3 as_of=4
query_transfers limit=9 next=0 as_of=8               -> T1 T2 T3 T4 T5 T6 T7 T8
query_transfers limit=9 next=0 as_of=9               -> invalid_filter
query_transfers limit=9 next=9 as_of=2^64-1          -> invalid_filter
query_accounts  limit=9 next=0 as_of=3               -> invalid_filter
query_accounts  limit=1                              -> A1 more next=1 as_of=2
query_accounts  limit=1 continue                     -> A2 next=2 as_of=2
changes         limit=9 next=0 as_of=1               -> invalid_filter
update   U1 A1 ud64=1             -> created
update   U2 A2 ud64=1             -> created
update   U3 A1 ud64=2             -> created
changes         limit=1                              -> U1 more next=1 as_of=3
changes         limit=1 continue                     -> U2 more next=2 as_of=3
update   U4 A1 ud64=3             -> created
changes         limit=9 continue                     -> U3 next=3 as_of=3
changes         limit=9 account=A1 newest_first      -> U4 U3 U1 next=0 as_of=4
)";

// A page looks at 16,384 objects at most: it comes back short, or empty, and tells where to go on.
NamedTable examined() {
  constexpr u32 kRequests = 3;
  std::string text = "account A1 -> created\naccount A2 -> created\n";
  u32 id = 0;
  for (u32 request = 0; request < kRequests; ++request) {
    for (u32 index = 0; index < ledger::kRequestEventsMax; ++index) {
      ++id;
      const bool sought = id == 3 || id == 16'384 || id == 16'385 || id == 24'567;
      text += "transfer T" + std::to_string(id) + " A1 -> A2 amount=0 code=";
      text += std::string(sought ? "9" : "1") + " -> created\n";
    }
    text += "request\n";
  }
  text += R"(
query_transfers limit=9 code=9                         -> T3 T16384 more next=16384 as_of=24567
query_transfers limit=9 code=9 continue                -> T16385 T24567 next=24567 as_of=24567
query_transfers limit=9 code=8                         -> more next=16384 as_of=24567
query_transfers limit=9 code=8 continue                -> next=24567 as_of=24567
query_transfers limit=9 code=9 newest_first            -> T24567 T16385 T16384 more next=8183
query_transfers limit=9 code=9 newest_first continue   -> T3 next=0 as_of=24567
query_transfers limit=2 code=9                         -> T3 T16384 more next=16384 as_of=24567
# What lies outside the time is passed over without being looked at.
query_transfers limit=9 code=9 timestamp_min=T16384    -> T16384 T16385 T24567 next=24567
query_transfers limit=9 code=9 timestamp_max=T16384    -> T3 T16384 next=16384
query_transfers limit=9 code=9 timestamp_max=T16385    -> T3 T16384 more next=16384
query_transfers limit=9 code=9 timestamp_max=T3 newest_first -> T3 next=0
query_transfers limit=9 code=9 timestamp_min=T16385 newest_first -> T24567 T16385 next=16384
)";
  return {"queries_examined", text};
}

}  // namespace

std::vector<NamedTable> query_tables() {
  return {
      {"queries_accounts", std::string(kQueriesAccounts)},
      {"queries_transfers", std::string(kQueriesTransfers)},
      {"queries_pages", std::string(kPages)},
      examined(),
  };
}

}  // namespace florin::test
