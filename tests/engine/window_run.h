// Random requests to engines that keep a few ids in memory, compared answer by answer, and in the
// end by digest, with ledgers that forget nothing.
#pragma once

#include <string>

#include "tests/engine/staged_engine.h"

namespace florin::test {

struct WindowRun {
  u64 seed = 1;
  u32 partitions = 1;
  StagedEngine::Mode mode = StagedEngine::Mode::Inline;
  u32 requests = 300;
  // What history shows ends where it is durable; otherwise it knows all that is to come, as when a
  // log is replayed.
  bool lags = true;
  u64 window = 64;         // With more ids in memory than these, what can leaves before the next.
  u32 retire_chance = 50;  // In percent, of every moment at which no block is in flight.
  u64 ids_at_once_max = 64;
};

// What of it could have gone wrong.
struct WindowCounts {
  u64 retired = 0;
  u64 came_back = 0;
  u64 completed = 0;  // Answers, by history.
  u64 in_memory_max = 0;
  u64 ids = 0;
};

// Returns what differs first, or nothing.
std::string run_in_window(const WindowRun& run, WindowCounts* counts = nullptr);

// Many transfers, open holds and refused ids pass through a window of a few, in slots that must
// serve again and again. Returns what is wrong, or nothing.
std::string pass_many_through(u32 partitions, u64 seed);

}  // namespace florin::test
