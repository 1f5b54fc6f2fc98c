// A table on its way through a ledger: what is known so far, and the ways to complain.
#pragma once

#include "tests/support/ledger_table_books.h"
#include "tests/support/ledger_table_line.h"
#include "tests/support/ledger_tables.h"

namespace florin::test {

struct LedgerTableRun {
  LedgerUnderTest& ledger;
  TableReport report;
  TableLine line;  // The one that a failure names.
  TableBooks books;
  Position position;    // Of the last logged event.
  u64 last_logged = 0;  // Its time.

  // Runs a request that only looks, or a dry run, and checks its position.
  void run_unlogged(ledger::Request& request);
  void check_refusal(const ledger::Request& request);
  void check_position(const ledger::Request& request);

  void expect(std::string_view what, std::string_view expected, std::string_view actual);
  void expect_number(std::string_view what, u128 expected, u128 actual);
  void fail_line(std::string_view why);
  TimeOf time_of() const {
    return [this](std::string_view id) { return books.time_of(id); };
  }
};

}  // namespace florin::test
