// What a request to create transfers may carry beside them: conditions, dry runs, balances.
#include <gtest/gtest.h>

#include "base/random.h"
#include "protocol/conditions.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "tests/protocol/decoding.h"
#include "tests/protocol/frames.h"

namespace florin::protocol {
namespace {

using ledger::Condition;
using ledger::RefusalCode;

constexpr u16 kDebit = static_cast<u16>(Condition::Side::Debit);
constexpr u16 kCredit = static_cast<u16>(Condition::Side::Credit);
constexpr u16 kBoth = Condition::kAtLeast | Condition::kAtMost;
constexpr u128 minus(u128 value) { return u128{0} - value; }

Condition at_least(u32 index, u16 side, u128 minimum) {
  return {.minimum = minimum,
          .maximum = 0,
          .index = index,
          .side = side,
          .bounds = Condition::kAtLeast,
          .reserved = 0};
}

TEST(TransferOptions, none_make_the_same_bytes_as_ever) {
  ByteBuffer plain;
  ByteBuffer with_options;
  encode_create_transfers({.number = 3, .trace_id = 4}, transfers(5), plain);
  encode_create_transfers({.number = 3, .trace_id = 4}, transfers(5), TransferOptions{},
                          with_options);
  ASSERT_EQ(plain.size(), with_options.size());
  EXPECT_EQ(std::memcmp(plain.data(), with_options.data(), plain.size()), 0);
  const ledger::Request request = expect_ledger_request(body_of(plain));
  EXPECT_FALSE(request.dry_run);
  EXPECT_FALSE(request.wants_balances);
  EXPECT_EQ(request.condition_count, 0u);
}

TEST(TransferOptions, each_arrives_by_itself_and_together) {
  const auto events = transfers(3);
  const std::vector<Condition> conditions = {at_least(0, kDebit, minus(5)),
                                             at_least(0, kCredit, kU128Max),
                                             at_least(2, kCredit, make_u128(6, 7))};
  for (u32 mask = 0; mask < 8; ++mask) {
    TransferOptions options;
    options.dry_run = (mask & 1) != 0;
    options.balances = (mask & 2) != 0;
    if ((mask & 4) != 0) options.conditions = conditions;
    ByteBuffer buffer;
    encode_create_transfers({.number = 8, .trace_id = 9}, events, options, buffer);
    EXPECT_EQ(header_of(buffer.bytes()).request_number, 8u);
    const auto body = body_of(buffer);
    const ledger::Request request = expect_ledger_request(body);
    EXPECT_EQ(request.operation, ledger::Operation::CreateTransfers);
    EXPECT_EQ(request.trace_id, 9u);
    EXPECT_EQ(request.dry_run, options.dry_run);
    EXPECT_EQ(request.wants_balances, options.balances);
    ASSERT_EQ(request.event_count, 3u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(request.events) % 16, 0u);
    EXPECT_EQ(std::memcmp(request.events, events.data(), 3 * sizeof(ledger::Transfer)), 0);
    ASSERT_EQ(request.condition_count, options.conditions.size());
    if (options.conditions.empty()) continue;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(request.conditions) % 16, 0u);
    EXPECT_GE(reinterpret_cast<const std::byte*>(request.conditions), body.data());
    EXPECT_EQ(std::memcmp(request.conditions, conditions.data(), 3 * sizeof(Condition)), 0);
  }
}

TEST(TransferOptions, do_not_stay_in_a_request_that_is_used_again) {
  const Condition condition = at_least(0, kDebit, 1);
  ByteBuffer conditioned;
  encode_create_transfers({}, transfers(1),
                          {.conditions = {&condition, 1}, .dry_run = true, .balances = true},
                          conditioned);
  ByteBuffer plain;
  encode_create_transfers({}, transfers(1), plain);
  const u128 id = 1;
  ByteBuffer lookup;
  encode_lookup_accounts({}, {&id, 1}, lookup);
  for (ByteBuffer* next : {&plain, &lookup}) {
    ledger::Request request;
    ASSERT_TRUE(decode_request(body_of(conditioned), {}, request).has_value());
    ASSERT_EQ(request.condition_count, 1u);
    ASSERT_TRUE(decode_request(body_of(*next), {}, request).has_value());
    EXPECT_EQ(request.condition_count, 0u);
    EXPECT_EQ(request.conditions, nullptr);
    EXPECT_FALSE(request.dry_run);
    EXPECT_FALSE(request.wants_balances);
  }
}

TEST(TransferOptions, the_most_events_fit_with_flags_and_the_promised_bytes_with_conditions) {
  ByteBuffer buffer;
  encode_create_transfers({}, transfers(ledger::kRequestEventsMax),
                          {.conditions = {}, .dry_run = true, .balances = true}, buffer);
  EXPECT_LE(buffer.size(), kRequestFrameBytesMax);

  const u32 count = kConditionedBytesMax / (sizeof(ledger::Transfer) + 2 * sizeof(Condition));
  std::vector<Condition> conditions;
  for (u32 i = 0; i < count; ++i) {
    conditions.push_back(at_least(i, kDebit, 1));
    conditions.push_back(at_least(i, kCredit, 1));
  }
  buffer.clear();
  encode_create_transfers({}, transfers(count),
                          {.conditions = conditions, .dry_run = true, .balances = true}, buffer);
  EXPECT_LE(buffer.size(), kRequestFrameBytesMax);
  EXPECT_EQ(expect_ledger_request(body_of(buffer)).condition_count, 2 * count);
}

struct WrongCondition {
  const char* what;
  Condition condition;  // The third of four, between (0, credit) and (2, debit).
  const char* message;
};

class WrongConditions : public testing::TestWithParam<WrongCondition> {};

std::vector<Condition> around(const Condition& condition) {
  return {at_least(0, kDebit, 1), at_least(0, kCredit, 1), condition, at_least(2, kDebit, 1)};
}

TEST_P(WrongConditions, are_refused_with_their_index_and_field) {
  const std::vector<Condition> conditions = around(GetParam().condition);
  ByteBuffer buffer;
  TransferOptions options;
  options.conditions = conditions;
  encode_create_transfers({}, transfers(3), options, buffer);
  expect_refused(body_of(buffer), RefusalCode::InvalidCondition, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    TransferOptions, WrongConditions,
    testing::Values(
        WrongCondition{
            "index", {0, 0, 3, kDebit, 1, 0}, "conditions[2].index is 3; expected one of"},
        WrongCondition{"index_max", {0, 0, ~0u, kDebit, 1, 0}, "conditions[2].index is 4294967295"},
        WrongCondition{"side_0", {0, 0, 1, 0, 1, 0}, "conditions[2].side is 0; expected 1"},
        WrongCondition{"side_3", {0, 0, 1, 3, 1, 0}, "conditions[2].side is 3; expected 1"},
        WrongCondition{"bounds_0", {0, 0, 1, kDebit, 0, 0}, "conditions[2].bounds is 0"},
        WrongCondition{"bounds_4", {0, 0, 1, kDebit, 4, 0}, "conditions[2].bounds is 4"},
        WrongCondition{"bounds_5", {0, 0, 1, kDebit, 5, 0}, "conditions[2].bounds is 5"},
        WrongCondition{"reserved", {0, 0, 1, kDebit, 1, 7}, "conditions[2].reserved is 7"},
        WrongCondition{"crossed",
                       {6, 5, 1, kDebit, kBoth, 0},
                       "conditions[2].maximum is 5; expected at least the minimum, 6"},
        WrongCondition{"crossed_signs",
                       {1, minus(1), 1, kDebit, kBoth, 0},
                       "conditions[2].maximum is -1; expected at least the minimum, 1"},
        WrongCondition{"crossed_at_the_edges",
                       {u128{1} << 127 >> 1, u128{1} << 127, 1, kDebit, kBoth, 0},
                       "conditions[2].maximum is -170141183460469231731687303715884105728"},
        WrongCondition{"twice", {0, 0, 0, kCredit, 1, 0}, "conditions[2].side is 2"},
        WrongCondition{"side_order", {0, 0, 0, kDebit, 1, 0}, "conditions[2].side is 1"},
        WrongCondition{"next_is_lower", {0, 0, 2, kCredit, 1, 0}, "conditions[3].side is 1"}),
    [](const auto& instance) { return std::string(instance.param.what); });

TEST(TransferOptions, an_index_below_the_one_before_is_out_of_order) {
  const Condition conditions[] = {at_least(1, kDebit, 1), at_least(0, kDebit, 1)};
  const auto wrong = check_conditions(conditions, 2);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_NE(wrong->find("conditions[1].index is 0; expected at least 1"), std::string::npos);
}

TEST(TransferOptions, right_conditions_are_accepted) {
  constexpr u128 kLowest = u128{1} << 127;
  const Condition good[] = {
      {0, 0, 1, kDebit, kBoth, 0},
      {minus(5), minus(5), 1, kCredit, kBoth, 0},
      {kLowest, kLowest - 1, 1, kDebit, kBoth, 0},
      {minus(1), 0, 1, kDebit, kBoth, 0},
      // The bound that does not apply may be anything.
      {6, 5, 1, kDebit, Condition::kAtLeast, 0},
      {6, 5, 1, kDebit, Condition::kAtMost, 0},
  };
  for (const Condition& condition : good) {
    EXPECT_EQ(check_conditions(around(condition), 3), std::nullopt);
  }
  EXPECT_EQ(check_conditions({}, 1), std::nullopt);
}

TEST(TransferOptions, conditions_without_events_are_an_empty_request) {
  ByteBuffer buffer;
  encode_create_transfers({}, {}, {.conditions = {}, .dry_run = true, .balances = false}, buffer);
  expect_refused(body_of(buffer), RefusalCode::EmptyRequest, "no events");
}

// The library's verifier accepts a vector of structs at any multiple of 4.
TEST(TransferOptions, misaligned_conditions_are_refused) {
  const Condition condition = at_least(0, kDebit, 77);
  const auto events = transfers(1);
  u32 refused = 0;
  u32 accepted = 0;
  for (u32 pad = 0; pad < 4; ++pad) {
    // The conditions as plain numbers, which nobody aligns, behind some others.
    flatbuffers::FlatBufferBuilder builder;
    std::vector<u32> words(12);
    std::memcpy(words.data(), &condition, sizeof(condition));
    const auto event_vector = builder.CreateVectorOfStructs(
        reinterpret_cast<const wire::Transfer*>(events.data()), events.size());
    builder.CreateVector(std::vector<u32>(pad, 1));
    const auto vector = builder.CreateVector(words);
    const auto start = builder.StartTable();
    builder.AddOffset(wire::CreateTransfers::VT_EVENTS, event_vector);
    builder.AddOffset(wire::CreateTransfers::VT_CONDITIONS, vector);
    const flatbuffers::Offset<void> body(builder.EndTable(start));
    builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::CreateTransfers, body));
    // Twelve words are one condition.
    u8* const length = builder.GetBufferPointer() + builder.GetSize() - vector.o;
    const u32 one = 1;
    std::memcpy(length, &one, sizeof(one));
    RawBody raw(builder);
    ledger::Request request;
    const auto decoded = decode_request(raw.bytes(), {}, request);
    if (decoded) {
      ++accepted;
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(request.conditions) % 16, 0u);
      EXPECT_EQ(request.conditions[0].minimum, 77u);
    } else {
      ++refused;
      EXPECT_EQ(decoded.error().code, RefusalCode::MalformedMessage);
      EXPECT_NE(decoded.error().message.find("conditions are not aligned"), std::string::npos)
          << decoded.error().message;
    }
  }
  EXPECT_EQ(accepted, 1u);
  EXPECT_EQ(refused, 3u);
}

// Damaged messages are refused or read, within their bounds; sanitizers watch.
TEST(TransferOptions, random_damage_never_leads_outside_the_body) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  const Condition conditions[] = {at_least(0, kDebit, 1), at_least(1, kCredit, 2)};
  u64 refused = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    ByteBuffer buffer;
    encode_create_transfers({}, transfers(2),
                            {.conditions = conditions, .dry_run = true, .balances = true}, buffer);
    const auto body = buffer.bytes().subspan(kFrameHeaderBytes);
    const usize prefix = body.size() - 2 * sizeof(ledger::Transfer);
    for (u64 i = random.between(1, 4); i > 0; --i) {
      body[random.below(prefix)] = static_cast<std::byte>(random.next());
    }
    RawBody exact(reinterpret_cast<const u8*>(body.data()), body.size());
    ledger::Request request;
    if (!decode_request(exact.bytes(), {}, request)) {
      ++refused;
      continue;
    }
    for (const Condition& condition : request.all_conditions()) {
      ASSERT_LT(condition.index, request.event_count);
      ASSERT_LE(reinterpret_cast<const std::byte*>(&condition + 1), &*exact.bytes().end());
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace florin::protocol
