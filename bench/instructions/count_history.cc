// What history does with a block that it follows, but for its store.
#include <string>

#include "bench/instructions/counter.h"
#include "bench/micro/follower_feed.h"

namespace florin::bench {
namespace {

constexpr u64 kAccounts = 10'000;
constexpr u32 kFollowedBefore = 3;
constexpr u32 kFollowed = 4;

void count_following(Counter& counter, const std::string& name,
                     history::LoggedBlock (FollowerFeed::*make)()) {
  FollowerFeed feed(kAccounts, 1);
  for (u32 turn = 0; turn < kFollowedBefore + kFollowed; ++turn) {
    const history::LoggedBlock block = (feed.*make)();
    const auto follow = [&] { feed.follow(block); };
    if (turn < kFollowedBefore) {
      follow();
    } else {
      counter.count(name, kFeedEvents, follow);
    }
  }
}

}  // namespace

void count_history(Counter& counter) {
  count_following(counter, "history/plain", &FollowerFeed::plain_transfers);
  count_following(counter, "history/holds", &FollowerFeed::holds_and_posts);
}

}  // namespace florin::bench
