#include "base/int128.h"

#include <algorithm>
#include <charconv>

namespace florin {

namespace {

// The largest power of ten that 64 bits hold: numbers are written in pieces of so many digits.
constexpr u64 kPiece = 10'000'000'000'000'000'000U;
constexpr usize kPieceDigits = 19;

char* write_piece(u64 value, char* to) { return std::to_chars(to, to + 20, value).ptr; }

// With zeros in front.
char* write_whole_piece(u64 value, char* to) {
  for (usize digit = kPieceDigits; digit-- != 0; value /= 10) {
    to[digit] = static_cast<char>('0' + value % 10);
  }
  return to + kPieceDigits;
}

}  // namespace

char* write_decimal(u128 value, char* to) {
  if (high_half(value) == 0) return write_piece(low_half(value), to);
  const u128 above = value / kPiece;
  const auto low = static_cast<u64>(value - above * kPiece);
  return write_whole_piece(low, write_decimal(above, to));
}

std::string to_decimal(u128 value) {
  char digits[kDecimalDigitsMax + 1];
  return {digits, write_decimal(value, digits)};
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
