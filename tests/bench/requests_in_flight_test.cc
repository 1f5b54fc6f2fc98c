// The first unanswered transfer, against a set of all of them.
#include "bench/requests_in_flight.h"

#include <optional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace florin::bench {
namespace {

TEST(RequestsInFlight, knows_how_far_everything_is_answered) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    constexpr u32 kSlots = 8;
    Random random(seed);
    RequestsInFlight in_flight(kSlots);
    std::set<u64> unanswered;
    std::vector<std::optional<u64>> slots(kSlots);
    u64 sent = 0;
    for (u32 turn = 0; turn < 2000; ++turn) {
      const u32 slot = static_cast<u32>(random.below(kSlots));
      if (slots[slot]) {
        in_flight.answered(slot);
        unanswered.erase(*slots[slot]);
        slots[slot].reset();
      } else {
        in_flight.sent(slot, sent);
        unanswered.insert(sent);
        slots[slot] = sent;
        sent += random.between(1, 5);
      }
      ASSERT_EQ(in_flight.answered_before(sent), unanswered.empty() ? sent : *unanswered.begin());
    }
  }
}

}  // namespace
}  // namespace florin::bench
