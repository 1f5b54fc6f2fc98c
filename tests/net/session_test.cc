// The protocol of one connection, driven byte by byte without a socket.
#include "net/session.h"

#include <algorithm>
#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/net/fake_ledger.h"

namespace florin::net {
namespace {

using ledger::RefusalCode;
using protocol::ByteBuffer;
using protocol::ReplyKind;

// What a client saw of a reply; the spans of a decoded one do not outlive its bytes.
struct SeenReply {
  u64 number = 0;
  ReplyKind kind = ReplyKind::Error;
  u64 position = 0;
  usize exceptions = 0;
  usize accounts = 0;
  usize balances = 0;
  RefusalCode refusal = RefusalCode::None;
  std::string message;
};

class SessionTest : public testing::Test {
 protected:
  explicit SessionTest(SessionLimits limits = {})
      : memory(limits.frame_bytes_max),
        context{.memory = memory, .queue = queue, .channel = 3, .limits = limits, .voice = voice()},
        session(context, this) {}

  ServerVoice voice() {
    return {.server_info =
                [] {
                  protocol::ServerInfo info;
                  info.version = "test";
                  return info;
                },
            .take_snapshot = [this] { ++snapshots_asked; },
            .check_witness =
                [this](const protocol::Witness& witness) -> std::optional<protocol::Refusal> {
              witnesses.push_back(witness);
              if (witness.position.value <= kDurable) return std::nullopt;
              return protocol::Refusal{RefusalCode::BehindWitness, "behind"};
            }};
  }

  // Gives the session as much of the bytes as it wants, in pieces of at most `piece_bytes`; returns
  // how much it took.
  usize feed(std::span<const std::byte> bytes, usize piece_bytes = ~usize{0}) {
    usize taken = 0;
    while (taken < bytes.size() && session.wants_read()) {
      const auto space = session.receive_space();
      EXPECT_GT(space.size(), 0u);
      const usize piece = std::min({space.size(), bytes.size() - taken, piece_bytes});
      std::memcpy(space.data(), bytes.data() + taken, piece);
      session.received(piece);
      taken += piece;
    }
    return taken;
  }

  // Answers what was submitted; returns how many.
  usize answer_all() {
    usize count = 0;
    while (ledger::Request* request = queue.take()) {
      EXPECT_EQ(request->owner, this);
      answer(*request);
      session.deliver(request);
      ++count;
    }
    return count;
  }

  // Reads at most `bytes` of the output and returns the replies that are whole by then.
  std::vector<SeenReply> read(usize bytes = ~usize{0}) {
    const auto output = session.output();
    const usize taken = std::min(bytes, output.size());
    inbox.append(output.first(taken));
    session.sent(taken);
    std::vector<SeenReply> replies;
    while (inbox.size() - inbox_read >= protocol::kFrameHeaderBytes) {
      const auto rest = inbox.bytes().subspan(inbox_read);
      const auto header = protocol::parse_header(rest.first<protocol::kFrameHeaderBytes>(),
                                                 protocol::kReplyFrameBytesMax);
      EXPECT_TRUE(header.has_value());
      if (!header || protocol::frame_bytes(*header) > rest.size()) break;
      replies.push_back(decode(*header, rest.first(protocol::frame_bytes(*header))));
      inbox_read += protocol::frame_bytes(*header);
    }
    return replies;
  }

  SeenReply decode(const protocol::FrameHeader& header, std::span<std::byte> frame) {
    EXPECT_TRUE(protocol::verify_frame(frame));
    const auto reply = protocol::decode_reply(frame.subspan(protocol::kFrameHeaderBytes));
    EXPECT_TRUE(reply.has_value());
    return {.number = header.request_number,
            .kind = reply->kind,
            .position = reply->position.value,
            .exceptions = reply->exceptions.size(),
            .accounts = reply->accounts.size(),
            .balances = reply->balances.size(),
            .refusal = reply->refusal,
            .message = reply->refusal_message};
  }

