#include "alerts/debit_window.h"

#include <algorithm>

namespace florin::alerts {

namespace {

u128 add_within(u128 left, u128 right) { return left > kU128Max - right ? kU128Max : left + right; }

}  // namespace

void DebitWindow::forget_until(u64 from_ns) {
  const auto inside =
      std::ranges::find_if(groups_, [&](const Group& group) { return group.last_ns > from_ns; });
  groups_.erase(groups_.begin(), inside);
}

void DebitWindow::add(u64 time_ns, u128 amount) {
  if (groups_.size() == kGroupsMax) join_closest();
  groups_.push_back({time_ns, time_ns, 1, amount});
}

// Among 32 groups within a window there are two neighbours that span at most a 16th of it.
void DebitWindow::join_closest() {
  usize closest = 1;
  u64 span_least = ~u64{0};
  for (usize group = 1; group < groups_.size(); ++group) {
    const u64 span = groups_[group].last_ns - groups_[group - 1].first_ns;
    if (span >= span_least) continue;
    span_least = span;
    closest = group;
  }
  const Group& earlier = groups_[closest - 1];
  Group& later = groups_[closest];
  later.first_ns = earlier.first_ns;
  later.count += earlier.count;
  later.sum = add_within(later.sum, earlier.sum);
  groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(closest) - 1);
}

u64 DebitWindow::count() const {
  u64 count = 0;
  for (const Group& group : groups_) count += group.count;
  return count;
}

u128 DebitWindow::sum() const {
  u128 sum = 0;
  for (const Group& group : groups_) sum = add_within(sum, group.sum);
  return sum;
}

void DebitWindow::save(std::string& bytes) const {
  put(bytes, static_cast<u8>(groups_.size()));
  for (const Group& group : groups_) {
    put(bytes, group.first_ns);
    put(bytes, group.last_ns);
    put(bytes, group.count);
    put(bytes, group.sum);
  }
}

bool DebitWindow::load(StateReader& reader) {
  const auto size = reader.get<u8>();
  if (size > kGroupsMax) return false;
  groups_.clear();
  for (u8 each = 0; each < size; ++each) {
    Group& group = groups_.emplace_back();
    group.first_ns = reader.get<u64>();
    group.last_ns = reader.get<u64>();
    group.count = reader.get<u64>();
    group.sum = reader.get<u128>();
  }
  return reader.is_whole();
}

}  // namespace florin::alerts
