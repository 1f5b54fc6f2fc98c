// What a client remembers of a server's log, and how it holds the next server to it.
#include <atomic>

#include <gtest/gtest.h>

#include "client/client.h"
#include "client/witness_keeper.h"
#include "tests/client/connecting.h"
#include "tests/client/replies.h"

namespace florin::client {
namespace {

using ledger::RefusalCode;
using protocol::RequestKind;
using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;
using Effect = ClientError::Effect;

constexpr u128 kChain = make_u128(7, 9);

TEST(WitnessKeeper, has_one_that_fits_every_server_when_nothing_was_seen) {
  const auto witnesses = WitnessKeeper().to_present();
  ASSERT_EQ(witnesses.size(), 1u);
  EXPECT_EQ(witnesses[0].position.value, 0u);
  EXPECT_EQ(witnesses[0].chain, 0u);
}

TEST(WitnessKeeper, keeps_the_highest_with_a_chain_and_the_highest_at_all) {
  WitnessKeeper keeper({Position{5}, kChain});
  keeper.saw({Position{3}, 1});
  ASSERT_EQ(keeper.to_present().size(), 1u);
  EXPECT_EQ(keeper.to_present()[0].position.value, 5u);
  EXPECT_EQ(keeper.to_present()[0].chain, kChain);

  keeper.saw({Position{8}, 0});
  keeper.saw({Position{6}, 0});
  ASSERT_EQ(keeper.to_present().size(), 2u);
  EXPECT_EQ(keeper.to_present()[0].position.value, 5u);
  EXPECT_EQ(keeper.to_present()[1].position.value, 8u);
  EXPECT_EQ(keeper.to_present()[1].chain, 0u);

  keeper.saw({Position{8}, 2});
  ASSERT_EQ(keeper.to_present().size(), 1u);
  EXPECT_EQ(keeper.to_present()[0].position.value, 8u);
  EXPECT_EQ(keeper.to_present()[0].chain, 2u);
}

TEST(WitnessKeeper, takes_the_newer_of_two_chains_at_one_position) {
  WitnessKeeper keeper({Position{5}, kChain});
  keeper.saw({Position{5}, 2});
  ASSERT_EQ(keeper.to_present().size(), 1u);
  EXPECT_EQ(keeper.to_present()[0].chain, 2u);
}

// A server whose log can be put back: it has events up to `durable`, and creates one a request.
struct Log {
  std::atomic<u64> durable{0};
  std::atomic<u64> presented{0};    // Witnesses.
  std::atomic<u64> created{0};      // Events.
  std::atomic<bool> closes{false};  // The connection after the next answer.
  std::atomic<u64> chain_presented{0};

  void answer_info(FakeConnection& connection, u64 number) const {
    protocol::ServerInfo info;
    info.durable_position = Position{durable};
    info.durable_chain = durable == 0 ? u128{0} : kChain;
    protocol::ByteBuffer out;
    protocol::encode_server_info(number, info, out);
    connection.send(out.bytes());
  }

  void serve(FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request;
    protocol::Witness witness;
    const auto kind = protocol::decode_request(
        std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request, &witness);
    ASSERT_TRUE(kind.has_value());
    if (kind == RequestKind::PresentWitness) {
      ++presented;
      if (witness.chain != 0) chain_presented = witness.position.value;
      if (witness.position.value <= durable) return answer_info(connection, frame.number);
      test::reply_error(connection, frame.number, RefusalCode::BehindWitness, "this log is behind");
      connection.close_soon();
      return;
    }
    if (kind != RequestKind::Ledger) return answer_info(connection, frame.number);
    request.number = frame.number;
    request.timestamp = {1000};
    durable += request.event_count;
    created += request.event_count;
    request.position = Position{durable};
    test::reply(connection, request);
    if (closes.exchange(false)) connection.close_soon();
  }
};

class Witnessed : public testing::Test {
 protected:
  Client connect(Witness witness = {}) {
    ClientOptions options = options_for(server);
    options.witness = witness;
    auto client = Client::connect(options, Random(kSeed));
    EXPECT_TRUE(client.has_value());
    return std::move(*client);
  }

