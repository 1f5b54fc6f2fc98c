// JSON lines out: every kind of answer, and numbers that no reader rounds.
#include "cli/json_writer.h"

#include <cstring>

#include <gtest/gtest.h>

namespace florin::cli {
namespace {

TEST(JsonWriter, writes_results_of_creations) {
  Answer answer;
  answer.kind = CommandKind::CreateAccounts;
  answer.position = {42};
  answer.results = {{1732147200000000001, 0, 1},
                    {5, 1, static_cast<u32>(ledger::AccountOutcome::Exists)}};
  EXPECT_EQ(to_json(answer), R"({"request":"create_accounts","position":"42","results":[)"
                             R"({"status":"created","timestamp":"1732147200000000001"},)"
                             R"({"status":"exists","timestamp":"5"}]})");
}

TEST(JsonWriter, writes_all_fields_of_an_account_and_null_for_a_missing_one) {
  Answer answer;
  answer.kind = CommandKind::LookupAccounts;
  answer.position = {7};
  ledger::Account account{};
  account.id = kU128Max - 1;
  account.credits_posted = 100;
  account.ledger = 978;
  account.code = 200;
  account.flags = ledger::account_flags::kDebitsMustNotExceedCredits | 0x8000;
  account.timestamp = 9;
  answer.accounts = {account, ledger::Account{}};
  EXPECT_EQ(to_json(answer),
            R"({"request":"lookup_accounts","position":"7","accounts":[)"
            R"({"id":"340282366920938463463374607431768211454","debits_pending":"0",)"
            R"("debits_posted":"0","credits_pending":"0","credits_posted":"100",)"
            R"("user_data_128":"0","user_data_64":"0","user_data_32":0,"reserved":0,)"
            R"("ledger":978,"code":200,"flags":["debits_must_not_exceed_credits",32768],)"
            R"("timestamp":"9"},null]})");
}

TEST(JsonWriter, writes_what_became_of_looked_up_transfers) {
  Answer answer;
  answer.kind = CommandKind::LookupTransfers;
  answer.transfers.resize(3);
  answer.statuses.resize(3);
  answer.transfers[2].id = 9;
  answer.statuses[0].outcome = static_cast<u8>(ledger::TransferOutcome::ExceedsCredits);
  answer.statuses[2] = {
      .remaining = 50, .expires_at = 77, .outcome = 1, .pending_status = 1, .reversed = 1};
  const std::string line = to_json(answer);
  EXPECT_TRUE(line.starts_with(
      R"({"request":"lookup_transfers","position":"0","transfers":[null,null,{"id":"9",)"))
      << line;
  EXPECT_TRUE(line.ends_with(
      R"("statuses":[{"outcome":"exceeds_credits","pending_status":null,"remaining":"0",)"
      R"("expires_at":"0","reversed":false},null,{"outcome":"created",)"
      R"("pending_status":"pending","remaining":"50","expires_at":"77","reversed":true}]})"))
      << line;
}

TEST(JsonWriter, writes_balances_and_null_for_what_was_not_created) {
  Answer answer;
  answer.kind = CommandKind::CreateTransfers;
  answer.dry_run = true;
  answer.position = {5};
  answer.results = {{1, 0, 1}, {2, 1, static_cast<u32>(ledger::TransferOutcome::ExceedsCredits)}};
  answer.balances.resize(2);
  answer.balances[0].debit_account_debits_posted = 100;
  answer.balances[0].credit_account_credits_pending = kU128Max;
  EXPECT_EQ(to_json(answer),
            R"({"request":"create_transfers","position":"5","dry_run":true,"results":[)"
            R"({"status":"created","timestamp":"1"},{"status":"exceeds_credits","timestamp":"2"}],)"
            R"("balances":[{"debit_account":{"debits_pending":"0","debits_posted":"100",)"
            R"("credits_pending":"0","credits_posted":"0"},"credit_account":{"debits_pending":"0",)"
            R"("debits_posted":"0","credits_pending":"340282366920938463463374607431768211455",)"
            R"("credits_posted":"0"}},null]})");
}

TEST(JsonWriter, writes_outcomes_of_updates_and_reversals_by_their_own_names) {
  Answer answer;
  answer.kind = CommandKind::UpdateAccounts;
  answer.results = {{1, 0, static_cast<u32>(ledger::UpdateOutcome::ReasonTooLong)}};
  EXPECT_NE(to_json(answer).find(R"("status":"reason_too_long")"), std::string::npos);
  answer.kind = CommandKind::ReverseTransfers;
  answer.results = {
      {1, 0, static_cast<u32>(ledger::TransferOutcome::OriginalTransferAlreadyReversed)}};
  EXPECT_NE(to_json(answer).find(R"("status":"original_transfer_already_reversed")"),
            std::string::npos);
}

TEST(JsonWriter, writes_limits_with_null_for_those_that_are_not_set) {
  Answer answer;
  answer.kind = CommandKind::LookupLimits;
  answer.limits.resize(2);
  ledger::AccountLimits& limits = answer.limits[0];
  limits.account_id = 101;
  limits.set = ledger::AccountLimits::kBalance | ledger::AccountLimits::kVelocity;
  limits.balance_limit = 5000;
  limits.velocity_window = 86'400;
  limits.velocity_sum_limit = 1000;
  limits.velocity_sum_used = 250;
  limits.velocity_count_limit = 10;
  limits.velocity_count_used = 2;
  limits.timestamp = 9;
  EXPECT_EQ(to_json(answer),
            R"({"request":"lookup_limits","position":"0","limits":[{"account_id":"101",)"
            R"("overdraft_limit":null,"balance_limit":"5000","transfer_limit":null,)"
            R"("velocity_window":86400,"velocity_sum_limit":"1000","velocity_sum_used":"250",)"
            R"("velocity_count_limit":10,"velocity_count_used":2,"timestamp":"9"},null]})");
}

TEST(JsonWriter, writes_pages_with_the_cursor_only_where_more_follows) {
  Answer answer;
  answer.kind = CommandKind::QueryAccounts;
  answer.next_cursor = {100, 250};
  answer.more = true;
  EXPECT_EQ(to_json(answer), R"({"request":"query_accounts","position":"0","accounts":[],)"
                             R"("next_cursor":"100:250","more":true})");
  answer.kind = CommandKind::QueryTransfers;
  answer.more = false;
  EXPECT_EQ(to_json(answer), R"({"request":"query_transfers","position":"0","transfers":[],)"
                             R"("statuses":[],"next_cursor":null,"more":false})");
}

TEST(JsonWriter, writes_changes_with_who_and_why) {
  Answer answer;
  answer.kind = CommandKind::GetAccountChanges;
  answer.changes.resize(1);
  ledger::AccountChange& change = answer.changes[0];
  change.principal = 7;
  change.trace_id = 8;
  change.update = {};
  change.update.id = 1;
  change.update.account_id = 101;
  change.update.changes =
      ledger::account_changes::kFreezeDebits | ledger::account_changes::kSetOverdraftLimit;
  change.update.overdraft_limit = 500;
  change.update.timestamp = 9;
  change.update.reason_length = 5;
  std::memcpy(change.update.reason, "court", 5);
  EXPECT_EQ(to_json(answer),
            R"({"request":"get_account_changes","position":"0","changes":[{"id":"1",)"
            R"("account_id":"101","changes":["freeze_debits","set_overdraft_limit"],)"
            R"("user_data_128":"0","user_data_64":"0","user_data_32":0,"overdraft_limit":"500",)"
            R"("balance_limit":"0","transfer_limit":"0","velocity_window":0,)"
            R"("velocity_sum_limit":"0","velocity_count_limit":0,"flags":[],"reason":"court",)"
            R"("timestamp":"9","principal":"7","trace_id":"8"}],"next_cursor":null,"more":false})");
}

TEST(JsonWriter, writes_balances_of_the_past_and_null_where_there_was_no_account) {
  Answer answer;
  answer.kind = CommandKind::GetBalanceAt;
  answer.position = {9};
  answer.account_balances.resize(2);
  answer.account_balances[0] = {.account_id = 101,
                                .debits_pending = 1,
                                .debits_posted = 2,
                                .credits_pending = 3,
                                .credits_posted = kU128Max,
                                .transfer_id = 7,
                                .timestamp = 8,
                                .position = 5,
                                .index = 6,
                                .ledger = 978};
  const std::string balances =
      R"("position":"9","balances":[{"account_id":"101","ledger":978,"debits_pending":"1",)"
      R"("debits_posted":"2","credits_pending":"3",)"
      R"("credits_posted":"340282366920938463463374607431768211455","transfer_id":"7",)"
      R"("timestamp":"8","position":"5","index":6},null])";
  EXPECT_EQ(to_json(answer), R"({"request":"get_balance_at",)" + balances + "}");
  answer.kind = CommandKind::GetAccountBalances;
  answer.next_cursor = {5, 9, 7};
  answer.more = true;
  EXPECT_EQ(to_json(answer), R"({"request":"get_account_balances",)" + balances +
                                 R"(,"next_cursor":"5:9:7","more":true})");
}

std::string zeros_but(std::string_view counter, int value) {
  std::string text = R"({"debits_pending":"0","debits_posted":"0","credits_pending":"0",)"
                     R"("credits_posted":"0"})";
  const std::string zero = std::string(counter) + R"(":"0")";
  const usize at = text.find(zero);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, zero.size(),
                      std::string(counter) + R"(":")" + std::to_string(value) + "\"");
}

