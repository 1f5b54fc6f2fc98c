// Commands and answers as JSON lines: what `florin client` reads and writes for programs. Whole
// numbers of 64 bits and more are written as decimal strings, so that no reader rounds them; they
// are read from decimal strings, 0x strings, or JSON whole numbers below 2^64. A name that is not
// known, a value that does not fit and a name given twice are errors that say what was expected.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/command.h"

namespace florin::cli {

// One line with one JSON object, such as {"request":"lookup_accounts","ids":["1"]}.
Result<Command> parse_json_command(std::string_view line);

// One line without its newline. All fields are there; look-ups have null for what is not found.
std::string to_json(const Answer& answer);
std::string to_json(const Failure& failure);

}  // namespace florin::cli
