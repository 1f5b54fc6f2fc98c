#include "tests/history/position_checker.h"

#include "tests/history/placement.h"
#include "tests/history/real_time.h"
#include "tests/history/replay_checker.h"

namespace florin::test {

std::vector<Violation> check_by_positions(const History& history) {
  const Placement placement = place_writes(history);
  if (!placement.violations.empty()) return placement.violations;
  std::vector<Violation> violations;
  check_real_time(history, placement, violations);
  if (!violations.empty()) return violations;
  check_by_replay(history, placement, TickPlace::WhenDue, violations);
  if (violations.empty()) return {};
  // A history is right if it is right with its ticks in either place.
  std::vector<Violation> otherwise;
  check_by_replay(history, placement, TickPlace::Last, otherwise);
  return otherwise.empty() ? otherwise : violations;
}

}  // namespace florin::test
