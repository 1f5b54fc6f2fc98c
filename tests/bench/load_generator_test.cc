// The load generator against a fake server: everything is sent once, refusals and breaks end it,
// posts wait for their holds, an open loop keeps its rate and charges a stall to all who waited,
// singles go beside the batches and before them, and an observer is told of each answer.
#include "bench/load_generator.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/bench/workload_ledger.h"
#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::bench {
namespace {

using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;

LoadOptions small_load() {
  LoadOptions options;
  options.workload.accounts = 100;
  options.workload.seed = 5;
  options.transfers = 1000;
  options.batch = 7;
  options.connections = 3;
  options.in_flight = 2;
  return options;
}

Result<LoadResult> run(const LoadOptions& options, const FakeServer& server,
                       const LoadGenerator::Progress& progress) {
  const auto loop = std::move(*client::Loop::open());
  Workload workload(options.workload, options.send_plan());
  LoadGenerator generator(options, *loop, workload);
  RETURN_IF_ERROR(generator.connect(client::resolve("127.0.0.1", server.port())->front()));
  RETURN_IF_ERROR(generator.run_singles_alone(progress));
  return generator.run(progress);
}

Result<LoadResult> run(const LoadOptions& options, const FakeServer& server) {
  return run(options, server, [](const LoadResult&) {});
}

TEST(LoadGenerator, sends_each_transfer_once_over_all_connections) {
  std::set<u32> connections;
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    connections.insert(connection.number());
    test::reply_created(connection, frame);
  });
  const LoadOptions options = small_load();
  const auto result = run(options, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->transfers, 1000u);
  EXPECT_EQ(result->requests, 143u);  // 142 of 7, and one of 6.
  EXPECT_EQ(result->latency_ns.count(), 143u);
  EXPECT_GT(result->elapsed_ns, 0u);
  const Workload workload(options.workload);
  std::set<u128> ids;
  for (const FakeFrame& frame : server.frames()) {
    const ledger::Request request = test::asked(frame);
    for (const ledger::Transfer& transfer : request.transfer_events()) ids.insert(transfer.id);
  }
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(*ids.begin(), workload.transfer_id(0));
  EXPECT_EQ(*ids.rbegin(), workload.transfer_id(999));
  EXPECT_EQ(connections.size(), 3u);
}

TEST(LoadGenerator, never_has_more_in_flight_than_asked) {
  std::atomic<u32> held_max{0};
  std::vector<std::vector<FakeFrame>> held(3);
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    std::vector<FakeFrame>& line = held[connection.number()];
    line.push_back(frame);
    held_max = std::max<u32>(held_max, static_cast<u32>(line.size()));
    if (line.size() < 2) return;
    for (const FakeFrame& each : line) test::reply_created(connection, each);
    line.clear();
  });
  LoadOptions options = small_load();
  options.transfers = 7 * 120;  // An even number of requests for each connection.
  const auto result = run(options, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(held_max, 2u);
}

TEST(LoadGenerator, ends_at_the_first_refused_request) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    test::reply_error(connection, frame.number, ledger::RefusalCode::Capacity, "no room");
  });
  const auto result = run(small_load(), server);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Refused);
  EXPECT_NE(result.error().message.find("no room"), std::string::npos);
}

TEST(LoadGenerator, ends_at_the_first_refused_transfer) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    const u32 exists = static_cast<u32>(ledger::TransferOutcome::Exists);
    request.exceptions = {{.timestamp = 1, .index = 3, .outcome = exists}};
    test::reply(connection, request);
  });
  const auto result = run(small_load(), server);
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("exists"), std::string::npos);
}

TEST(LoadGenerator, ends_when_a_connection_breaks) {
  FakeServer server([](FakeConnection& connection, const FakeFrame&) { connection.close_soon(); });
  const auto result = run(small_load(), server);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Disconnected);
}

