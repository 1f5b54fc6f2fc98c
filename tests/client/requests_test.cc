// What the blocking client asks for each of its calls, and how it reads the answers.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include <gtest/gtest.h>

#include "client/change_follower.h"
#include "client/client.h"
#include "tests/client/connecting.h"
#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::client {
namespace {

using ledger::Operation;
using ledger::RefusalCode;
using ledger::TransferOutcome;
using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;
using Effect = ClientError::Effect;

// A server that answers each request as `fill` says.
FakeServer::Behaviour answering(std::function<void(ledger::Request&)> fill) {
  return [fill](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    fill(request);
    test::reply(connection, request);
  };
}

template <class T>
void expect_does_not_fit(const Answer<T>& answer) {
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
  EXPECT_EQ(answer.error().code, ErrorCode::Protocol);
}

TEST(ClientRequests, transfers_carry_their_options_and_bring_balances_back) {
  const ledger::Condition condition = {
      .minimum = 5, .maximum = 0, .index = 2, .side = 2, .bounds = 1, .reserved = 0};
  FakeServer server(answering([&](ledger::Request& request) {
    EXPECT_TRUE(request.wants_balances);
    EXPECT_FALSE(request.dry_run);
    ASSERT_EQ(request.condition_count, 1u);
    EXPECT_EQ(std::memcmp(request.conditions, &condition, sizeof(condition)), 0);
    request.timestamp = {1000};
    request.balances.resize(3);
    request.balances[2].credit_account_credits_posted = 7;
  }));
  Client client = connected(server);
  const auto answer = client.create_transfers(
      three_transfers(), {.conditions = {&condition, 1}, .dry_run = false, .balances = true});
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->results[2].timestamp, Timestamp{1002});
  ASSERT_EQ(answer->balances.size(), 3u);
  EXPECT_EQ(answer->balances[2].credit_account_credits_posted, 7u);
}

// All events of a dry run are decided at the last logged time.
TEST(ClientRequests, a_dry_run_has_one_time) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_TRUE(request.dry_run);
    EXPECT_FALSE(request.wants_balances);
    request.timestamp = {1000};
    const u32 refused = static_cast<u32>(TransferOutcome::ExceedsCredits);
    request.exceptions = {{.timestamp = 1000, .index = 1, .outcome = refused}};
  }));
  Client client = connected(server);
  const auto answer = client.create_transfers(
      three_transfers(), {.conditions = {}, .dry_run = true, .balances = false});
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->balances.empty());
  EXPECT_EQ(answer->results[0].timestamp, Timestamp{1000});
  EXPECT_EQ(answer->results[1].outcome, TransferOutcome::ExceedsCredits);
  EXPECT_EQ(answer->results[2].outcome, TransferOutcome::Created);
  EXPECT_EQ(answer->results[2].timestamp, Timestamp{1000});
}

TEST(ClientRequests, a_dry_run_without_an_answer_did_not_happen) {
  FakeServer server([](FakeConnection&, const FakeFrame&) {});
  Client client = connected(server, kShort);
  const auto answer = client.create_transfers(
      three_transfers(), {.conditions = {}, .dry_run = true, .balances = false});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::DidNotHappen);
}

TEST(ClientRequests, imported_events_keep_the_timestamp_that_they_brought) {
  FakeServer server(answering([](ledger::Request& request) {
    request.timestamp = {1000};
    request.exceptions = {{.timestamp = 1001, .index = 1, .outcome = 4}};
  }));
  Client client = connected(server);
  auto transfers = three_transfers();
  for (usize i = 0; i < transfers.size(); ++i) {
    transfers[i].flags = ledger::transfer_flags::kImported;
    transfers[i].timestamp = 50 + i;
  }
  const auto created = client.create_transfers(transfers);
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->results[0].timestamp, Timestamp{50});
  EXPECT_EQ(created->results[1].timestamp, Timestamp{1001});
  EXPECT_EQ(created->results[2].timestamp, Timestamp{52});

  std::array<ledger::Account, 3> accounts{};
  accounts[2].flags = ledger::account_flags::kImported;
  accounts[2].timestamp = 60;
  const auto opened = client.create_accounts(accounts);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->results[0].timestamp, Timestamp{1000});
  EXPECT_EQ(opened->results[2].timestamp, Timestamp{60});
}

