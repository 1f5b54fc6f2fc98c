// The sequence number up to which a stage has finished: written by one thread, read by others. On a
// cache line pair of its own, as the neighbouring line is prefetched with it.
#pragma once

#include <atomic>

#include "base/types.h"

namespace florin {

inline constexpr usize kCacheLineBytes = 64;

class alignas(2 * kCacheLineBytes) Progress {
 public:
  // Release: whoever sees the number sees everything done before it.
  void publish(u64 sequence) { sequence_.store(sequence, std::memory_order_release); }
  u64 get() const { return sequence_.load(std::memory_order_acquire); }

 private:
  std::atomic<u64> sequence_{0};
};

}  // namespace florin
