// Accounts, transfers, limits and changes of accounts as tables for people.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/table.h"
#include "money/amount.h"

namespace florin::cli {

// Whole lines, for the answers that carry such objects; of a look-up also which ids were not found.
// Columns that say nothing are left out.
std::string render_accounts(const Command& command, const Answer& answer, Colour colour,
                            const money::LedgerNames& names);
std::string render_transfers(const Command& command, const Answer& answer, Colour colour,
                             const money::LedgerNames& names);
std::string render_limits(const Command& command, const Answer& answer, Colour colour);
std::string render_changes(const Answer& answer, Colour colour);

// The end of a page of a query, of which so many lines were shown.
std::string render_page_end(const Answer& answer, usize shown);
// "not found: 5, 6" on a line, or nothing.
std::string render_not_found(const std::vector<u128>& missing, Colour colour);
// "freeze_debits, overdraft_limit=50,000".
std::string changes_text(const ledger::AccountUpdate& update);
// "pending|linked".
std::string flags_text(u32 flags, std::span<const FlagName> known);

}  // namespace florin::cli