TEST(ClientRequests, balances_must_be_those_that_were_asked_for) {
  usize count = 3;
  FakeServer server(answering([&](ledger::Request& request) { request.balances.resize(count); }));
  Client client = connected(server);
  expect_does_not_fit(client.create_transfers(three_transfers()));
  count = 0;
  expect_does_not_fit(client.create_transfers(
      three_transfers(), {.conditions = {}, .dry_run = false, .balances = true}));
}

TEST(ClientRequests, updates_accounts) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.operation, Operation::UpdateAccounts);
    EXPECT_EQ(request.update_events()[1].account_id, 12u);
    request.position = {5};
    request.timestamp = {1000};
    const u32 refused = static_cast<u32>(ledger::UpdateOutcome::AccountNotFound);
    request.exceptions = {{.timestamp = 1000, .index = 0, .outcome = refused}};
  }));
  Client client = connected(server);
  std::array<ledger::AccountUpdate, 2> updates{};
  updates[1].account_id = 12;
  const auto answer = client.update_accounts(updates);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->position, Position{5});
  ASSERT_EQ(answer->results.size(), 2u);
  EXPECT_EQ(answer->results[0].outcome, ledger::UpdateOutcome::AccountNotFound);
  EXPECT_EQ(answer->results[1].outcome, ledger::UpdateOutcome::Created);
  EXPECT_EQ(answer->results[1].timestamp, Timestamp{1001});
}

TEST(ClientRequests, an_update_without_an_answer_is_not_known) {
  FakeServer server([](FakeConnection&, const FakeFrame&) {});
  Client client = connected(server, kShort);
  const auto answer = client.update_accounts(std::array<ledger::AccountUpdate, 1>{});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().effect, Effect::NotKnown);
}

TEST(ClientRequests, gives_missing_limits_their_place) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.operation, Operation::LookupLimits);
    request.position = {9};
    request.limits.resize(2);
    request.limits[1].account_id = request.ids()[1];
    request.limits[1].velocity_sum_used = 3;
  }));
  Client client = connected(server);
  const auto answer = client.lookup_limits(std::array<u128, 2>{5, 6});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->position, Position{9});
  ASSERT_EQ(answer->limits.size(), 2u);
  EXPECT_FALSE(answer->limits[0].has_value());
  ASSERT_TRUE(answer->limits[1].has_value());
  EXPECT_EQ(answer->limits[1]->velocity_sum_used, 3u);
}

ledger::QueryFilter with_limit(u32 limit) {
  ledger::QueryFilter filter;
  filter.limit = limit;
  return filter;
}

TEST(ClientRequests, pages_tell_where_to_go_on) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.filter.ledger, request.operation == Operation::GetAccountChanges ? 0u : 978u);
    EXPECT_EQ(request.filter.cursor, (ledger::QueryCursor{.next = 1, .as_of = 2}));
    request.position = {9};
    request.accounts.resize(1);
    request.accounts[0].id = 5;
    request.transfers.resize(2);
    request.transfers[1].id = 6;
    request.transfer_statuses.resize(2);
    request.transfer_statuses[1].outcome = 1;
    request.changes.resize(1);
    request.changes[0].principal = 7;
    request.next_cursor = {.next = 3, .as_of = 4};
    request.more = true;
  }));
  Client client = connected(server);
  ledger::QueryFilter filter = with_limit(2);
  filter.cursor = {.next = 1, .as_of = 2};
  const auto changes = client.get_account_changes(filter);
  filter.ledger = 978;
  const auto accounts = client.query_accounts(filter);
  const auto transfers = client.query_transfers(filter);
  ASSERT_TRUE(changes && accounts && transfers);
  ASSERT_EQ(accounts->accounts.size(), 1u);
  EXPECT_EQ(accounts->accounts[0].id, 5u);
  ASSERT_EQ(transfers->transfers.size(), 2u);
  EXPECT_EQ(transfers->transfers[1].transfer.id, 6u);
  EXPECT_EQ(transfers->transfers[1].status.outcome, 1u);
  ASSERT_EQ(changes->changes.size(), 1u);
  EXPECT_EQ(changes->changes[0].principal, 7u);
  for (const Position position : {accounts->position, transfers->position, changes->position}) {
    EXPECT_EQ(position, Position{9});
  }
  for (const auto& cursor : {accounts->next_cursor, transfers->next_cursor, changes->next_cursor}) {
    EXPECT_EQ(cursor, (ledger::QueryCursor{.next = 3, .as_of = 4}));
  }
  EXPECT_TRUE(accounts->more && transfers->more && changes->more);
}

