// A run of random requests with a cut in the middle of it, copied while the rest runs; and the same
// rest on an engine that was loaded from the cut.
#pragma once

#include <string>

#include "tests/engine/staged_engine.h"
#include "tests/engine/stored_cut.h"

namespace florin::test {

struct CutRun {
  u64 seed = 1;
  StagedEngine::Mode mode = StagedEngine::Mode::Mixed;
  u32 partitions = 1;
  u32 loaded_partitions = 1;
  u32 requests_before = 100;  // The cut, ...
  u32 requests_during = 60;   // ... while it is copied, ...
  u32 requests_after = 60;    // ... and then.
  // Memory is a window: ids leave it at any time, and are asked for again.
  bool windowed = false;
};

// All drawn from the seed.
CutRun draw_cut_run(u64 seed);

// Tiny, so that many engines can be made.
Limits cut_limits();

// What there was of it that could go wrong.
struct CutRunCounts {
  u64 retired_before = 0;  // Ids that had left memory when it was cut, ...
  u64 retired_during = 0;  // ... that left while it was copied, ...
  u64 retired_after = 0;   // ... and that left the loaded engine.
  u64 completed = 0;       // Answers, from history.
};

// What was found to be otherwise than it should be, or nothing. `cut`: where the cut is left.
std::string run_with_cut(const CutRun& run, StoredCut& cut, CutRunCounts* counts = nullptr);

}  // namespace florin::test