  Log log;
  FakeServer server{
      [this](FakeConnection& connection, const FakeFrame& frame) { log.serve(connection, frame); },
      {.accepts_witnesses = false}};
};

TEST_F(Witnessed, presents_one_on_each_new_connection_and_only_then) {
  Client client = connect();
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  EXPECT_EQ(log.presented, 1u);
  log.closes = true;
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  EXPECT_EQ(log.presented, 2u);
  EXPECT_EQ(log.created, 12u);
}

TEST_F(Witnessed, refuses_a_server_that_lost_what_it_had_answered) {
  Client client = connect();
  log.closes = true;
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  log.durable = 2;  // Put back: it had answered position 3.
  const auto answer = client.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().refusal, RefusalCode::BehindWitness);
  EXPECT_NE(answer.error().message.find("this log is behind"), std::string::npos);
  EXPECT_EQ(log.created, 3u);
  // It does not forget: nor does asking again help, until the right server is back.
  EXPECT_FALSE(client.ping().has_value());
  log.durable = 3;
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
}

TEST_F(Witnessed, presents_a_chain_that_it_was_told) {
  Client client = connect();
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  const auto witness = client.witness();
  ASSERT_TRUE(witness.has_value());
  EXPECT_EQ(witness->position.value, 3u);
  EXPECT_EQ(witness->chain, kChain);
  EXPECT_EQ(log.chain_presented, 0u);
  log.closes = true;
  ASSERT_TRUE(client.create_transfers(three_transfers()).has_value());
  ASSERT_TRUE(client.ping().has_value());
  EXPECT_EQ(log.chain_presented, 3u);
  EXPECT_EQ(log.presented, 3u);  // Position 0; then 3 with its chain, and 6.
}

TEST_F(Witnessed, presents_the_one_it_was_given_before_anything_else) {
  log.durable = 4;
  Client ahead = connect({Position{5}, kChain});
  const auto refused = ahead.create_transfers(three_transfers());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().refusal, RefusalCode::BehindWitness);
  EXPECT_EQ(log.created, 0u);
  Client level = connect({Position{4}, kChain});
  EXPECT_TRUE(level.create_transfers(three_transfers()).has_value());
}

TEST(Witness, knows_when_a_lost_attempt_may_have_happened_before_the_refusal) {
  std::atomic<bool> went_away{false};
  FakeServer lossy(
      [&](FakeConnection& connection, const FakeFrame& frame) {
        ledger::Request request;
        protocol::Witness witness;
        const auto kind = protocol::decode_request(
            std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request, &witness);
        if (kind == RequestKind::Ledger) {
          went_away = true;
          connection.close_soon();
        } else if (went_away) {
          test::reply_error(connection, frame.number, RefusalCode::DiffersFromWitness, "another");
          connection.close_soon();
        } else {
          protocol::ByteBuffer out;
          protocol::encode_server_info(frame.number, {}, out);
          connection.send(out.bytes());
        }
      },
      {.accepts_witnesses = false});
  Client other = connected(lossy);
  const auto answer = other.create_transfers(three_transfers());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().refusal, RefusalCode::DiffersFromWitness);
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
}

TEST(Witness, is_not_asked_of_a_server_that_knows_none) {
  std::atomic<u32> unknown{0};
  FakeServer server(
      [&](FakeConnection& connection, const FakeFrame& frame) {
        ledger::Request request;
        const auto kind = protocol::decode_request(
            std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
        if (kind == RequestKind::Ledger) return test::reply_created(connection, frame);
        ++unknown;
        test::reply_error(connection, frame.number, RefusalCode::UnknownRequest, "kind 13");
      },
      {.accepts_witnesses = false});
  Client client = connected(server);
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
  EXPECT_TRUE(client.create_transfers(three_transfers()).has_value());
  EXPECT_EQ(unknown, 1u);
}

TEST_F(Witnessed, asks_for_a_snapshot) {
  log.durable = 6;
  Client client = connect();
  const auto info = client.take_snapshot();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->durable_position.value, 6u);
}

}  // namespace
}  // namespace florin::client
