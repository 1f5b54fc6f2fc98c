// What is to be made of the files of an import: which columns become which fields of accounts and
// transfers. docs/import.md describes the file that a mapping is read from. Plain values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "importer/value_rule.h"
#include "ledger/account.h"

namespace florin::importer {

enum class TextKind : u8 { Csv, Ndjson };

// How the text of a file is to be read.
struct TextFormat {
  std::optional<TextKind> kind;  // Otherwise by the name of the file.
  char delimiter = ',';
  char quote = '"';  // '\0': there is none.
  bool is_latin1 = false;
  u64 skip_lines = 0;                // At the beginning of a file, before its header.
  std::vector<std::string> columns;  // Their names, when no line of the file tells them.
};

// Rows whose text in this column is one of these are passed over.
struct SkipRule {
  std::string column;
  std::vector<std::string> texts;
};

struct FieldRule {
  usize field = 0;  // Of account_fields() or transfer_fields().
  ValueRule value;
};

struct TableMapping {
  std::vector<std::string> files;  // Names with '*'; none: every file.
  TextFormat format;
  std::vector<SkipRule> skips;
  std::vector<FieldRule> fields;
  // Rows of one instant get moments one nanosecond apart, in the order of the file.
  bool spreads = false;
};

// The account whose statement a row stands in, and the other one; which of them is debited.
struct Sides {
  ValueRule account;
  ValueRule other;
  // By the sign of the amount (a negative one debits the account, unless `positive_debits`), or by
  // what stands in a column.
  bool by_sign = false;
  bool positive_debits = false;
  std::string column;
  std::vector<std::string> credits;  // Texts with which the account is credited ...
  std::vector<std::string> debits;   // ... and debited.
};

// Accounts that transfers name and that nobody else brings.
struct NewAccounts {
  u16 code = 0;
  u16 flags = 0;
  u64 earlier_ns = kNsPerSecond;  // Than the first transfer that names it.
};

// What the old system recorded as the account's balance after a row.
struct BalanceRecord {
  ValueRule balance;
  bool debit_side = false;  // Debits less credits, instead of credits less debits.
  u128 tolerance = 0;       // In minor units.
};

struct TransferMapping : TableMapping {
  std::optional<Sides> sides;  // Otherwise the fields name both accounts.
  std::optional<NewAccounts> new_accounts;
  std::optional<BalanceRecord> record;
};

struct Mapping {
  std::optional<TableMapping> accounts;
  std::optional<TransferMapping> transfers;
  std::vector<ledger::Account> constant_accounts;  // With their timestamps, ascending.
  // Each row tells itself what it is, as the lines of `florin export` do.
  bool rows_tell_table = false;
  u64 checksum = 0;  // Of what it was read from.
};

// For files in the ledger's own words: the columns have the names of the fields, as the JSON lines
// of `florin client` and the lines of `florin export` do; those that are left out are zero.
Mapping own_mapping();

}  // namespace florin::importer
