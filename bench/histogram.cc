// The bucket arithmetic of the histogram.
#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace florin::bench {

// Values below kBucketsPerPower have a bucket each. A larger value keeps its kPrecisionBits bits
// after the leading one, and each power of two has kBucketsPerPower buckets.
u32 Histogram::bucket_of(u64 value) {
  value = std::min(value, kValueMax);
  if (value < kBucketsPerPower) {
    return static_cast<u32>(value);
  }
  const u32 shift = static_cast<u32>(std::bit_width(value)) - 1 - kPrecisionBits;
  return (shift << kPrecisionBits) + static_cast<u32>(value >> shift);
}

u64 Histogram::middle_of(u32 bucket) {
  if (bucket < 2 * kBucketsPerPower) {
    return bucket;
  }
  const u32 shift = (bucket >> kPrecisionBits) - 1;
  const u64 first = u64{kBucketsPerPower + bucket % kBucketsPerPower} << shift;
  return first + (u64{1} << shift) / 2;
}

void Histogram::record_many(u64 value, u64 times) {
  if (times == 0) {
    return;
  }
  counts_[bucket_of(value)] += times;
  count_ += times;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

u64 Histogram::quantile(double fraction) const {
  CHECK(fraction >= 0.0 && fraction <= 1.0);
  if (count_ == 0) {
    return 0;
  }
  const auto wanted = static_cast<u64>(std::ceil(fraction * static_cast<double>(count_)));
  const u64 rank = std::clamp<u64>(wanted, 1, count_);
  if (rank == count_) {
    return max_;
  }
  u64 seen = 0;
  for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) {
      return std::clamp(middle_of(bucket), min_, max_);
    }
  }
  return max_;
}

void Histogram::merge(const Histogram& other) {
  for (u32 bucket = 0; bucket < kBuckets; ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

}  // namespace florin::bench
