// The shared integers: halves of 128-bit values, rounding, the order of positions and timestamps,
// and the relations between the default limits that other code relies on.
#include "base/types.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace florin {
namespace {

TEST(Types, halves_make_the_whole) {
  constexpr u128 kValue = make_u128(0x0123456789abcdefULL, 0xfedcba9876543210ULL);
  EXPECT_EQ(high_half(kValue), 0x0123456789abcdefULL);
  EXPECT_EQ(low_half(kValue), 0xfedcba9876543210ULL);
  EXPECT_TRUE(make_u128(~u64{0}, ~u64{0}) == kU128Max);
  EXPECT_TRUE(kU128Max + 1 == 0);
}

TEST(RoundUp, goes_to_the_next_multiple_and_stays_on_one) {
  struct Row {
    u64 value;
    u64 multiple;
    u64 rounded;
  };
  constexpr Row kRows[] = {
      {0, 4096, 0},       {1, 4096, 4096},    {4095, 4096, 4096},
      {4096, 4096, 4096}, {4097, 4096, 8192}, {7, 1, 7},
      {10, 3, 12},        {12, 3, 12},        {kGiB + 1, kMiB, kGiB + kMiB},
  };
  for (const Row& row : kRows) EXPECT_EQ(round_up(row.value, row.multiple), row.rounded);
}

TEST(Types, positions_and_timestamps_are_ordered_by_their_numbers) {
  EXPECT_LT(Position{1}, Position{2});
  EXPECT_EQ(Position{}, Position{0});
  EXPECT_LT(Timestamp{1}, Timestamp{2});
  EXPECT_EQ(Timestamp{}, Timestamp{0});
}

TEST(Limits, defaults_agree_with_each_other) {
  constexpr Limits kLimits;
  EXPECT_EQ(kLimits.blocks_in_flight & (kLimits.blocks_in_flight - 1), 0U) << "a power of two";
  EXPECT_GE(kLimits.block_bytes_max, kLimits.frame_bytes_max) << "a request is never split";
  EXPECT_GE(kLimits.block_bytes_max, kLimits.small_share_bytes);
  EXPECT_GE(kLimits.small_share_bytes, kLimits.small_request_bytes_max);
  EXPECT_GT(kLimits.segment_bytes, kLimits.block_bytes_max);
  EXPECT_EQ(kLimits.segment_bytes % 4096, 0U);
  EXPECT_GE(kLimits.connection_bytes_max, kLimits.frame_bytes_max);
  EXPECT_GE(kLimits.frame_bytes_max, u64{kLimits.request_events_max} * 128);
  EXPECT_GE(kLimits.block_reads_max, kLimits.request_events_max);
}

}  // namespace
}  // namespace florin
