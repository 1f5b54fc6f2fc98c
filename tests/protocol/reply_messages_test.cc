// Replies from the server's encoder to a client's decoder.
#include <gtest/gtest.h>

#include "base/random.h"
#include "protocol/built_message.h"
#include "protocol/florin.gen.h"
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
  request.transfer_statuses.resize(3);
  request.transfer_statuses[2] = {.remaining = make_u128(5, 6),
                                  .expires_at = 7,
                                  .outcome = 39,
                                  .pending_status = 4,
                                  .reversed = 1,
                                  .reserved = {}};
  buffer.clear();
  encode_reply(request, buffer);
  reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Transfers);
  ASSERT_EQ(reply.transfers.size(), 3u);
  EXPECT_EQ(reply.transfers[2].id, request.transfers[2].id);
  ASSERT_EQ(reply.statuses.size(), 3u);
  EXPECT_EQ(reply.statuses[2].remaining, make_u128(5, 6));
  EXPECT_EQ(reply.statuses[2].expires_at, 7u);
  EXPECT_EQ(reply.statuses[2].outcome, 39u);
  EXPECT_EQ(reply.statuses[2].pending_status, 4u);
  EXPECT_EQ(reply.statuses[2].reversed, 1u);
  EXPECT_EQ(reply.statuses[1].outcome, 0u);
  EXPECT_FALSE(reply.more);
  EXPECT_EQ(reply.next_cursor, ledger::QueryCursor{});

  request.operation = Operation::LookupLimits;
  request.limits.resize(2);
  request.limits[1].account_id = make_u128(3, 4);
  request.limits[1].set = ledger::AccountLimits::kVelocity;
  request.limits[1].velocity_count_used = 9;
  buffer.clear();
  encode_reply(request, buffer);
  reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Limits);
  EXPECT_EQ(reply.position.value, 3u);
  ASSERT_EQ(reply.limits.size(), 2u);
  EXPECT_EQ(std::memcmp(reply.limits.data(), request.limits.data(), reply.limits.size_bytes()), 0);
}

TEST(ReplyMessages, write_replies_carry_balances_when_there_are_any) {
  ledger::Request request;
  request.operation = Operation::CreateTransfers;
  request.number = 4;
  request.event_count = 3;
  request.position = Position{8};
  request.timestamp = Timestamp{9};
  request.exceptions = {{.timestamp = 1, .index = 2, .outcome = 3}};
  request.balances.resize(3);
  request.balances[1].debit_account_debits_pending = 11;
  request.balances[1].credit_account_credits_posted = make_u128(12, 13);
  ByteBuffer buffer;
  encode_reply(request, buffer);
  EXPECT_EQ(header_of(buffer.bytes()).request_number, 4u);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Write);
  EXPECT_EQ(reply.operation, Operation::CreateTransfers);
  EXPECT_EQ(reply.event_count, 3u);
  EXPECT_EQ(reply.position.value, 8u);
  EXPECT_EQ(reply.timestamp.ns, 9u);
  ASSERT_EQ(reply.exceptions.size(), 1u);
  EXPECT_EQ(reply.exceptions[0].index, 2u);
  ASSERT_EQ(reply.balances.size(), 3u);
  EXPECT_EQ(std::memcmp(reply.balances.data(), request.balances.data(), 3 * 128), 0);
}

TEST(ReplyMessages, balances_that_are_not_of_each_event_are_malformed) {
  ledger::Request request;
  request.operation = Operation::CreateTransfers;
  request.event_count = 3;
  request.balances.resize(2);
  ByteBuffer buffer;
  encode_reply(request, buffer);
  const auto reply = decode_reply(body_of(buffer));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, ErrorCode::Protocol);
}

