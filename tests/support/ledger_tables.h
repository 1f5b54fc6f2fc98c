// The rules of the ledger as tables: one line per event with the outcome it must get. The same
// tables judge the reference ledger and the engine. The language:
//
//   # A comment. Lines that follow each other and are of one kind make one request.
//   account  A1 debits_must_not_exceed_credits code=10   -> created
//   account  A2                                          -> created
//   transfer T1 A1 -> A2 amount=100 linked               -> linked_event_failed
//   transfer T2 A1 -> A2 amount=2^128-1                  -> exceeds_credits
//   request                             (ends the request here)
//   balance  A1 dp=0 dpo=0 cp=0 cpo=0   (debits pending, debits posted, credits …)
//   lookup   A1 A9         -> found missing
//   lookup   T1 T2 T9      -> missing exceeds_credits missing
//   totals   min=1 limit=9 -> 1 2 more  (the ledgers listed; "more" when the answer was cut)
//   total    1 accounts=2 dp=0 dpo=0 cp=0 cpo=0
//
// Fields are key=value, flags are bare words; what a line does not name has its default: ledger 1,
// code 1, amount 1, everything else 0. User data is ud128, ud64, ud32; an account's balances are
// named as in "balance". `flag_bit=12` sets one bit of the flags. A backslash at the end of a line
// goes on with the next. A number is
// decimal, hexadecimal with 0x, or a power of two with a small number added or taken away: 2^64+1,
// 2^128-1. An id is its kind and a number; "max" is 2^128-1: A1, T0, Tmax, T2^64.
//
// Beyond what a line says, a run checks that the answers' timestamps and positions follow the
// rules, and that a look-up returns what was sent.
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
  // Runs the request to its answer. Requests take effect in the order of the calls.
  virtual void run(ledger::Request& request) = 0;
};

struct TableReport {
  std::vector<std::string> failures;  // Each names the line and says what was expected and given.
  // The outcomes that the ledger gave, for measuring what the tables cover.
  std::set<ledger::AccountOutcome> account_outcomes;
  std::set<ledger::TransferOutcome> transfer_outcomes;

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

// Every table. Each needs a ledger of its own, empty, with room for 1,000 accounts and 10,000
// transfers.
std::span<const NamedTable> all_tables();

}  // namespace florin::test
