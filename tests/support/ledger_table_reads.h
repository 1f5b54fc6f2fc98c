// The lines of a ledger table that look at the ledger.
#pragma once

#include "tests/support/ledger_table_run.h"

namespace florin::test {

class LedgerTableReads {
 public:
  explicit LedgerTableReads(LedgerTableRun& run) : run_(run) {}

  // Runs the line if it is one of these; otherwise answers false.
  bool run_line();
  // Whatever the table did: debits equal credits in every ledger, every account has its ledger, and
  // every object is stored as it was sent.
  void check_everything();

 private:
  struct Kind;
  static const Kind kKinds[];

  Status run_balance();
  Status run_flags();
  Status run_limits();
  Status run_lookup();
  Status run_status();
  Status run_query();
  Status run_totals();
  Status run_total();

  // The answer to one id; nothing (and a failure) unless there is exactly one.
  const ledger::Account* lookup_account(ledger::Request& request, u128 id);
  void lookup_accounts(std::span<const u128> ids);
  void lookup_transfers(std::span<const u128> ids);
  void check_statuses(const ledger::Request& request);
  std::string page_text(const ledger::Request& request);
  void check_change(const ledger::AccountChange& change);
  void check_books();

  LedgerTableRun& run_;
  ledger::QueryCursor next_;  // Where the last query ended.
};

}  // namespace florin::test