TEST(ReplyMessages, pages_carry_their_objects_and_where_to_go_on) {
  ledger::Request request;
  request.position = Position{5};
  request.next_cursor = {.next = 6, .as_of = 7};
  request.more = true;
  request.accounts.resize(2);
  request.accounts[1].id = 8;
  request.transfers = transfers(3);
  request.transfer_statuses.resize(3);
  request.transfer_statuses[1].outcome = 1;
  request.changes.resize(2);
  request.changes[1].update.id = 9;
  request.changes[1].trace_id = make_u128(1, 2);
  request.changes[1].principal = 10;
  for (const Operation operation :
       {Operation::QueryAccounts, Operation::QueryTransfers, Operation::GetAccountChanges}) {
    SCOPED_TRACE(name(operation));
    request.operation = operation;
    ByteBuffer buffer;
    encode_reply(request, buffer);
    const Reply reply = expect_reply(buffer);
    EXPECT_EQ(reply.position.value, 5u);
    EXPECT_EQ(reply.next_cursor, request.next_cursor);
    EXPECT_TRUE(reply.more);
    const bool accounts = operation == Operation::QueryAccounts;
    const bool transfers = operation == Operation::QueryTransfers;
    const bool changes = operation == Operation::GetAccountChanges;
    EXPECT_EQ(reply.kind, accounts    ? ReplyKind::Accounts
                          : transfers ? ReplyKind::Transfers
                                      : ReplyKind::AccountChanges);
    ASSERT_EQ(reply.accounts.size(), accounts ? 2u : 0u);
    if (accounts) {
      EXPECT_EQ(reply.accounts[1].id, 8u);
    }
    ASSERT_EQ(reply.transfers.size(), transfers ? 3u : 0u);
    if (transfers) {
      EXPECT_EQ(reply.statuses[1].outcome, 1u);
    }
    ASSERT_EQ(reply.changes.size(), changes ? 2u : 0u);
    if (changes) {
      EXPECT_EQ(std::memcmp(&reply.changes[1], &request.changes[1], 288), 0);
    }
  }
}

TEST(ReplyMessages, pages_of_an_account_carry_places) {
  ledger::Request request;
  request.operation = Operation::GetAccountTransfers;
  request.position = Position{5};
  request.next_cursor = {.next = 6, .as_of = 7, .index = 8};
  request.more = true;
  request.transfers = transfers(2);
  request.transfer_statuses.resize(2);
  request.transfer_statuses[1].reversed = 1;
  ByteBuffer buffer;
  encode_reply(request, buffer);
  Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Transfers);
  EXPECT_EQ(reply.transfers[1].id, request.transfers[1].id);
  EXPECT_EQ(reply.statuses[1].reversed, 1u);
  EXPECT_EQ(reply.next_cursor, request.next_cursor);
  EXPECT_TRUE(reply.more);

  request.account_balances.resize(3);
  request.account_balances[2] = {.account_id = 1, .credits_posted = make_u128(2, 3), .index = 4};
  for (const Operation operation : {Operation::GetAccountBalances, Operation::GetBalanceAt}) {
    request.operation = operation;
    request.more = operation == Operation::GetAccountBalances;
    buffer.clear();
    encode_reply(request, buffer);
    reply = expect_reply(buffer);
    EXPECT_EQ(reply.kind, ReplyKind::AccountBalances);
    EXPECT_EQ(reply.position.value, 5u);
    ASSERT_EQ(reply.account_balances.size(), 3u);
    EXPECT_EQ(std::memcmp(&reply.account_balances[2], &request.account_balances[2], 128), 0);
    EXPECT_EQ(reply.more, request.more);
    EXPECT_EQ(reply.next_cursor, request.more ? request.next_cursor : ledger::QueryCursor{});
  }
}

// One change of each kind, in an order that mixes the lists.
ledger::Request some_changes() {
  using ledger::ChangeKind;
  ledger::Request request;
  request.operation = Operation::GetChangeEvents;
  request.position = Position{50};
  request.next_cursor = {.next = 51, .as_of = 0, .index = 2};
  request.accounts.resize(1);
  request.accounts[0].id = 3;
  request.changes.resize(1);
  request.changes[0].principal = 4;
  request.transfers = transfers(2);
  request.balances.resize(2);
  request.balances[1].credit_account_credits_posted = 5;
  const auto event = [](ChangeKind kind, u32 object) {
    return ledger::ChangeEvent{
        .position = 40, .index = object, .object = object, .kind = static_cast<u8>(kind)};
  };
  request.change_events = {event(ChangeKind::HoldExpired, 0), event(ChangeKind::AccountCreated, 0),
                           event(ChangeKind::TransferCreated, 1),
                           event(ChangeKind::AccountUpdated, 0)};
  request.change_events[0].released = 6;
  return request;
}

