// Channels: pipelining, matching, splitting, and what is lost when a connection breaks.
#include "client/channel.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::client {
namespace {

using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;

constexpr u64 kPatienceNs = 30'000'000'000;

// Keeps what it was told.
class Recorder final : public ReplyHandler {
 public:
  struct Lost {
    u64 tag;
    ErrorCode code;
    ledger::RefusalCode refusal;
    bool may_have_arrived;
  };

  void answered(u64 tag, const protocol::Reply& reply) override {
    tags.push_back(tag);
    event_counts.push_back(reply.event_count);
  }
  void lost(u64 tag, const Loss& loss) override {
    losses.push_back({tag, loss.error.code, loss.refusal, loss.may_have_arrived});
  }

  std::vector<u64> tags;
  std::vector<u32> event_counts;
  std::vector<Lost> losses;
};

class ChannelTest : public testing::Test {
 protected:
  ChannelTest() : loop_(std::move(*Loop::open())) {}

  Endpoint endpoint(u16 port) { return resolve("127.0.0.1", port)->front(); }

  void queue_transfers(Channel& channel, u64 number, u64 tag, u32 count) {
    const protocol::OpenRequest open =
        protocol::open_request(ledger::Operation::CreateTransfers,
                               {.number = number, .trace_id = 0}, count, channel.output());
    auto* transfers = reinterpret_cast<ledger::Transfer*>(open.events);
    for (u32 index = 0; index < count; ++index) {
      transfers[index] = {};
      transfers[index].id = number * 10'000 + index + 1;
    }
    protocol::seal_request(open, channel.output());
    channel.queued(number, tag);
  }

  template <class Condition>
  bool run_until(const Condition& condition) {
    SystemClock clock;
    const u64 deadline_ns = clock.monotonic_ns() + kPatienceNs;
    while (!condition()) {
      if (clock.monotonic_ns() > deadline_ns) return false;
      loop_->run_once(100'000'000);
    }
    return true;
  }

  std::unique_ptr<Loop> loop_;
  Recorder recorder_;
};

TEST_F(ChannelTest, matches_answers_that_come_in_another_order) {
  std::vector<FakeFrame> held;
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    held.push_back(frame);
    if (held.size() < 4) return;
    for (const usize index : {2u, 0u, 3u, 1u}) test::reply_created(connection, held[index]);
  });
  Channel channel(*loop_, endpoint(server.port()), recorder_, {.requests_in_flight_max = 4});
  for (u64 index = 0; index < 4; ++index) {
    queue_transfers(channel, 70 + index, 500 + index, static_cast<u32>(index) + 1);
  }
  EXPECT_TRUE(channel.full());
  EXPECT_EQ(channel.in_flight(), 4u);
  ASSERT_TRUE(run_until([&] { return recorder_.tags.size() == 4; }));
  EXPECT_EQ(recorder_.tags, (std::vector<u64>{502, 500, 503, 501}));
  EXPECT_EQ(recorder_.event_counts, (std::vector<u32>{3, 1, 4, 2}));
  EXPECT_FALSE(channel.full());
  EXPECT_EQ(channel.in_flight(), 0u);
}

TEST_F(ChannelTest, sends_many_large_requests_whole_and_in_order) {
  constexpr u64 kRequests = 24;
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    FakeFrame copy = frame;
    EXPECT_TRUE(protocol::verify_frame(copy.bytes));
    test::reply_created(connection, frame);
  });
  Channel channel(*loop_, endpoint(server.port()), recorder_,
                  {.requests_in_flight_max = kRequests});
  for (u64 number = 1; number <= kRequests; ++number) {
    queue_transfers(channel, number, number, ledger::kRequestEventsMax);
    if (number % 3 == 0) loop_->run_once(0);
  }
  ASSERT_TRUE(run_until([&] { return recorder_.tags.size() == kRequests; }));
  EXPECT_TRUE(std::is_sorted(recorder_.tags.begin(), recorder_.tags.end()));
}

TEST_F(ChannelTest, joins_replies_from_pieces_of_any_size) {
  const u64 seed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  constexpr u64 kRequests = 40;
  Random random(seed);
  protocol::ByteBuffer replies;
  u64 held = 0;
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    request.accounts.resize(held % 5 == 4 ? ledger::kRequestEventsMax : held % 5);
    protocol::encode_reply(request, replies);
    if (++held < kRequests) return;
    std::span<const std::byte> rest = replies.bytes();
    while (!rest.empty()) {
      const u64 piece = random.chance(1, 4) ? random.between(1, 300'000) : random.between(1, 60);
      const usize size = std::min<usize>(piece, rest.size());
      connection.send(rest.first(size));
      rest = rest.subspan(size);
    }
  });
  Channel channel(*loop_, endpoint(server.port()), recorder_,
                  {.requests_in_flight_max = kRequests});
  const u128 id = 1;
  for (u64 number = 1; number <= kRequests; ++number) {
    protocol::encode_lookup_accounts({.number = number, .trace_id = 0}, {&id, 1}, channel.output());
    channel.queued(number, number);
  }
  ASSERT_TRUE(run_until([&] { return recorder_.tags.size() == kRequests; }));
  EXPECT_TRUE(std::is_sorted(recorder_.tags.begin(), recorder_.tags.end()));
  EXPECT_TRUE(recorder_.losses.empty());
}

