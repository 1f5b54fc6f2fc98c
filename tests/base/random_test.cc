// The seeded generator: the published sequence, the same for the same seed for ever, within bounds
// and without a visible lean.
#include "base/random.h"

#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace florin {
namespace {

constexpr u64 kSeed = 42;

// What xoshiro256** gives when its state is filled by splitmix64 from zero.
TEST(Random, gives_the_published_sequence) {
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4ULL);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452aULL);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0ULL);
  EXPECT_EQ(random.next(), 0x6aa594f1262d2d2cULL);
}

TEST(Random, same_seed_same_sequence_and_a_copy_continues_it) {
  Random one(kSeed);
  Random two(kSeed);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(one.next(), two.next());
  Random copy = one;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(one.next(), copy.next());
}

TEST(Random, neighbouring_seeds_share_nothing) {
  std::set<u64> seen;
  for (u64 seed = 0; seed < 1'000; ++seed) {
    Random random(seed);
    for (int i = 0; i < 4; ++i) seen.insert(random.next());
  }
  EXPECT_EQ(seen.size(), 4'000U);
}

TEST(Random, below_reaches_every_value_under_the_bound_and_none_beyond) {
  Random random(kSeed);
  for (const u64 bound : {u64{1}, u64{2}, u64{3}, u64{10}, u64{64}}) {
    std::set<u64> seen;
    for (u64 i = 0; i < bound * 100; ++i) {
      const u64 value = random.below(bound);
      ASSERT_LT(value, bound);
      seen.insert(value);
    }
    EXPECT_EQ(seen.size(), bound);
  }
}

TEST(Random, below_leans_to_no_side) {
  constexpr u64 kBins = 10;
  constexpr u64 kDraws = 100'000;
  Random random(kSeed);
  std::array<u64, kBins> bins{};
  for (u64 i = 0; i < kDraws; ++i) ++bins[random.below(kBins)];
  // Pearson's chi-square with 9 degrees of freedom exceeds 27.9 once in a thousand seeds.
  double chi_square = 0;
  for (const u64 count : bins) {
    const double difference = static_cast<double>(count) - static_cast<double>(kDraws) / kBins;
    chi_square += difference * difference / (static_cast<double>(kDraws) / kBins);
  }
  EXPECT_LT(chi_square, 27.9) << "seed " << kSeed;
}

TEST(Random, between_includes_both_ends) {
  Random random(kSeed);
  std::set<u64> seen;
  for (int i = 0; i < 500; ++i) seen.insert(random.between(5, 8));
  EXPECT_EQ(seen, (std::set<u64>{5, 6, 7, 8}));
  EXPECT_EQ(random.between(9, 9), 9U);
}

TEST(Random, chance_follows_its_fraction) {
  Random random(kSeed);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += random.chance(1, 4) ? 1 : 0;
  EXPECT_NEAR(hits, 25'000, 5 * std::sqrt(100'000 * 0.25 * 0.75)) << "seed " << kSeed;
  EXPECT_FALSE(random.chance(0, 1));
  EXPECT_TRUE(random.chance(1, 1));
}

TEST(Random, unit_lies_in_the_half_open_interval) {
  Random random(kSeed);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 5 * std::sqrt(1.0 / 12 / 100'000)) << "seed " << kSeed;
}

TEST(RandomDeathTest, below_zero_is_a_bug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Random random(kSeed);
  EXPECT_DEATH(random.below(0), "check failed");
}

TEST(EntropySeed, differs_from_call_to_call) {
  std::set<u64> seeds;
  for (int i = 0; i < 8; ++i) seeds.insert(entropy_seed());
  EXPECT_EQ(seeds.size(), 8U);
}

}  // namespace
}  // namespace florin