// With two entries; or with two holds.
ledger::Request some_statement(bool holds) {
  ledger::Request request;
  request.operation = Operation::GetStatement;
  request.position = Position{60};
  request.next_cursor = {.next = 51, .as_of = 55, .index = 2};
  request.more = true;
  request.accounts.resize(1);
  request.accounts[0].id = 3;
  request.transfers = transfers(2);
  request.account_balances.resize(holds ? 2 : 4);
  request.account_balances[0].debits_posted = 4;
  request.account_balances.back().debits_posted = make_u128(2, 3);
  request.transfer_statuses.resize(holds ? 2 : 0);
  if (holds) request.transfer_statuses[1].remaining = 7;
  return request;
}

TEST(ReplyMessages, statements_carry_both_ends_and_entries_or_holds) {
  for (const bool holds : {false, true}) {
    SCOPED_TRACE(holds);
    const ledger::Request request = some_statement(holds);
    ByteBuffer buffer;
    encode_reply(request, buffer);
    const Reply reply = expect_reply(buffer);
    EXPECT_EQ(reply.kind, ReplyKind::Statement);
    EXPECT_EQ(reply.position.value, 60u);
    EXPECT_EQ(reply.next_cursor, request.next_cursor);
    EXPECT_TRUE(reply.more);
    ASSERT_EQ(reply.accounts.size(), 1u);
    EXPECT_EQ(reply.accounts[0].id, 3u);
    ASSERT_EQ(reply.transfers.size(), 2u);
    EXPECT_EQ(reply.transfers[1].id, request.transfers[1].id);
    const auto& balances = request.account_balances;
    ASSERT_EQ(reply.account_balances.size(), balances.size());
    EXPECT_EQ(std::memcmp(reply.account_balances.data(), balances.data(), balances.size() * 128),
              0);
    ASSERT_EQ(reply.statuses.size(), holds ? 2u : 0u);
    if (holds) {
      EXPECT_EQ(reply.statuses[1].remaining, 7u);
    }
  }
  ledger::Request none;
  none.operation = Operation::GetStatement;
  ByteBuffer buffer;
  encode_reply(none, buffer);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Statement);
  EXPECT_TRUE(reply.accounts.empty() && reply.account_balances.empty());
}

TEST(ReplyMessages, statements_that_do_not_fit_together_are_malformed) {
  const auto expect_malformed = [](bool holds, void (*spoil)(ledger::Request&)) {
    ledger::Request request = some_statement(holds);
    spoil(request);
    ByteBuffer buffer;
    encode_reply(request, buffer);
    const auto reply = decode_reply(body_of(buffer));
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, ErrorCode::Protocol);
  };
  for (const bool holds : {false, true}) {
    SCOPED_TRACE(holds);
    expect_malformed(holds, [](ledger::Request& request) { request.accounts.clear(); });
    expect_malformed(holds, [](ledger::Request& request) { request.accounts.resize(2); });
    expect_malformed(holds, [](ledger::Request& request) { request.transfers.clear(); });
    expect_malformed(holds, [](ledger::Request& request) { request.account_balances.clear(); });
    expect_malformed(holds, [](ledger::Request& request) { request.account_balances.resize(3); });
    expect_malformed(holds, [](ledger::Request& request) { request.transfer_statuses.resize(1); });
  }
}

TEST(ReplyMessages, changes_carry_their_objects) {
  const ledger::Request request = some_changes();
  ByteBuffer buffer;
  encode_reply(request, buffer);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::ChangeEvents);
  EXPECT_EQ(reply.position.value, 50u);
  EXPECT_EQ(reply.next_cursor, request.next_cursor);
  EXPECT_FALSE(reply.more);
  ASSERT_EQ(reply.change_events.size(), 4u);
  EXPECT_EQ(std::memcmp(reply.change_events.data(), request.change_events.data(), 4 * 64), 0);
  ASSERT_EQ(reply.transfers.size(), 2u);
  EXPECT_EQ(reply.transfers[1].id, request.transfers[1].id);
  ASSERT_EQ(reply.balances.size(), 2u);
  EXPECT_EQ(reply.balances[1].credit_account_credits_posted, 5u);
  ASSERT_EQ(reply.accounts.size(), 1u);
  EXPECT_EQ(reply.accounts[0].id, 3u);
  ASSERT_EQ(reply.changes.size(), 1u);
  EXPECT_EQ(reply.changes[0].principal, 4u);
}

