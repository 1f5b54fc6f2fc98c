// What the bank knows beside the ledger, and puts on statements: its name and time zones, names of
// ledgers and of codes, who holds which account. docs/statements.md shows the file.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/types.h"
#include "money/amount.h"
#include "statement/calendar.h"
#include "statement/holders.h"
#include "statement/statement.h"

namespace florin::statement {

// Immutable once it was read: for any number of threads.
class Reference {
 public:
  // Without a file: UTC, numbers of ISO 4217 as ledgers, accounts named by their ids.
  Reference();

  // A TOML file. NotFound, PermissionDenied, Io; InvalidArgument names the file, the line, what was
  // wrong and what was expected. `zones` is for tests.
  static Result<Reference> open(const std::string& path, const std::string& zones = kZoneDirectory);

  const Bank& bank() const { return bank_; }
  const Calendar& calendar() const { return calendar_; }
  const Holders& holders() const { return holders_; }
  // Ledgers that nobody named: those of ISO 4217, and otherwise "ledger-7" without decimals.
  money::LedgerName ledger(u32 ledger) const;
  // Codes that nobody named: "Code 14".
  TransactionKind kind(u16 code) const;
  Party party(u128 account_id) const { return holders_.find(account_id); }

  // Of all files that were read: statements made with the same are the same. 0 without a file.
  u128 checksum() const { return checksum_; }

 private:
  friend class ReferenceReader;

  Bank bank_;
  Calendar calendar_;
  money::LedgerNames ledgers_;
  std::unordered_map<u16, TransactionKind> kinds_;
  Holders holders_;
  u128 checksum_ = 0;
};

}  // namespace florin::statement
