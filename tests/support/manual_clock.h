// A clock that a test moves by hand.
#pragma once

#include "base/clock.h"
#include "base/types.h"

namespace florin::test {

class ManualClock final : public Clock {
 public:
  Timestamp wall_time() override { return {wall_ns}; }
  u64 monotonic_ns() override { return monotonic; }

  u64 wall_ns = 1'000'000'000'000;
  u64 monotonic = 1;
};

}  // namespace florin::test
