// Slots of the dense arrays: a partition leases chunks of them from a common source and keeps what
// it gave back for its own next use. Which slot an object gets depends on timing, and nothing that
// a client sees or that is stored depends on the slot.
#pragma once

#include <atomic>
#include <vector>

#include "base/check.h"
#include "base/memory_region.h"
#include "base/result.h"
#include "base/types.h"

namespace florin::engine {

inline constexpr u32 kSlotChunk = 1024;

// Shared by all partitions; any thread.
class SlotSource {
 public:
  // `slots_max`: a multiple of kSlotChunk.
  Status reserve(u64 slots_max) {
    slots_max_ = slots_max;
    return returned_.reserve(slots_max);
  }
  // The first slot of a fresh chunk.
  u32 lease() {
    const u64 first = next_.fetch_add(kSlotChunk, std::memory_order_relaxed);
    CHECK(first + kSlotChunk <= slots_max_);
    return static_cast<u32>(first);
  }
  // A chunk's worth of slots that were given back, to be taken from the end, the first of them
  // first; false: there are none.
  bool lease_returned(std::vector<u32>& slots) {
    u64 begin = leased_again_.load(std::memory_order_relaxed);
    do {
      if (begin == returned_end_.load(std::memory_order_acquire)) return false;
    } while (
        !leased_again_.compare_exchange_weak(begin, begin + kSlotChunk, std::memory_order_relaxed));
    const u32* const chunk = returned_.data() + begin % slots_max_;
    for (u32 index = kSlotChunk; index > 0; --index) slots.push_back(chunk[index - 1]);
    return true;
  }
  // For all partitions, once a chunk of them is together. While nobody leases.
  void give_back(u32 slot) {
    const u64 end = returned_end_.load(std::memory_order_relaxed);
    returned_[end % slots_max_ + gathered_] = slot;
    if (++gathered_ < kSlotChunk) return;
    gathered_ = 0;
    // Release: with the slots themselves.
    returned_end_.store(end + kSlotChunk, std::memory_order_release);
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
  // Counted from the first that was ever given back; each slot stands here at most once, so that
  // these never meet. A chunk stands together.
  ReservedArray<u32> returned_;
  std::atomic<u64> leased_again_{0};
  std::atomic<u64> returned_end_{0};
  u32 gathered_ = 0;  // Behind the end.
};

// Belongs to the thread that owns the partition.
class alignas(128) SlotPool {
 public:
  SlotPool(SlotSource& source, usize returned_max) : source_(&source) {
    returned_.reserve(returned_max + kSlotChunk);
  }

  u32 take() {
    if (!returned_.empty()) return take_returned();
    if (next_ == end_) {
      if (source_->lease_returned(returned_)) return take_returned();
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
  u32 take_returned() {
    const u32 slot = returned_.back();
    returned_.pop_back();
    return slot;
  }

  SlotSource* source_;
  u32 next_ = 0;
  u32 end_ = 0;
  std::vector<u32> returned_;
};

}  // namespace florin::engine
