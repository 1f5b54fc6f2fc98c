// Replies from the server's encoder to a client's decoder.
#include <gtest/gtest.h>

#include "base/random.h"
#include "protocol/messages.h"
#include "tests/protocol/frames.h"

namespace florin::protocol {
namespace {

using ledger::Operation;
using ledger::RefusalCode;

Reply expect_reply(ByteBuffer& buffer) {
  const auto reply = decode_reply(body_of(buffer));
  EXPECT_TRUE(reply.has_value()) << reply.error().message;
  return *reply;
}

TEST(ReplyMessages, write_replies_carry_their_exceptions) {
  ledger::Request request;
  request.operation = Operation::CreateTransfers;
  request.number = 42;
  request.event_count = 7;
  request.position = Position{1000};
  request.timestamp = Timestamp{5'000'000};
  ByteBuffer buffer;
  encode_reply(request, buffer);
  EXPECT_EQ(header_of(buffer.bytes()).request_number, 42u);
  Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Write);
  EXPECT_TRUE(reply.exceptions.empty());

  request.exceptions = {{.timestamp = 1, .index = 2, .outcome = 3},
                        {.timestamp = 4, .index = 5, .outcome = 6}};
  buffer.clear();
  encode_reply(request, buffer);
  reply = expect_reply(buffer);
  EXPECT_EQ(reply.operation, Operation::CreateTransfers);
  EXPECT_EQ(reply.position.value, 1000u);
  EXPECT_EQ(reply.timestamp.ns, 5'000'000u);
  EXPECT_EQ(reply.event_count, 7u);
  ASSERT_EQ(reply.exceptions.size(), 2u);
  EXPECT_EQ(reply.exceptions[1].timestamp, 4u);
  EXPECT_EQ(reply.exceptions[1].index, 5u);
  EXPECT_EQ(reply.exceptions[1].outcome, 6u);
}

TEST(ReplyMessages, lookups_carry_their_objects) {
  ledger::Request request;
  request.operation = Operation::LookupAccounts;
  request.position = Position{3};
  request.accounts.resize(2);
  request.accounts[1].id = make_u128(8, 9);
  ByteBuffer buffer;
  encode_reply(request, buffer);
  Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Accounts);
  EXPECT_EQ(reply.position.value, 3u);
  ASSERT_EQ(reply.accounts.size(), 2u);
  EXPECT_EQ(reply.accounts[0].id, 0u);
  EXPECT_EQ(reply.accounts[1].id, make_u128(8, 9));

  request.operation = Operation::LookupTransfers;
  request.transfers = transfers(3);
  request.transfer_outcomes = {1, 0, 39};
  buffer.clear();
  encode_reply(request, buffer);
  reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Transfers);
  ASSERT_EQ(reply.transfers.size(), 3u);
  EXPECT_EQ(reply.transfers[2].id, request.transfers[2].id);
  ASSERT_EQ(reply.transfer_outcomes.size(), 3u);
  EXPECT_EQ(reply.transfer_outcomes[2], 39u);
}

TEST(ReplyMessages, trial_balances_carry_their_lines) {
  ledger::Request request;
  request.operation = Operation::GetTrialBalance;
  request.totals.resize(3);
  request.totals[2].ledger = 978;
  request.totals[2].credits_posted.add(kU128Max);
  request.more_totals = true;
  ByteBuffer buffer;
  encode_reply(request, buffer);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::TrialBalance);
  EXPECT_TRUE(reply.more_totals);
  ASSERT_EQ(reply.totals.size(), 3u);
  EXPECT_EQ(reply.totals[2].ledger, 978u);
  EXPECT_EQ(reply.totals[2].credits_posted, request.totals[2].credits_posted);
}

TEST(ReplyMessages, the_largest_replies_fit_their_maximum) {
  ledger::Request request;
  request.operation = Operation::LookupTransfers;
  request.transfers.resize(ledger::kRequestEventsMax);
  request.transfer_outcomes.resize(ledger::kRequestEventsMax);
  ByteBuffer buffer;
  encode_reply(request, buffer);
  EXPECT_LE(buffer.size(), kReplyFrameBytesMax);
  EXPECT_EQ(expect_reply(buffer).transfers.size(), ledger::kRequestEventsMax);

  request.operation = Operation::GetTrialBalance;
  request.totals.resize(ledger::kTrialBalanceLinesMax);
  buffer.clear();
  encode_reply(request, buffer);
  EXPECT_LE(buffer.size(), kReplyFrameBytesMax);

  request.operation = Operation::CreateAccounts;
  request.exceptions.resize(ledger::kRequestEventsMax);
  buffer.clear();
  encode_reply(request, buffer);
  EXPECT_LE(buffer.size(), kReplyFrameBytesMax);
  EXPECT_EQ(expect_reply(buffer).exceptions.size(), ledger::kRequestEventsMax);
}