TEST(ClientRequests, pages_of_an_account_come_from_history) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.filter.account_id, 5u);
    EXPECT_EQ(request.filter.cursor, (ledger::QueryCursor{.next = 1, .as_of = 2, .index = 3}));
    request.position = {9};
    if (request.operation == Operation::GetAccountTransfers) {
      request.transfers.resize(1);
      request.transfers[0].id = 6;
      request.transfer_statuses.resize(1);
      request.transfer_statuses[0].reversed = 1;
    } else {
      EXPECT_EQ(request.operation, Operation::GetAccountBalances);
      request.account_balances.resize(2);
      request.account_balances[1].transfer_id = 7;
    }
    request.next_cursor = {.next = 3, .as_of = 4, .index = 5};
    request.more = true;
  }));
  Client client = connected(server);
  ledger::QueryFilter filter = with_limit(2);
  filter.account_id = 5;
  filter.cursor = {.next = 1, .as_of = 2, .index = 3};
  const auto transfers = client.get_account_transfers(filter);
  const auto balances = client.get_account_balances(filter);
  ASSERT_TRUE(transfers && balances);
  ASSERT_EQ(transfers->transfers.size(), 1u);
  EXPECT_EQ(transfers->transfers[0].transfer.id, 6u);
  EXPECT_EQ(transfers->transfers[0].status.reversed, 1u);
  ASSERT_EQ(balances->balances.size(), 2u);
  EXPECT_EQ(balances->balances[1].transfer_id, 7u);
  EXPECT_EQ(transfers->position, Position{9});
  EXPECT_EQ(balances->position, Position{9});
  for (const auto& cursor : {transfers->next_cursor, balances->next_cursor}) {
    EXPECT_EQ(cursor, (ledger::QueryCursor{.next = 3, .as_of = 4, .index = 5}));
  }
  EXPECT_TRUE(transfers->more && balances->more);
}

TEST(ClientRequests, statements_come_with_both_ends_and_entries_or_holds) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.operation, Operation::GetStatement);
    EXPECT_EQ(request.filter.timestamp_min, 7u);
    EXPECT_EQ(request.filter.timestamp_max, 8u);
    request.position = {9};
    if (request.filter.account_id == 6) return;
    request.accounts.resize(1);
    request.accounts[0].id = 5;
    request.transfers.resize(1);
    request.transfers[0].id = 11;
    request.account_balances.resize(3);
    request.account_balances[0].debits_posted = 1;
    request.account_balances[1].debits_posted = 3;
    request.account_balances[2].debits_posted = 2;
    if ((request.filter.flags & ledger::QueryFilter::kHolds) != 0) {
      request.account_balances.resize(2);
      request.transfer_statuses.resize(1);
      request.transfer_statuses[0].remaining = 4;
    }
    request.next_cursor = {.next = 3, .as_of = 4, .index = 5};
    request.more = true;
  }));
  Client client = connected(server);
  ledger::QueryFilter filter = with_limit(1);
  filter.account_id = 5;
  filter.timestamp_min = 7;
  filter.timestamp_max = 8;
  const auto entries = client.get_statement(filter);
  filter.flags = ledger::QueryFilter::kHolds;
  const auto holds = client.get_statement(filter);
  ASSERT_TRUE(entries && holds);
  for (const auto& page : {*entries, *holds}) {
    EXPECT_EQ(page.position, Position{9});
    ASSERT_TRUE(page.account.has_value());
    EXPECT_EQ(page.account->id, 5u);
    EXPECT_EQ(page.opening.debits_posted, 1u);
    EXPECT_EQ(page.closing.debits_posted, 3u);
    EXPECT_EQ(page.next_cursor, (ledger::QueryCursor{.next = 3, .as_of = 4, .index = 5}));
    EXPECT_TRUE(page.more);
  }
  EXPECT_TRUE(entries->holds.empty() && holds->entries.empty());
  ASSERT_EQ(entries->entries.size(), 1u);
  EXPECT_EQ(entries->entries[0].transfer.id, 11u);
  EXPECT_EQ(entries->entries[0].balance.debits_posted, 2u);
  ASSERT_EQ(holds->holds.size(), 1u);
  EXPECT_EQ(holds->holds[0].transfer.id, 11u);
  EXPECT_EQ(holds->holds[0].status.remaining, 4u);
  filter.account_id = 6;
  const auto none = client.get_statement(filter);
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->account.has_value());
  EXPECT_TRUE(none->entries.empty() && none->holds.empty() && !none->more);
}

