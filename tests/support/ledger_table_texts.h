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
// Made by a program: every two causes of refusal that one event can have at once.
std::vector<NamedTable> precedence_tables();

}  // namespace florin::test
