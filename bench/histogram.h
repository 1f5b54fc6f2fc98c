// A histogram of durations for percentiles: fixed memory, one increment a recording, and a relative
// error below 0.8% from nanoseconds to a quarter of an hour. A value type.
#pragma once

#include <array>

#include "base/types.h"

namespace florin::bench {

// Buckets are linear within each power of two and the powers follow each other, the layout that
// HdrHistogram (Gil Tene, http://hdrhistogram.org) made known.
class Histogram {
 public:
  // Larger values are counted as this one; `max` still tells them exactly.
  static constexpr u64 kValueMax = (u64{1} << 40) - 1;

  void record(u64 value) { record_many(value, 1); }
  void record_many(u64 value, u64 times);
  // The smallest recorded value that at least `fraction` (0..1) of all recordings do not exceed,
  // within the histogram's error; 0 when nothing was recorded.
  u64 quantile(double fraction) const;

  u64 count() const { return count_; }
  u64 min() const { return count_ == 0 ? 0 : min_; }  // Exact, as is the next one.
  u64 max() const { return max_; }
  void merge(const Histogram& other);

 private:
  static constexpr u32 kPrecisionBits = 7;
  static constexpr u32 kBucketsPerPower = 1 << kPrecisionBits;
  static constexpr u32 kBuckets = (40 - kPrecisionBits + 1) * kBucketsPerPower;

  static u32 bucket_of(u64 value);
  static u64 middle_of(u32 bucket);

  std::array<u64, kBuckets> counts_{};
  u64 count_ = 0;
  u64 min_ = ~u64{0};
  u64 max_ = 0;
};

}  // namespace florin::bench
