#include "history/id_ranges.h"

#include <algorithm>

namespace florin::history {

void IdRanges::List::add(u128 id) {
  if (count > 0 && id != 0 && ranges[count - 1].last == id - 1) {
    ranges[count - 1].last = id;
    return;
  }
  usize behind = count;  // The first range behind the id.
  while (behind > 0 && ranges[behind - 1].first > id) --behind;
  if (behind > 0 && id <= ranges[behind - 1].last) return;
  // A new range of its own, then, when there are too many, the two closest become one.
  std::array<Range, kRanges + 1> more;
  std::copy_n(ranges.begin(), behind, more.begin());
  more[behind] = {id, id};
  std::copy(ranges.begin() + static_cast<std::ptrdiff_t>(behind),
            ranges.begin() + static_cast<std::ptrdiff_t>(count),
            more.begin() + static_cast<std::ptrdiff_t>(behind) + 1);
  usize total = count + 1;
  const auto gap = [&](usize index) { return more[index + 1].first - more[index].last; };
  const auto join = [&](usize index) {
    more[index].last = more[index + 1].last;
    std::copy(more.begin() + static_cast<std::ptrdiff_t>(index) + 2,
              more.begin() + static_cast<std::ptrdiff_t>(total),
              more.begin() + static_cast<std::ptrdiff_t>(index) + 1);
    --total;
  };
  if (behind + 1 < total && gap(behind) == 1) join(behind);
  if (behind > 0 && gap(behind - 1) == 1) join(behind - 1);
  if (total > kRanges) {
    usize closest = 0;
    for (usize index = 1; index + 1 < total; ++index) {
      if (gap(index) < gap(closest)) closest = index;
    }
    join(closest);
  }
  count = total;
  std::copy_n(more.begin(), count, ranges.begin());
}

// A reader that sees any word of the new list also sees the odd version (each store releases, each
// load acquires), and looks again.
void IdRanges::publish(const List& list) {
  const u64 version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  count_.store(list.count, std::memory_order_release);
  for (usize index = 0; index < list.count; ++index) {
    const Range& range = list.ranges[index];
    first_[index].high.store(high_half(range.first), std::memory_order_release);
    first_[index].low.store(low_half(range.first), std::memory_order_release);
    last_[index].high.store(high_half(range.last), std::memory_order_release);
    last_[index].low.store(low_half(range.last), std::memory_order_release);
  }
  version_.store(version + 2, std::memory_order_release);
}

bool IdRanges::may_have(u128 id) const {
  const auto read = [](const Words& words) {
    return make_u128(words.high.load(std::memory_order_acquire),
                     words.low.load(std::memory_order_acquire));
  };
  for (;;) {
    const u64 version = version_.load(std::memory_order_acquire);
    if ((version & 1) != 0) continue;
    bool found = false;
    for (usize index = count_.load(std::memory_order_acquire); index-- > 0;) {
      if (id > read(last_[index])) break;
      found = id >= read(first_[index]);
      if (found) break;
    }
    if (version_.load(std::memory_order_relaxed) == version) return found;
  }
}

}  // namespace florin::history
