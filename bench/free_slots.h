// Which slots of a load generator have no request in flight: given out in the order in which they
// came back, so that the connections take turns.
#pragma once

#include <vector>

#include "base/check.h"
#include "base/types.h"

namespace florin::bench {

class FreeSlots {
 public:
  // All of `count` slots can be free at once; none is until it is put here.
  explicit FreeSlots(usize count) : ring_(count) {}

  bool empty() const { return head_ == tail_; }
  usize size() const { return tail_ - head_; }

  u32 take() {
    CHECK(!empty());
    return ring_[head_++ % ring_.size()];
  }

  void put(u32 slot) {
    CHECK(size() < ring_.size());
    ring_[tail_++ % ring_.size()] = slot;
  }

 private:
  std::vector<u32> ring_;
  u64 head_ = 0;
  u64 tail_ = 0;
};

}  // namespace florin::bench
