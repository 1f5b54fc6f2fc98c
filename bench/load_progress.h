// The line that tells a person at a terminal how far a benchmark is.
#pragma once

#include "base/types.h"
#include "bench/load_generator.h"

namespace florin::bench {

// Writes to stderr, over the same line again and again; nothing when not enabled.
class ProgressLine {
 public:
  ProgressLine(bool enabled, u64 transfers) : enabled_(enabled), transfers_(transfers) {}

  void show(const LoadResult& so_far);
  void finish();

 private:
  bool enabled_;
  u64 transfers_;
  u64 last_elapsed_ns_ = 0;
  u64 last_transfers_ = 0;
};

}  // namespace florin::bench