TEST(ReplyMessages, changes_without_their_objects_are_malformed) {
  const auto expect_malformed = [](void (*spoil)(ledger::Request&)) {
    ledger::Request request = some_changes();
    spoil(request);
    ByteBuffer buffer;
    encode_reply(request, buffer);
    const auto reply = decode_reply(body_of(buffer));
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, ErrorCode::Protocol);
  };
  expect_malformed([](ledger::Request& request) { request.accounts.clear(); });
  expect_malformed([](ledger::Request& request) { request.accounts.resize(2); });
  expect_malformed([](ledger::Request& request) { request.changes.clear(); });
  expect_malformed([](ledger::Request& request) {
    request.transfers.resize(3);
    request.balances.resize(3);
  });
  expect_malformed([](ledger::Request& request) { request.change_events[2].object = 0; });
  expect_malformed([](ledger::Request& request) { request.change_events[0].object = 9; });
  expect_malformed([](ledger::Request& request) { request.change_events[1].kind = 0; });
  expect_malformed([](ledger::Request& request) { request.change_events[1].kind = 5; });
}

TEST(ReplyMessages, empty_pages_may_go_on) {
  ledger::Request request;
  request.operation = Operation::QueryTransfers;
  request.next_cursor = {.next = 16'384, .as_of = 100'000};
  request.more = true;
  ByteBuffer buffer;
  encode_reply(request, buffer);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::Transfers);
  EXPECT_TRUE(reply.transfers.empty());
  EXPECT_TRUE(reply.more);
  EXPECT_EQ(reply.next_cursor.next, 16'384u);
}

TEST(ReplyMessages, trial_balances_carry_their_lines) {
  ledger::Request request;
  request.operation = Operation::GetTrialBalance;
  request.totals.resize(3);
  request.totals[2].ledger = 978;
  request.totals[2].credits_posted.add(kU128Max);
  request.more = true;
  ByteBuffer buffer;
  encode_reply(request, buffer);
  const Reply reply = expect_reply(buffer);
  EXPECT_EQ(reply.kind, ReplyKind::TrialBalance);
  EXPECT_TRUE(reply.more);
  ASSERT_EQ(reply.totals.size(), 3u);
  EXPECT_EQ(reply.totals[2].ledger, 978u);
  EXPECT_EQ(reply.totals[2].credits_posted, request.totals[2].credits_posted);
}

TEST(ReplyMessages, the_largest_replies_fit_their_maximum) {
  constexpr u32 kEvents = ledger::kRequestEventsMax;
  ledger::Request request;
  request.event_count = kEvents;
  request.exceptions.resize(kEvents);
  request.balances.resize(kEvents);
  request.accounts.resize(kEvents);
  request.transfers.resize(kEvents);
  request.transfer_statuses.resize(kEvents);
  request.limits.resize(kEvents);
  request.changes.resize(ledger::kAccountChangesLimitMax);
  request.totals.resize(ledger::kTrialBalanceLinesMax);
  request.account_balances.resize(kEvents);
  request.more = true;
  for (const Operation operation :
       {Operation::CreateAccounts, Operation::CreateTransfers, Operation::UpdateAccounts,
        Operation::LookupAccounts, Operation::LookupTransfers, Operation::LookupLimits,
        Operation::QueryAccounts, Operation::QueryTransfers, Operation::GetAccountChanges,
        Operation::GetTrialBalance, Operation::GetAccountTransfers, Operation::GetAccountBalances,
        Operation::GetBalanceAt}) {
    SCOPED_TRACE(name(operation));
    request.operation = operation;
    ByteBuffer buffer;
    encode_reply(request, buffer);
    EXPECT_LE(buffer.size(), kReplyFrameBytesMax);
    const Reply reply = expect_reply(buffer);
    const usize objects = reply.exceptions.size() + reply.accounts.size() + reply.transfers.size() +
                          reply.limits.size() + reply.changes.size() + reply.totals.size() +
                          reply.account_balances.size();
    EXPECT_EQ(objects, operation == Operation::GetAccountChanges ? ledger::kAccountChangesLimitMax
                                                                 : kEvents);
  }
}

