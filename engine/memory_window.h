// What may leave memory, and when: up to where transfers and consumed ids were decided, and which
// of them something happened to since.
#pragma once

#include <atomic>
#include <deque>

#include "base/types.h"
#include "engine/decision_marks.h"

namespace florin::engine {

// Belongs to the authorising thread; the core thread when no block is in flight. While no history
// is followed nothing ever leaves, and nothing is remembered here.
struct MemoryWindow {
  // A transfer in memory changed after its creation, by this position at the latest; or it came
  // back into memory, and the position is 0: history has had it durably since before it left.
  struct Change {
    u32 slot;
    u64 position;
  };

  bool follows_history = false;
  u64 position = 0;  // Of the last event of the block that is being decided.
  DecisionMarks decisions;
  std::deque<Change> changes;  // Ascending by position; counted by the marks of their slots.
  // Of the changes, as of the last block that was decided, for other threads: the oldest position,
  // and how many there are.
  std::atomic<u64> first_change{~u64{0}};
  std::atomic<u64> change_count{0};
  void publish() {
    change_count.store(changes.size(), std::memory_order_relaxed);
    const u64 first = changes.empty() ? ~u64{0} : changes.front().position;
    first_change.store(first, std::memory_order_release);  // After their number.
  }
};

}  // namespace florin::engine
