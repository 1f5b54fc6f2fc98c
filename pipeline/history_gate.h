// What the core and the recorder of history know of each other: how far history is, which segments
// of the log it still reads, and whether the core is in need of more. The two run on threads of
// their own; numbers and bells are all that passes between them.
#pragma once

#include <atomic>

#include "base/doorbell.h"
#include "base/types.h"

namespace florin::pipeline {

// Outlives both. The recorder publishes, the core asks; every value may be read by any thread.
class HistoryGate {
 public:
  // The bells that the two threads sleep at.
  HistoryGate(Doorbell& core, Doorbell& recorder) : core_(core), recorder_(recorder) {}
  HistoryGate(const HistoryGate&) = delete;
  HistoryGate& operator=(const HistoryGate&) = delete;

  // The recorder; both only grow. Everything up to `position` can be read from history:
  void publish_readable(Position position) {
    readable_.store(position.value, std::memory_order_release);
  }
  // everything up to `position` survives a power failure there, and of the log it needs the
  // segments from this one on (0 = not known: all). Before the first call nothing is durable, and
  // all of the log is needed. Wakes the core.
  void publish_durable(Position position, u64 segment_needed_from) {
    segment_needed_from_.store(segment_needed_from, std::memory_order_relaxed);
    durable_.store(position.value, std::memory_order_release);
    core_.ring();
  }

  Position readable() const { return Position{readable_.load(std::memory_order_acquire)}; }
  Position durable() const { return Position{durable_.load(std::memory_order_acquire)}; }
  u64 segment_needed_from() const { return segment_needed_from_.load(std::memory_order_acquire); }

  // The core: memory can forget nothing more until history is durable up to `position`. Wakes the
  // recorder, unless it knows.
  void want_durable(Position position) {
    if (wanted_.load(std::memory_order_relaxed) >= position.value) return;
    wanted_.store(position.value, std::memory_order_release);
    recorder_.ring();
  }
  // Whether the recorder is to write what it has at once rather than to gather more.
  bool wanted() const {
    return wanted_.load(std::memory_order_acquire) > durable_.load(std::memory_order_relaxed);
  }

 private:
  Doorbell& core_;
  Doorbell& recorder_;
  std::atomic<u64> durable_{0};
  std::atomic<u64> readable_{0};
  std::atomic<u64> segment_needed_from_{0};
  std::atomic<u64> wanted_{0};
};

}  // namespace florin::pipeline
