// Accounts, transfers, limits and changes of accounts as tables for people.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/table.h"
#include "client/amount.h"

namespace florin::cli {

// Whole lines, for the answers that carry such objects; of a look-up also which ids were not found.
// Columns that say nothing are left out.
std::string render_accounts(const Command& command, const Answer& answer, Colour colour,
                            const client::LedgerNames& names);
std::string render_transfers(const Command& command, const Answer& answer, Colour colour,
                             const client::LedgerNames& names);
std::string render_limits(const Command& command, const Answer& answer, Colour colour);
std::string render_changes(const Answer& answer, Colour colour);

}  // namespace florin::cli
