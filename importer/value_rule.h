// How one field gets its value from a row: a constant, or the text of columns read in some form.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "importer/fields.h"
#include "importer/moment_format.h"
#include "importer/value_lookup.h"

namespace florin::importer {

// The texts of a row by the place of their column. One without data() is not there at all.
using Cells = std::span<const std::string_view>;

enum class ValueForm : u8 {
  Number,  // Whole, or with decimals: 12.34 with two is 1234. Decimal digits, or 0x and
           // hexadecimal.
  Uuid,    // 128 bits as hexadecimal digits, with or without '-'.
  Hash,    // XXH3 of the text, 128 bits: ids that are no numbers.
  Flags,   // Names joined by '|', or a number.
  Moment,
};

struct ValueRule {
  std::string field;  // For messages: "transfers.amount".
  u32 bits = 128;
  Table table = Table::Transfers;  // Whose flags.
  std::optional<u128> constant;
  // What follows is of rules without a constant. Several columns are joined to one text, or, with
  // `any_of`, stand for each other: the first that is there counts.
  std::vector<std::string> columns;
  bool any_of = false;
  std::string join = "/";
  ValueForm form = ValueForm::Number;
  std::shared_ptr<ValueLookup> lookup;  // Instead of the form.
  MomentFormat moment;
  u32 decimals = 0;
  char decimal_sign = '.';
  char group_sign = '\0';  // Between groups of digits: left out. '\0': there is none.
  u128 add = 0;
  std::optional<u128> fallback;  // Where there is no text, or the lookup has none like it.
};

// A rule whose columns have places. Belongs to one thread.
class BoundRule {
 public:
  // `places` of the rule's columns, in their order. The rule must outlive the object.
  BoundRule(const ValueRule& rule, std::vector<u32> places)
      : rule_(&rule), places_(std::move(places)) {}

  // False when the row has no such value; `reason` then says what was wrong and what was expected.
  bool evaluate(Cells cells, u128& value, std::string& reason);
  // The same of a number that may begin with '+' or '-'.
  bool evaluate_signed(Cells cells, bool& negative, u128& value, std::string& reason);

 private:
  // The text of the columns, trimmed; without data() when there is none.
  std::string_view text_of(Cells cells);
  bool look_up(Cells cells, u128& value, std::string& reason);
  bool read(std::string_view text, u128& value, std::string& reason);
  bool read_number(std::string_view text, u128& value, std::string& reason);
  bool read_moment(std::string_view text, u128& value, std::string& reason);
  bool read_others(std::string_view text, u128& value, std::string& reason) const;
  bool finish(std::string_view text, u128& value, std::string& reason) const;
  std::string refusal(std::string_view text, std::string_view expected) const;

  const ValueRule* rule_;
  std::vector<u32> places_;
  std::string joined_;
  std::string plain_;      // A number without its group signs.
  std::string last_text_;  // Moments repeat: the last one that was read, ...
  u64 last_moment_ = 0;    // ... and what it was.
};

// Without spaces and tabs around it.
std::string_view trimmed(std::string_view text);

}  // namespace florin::importer
