// A table of values by 128-bit id, open addressed.
#pragma once

#include <vector>

#include "base/prefetch.h"
#include "base/types.h"
#include "engine/id_hash.h"

namespace florin::history {

// Belongs to one thread, or to those that hold its lock. Values are words: numbers or pointers.
class IdTable {
 public:
  // Seeded, so that nobody can choose ids that collide.
  explicit IdTable(engine::HashSeed seed) : seed_(seed) {}

  static constexpr u64 kNone = ~u64{0};

  // Makes room for so many ids.
  void reserve(usize count);
  // The value of the id, which is kNone where it was not there before. Valid until the next call.
  u64& at(u128 id);
  u64 find(u128 id) const;
  void prefetch(u128 id) const {
    if (!lines_.empty()) prefetch_line(&lines_[first(id)]);
  }

 private:
  struct Line {
    u64 high = 0;
    u64 low = 0;
    u64 value = kNone;  // Free.
  };

  usize first(u128 id) const {
    const u64 mixed = engine::multiply_fold(low_half(id) ^ seed_.low, high_half(id) ^ seed_.high);
    return mixed & (lines_.size() - 1);
  }

  const engine::HashSeed seed_;
  std::vector<Line> lines_;  // A power of two.
  usize used_ = 0;
};

}  // namespace florin::history
