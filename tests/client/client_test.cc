// The blocking client against a server that misbehaves: outcomes, deadlines, retries, and what is
// said about effects.
#include "client/client.h"

#include <array>
#include <atomic>

#include <gtest/gtest.h>

#include "tests/client/connecting.h"
#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::client {
namespace {

using ledger::RefusalCode;
using ledger::TransferOutcome;
using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;
using Effect = ClientError::Effect;

TEST(Client, tells_the_outcome_and_the_timestamp_of_each_event) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    EXPECT_EQ(request.trace_id, u128{9});
    request.timestamp = {1000};
    request.position = {55};
    const u32 refused = static_cast<u32>(TransferOutcome::ExceedsCredits);
    request.exceptions = {{.timestamp = 1001, .index = 1, .outcome = refused}};
    test::reply(connection, request);
  });
  Client client = connected(server);
  client.set_trace_id(9);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->position, Position{55});
  ASSERT_EQ(answer->results.size(), 3u);
  EXPECT_EQ(answer->results[0].outcome, TransferOutcome::Created);
  EXPECT_EQ(answer->results[0].timestamp, Timestamp{1000});
  EXPECT_EQ(answer->results[1].outcome, TransferOutcome::ExceedsCredits);
  EXPECT_EQ(answer->results[1].timestamp, Timestamp{1001});
  EXPECT_EQ(answer->results[2].timestamp, Timestamp{1002});
}

TEST(Client, creates_accounts) {
  FakeServer server(test::reply_created);
  Client client = connected(server);
  std::array<ledger::Account, 2> accounts{};
  const auto answer = client.create_accounts(accounts);
  ASSERT_TRUE(answer.has_value());
  ASSERT_EQ(answer->results.size(), 2u);
  EXPECT_EQ(answer->results[1].outcome, ledger::AccountOutcome::Created);
  EXPECT_EQ(answer->results[1].timestamp, Timestamp{1001});
}

TEST(Client, gives_a_missing_account_its_place) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    request.accounts.resize(2);
    request.accounts[1].id = request.ids()[1];
    test::reply(connection, request);
  });
  Client client = connected(server);
  const auto answer = client.lookup_accounts(std::array<u128, 2>{5, 6});
  ASSERT_TRUE(answer.has_value());
  ASSERT_EQ(answer->accounts.size(), 2u);
  EXPECT_FALSE(answer->accounts[0].has_value());
  ASSERT_TRUE(answer->accounts[1].has_value());
  EXPECT_EQ(answer->accounts[1]->id, u128{6});
}

TEST(Client, tells_a_refused_transfer_from_an_unknown_one) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    request.transfers.resize(3);
    request.transfers[0].id = 5;
    request.transfer_statuses.resize(3);
    request.transfer_statuses[0] = {.remaining = 4,
                                    .expires_at = 5,
                                    .outcome = static_cast<u8>(TransferOutcome::Created),
                                    .pending_status = 1,
                                    .reversed = 1,
                                    .reserved = {}};
    request.transfer_statuses[1].outcome = static_cast<u8>(TransferOutcome::ExceedsCredits);
    test::reply(connection, request);
  });
  Client client = connected(server);
  const auto answer = client.lookup_transfers(std::array<u128, 3>{5, 6, 7});
  ASSERT_TRUE(answer.has_value());
  ASSERT_EQ(answer->transfers.size(), 3u);
  EXPECT_TRUE(answer->transfers[0].transfer.has_value());
  EXPECT_EQ(answer->transfers[0].outcome(), TransferOutcome::Created);
  EXPECT_EQ(answer->transfers[0].status.remaining, 4u);
  EXPECT_EQ(answer->transfers[0].status.expires_at, 5u);
  EXPECT_EQ(answer->transfers[0].status.pending_status, 1u);
  EXPECT_EQ(answer->transfers[0].status.reversed, 1u);
  EXPECT_EQ(answer->transfers[1].outcome(), TransferOutcome::ExceedsCredits);
  EXPECT_FALSE(answer->transfers[1].transfer.has_value());
  EXPECT_EQ(answer->transfers[2].outcome(), TransferOutcome::Undecided);
}

