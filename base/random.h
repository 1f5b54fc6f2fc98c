// The seam through which randomness enters: a seeded generator, passed to whoever needs one. Only
// `main` draws a seed from the operating system; a test gives its own and prints it.
#pragma once

#include "base/types.h"

namespace florin {

// xoshiro256** by David Blackman and Sebastiano Vigna (https://prng.di.unimi.it), seeded with
// splitmix64. A value type: a copy continues the same sequence.
class Random {
 public:
  explicit Random(u64 seed);

  u64 next();
  u128 next_u128() { return make_u128(next(), next()); }
  // Uniform in [0, bound). `bound` must not be zero. Bias below 2^-64 of the range.
  u64 below(u64 bound);
  // Uniform in [first, last], both included.
  u64 between(u64 first, u64 last) { return first + below(last - first + 1); }
  // True in `numerator` of `denominator` draws.
  bool chance(u64 numerator, u64 denominator) { return below(denominator) < numerator; }
  // Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  u64 state_[4];
};

// One of the values, all as likely.
template <class Value, usize size>
Value pick(Random& random, const Value (&values)[size]) {
  return values[random.below(size)];
}

// A seed from the operating system's entropy.
u64 entropy_seed();

}  // namespace florin