TEST_F(ChannelTest, loses_unsent_requests_as_not_arrived_when_nobody_listens) {
  u16 port = 0;
  {
    FakeServer server(test::reply_created);
    port = server.port();
  }
  Channel channel(*loop_, endpoint(port), recorder_);
  if (channel.state() != Channel::State::Closed) queue_transfers(channel, 1, 11, 1);
  ASSERT_TRUE(run_until([&] { return channel.state() == Channel::State::Closed; }));
  EXPECT_EQ(channel.error().code, ErrorCode::Disconnected);
  ASSERT_EQ(recorder_.losses.size(), 1u);
  EXPECT_EQ(recorder_.losses[0].tag, 11u);
  EXPECT_FALSE(recorder_.losses[0].may_have_arrived);
}

TEST_F(ChannelTest, tells_which_requests_were_sent_whole_when_it_is_abandoned) {
  constexpr u64 kRequests = 24;  // 24 MiB: more than the kernel buffers for a peer that is stuck.
  FakeServer server(test::reply_created, {.reads = false});
  Channel channel(*loop_, endpoint(server.port()), recorder_,
                  {.requests_in_flight_max = kRequests + 1});
  queue_transfers(channel, 1, 1, 1);
  for (u64 number = 2; number <= kRequests + 1; ++number) {
    queue_transfers(channel, number, number, ledger::kRequestEventsMax);
  }
  ASSERT_TRUE(run_until([&] { return channel.state() == Channel::State::Open; }));
  channel.abandon({ErrorCode::Timeout, "enough"});
  ASSERT_EQ(recorder_.losses.size(), kRequests + 1);
  EXPECT_TRUE(recorder_.losses.front().may_have_arrived);
  EXPECT_FALSE(recorder_.losses.back().may_have_arrived);
  EXPECT_EQ(recorder_.losses.back().code, ErrorCode::Timeout);
}

TEST_F(ChannelTest, passes_on_why_the_server_closed) {
  FakeServer server([](FakeConnection& connection, const FakeFrame&) {
    test::reply_error(connection, 0, ledger::RefusalCode::ShuttingDown, "stopping");
    connection.close_soon();
  });
  Channel channel(*loop_, endpoint(server.port()), recorder_);
  queue_transfers(channel, 1, 1, 1);
  queue_transfers(channel, 2, 2, 1);
  ASSERT_TRUE(run_until([&] { return channel.state() == Channel::State::Closed; }));
  ASSERT_EQ(recorder_.losses.size(), 2u);
  EXPECT_EQ(recorder_.losses[0].code, ErrorCode::Refused);
  EXPECT_EQ(recorder_.losses[0].refusal, ledger::RefusalCode::ShuttingDown);
}

TEST_F(ChannelTest, breaks_on_an_answer_to_what_was_not_asked) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    FakeFrame other = frame;
    other.number += 1;
    test::reply_created(connection, other);
  });
  Channel channel(*loop_, endpoint(server.port()), recorder_);
  queue_transfers(channel, 1, 1, 1);
  ASSERT_TRUE(run_until([&] { return channel.state() == Channel::State::Closed; }));
  EXPECT_EQ(channel.error().code, ErrorCode::Protocol);
  ASSERT_EQ(recorder_.losses.size(), 1u);
  EXPECT_TRUE(recorder_.losses[0].may_have_arrived);
}

TEST_F(ChannelTest, breaks_on_bytes_that_are_not_a_frame) {
  FakeServer server([](FakeConnection& connection, const FakeFrame&) {
    const std::vector<std::byte> garbage(64, std::byte{'x'});
    connection.send(garbage);
  });
  Channel channel(*loop_, endpoint(server.port()), recorder_);
  queue_transfers(channel, 1, 1, 1);
  ASSERT_TRUE(run_until([&] { return channel.state() == Channel::State::Closed; }));
  EXPECT_EQ(channel.error().code, ErrorCode::Protocol);
}

TEST_F(ChannelTest, forgets_its_requests_when_it_is_closed) {
  FakeServer server([](FakeConnection&, const FakeFrame&) {});
  Channel channel(*loop_, endpoint(server.port()), recorder_);
  queue_transfers(channel, 1, 1, 1);
  ASSERT_TRUE(run_until([&] { return !server.frames().empty(); }));
  channel.close();
  EXPECT_EQ(channel.state(), Channel::State::Closed);
  EXPECT_EQ(channel.in_flight(), 0u);
  EXPECT_TRUE(recorder_.losses.empty());
}

// A handler may close the channel while it is being told of an answer.
class ClosingHandler final : public ReplyHandler {
 public:
  void answered(u64, const protocol::Reply&) override {
    ++answers;
    channel->close();
  }
  void lost(u64, const Loss&) override { ++losses; }

  Channel* channel = nullptr;
  u32 answers = 0;
  u32 losses = 0;
};

TEST_F(ChannelTest, may_be_closed_by_its_handler) {
  u32 seen = 0;
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    protocol::ByteBuffer out;
    ledger::Request request = test::asked(frame);
    if (++seen < 2) return;
    for (const u64 number : {1u, 2u}) {
      request.number = number;
      protocol::encode_reply(request, out);
    }
    connection.send(out.bytes());
  });
  ClosingHandler handler;
  Channel channel(*loop_, endpoint(server.port()), handler);
  handler.channel = &channel;
  queue_transfers(channel, 1, 1, 1);
  queue_transfers(channel, 2, 2, 1);
  ASSERT_TRUE(run_until([&] { return channel.state() == Channel::State::Closed; }));
  EXPECT_EQ(handler.answers, 1u);
  EXPECT_EQ(handler.losses, 0u);
}

}  // namespace
}  // namespace florin::client
