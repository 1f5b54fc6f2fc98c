// Text of 128-bit integers: decimal and 0x-prefixed hexadecimal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"

namespace florin {

std::string to_decimal(u128 value);

inline constexpr usize kDecimalDigitsMax = 39;
// Writes the decimal digits, kDecimalDigitsMax at most, and returns where they end.
char* write_decimal(u128 value, char* to);

// Parses decimal digits or "0x" followed by hexadecimal digits. Nothing else is accepted: no sign,
// no space, no separator. Returns nothing when the text is not a number or exceeds 2^128-1.
std::optional<u128> parse_u128(std::string_view text);

}  // namespace florin