TEST(JsonWriter, writes_changes_with_their_objects_and_always_where_to_go_on) {
  using ledger::ChangeKind;
  Answer answer;
  answer.kind = CommandKind::GetChangeEvents;
  answer.position = {9};
  answer.accounts.resize(1);
  answer.accounts[0].id = 3;
  answer.changes.resize(1);
  answer.changes[0].update = {};
  answer.changes[0].update.id = 4;
  answer.transfers.resize(2);
  answer.transfers[0].id = 5;
  answer.transfers[1].id = 6;
  answer.balances.resize(2);
  answer.balances[0].debit_account_debits_pending = 70;
  answer.balances[1].credit_account_credits_posted = 80;
  const auto event = [](u64 position, u32 index, ChangeKind kind, u32 object) {
    return ledger::ChangeEvent{.position = position,
                               .timestamp = 100 + position,
                               .index = index,
                               .object = object,
                               .kind = static_cast<u8>(kind)};
  };
  answer.change_events = {
      event(1, 0, ChangeKind::AccountCreated, 0), event(2, 0, ChangeKind::HoldExpired, 0),
      event(2, 1, ChangeKind::TransferCreated, 1), event(3, 0, ChangeKind::AccountUpdated, 0)};
  answer.change_events[1].released = 12;
  answer.change_events[1].pending_status = 4;
  answer.change_events[2].remaining = 13;
  answer.next_cursor = {3, 0, 1};
  const std::string none = zeros_but("debits_pending", 0);
  EXPECT_EQ(
      to_json(answer),
      R"({"request":"get_change_events","position":"9","events":[)"
      R"({"position":"1","index":0,"timestamp":"101","kind":"account_created","account":)" +
          to_json(answer.accounts[0]) +
          R"(},{"position":"2","index":0,"timestamp":"102","kind":"hold_expired","transfer":)" +
          to_json(answer.transfers[0]) + R"(,"debit_account":)" + zeros_but("debits_pending", 70) +
          R"(,"credit_account":)" + none +
          R"(,"hold":"expired","released":"12","remaining":"0"},)"
          R"({"position":"2","index":1,"timestamp":"102","kind":"transfer_created","transfer":)" +
          to_json(answer.transfers[1]) + R"(,"debit_account":)" + none + R"(,"credit_account":)" +
          zeros_but("credits_posted", 80) +
          R"(,"hold":null,"released":"0","remaining":"13"},)"
          R"({"position":"3","index":0,"timestamp":"103","kind":"account_updated","change":{)"
          R"("id":"4","account_id":"0","changes":[],"user_data_128":"0","user_data_64":"0",)"
          R"("user_data_32":0,"overdraft_limit":"0","balance_limit":"0","transfer_limit":"0",)"
          R"("velocity_window":0,"velocity_sum_limit":"0","velocity_count_limit":0,"flags":[],)"
          R"("reason":"","timestamp":"0","principal":"0","trace_id":"0"}}],)"
          R"("next_cursor":"3:0:1","more":false})");
}

