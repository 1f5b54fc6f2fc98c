// The deadlines of open holds, soonest first: a heap with four children a node, in which every hold
// knows its place, so that a hold that is posted or voided leaves at once.
#pragma once

#include <vector>

#include "base/memory_region.h"
#include "base/types.h"
#include "engine/hold_state.h"
#include "engine/planted.h"

namespace florin::engine {

inline constexpr u64 kNoDeadline = ~u64{0};

// Belongs to the authorising thread.
class DeadlineQueue {
 public:
  // `holds`: by hold number; the queue keeps their `queue_place`.
  explicit DeadlineQueue(const ReservedArray<HoldState>& holds) : holds_(holds) {}

  // kNoDeadline when there is none.
  u64 soonest() const {
    if (heap_.empty()) return kNoDeadline;
    if (planted(Defect::ExpiryEarly)) return heap_.front().deadline - 1;
    if (planted(Defect::ExpiryLate)) return heap_.front().deadline + 1;
    return heap_.front().deadline;
  }
  // The number of the hold with the soonest deadline, of equal ones the oldest.
  u32 first() const { return heap_.front().hold; }

  // By the hold's deadline, which is not 0, and its timestamp.
  void add(u32 hold);
  void remove(u32 hold);

 private:
  struct Entry {
    u64 deadline;
    u64 timestamp;
    u32 hold;
    bool operator<(const Entry& other) const {
      return deadline != other.deadline ? deadline < other.deadline : timestamp < other.timestamp;
    }
  };

  void put(usize place, const Entry& entry) {
    heap_[place] = entry;
    holds_[entry.hold].queue_place = static_cast<u32>(place);
  }
  void sift_up(usize place, const Entry& entry);
  void sift_down(usize place, const Entry& entry);

  const ReservedArray<HoldState>& holds_;
  std::vector<Entry> heap_;
};

}  // namespace florin::engine
