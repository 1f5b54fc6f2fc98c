// Makes accounts and transfers of rows, as a mapping says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "importer/balance_check.h"
#include "importer/mapping.h"
#include "importer/row_source.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::importer {

enum class RowKind : u8 {
  Account,
  Transfer,
  Skipped,  // The mapping passes it over.
  Refused,
};

struct MappedRow {
  RowKind kind = RowKind::Refused;
  ledger::Account account;  // Of its kind, as is the next; flagged `imported`, and never `linked`.
  ledger::Transfer transfer;
  u128 own_account = 0;          // Whose statement the row stands in, where that is told.
  std::optional<i128> recorded;  // Its balance after the row, as the old system has it.
  std::string reason;            // Refused: what was wrong and what was expected.
};

// Belongs to one thread. The mapping must outlive it.
class RowMapper {
 public:
  // For files of this table; of both, where rows tell themselves what they are.
  RowMapper(const Mapping& mapping, Table table);

  // What rows must have, in the order of their cells.
  const std::vector<NeededColumn>& columns() const { return columns_; }
  void map(Cells cells, MappedRow& row);

 private:
  template <class Object>
  struct FieldSetter {
    void (*set)(Object& object, u128 value);
    BoundRule rule;
    bool by_sign = false;
  };
  struct Skipper {
    u32 place;
    const std::vector<std::string>* texts;
  };

  u32 place_of(const std::string& column, const std::string& field, bool required);
  BoundRule bind(const ValueRule& rule);
  template <class Object>
  void bind_table(const TableMapping& table, std::span<const Field<Object>> fields,
                  std::vector<FieldSetter<Object>>& setters);
  void bind_transfers(const TransferMapping& table);
  RowKind kind_of(Cells cells, std::string& reason) const;
  bool is_skipped(Cells cells) const;
  bool map_account(Cells cells, MappedRow& row);
  bool map_transfer(Cells cells, MappedRow& row);
  bool set_sides(Cells cells, bool negative, MappedRow& row);
  bool is_credit(Cells cells, bool negative, bool& credit, std::string& reason) const;

  const Mapping& mapping_;
  const Table table_;
  std::vector<NeededColumn> columns_;
  std::vector<FieldSetter<ledger::Account>> account_setters_;
  std::vector<FieldSetter<ledger::Transfer>> transfer_setters_;
  std::vector<Skipper> skippers_;
  std::vector<BoundRule> side_rules_;  // The account, then the other one.
  std::optional<u32> direction_place_;
  std::optional<BoundRule> record_rule_;
  // Where rows tell what they are.
  u32 kind_place_ = 0;
  u32 debit_place_ = 0;
  u32 amount_place_ = 0;
};

}  // namespace florin::importer
