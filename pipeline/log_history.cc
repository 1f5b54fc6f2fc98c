#include "pipeline/log_history.h"

#include <algorithm>

namespace florin::pipeline {

LogHistory::LogHistory() : entries_(std::make_unique<Entry[]>(kPointsMax)) { add({}); }

void LogHistory::restart(std::span<const ChainPoint> points) {
  begun_.store(0, std::memory_order_relaxed);
  count_.store(0, std::memory_order_relaxed);
  for (const ChainPoint& point : points) add(point);
  if (points.empty()) add({});
}

// What is about to be overwritten is announced first: a reader that sees any of the new fields sees
// the announcement too, since each is stored with release and read with acquire.
void LogHistory::add(ChainPoint point) {
  const u64 number = count_.load(std::memory_order_relaxed);
  begun_.store(number + 1, std::memory_order_relaxed);
  Entry& entry = entries_[number % kPointsMax];
  entry.position.store(point.position.value, std::memory_order_release);
  entry.chain_low.store(low_half(point.chain), std::memory_order_release);
  entry.chain_high.store(high_half(point.chain), std::memory_order_release);
  count_.store(number + 1, std::memory_order_release);
}

bool LogHistory::read(u64 number, ChainPoint& point) const {
  const Entry& entry = entries_[number % kPointsMax];
  point.position.value = entry.position.load(std::memory_order_acquire);
  const u64 low = entry.chain_low.load(std::memory_order_acquire);
  const u64 high = entry.chain_high.load(std::memory_order_acquire);
  point.chain = make_u128(high, low);
  return number + kPointsMax >= begun_.load(std::memory_order_relaxed);
}

ChainPoint LogHistory::newest() const {
  ChainPoint point;
  while (!read(count_.load(std::memory_order_acquire) - 1, point)) {
  }
  return point;
}

bool LogHistory::try_check(ChainPoint witness, WitnessFinding& finding) const {
  const u64 count = count_.load(std::memory_order_acquire);
  const u64 oldest = count > kPointsMax ? count - kPointsMax : 0;
  ChainPoint point;
  if (!read(count - 1, point)) return false;
  if (point.position < witness.position) {
    finding = WitnessFinding::Behind;
    return true;
  }
  // The first point behind the witness's position; those before it are not behind it.
  u64 first = oldest;
  u64 last = count;
  while (first < last) {
    const u64 middle = first + (last - first) / 2;
    if (!read(middle, point)) return false;
    if (point.position <= witness.position) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  // A position has several points where blocks without events follow it.
  for (u64 number = first; number > oldest; --number) {
    if (!read(number - 1, point)) return false;
    if (point.position != witness.position) {
      finding = WitnessFinding::Differs;
      return true;
    }
    if (point.chain == witness.chain) {
      finding = WitnessFinding::Agrees;
      return true;
    }
  }
  const bool from_beginning = oldest == 0 && read(0, point) && point == ChainPoint{};
  finding = from_beginning ? WitnessFinding::Differs : WitnessFinding::Unknown;
  return true;
}

WitnessFinding LogHistory::check(ChainPoint witness) const {
  if (witness == ChainPoint{}) return WitnessFinding::Agrees;  // It saw nothing.
  WitnessFinding finding = WitnessFinding::Unknown;
  while (!try_check(witness, finding)) {  // Overtaken by tens of thousands of blocks meanwhile.
  }
  return finding;
}

}  // namespace florin::pipeline
