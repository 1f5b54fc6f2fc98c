// The load generator against a fake server: everything is sent once, refusals and breaks end it,
// posts wait for their holds, an open loop keeps its rate and charges a stall to all who waited.
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
