// Longer runs, and other ones: FLORIN_SOAK=factor multiplies the counts of the tests here,
// FLORIN_SEED=number is where their randomness comes from.
#pragma once

#include <cstdlib>

#include "base/random.h"
#include "tests/support/test_size.h"

namespace florin::test {

inline u64 soak_count(u64 count) { return count * soak_factor(); }

inline u64 soak_seed() {
  const char* seed = std::getenv("FLORIN_SEED");
  return seed == nullptr ? entropy_seed() : std::strtoull(seed, nullptr, 10);
}

}  // namespace florin::test
