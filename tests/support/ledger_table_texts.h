// Where the tables come from: each group has a file of its own. Use all_tables() of
// ledger_tables.h.
#pragma once

#include <vector>

#include "tests/support/ledger_tables.h"

namespace florin::test {

std::vector<NamedTable> account_tables();
std::vector<NamedTable> transfer_tables();
std::vector<NamedTable> limit_tables();
std::vector<NamedTable> chain_tables();
std::vector<NamedTable> read_tables();
std::vector<NamedTable> hold_tables();
std::vector<NamedTable> expiry_tables();
std::vector<NamedTable> balancing_tables();
std::vector<NamedTable> closing_tables();
std::vector<NamedTable> import_tables();
std::vector<NamedTable> reversal_tables();
std::vector<NamedTable> condition_tables();
std::vector<NamedTable> account_limit_tables();
std::vector<NamedTable> velocity_tables();
std::vector<NamedTable> update_tables();
std::vector<NamedTable> request_tables();
std::vector<NamedTable> query_tables();
// Made by a program: every two causes of refusal that one event can have at once.
std::vector<NamedTable> precedence_tables();
std::vector<NamedTable> transfer_precedence_tables();  // Part of these.

}  // namespace florin::test
