// How long to wait before something that failed is tried again: twice as long each time, up to a
// most, and each time by chance between half and all of that, so that what failed together is not
// tried again together.
#pragma once

#include <algorithm>

#include "base/random.h"
#include "base/types.h"

namespace florin::history {

struct BackOffOptions {
  u64 first_ns = 100'000'000;
  u64 most_ns = 30'000'000'000;
};

// Times are those of a monotonic clock. Belongs to one thread.
class BackOff {
 public:
  BackOff(const BackOffOptions& options, Random random) : options_(options), random_(random) {}

  // It failed at `now`.
  void failed(u64 now) {
    const u64 longest = failures_ < 32 ? std::min(options_.first_ns << failures_, options_.most_ns)
                                       : options_.most_ns;
    until_ns_ = now + random_.between(longest / 2, longest);
    ++failures_;
  }
  void succeeded() {
    failures_ = 0;
    until_ns_ = 0;
  }

  bool waits(u64 now) const { return now < until_ns_; }
  // How long until it is to be tried again, 0 = now; ~0 = it did not fail.
  u64 due_in_ns(u64 now) const {
    if (failures_ == 0) return ~u64{0};
    return waits(now) ? until_ns_ - now : 0;
  }
  // In a row.
  u32 failures() const { return failures_; }

 private:
  BackOffOptions options_;
  Random random_;
  u32 failures_ = 0;
  u64 until_ns_ = 0;
};

}  // namespace florin::history
