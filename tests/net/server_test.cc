// The server over real loopback sockets, with a ledger that only pretends.
#include "net/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <thread>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/random.h"
#include "net/reply_router.h"
#include "tests/net/fake_ledger.h"
#include "tests/net/test_client.h"

namespace florin::net {
namespace {

using ledger::RefusalCode;
using protocol::ByteBuffer;
using protocol::ReplyKind;

// Whether the condition becomes true within ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Servers on threads of their own, and a thread that answers what they submit.
class ServerTest : public testing::Test {
 protected:
  ~ServerTest() override { stop(); }

  void start(u32 server_count = 1, ServerOptions options = {}) {
    std::vector<Server*> all;
    std::vector<ledger::ReplySink*> sinks;
    for (u32 channel = 0; channel < server_count; ++channel) {
      options.channel = channel;
      servers.push_back(std::make_unique<Server>(options, queue, ServerVoice{[] {
                                                   protocol::ServerInfo info;
                                                   info.version = "test";
                                                   return info;
                                                 }}));
      all.push_back(servers.back().get());
      sinks.push_back(servers.back().get());
      for (u32 index = 1; index < answerers; ++index) {
        outboxes[index].push_back(&servers.back()->add_outbox());
      }
    }
    servers[0]->share_with(all);
    const Status listening = servers[0]->listen("127.0.0.1", 0);
    ASSERT_TRUE(listening.has_value()) << listening.error().message;
    for (auto& server : servers) {
      threads.emplace_back([this, one = server.get()] {
        while (!stopping.load()) {
          if (one->step() == 0) one->park();
        }
      });
    }
    threads.emplace_back([this, sinks] { answer_requests(sinks, 0); });
    for (u32 index = 1; index < answerers; ++index) {
      threads.emplace_back([this, index] { answer_requests(outboxes[index], index); });
    }
  }

  void answer_requests(const std::vector<ledger::ReplySink*>& sinks, u32 answerer) {
    ReplyRouter router(sinks);
    while (!stopping.load()) {
      const bool waits = held.load() || !has_turn(answerer);
      ledger::Request* const request = waits ? nullptr : queue.take();
      if (request == nullptr) {
        router.flush();
        std::this_thread::yield();
        continue;
      }
      answer(*request);
      router.deliver(request);
      answered_by[answerer].fetch_add(1);
    }
  }

  // Each answers once before any answers twice.
  bool has_turn(u32 answerer) const {
    const auto answered = std::span(answered_by).first(answerers);
    return answered[answerer].load() == 0 ||
           std::ranges::none_of(answered, [](const auto& count) { return count.load() == 0; });
  }