TEST(Client, reads_the_trial_balance_and_the_server_info) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request;
    const auto kind = protocol::decode_request(
        std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
    if (kind == protocol::RequestKind::Ping) {
      protocol::ServerInfo info;
      info.version = "1.2.3";
      protocol::ByteBuffer out;
      protocol::encode_server_info(frame.number, info, out);
      return connection.send(out.bytes());
    }
    request.number = frame.number;
    request.totals.resize(1);
    request.totals[0].ledger = request.trial_balance_filter.ledger_min;
    request.more = true;
    test::reply(connection, request);
  });
  Client client = connected(server);
  const auto balance = client.get_trial_balance({.ledger_min = 3, .limit = 1});
  ASSERT_TRUE(balance.has_value());
  ASSERT_EQ(balance->lines.size(), 1u);
  EXPECT_EQ(balance->lines[0].ledger, 3u);
  EXPECT_TRUE(balance->more);
  const auto info = client.ping();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->version, "1.2.3");
}

TEST(Client, does_not_know_when_no_answer_came_by_the_deadline) {
  FakeServer server([](FakeConnection&, const FakeFrame&) {});
  Client client = connected(server, kShort);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
}

TEST(Client, is_usable_after_a_deadline_passed) {
  std::atomic<u32> requests{0};
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    if (requests++ > 0) test::reply_created(connection, frame);
  });
  Client client = connected(server, kShort);
  EXPECT_FALSE(client.create_transfers(three_transfers()).has_value());
  client.set_deadline(kPatience);
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
}

TEST(Client, a_read_without_an_answer_did_not_happen) {
  FakeServer server([](FakeConnection&, const FakeFrame&) {});
  Client client = connected(server, kShort);
  const auto answer = client.lookup_accounts(std::array<u128, 1>{5});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::DidNotHappen);
}

TEST(Client, a_refused_request_did_not_happen) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    test::reply_error(connection, frame.number, RefusalCode::Capacity, "the ledger is full");
  });
  Client client = connected(server);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::DidNotHappen);
  EXPECT_EQ(answer.error().code, ErrorCode::Refused);
  EXPECT_EQ(answer.error().refusal, RefusalCode::Capacity);
  EXPECT_NE(answer.error().message.find("the ledger is full"), std::string::npos);
  EXPECT_EQ(server.frames().size(), 1u);
}

TEST(Client, a_server_that_stays_busy_did_not_do_it) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    test::reply_error(connection, frame.number, RefusalCode::Busy, "busy");
  });
  Client client = connected(server, kShort);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::DidNotHappen);
  EXPECT_EQ(answer.error().refusal, RefusalCode::Busy);
  EXPECT_GT(server.frames().size(), 1u);
}

// How a first attempt may fail so that the client has to send the same bytes again.
struct FirstAttempt {
  const char* name;
  void (*fail)(FakeConnection&, const FakeFrame&);
};

class Retries : public testing::TestWithParam<FirstAttempt> {};

TEST_P(Retries, send_the_same_bytes_again) {
  std::atomic<u32> requests{0};
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    if (requests++ < 2) return GetParam().fail(connection, frame);
    test::reply_created(connection, frame);
  });
  Client client = connected(server);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->results[2].timestamp, Timestamp{1002});
  const auto frames = server.frames();
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].bytes, frames[1].bytes);
  EXPECT_EQ(frames[0].bytes, frames[2].bytes);
}