  SeenReply only_reply() {
    const auto replies = read();
    EXPECT_EQ(replies.size(), 1u);
    return replies.empty() ? SeenReply{} : replies.front();
  }

  static void append_transfers(u64 number, u32 count, ByteBuffer& out) {
    protocol::encode_create_transfers({.number = number, .trace_id = number * 10},
                                      numbered_transfers(count), out);
  }

  static constexpr u64 kDurable = 100;
  u32 snapshots_asked = 0;
  std::vector<protocol::Witness> witnesses;
  FakeQueue queue;
  SessionMemory memory;
  SessionContext context;
  Session session;
  ByteBuffer inbox;
  usize inbox_read = 0;
};

TEST_F(SessionTest, answers_a_request_with_its_number) {
  ByteBuffer bytes;
  append_transfers(5, 4, bytes);
  EXPECT_EQ(feed(bytes.bytes()), bytes.size());
  ASSERT_EQ(queue.waiting(), 1u);
  EXPECT_EQ(session.requests_in_flight(), 1u);
  EXPECT_EQ(answer_all(), 1u);
  const SeenReply reply = only_reply();
  EXPECT_EQ(reply.kind, ReplyKind::Write);
  EXPECT_EQ(reply.number, 5u);
  EXPECT_EQ(reply.position, 50u);
  EXPECT_EQ(reply.exceptions, 2u);
  EXPECT_EQ(session.requests_in_flight(), 0u);
  EXPECT_FALSE(session.finished());
}

TEST_F(SessionTest, frames_may_be_split_at_every_byte) {
  ByteBuffer bytes;
  append_transfers(1, 2, bytes);
  append_transfers(2, 3, bytes);
  for (usize split = 0; split <= bytes.size(); ++split) {
    ASSERT_EQ(feed(bytes.bytes().first(split)), split);
    ASSERT_EQ(feed(bytes.bytes().subspan(split)), bytes.size() - split);
    ASSERT_EQ(answer_all(), 2u) << "split at " << split;
    ASSERT_EQ(read().size(), 2u);
  }
}

TEST_F(SessionTest, frames_may_come_one_byte_at_a_time) {
  ByteBuffer bytes;
  append_transfers(1, 300, bytes);
  append_transfers(2, 1, bytes);
  EXPECT_EQ(feed(bytes.bytes(), 1), bytes.size());
  EXPECT_EQ(answer_all(), 2u);
  EXPECT_EQ(read().size(), 2u);
}

TEST_F(SessionTest, ping_is_answered_at_once_and_overtakes) {
  ByteBuffer bytes;
  append_transfers(1, 1, bytes);
  protocol::encode_ping({.number = 2}, bytes);
  feed(bytes.bytes());
  const SeenReply reply = only_reply();
  EXPECT_EQ(reply.kind, ReplyKind::ServerInfo);
  EXPECT_EQ(reply.number, 2u);
  EXPECT_EQ(answer_all(), 1u);
}

TEST_F(SessionTest, a_snapshot_is_asked_for_at_once) {
  ByteBuffer bytes;
  protocol::encode_take_snapshot({.number = 3}, bytes);
  feed(bytes.bytes());
  const SeenReply reply = only_reply();
  EXPECT_EQ(reply.kind, ReplyKind::ServerInfo);
  EXPECT_EQ(reply.number, 3u);
  EXPECT_EQ(snapshots_asked, 1u);
}

TEST_F(SessionTest, a_witness_that_the_server_has_is_answered_and_the_session_goes_on) {
  ByteBuffer bytes;
  protocol::encode_present_witness({.number = 3}, {Position{kDurable}, make_u128(5, 6)}, bytes);
  append_transfers(4, 1, bytes);
  feed(bytes.bytes());
  EXPECT_EQ(only_reply().kind, ReplyKind::ServerInfo);
  ASSERT_EQ(witnesses.size(), 1u);
  EXPECT_EQ(witnesses[0].position.value, kDurable);
  EXPECT_TRUE(witnesses[0].chain == make_u128(5, 6));
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(only_reply().number, 4u);
  EXPECT_FALSE(session.finished());
}

TEST_F(SessionTest, a_refused_witness_is_the_last_thing_that_is_answered) {
  ByteBuffer bytes;
  append_transfers(1, 1, bytes);
  protocol::encode_present_witness({.number = 2}, {Position{kDurable + 1}, 0}, bytes);
  append_transfers(3, 1, bytes);
  protocol::encode_ping({.number = 4}, bytes);
  feed(bytes.bytes());
  const SeenReply reply = only_reply();
  EXPECT_EQ(reply.number, 2u);
  EXPECT_EQ(reply.refusal, RefusalCode::BehindWitness);
  EXPECT_EQ(reply.message, "behind");
  EXPECT_FALSE(session.wants_read());
  EXPECT_FALSE(session.finished());  // The first request is still the ledger's.
  EXPECT_EQ(answer_all(), 1u);       // The third was never taken.
  EXPECT_TRUE(read().empty());
  EXPECT_TRUE(session.finished());
}

TEST_F(SessionTest, what_a_server_does_not_offer_is_an_unknown_request) {
  context.voice.take_snapshot = {};
  context.voice.check_witness = {};
  ByteBuffer bytes;
  protocol::encode_take_snapshot({.number = 1}, bytes);
  protocol::encode_present_witness({.number = 2}, {}, bytes);
  protocol::encode_ping({.number = 3}, bytes);
  feed(bytes.bytes());
  const auto replies = read();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].refusal, RefusalCode::UnknownRequest);
  EXPECT_EQ(replies[1].refusal, RefusalCode::UnknownRequest);
  EXPECT_EQ(replies[2].kind, ReplyKind::ServerInfo);
}