  void stop() {
    stopping.store(true);
    for (auto& server : servers) server->wake();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  TestClient connect() { return TestClient(servers[0]->port()); }

  static ByteBuffer transfers(u64 number, u32 count) {
    ByteBuffer bytes;
    protocol::encode_create_transfers({.number = number, .trace_id = number},
                                      numbered_transfers(count), bytes);
    return bytes;
  }

  FakeQueue queue;
  std::atomic<bool> held{false};  // While set, no request is answered.
  u32 answerers = 1;  // Threads that answer; all but the first by outboxes, theirs alone.
  std::vector<ledger::ReplySink*> outboxes[4];
  std::atomic<u64> answered_by[4] = {};
  std::atomic<bool> stopping{false};
  std::vector<std::unique_ptr<Server>> servers;
  std::vector<std::thread> threads;
};

TEST_F(ServerTest, answers_requests_and_pings) {
  start();
  TestClient client = connect();
  client.send(transfers(7, 4));
  u64 number = 0;
  protocol::Reply reply = client.receive(&number);
  EXPECT_EQ(reply.kind, ReplyKind::Write);
  EXPECT_EQ(number, 7u);
  EXPECT_EQ(reply.exceptions.size(), 2u);
  ByteBuffer ping;
  protocol::encode_ping({.number = 8}, ping);
  client.send(ping);
  reply = client.receive(&number);
  EXPECT_EQ(reply.server_info.version, "test");
  EXPECT_EQ(number, 8u);
  const ServerCounters counters = servers[0]->counters();
  EXPECT_EQ(counters.connections_open, 1u);
  EXPECT_EQ(counters.frames_received, 2u);
  EXPECT_EQ(counters.bytes_received, transfers(7, 4).size() + ping.size());
}

// Several threads answer: each has a way in of its own, and none waits for the other.
TEST_F(ServerTest, takes_replies_of_several_threads) {
  constexpr u32 kAnswerers = 3;
  constexpr u64 kRequests = 3000;
  answerers = kAnswerers;
  start(2);
  TestClient clients[] = {connect(), connect()};
  std::thread sender([&] {
    for (u64 number = 1; number <= kRequests; ++number) {
      for (TestClient& client : clients) client.send(transfers(number, 4));
    }
  });
  for (TestClient& client : clients) {
    std::vector<bool> answered(kRequests + 1, false);
    for (u64 count = 0; count < kRequests; ++count) {
      u64 number = 0;
      const protocol::Reply reply = client.receive(&number);
      ASSERT_TRUE(number >= 1 && number <= kRequests && !answered[number]) << number;
      answered[number] = true;
      // That of its own request: the fake ledger tells the trace id.
      ASSERT_EQ(reply.position.value, number);
    }
  }
  sender.join();
  // Otherwise nothing was tried.
  for (u32 index = 0; index < kAnswerers; ++index)
    EXPECT_GT(answered_by[index].load(), 0u) << index;
}

TEST_F(ServerTest, answers_the_largest_requests_pipelined) {
  start();
  TestClient client = connect();
  std::thread sender([&client] {
    for (u64 number = 1; number <= 30; ++number) {
      client.send(transfers(number, ledger::kRequestEventsMax));
    }
  });
  for (u64 expected = 1; expected <= 30; ++expected) {
    u64 number = 0;
    const protocol::Reply reply = client.receive(&number);
    ASSERT_EQ(number, expected);
    ASSERT_EQ(reply.event_count, ledger::kRequestEventsMax);
  }
  sender.join();
}

TEST_F(ServerTest, serves_a_hundred_connections_on_two_threads) {
  start(2);
  std::vector<TestClient> clients;
  for (u32 i = 0; i < 100; ++i) clients.push_back(connect());
  for (u64 round = 0; round < 10; ++round) {
    for (u64 i = 0; i < 100; ++i) {
      ByteBuffer bytes = transfers(round * 1000 + i, 1 + static_cast<u32>(i));
      bytes.append(transfers(round * 1000 + i + 500, 1).bytes());
      clients[i].send(bytes);
    }
    for (u64 i = 0; i < 100; ++i) {
      u64 number = 0;
      ASSERT_EQ(clients[i].receive(&number).event_count, 1 + i);
      ASSERT_EQ(number, round * 1000 + i);
      ASSERT_EQ(clients[i].receive(&number).position.value, round * 1000 + i + 500);
    }
  }
  EXPECT_EQ(servers[0]->counters().connections_open, 50u);
  EXPECT_EQ(servers[1]->counters().connections_open, 50u);
  clients.clear();
  EXPECT_TRUE(eventually([&] {
    return servers[0]->counters().connections_open + servers[1]->counters().connections_open == 0;
  }));
}

TEST_F(ServerTest, survives_abrupt_disconnects_with_requests_in_flight) {
  start();
  held.store(true);
  TestClient steady = connect();
  steady.send(transfers(1, 1));
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  u64 expected = 1;
  for (u32 i = 0; i < 50; ++i) {
    TestClient client = connect();
    const u64 count = random.between(1, 5);
    for (u64 number = 0; number < count; ++number) client.send(transfers(number, 100));
    // A piece of one more.
    const ByteBuffer cut = transfers(99, 100);
    client.send(cut.bytes().first(random.below(cut.size())));
    expected += count;
    ASSERT_TRUE(eventually([&] { return queue.submitted() == expected; }));
    if (random.chance(1, 2)) client.reset();
  }
  held.store(false);
  EXPECT_EQ(steady.receive().kind, ReplyKind::Write);
  EXPECT_TRUE(eventually([&] { return servers[0]->counters().connections_open == 1; }));
  steady.send(transfers(2, 1));
  EXPECT_EQ(steady.receive().kind, ReplyKind::Write);
}

TEST_F(ServerTest, answers_a_client_that_ended_its_sending) {
  start();
  held.store(true);
  TestClient client = connect();
  client.send(transfers(1, 1));
  client.end_sending();
  ASSERT_TRUE(eventually([&] { return queue.submitted() == 1; }));
  held.store(false);
  EXPECT_EQ(client.receive().kind, ReplyKind::Write);
  EXPECT_TRUE(client.sees_end());
}

// All that the socket had to tell came while the connection had as much in flight as it may.
TEST_F(ServerTest, reads_on_below_the_limit_although_nothing_more_comes) {
  constexpr u64 kRequests = 200;
  ServerOptions options;
  options.session.requests_max = 4;
  held = true;
  start(1, options);
  TestClient client = connect();
  ByteBuffer all;
  for (u64 number = 1; number <= kRequests; ++number) {
    protocol::encode_create_transfers({.number = number, .trace_id = number}, numbered_transfers(4),
                                      all);
  }
  client.send(all);
  client.end_sending();
  ASSERT_TRUE(eventually([&] { return queue.submitted() == 4; }));
  held = false;
  for (u64 expected = 1; expected <= kRequests; ++expected) {
    u64 number = 0;
    client.receive(&number);
    ASSERT_EQ(number, expected);
  }
  EXPECT_TRUE(client.sees_end());
}

TEST_F(ServerTest, tells_why_it_closes_although_bytes_were_left_unread) {
  start();
  TestClient client = connect();
  const std::vector<std::byte> garbage(100'000, std::byte{'x'});
  client.send(garbage);
  const protocol::Reply reply = client.receive();
  EXPECT_EQ(reply.refusal, RefusalCode::BadFrame);
  EXPECT_TRUE(client.sees_end());
}

TEST_F(ServerTest, refuses_connections_beyond_the_maximum_with_a_reason) {
  ServerOptions options;
  options.connections_max = 2;
  start(1, options);
  TestClient first = connect();
  TestClient second = connect();
  first.send(transfers(1, 1));
  EXPECT_EQ(first.receive().kind, ReplyKind::Write);
  second.send(transfers(2, 1));
  EXPECT_EQ(second.receive().kind, ReplyKind::Write);
  {
    TestClient third = connect();
    EXPECT_EQ(third.receive().refusal, RefusalCode::TooManyConnections);
    EXPECT_TRUE(third.sees_end());
  }
  EXPECT_EQ(servers[0]->counters().connections_refused, 1u);
  first.reset();
  EXPECT_TRUE(eventually([&] { return servers[0]->counters().connections_open == 1; }));
  TestClient fourth = connect();
  fourth.send(transfers(4, 1));
  EXPECT_EQ(fourth.receive().kind, ReplyKind::Write);
}

TEST_F(ServerTest, closes_on_a_frame_that_does_not_arrive_in_time) {
  ServerOptions options;
  options.frame_deadline_ns = 50'000'000;
  start(1, options);
  TestClient idle = connect();
  TestClient slow = connect();
  const ByteBuffer bytes = transfers(1, 1);
  slow.send(bytes.bytes().first(bytes.size() - 1));
  const protocol::Reply reply = slow.receive();
  EXPECT_EQ(reply.refusal, RefusalCode::BadFrame);
  EXPECT_NE(reply.refusal_message.find("deadline"), std::string::npos);
  EXPECT_TRUE(slow.sees_end());
  // A connection without a frame begun may wait as long as it likes.
  idle.send(bytes);
  EXPECT_EQ(idle.receive().kind, ReplyKind::Write);
}

TEST_F(ServerTest, a_client_that_does_not_read_does_not_hold_up_others) {
  ServerOptions options;
  options.session.bytes_max = 256 * kKiB;
  start(1, options);
  TestClient lazy = connect();
  ByteBuffer lookups;
  const std::vector<u128> ids(1000, 3);
  for (u64 number = 1; number <= 200; ++number) {
    protocol::encode_lookup_accounts({.number = number}, ids, lookups);
  }
  std::thread sender([&] { lazy.send(lookups); });
  TestClient other = connect();
  for (u64 number = 1; number <= 100; ++number) {
    other.send(transfers(number, 10));
    ASSERT_EQ(other.receive().kind, ReplyKind::Write);
  }
  // Once it reads, it gets everything.
  for (u64 expected = 1; expected <= 200; ++expected) {
    u64 number = 0;
    ASSERT_EQ(lazy.receive(&number).accounts.size(), 1000u);
    ASSERT_EQ(number, expected);
  }
  sender.join();
}

TEST_F(ServerTest, a_drain_answers_what_came_and_then_closes) {
  start(2);
  held.store(true);
  TestClient first = connect();
  TestClient second = connect();
  first.send(transfers(1, 1));
  second.send(transfers(2, 1));
  ASSERT_TRUE(eventually([&] { return queue.submitted() == 2; }));
  for (auto& server : servers) server->drain();
  // The first server drains as soon as its port is free.
  Server other({}, queue, {[] { return protocol::ServerInfo(); }});
  ASSERT_TRUE(
      eventually([&] { return other.listen("127.0.0.1", servers[0]->port()).has_value(); }));
  first.send(transfers(3, 1));
  EXPECT_EQ(first.receive().refusal, RefusalCode::ShuttingDown);
  EXPECT_FALSE(servers[0]->drained());
  held.store(false);
  EXPECT_EQ(first.receive().kind, ReplyKind::Write);
  EXPECT_TRUE(first.sees_end());
  EXPECT_EQ(second.receive().kind, ReplyKind::Write);
  EXPECT_TRUE(second.sees_end());
  first.reset();
  second.reset();
  EXPECT_TRUE(eventually([&] { return servers[0]->drained() && servers[1]->drained(); }));
}

// It would have to wait for a minute if it waited for them to close.
TEST_F(ServerTest, a_drain_does_not_wait_for_clients_that_have_everything) {
  ServerOptions options;
  options.linger_ns = 60'000'000'000;
  start(2, options);
  TestClient silent = connect();
  TestClient answered = connect();
  answered.send(transfers(1, 100));
  EXPECT_EQ(answered.receive().kind, ReplyKind::Write);
  for (auto& server : servers) server->drain();
  EXPECT_TRUE(eventually([&] { return servers[0]->drained() && servers[1]->drained(); }));
  EXPECT_TRUE(answered.sees_end());
  EXPECT_TRUE(silent.sees_end());
}

// While the rest of the process ends, its thread must not spin.
TEST_F(ServerTest, a_drained_server_sleeps) {
  Server server({}, queue, {[] { return protocol::ServerInfo(); }});
  ASSERT_TRUE(server.listen("127.0.0.1", 0));
  server.drain();
  for (u32 step = 0; step < 10'000 && !server.drained(); ++step) server.step();
  ASSERT_TRUE(server.drained());
  SystemClock clock;
  const u64 begin = clock.monotonic_ns();
  for (u32 park = 0; park < 5; ++park) server.park(20'000'000);
  EXPECT_GT(clock.monotonic_ns() - begin, 40'000'000u);
}

TEST_F(ServerTest, stops_accepting_and_goes_on_serving) {
  start();
  TestClient client = connect();
  client.send(transfers(1, 1));
  EXPECT_EQ(client.receive().kind, ReplyKind::Write);
  servers[0]->stop_accepting();
  // The port is free once the listener is gone.
  Server other({}, queue, {[] { return protocol::ServerInfo(); }});
  EXPECT_TRUE(
      eventually([&] { return other.listen("127.0.0.1", servers[0]->port()).has_value(); }));
  client.send(transfers(2, 1));
  EXPECT_EQ(client.receive().kind, ReplyKind::Write);
}

TEST_F(ServerTest, says_why_it_cannot_listen) {
  start();
  Server other({}, queue, {[] { return protocol::ServerInfo(); }});
  const Status taken = other.listen("127.0.0.1", servers[0]->port());
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, ErrorCode::AlreadyInUse) << taken.error().message;
  EXPECT_NE(taken.error().message.find(std::to_string(servers[0]->port())), std::string::npos)
      << taken.error().message;
  const Status nonsense = other.listen("not-an-address", 0);
  ASSERT_FALSE(nonsense.has_value());
  EXPECT_EQ(nonsense.error().code, ErrorCode::InvalidArgument);
  const Status foreign = other.listen("192.0.2.1", 0);
  ASSERT_FALSE(foreign.has_value());
  const Status here = other.listen("localhost", 0);
  ASSERT_TRUE(here.has_value()) << here.error().message;
  EXPECT_NE(other.port(), 0u);
}

// Nothing happens, and each of them would last for a second.
TEST_F(ServerTest, park_ends_when_the_time_that_was_given_has_passed) {
  Server server({}, queue, {[] { return protocol::ServerInfo{}; }});
  const auto begin = std::chrono::steady_clock::now();
  for (u32 i = 0; i < 60; ++i) server.park(1'000'000);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

// A park ends after a second in any case: ten that each end for their reason take far less.
TEST_F(ServerTest, park_ends_for_a_wake_and_for_a_watched_descriptor) {
  Server server({}, queue, {[] { return protocol::ServerInfo(); }});
  const int descriptor = eventfd(0, EFD_NONBLOCK);
  ASSERT_GE(descriptor, 0);
  server.watch(descriptor);
  while (server.step() > 0) {
  }
  const auto start = std::chrono::steady_clock::now();
  for (u32 i = 0; i < 5; ++i) {
    server.wake();
    server.park();
    u64 value = 1;
    ASSERT_EQ(write(descriptor, &value, sizeof(value)), 8);
    server.park();
    ASSERT_EQ(read(descriptor, &value, sizeof(value)), 8);
  }
  std::atomic<bool> done{false};
  std::thread waker([&] {
    while (!done.load()) server.wake();
  });
  for (u32 i = 0; i < 100; ++i) server.park();
  done.store(true);
  waker.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  ::close(descriptor);
}

}  // namespace
}  // namespace florin::net
