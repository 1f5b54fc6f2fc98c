// Runs seeds one after the other and says how to repeat what failed.
#pragma once

#include <string>

#include "tests/sim/simulation.h"

namespace florin::test {

struct SeedRange {
  u64 first = 1;
  u64 last = 1;
  u64 audited_percent = 5;  // Run twice: the same seed must do the same, to the byte.
  Plant plant = Plant::None;
  bool verbose = false;
  bool stop_at_failure = true;
};

struct RangeResult {
  u64 seeds = 0;
  u64 audited = 0;
  u64 failed = 0;
  u64 first_failed = 0;
  std::string failure;  // Of the first that failed, with how to repeat it.
  Exercises exercises;
};

RangeResult run_seeds(const SeedRange& range);

// How a person repeats this seed.
std::string repeat_command(u64 seed, Plant plant);

}  // namespace florin::test