// As it was asked for, whatever its id; nothing moved, and so there are no balances.
TEST(JsonWriter, writes_refused_transfers_with_their_outcome) {
  Answer answer;
  answer.kind = CommandKind::GetChangeEvents;
  answer.position = {9};
  answer.transfers.resize(2);
  answer.transfers[0].id = 5;
  answer.transfers[0].amount = 70;
  answer.balances.resize(2);
  const auto event = [](u64 position, u32 object, ledger::TransferOutcome outcome) {
    return ledger::ChangeEvent{.position = position,
                               .timestamp = 100 + position,
                               .object = object,
                               .kind = static_cast<u8>(ledger::ChangeKind::TransferRefused),
                               .outcome = static_cast<u8>(outcome)};
  };
  answer.change_events = {event(1, 0, ledger::TransferOutcome::ExceedsCredits),
                          event(2, 1, ledger::TransferOutcome::IdMustNotBeZero)};
  answer.next_cursor = {2, 0, 1};
  EXPECT_EQ(to_json(answer),
            R"({"request":"get_change_events","position":"9","events":[)"
            R"({"position":"1","index":0,"timestamp":"101","kind":"transfer_refused",)"
            R"("outcome":"exceeds_credits","transfer":)" +
                to_json(answer.transfers[0]) +
                R"(},{"position":"2","index":0,"timestamp":"102","kind":"transfer_refused",)"
                R"("outcome":"id_must_not_be_zero","transfer":{"id":"0","debit_account_id":"0",)"
                R"("credit_account_id":"0","amount":"0","pending_id":"0","user_data_128":"0",)"
                R"("user_data_64":"0","user_data_32":0,"timeout":0,"ledger":0,"code":0,"flags":[],)"
                R"("timestamp":"0"}}],"next_cursor":"2:0:1","more":false})");
}

