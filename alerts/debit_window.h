// The debits of one account within a sliding window of time, in bounded memory.
#pragma once

#include <string>
#include <vector>

#include "alerts/state_bytes.h"
#include "base/types.h"

namespace florin::alerts {

// A value. Up to kGroupsMax debits are known one by one. Of more, those closest to each other in
// time are taken together, within a 16th of the window, and leave it together with the last of
// them: counts and sums are never too small, and too large for at most so long.
class DebitWindow {
 public:
  static constexpr usize kGroupsMax = 32;

  struct Group {
    u64 first_ns = 0;
    u64 last_ns = 0;
    u64 count = 0;
    u128 sum = 0;
  };

  // Debits that are at `from_ns` or before have left the window.
  void forget_until(u64 from_ns);
  // Not before any other.
  void add(u64 time_ns, u128 amount);

  u64 count() const;
  u128 sum() const;  // At most 2^128-1.

  void save(std::string& bytes) const;
  // False: no such state.
  [[nodiscard]] bool load(StateReader& reader);

 private:
  void join_closest();

  std::vector<Group> groups_;  // Oldest first.
};

}  // namespace florin::alerts