TEST(LoadGenerator, an_open_loop_is_not_faster_than_its_rate) {
  FakeServer server(test::reply_created);
  LoadOptions options = small_load();
  options.transfers = 100;
  options.batch = 1;
  options.connections = 50;
  options.in_flight = 1;
  options.rate = 1000;
  const auto result = run(options, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_GE(result->elapsed_ns, 99'000'000u);
  EXPECT_EQ(result->latency_ns.count(), 100u);
}

// All requests are due at once, but only one can be in flight: the last waited nearly all the time,
// and counts as such, though its own round trip was short.
TEST(LoadGenerator, an_open_loop_counts_from_when_a_request_was_due) {
  constexpr u64 kRequests = 500;
  FakeServer server(test::reply_created);
  LoadOptions options = small_load();
  options.transfers = kRequests;
  options.batch = 1;
  options.connections = 1;
  options.in_flight = 1;
  options.rate = 1'000'000'000;  // The last is due after 500 ns.
  const auto result = run(options, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_GE(result->latency_ns.max() + kRequests, result->elapsed_ns);
  EXPECT_GE(result->latency_ns.quantile(0.5), result->latency_ns.max() / 50);
}

TEST(LoadGenerator, a_closed_loop_counts_the_round_trip_only) {
  constexpr u64 kRequests = 500;
  FakeServer server(test::reply_created);
  LoadOptions options = small_load();
  options.transfers = kRequests;
  options.batch = 1;
  options.connections = 1;
  options.in_flight = 1;
  const auto result = run(options, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_LE(result->latency_ns.quantile(0.5), result->elapsed_ns / 100);
}

// The connections' requests reach the ledger in whatever order their threads and sockets make.
TEST(LoadGenerator, every_workload_is_created) {
  for (const WorkloadKind kind : {WorkloadKind::Plain, WorkloadKind::Holds, WorkloadKind::Chains,
                                  WorkloadKind::Limits, WorkloadKind::Mixed}) {
    SCOPED_TRACE(name(kind));
    LoadOptions options = small_load();
    options.workload.kind = kind;
    test::WorkloadLedger ledger(Workload(options.workload, options.send_plan()));
    FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
      ledger::Request request = test::asked(frame);
      ledger.run(request);
      test::reply(connection, request);
    });
    const auto result = run(options, server);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->transfers, 1000u);
  }
}

LoadOptions load_with_singles() {
  LoadOptions options = small_load();
  options.transfers = 5000;
  options.singles = 5;
  return options;
}

std::set<u128> ids_of(const FakeServer& server) {
  std::set<u128> ids;
  for (const FakeFrame& frame : server.frames()) {
    const ledger::Request request = test::asked(frame);
    for (const ledger::Transfer& transfer : request.transfer_events()) ids.insert(transfer.id);
  }
  return ids;
}

TEST(LoadGenerator, singles_go_beside_the_batches_with_a_histogram_of_their_own) {
  std::vector<std::set<u32>> sizes(3 + 5);  // By connection.
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    sizes[connection.number()].insert(test::asked(frame).event_count);
    test::reply_created(connection, frame);
  });
  const auto result = run(load_with_singles(), server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->transfers, 5000u);
  EXPECT_EQ(ids_of(server).size(), 5000u);
  EXPECT_GT(result->singles_beside_ns.count(), 5u);
  EXPECT_GT(result->latency_ns.count(), 0u);
  EXPECT_EQ(result->singles_beside_ns.count() + result->latency_ns.count(), result->requests);
  EXPECT_EQ(result->singles_alone_ns.count(), 0u);
  for (u32 connection = 0; connection < 3; ++connection) {
    EXPECT_TRUE(sizes[connection].contains(7)) << connection;
  }
  for (u32 connection = 3; connection < 8; ++connection) {
    EXPECT_EQ(sizes[connection], std::set<u32>{1}) << connection;
  }
}

// The fake server sees the order: the first 300 requests have one transfer each.
TEST(LoadGenerator, singles_alone_are_answered_before_the_others_begin) {
  FakeServer server(test::reply_created);
  LoadOptions options = load_with_singles();
  options.singles_alone = 300;
  const auto result = run(options, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->singles_alone_ns.count(), 300u);
  EXPECT_GT(result->singles_alone_elapsed_ns, 0u);
  EXPECT_EQ(result->transfers, 4700u);
  EXPECT_EQ(ids_of(server).size(), 5000u);
  const std::vector<FakeFrame> frames = server.frames();
  ASSERT_GT(frames.size(), 300u);
  EXPECT_TRUE(std::all_of(frames.begin(), frames.begin() + 300, [](const FakeFrame& frame) {
    return test::asked(frame).event_count == 1;
  }));
}

