// Sum and number of debits within a sliding window: 64 buckets aligned to logged time, the bucket
// of now and the 63 before it. 1.4 KB, whatever happens in the window.
#pragma once

#include <array>

#include "base/types.h"
#include "engine/cut_records.h"
#include "ledger/account_update.h"

namespace florin::engine {

// A value type. Times are logged ones, in nanoseconds, and never go back.
class VelocityWindow {
 public:
  struct Use {
    u128 sum = 0;
    u32 count = 0;
  };
  // A debit, or what is given back of one: its bucket is that of `at`.
  struct Charge {
    u64 at = 0;
    u128 amount = 0;
    u32 count = 0;
  };

  VelocityWindow() = default;
  // `since`: what was charged before that time does not count.
  VelocityWindow(u32 window_seconds, u64 since);

  u32 window_seconds() const { return window_seconds_; }
  u64 since() const { return since_; }

  // What is used at a time that is not before any charge; the first lets the window slide there.
  Use slide_to(u64 now) {
    roll(bucket_of(now));
    return {sum_, count_};
  }
  Use used(u64 now) const {
    VelocityWindow copy = *this;
    return copy.slide_to(now);
  }
  void charge(const Charge& charge);
  // Its content, but for the account's id; and a window with that content. Requires a window length
  // that is allowed.
  void copy_to(CutWindow& content) const;
  static VelocityWindow of(const CutWindow& content);
  // Whether the sums of the window are those of its buckets.
  bool adds_up() const;
  // Takes a charge back, at the time `now`, if its bucket is still in the window.
  void give_back(const Charge& charge, u64 now);
  // Undoes a give_back made at the time `now`: charges again if the bucket is still in the window.
  void charge_again(const Charge& charge);

 private:
  static constexpr u64 kBuckets = ledger::kVelocityBuckets;

  u64 bucket_of(u64 time) const { return time / bucket_ns_; }
  bool in_window(u64 bucket) const { return bucket + kBuckets > newest_; }
  // Lets the window slide to the bucket.
  void roll(u64 bucket);

  u64 bucket_ns_ = 1;
  u64 since_ = 0;
  u64 newest_ = 0;  // The bucket that the window ends with.
  u128 sum_ = 0;    // Of all buckets in the window.
  u32 count_ = 0;
  u32 window_seconds_ = 0;
  std::array<u128, kBuckets> sums_{};  // By bucket modulo kBuckets.
  std::array<u32, kBuckets> counts_{};
};

}  // namespace florin::engine
