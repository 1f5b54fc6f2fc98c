// What the core tells others about itself.
#pragma once

#include <atomic>

#include "base/types.h"

namespace florin::pipeline {

// Written by the core thread; any thread may read it. The durable position together with the chain
// hash there is in the core's LogHistory.
struct CoreStatus {
  std::atomic<u64> durable_position{0};
  std::atomic<u64> accounts{0};       // Held for good by then.
  std::atomic<u64> transfers{0};      // Decided by then, consumed ids included.
  std::atomic<u64> blocks{0};         // Of requests, released.
  std::atomic<u64> inline_blocks{0};  // Of these, executed inline.
  std::atomic<bool> failed{false};    // The log failed: nothing more is answered.
  std::atomic<bool> drained{false};   // After a stop: nothing is left to do.

  // Snapshots: of the newest one its position and when it was taken, as nanoseconds since the Unix
  // epoch, 0 = not by this process; then how many this process took, and how many failed.
  std::atomic<u64> snapshot_position{0};
  std::atomic<u64> snapshot_time_ns{0};
  std::atomic<u64> snapshots_taken{0};
  std::atomic<u64> snapshot_failures{0};
  std::atomic<bool> snapshot_under_way{false};
  // Of the log: in which segment its end is, and from which on it is kept (0 = from the first).
  std::atomic<u64> log_last_segment{0};
  std::atomic<u64> log_first_segment{0};

  // The window of ids: how many are in memory; then how many left it since the start, how many
  // requests were refused as it was full, and the longest that forgetting kept the core at once.
  std::atomic<u64> transfers_in_memory{0};
  std::atomic<u64> transfers_retired{0};
  std::atomic<u64> window_refusals{0};
  std::atomic<u64> retire_ns_max{0};
};

}  // namespace florin::pipeline
