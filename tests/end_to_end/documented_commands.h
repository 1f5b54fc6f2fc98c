// The commands of a page of documentation, with what it says that they answer, and the balances
// that it states: so that pages can be run. Commands stand in blocks marked `sh`, each with a
// comment below it: the outcomes of its events, or JSON that must be contained in its answer.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/types.h"
#include "ledger/account.h"

namespace florin::test {

struct DocumentedStep {
  std::string place;  // "deposit.md:20"
  // Words behind the name of the program; a shell splits them. Empty for a table of balances.
  std::string command;
  std::string comment;                    // Of a command.
  std::vector<ledger::Account> balances;  // Of a table: ids and counters.
};

// In the order of the page. Throws when a block or a table is not as above.
std::vector<DocumentedStep> documented_steps(const std::string& path);

// How an answer in JSON differs from a command's comment; empty when it is as the comment says.
std::string difference(const std::string& comment, const nlohmann::json& answer);

}  // namespace florin::test
