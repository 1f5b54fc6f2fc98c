// Slots by numbers that grow for ever, of which only the newest are kept: what memory holds.
#pragma once

#include <atomic>

#include "base/memory_region.h"
#include "base/result.h"
#include "base/types.h"

namespace florin::engine {

// Written by the authorising thread. Who reads beside it asks only for numbers that are kept for it
// (see Cut): the newest `size` from the first of them on.
class SlotRing {
 public:
  Status reserve(u64 size) { return slots_.reserve(size); }

  // Only numbers from `first` on are used from now on. While no block is in flight.
  void begin_at(u64 first) {
    base_.store(first - first % slots_.size(), std::memory_order_relaxed);
  }

  // A number that is kept, or the next one.
  u32& operator[](u64 number) const {
    // Relaxed: all bases from that of the reader's first number on lead to the same place, and it
    // has seen that one since it was told of the number.
    const u64 place = number - base_.load(std::memory_order_relaxed);
    return slots_[place < slots_.size() ? place : place - slots_.size()];
  }

  u64 size() const { return slots_.size(); }
  void touch(u64 first, u64 last) const { slots_.touch(first, last); }

 private:
  ReservedArray<u32> slots_;
  std::atomic<u64> base_{0};  // A multiple of the size, at most the first number that is kept.
};

}  // namespace florin::engine
