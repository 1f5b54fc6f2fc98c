// The mapping of files that speak as the ledger does itself.
#include "importer/mapping.h"

namespace florin::importer {

namespace {

// What exports call the id of their line's object.
std::vector<std::string> own_columns(Table table, std::string_view field) {
  if (field != "id") return {std::string(field)};
  return {"id", table == Table::Accounts ? "account_id" : "transfer_id"};
}

template <class Object>
void add_own_fields(Table table, std::span<const Field<Object>> fields, TableMapping& mapping) {
  for (usize index = 0; index < fields.size(); ++index) {
    ValueRule rule;
    rule.field = std::string(name(table)) + "." + std::string(fields[index].name);
    rule.bits = fields[index].bits;
    rule.table = table;
    rule.columns = own_columns(table, fields[index].name);
    rule.any_of = true;
    rule.fallback = 0;
    if (fields[index].name == "flags") rule.form = ValueForm::Flags;
    if (fields[index].name == "timestamp") rule.form = ValueForm::Moment;
    mapping.fields.push_back({index, std::move(rule)});
  }
}

}  // namespace

Mapping own_mapping() {
  Mapping mapping;
  mapping.rows_tell_table = true;
  mapping.accounts.emplace();
  mapping.transfers.emplace();
  add_own_fields<ledger::Account>(Table::Accounts, account_fields(), *mapping.accounts);
  add_own_fields<ledger::Transfer>(Table::Transfers, transfer_fields(), *mapping.transfers);
  return mapping;
}

}  // namespace florin::importer