TEST(ReplyMessages, the_most_changes_of_any_kind_fit_their_maximum) {
  constexpr u32 kMost = ledger::kChangeEventsLimitMax;
  for (const u8 kind : {u8{1}, u8{2}, u8{3}, u8{4}}) {
    ledger::Request request;
    request.operation = Operation::GetChangeEvents;
    for (u32 index = 0; index < kMost; ++index) {
      request.change_events.push_back({.object = index, .kind = kind});
    }
    if (kind == 1) request.accounts.resize(kMost);
    if (kind == 2) request.changes.resize(kMost);
    if (kind >= 3) request.transfers.resize(kMost);
    if (kind >= 3) request.balances.resize(kMost);
    ByteBuffer buffer;
    encode_reply(request, buffer);
    EXPECT_LE(buffer.size(), kReplyFrameBytesMax) << u32{kind};
    EXPECT_EQ(expect_reply(buffer).change_events.size(), kMost);
  }
}

TEST(ReplyMessages, the_longest_statement_fits_one_mebibyte) {
  constexpr u32 kMost = ledger::kStatementLimitMax;
  for (const bool holds : {false, true}) {
    ledger::Request request = some_statement(holds);
    request.transfers.resize(kMost);
    request.account_balances.resize(holds ? 2 : 2 + kMost);
    request.transfer_statuses.resize(holds ? kMost : 0);
    ByteBuffer buffer;
    encode_reply(request, buffer);
    EXPECT_LE(buffer.size(), kMiB) << holds;
    EXPECT_EQ(expect_reply(buffer).transfers.size(), kMost);
  }
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
  info.durable_chain = make_u128(12, 13);
  info.snapshot_position = Position{14};
  info.snapshot_time = Timestamp{15};
  info.snapshots_taken = 16;
  info.snapshot_failures = 17;
  info.snapshot_under_way = true;
  info.log_first_segment = 18;
  info.log_last_segment = 19;
  info.recovered_from = Position{20};
  info.witness_refusals = 21;
  info.history_enabled = true;
  info.history_position = Position{22};
  info.history_durable_position = Position{23};
  info.history_lag_ns = 24;
  info.id_window = 25;
  info.ids_in_memory = 26;
  info.window_refusals = 27;
  info.sinks = {{"warehouse", Position{28}, 29, 30, "it is closed"},
                {"bus", Position{31}, 0, 0, ""}};
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
  EXPECT_EQ(got.durable_chain, make_u128(12, 13));
  EXPECT_EQ(got.snapshot_position.value, 14u);
  EXPECT_EQ(got.snapshot_time.ns, 15u);
  EXPECT_EQ(got.snapshots_taken, 16u);
  EXPECT_EQ(got.snapshot_failures, 17u);
  EXPECT_TRUE(got.snapshot_under_way);
  EXPECT_EQ(got.log_first_segment, 18u);
  EXPECT_EQ(got.log_last_segment, 19u);
  EXPECT_EQ(got.recovered_from.value, 20u);
  EXPECT_EQ(got.witness_refusals, 21u);
  EXPECT_TRUE(got.history_enabled);
  EXPECT_EQ(got.history_position.value, 22u);
  EXPECT_EQ(got.history_durable_position.value, 23u);
  EXPECT_EQ(got.history_lag_ns, 24u);
  EXPECT_EQ(got.id_window, 25u);
  EXPECT_EQ(got.ids_in_memory, 26u);
  EXPECT_EQ(got.window_refusals, 27u);
  ASSERT_EQ(got.sinks.size(), 2u);
  EXPECT_EQ(got.sinks[0].name, "warehouse");
  EXPECT_EQ(got.sinks[0].position.value, 28u);
  EXPECT_EQ(got.sinks[0].failures, 29u);
  EXPECT_EQ(got.sinks[0].dead_letters, 30u);
  EXPECT_EQ(got.sinks[0].last_error, "it is closed");
  EXPECT_EQ(got.sinks[1].name, "bus");
  EXPECT_EQ(got.sinks[1].position.value, 31u);
  EXPECT_TRUE(got.sinks[1].last_error.empty());
}

TEST(ReplyMessages, server_info_arrives_whatever_the_lengths_of_its_texts) {
  for (usize length = 0; length < 3000; length += 7) {
    ServerInfo info;
    info.version = std::string(length, 'v');
    info.ledger_id = make_u128(1, 2);
    info.threads.assign(length / 50, std::string(length % 23, 't'));
    ByteBuffer buffer;
    encode_server_info(3, info, buffer);
    const ServerInfo got = expect_reply(buffer).server_info;
    EXPECT_EQ(got.version, info.version);
    EXPECT_EQ(got.threads, info.threads);
    EXPECT_EQ(got.ledger_id, info.ledger_id);
  }
}

