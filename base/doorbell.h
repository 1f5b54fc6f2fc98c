// How a thread sleeps until another one has work for it, without missing the wake-up.
//
// The sleeper: arm(), look for work once more, then either disarm() or wait. The waker: publish the
// work, then ring(). Both go through one flag with read-modify-write operations, which all threads
// see in one order: either the waker's comes second and sees the flag, or the sleeper's comes
// second and then sees the work (Dekker's argument, without fences, which thread sanitizers do not
// model).
#pragma once

#include <atomic>
#include <span>

#include "base/types.h"

namespace florin {

class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  // Any thread. Costs one atomic operation when nobody sleeps.
  void ring() {
    if (sleeping_.fetch_or(0, std::memory_order_acq_rel) != 0) wake();
  }

  // The owner, before its last look for work and a wait.
  void arm() { sleeping_.exchange(1, std::memory_order_acq_rel); }
  void disarm() { sleeping_.exchange(0, std::memory_order_acq_rel); }
  // Waits until rung, one of the `others` (file descriptors, -1 ignored) is readable, or the time
  // is over; `timeout_ms` -1 = no limit. Disarms.
  void wait(std::span<const int> others, int timeout_ms);

  // Readable after a ring() that found the owner armed, until `clear()`.
  int descriptor() const { return descriptor_; }
  void clear();

 private:
  void wake();

  alignas(64) std::atomic<u32> sleeping_{0};
  int descriptor_;
};

}  // namespace florin