TEST_F(SessionTest, events_stay_in_place_until_they_are_answered) {
  ByteBuffer bytes;
  for (u64 number = 1; number <= 200; ++number) append_transfers(number, 7, bytes);
  ASSERT_EQ(feed(bytes.bytes()), bytes.size());
  ASSERT_EQ(queue.waiting(), 200u);
  const auto expected = numbered_transfers(7);
  EXPECT_GT(memory.chunks_in_use(), 1u);
  for (u64 number = 1; number <= 200; ++number) {
    ledger::Request* const request = queue.take();
    ASSERT_EQ(request->number, number);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(request->events) % 16, 0u);
    ASSERT_EQ(std::memcmp(request->events, expected.data(), 7 * sizeof(ledger::Transfer)), 0);
    session.deliver(request);
  }
  EXPECT_EQ(memory.chunks_in_use(), 1u);
}

TEST_F(SessionTest, conditions_stay_in_place_until_they_are_answered) {
  const ledger::Condition condition = {.minimum = 7,
                                       .maximum = 0,
                                       .index = 1,
                                       .side = 2,
                                       .bounds = ledger::Condition::kAtLeast,
                                       .reserved = 0};
  ByteBuffer bytes;
  for (u64 number = 1; number <= 200; ++number) {
    protocol::encode_create_transfers(
        {.number = number}, numbered_transfers(7),
        {.conditions = {&condition, 1}, .dry_run = number % 2 == 0, .balances = number % 3 == 0},
        bytes);
  }
  ASSERT_EQ(feed(bytes.bytes()), bytes.size());
  EXPECT_GT(memory.chunks_in_use(), 1u);
  for (u64 number = 1; number <= 200; ++number) {
    ledger::Request* const request = queue.take();
    ASSERT_EQ(request->number, number);
    ASSERT_EQ(request->dry_run, number % 2 == 0);
    ASSERT_EQ(request->wants_balances, number % 3 == 0);
    ASSERT_EQ(request->condition_count, 1u);
    ASSERT_EQ(std::memcmp(request->conditions, &condition, sizeof(condition)), 0);
    answer(*request);
    session.deliver(request);
    ASSERT_EQ(only_reply().balances, number % 3 == 0 ? 7u : 0u);
  }
  EXPECT_EQ(memory.chunks_in_use(), 1u);
}

