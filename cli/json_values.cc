#include "cli/json_values.h"

#include <set>
#include <vector>

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/value_parser.h"

namespace florin::cli {

namespace {

// Reports a name that stands twice in one object, which the library would silently drop.
class DuplicateNames {
 public:
  bool see(Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key &&
        !names_.back().insert(value.get<std::string>()).second && duplicate_.empty()) {
      duplicate_ = value.get<std::string>();
    }
    return true;
  }
  const std::string& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string duplicate_;
};

}  // namespace

tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, std::move(message));
}

Result<Json> parse_json_object(std::string_view line) {
  DuplicateNames duplicates;
  Json json;
  try {
    json = Json::parse(line, [&](int, Json::parse_event_t event, Json& value) {
      return duplicates.see(event, value);
    });
  } catch (const Json::exception& error) {
    std::string_view what = error.what();
    const usize end_of_id = what.find("] ");
    if (end_of_id != std::string_view::npos) what.remove_prefix(end_of_id + 2);
    return invalid(fmt::format("not JSON: {}", what));
  }
  if (!duplicates.duplicate().empty()) {
    return invalid(fmt::format("'{}' stands twice in one object", duplicates.duplicate()));
  }
  if (!json.is_object()) {
    return invalid(R"(expected an object such as {"request":"ping"})");
  }
  return json;
}

Result<u128> parse_number(const Json& value, u32 bits, const std::string& where, FieldForm form) {
  u128 number = 0;
  if (value.is_string()) {
    const auto parsed = parse_value(form, value.get_ref<const std::string&>());
    if (!parsed) {
      return invalid(fmt::format("{} is {}; expected {}", where, value.dump(), expected_of(form)));
    }
    number = *parsed;
  } else if (value.is_number_unsigned()) {
    number = value.get<u64>();
  } else if (value.is_number_integer()) {
    return invalid(fmt::format("{} is {}; it cannot be negative", where, value.dump()));
  } else if (value.is_number()) {
    return invalid(
        fmt::format("{} is not a whole number below 2^64; write larger numbers as a "
                    "string, and no fractions or exponents",
                    where));
  } else {
    return invalid(
        fmt::format("{} is {}; expected a number or a string with one", where, value.type_name()));
  }
  if (number > largest_value(bits)) {
    return invalid(
        fmt::format("{} is {}; it must be below 2^{}", where, florin::to_decimal(number), bits));
  }
  return number;
}

Result<u128> parse_flags(const Json& value, u32 bits, const std::string& where,
                         std::span<const FlagName> known) {
  if (!value.is_array()) return parse_number(value, bits, where);
  u32 flags = 0;
  for (const Json& item : value) {
    if (!item.is_string()) {
      const auto raw = parse_number(item, bits, where);
      if (!raw) return raw;
      flags |= static_cast<u32>(*raw);
      continue;
    }
    const FlagName* flag = find_named(known, item.get_ref<const std::string&>());
    if (flag == nullptr) {
      return invalid(fmt::format("{} has the unknown flag {}; known are {}", where, item.dump(),
                                 joined_names(known)));
    }
    flags |= flag->bit;
  }
  return u128{flags};
}

Result<bool> parse_truth(const Json& value, const std::string& where) {
  if (value.is_boolean()) return value.get<bool>();
  return invalid(fmt::format("{} is {}; expected true or false", where, value.dump()));
}

Result<u128> parse_bound(const Json& value, const std::string& where) {
  std::optional<u128> bound;
  if (value.is_string()) bound = parse_signed(value.get_ref<const std::string&>());
  if (value.is_number_integer()) bound = parse_signed(value.dump());
  if (bound) return *bound;
  return invalid(fmt::format(
      "{} is {}; expected a whole number from -2^127 to 2^127-1, as a string if it is large", where,
      value.dump()));
}

}  // namespace florin::cli