INSTANTIATE_TEST_SUITE_P(
    After, Retries,
    testing::Values(FirstAttempt{"a_close", [](FakeConnection& connection,
                                               const FakeFrame&) { connection.close_soon(); }},
                    FirstAttempt{"half_a_reply",
                                 [](FakeConnection& connection, const FakeFrame& frame) {
                                   protocol::ByteBuffer out;
                                   protocol::encode_error(frame.number, RefusalCode::Busy,
                                                          "half of this arrives", out);
                                   connection.send(out.bytes().first(out.size() / 2));
                                   connection.close_soon();
                                 }},
                    FirstAttempt{"busy",
                                 [](FakeConnection& connection, const FakeFrame& frame) {
                                   test::reply_error(connection, frame.number, RefusalCode::Busy,
                                                     "busy");
                                 }},
                    FirstAttempt{"a_shutdown",
                                 [](FakeConnection& connection, const FakeFrame& frame) {
                                   test::reply_error(connection, frame.number,
                                                     RefusalCode::ShuttingDown, "stopping");
                                   connection.close_soon();
                                 }},
                    FirstAttempt{"a_damaged_request",
                                 [](FakeConnection& connection, const FakeFrame&) {
                                   test::reply_error(connection, 0, RefusalCode::BadChecksum,
                                                     "damaged on the way");
                                   connection.close_soon();
                                 }}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(Client, does_not_know_when_a_lost_attempt_is_followed_by_a_refusal) {
  std::atomic<u32> requests{0};
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    if (requests++ == 0) return connection.close_soon();
    test::reply_error(connection, frame.number, RefusalCode::NoSpace, "the disk is full");
  });
  Client client = connected(server);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
  EXPECT_EQ(answer.error().refusal, RefusalCode::NoSpace);
}

TEST(Client, does_not_know_when_the_server_goes_away_for_good) {
  FakeServer server([](FakeConnection& connection, const FakeFrame&) { connection.close_soon(); },
                    {.accepts_again = false});
  Client client = connected(server, kShort);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
  EXPECT_EQ(answer.error().code, ErrorCode::Timeout);
}

TEST(Client, survives_a_restart_while_it_was_idle) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    test::reply_created(connection, frame);
    if (connection.number() == 0) connection.close_soon();
  });
  Client client = connected(server);
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
  EXPECT_EQ(server.frames().size(), 2u);
}

TEST(Client, waits_until_the_server_has_room_for_its_connection) {
  FakeServer server(test::reply_created, {}, [](FakeConnection& connection) {
    if (connection.number() >= 2) return;
    test::reply_error(connection, 0, RefusalCode::TooManyConnections, "full");
    connection.close_soon();
  });
  Client client = connected(server);
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
}

TEST(Client, does_not_trust_a_damaged_reply) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    protocol::ByteBuffer out;
    protocol::encode_error(frame.number, RefusalCode::Busy, "busy", out);
    out.data()[out.size() - 1] ^= std::byte{1};
    connection.send(out.bytes());
  });
  Client client = connected(server);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
  EXPECT_EQ(answer.error().code, ErrorCode::Protocol);
}

TEST(Client, does_not_trust_a_reply_of_another_kind) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request;
    request.operation = ledger::Operation::CreateTransfers;
    request.number = frame.number;
    request.event_count = 2;
    test::reply(connection, request);
  });
  Client client = connected(server);
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
  EXPECT_EQ(answer.error().code, ErrorCode::Protocol);
}

TEST(Client, refuses_more_events_than_fit_without_sending_them) {
  FakeServer server(test::reply_created);
  Client client = connected(server);
  const std::vector<ledger::Transfer> transfers(ledger::kRequestEventsMax + 1);
  const auto answer = client.create_transfers(transfers);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::DidNotHappen);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(server.frames().empty());
}

TEST(Client, finds_the_server_by_name_among_several_addresses) {
  FakeServer server(test::reply_created);
  ClientOptions options = options_for(server);
  options.host = "localhost";
  auto client = Client::connect(options, Random(kSeed));
  ASSERT_TRUE(client.has_value()) << client.error().message;
  EXPECT_TRUE(client->create_transfers(three_transfers()).has_value());
}

TEST(Client, says_where_nobody_listens) {
  u16 port = 0;
  {
    FakeServer server(test::reply_created);
    port = server.port();
  }
  ClientOptions options;
  options.port = port;
  options.connect_deadline = kShort;
  const auto client = Client::connect(options, Random(kSeed));
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().effect, Effect::DidNotHappen);
  EXPECT_EQ(client.error().code, ErrorCode::Disconnected);
  EXPECT_NE(client.error().message.find(std::to_string(port)), std::string::npos);
}

}  // namespace
}  // namespace florin::client
