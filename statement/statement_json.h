// Statements as JSON: everything that stands in a Statement, always the same fields in the same
// order, without spaces, so that equal statements are equal bytes. docs/statements.md lists them.
#pragma once

#include <string>

#include "statement/statement.h"

namespace florin::statement {

// One line with its end: several of them are NDJSON. Amounts are texts such as "-12.34", and so are
// ids and times in nanoseconds, which many programs would round.
void append_json_line(const Statement& statement, std::string& text);

}  // namespace florin::statement
