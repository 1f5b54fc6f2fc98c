// What happens beside a load: a snapshot is asked for at its time and awaited, its failures are
// told, and the timeline reaches its file.
#include "bench/load_observation.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/client/fake_server.h"
#include "tests/client/replies.h"
#include "tests/storage/scratch.h"

namespace florin::bench {
namespace {

using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;

// A server that answers what is asked of its snapshots: `tell` changes what it says of itself,
// given how many questions came before.
class SnapshotServer {
 public:
  using Tell = std::function<void(u32 before, protocol::ServerInfo& info)>;

  explicit SnapshotServer(Tell tell)
      : tell_(std::move(tell)), server_([this](FakeConnection& connection, const FakeFrame& frame) {
          answer(connection, frame);
        }) {}

  client::Endpoint endpoint() const {
    return client::resolve("127.0.0.1", server_.port())->front();
  }
  bool was_asked() const { return asked_; }

 private:
  void answer(FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request;
    const auto kind = protocol::decode_request(
        std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
    ASSERT_TRUE(kind.has_value());
    // The first question is for the snapshot, all others are how far it is.
    EXPECT_EQ(*kind, asked_ ? protocol::RequestKind::Ping : protocol::RequestKind::TakeSnapshot);
    asked_ = true;
    protocol::ServerInfo info;
    info.durable_position = Position{50};
    tell_(questions_++, info);
    protocol::ByteBuffer out;
    protocol::encode_server_info(frame.number, info, out);
    connection.send(out.bytes());
  }

  Tell tell_;
  bool asked_ = false;
  u32 questions_ = 0;
  FakeServer server_;
};

LoadOptions with_snapshot(double at) {
  LoadOptions options;
  options.snapshot_at = at;
  return options;
}

constexpr u64 kBeginNs = 1000;

TEST(LoadObservation, waits_until_the_snapshot_has_what_was_durable_when_it_was_asked_for) {
  SnapshotServer server([](u32 before, protocol::ServerInfo& info) {
    info.snapshot_position = Position{before < 3 ? u64{49} : u64{50}};
  });
  const auto loop = std::move(*client::Loop::open());
  const LoadOptions options = with_snapshot(0.5);
  LoadObservation observation(options, *loop, server.endpoint());
  const u64 now_ns = SystemClock().monotonic_ns();
  observation.begun(now_ns - 500'000'000);
  ASSERT_TRUE(observation.step(now_ns - 1).has_value());
  loop->run_once(0);
  EXPECT_FALSE(server.was_asked());
  ASSERT_TRUE(observation.step(now_ns).has_value());
  const Status finished = observation.finish();
  ASSERT_TRUE(finished.has_value()) << finished.error().message;
  EXPECT_GT(*observation.snapshot_ns(), 0u);
  EXPECT_LT(*observation.snapshot_ns(), u64{60'000'000'000});
}

TEST(LoadObservation, tells_when_the_snapshot_failed) {
  SnapshotServer server(
      [](u32 before, protocol::ServerInfo& info) { info.snapshot_failures = before < 2 ? 7 : 8; });
  const auto loop = std::move(*client::Loop::open());
  const LoadOptions options = with_snapshot(0);
  LoadObservation observation(options, *loop, server.endpoint());
  const u64 now_ns = SystemClock().monotonic_ns();
  observation.begun(now_ns);
  ASSERT_TRUE(observation.step(now_ns).has_value());
  const Status finished = observation.finish();
  ASSERT_FALSE(finished.has_value());
  EXPECT_NE(finished.error().message.find("could not write the snapshot"), std::string::npos);
}

TEST(LoadObservation, tells_when_the_load_ended_before_the_snapshot) {
  SnapshotServer server([](u32, protocol::ServerInfo&) {});
  const auto loop = std::move(*client::Loop::open());
  const LoadOptions options = with_snapshot(5);
  LoadObservation observation(options, *loop, server.endpoint());
  observation.begun(kBeginNs);
  ASSERT_TRUE(observation.step(kBeginNs + 4'000'000'000).has_value());
  const Status finished = observation.finish();
  ASSERT_FALSE(finished.has_value());
  EXPECT_NE(finished.error().message.find("at 5 s"), std::string::npos);
}

TEST(LoadObservation, writes_the_timeline_to_its_file) {
  const storage::ScratchDirectory directory;
  const auto loop = std::move(*client::Loop::open());
  LoadOptions options;
  options.timeline = directory / "timeline.csv";
  LoadObservation observation(options, *loop, client::Endpoint{});
  observation.begun(kBeginNs);
  observation.answered(kBeginNs + 3'000'000, 2'000'000, 8);
  ASSERT_TRUE(observation.finish().has_value());
  std::ifstream file(options.timeline);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_NE(text.find("\n0,8,1,2000.0,2000.0,2000.0,\n"), std::string::npos) << text;
  options.timeline = directory / "nowhere/timeline.csv";
  EXPECT_FALSE(observation.finish().has_value());
}

}  // namespace
}  // namespace florin::bench