TEST(ClientRequests, gives_accounts_that_were_not_there_their_place) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.operation, Operation::GetBalanceAt);
    EXPECT_EQ(request.filter.timestamp_max, 77u);
    request.position = {9};
    request.account_balances.resize(2);
    request.account_balances[1].account_id = request.ids().back();
    request.account_balances[1].debits_posted = 3;
  }));
  Client client = connected(server);
  const auto answer = client.get_balance_at(std::array<u128, 2>{5, 6}, Timestamp{77});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->position, Position{9});
  ASSERT_EQ(answer->balances.size(), 2u);
  EXPECT_FALSE(answer->balances[0].has_value());
  ASSERT_TRUE(answer->balances[1].has_value());
  EXPECT_EQ(answer->balances[1]->debits_posted, 3u);
  expect_does_not_fit(client.get_balance_at(std::array<u128, 1>{5}, Timestamp{77}));
}

// Two changes of a transfer at each of `positions` from the cursor on, three positions a page.
void answer_changes(ledger::Request& request, u64 positions) {
  ledger::QueryCursor next = request.filter.cursor;
  request.position = {positions};
  for (; next.next <= positions && request.transfers.size() < request.filter.limit;) {
    request.change_events.push_back({.position = next.next,
                                     .index = static_cast<u32>(next.index),
                                     .object = static_cast<u32>(request.transfers.size()),
                                     .kind = static_cast<u8>(ledger::ChangeKind::TransferCreated)});
    request.transfers.emplace_back();
    request.transfers.back().id = next.next * 10 + next.index;
    request.balances.emplace_back();
    next = next.index == 0 ? ledger::QueryCursor{.next = next.next, .as_of = 0, .index = 1}
                           : ledger::QueryCursor{.next = next.next + 1};
  }
  request.next_cursor = next;
  request.more = next.next <= positions;
}

TEST(ClientRequests, changes_come_with_their_objects) {
  FakeServer server(answering([](ledger::Request& request) {
    EXPECT_EQ(request.filter.kinds, 1 << 3);
    answer_changes(request, 4);
  }));
  Client client = connected(server);
  ledger::QueryFilter filter = with_limit(3);
  filter.kinds = 1 << 3;
  filter.cursor = {.next = 2, .as_of = 0, .index = 1};
  const auto page = client.get_change_events(filter);
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->position, Position{4});
  ASSERT_EQ(page->events.size(), 3u);
  ASSERT_EQ(page->transfers.size(), 3u);
  ASSERT_EQ(page->balances.size(), 3u);
  EXPECT_EQ(page->transfers[page->events[0].object].id, 21u);
  EXPECT_EQ(page->transfers[page->events[2].object].id, 31u);
  EXPECT_EQ(page->next_cursor, (ledger::QueryCursor{.next = 4}));
  EXPECT_TRUE(page->more);
}

TEST(ClientRequests, changes_are_followed_from_where_one_was) {
  std::atomic<u64> positions{3};
  FakeServer server(
      answering([&](ledger::Request& request) { answer_changes(request, positions.load()); }));
  Client client = connected(server);
  std::vector<u128> seen;
  ledger::QueryFilter filter = with_limit(4);
  filter.cursor.next = 1;
  const auto first = follow_changes(client, filter, [&](const ChangePage& page) {
    for (const ledger::Transfer& transfer : page.transfers) seen.push_back(transfer.id);
    return page.more;
  });
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(seen, (std::vector<u128>{10, 11, 20, 21, 30, 31}));
  EXPECT_EQ(*first, (ledger::QueryCursor{.next = 4}));
  positions = 4;
  filter.cursor = *first;
  u32 empty_pages = 0;
  const auto second = follow_changes(client, filter, [&](const ChangePage& page) {
    for (const ledger::Transfer& transfer : page.transfers) seen.push_back(transfer.id);
    empty_pages += page.events.empty() ? 1 : 0;
    return empty_pages < 2;
  });
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(seen, (std::vector<u128>{10, 11, 20, 21, 30, 31, 40, 41}));
}

TEST(ClientRequests, following_ends_with_an_error) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    test::reply_error(connection, frame.number, RefusalCode::HistoryOff, "no history");
  });
  Client client = connected(server);
  const auto ended = follow_changes(client, with_limit(4), [](const ChangePage&) {
    ADD_FAILURE() << "there is no page";
    return false;
  });
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().refusal, RefusalCode::HistoryOff);
  EXPECT_EQ(ended.error().effect, Effect::DidNotHappen);
}

