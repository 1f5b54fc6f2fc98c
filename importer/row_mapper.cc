#include "importer/row_mapper.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/check.h"

namespace florin::importer {

using ledger::Account;
using ledger::Transfer;

namespace {

bool is_among(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    if (!list.empty()) list += ", ";
    list += "'" + text + "'";
  }
  return list;
}

}  // namespace

RowMapper::RowMapper(const Mapping& mapping, Table table) : mapping_(mapping), table_(table) {
  const bool both = mapping.rows_tell_table;
  if (both) kind_place_ = place_of("kind", "kind", false);
  if (both || table == Table::Accounts) {
    CHECK(mapping.accounts.has_value());
    bind_table(*mapping.accounts, account_fields(), account_setters_);
  }
  if (both || table == Table::Transfers) {
    CHECK(mapping.transfers.has_value());
    bind_transfers(*mapping.transfers);
  }
  if (!both) return;
  debit_place_ = place_of("debit_account_id", "", false);
  amount_place_ = place_of("amount", "", false);
}

u32 RowMapper::place_of(const std::string& column, const std::string& field, bool required) {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const NeededColumn& each) { return each.name == column; });
  if (found != columns_.end()) {
    found->required |= required;
    return static_cast<u32>(found - columns_.begin());
  }
  columns_.push_back({column, field, required});
  return static_cast<u32>(columns_.size() - 1);
}

BoundRule RowMapper::bind(const ValueRule& rule) {
  std::vector<u32> places;
  for (const std::string& column : rule.columns) {
    places.push_back(place_of(column, rule.field, !rule.any_of));
  }
  return BoundRule(rule, std::move(places));
}

template <class Object>
void RowMapper::bind_table(const TableMapping& table, std::span<const Field<Object>> fields,
                           std::vector<FieldSetter<Object>>& setters) {
  for (const FieldRule& field : table.fields) {
    setters.push_back({fields[field.field].set, bind(field.value)});
  }
  for (const SkipRule& skip : table.skips) {
    skippers_.push_back({place_of(skip.column, "skip", true), &skip.texts});
  }
}

void RowMapper::bind_transfers(const TransferMapping& table) {
  bind_table(table, transfer_fields(), transfer_setters_);
  if (table.sides) {
    side_rules_.push_back(bind(table.sides->account));
    side_rules_.push_back(bind(table.sides->other));
    if (!table.sides->by_sign) {
      direction_place_ = place_of(table.sides->column, "transfers.direction", true);
    }
    for (usize index = 0; index < table.fields.size(); ++index) {
      const bool is_amount = transfer_fields()[table.fields[index].field].name == "amount";
      transfer_setters_[index].by_sign = table.sides->by_sign && is_amount;
    }
  }
  if (table.record) record_rule_ = bind(table.record->balance);
}

void RowMapper::map(Cells cells, MappedRow& row) {
  row.kind = is_skipped(cells) ? RowKind::Skipped : kind_of(cells, row.reason);
  if (row.kind == RowKind::Account && !map_account(cells, row)) row.kind = RowKind::Refused;
  if (row.kind == RowKind::Transfer && !map_transfer(cells, row)) row.kind = RowKind::Refused;
}

bool RowMapper::is_skipped(Cells cells) const {
  return std::any_of(skippers_.begin(), skippers_.end(), [&](const Skipper& skipper) {
    return is_among(*skipper.texts, trimmed(cells[skipper.place]));
  });
}

RowKind RowMapper::kind_of(Cells cells, std::string& reason) const {
  if (!mapping_.rows_tell_table) {
    return table_ == Table::Accounts ? RowKind::Account : RowKind::Transfer;
  }
  const std::string_view kind = trimmed(cells[kind_place_]);
  if (kind.empty()) {
    const bool is_transfer =
        !trimmed(cells[debit_place_]).empty() || !trimmed(cells[amount_place_]).empty();
    return is_transfer ? RowKind::Transfer : RowKind::Account;
  }
  if (kind == "account_created") return RowKind::Account;
  if (kind == "transfer_created") return RowKind::Transfer;
  if (kind == "account_updated" || kind == "hold_expired" || kind == "transfer_refused") {
    return RowKind::Skipped;
  }
  reason = fmt::format(
      "column kind is '{}'; expected account_created, transfer_created, "
      "account_updated, hold_expired or transfer_refused",
      kind);
  return RowKind::Refused;
}

bool RowMapper::map_account(Cells cells, MappedRow& row) {
  row.account = Account{};
  for (FieldSetter<Account>& setter : account_setters_) {
    u128 value = 0;
    if (!setter.rule.evaluate(cells, value, row.reason)) return false;
    setter.set(row.account, value);
  }
  constexpr u16 kLinked = ledger::account_flags::kLinked;
  row.account.flags =
      static_cast<u16>((row.account.flags & ~kLinked) | ledger::account_flags::kImported);
  return true;
}

bool RowMapper::map_transfer(Cells cells, MappedRow& row) {
  row.transfer = Transfer{};
  row.recorded.reset();
  bool negative = false;
  for (FieldSetter<Transfer>& setter : transfer_setters_) {
    u128 value = 0;
    const bool read = setter.by_sign
                          ? setter.rule.evaluate_signed(cells, negative, value, row.reason)
                          : setter.rule.evaluate(cells, value, row.reason);
    if (!read) return false;
    setter.set(row.transfer, value);
  }
  constexpr u16 kLinked = ledger::transfer_flags::kLinked;
  row.transfer.flags =
      static_cast<u16>((row.transfer.flags & ~kLinked) | ledger::transfer_flags::kImported);
  if (!side_rules_.empty() && !set_sides(cells, negative, row)) return false;
  if (!record_rule_) return true;
  u128 balance = 0;
  bool below = false;
  if (!record_rule_->evaluate_signed(cells, below, balance, row.reason)) return false;
  row.recorded = below ? -static_cast<i128>(balance) : static_cast<i128>(balance);
  return true;
}

bool RowMapper::set_sides(Cells cells, bool negative, MappedRow& row) {
  u128 other = 0;
  bool credit = false;
  if (!side_rules_[0].evaluate(cells, row.own_account, row.reason) ||
      !side_rules_[1].evaluate(cells, other, row.reason) ||
      !is_credit(cells, negative, credit, row.reason)) {
    return false;
  }
  row.transfer.debit_account_id = credit ? other : row.own_account;
  row.transfer.credit_account_id = credit ? row.own_account : other;
  return true;
}

bool RowMapper::is_credit(Cells cells, bool negative, bool& credit, std::string& reason) const {
  const Sides& sides = *mapping_.transfers->sides;
  if (sides.by_sign) {
    credit = negative == sides.positive_debits;
    return true;
  }
  const std::string_view text = trimmed(cells[*direction_place_]);
  credit = is_among(sides.credits, text);
  if (credit || is_among(sides.debits, text)) return true;
  reason = fmt::format(
      "transfers.direction: column {} is '{}'; expected {} for a credit, {} for a "
      "debit",
      sides.column, text, quoted_list(sides.credits), quoted_list(sides.debits));
  return false;
}

}  // namespace florin::importer
