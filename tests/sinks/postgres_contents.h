// What the tables of a PostgreSQL sink must have, made from the changes alone, and what they have:
// both as lines of text, so that a difference can be read.
#pragma once

#include <string>
#include <vector>

#include "exporter/change_page.h"
#include "sinks/postgres_connection.h"

namespace florin::test {

using Lines = std::vector<std::string>;

// The rows of a statement, fields with '|' between them.
Lines lines_of(sinks::PostgresConnection& connection, const std::string& statement);

// accounts, account_updates, transfers, hold_expiries, refused_transfers, balances, entries: by
// table, sorted by place.
Lines expected_contents(const exporter::ChangePage& changes);
Lines contents(sinks::PostgresConnection& connection, const std::string& schema = "florin");

// The first lines that differ, in words; empty: none.
std::string difference(const Lines& expected, const Lines& actual);

}  // namespace florin::test
