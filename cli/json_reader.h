// Commands from JSON lines, as programs write them to `florin client`. Whole numbers are read from
// decimal strings, 0x strings, or JSON whole numbers below 2^64. A name that is not known, a value
// that does not fit and a name given twice are errors that say what was expected.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cli/command.h"

namespace florin::cli {

// One line with one JSON object, such as {"request":"lookup_accounts","ids":["1"]}.
Result<Command> parse_json_command(std::string_view line);

}  // namespace florin::cli
