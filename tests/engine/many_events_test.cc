// What shows only in numbers: of holds, of refusals, and of ids that may collide.
#include "tests/engine/many_events.h"

#include <gtest/gtest.h>

#include "tests/engine/colliding_ids.h"

namespace florin::test {
namespace {

TEST(ManyEvents, holds_expire_on_time_whatever_left_their_queue_before) {
  for (u64 seed = 1; seed <= 8; ++seed) {
    EXPECT_EQ(expire_many_holds(seed), "") << "seed " << seed;
  }
}

TEST(ManyEvents, that_are_refused_take_no_room) { EXPECT_EQ(refuse_many_events(1), ""); }

TEST(CollidingIds, are_told_apart) { EXPECT_EQ(tell_colliding_ids_apart(), ""); }

}  // namespace
}  // namespace florin::test
