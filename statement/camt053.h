// camt.053.001.08 of ISO 20022: statements for a customer's bookkeeping, as XML.
// docs/statement-formats.md tells where each field comes from.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "statement/statement.h"

namespace florin::statement {

// One document with all the statements, each a <Stmt>; at least one. The same bytes for the same
// statements for ever; may be called by several threads at once. InvalidArgument, naming the
// statement or entry: there is no currency of three capital letters, an amount has more than 18
// digits or 5 decimals, or a BIC, IBAN or code of a transaction is not of its form. Capacity: there
// is no memory.
Result<std::string> write_camt053(std::span<const Statement> statements);
Result<std::string> write_camt053(const Statement& statement);

}  // namespace florin::statement
