// Up to which numbers transfers and consumed ids were decided by which position: coarse enough to
// take little memory, fine enough that what history has durably can leave memory soon.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/memory_region.h"
#include "base/result.h"
#include "base/types.h"

namespace florin::engine {

// Everything with numbers below these was decided at or before the position.
struct DecisionMark {
  u64 created = 0;
  u64 consumed = 0;
  u64 position = 0;
};

// The authorising thread notes; the core thread asks, and moves on while no block is in flight.
class DecisionMarks {
 public:
  // Suits a window of `ids_max` numbers; of more that are not covered yet it knows less exactly.
  Status reserve(u64 ids_max) {
    ids_per_mark_ = std::max<u64>(1, ids_max / kMarksPerWindow);
    return marks_.reserve(kMarks);
  }

  // At the end of each block.
  void note(const DecisionMark& now) {
    if (ids(now) == ids(newest_)) return;
    newest_ = now;
    if (ids(newest_) - noted_ids_ < ids_per_mark_) return;
    const u64 end = end_.load(std::memory_order_relaxed);
    if (end - begin_.load(std::memory_order_acquire) == kMarks) return;
    marks_[end % kMarks] = newest_;
    noted_ids_ = ids(newest_);
    end_.store(end + 1, std::memory_order_release);  // After the mark itself.
  }
  // As of the last note.
  const DecisionMark& newest() const { return newest_; }

  // The furthest mark at or below `durable`. Requires that no block is in flight.
  const DecisionMark& cover(u64 durable) {
    const u64 end = end_.load(std::memory_order_acquire);
    u64 begin = begin_.load(std::memory_order_relaxed);
    for (; begin < end && marks_[begin % kMarks].position <= durable; ++begin) {
      covered_ = marks_[begin % kMarks];
    }
    begin_.store(begin, std::memory_order_release);  // Its place is free once it was read.
    if (begin == end && newest_.position <= durable) covered_ = newest_;
    return covered_;
  }
  // The same, or a little less, while blocks are in flight, and changing nothing. The core thread.
  DecisionMark estimate(u64 durable) const {
    const u64 begin = begin_.load(std::memory_order_relaxed);
    u64 low = begin;
    u64 high = end_.load(std::memory_order_acquire);
    while (low < high) {
      const u64 middle = low + (high - low) / 2;
      if (marks_[middle % kMarks].position <= durable) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == begin ? covered_ : marks_[(low - 1) % kMarks];
  }

 private:
  static constexpr u64 kMarksPerWindow = 8192;
  static constexpr u64 kMarks = 2 * kMarksPerWindow;  // 384 KiB.

  static u64 ids(const DecisionMark& mark) { return mark.created + mark.consumed; }

  ReservedArray<DecisionMark> marks_;
  u64 ids_per_mark_ = 1;
  u64 noted_ids_ = 0;
  DecisionMark newest_;
  std::atomic<u64> end_{0};
  std::atomic<u64> begin_{0};
  DecisionMark covered_;  // The core thread's.
};

}  // namespace florin::engine
