// That no difference between two answers goes unseen.
#include "tests/support/answers.h"

#include <gtest/gtest.h>

#include "tests/support/owned_request.h"

namespace florin::test {
namespace {

using ledger::Operation;
using ledger::Request;

struct Case {
  std::string_view message;  // What the difference says, among other things.
  void (*change)(Request&);
};

const Case kCases[] = {
    {"refusal busy instead of none; later",
     [](Request& answer) {
       answer.refusal = ledger::RefusalCode::Busy;
       answer.refusal_message = "later";
     }},
    {"position 6 instead of 5", [](Request& answer) { answer.position.value = 6; }},
    {"timestamp 8 instead of 7", [](Request& answer) { answer.timestamp.ns = 8; }},
    {"[0] exceeds_debits at 7 instead of [0] exceeds_credits at 7",
     [](Request& answer) { ++answer.exceptions[0].outcome; }},
    {"[0] exceeds_credits at 8 instead", [](Request& answer) { ++answer.exceptions[0].timestamp; }},
    {"[1] exceeds_credits at 7 instead", [](Request& answer) { ++answer.exceptions[0].index; }},
    {"outcome 300 at 7", [](Request& answer) { answer.exceptions[0].outcome = 300; }},
    {"no further exception instead of [0]", [](Request& answer) { answer.exceptions.clear(); }},
    {"[2] created at 9 instead of no further exception",
     [](Request& answer) {
       answer.exceptions.push_back({9, 2, 1});
     }},
    {"balances[0]: debit account: debits 0 + 0 pending, credits 3 + 0 pending",
     [](Request& answer) { answer.balances[0].debit_account_credits_posted = 3; }},
    {"accounts[0]: account 1 debits 0 + 4 pending",
     [](Request& answer) { answer.accounts[0].debits_pending = 4; }},
    {"accounts: 2 of them instead of 1", [](Request& answer) { answer.accounts.emplace_back(); }},
    {"transfers[0]: transfer 2 from 0 to 0 of 9",
     [](Request& answer) { answer.transfers[0].amount = 9; }},
    {"transfer_statuses[0]: outcome created, hold status 3, remaining 0",
     [](Request& answer) { answer.transfer_statuses[0].pending_status = 3; }},
    {"limits[0]: account 3 set 0x0, overdraft 0, balance 0, transfer 0, velocity 4 of 0",
     [](Request& answer) { answer.limits[0].velocity_sum_used = 4; }},
    {"changes[0]: update 4 of account 0, changes 0x0, at 0, trace 0, principal 6",
     [](Request& answer) { answer.changes[0].principal = 6; }},
    {"changes[0]: ", [](Request& answer) { answer.changes[0].update.reason[103] = 'x'; }},
    {"totals[0]: ledger 5 of 0 accounts: debits 0:0 + 1:0 pending",
     [](Request& answer) { answer.totals[0].debits_pending.words[2] = 1; }},
    {"next_cursor 2.5 of 3 instead of 1.5 of 3",
     [](Request& answer) { answer.next_cursor.next = 2; }},
    {"next_cursor 1.5 of 4 instead of 1.5 of 3",
     [](Request& answer) { answer.next_cursor.as_of = 4; }},
    {"next_cursor 1.6 of 3 instead of 1.5 of 3",
     [](Request& answer) { answer.next_cursor.index = 6; }},
    {"change_events[0]: change 6.0 of kind 0",
     [](Request& answer) { answer.change_events[0].remaining = 7; }},
    {"account_balances[0]: account 8 debits 0 + 0 pending",
     [](Request& answer) { answer.account_balances[0].transfer_id = 9; }},
    {"more is false instead of true", [](Request& answer) { answer.more = false; }},
};

// An answer that has one of everything.
void fill(Request& answer) {
  answer.operation = Operation::CreateTransfers;
  answer.position.value = 5;
  answer.timestamp.ns = 7;
  answer.exceptions.push_back({7, 0, static_cast<u32>(ledger::TransferOutcome::ExceedsCredits)});
  answer.balances.emplace_back();
  answer.accounts.resize(1);
  answer.accounts[0].id = 1;
  answer.transfers.resize(1);
  answer.transfers[0].id = 2;
  answer.transfer_statuses.resize(1);
  answer.transfer_statuses[0].outcome = static_cast<u8>(ledger::TransferOutcome::Created);
  answer.limits.resize(1);
  answer.limits[0].account_id = 3;
  answer.changes.resize(1);
  answer.changes[0].update.id = 4;
  answer.totals.resize(1);
  answer.totals[0].ledger = 5;
  answer.next_cursor = {1, 3, 5};
  answer.change_events.resize(1);
  answer.change_events[0].position = 6;
  answer.account_balances.resize(1);
  answer.account_balances[0].account_id = 8;
  answer.more = true;
}

TEST(Difference, is_nothing_between_equal_answers) {
  Request left;
  Request right;
  fill(left);
  fill(right);
  EXPECT_EQ(difference(left, right), "");
}

TEST(Difference, names_what_differs_whatever_it_is) {
  for (const Case& each : kCases) {
    Request expected;
    Request actual;
    fill(expected);
    fill(actual);
    each.change(actual);
    const std::string found = difference(expected, actual);
    EXPECT_NE(found.find(each.message), std::string::npos) << found << "; sought " << each.message;
    EXPECT_TRUE(found.starts_with("create_transfers: ")) << found;
    EXPECT_NE(difference(actual, expected), "") << each.message;
  }
}

TEST(Difference, tells_outcomes_by_the_kind_of_request) {
  Request expected;
  Request actual;
  expected.operation = actual.operation = Operation::UpdateAccounts;
  actual.exceptions.push_back({1, 0, static_cast<u32>(ledger::UpdateOutcome::AccountNotFound)});
  EXPECT_EQ(difference(expected, actual),
            "update_accounts: [0] account_not_found at 1 instead of no further exception");
}

TEST(OwnedRequest, asks_again_for_everything_and_answers_nothing) {
  ledger::Transfer transfer{};
  transfer.amount = 3;
  ledger::Condition condition;
  condition.minimum = 4;
  OwnedRequest owned = OwnedRequest::create_transfers({&transfer, 1}, {&condition, 1});
  Request& asked = owned.request();
  asked.dry_run = asked.wants_balances = true;
  asked.trial_balance_filter = {5, 6};
  asked.filter.account_id = 7;
  asked.trace_id = 8;
  asked.principal = 9;
  asked.number = 10;
  fill(asked);
  const OwnedRequest again = owned.ask_again();
  const Request& copy = again.request();
  ASSERT_EQ(copy.transfer_events().size(), 1u);
  EXPECT_NE(copy.events, asked.events);
  EXPECT_EQ(copy.transfer_events()[0].amount, 3u);
  ASSERT_EQ(copy.all_conditions().size(), 1u);
  EXPECT_NE(copy.conditions, asked.conditions);
  EXPECT_EQ(copy.all_conditions()[0].minimum, 4u);
  EXPECT_TRUE(copy.dry_run && copy.wants_balances);
  EXPECT_EQ(copy.trial_balance_filter.ledger_min, 5u);
  EXPECT_EQ(copy.trial_balance_filter.limit, 6u);
  EXPECT_EQ(copy.filter.account_id, 7u);
  EXPECT_EQ(copy.trace_id, 8u);
  EXPECT_EQ(copy.principal, 9u);
  EXPECT_EQ(copy.number, 10u);
  Request fresh;
  fresh.operation = copy.operation;
  EXPECT_EQ(difference(fresh, copy), "");
}

}  // namespace
}  // namespace florin::test