// The server answers when the deadline alone would be over, but not yet with the wait on top.
TEST(ClientRequests, what_the_server_was_asked_to_wait_is_no_delay) {
  const auto answer_late = [](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request = test::asked(frame);
    const auto until = std::chrono::steady_clock::now() + 2 * kShort;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    answer_changes(request, 1);
    test::reply(connection, request);
  };
  FakeServer server(answer_late);
  Client client = connected(server, kShort);
  ledger::QueryFilter filter = with_limit(2);
  filter.cursor.next = 1;
  filter.wait_ms = 30'000;
  const auto waited = client.get_change_events(filter);
  ASSERT_TRUE(waited.has_value()) << waited.error().message;
  EXPECT_EQ(waited->events.size(), 2u);
  filter.wait_ms = 1;
  const auto late = client.get_change_events(filter);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::Timeout);
  EXPECT_NE(late.error().message.find("(gave up after 151 ms)"), std::string::npos)
      << late.error().message;
}

TEST(ClientRequests, more_than_the_limit_is_not_an_answer) {
  FakeServer server(answering([](ledger::Request& request) {
    request.accounts.resize(3);
    request.transfers.resize(3);
    request.transfer_statuses.resize(3);
    request.changes.resize(3);
    request.totals.resize(3);
    request.account_balances.resize(3);
    if (request.operation == Operation::GetStatement) {
      request.accounts.resize(1);
      request.account_balances.resize(5);
      request.transfer_statuses.clear();
    }
    if (request.operation != Operation::GetChangeEvents) return;
    request.transfers.clear();
    request.accounts.clear();
    for (u32 index = 0; index < 3; ++index) {
      request.change_events.push_back(
          {.object = index, .kind = static_cast<u8>(ledger::ChangeKind::AccountUpdated)});
    }
  }));
  Client client = connected(server);
  expect_does_not_fit(client.query_accounts(with_limit(2)));
  expect_does_not_fit(client.query_transfers(with_limit(2)));
  expect_does_not_fit(client.get_account_changes(with_limit(2)));
  ledger::QueryFilter of_account = with_limit(2);
  of_account.account_id = 1;
  expect_does_not_fit(client.get_account_transfers(of_account));
  expect_does_not_fit(client.get_account_balances(of_account));
  expect_does_not_fit(client.get_change_events(with_limit(2)));
  EXPECT_TRUE(client.get_change_events(with_limit(3)).has_value());
  of_account.timestamp_min = of_account.timestamp_max = 1;
  expect_does_not_fit(client.get_statement(of_account));
  of_account.limit = 3;
  EXPECT_TRUE(client.get_statement(of_account).has_value());
  expect_does_not_fit(client.get_trial_balance({.ledger_min = 0, .limit = 2}));
}

TEST(ClientRequests, unknown_outcomes_and_statuses_are_not_an_answer) {
  ledger::TransferStatus status;
  FakeServer server(answering([&](ledger::Request& request) {
    request.transfers.resize(1);
    request.transfer_statuses = {status};
  }));
  Client client = connected(server);
  const std::array<u128, 1> ids = {5};
  EXPECT_TRUE(client.lookup_transfers(ids).has_value());
  status.outcome = ledger::kTransferOutcomeEnd;
  expect_does_not_fit(client.lookup_transfers(ids));
  expect_does_not_fit(client.query_transfers(with_limit(1)));
  status.outcome = 1;
  status.pending_status = 5;
  expect_does_not_fit(client.lookup_transfers(ids));
}

TEST(ClientRequests, an_answer_of_another_kind_does_not_fit) {
  FakeServer server(
      answering([](ledger::Request& request) { request.operation = Operation::GetTrialBalance; }));
  Client client = connected(server);
  const std::array<u128, 1> ids = {5};
  expect_does_not_fit(client.lookup_accounts(ids));
  expect_does_not_fit(client.lookup_transfers(ids));
  expect_does_not_fit(client.lookup_limits(ids));
  expect_does_not_fit(client.query_accounts(with_limit(1)));
  expect_does_not_fit(client.query_transfers(with_limit(1)));
  expect_does_not_fit(client.get_account_changes(with_limit(1)));
  ledger::QueryFilter of_account = with_limit(1);
  of_account.account_id = 1;
  expect_does_not_fit(client.get_account_transfers(of_account));
  expect_does_not_fit(client.get_account_balances(of_account));
  expect_does_not_fit(client.get_balance_at(ids, Timestamp{1}));
  expect_does_not_fit(client.get_change_events(with_limit(1)));
  of_account.timestamp_min = of_account.timestamp_max = 1;
  expect_does_not_fit(client.get_statement(of_account));
  expect_does_not_fit(client.update_accounts(std::array<ledger::AccountUpdate, 1>{}));
}

