// The histogram against exact percentiles.
#include "bench/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace florin::bench {
namespace {

constexpr double kErrorMax = 0.008;

// Log-uniform over the whole range, so that every power of two takes part.
u64 random_value(Random& random) { return random.next() >> random.between(24, 63); }

double exact_quantile(const std::vector<u64>& sorted, double fraction) {
  const double wanted = std::ceil(fraction * static_cast<double>(sorted.size()));
  const usize rank = std::max<usize>(static_cast<usize>(wanted), 1);
  return static_cast<double>(sorted[rank - 1]);
}

TEST(Histogram, quantiles_are_within_its_error_of_the_exact_ones) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    Histogram histogram;
    std::vector<u64> values;
    for (u64 count = random.between(1, 20'000); count > 0; --count) {
      values.push_back(random_value(random));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double fraction : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double exact = exact_quantile(values, fraction);
      const double told = static_cast<double>(histogram.quantile(fraction));
      EXPECT_LE(std::fabs(told - exact), exact * kErrorMax) << fraction;
    }
    EXPECT_EQ(histogram.min(), values.front());
    EXPECT_EQ(histogram.max(), values.back());
    EXPECT_EQ(histogram.count(), values.size());
  }
}

TEST(Histogram, each_value_alone_is_told_exactly) {
  for (u64 power = 0; power < 40; ++power) {
    for (const u64 value : {(u64{1} << power) - 1, u64{1} << power, (u64{1} << power) + 1}) {
      Histogram histogram;
      histogram.record(value);
      EXPECT_EQ(histogram.quantile(0.5), value);
    }
  }
}

TEST(Histogram, buckets_are_narrow_everywhere) {
  for (u64 value = 1; value < Histogram::kValueMax; value += value / 50 + 1) {
    Histogram histogram;
    histogram.record(0);
    histogram.record(value);
    histogram.record(Histogram::kValueMax);
    const auto told = static_cast<double>(histogram.quantile(0.5));
    EXPECT_LE(std::fabs(told - static_cast<double>(value)), static_cast<double>(value) * kErrorMax);
  }
}

TEST(Histogram, is_zero_when_empty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.count(), 0u);
}

TEST(Histogram, tells_a_maximum_beyond_its_range) {
  Histogram histogram;
  histogram.record(~u64{0});
  histogram.record(1);
  EXPECT_EQ(histogram.max(), ~u64{0});
  EXPECT_EQ(histogram.quantile(1.0), ~u64{0});
  EXPECT_EQ(histogram.quantile(0.5), 1u);
}

TEST(Histogram, merging_is_the_same_as_recording_together) {
  Random random(3);
  Histogram left;
  Histogram right;
  Histogram both;
  for (u32 index = 0; index < 5000; ++index) {
    const u64 value = random_value(random);
    (index % 3 == 0 ? left : right).record(value);
    both.record(value);
  }
  left.merge(right);
  for (const double fraction : {0.0, 0.1, 0.5, 0.99, 1.0}) {
    EXPECT_EQ(left.quantile(fraction), both.quantile(fraction));
  }
  EXPECT_EQ(left.count(), both.count());
  EXPECT_EQ(left.min(), both.min());
}

TEST(Histogram, counts_many_at_once) {
  Histogram histogram;
  histogram.record_many(10, 99);
  histogram.record_many(1000, 1);
  histogram.record_many(5, 0);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.min(), 10u);
  EXPECT_EQ(histogram.quantile(0.99), 10u);
  EXPECT_EQ(histogram.max(), 1000u);
}

}  // namespace
}  // namespace florin::bench
