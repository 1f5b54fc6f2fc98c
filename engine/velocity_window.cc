// The sums cannot overflow: they are of amounts that the debit counters of one account hold.
#include "engine/velocity_window.h"

#include <algorithm>

#include "base/check.h"

namespace florin::engine {

namespace {

static_assert(kNsPerSecond % ledger::kVelocityBuckets == 0);

}  // namespace

VelocityWindow::VelocityWindow(u32 window_seconds, u64 since)
    : bucket_ns_(window_seconds * (kNsPerSecond / kBuckets)),
      since_(since),
      window_seconds_(window_seconds) {
  CHECK(window_seconds > 0);
  newest_ = bucket_of(since);
}

void VelocityWindow::roll(u64 bucket) {
  if (bucket <= newest_) return;
  if (bucket - newest_ >= kBuckets) {
    sums_.fill(0);
    counts_.fill(0);
    sum_ = 0;
    count_ = 0;
    newest_ = bucket;
    return;
  }
  while (newest_ < bucket) {
    ++newest_;
    const u64 place = newest_ % kBuckets;
    sum_ -= sums_[place];
    count_ -= counts_[place];
    sums_[place] = 0;
    counts_[place] = 0;
  }
}

bool VelocityWindow::adds_up() const {
  u128 sum = 0;
  u32 count = 0;
  for (u64 place = 0; place < kBuckets; ++place) {
    sum += sums_[place];
    count += counts_[place];
  }
  return sum == sum_ && count == count_;
}

void VelocityWindow::copy_to(CutWindow& content) const {
  content.since = since_;
  content.newest = newest_;
  content.window_seconds = window_seconds_;
  std::copy(sums_.begin(), sums_.end(), content.sums);
  std::copy(counts_.begin(), counts_.end(), content.counts);
}

VelocityWindow VelocityWindow::of(const CutWindow& content) {
  VelocityWindow window(content.window_seconds, content.since);
  window.newest_ = content.newest;
  for (u64 place = 0; place < kBuckets; ++place) {
    window.sums_[place] = content.sums[place];
    window.counts_[place] = content.counts[place];
    window.sum_ += content.sums[place];
    window.count_ += content.counts[place];
  }
  return window;
}

void VelocityWindow::charge(const Charge& charge) {
  roll(bucket_of(charge.at));
  charge_again(charge);
}

void VelocityWindow::charge_again(const Charge& charge) {
  const u64 bucket = bucket_of(charge.at);
  if (!in_window(bucket)) return;
  sums_[bucket % kBuckets] += charge.amount;
  counts_[bucket % kBuckets] += charge.count;
  sum_ += charge.amount;
  count_ += charge.count;
}

void VelocityWindow::give_back(const Charge& charge, u64 now) {
  roll(bucket_of(now));
  const u64 bucket = bucket_of(charge.at);
  if (!in_window(bucket)) return;
  sums_[bucket % kBuckets] -= charge.amount;
  counts_[bucket % kBuckets] -= charge.count;
  sum_ -= charge.amount;
  count_ -= charge.count;
}

}  // namespace florin::engine
