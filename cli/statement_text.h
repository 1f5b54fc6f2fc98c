// A statement as a table for a terminal.
#pragma once

#include <string>

#include "cli/table.h"
#include "statement/statement.h"

namespace florin::cli {

std::string statement_text(const statement::Statement& statement, Colour colour);

}  // namespace florin::cli
