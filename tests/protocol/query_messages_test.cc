// Queries from a client's encoder to the server's decoder.
#include <functional>

#include <gtest/gtest.h>

#include "ledger/change_event.h"
#include "protocol/florin.gen.h"
#include "protocol/messages.h"
#include "tests/protocol/decoding.h"
#include "tests/protocol/frames.h"

namespace florin::protocol {
namespace {

using ledger::Operation;
using ledger::QueryFilter;
using ledger::RefusalCode;

constexpr Operation kQueries[] = {Operation::QueryAccounts,      Operation::QueryTransfers,
                                  Operation::GetAccountChanges,  Operation::GetAccountTransfers,
                                  Operation::GetAccountBalances, Operation::GetChangeEvents,
                                  Operation::GetStatement};

QueryFilter with_limit(u32 limit) {
  QueryFilter filter;
  filter.limit = limit;
  return filter;
}

TEST(QueryMessages, each_kind_arrives_as_what_it_is) {
  for (const Operation operation : kQueries) {
    ByteBuffer buffer;
    QueryFilter filter = with_limit(8);
    if (operation != Operation::QueryAccounts) filter.account_id = 9;
    if (operation == Operation::GetStatement) {
      filter.timestamp_min = 10;
      filter.timestamp_max = 11;
      filter.flags = QueryFilter::kHolds;
    }
    encode_query(operation, {.number = 5, .trace_id = make_u128(6, 7)}, filter, buffer);
    EXPECT_EQ(header_of(buffer.bytes()).request_number, 5u);
    const ledger::Request request = expect_ledger_request(body_of(buffer));
    EXPECT_EQ(request.operation, operation);
    EXPECT_EQ(request.trace_id, make_u128(6, 7));
    EXPECT_EQ(request.filter, filter);
    EXPECT_EQ(request.event_count, 0u);
  }
}

TEST(QueryMessages, every_field_of_the_filter_arrives) {
  QueryFilter filter;
  filter.account_id = make_u128(1, 2);
  filter.user_data_128 = make_u128(3, 4);
  filter.amount_min = make_u128(5, 6);
  filter.amount_max = make_u128(7, 8);
  filter.user_data_64 = 9;
  filter.timestamp_min = 10;
  filter.timestamp_max = 11;
  filter.cursor = {.next = 12, .as_of = 13};
  filter.user_data_32 = 14;
  filter.ledger = 15;
  filter.limit = 16;
  filter.code = 17;
  filter.object_flags = ledger::transfer_flags::kPending;
  filter.flags = QueryFilter::kCredits | QueryFilter::kNewestFirst;
  filter.pending_status = 3;
  ByteBuffer buffer;
  encode_query(Operation::QueryTransfers, {}, filter, buffer);
  const QueryFilter got = expect_ledger_request(body_of(buffer)).filter;
  EXPECT_EQ(got.account_id, filter.account_id);
  EXPECT_EQ(got.user_data_128, filter.user_data_128);
  EXPECT_EQ(got.amount_min, filter.amount_min);
  EXPECT_EQ(got.amount_max, filter.amount_max);
  EXPECT_EQ(got.user_data_64, 9u);
  EXPECT_EQ(got.timestamp_min, 10u);
  EXPECT_EQ(got.timestamp_max, 11u);
  EXPECT_EQ(got.cursor, filter.cursor);
  EXPECT_EQ(got.user_data_32, 14u);
  EXPECT_EQ(got.ledger, 15u);
  EXPECT_EQ(got.limit, 16u);
  EXPECT_EQ(got.code, 17u);
  EXPECT_EQ(got.object_flags, filter.object_flags);
  EXPECT_EQ(got.flags, filter.flags);
  EXPECT_EQ(got.pending_status, 3u);
}

TEST(QueryMessages, what_only_changes_know_arrives) {
  QueryFilter filter = with_limit(2);
  filter.cursor = {.next = ~u64{0}, .as_of = 0, .index = 3};
  filter.kinds = ledger::kChangeKindsDefined;
  filter.wait_ms = 59'999;
  ByteBuffer buffer;
  encode_query(Operation::GetChangeEvents, {}, filter, buffer);
  const QueryFilter got = expect_ledger_request(body_of(buffer)).filter;
  EXPECT_EQ(got.cursor, filter.cursor);
  EXPECT_EQ(got.kinds, filter.kinds);
  EXPECT_EQ(got.wait_ms, 59'999u);
}

TEST(QueryMessages, balances_are_asked_for_with_ids_and_a_time) {
  const std::vector<u128> ids = {make_u128(1, 2), 0, kU128Max};
  ByteBuffer buffer;
  encode_get_balance_at({.number = 5, .trace_id = make_u128(6, 7)}, ids, Timestamp{8}, buffer);
  EXPECT_EQ(header_of(buffer.bytes()).request_number, 5u);
  const ledger::Request request = expect_ledger_request(body_of(buffer));
  EXPECT_EQ(request.operation, Operation::GetBalanceAt);
  EXPECT_EQ(request.trace_id, make_u128(6, 7));
  EXPECT_EQ(request.filter.timestamp_max, 8u);
  ASSERT_EQ(request.ids().size(), 3u);
  EXPECT_TRUE(std::equal(ids.begin(), ids.end(), request.ids().begin()));
}

TEST(QueryMessages, balances_without_accounts_or_a_time_are_refused) {
  const u128 id = 1;
  const auto refused = [&](std::span<const u128> ids, Timestamp at, RefusalCode code,
                           const std::string& why) {
    ByteBuffer buffer;
    encode_get_balance_at({}, ids, at, buffer);
    expect_refused(body_of(buffer), code, why);
  };
  refused({}, Timestamp{1}, RefusalCode::EmptyRequest, "there are no ids");
  refused({&id, 1}, Timestamp{0}, RefusalCode::InvalidFilter, "timestamp is 0; expected a time");
  refused({&id, 1}, Timestamp{u64{1} << 63}, RefusalCode::InvalidFilter, "timestamp is ");
  const std::vector<u128> most(ledger::kRequestEventsMax, 1);
  ByteBuffer buffer;
  encode_get_balance_at({}, most, Timestamp{1}, buffer);
  EXPECT_LE(buffer.size(), kRequestFrameBytesMax);
  EXPECT_EQ(expect_ledger_request(body_of(buffer)).event_count, ledger::kRequestEventsMax);
  ledger::Request request;
  EXPECT_FALSE(decode_request(body_of(buffer), {.events_max = 100}, request).has_value());
}

// A request object is used again: what it asked before must not stay.
TEST(QueryMessages, a_filter_replaces_the_one_before) {
  QueryFilter narrow = with_limit(1);
  narrow.account_id = 5;
  narrow.cursor = {.next = 1, .as_of = 2};
  ByteBuffer first;
  encode_query(Operation::QueryTransfers, {}, narrow, first);
  flatbuffers::FlatBufferBuilder builder;
  wire::QueryFilterBuilder fields(builder);
  fields.add_limit(9);
  const auto body = wire::CreateQueryTransfers(builder, fields.Finish()).Union();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::QueryTransfers, body));
  RawBody second(builder);
  ledger::Request request;
  ASSERT_TRUE(decode_request(body_of(first), {}, request).has_value());
  ASSERT_TRUE(decode_request(second.bytes(), {}, request).has_value());
  EXPECT_EQ(request.filter.account_id, 0u);
  EXPECT_EQ(request.filter.cursor, ledger::QueryCursor{});
  EXPECT_EQ(request.filter.limit, 9u);
}

TEST(QueryMessages, a_query_without_a_filter_is_refused) {
  flatbuffers::FlatBufferBuilder builder;
  const auto body = wire::CreateQueryAccounts(builder).Union();
  builder.Finish(wire::CreateRequest(builder, nullptr, wire::RequestBody::QueryAccounts, body));
  expect_refused(RawBody(builder).bytes(), RefusalCode::InvalidFilter, "no filter");
}

struct WrongFilter {
  const char* field;  // As the message begins.
  Operation operation;
  void (*spoil)(QueryFilter&);
};

class WrongFilters : public testing::TestWithParam<WrongFilter> {};

TEST_P(WrongFilters, are_refused_with_the_name_of_the_field) {
  QueryFilter filter = with_limit(10);
  const Operation operation = GetParam().operation;
  const bool of_period = operation == Operation::GetStatement;
  const bool of_account = operation == Operation::GetAccountTransfers ||
                          operation == Operation::GetAccountBalances || of_period;
  if (of_account) filter.account_id = 1;
  if (of_period) filter.timestamp_min = filter.timestamp_max = 5;
  ByteBuffer buffer;
  encode_query(GetParam().operation, {}, filter, buffer);
  expect_ledger_request(body_of(buffer));
  GetParam().spoil(filter);
  buffer.clear();
  encode_query(GetParam().operation, {}, filter, buffer);
  expect_refused(body_of(buffer), RefusalCode::InvalidFilter,
                 std::string(GetParam().field) + " is ");
}

INSTANTIATE_TEST_SUITE_P(
    QueryMessages, WrongFilters,
    testing::Values(
        WrongFilter{"limit", Operation::QueryAccounts, [](QueryFilter& f) { f.limit = 0; }},
        WrongFilter{"limit", Operation::QueryTransfers, [](QueryFilter& f) { f.limit = 8190; }},
        WrongFilter{"limit", Operation::GetAccountChanges, [](QueryFilter& f) { f.limit = 3601; }},
        WrongFilter{"account_id", Operation::QueryAccounts,
                    [](QueryFilter& f) { f.account_id = 1; }},
        WrongFilter{"amount_min", Operation::QueryAccounts,
                    [](QueryFilter& f) { f.amount_min = 1; }},
        WrongFilter{"ledger", Operation::GetAccountChanges, [](QueryFilter& f) { f.ledger = 1; }},
        WrongFilter{"flags", Operation::QueryTransfers, [](QueryFilter& f) { f.flags = 8; }},
        WrongFilter{"flags", Operation::QueryTransfers, [](QueryFilter& f) { f.flags = 16; }},
        WrongFilter{"flags", Operation::QueryTransfers, [](QueryFilter& f) { f.flags = 1; }},
        WrongFilter{"object_flags", Operation::QueryAccounts,
                    [](QueryFilter& f) { f.object_flags = 0x100; }},
        WrongFilter{"timestamp_max", Operation::QueryTransfers,
                    [](QueryFilter& f) { f.timestamp_min = 2, f.timestamp_max = 1; }},
        WrongFilter{"amount_max", Operation::QueryTransfers,
                    [](QueryFilter& f) { f.amount_min = 2, f.amount_max = 1; }},
        WrongFilter{"pending_status", Operation::QueryTransfers,
                    [](QueryFilter& f) { f.pending_status = 5; }},
        WrongFilter{"cursor.next", Operation::QueryTransfers,
                    [](QueryFilter& f) { f.cursor = {.next = 2, .as_of = 1}; }},
        WrongFilter{"cursor.index", Operation::QueryTransfers,
                    [](QueryFilter& f) { f.cursor = {.next = 1, .as_of = 1, .index = 1}; }},
        WrongFilter{"account_id", Operation::GetAccountTransfers,
                    [](QueryFilter& f) { f.account_id = 0; }},
        WrongFilter{"account_id", Operation::GetAccountBalances,
                    [](QueryFilter& f) { f.account_id = 0; }},
        WrongFilter{"wait_ms", Operation::GetAccountTransfers,
                    [](QueryFilter& f) { f.wait_ms = 1; }},
        WrongFilter{"code", Operation::GetAccountBalances, [](QueryFilter& f) { f.code = 1; }},
        WrongFilter{"cursor.next", Operation::GetAccountBalances,
                    [](QueryFilter& f) { f.cursor = {.next = 3, .as_of = 1}; }},
        WrongFilter{"limit", Operation::GetChangeEvents, [](QueryFilter& f) { f.limit = 3601; }},
        WrongFilter{"kinds", Operation::GetChangeEvents, [](QueryFilter& f) { f.kinds = 0x21; }},
        WrongFilter{"wait_ms", Operation::GetChangeEvents,
                    [](QueryFilter& f) { f.wait_ms = 60'001; }},
        WrongFilter{"timestamp_min", Operation::GetChangeEvents,
                    [](QueryFilter& f) { f.timestamp_min = 1; }},
        WrongFilter{"flags", Operation::GetChangeEvents,
                    [](QueryFilter& f) { f.flags = QueryFilter::kNewestFirst; }},
        WrongFilter{"cursor.as_of", Operation::GetChangeEvents,
                    [](QueryFilter& f) { f.cursor = {.next = 1, .as_of = 1}; }},
        WrongFilter{"limit", Operation::GetStatement, [](QueryFilter& f) { f.limit = 4091; }},
        WrongFilter{"account_id", Operation::GetStatement,
                    [](QueryFilter& f) { f.account_id = 0; }},
        WrongFilter{"timestamp_min", Operation::GetStatement,
                    [](QueryFilter& f) { f.timestamp_min = 0; }},
        WrongFilter{"timestamp_max", Operation::GetStatement,
                    [](QueryFilter& f) { f.timestamp_max = 4; }},
        WrongFilter{"flags", Operation::GetStatement,
                    [](QueryFilter& f) { f.flags = QueryFilter::kNewestFirst; }},
        WrongFilter{"code", Operation::GetStatement, [](QueryFilter& f) { f.code = 1; }}));

}  // namespace
}  // namespace florin::protocol
