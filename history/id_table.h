// A table of values by 128-bit id, open addressed.
#pragma once

#include <vector>

#include "base/types.h"

namespace florin::history {

// Belongs to one thread, or to those that hold its lock. Values are words: numbers or pointers.
class IdTable {
 public:
  static constexpr u64 kNone = ~u64{0};

  // Makes room for so many ids.
  void reserve(usize count);
  // The value of the id, which is kNone where it was not there before. Valid until the next call.
  u64& at(u128 id);
  u64 find(u128 id) const;
  void prefetch(u128 id) const {
    if (!lines_.empty()) __builtin_prefetch(&lines_[first(id)]);
  }

 private:
  struct Line {
    u64 high = 0;
    u64 low = 0;
    u64 value = kNone;  // Free.
  };

  usize first(u128 id) const {
    const u64 mixed = (low_half(id) ^ (high_half(id) * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
    return (mixed ^ mixed >> 32) & (lines_.size() - 1);
  }

  std::vector<Line> lines_;  // A power of two.
  usize used_ = 0;
};

}  // namespace florin::history
