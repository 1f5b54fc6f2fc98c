// Makes memory present ahead of its use, on a thread of its own: the first touch of a page that a
// virtual machine has not used yet costs hundreds of microseconds, which no transfer should pay.
#pragma once

#include <atomic>
#include <thread>

#include "base/doorbell.h"
#include "base/types.h"
#include "engine/engine.h"

namespace florin::pipeline {

// Keeps this much room ahead of what is used, in objects.
inline constexpr u64 kTouchAheadAccounts = 256 * 1024;
inline constexpr u64 kTouchAheadTransfers = 2 * 1024 * 1024;

class MemoryToucher {
 public:
  explicit MemoryToucher(const engine::Engine& engine);
  ~MemoryToucher();
  MemoryToucher(const MemoryToucher&) = delete;
  MemoryToucher& operator=(const MemoryToucher&) = delete;

  // Tells how much is used. One thread; cheap when there is nothing to do.
  void follow(u64 accounts_used, u64 transfers_used) {
    const bool near = accounts_used + kTouchAheadAccounts / 2 > accounts_touched_ ||
                      transfers_used + kTouchAheadTransfers / 2 > transfers_touched_;
    if (near) [[unlikely]]
      ask(accounts_used, transfers_used);
  }

 private:
  void ask(u64 accounts_used, u64 transfers_used);
  void run();

  const engine::Engine& engine_;
  u64 accounts_touched_ = 0;  // Asked for; the caller's.
  u64 transfers_touched_ = 0;
  std::atomic<u64> accounts_wanted_{0};
  std::atomic<u64> transfers_wanted_{0};
  std::atomic<bool> stop_{false};
  Doorbell bell_;
  std::thread thread_;
};

}  // namespace florin::pipeline
