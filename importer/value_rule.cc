#include "importer/value_rule.h"

#include <array>

#include <fmt/core.h>

#include "base/checksum.h"
#include "base/int128.h"
#include "money/amount.h"

namespace florin::importer {

namespace {

constexpr usize kShownTextBytes = 60;  // Of a text in a message.

std::string shown(std::string_view text) {
  if (text.size() <= kShownTextBytes) return std::string(text);
  return fmt::format("{}…", text.substr(0, kShownTextBytes));
}

// Up to 18 digits and nothing else: what nearly all numbers are.
bool read_short_number(std::string_view text, u128& value) {
  if (text.empty() || text.size() > 18) return false;
  u64 number = 0;
  for (const char letter : text) {
    const auto figure = static_cast<u64>(static_cast<unsigned char>(letter)) - '0';
    if (figure > 9) return false;
    number = number * 10 + figure;
  }
  value = number;
  return true;
}

// "12.3" and "12.34" with two decimals, as short as the above; 38 decimals are rare.
bool read_short_amount(std::string_view text, char sign, u32 decimals, u128& value) {
  const usize point = text.find(sign);
  if (point == std::string_view::npos || point == 0 || text.size() > 18 || decimals > 8) {
    return false;
  }
  const std::string_view fraction = text.substr(point + 1);
  u128 whole = 0;
  u128 part = 0;
  if (fraction.size() > decimals || !read_short_number(text.substr(0, point), whole) ||
      !read_short_number(fraction, part)) {
    return false;
  }
  auto low = static_cast<u64>(part);
  u64 unit = 1;
  for (u32 place = 0; place < decimals; ++place) unit *= 10;
  for (usize place = fraction.size(); place < decimals; ++place) low *= 10;
  value = whole * unit + low;
  return true;
}

std::optional<u128> read_uuid(std::string_view text) {
  u128 value = 0;
  u32 digits = 0;
  for (const char letter : text) {
    if (letter == '-') continue;
    const auto low = static_cast<char>(letter | 0x20);
    const bool is_decimal = letter >= '0' && letter <= '9';
    if (!is_decimal && (low < 'a' || low > 'f')) return std::nullopt;
    value = value << 4 | static_cast<u32>(is_decimal ? letter - '0' : low - 'a' + 10);
    ++digits;
  }
  return digits == 32 ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string BoundRule::refusal(std::string_view text, std::string_view expected) const {
  std::string names;
  for (const std::string& column : rule_->columns) {
    if (!names.empty()) names += rule_->any_of ? " or " : rule_->join;
    names += column;
  }
  const std::string what = text.empty() ? "is empty" : "is '" + shown(text) + "'";
  return fmt::format("{}: column {} {}; expected {}", rule_->field, names, what, expected);
}

std::string_view BoundRule::text_of(Cells cells) {
  if (places_.size() == 1) return trimmed(cells[places_[0]]);
  if (rule_->any_of) {
    for (const u32 place : places_) {
      const std::string_view text = trimmed(cells[place]);
      if (!text.empty()) return text;
    }
    return {};
  }
  joined_.clear();
  bool any = false;
  for (usize index = 0; index < places_.size(); ++index) {
    const std::string_view text = trimmed(cells[places_[index]]);
    if (index != 0) joined_ += rule_->join;
    joined_ += text;
    any |= !text.empty();
  }
  return any ? std::string_view(joined_) : std::string_view();
}

bool BoundRule::evaluate(Cells cells, u128& value, std::string& reason) {
  if (rule_->constant) {
    value = *rule_->constant;
    return true;
  }
  if (rule_->lookup) return look_up(cells, value, reason);
  const std::string_view text = text_of(cells);
  if (!text.empty()) return read(text, value, reason);
  if (!rule_->fallback) {
    reason = refusal("", "a value");
    return false;
  }
  value = *rule_->fallback;
  return true;
}

bool BoundRule::evaluate_signed(Cells cells, bool& negative, u128& value, std::string& reason) {
  negative = false;
  if (rule_->constant || rule_->lookup) return evaluate(cells, value, reason);
  std::string_view text = text_of(cells);
  negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text = trimmed(text.substr(1));
  if (!text.empty()) return read(text, value, reason);
  return evaluate(cells, value, reason);
}

bool BoundRule::look_up(Cells cells, u128& value, std::string& reason) {
  std::array<std::string_view, kLookupColumnsMax> parts;
  for (usize index = 0; index < places_.size(); ++index) {
    parts[index] = trimmed(cells[places_[index]]);
  }
  const std::span<const std::string_view> given(parts.data(), places_.size());
  const std::optional<u128> found = rule_->lookup->find(given);
  if (!found && !rule_->fallback) {
    std::string text(given.front());
    for (const std::string_view part : given.subspan(1)) {
      text += rule_->lookup->separator();
      text += part;
    }
    reason = fmt::format("{}: lookup.{} has nothing for '{}'", rule_->field, rule_->lookup->name(),
                         shown(text));
    return false;
  }
  value = found ? *found : *rule_->fallback;
  return finish("", value, reason);
}

bool BoundRule::read(std::string_view text, u128& value, std::string& reason) {
  const bool read = rule_->form == ValueForm::Number   ? read_number(text, value, reason)
                    : rule_->form == ValueForm::Moment ? read_moment(text, value, reason)
                                                       : read_others(text, value, reason);
  return read && finish(text, value, reason);
}

bool BoundRule::read_number(std::string_view text, u128& value, std::string& reason) {
  if (rule_->decimals == 0 && read_short_number(text, value)) return true;
  if (read_short_amount(text, rule_->decimal_sign, rule_->decimals, value)) return true;
  if (rule_->decimals == 0 && rule_->group_sign == '\0') {
    if (const auto number = parse_u128(text)) {
      value = *number;
      return true;
    }
  }
  plain_.clear();
  for (const char letter : text) {
    if (letter == rule_->group_sign && letter != '\0') continue;
    // A point that is not the decimal sign must not be taken for one.
    const bool is_stray = letter == '.' && rule_->decimal_sign != '.';
    plain_ += is_stray ? '?' : letter == rule_->decimal_sign ? '.' : letter;
  }
  const Result<u128> amount = money::parse_amount(plain_, rule_->decimals);
  if (amount) {
    value = *amount;
    return true;
  }
  const std::string form =
      rule_->decimals == 0
          ? std::string("a whole number of at most 128 bits, without a sign")
          : fmt::format("digits with up to {} decimals behind a '{}', of at most 128 bits",
                        rule_->decimals, rule_->decimal_sign);
  reason = refusal(text, form);
  return false;
}

bool BoundRule::read_moment(std::string_view text, u128& value, std::string& reason) {
  if (text != last_text_) {
    const auto moment = rule_->moment.parse(text);
    if (!moment) {
      reason =
          refusal(text, fmt::format("a moment since 1970 written as {}", rule_->moment.form()));
      return false;
    }
    last_text_ = text;
    last_moment_ = *moment;
  }
  value = last_moment_;
  return true;
}

bool BoundRule::read_others(std::string_view text, u128& value, std::string& reason) const {
  std::optional<u128> found;
  if (rule_->form == ValueForm::Hash) {
    found = checksum128(std::as_bytes(std::span(text)));
  } else if (rule_->form == ValueForm::Uuid) {
    found = read_uuid(text);
    if (!found) reason = refusal(text, "32 hexadecimal digits, with or without '-'");
  } else {
    found = parse_flag_names(rule_->table, text);
    if (!found) {
      reason = refusal(text, "names joined by '|' of " + flag_names(rule_->table));
    }
  }
  if (found) value = *found;
  return found.has_value();
}

// Adds what is to be added; the sum must fit the field.
bool BoundRule::finish(std::string_view text, u128& value, std::string& reason) const {
  const u128 most = largest_of_bits(rule_->bits);
  if (value <= most && rule_->add <= most - value) {
    value += rule_->add;
    return true;
  }
  const std::string sum =
      rule_->add == 0 ? "" : fmt::format(" with {} added", to_decimal(rule_->add));
  reason = refusal(text, fmt::format("at most {}{}", to_decimal(most), sum));
  return false;
}

}  // namespace florin::importer
