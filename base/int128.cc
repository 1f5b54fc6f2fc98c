#include "base/int128.h"

#include <algorithm>

namespace florin {

std::string to_decimal(u128 value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

namespace {

// The value of a digit in the given base, or nothing.
std::optional<u32> digit_value(char digit, u32 base) {
  u32 value = 0;
  if (digit >= '0' && digit <= '9') {
    value = static_cast<u32>(digit - '0');
  } else if (digit >= 'a' && digit <= 'f') {
    value = static_cast<u32>(digit - 'a') + 10;
  } else if (digit >= 'A' && digit <= 'F') {
    value = static_cast<u32>(digit - 'A') + 10;
  } else {
    return std::nullopt;
  }
  if (value >= base) return std::nullopt;
  return value;
}

}  // namespace

std::optional<u128> parse_u128(std::string_view text) {
  u32 base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  if (text.empty()) return std::nullopt;
  u128 value = 0;
  for (const char character : text) {
    const auto digit = digit_value(character, base);
    if (!digit) return std::nullopt;
    if (value > (kU128Max - *digit) / base) return std::nullopt;
    value = value * base + *digit;
  }
  return value;
}

}  // namespace florin
