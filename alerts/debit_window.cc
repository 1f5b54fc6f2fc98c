#include "alerts/debit_window.h"

#include "base/check.h"

namespace florin::alerts {

namespace {

u128 add_within(u128 left, u128 right) { return left > kU128Max - right ? kU128Max : left + right; }

}  // namespace

void DebitWindow::forget_until(u64 from_ns) {
  usize left = 0;
  for (; left < groups_.size() && groups_[left].last_ns <= from_ns; ++left) {
    count_ -= groups_[left].count;
    sum_.take_away(groups_[left].sum);
  }
  if (left != 0)
    groups_.erase(groups_.begin(), groups_.begin() + static_cast<std::ptrdiff_t>(left));
}

void DebitWindow::add(u64 time_ns, u128 amount, u64 window_ns) {
  if (groups_.size() == kGroupsMax) join_neighbours(window_ns / 16);
  groups_.push_back({time_ns, time_ns, 1, amount});
  ++count_;
  sum_.add(amount);
}

// Two neighbours of what stays span more than a 16th, and all of them a window and a 16th of it at
// most: at most 35 stay of 64, so that this is done once in some thirty debits.
void DebitWindow::join_neighbours(u64 span_most_ns) {
  usize kept = 0;
  for (usize next = 1; next < groups_.size(); ++next) {
    Group& group = groups_[kept];
    const Group& later = groups_[next];
    if (later.last_ns - group.first_ns > span_most_ns) {
      groups_[++kept] = later;
      continue;
    }
    sum_.take_away(group.sum);
    sum_.take_away(later.sum);
    group.last_ns = later.last_ns;
    group.count += later.count;
    group.sum = add_within(group.sum, later.sum);
    sum_.add(group.sum);
  }
  CHECK(kept + 1 < groups_.size());
  groups_.resize(kept + 1);
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
  *this = DebitWindow{};
  for (u8 each = 0; each < size; ++each) {
    Group& group = groups_.emplace_back();
    group.first_ns = reader.get<u64>();
    group.last_ns = reader.get<u64>();
    group.count = reader.get<u64>();
    group.sum = reader.get<u128>();
    count_ += group.count;
    sum_.add(group.sum);
  }
  return reader.is_whole();
}

}  // namespace florin::alerts
