// Single values of JSON lines. The JSON library's exceptions end here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "cli/fields.h"

namespace florin::cli {

using Json = nlohmann::ordered_json;

// An error of the caller's text.
tl::unexpected<Error> invalid(std::string message);

// The object on a line, in which no name stands twice.
Result<Json> parse_json_object(std::string_view line);

// `where` names the value in messages, such as "events[3].amount".
Result<u128> parse_number(const Json& value, u32 bits, const std::string& where,
                          FieldForm form = FieldForm::Number);
// Names, or a number of at most so many bits.
Result<u128> parse_flags(const Json& value, u32 bits, const std::string& where,
                         std::span<const FlagName> known);
Result<bool> parse_truth(const Json& value, const std::string& where);
// Signed, in two's complement.
Result<u128> parse_bound(const Json& value, const std::string& where);

}  // namespace florin::cli
