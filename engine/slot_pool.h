// Slots of the dense arrays: a partition leases chunks of them from a common source and keeps what
// it gave back for its own next use. Which slot an object gets depends on timing, and nothing that
// a client sees or that is stored depends on the slot.
#pragma once

#include <atomic>
#include <vector>

#include "base/check.h"
#include "base/types.h"

namespace florin::engine {

inline constexpr u32 kSlotChunk = 1024;

// Shared by all partitions; any thread.
class SlotSource {
 public:
  void set_limit(u64 slots_max) { slots_max_ = slots_max; }
  // The first slot of a fresh chunk.
  u32 lease() {
    const u64 first = next_.fetch_add(kSlotChunk, std::memory_order_relaxed);
    CHECK(first + kSlotChunk <= slots_max_);
    return static_cast<u32>(first);
  }
  // For those who fill the tables themselves, before the first lease: the first slots are in use.
  void take_first(u64 slots) {
    CHECK(next_ == 0 && slots <= slots_max_ && slots % kSlotChunk == 0);
    next_ = slots;
  }
  // All slots below this may be in use.
  u64 leased() const { return next_.load(std::memory_order_relaxed); }

 private:
  std::atomic<u64> next_{0};
  u64 slots_max_ = 0;
};

// Belongs to the thread that owns the partition.
class alignas(128) SlotPool {
 public:
  SlotPool(SlotSource& source, usize returned_max) : source_(&source) {
    returned_.reserve(returned_max);
  }

  u32 take() {
    if (!returned_.empty()) {
      const u32 slot = returned_.back();
      returned_.pop_back();
      return slot;
    }
    if (next_ == end_) {
      next_ = source_->lease();
      end_ = next_ + kSlotChunk;
    }
    return next_++;
  }
  void give_back(u32 slot) { returned_.push_back(slot); }
  // A chunk of which the first slots are in use already. Before anything was taken.
  void go_on_with(u32 next, u32 end) {
    CHECK(next_ == end_);
    next_ = next;
    end_ = end;
  }

 private:
  SlotSource* source_;
  u32 next_ = 0;
  u32 end_ = 0;
  std::vector<u32> returned_;
};

}  // namespace florin::engine
