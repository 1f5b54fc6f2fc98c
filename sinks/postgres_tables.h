// How changes become rows of the tables that the files of sinks/postgres make.
#pragma once

#include <string>
#include <string_view>

#include "exporter/change_page.h"
#include "sinks/postgres_rows.h"

namespace florin::sinks {

enum class PostgresTable : u8 {
  Accounts,
  AccountUpdates,
  Transfers,
  HoldExpiries,
  RefusedTransfers,
};
inline constexpr usize kPostgresTables = 5;

std::string_view name(PostgresTable table);
// "(position, index, …)", in the order of the rows below.
std::string_view columns(PostgresTable table);
// Whether it has a partition for each range of positions.
constexpr bool is_partitioned(PostgresTable table) { return table >= PostgresTable::Transfers; }

PostgresTable table_of(ledger::ChangeKind kind);

// Appends the row of a change to those of its table.
void append_row(const exporter::ChangePage& page, const ledger::ChangeEvent& event,
                PostgresRowWriter& rows);

// The reason of an update as it stands in a column of type text: bytes that are no UTF-8 without
// zeros become hexadecimal digits behind \x.
std::string text_of_reason(const ledger::AccountUpdate& update);

}  // namespace florin::sinks
