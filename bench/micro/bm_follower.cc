// What it costs to turn blocks of the log into changes: plain transfers between many accounts,
// mostly in large blocks; holds and their posts.
#include <benchmark/benchmark.h>

#include "bench/micro/follower_feed.h"

namespace florin::bench {
namespace {

using Make = history::LoggedBlock (FollowerFeed::*)();

// Argument: accounts.
void follow(benchmark::State& state, Make make, u64 seed) {
  FollowerFeed feed(static_cast<u64>(state.range(0)), seed);
  for (auto _ : state) {
    state.PauseTiming();
    const history::LoggedBlock block = (feed.*make)();
    state.ResumeTiming();
    feed.follow(block);
  }
  state.SetItemsProcessed(state.iterations() * kFeedEvents);
  state.counters["bytes/account"] =
      static_cast<double>(feed.memory_bytes()) / static_cast<double>(feed.accounts());
}

BENCHMARK_CAPTURE(follow, plain_transfers, &FollowerFeed::plain_transfers, 1)
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000);
BENCHMARK_CAPTURE(follow, holds_and_posts, &FollowerFeed::holds_and_posts, 2)
    ->Arg(10'000)
    ->Arg(1'000'000);

}  // namespace
}  // namespace florin::bench
