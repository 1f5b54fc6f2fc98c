// camt.054.001.08 of ISO 20022: notifications of single entries, as XML, while the statement that
// has them is not yet made. docs/statement-formats.md tells where each field comes from.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "statement/statement.h"

namespace florin::statement {

// Whom a notification goes to.
struct NotifiedAccount {
  Bank bank;
  Party account;
  u32 ledger = 0;
  std::string currency;  // As in Statement, as are the next ones.
  u32 decimals = 0;
};

NotifiedAccount notified_account(const Statement& statement);

// One document with an <Ntfctn> for each of the entries, of which there is at least one. Entries
// need no number and no balance. The same bytes for the same entries for ever; may be called by
// several threads at once. Errors as those of write_camt053.
Result<std::string> write_camt054(const NotifiedAccount& account, std::span<const Entry> entries);

}  // namespace florin::statement
