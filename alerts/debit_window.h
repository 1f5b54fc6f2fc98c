// The debits of one account, made or refused, within a sliding window of time, in bounded memory.
#pragma once

#include <string>
#include <vector>

#include "alerts/state_bytes.h"
#include "base/prefetch.h"
#include "base/types.h"

namespace florin::alerts {

// Sums of amounts, which can be beyond 128 bits for a while. A value.
struct WideSum {
  u128 low = 0;
  u32 carry = 0;

  void add(u128 value) { carry += __builtin_add_overflow(low, value, &low) ? 1 : 0; }
  void take_away(u128 value) { carry -= __builtin_sub_overflow(low, value, &low) ? 1 : 0; }
  u128 at_most_128_bits() const { return carry == 0 ? low : kU128Max; }
  friend bool operator<(const WideSum& left, const WideSum& right) {
    return left.carry != right.carry ? left.carry < right.carry : left.low < right.low;
  }
};

// A value. Up to kGroupsMax debits are known one by one. When there are more, neighbours are taken
// together within a 16th of the window, and leave it together with the last of them: counts and
// sums are never too small, and too large for at most so long.
class DebitWindow {
 public:
  static constexpr usize kGroupsMax = 64;

  // Debits that are at `from_ns` or before have left the window.
  void forget_until(u64 from_ns);
  // Not before any other; those outside the window were forgotten.
  void add(u64 time_ns, u128 amount, u64 window_ns);

  // It will be used soon: what it looks at is fetched.
  void fetch() const {
    if (groups_.empty()) return;
    prefetch_line(&groups_.front());
    prefetch_line(&groups_.back() + 1);  // Where the next one goes, if there is room.
  }

  u64 count() const { return count_; }
  u128 sum() const { return sum_.at_most_128_bits(); }

  void save(std::string& bytes) const;
  // False: no such state.
  [[nodiscard]] bool load(StateReader& reader);

 private:
  struct Group {
    u64 first_ns = 0;
    u64 last_ns = 0;
    u64 count = 0;
    u128 sum = 0;  // At most 128 bits.
  };

  void join_neighbours(u64 span_most_ns);

  std::vector<Group> groups_;  // Oldest first.
  u64 count_ = 0;              // Of all groups, as is the next.
  WideSum sum_;
};

}  // namespace florin::alerts
