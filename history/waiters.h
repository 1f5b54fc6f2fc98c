// Who waits for history to get somewhere, without asking again and again: a thread says the
// position it waits for, and its bell rings when the recorder has published that.
//
// The waiter: want(position), look at the published position once more, then sleep on the bell. The
// recorder: publish the position, then published(). Both go through one word with
// read-modify-write operations, which all threads see in one order: either the recorder's comes
// second and sees what is wanted, or the waiter's comes second and then sees the position.
#pragma once

#include <atomic>
#include <vector>

#include "base/doorbell.h"
#include "base/types.h"

namespace florin::history {

// One thread that waits. Belongs to it; lives as long as the Waiters that know it.
class Waiter {
 public:
  explicit Waiter(Doorbell& bell) : bell_(bell) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // From which position on the bell is to ring. Replaces what was wanted before.
  void want(Position position) { wanted_.exchange(position.value, std::memory_order_acq_rel); }
  // Nothing any more.
  void rest() { wanted_.exchange(kNothing, std::memory_order_acq_rel); }

 private:
  friend class Waiters;
  static constexpr u64 kNothing = ~u64{0};

  std::atomic<u64> wanted_{kNothing};
  Doorbell& bell_;
};

// All that wait for one kind of position, such as the readable one. Threads are added before any of
// them runs.
class Waiters {
 public:
  void add(Waiter& waiter) { waiters_.push_back(&waiter); }

  // The recorder, after the position can be seen by other threads. One atomic operation for each
  // waiter, when none is there yet.
  void published(Position position) {
    for (Waiter* const waiter : waiters_) {
      // What is wanted stays: a waiter that is awake says itself what it wants next.
      if (waiter->wanted_.fetch_or(0, std::memory_order_acq_rel) <= position.value) {
        waiter->bell_.ring();
      }
    }
  }

 private:
  std::vector<Waiter*> waiters_;
};

}  // namespace florin::history
