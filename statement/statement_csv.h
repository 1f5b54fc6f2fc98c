// Statements as CSV (RFC 4180, UTF-8): one table for spreadsheets and for other programs, the same
// columns in every row. docs/statements.md lists them.
#pragma once

#include <string>

#include "statement/statement.h"

namespace florin::statement {

// The header, which stands once at the beginning of a file.
void append_csv_header(std::string& text);

// A row for the opening balance, for each entry, for the closing and the available balance, and for
// each hold. Amounts have a sign, balances too: what is the customer's is positive.
void append_csv_rows(const Statement& statement, std::string& text);

}  // namespace florin::statement