TEST_F(SessionTest, refused_conditions_and_filters_leave_the_connection_open) {
  const ledger::Condition nowhere = {
      .minimum = 0, .maximum = 0, .index = 1, .side = 1, .bounds = 1, .reserved = 0};
  ByteBuffer bytes;
  protocol::encode_create_transfers(
      {.number = 1}, numbered_transfers(1),
      {.conditions = {&nowhere, 1}, .dry_run = false, .balances = false}, bytes);
  protocol::encode_query(ledger::Operation::QueryAccounts, {.number = 2}, {}, bytes);
  append_transfers(3, 1, bytes);
  feed(bytes.bytes());
  EXPECT_EQ(answer_all(), 1u);
  const auto replies = read();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].refusal, RefusalCode::InvalidCondition);
  EXPECT_EQ(replies[0].number, 1u);
  EXPECT_EQ(replies[1].refusal, RefusalCode::InvalidFilter);
  EXPECT_EQ(replies[1].number, 2u);
  EXPECT_EQ(replies[2].kind, ReplyKind::Write);
  EXPECT_TRUE(session.wants_read());
}

TEST_F(SessionTest, a_large_frame_is_read_exactly_to_its_end) {
  ByteBuffer bytes;
  append_transfers(1, ledger::kRequestEventsMax, bytes);
  const usize first = SessionMemory::kSmallChunkBytes;
  ASSERT_EQ(feed(bytes.bytes().first(first)), first);
  EXPECT_EQ(session.receive_space().size(), bytes.size() - first);
  feed(bytes.bytes().subspan(first));
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(session.receive_space().size(), SessionMemory::kSmallChunkBytes);
  EXPECT_EQ(memory.chunks_in_use(), 1u);
}

TEST_F(SessionTest, malformed_messages_are_refused_and_the_connection_goes_on) {
  ByteBuffer bytes;
  alignas(16) std::byte garbage[64] = {};
  protocol::seal_frame(garbage, 11);
  bytes.append(garbage);
  append_transfers(12, 0, bytes);
  append_transfers(13, 1, bytes);
  feed(bytes.bytes());
  EXPECT_EQ(answer_all(), 1u);
  const auto replies = read();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].refusal, RefusalCode::MalformedMessage);
  EXPECT_EQ(replies[0].number, 11u);
  EXPECT_EQ(replies[1].refusal, RefusalCode::EmptyRequest);
  EXPECT_EQ(replies[1].number, 12u);
  EXPECT_EQ(replies[2].kind, ReplyKind::Write);
  EXPECT_TRUE(session.wants_read());
}

struct BrokenStream {
  const char* what;
  usize offset;
  u8 value;
  RefusalCode expected;
  u64 number;
};

class BrokenStreams : public SessionTest, public testing::WithParamInterface<BrokenStream> {};

TEST_P(BrokenStreams, are_refused_and_closed_after_what_came_before_is_answered) {
  ByteBuffer bytes;
  append_transfers(1, 1, bytes);
  const usize second = bytes.size();
  append_transfers(2, 1, bytes);
  append_transfers(3, 1, bytes);
  bytes.data()[second + GetParam().offset] = std::byte{GetParam().value};
  feed(bytes.bytes());
  EXPECT_EQ(queue.submitted(), 1u);
  EXPECT_FALSE(session.wants_read());
  const SeenReply error = only_reply();
  EXPECT_EQ(error.refusal, GetParam().expected);
  EXPECT_EQ(error.number, GetParam().number);
  EXPECT_FALSE(session.finished());
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(only_reply().number, 1u);
  EXPECT_TRUE(session.finished());
}

