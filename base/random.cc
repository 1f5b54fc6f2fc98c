#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace florin {

namespace {

u64 splitmix64(u64& state) {
  state += 0x9e3779b97f4a7c15ULL;
  u64 mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

constexpr u64 rotate_left(u64 value, int count) {
  return (value << count) | (value >> (64 - count));
}

}  // namespace

Random::Random(u64 seed) {
  for (u64& word : state_) word = splitmix64(seed);
}

u64 Random::next() {
  const u64 result = rotate_left(state_[1] * 5, 7) * 9;
  const u64 shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

u64 Random::below(u64 bound) {
  CHECK(bound != 0);
  return high_half(u128{next()} * bound);
}

u64 entropy_seed() {
  u64 seed = 0;
  CHECK(getrandom(&seed, sizeof(seed), 0) == static_cast<ssize_t>(sizeof(seed)));
  return seed;
}

}  // namespace florin
