// What the lines of a ledger table ask for: events with their conditions, and filters.
#pragma once

#include <vector>

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/condition.h"
#include "ledger/query.h"
#include "ledger/transfer.h"
#include "tests/support/ledger_table_line.h"

namespace florin::test {

// Whether a line of this kind describes a transfer: transfer, post, void or reverse.
bool is_transfer_line(std::string_view kind);

Result<ledger::Account> parse_account(const TableLine& line);
Result<ledger::Transfer> parse_transfer(const TableLine& line);
Result<ledger::AccountUpdate> parse_update(const TableLine& line);
// Of the line of a transfer, that of the debit account first.
Result<std::vector<ledger::Condition>> parse_conditions(const TableLine& line, u32 index);

// The filter of a query; `next` is where the query before it ended.
struct FilterContext {
  const TimeOf& time_of;
  u64 last_logged;
  ledger::QueryCursor next;
};
Result<ledger::QueryFilter> parse_filter(const TableLine& line, const FilterContext& context);

// The flags of accounts and of transfers by name, or nothing.
std::optional<u16> account_flag(std::string_view name);
std::optional<u16> transfer_flag(std::string_view name);

// Pending, posted, voided, expired.
std::optional<ledger::PendingStatus> pending_status(std::string_view name);

}  // namespace florin::test
