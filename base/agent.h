// The smallest unit that a thread runs: something with work to do now and then. Agents never call
// each other; they meet in queues and progress counters. Which agents share a thread, and how a
// thread waits when none has work, is decided outside them: in production by a group of threads, in
// tests by a loop that steps them in any order on one thread.
#pragma once

#include "base/types.h"

namespace florin {

class Agent {
 public:
  virtual ~Agent() = default;
  // Does a bounded amount of work without waiting; returns how much, 0 when there was none.
  virtual usize step() = 0;
  // How long its thread may sleep, in nanoseconds, when there was none and no bell rings.
  virtual u64 sleep_ns_max() { return ~u64{0}; }
};

}  // namespace florin
