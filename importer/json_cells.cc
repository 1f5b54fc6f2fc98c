#include "importer/json_cells.h"

#include <algorithm>

#include <fmt/core.h>
#include <simdjson.h>

#include "importer/input_file.h"
#include "importer/value_rule.h"

namespace florin::importer {

namespace ondemand = simdjson::ondemand;

static_assert(kPaddingBytes >= simdjson::SIMDJSON_PADDING);

namespace {

constexpr usize kNoColumn = ~usize{0};

// The text of a value that is no array; false when it is an object, or damaged.
bool take_text(ondemand::value value, ondemand::json_type type, std::string_view& text) {
  switch (type) {
    case ondemand::json_type::string: return value.get_string().get(text) == simdjson::SUCCESS;
    case ondemand::json_type::number:
    case ondemand::json_type::boolean: text = trimmed(value.raw_json_token()); return true;
    case ondemand::json_type::null: text = ""; return value.is_null();
    case ondemand::json_type::array:
    case ondemand::json_type::object: return false;
  }
  return false;
}

bool take_array(ondemand::value value, std::string& joined) {
  joined.clear();
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto element : array) {
    ondemand::value one;
    ondemand::json_type type{};
    std::string_view text;
    if (std::move(element).get(one) != simdjson::SUCCESS ||
        one.type().get(type) != simdjson::SUCCESS || !take_text(one, type, text)) {
      return false;
    }
    if (!joined.empty()) joined += '|';
    joined += text;
  }
  return true;
}

}  // namespace

struct JsonCells::Parser {
  ondemand::parser parser;
};

JsonCells::JsonCells(std::vector<std::string> columns)
    : parser_(std::make_unique<Parser>()),
      columns_(std::move(columns)),
      cells_(columns_.size()),
      arrays_(columns_.size()) {}

JsonCells::~JsonCells() = default;

// Objects mostly have the same members in the same order: looked for is only what differs.
usize JsonCells::column_of(std::string_view key) {
  const usize member = member_++;
  if (member < order_.size() && order_[member] != kNoColumn && columns_[order_[member]] == key) {
    return order_[member];
  }
  const auto found = std::find(columns_.begin(), columns_.end(), key);
  const usize column =
      found == columns_.end() ? kNoColumn : static_cast<usize>(found - columns_.begin());
  if (member >= order_.size()) order_.resize(member + 1, kNoColumn);
  order_[member] = column;
  return column;
}

bool JsonCells::take_members(void* object, std::string& reason) {
  for (auto field : *static_cast<ondemand::object*>(object)) {
    std::string_view key;
    ondemand::value value;
    ondemand::json_type type{};
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    const usize column = column_of(key);
    if (column == kNoColumn) continue;
    if (cells_[column].data() != nullptr) {
      reason = fmt::format("'{}' stands there twice", columns_[column]);
      return false;
    }
    if (std::move(field).value().get(value) != simdjson::SUCCESS ||
        value.type().get(type) != simdjson::SUCCESS) {
      return false;
    }
    const bool is_array = type == ondemand::json_type::array;
    const bool taken =
        is_array ? take_array(value, arrays_[column]) : take_text(value, type, cells_[column]);
    if (is_array) cells_[column] = std::string_view(arrays_[column].data(), arrays_[column].size());
    if (taken) continue;
    reason = fmt::format(
        "'{}' has no value that can be read; expected a text, a number, null, or "
        "a list of these",
        columns_[column]);
    return false;
  }
  return true;
}

bool JsonCells::split(std::string_view line, std::string& reason) {
  std::fill(cells_.begin(), cells_.end(), std::string_view());
  member_ = 0;
  reason.clear();
  ondemand::document document;
  ondemand::object object;
  const usize readable = line.size() + kPaddingBytes;
  auto error = parser_->parser.iterate(line.data(), line.size(), readable).get(document);
  if (error == simdjson::SUCCESS) error = document.get_object().get(object);
  const bool is_object = error == simdjson::SUCCESS && take_members(&object, reason);
  const bool ends = is_object && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  if (ends) return true;
  if (reason.empty()) reason = "is no JSON object; expected one on each line";
  return false;
}

}  // namespace florin::importer
