// Integers in as few bytes as their size needs, for the rows of the history store. Below 176: one
// byte; below 16,560: two; beyond: a byte that tells how many follow, least significant first. To
// write and to read one takes a branch or two and no loop.
#pragma once

#include <bit>
#include <cstring>

#include "base/types.h"

namespace florin::history {

inline constexpr u32 kCompactOne = 176;
inline constexpr u32 kCompactTwo = kCompactOne + (64 << 8);
inline constexpr usize kCompactBytesMax = 17;

// Writes at `at`, where kCompactBytesMax bytes may be touched; returns what is behind it.
inline u8* put_compact(u8* at, u128 value) {
  if (value < kCompactOne) {
    *at = static_cast<u8>(value);
    return at + 1;
  }
  if (value < kCompactTwo) {
    const u32 rest = static_cast<u32>(value) - kCompactOne;
    at[0] = static_cast<u8>(kCompactOne + (rest >> 8));
    at[1] = static_cast<u8>(rest);
    return at + 2;
  }
  const u32 bits = high_half(value) != 0 ? 128 - std::countl_zero(high_half(value))
                                         : 64 - std::countl_zero(low_half(value));
  const u32 bytes = (bits + 7) / 8;
  *at = static_cast<u8>(0xef + bytes);
  std::memcpy(at + 1, &value, sizeof value);
  return at + 1 + bytes;
}

// A difference of either sign, small when it is near zero.
inline u128 zigzag(u128 difference) {
  const u128 sign = u128{0} - (difference >> 127);
  return (difference << 1) ^ sign;
}
inline u128 unzigzag(u128 value) { return (value >> 1) ^ (u128{0} - (value & 1)); }

inline u8* put_difference(u8* at, u128 value, u128 before) {
  return put_compact(at, zigzag(value - before));
}
// Of 64 bits: the difference wraps around in 64 bits too.
inline u8* put_difference64(u8* at, u64 value, u64 before) {
  const u64 difference = value - before;
  return put_compact(at, (difference << 1) ^ (u64{0} - (difference >> 63)));
}

// Reads what was put. Past the end it yields zeros and remembers that the bytes are damaged.
class CompactReader {
 public:
  CompactReader(const void* bytes, usize size)
      : at_(static_cast<const u8*>(bytes)), end_(at_ + size) {}

  u128 get() {
    const u8 first = byte();
    if (first < kCompactOne) return first;
    if (first < 0xf0) return kCompactOne + ((u32{first} - kCompactOne) << 8) + byte();
    const usize bytes = first - 0xefU;
    u128 value = 0;
    if (end_ - at_ >= static_cast<std::ptrdiff_t>(sizeof value)) {
      std::memcpy(&value, at_, sizeof value);
      value &= kU128Max >> (128 - 8 * bytes);
    } else if (end_ - at_ >= static_cast<std::ptrdiff_t>(bytes)) {
      std::memcpy(&value, at_, bytes);
    } else {
      return spoil();
    }
    at_ += bytes;
    return value;
  }
  u64 get64() {
    const u128 value = get();
    if (high_half(value) != 0) return spoil();
    return low_half(value);
  }
  u32 get32() {
    const u64 value = get64();
    if (value >> 32 != 0) return spoil();
    return static_cast<u32>(value);
  }
  u8 byte() {
    if (at_ == end_) return spoil();
    return *at_++;
  }
  u128 difference(u128 before) { return before + unzigzag(get()); }
  u64 difference64(u64 before) {
    const u64 value = get64();
    return before + ((value >> 1) ^ (u64{0} - (value & 1)));
  }

  bool at_end() const { return at_ == end_; }
  bool is_damaged() const { return damaged_; }

 private:
  u8 spoil() {
    damaged_ = true;
    at_ = end_;
    return 0;
  }

  const u8* at_;
  const u8* end_;
  bool damaged_ = false;
};

}  // namespace florin::history
