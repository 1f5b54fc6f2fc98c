// What the interactive client says about its commands, and what it proposes at a tab.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/table.h"

namespace florin::cli {

// About everything when `topic` is empty, otherwise about the command of that name.
std::string help_text(std::string_view topic, Colour colour);

// The words that can stand at the end of `line`, each beginning with the line's last word:
// commands, then the fields of the command ("ledger="), flags after "flags=".
std::vector<std::string> completions(std::string_view line);

}  // namespace florin::cli
