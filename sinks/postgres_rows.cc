#include "sinks/postgres_rows.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace florin::sinks {

namespace {

constexpr u64 kPostgresEpochSeconds = 946'684'800;  // 2000-01-01 in seconds since 1970.
constexpr u64 kSecondsPerDay = 86'400;
constexpr u64 kNumericBase = 10'000;
constexpr u32 kNullLength = 0xffff'ffff;
constexpr usize kTextBytesMax = 512;

// The digits to the base 10000, the lowest first; returns how many there are, 10 at most.
usize numeric_digits(u128 value, u16* digits) {
  constexpr u64 kFourDigits = 10'000'000'000'000'000;  // Four digits to the base 10000.
  usize count = 0;
  while (high_half(value) != 0) {
    u64 low = static_cast<u64>(value % kFourDigits);
    value /= kFourDigits;
    for (usize each = 0; each < 4; ++each, low /= kNumericBase) {
      digits[count++] = static_cast<u16>(low % kNumericBase);
    }
  }
  for (u64 rest = low_half(value); rest != 0; rest /= kNumericBase) {
    digits[count++] = static_cast<u16>(rest % kNumericBase);
  }
  return count;
}

}  // namespace

template <class Unsigned>
void PostgresRowWriter::put(Unsigned value) {
  if constexpr (sizeof(Unsigned) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(Unsigned) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(Unsigned) == 8) value = __builtin_bswap64(value);
  std::memcpy(bytes_.data() + size_, &value, sizeof value);
  size_ += sizeof value;
}

void PostgresRowWriter::begin(u16 columns) {
  if (bytes_.size() < size_ + kRowBytesMax) bytes_.resize(2 * bytes_.size() + kRowBytesMax);
  put(columns);
  ++rows_;
}

void PostgresRowWriter::null() { put(kNullLength); }

void PostgresRowWriter::truth(bool value) {
  put(u32{1});
  put(static_cast<u8>(value));
}

void PostgresRowWriter::small(u16 value) {
  put(u32{sizeof value});
  put(value);
}

void PostgresRowWriter::integer(u32 value) {
  put(u32{sizeof value});
  put(value);
}

void PostgresRowWriter::big(u64 value) {
  put(u32{sizeof value});
  put(value);
}

void PostgresRowWriter::wide(u128 value) {
  u16 digits[12];
  const usize count = numeric_digits(value, std::begin(digits));
  put(static_cast<u32>(8 + 2 * count));
  put(static_cast<u16>(count));
  put(static_cast<u16>(count == 0 ? 0 : count - 1));  // The weight of the first digit.
  put(u16{0});                                        // Not negative.
  put(u16{0});                                        // No decimals.
  for (usize digit = count; digit-- != 0;) put(digits[digit]);
}

void PostgresRowWriter::wide_or_null(u128 value) { value == 0 ? null() : wide(value); }

void PostgresRowWriter::big_or_null(u64 value) { value == 0 ? null() : big(value); }

void PostgresRowWriter::text(std::string_view value) {
  CHECK(value.size() <= kTextBytesMax);
  put(static_cast<u32>(value.size()));
  std::memcpy(bytes_.data() + size_, value.data(), value.size());
  size_ += value.size();
}

// Microseconds since 2000, before which they are negative.
void PostgresRowWriter::moment(u64 ns) { big(ns / 1'000 - kPostgresEpochSeconds * 1'000'000); }

void PostgresRowWriter::day(u64 ns) {
  const u64 days = ns / kNsPerSecond / kSecondsPerDay;
  integer(static_cast<u32>(days - kPostgresEpochSeconds / kSecondsPerDay));
}

}  // namespace florin::sinks