// As a server of an older version answers.
TEST(ReplyMessages, what_a_server_info_does_not_tell_is_zero) {
  flatbuffers::FlatBufferBuilder builder;
  wire::ServerInfoBuilder fields(builder);
  fields.add_durable_position(7);
  const auto body = fields.Finish().Union();
  builder.Finish(wire::CreateReply(builder, 0, wire::ReplyBody::ServerInfo, body));
  ByteBuffer buffer;
  append_message(builder, 1, buffer);
  const ServerInfo got = expect_reply(buffer).server_info;
  EXPECT_EQ(got.durable_position.value, 7u);
  EXPECT_EQ(got.durable_chain, 0u);
  EXPECT_EQ(got.snapshot_position.value, 0u);
  EXPECT_FALSE(got.snapshot_under_way);
  EXPECT_FALSE(got.history_enabled);
  EXPECT_EQ(got.id_window, 0u);
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

// Some reply of every kind, by number.
void encode_any(u64 which, ByteBuffer& buffer) {
  ledger::Request request;
  request.event_count = 2;
  request.exceptions.resize(1);
  request.balances.resize(2);
  request.accounts.resize(2);
  request.transfers.resize(2);
  request.transfer_statuses.resize(2);
  request.limits.resize(2);
  request.changes.resize(2);
  request.totals.resize(2);
  request.account_balances.resize(2);
  constexpr Operation kOperations[] = {Operation::CreateTransfers,   Operation::LookupAccounts,
                                       Operation::QueryTransfers,    Operation::LookupLimits,
                                       Operation::GetAccountChanges, Operation::GetTrialBalance,
                                       Operation::GetAccountBalances};
  if (which < std::size(kOperations)) {
    request.operation = kOperations[which];
    encode_reply(request, buffer);
  } else if (which == std::size(kOperations)) {
    encode_reply(some_changes(), buffer);
  } else if (which == std::size(kOperations) + 1) {
    encode_reply(some_statement(true), buffer);
  } else {
    ServerInfo info;
    info.threads = {"a", "bb"};
    encode_server_info(1, info, buffer);
  }
}

// The sanitizers watch; what a reply says it has is touched.
TEST(ReplyMessages, damaged_replies_are_errors_and_never_lead_outside) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  u64 failed = 0;
  u64 bytes_read = 0;
  for (u32 round = 0; round < 20'000; ++round) {
    ByteBuffer buffer;
    encode_any(random.below(10), buffer);
    auto body = buffer.bytes().subspan(kFrameHeaderBytes);
    const usize prefix = std::min<usize>(body.size(), 160);
    for (u64 i = random.between(1, 4); i > 0; --i) {
      body[random.below(prefix)] = static_cast<std::byte>(random.next());
    }
    const auto reply = decode_reply(body);
    if (!reply) {
      ++failed;
      EXPECT_EQ(reply.error().code, ErrorCode::Protocol);
      continue;
    }
    const auto touch = [&](const auto& values) {
      for (const std::byte byte : std::as_bytes(values)) bytes_read += byte != std::byte{0};
    };
    touch(reply->exceptions);
    touch(reply->balances);
    touch(reply->accounts);
    touch(reply->transfers);
    touch(reply->statuses);
    touch(reply->limits);
    touch(reply->changes);
    touch(reply->totals);
    touch(reply->account_balances);
    // Whoever reads them goes from an event to its object.
    for (const ledger::ChangeEvent& event : reply->change_events) {
      const auto kind = static_cast<ledger::ChangeKind>(event.kind);
      if (kind == ledger::ChangeKind::AccountCreated)
        touch(reply->accounts.subspan(event.object, 1));
      if (kind == ledger::ChangeKind::AccountUpdated)
        touch(reply->changes.subspan(event.object, 1));
      if (kind == ledger::ChangeKind::TransferCreated) {
        touch(reply->transfers.subspan(event.object, 1));
      }
    }
  }
  EXPECT_GT(failed, 500u);
  EXPECT_GT(bytes_read, 0u);
}

}  // namespace
}  // namespace florin::protocol