class Watcher final : public LoadObserver {
 public:
  void begun(u64 now_ns) override { begin_ns = now_ns; }
  void answered(u64 now_ns, u64 latency_ns, u64 count) override {
    EXPECT_GE(now_ns, begin_ns + latency_ns);
    transfers += count;
  }
  Status step(u64) override {
    return ++steps < steps_max ? Status() : fail(ErrorCode::Io, "the watcher has seen enough");
  }

  u64 begin_ns = 0;
  u64 transfers = 0;
  u64 steps = 0;
  u64 steps_max = ~u64{0};
};

Result<LoadResult> run_watched(Watcher& watcher, const FakeServer& server) {
  LoadOptions options = load_with_singles();
  options.singles_alone = 300;
  const auto loop = std::move(*client::Loop::open());
  Workload workload(options.workload, options.send_plan());
  LoadGenerator generator(options, *loop, workload);
  generator.set_observer(&watcher);
  RETURN_IF_ERROR(generator.connect(client::resolve("127.0.0.1", server.port())->front()));
  RETURN_IF_ERROR(generator.run_singles_alone([](const LoadResult&) {}));
  EXPECT_EQ(watcher.transfers, 0u);
  return generator.run([](const LoadResult&) {});
}

TEST(LoadGenerator, an_observer_is_told_of_all_but_the_singles_alone) {
  FakeServer server(test::reply_created);
  Watcher watcher;
  const auto result = run_watched(watcher, server);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(watcher.transfers, 4700u);
  EXPECT_GT(watcher.steps, 0u);
}

TEST(LoadGenerator, an_observer_can_end_the_load) {
  FakeServer server(test::reply_created);
  Watcher watcher;
  watcher.steps_max = 2;
  const auto result = run_watched(watcher, server);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "the watcher has seen enough");
}

TEST(LoadOptions, that_do_not_fit_each_other_are_refused) {
  struct Row {
    const char* told;
    void (*spoil)(LoadOptions&);
  };
  EXPECT_TRUE(check_load(load_with_singles()).has_value());
  for (const Row& row :
       {Row{"but no singles", [](LoadOptions& o) { o.singles = 0, o.singles_alone = 1; }},
        Row{"the workload is holds", [](LoadOptions& o) { o.workload.kind = WorkloadKind::Holds; }},
        Row{"have no rate", [](LoadOptions& o) { o.rate = 5; }},
        Row{"leaves none of 5000", [](LoadOptions& o) { o.singles_alone = 5000; }},
        Row{"at most 4000", [](LoadOptions& o) { o.singles = kConnectionsMax - 2; }}}) {
    LoadOptions options = load_with_singles();
    row.spoil(options);
    const Status possible = check_load(options);
    ASSERT_FALSE(possible.has_value()) << row.told;
    EXPECT_NE(possible.error().message.find(row.told), std::string::npos)
        << possible.error().message;
  }
}

bool resolves_a_hold(const FakeFrame& frame) {
  const ledger::Request request = test::asked(frame);
  return std::ranges::any_of(request.transfer_events(), [](const ledger::Transfer& transfer) {
    return (transfer.flags & ledger::transfer_flags::kResolves) != 0;
  });
}

// One connection is not answered until the generator has sent what it may and reports its progress.
// The others are, but no post may be sent on them: it could overtake a hold of the first request.
TEST(LoadGenerator, posts_wait_for_the_answers_of_their_holds) {
  std::mutex mutex;  // Guards what follows: the server has a thread of its own.
  bool answers_all = false;
  FakeConnection* silent = nullptr;
  std::vector<FakeFrame> unanswered;
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    const std::lock_guard lock(mutex);
    if (silent == nullptr) silent = &connection;
    if (&connection != silent || answers_all) return test::reply_created(connection, frame);
    unanswered.push_back(frame);
  });
  LoadOptions options = small_load();
  options.workload.kind = WorkloadKind::Holds;
  const auto result = run(options, server, [&](const LoadResult&) {
    const std::lock_guard lock(mutex);
    if (std::exchange(answers_all, true)) return;
    const std::vector<FakeFrame> frames = server.frames();
    EXPECT_EQ(std::ranges::count_if(frames, resolves_a_hold), 0);
    EXPECT_LE(frames.size(), 71u);  // 497 of the 500 holds; the next request has posts too.
    for (const FakeFrame& frame : unanswered) test::reply_created(*silent, frame);
  });
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->transfers, 1000u);
}

}  // namespace
}  // namespace florin::bench