INSTANTIATE_TEST_SUITE_P(
    Session, BrokenStreams,
    testing::Values(BrokenStream{"magic", 0, 0x47, RefusalCode::BadFrame, 0},
                    BrokenStream{"version", 4, 9, RefusalCode::UnsupportedVersion, 0},
                    BrokenStream{"flags", 6, 1, RefusalCode::BadFrame, 0},
                    BrokenStream{"size", 11, 0x40, RefusalCode::FrameTooLarge, 2},
                    BrokenStream{"odd size", 8, 1, RefusalCode::BadFrame, 0},
                    BrokenStream{"reserved", 12, 1, RefusalCode::BadFrame, 0},
                    BrokenStream{"number", 16, 77, RefusalCode::BadChecksum, 0},
                    BrokenStream{"checksum", 24, 0x55, RefusalCode::BadChecksum, 0},
                    BrokenStream{"body", 200, 0x55, RefusalCode::BadChecksum, 0}));

TEST_F(SessionTest, garbage_gets_one_error_whatever_follows) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  std::vector<std::byte> garbage(5000);
  for (std::byte& byte : garbage) byte = static_cast<std::byte>(random.next());
  garbage[0] = std::byte{0};
  feed(garbage, 999);
  EXPECT_EQ(only_reply().refusal, RefusalCode::BadFrame);
  EXPECT_TRUE(session.finished());
}

TEST_F(SessionTest, answers_what_came_before_the_peer_closed) {
  ByteBuffer bytes;
  append_transfers(1, 1, bytes);
  const usize whole = bytes.size();
  append_transfers(2, 1, bytes);
  feed(bytes.bytes().first(whole + 50));
  EXPECT_TRUE(session.frame_begun());
  session.peer_closed();
  EXPECT_FALSE(session.wants_read());
  EXPECT_FALSE(session.finished());
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_FALSE(session.finished());
  EXPECT_EQ(read().size(), 1u);
  EXPECT_TRUE(session.finished());
}

TEST_F(SessionTest, takes_back_requests_after_the_connection_is_lost) {
  ByteBuffer bytes;
  append_transfers(1, 1, bytes);
  append_transfers(2, 1, bytes);
  feed(bytes.bytes());
  session.abandon();
  EXPECT_FALSE(session.finished());
  EXPECT_EQ(answer_all(), 2u);
  EXPECT_TRUE(session.finished());
  EXPECT_TRUE(session.output().empty());
}

TEST_F(SessionTest, refuses_new_requests_while_shutting_down) {
  ByteBuffer first;
  append_transfers(1, 1, first);
  ByteBuffer second;
  append_transfers(2, 1, second);
  feed(first.bytes());
  session.shut_down();
  EXPECT_FALSE(session.finished());
  feed(second.bytes());
  EXPECT_EQ(queue.submitted(), 1u);
  const SeenReply refusal = only_reply();
  EXPECT_EQ(refusal.refusal, RefusalCode::ShuttingDown);
  EXPECT_EQ(refusal.number, 2u);
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(only_reply().number, 1u);
  EXPECT_TRUE(session.finished());
}

class FewRequests : public SessionTest {
 protected:
  FewRequests()
      : SessionTest([] {
          SessionLimits limits;
          limits.requests_max = 3;
          return limits;
        }()) {}
};

TEST_F(FewRequests, holds_back_at_the_limit_and_goes_on_after_an_answer) {
  ByteBuffer bytes;
  for (u64 number = 1; number <= 10; ++number) append_transfers(number, 1, bytes);
  // All ten came in one read; only three may be on their way.
  EXPECT_EQ(feed(bytes.bytes()), bytes.size());
  EXPECT_EQ(queue.waiting(), 3u);
  EXPECT_FALSE(session.wants_read());
  EXPECT_FALSE(session.frame_begun());
  ledger::Request* const request = queue.take();
  session.deliver(request);
  EXPECT_EQ(queue.waiting(), 3u);
  EXPECT_EQ(queue.submitted(), 4u);
  EXPECT_EQ(answer_all(), 9u);
  EXPECT_EQ(read().size(), 10u);
  EXPECT_TRUE(session.wants_read());
}

class FewBytes : public SessionTest {
 protected:
  static constexpr u64 kBytesMax = 64 * kKiB;
  FewBytes()
      : SessionTest([] {
          SessionLimits limits;
          limits.bytes_max = kBytesMax;
          return limits;
        }()) {}
};

