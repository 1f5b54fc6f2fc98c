// The seam through which time enters. Production binds SystemClock; a test binds one that it moves.
#pragma once

#include "base/types.h"

namespace florin {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time. May jump, freeze or run backwards: whoever needs order makes its own.
  virtual Timestamp wall_time() = 0;
  // Nanoseconds since some fixed point; never runs backwards. For durations and deadlines.
  virtual u64 monotonic_ns() = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp wall_time() override;
  u64 monotonic_ns() override;
};

}  // namespace florin
