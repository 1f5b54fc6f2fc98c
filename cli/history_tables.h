// What history tells, as tables for people: balances over time, and changes one after the other.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/table.h"
#include "money/amount.h"

namespace florin::cli {

// Whole lines. Columns that say nothing are left out.
std::string render_account_balances(const Answer& answer, Colour colour,
                                    const money::LedgerNames& names);
// Also which accounts were not there at the time.
std::string render_balances_at(const Command& command, const Answer& answer, Colour colour,
                               const money::LedgerNames& names);
// Its entries between the opening and the closing balance; or its holds, and what they add up to.
std::string render_statement(const Answer& answer, Colour colour, const money::LedgerNames& names);
std::string render_change_events(const Answer& answer, Colour colour,
                                 const money::LedgerNames& names);

}  // namespace florin::cli