TEST_F(FewBytes, a_reader_that_does_not_read_is_not_read_from) {
  const std::vector<u128> ids(32, 5);
  ByteBuffer request;
  protocol::encode_lookup_accounts({.number = 1}, ids, request);
  const usize reply_bytes = 32 * sizeof(ledger::Account);
  u32 rounds = 0;
  while (session.wants_read() && rounds < 1000) {
    feed(request.bytes());
    answer_all();
    ++rounds;
  }
  EXPECT_GE(rounds, kBytesMax / (reply_bytes + 1024));
  EXPECT_LE(session.output().size(), kBytesMax + 2 * reply_bytes);
  // It reads half of it, and is read from again.
  read(session.output().size() / 2);
  EXPECT_TRUE(session.wants_read());
}

TEST_F(FewBytes, a_reader_that_is_always_behind_costs_no_more_memory) {
  const std::vector<u128> ids(8, 5);
  ByteBuffer request;
  protocol::encode_lookup_accounts({.number = 1}, ids, request);
  usize replies = 0;
  for (u32 round = 0; round < 5000; ++round) {
    ASSERT_EQ(feed(request.bytes()), request.size());
    ASSERT_EQ(answer_all(), 1u);
    replies += read(session.output().size() - 16).size();
  }
  EXPECT_LT(session.output().size(), 8 * kKiB);
  replies += read().size();
  EXPECT_EQ(replies, 5000u);
}

// A small request with a large answer: twice in flight, it reaches the limit of 64 KiB.
struct LargeAnswer {
  const char* name;
  void (*append)(u64 number, ByteBuffer& out);
};

class LargeAnswers : public FewBytes, public testing::WithParamInterface<LargeAnswer> {};

TEST_P(LargeAnswers, count_for_what_they_may_be) {
  ByteBuffer bytes;
  for (u64 number = 1; number <= 3; ++number) GetParam().append(number, bytes);
  ASSERT_LT(bytes.size(), kBytesMax);
  feed(bytes.bytes());
  EXPECT_EQ(queue.waiting(), 2u);
  EXPECT_FALSE(session.wants_read());
  EXPECT_EQ(answer_all(), 2u);
  // What was counted is what the answers take, nearly.
  EXPECT_GE(session.output().size(), kBytesMax);
  EXPECT_LE(session.output().size(), 2 * kBytesMax);
  EXPECT_EQ(read().size(), 2u);
  EXPECT_EQ(answer_all(), 1u);
  EXPECT_EQ(read().size(), 1u);
}

const std::vector<u128>& many_ids(usize count) {
  static const std::vector<u128> ids(400, 5);
  static const std::vector<u128> fewer(300, 5);
  return count == 400 ? ids : fewer;
}

template <ledger::Operation operation, u32 limit>
void append_query(u64 number, ByteBuffer& out) {
  ledger::QueryFilter filter;
  filter.limit = limit;
  const bool of_period = operation == ledger::Operation::GetStatement;
  const bool of_account = operation == ledger::Operation::GetAccountTransfers ||
                          operation == ledger::Operation::GetAccountBalances || of_period;
  filter.account_id = of_account ? 1 : 0;
  filter.timestamp_min = filter.timestamp_max = of_period ? 1 : 0;
  protocol::encode_query(operation, {.number = number}, filter, out);
}