TEST(JsonWriter, writes_statements_with_entries_or_holds_and_null_where_there_was_no_account) {
  Answer answer;
  answer.kind = CommandKind::GetStatement;
  answer.position = {9};
  answer.accounts.resize(1);
  answer.accounts[0].id = 101;
  answer.account_balances.resize(3);
  for (auto& balance : answer.account_balances) balance.account_id = 101;
  answer.account_balances[0].debits_posted = 1;
  answer.account_balances[1].debits_posted = 3;
  answer.account_balances[2].debits_posted = 2;
  answer.transfers.resize(1);
  answer.transfers[0].id = 5;
  const auto balance = [](int debits_posted) {
    return R"({"account_id":"101","ledger":0,"debits_pending":"0","debits_posted":")" +
           std::to_string(debits_posted) +
           R"(","credits_pending":"0","credits_posted":"0","transfer_id":"0","timestamp":"0",)"
           R"("position":"0","index":0})";
  };
  const std::string head = R"({"request":"get_statement","position":"9","account":)" +
                           to_json(answer.accounts[0]) + R"(,"opening":)" + balance(1) +
                           R"(,"closing":)" + balance(3);
  EXPECT_EQ(to_json(answer), head + R"(,"entries":[{"transfer":)" + to_json(answer.transfers[0]) +
                                 R"(,"balance":)" + balance(2) +
                                 R"(}],"next_cursor":null,"more":false})");
  answer.holds = true;
  answer.account_balances.pop_back();
  answer.statuses.resize(1);
  answer.statuses[0].outcome = 1;
  answer.statuses[0].pending_status = 1;
  answer.statuses[0].remaining = 8;
  answer.next_cursor = {5, 9, 7};
  answer.more = true;
  EXPECT_EQ(to_json(answer),
            head + R"(,"holds":[{"transfer":)" + to_json(answer.transfers[0]) +
                R"(,"status":{"outcome":"created","pending_status":"pending","remaining":"8",)"
                R"("expires_at":"0","reversed":false}}],"next_cursor":"5:9:7","more":true})");
  Answer none;
  none.kind = CommandKind::GetStatement;
  EXPECT_EQ(to_json(none), R"({"request":"get_statement","position":"0","account":null,)"
                           R"("opening":null,"closing":null,"entries":[],"next_cursor":null,)"
                           R"("more":false})");
}

TEST(JsonWriter, writes_the_trial_balance_with_sums_beyond_128_bits) {
  Answer answer;
  answer.kind = CommandKind::GetTrialBalance;
  answer.position = {3};
  ledger::LedgerTotals totals;
  totals.accounts = 2;
  totals.ledger = 1;
  totals.debits_posted.add(kU128Max);
  totals.debits_posted.add(1);
  totals.credits_posted.words[2] = 1ull << 63;
  answer.totals = {totals};
  answer.more = true;
  EXPECT_EQ(
      to_json(answer),
      R"({"request":"get_trial_balance","position":"3","ledgers":[{"ledger":1,"accounts":"2",)"
      R"("debits_pending":"0","debits_posted":"340282366920938463463374607431768211456",)"
      R"("credits_pending":"0",)"
      R"("credits_posted":"3138550867693340381917894711603833208051177722232017256448"}],)"
      R"("more":true})");
}

TEST(JsonWriter, writes_the_server_and_errors) {
  Answer answer;
  answer.server = {{"version", "0.1.0"},
                   {"workers", "2", InfoItem::Form::Number},
                   {"busy", "true", InfoItem::Form::Truth},
                   {"idle", "false", InfoItem::Form::Truth}};
  EXPECT_EQ(
      to_json(answer),
      R"({"request":"ping","server":{"version":"0.1.0","workers":2,"busy":true,"idle":false}})");
  answer.kind = CommandKind::Snapshot;
  answer.server = {{"snapshot_position", "7"}};
  EXPECT_EQ(to_json(answer), R"({"request":"snapshot","snapshot":{"snapshot_position":"7"}})");
  answer.kind = CommandKind::Witness;
  answer.server = {{"position", "7"}, {"chain", "0x1"}};
  EXPECT_EQ(to_json(answer), R"({"request":"witness","position":"7","chain":"0x1"})");
  EXPECT_EQ(to_json(Failure{"busy", "say \"please\""}),
            R"({"error":{"code":"busy","message":"say \"please\""}})");
}

TEST(JsonWriter, writes_an_error_about_bytes_that_are_not_utf8) {
  EXPECT_EQ(to_json(Failure{"invalid_request", "\xff"}),
            "{\"error\":{\"code\":\"invalid_request\",\"message\":\"\xef\xbf\xbd\"}}");
}

}  // namespace
}  // namespace florin::cli
