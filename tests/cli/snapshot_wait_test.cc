// Waiting for a snapshot, at a server that takes as many looks as a test wants.
#include "cli/snapshot_wait.h"

#include <atomic>

#include <gtest/gtest.h>

#include "tests/client/connecting.h"
#include "tests/client/fake_server.h"

namespace florin::cli {
namespace {

using protocol::RequestKind;
using protocol::ServerInfo;

// What a server at position 10 says at each look, counted from 0; that one is the request itself.
using Says = std::function<void(u32 look, ServerInfo& info)>;

class SnapshotWait : public ::testing::Test {
 protected:
  tl::expected<ServerInfo, RunFailure> wait(const Says& says) {
    test::FakeServer server([&](test::FakeConnection& connection, const test::FakeFrame& frame) {
      ledger::Request request;
      const auto kind = protocol::decode_request(
          std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
      if (kind == RequestKind::TakeSnapshot) ++asked;
      ServerInfo info;
      info.durable_position = Position{10};
      says(looks++, info);
      protocol::ByteBuffer out;
      protocol::encode_server_info(frame.number, info, out);
      connection.send(out.bytes());
    });
    client::Client client = client::connected(server);
    return wait_for_snapshot(client, [this](Position wanted, u64) {
      EXPECT_EQ(wanted.value, 10u);
      ++reports;
    });
  }

  std::atomic<u32> looks{0};
  std::atomic<u32> asked{0};
  u32 reports = 0;
};

TEST_F(SnapshotWait, is_over_at_once_when_nothing_is_new) {
  const auto info = wait([](u32, ServerInfo& said) { said.snapshot_position = Position{10}; });
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(looks, 1u);
  EXPECT_EQ(reports, 0u);
}

TEST_F(SnapshotWait, is_over_when_what_was_there_is_in_it) {
  const auto info = wait([](u32 look, ServerInfo& said) {
    said.durable_position = Position{10 + look};
    said.snapshot_under_way = look < 4;
    said.snapshot_position = Position{look < 2 ? 0U : look < 4 ? 9U : 11U};
  });
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->snapshot_position.value, 11u);
  EXPECT_EQ(looks, 5u);
  EXPECT_EQ(asked, 1u);
  EXPECT_EQ(reports, 4u);
}

TEST_F(SnapshotWait, tells_of_a_failure) {
  const auto info = wait([](u32 look, ServerInfo& said) {
    said.snapshot_failures = look < 2 ? 3 : 4;
    said.snapshot_position = Position{7};
  });
  ASSERT_FALSE(info.has_value());
  EXPECT_EQ(info.error().failure.code, "snapshot_failed");
  EXPECT_NE(info.error().failure.message.find("position 7"), std::string::npos);
  EXPECT_FALSE(info.error().connection_lost);
}

// One that was under way when it was asked was of an earlier position.
TEST_F(SnapshotWait, asks_again_when_nothing_begins) {
  const auto info = wait(
      [this](u32, ServerInfo& said) { said.snapshot_position = Position{asked < 2 ? 9U : 10U}; });
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(asked, 2u);
}

}  // namespace
}  // namespace florin::cli