INSTANTIATE_TEST_SUITE_P(
    Session, LargeAnswers,
    testing::Values(
        LargeAnswer{"lookup_accounts",
                    [](u64 number, ByteBuffer& out) {
                      protocol::encode_lookup_accounts({.number = number}, many_ids(400), out);
                    }},
        LargeAnswer{"lookup_transfers",
                    [](u64 number, ByteBuffer& out) {
                      protocol::encode_lookup_transfers({.number = number}, many_ids(300), out);
                    }},
        LargeAnswer{"lookup_limits",
                    [](u64 number, ByteBuffer& out) {
                      protocol::encode_lookup_limits({.number = number}, many_ids(400), out);
                    }},
        LargeAnswer{"query_accounts", append_query<ledger::Operation::QueryAccounts, 400>},
        LargeAnswer{"query_transfers", append_query<ledger::Operation::QueryTransfers, 300>},
        LargeAnswer{"get_account_changes", append_query<ledger::Operation::GetAccountChanges, 150>},
        LargeAnswer{"get_account_transfers",
                    append_query<ledger::Operation::GetAccountTransfers, 300>},
        LargeAnswer{"get_account_balances",
                    append_query<ledger::Operation::GetAccountBalances, 400>},
        LargeAnswer{"get_balance_at",
                    [](u64 number, ByteBuffer& out) {
                      protocol::encode_get_balance_at({.number = number}, many_ids(400),
                                                      Timestamp{1}, out);
                    }},
        LargeAnswer{"get_change_events", append_query<ledger::Operation::GetChangeEvents, 150>},
        LargeAnswer{"get_statement", append_query<ledger::Operation::GetStatement, 200>},
        LargeAnswer{"get_trial_balance",
                    [](u64 number, ByteBuffer& out) {
                      protocol::encode_get_trial_balance({.number = number},
                                                         {.ledger_min = 0, .limit = 400}, out);
                    }}),
    [](const auto& instance) { return std::string(instance.param.name); });

// 232 transfers are 29.8 kB as a frame, and 33.4 kB as an answer with balances.
TEST_F(FewBytes, balances_count_when_they_are_asked_for) {
  for (const bool balances : {false, true}) {
    SCOPED_TRACE(balances);
    ByteBuffer bytes;
    for (u64 number = 1; number <= 3; ++number) {
      protocol::encode_create_transfers({.number = number}, numbered_transfers(232),
                                        {.conditions = {}, .dry_run = true, .balances = balances},
                                        bytes);
    }
    feed(bytes.bytes());
    EXPECT_EQ(queue.waiting(), balances ? 2u : 3u);
    usize answered = answer_all();
    read();
    answered += answer_all();
    read();
    EXPECT_EQ(answered, balances ? 2u : 3u);
    EXPECT_TRUE(session.wants_read());
  }
}

// Random sizes, splits, orders of answers and speeds of the reader: every request is answered once.
TEST_F(SessionTest, random_traffic_is_answered_once_each) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  ByteBuffer bytes;
  std::map<u64, usize> expected_exceptions;
  for (u64 number = 1; number <= 2000; ++number) {
    const u32 count = random.chance(1, 50) ? static_cast<u32>(random.between(200, 3000))
                                           : static_cast<u32>(random.between(1, 20));
    append_transfers(number, count, bytes);
    expected_exceptions[number] = (count + 2) / 3;
  }
  std::vector<ledger::Request*> held;
  usize fed = 0;
  while (!expected_exceptions.empty()) {
    if (fed < bytes.size()) {
      const usize piece = std::min<usize>(random.between(1, 200'000), bytes.size() - fed);
      fed += feed(bytes.bytes().subspan(fed, piece), random.between(1, 50'000));
    }
    while (ledger::Request* request = queue.take()) held.push_back(request);
    for (u64 i = random.below(held.size() + 1); i > 0; --i) {
      std::swap(held[random.below(held.size())], held.back());
      answer(*held.back());
      session.deliver(held.back());
      held.pop_back();
    }
    for (const SeenReply& reply : read(random.below(100'000))) {
      const auto found = expected_exceptions.find(reply.number);
      ASSERT_NE(found, expected_exceptions.end()) << reply.number;
      ASSERT_EQ(reply.exceptions, found->second);
      ASSERT_EQ(reply.position, reply.number * 10);
      expected_exceptions.erase(found);
    }
  }
  EXPECT_EQ(session.requests_in_flight(), 0u);
  EXPECT_EQ(memory.chunks_in_use(), 1u);
}

}  // namespace
}  // namespace florin::net
