// The fixed-width integers and strong identifiers that every folder shares.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace florin {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;
using usize = std::size_t;

__extension__ typedef unsigned __int128 u128;

inline constexpr u128 kU128Max = ~u128{0};

constexpr u128 make_u128(u64 high, u64 low) { return (u128{high} << 64) | low; }
constexpr u64 low_half(u128 value) { return static_cast<u64>(value); }
constexpr u64 high_half(u128 value) { return static_cast<u64>(value >> 64); }

// The number of logged events up to and including this one: the first logged event of a ledger has
// position 1, and position 0 means "nothing logged yet".
struct Position {
  u64 value = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

// Nanoseconds since the Unix epoch, as the engine assigned them: strictly increasing over the
// events of a ledger. Below 2^63.
struct Timestamp {
  u64 ns = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

inline constexpr u64 kNsPerSecond = 1'000'000'000;
inline constexpr u64 kNsPerMs = 1'000'000;
// Timestamps are below this.
inline constexpr u64 kTimestampEnd = u64{1} << 63;

constexpr u64 round_up(u64 value, u64 multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

constexpr u64 kKiB = 1024;
constexpr u64 kMiB = 1024 * kKiB;
constexpr u64 kGiB = 1024 * kMiB;

}  // namespace florin