TEST(ClientRequests, too_much_is_not_sent) {
  FakeServer server(test::reply_created);
  Client client = connected(server);
  const std::vector<ledger::Condition> conditions(8000);
  const std::vector<ledger::Transfer> transfers(7000);
  const std::vector<ledger::AccountUpdate> updates(ledger::kUpdateEventsMax + 1);
  const std::vector<u128> ids(ledger::kRequestEventsMax + 1);
  const auto too_long = client.create_transfers(
      transfers, {.conditions = conditions, .dry_run = false, .balances = false});
  const auto too_conditioned = client.create_transfers(
      three_transfers(),
      {.conditions = std::span(conditions).first(7), .dry_run = false, .balances = false});
  const auto too_many = client.update_accounts(updates);
  const auto too_many_ids = client.lookup_limits(ids);
  const ClientError errors[] = {too_long.error(), too_conditioned.error(), too_many.error(),
                                too_many_ids.error()};
  const RefusalCode refusals[] = {RefusalCode::FrameTooLarge, RefusalCode::InvalidCondition,
                                  RefusalCode::TooManyEvents, RefusalCode::TooManyEvents};
  for (usize i = 0; i < std::size(errors); ++i) {
    EXPECT_EQ(errors[i].effect, Effect::DidNotHappen);
    EXPECT_EQ(errors[i].code, ErrorCode::InvalidArgument);
    EXPECT_EQ(errors[i].refusal, refusals[i]);
  }
  EXPECT_NE(too_many.error().message.find("update_accounts: 4094"), std::string::npos);
  EXPECT_TRUE(server.frames().empty());
}

// The largest answers arrive whole, within the client's own bound.
TEST(ClientRequests, the_largest_answers_are_accepted) {
  FakeServer server(answering([](ledger::Request& request) {
    if (request.operation == Operation::GetAccountChanges) {
      request.changes.resize(ledger::kAccountChangesLimitMax);
    } else if (request.operation == Operation::QueryTransfers) {
      request.transfers.resize(ledger::kQueryLimitMax);
      request.transfer_statuses.resize(ledger::kQueryLimitMax);
      request.more = true;
    } else {
      for (u32 i = 0; i < request.event_count; ++i) {
        request.exceptions.push_back({.timestamp = 1, .index = i, .outcome = 2});
      }
      request.balances.resize(request.event_count);
    }
  }));
  Client client = connected(server);
  const auto page = client.query_transfers(with_limit(ledger::kQueryLimitMax));
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->transfers.size(), ledger::kQueryLimitMax);
  const auto changes = client.get_account_changes(with_limit(ledger::kAccountChangesLimitMax));
  ASSERT_TRUE(changes.has_value()) << changes.error().message;
  EXPECT_EQ(changes->changes.size(), ledger::kAccountChangesLimitMax);
  const std::vector<ledger::Transfer> transfers(ledger::kRequestEventsMax);
  const auto written =
      client.create_transfers(transfers, {.conditions = {}, .dry_run = false, .balances = true});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(written->balances.size(), ledger::kRequestEventsMax);
}

TEST(ClientRequests, a_refusal_names_the_request_once) {
  FakeServer server([](FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request;
    const auto decoded = protocol::decode_request(
        std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
    ASSERT_FALSE(decoded.has_value());
    test::reply_error(connection, frame.number, decoded.error().code, decoded.error().message);
  });
  Client client = connected(server);
  const auto empty = client.create_accounts({});
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().refusal, RefusalCode::EmptyRequest);
  EXPECT_EQ(empty.error().message,
            "create_accounts: there are no events; at least one is expected");
  const auto limitless = client.query_transfers({});
  ASSERT_FALSE(limitless.has_value());
  EXPECT_EQ(limitless.error().message, "query_transfers: limit is 0; expected 1 to 8189");
}

}  // namespace
}  // namespace florin::client
