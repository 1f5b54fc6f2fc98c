#include "tests/support/ledger_tables.h"

#include "tests/support/ledger_table_texts.h"

namespace florin::test {

std::span<const NamedTable> all_tables() {
  static const std::vector<NamedTable> kTables = [] {
    std::vector<NamedTable> tables;
    for (const auto group :
         {account_tables, transfer_tables, limit_tables, chain_tables, read_tables, hold_tables,
          expiry_tables, balancing_tables, closing_tables, import_tables, reversal_tables,
          condition_tables, account_limit_tables, velocity_tables, update_tables, request_tables,
          query_tables, precedence_tables}) {
      for (NamedTable& table : group()) tables.push_back(std::move(table));
    }
    return tables;
  }();
  return kTables;
}

}  // namespace florin::test
