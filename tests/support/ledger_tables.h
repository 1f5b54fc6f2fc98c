// The rules of the ledger as tables: one line per event with the outcome it must get. The same
// tables judge the reference ledger and the engine. The language:
//
//   # A comment. Lines that follow each other and are of one kind make one request; the four kinds
//   # of transfer (transfer, post, void, reverse) are one.
//   account  A1 debits_must_not_exceed_credits code=10   -> created
//   transfer T1 A1 -> A2 amount=100 linked               -> linked_event_failed
//   transfer T2 A1 -> A2 pending timeout=5               -> created
//   post     T3 T2 amount=40 capture_partial             -> created
//   void     T4 T2                                       -> created
//   reverse  T6 T5 A2 -> A1                              -> created
//   update   U1 A1 freeze_debits ud64=7 reason=why       -> created
//   request  dry_run balances principal=7 trace=9  (ends the request; options of the next write)
//   time     T2+5s-1ns      (the next write is ordered then; other starts: 90s, or +1ns from the
//                           last logged time. Without it time goes on by itself, some 1,000 ns)
//   tick
//
//   balance  A1 dp=0 dpo=0 cp=0 cpo=0   (debits pending, debits posted, credits …)
//   flags    A1            -> closed frozen_debits frozen_credits     (those that there are)
//   limits   A1            -> overdraft=5 balance=7 transfer=9 velocity_sum=9 velocity_count=9
//                             velocity_window=60 used=0 used_count=0 since=U1      (or missing)
//   lookup   A1 A9         -> found missing
//   lookup   T1 T2 T9      -> missing exceeds_credits missing
//   status   T2            -> created pending remaining=60 expires=T2+5s reversed
//   query_accounts  limit=9 ud64=7 has=closed                         -> A1 A2
//   query_transfers account=A1 debits newest_first timestamp_min=T1 limit=2 -> T3 T2 more
//   query_transfers account=A1 debits newest_first continue limit=2   -> T1 next=0 as_of=4
//   changes  account=A1 limit=9                                       -> U1
//   totals   min=1 limit=9 -> 1 2 more  (the ledgers listed; "more" when the answer was cut)
//   total    1 accounts=2 dp=0 dpo=0 cp=0 cpo=0
//
// Fields are key=value, flags are bare words; what a line does not name has its default: ledger 1,
// code 1, amount 1, everything else 0. A post or a void names its hold, the rest is 0 but the
// amount of a post, which is 2^128-1; `debit=` and `credit=` name its accounts. A reversal's amount
// is 2^128-1 too. Conditions are debit>=10 credit<=-5. User data is ud128, ud64, ud32; an account's
// balances are named as in "balance". `flag_bit=12` sets one bit of the flags. The values of an
// update name their changes too: overdraft_limit, balance_limit, transfer_limit, velocity_sum,
// velocity_count, velocity_window (what is not named limits nothing; 60 s); `changes=1` behind them
// names others. Behind the outcome of a transfer, `amount=5` is what it must be stored with where
// its event does not tell; and if its request asked for balances, debit.dpo=5 credit.cpo=5 are
// those.
// In queries `has=` names a flag, `status=` what became of a hold, `continue` goes on where the
// last page ended, `next=1 as_of=4` is a cursor; -> invalid_filter is a refusal. A backslash at the
// end of a line goes on with the next. A number is decimal, hexadecimal with 0x, or a power of two
// with a small number added or taken away: 2^64+1, 2^128-1. An id is its kind and a number; "max"
// is 2^128-1: A1, T0, Tmax, T2^64, U1. Units of time are ns, ms, s, d.
//
// Beyond what a line says, a run checks that the answers' timestamps and positions follow the
// rules, that every reading returns what was sent, at the end that of all objects, and that debits
// are credits.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/request.h"

namespace florin::test {

// Whoever runs requests: the reference, the engine, a server behind a connection.
class LedgerUnderTest {
 public:
  virtual ~LedgerUnderTest() = default;
  // Runs the request to its answer. Requests take effect in the order of the calls. The first event
  // of a request that is logged is decided at exactly `time`, which is later than all before; of
  // any other request, `time` is the last logged time.
  virtual void run(ledger::Request& request, Timestamp time) = 0;
};

struct TableReport {
  std::vector<std::string> failures;  // Each names the line and says what was expected and given.
  // The outcomes that the ledger gave, for measuring what the tables cover.
  std::set<ledger::AccountOutcome> account_outcomes;
  std::set<ledger::TransferOutcome> transfer_outcomes;
  std::set<ledger::UpdateOutcome> update_outcomes;

  bool passed() const { return failures.empty(); }
  // All failures, one a line.
  std::string text() const;
};

// Runs one table against an empty ledger. A line that is not of the language is a failure too.
TableReport run_table(LedgerUnderTest& ledger, std::string_view table);

struct NamedTable {
  std::string name;
  std::string text;
};

// Every table. Each needs a ledger of its own, empty, with room for 2,000 accounts and 30,000
// transfers.
std::span<const NamedTable> all_tables();

}  // namespace florin::test