TEST(ReplyMessages, refusals_travel_with_code_and_message) {
  ledger::Request request;
  request.number = 6;
  request.refusal = RefusalCode::Capacity;
  request.refusal_message = "the ledger holds 10 accounts at most";
  ByteBuffer buffer;
  encode_reply(request, buffer);
  EXPECT_EQ(header_of(buffer.bytes()).request_number, 6u);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Error);
  EXPECT_EQ(reply.refusal, RefusalCode::Capacity);
  EXPECT_EQ(reply.refusal_message, request.refusal_message);
}

TEST(ReplyMessages, server_info_arrives_whole) {
  ServerInfo info;
  info.version = "0.1.0";
  info.partitions = 4;
  info.workers = 2;
  info.mode = "auto";
  info.threads = {"net 0", "ledger", ""};
  info.accounts = 1;
  info.accounts_max = 2;
  info.transfers = 3;
  info.transfers_max = 4;
  info.request_events_max = 5;
  info.frame_bytes_max = 6;
  info.durable_position = Position{7};
  info.ledger_id = make_u128(8, 9);
  info.storage = "io_uring";
  info.memory_bytes_planned = 10;
  info.start_time = Timestamp{11};
  ByteBuffer buffer;
  encode_server_info(3, info, buffer);
  const ServerInfo got = expect_reply(buffer).server_info;
  EXPECT_EQ(got.version, info.version);
  EXPECT_EQ(got.protocol_version, kProtocolVersion);
  EXPECT_EQ(got.partitions, 4u);
  EXPECT_EQ(got.workers, 2u);
  EXPECT_EQ(got.mode, "auto");
  EXPECT_EQ(got.threads, info.threads);
  EXPECT_EQ(got.accounts, 1u);
  EXPECT_EQ(got.accounts_max, 2u);
  EXPECT_EQ(got.transfers, 3u);
  EXPECT_EQ(got.transfers_max, 4u);
  EXPECT_EQ(got.request_events_max, 5u);
  EXPECT_EQ(got.frame_bytes_max, 6u);
  EXPECT_EQ(got.durable_position.value, 7u);
  EXPECT_EQ(got.ledger_id, make_u128(8, 9));
  EXPECT_EQ(got.storage, "io_uring");
  EXPECT_EQ(got.memory_bytes_planned, 10u);
  EXPECT_EQ(got.start_time.ns, 11u);
}

TEST(ReplyMessages, frames_follow_each_other_in_one_buffer) {
  ByteBuffer buffer;
  encode_error(1, RefusalCode::Busy, "x", buffer);
  const usize second = buffer.size();
  ledger::Request request;
  request.number = 2;
  encode_reply(request, buffer);
  const auto first_header = header_of(buffer.bytes());
  EXPECT_EQ(frame_bytes(first_header), second);
  EXPECT_EQ(header_of(buffer.bytes().subspan(second)).request_number, 2u);
  EXPECT_TRUE(verify_frame(buffer.bytes().first(second)));
  EXPECT_TRUE(verify_frame(buffer.bytes().subspan(second)));
}

TEST(ReplyMessages, damaged_replies_are_errors_and_never_lead_outside) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  ServerInfo info;
  info.threads = {"a", "bb"};
  u64 failed = 0;
  for (u32 round = 0; round < 10'000; ++round) {
    ByteBuffer buffer;
    encode_server_info(1, info, buffer);
    auto body = buffer.bytes().subspan(kFrameHeaderBytes);
    for (u64 i = random.between(1, 4); i > 0; --i) {
      body[random.below(body.size())] = static_cast<std::byte>(random.next());
    }
    const auto reply = decode_reply(body);
    if (!reply) {
      ++failed;
      EXPECT_EQ(reply.error().code, ErrorCode::Protocol);
    }
  }
  EXPECT_GT(failed, 500u);
}

}  // namespace
}  // namespace florin::protocol
