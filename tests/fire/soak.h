// Longer runs, and other ones: FLORIN_SOAK=factor multiplies the counts of the tests here,
// FLORIN_SEED=number is where their randomness comes from.
#pragma once

#include <cstdlib>

#include "base/random.h"

namespace florin::test {

inline u64 soak_count(u64 count) {
  const char* factor = std::getenv("FLORIN_SOAK");
  const u64 times = factor == nullptr ? 1 : std::strtoull(factor, nullptr, 10);
  return count * (times == 0 ? 1 : times);
}

inline u64 soak_seed() {
  const char* seed = std::getenv("FLORIN_SEED");
  return seed == nullptr ? entropy_seed() : std::strtoull(seed, nullptr, 10);
}

}  // namespace florin::test
