// Answers as tables for people.
#include "cli/answer_text.h"

#include <cstring>

#include <gtest/gtest.h>

namespace florin::cli {
namespace {

money::LedgerNames euros() {
  money::LedgerNames names;
  EXPECT_TRUE(names.add("978=EUR"));
  return names;
}

TEST(AnswerText, tells_the_status_of_each_event_and_how_many_were_created) {
  Command command;
  command.kind = CommandKind::CreateTransfers;
  command.transfers.resize(2);
  command.transfers[0].id = 7;
  command.transfers[1].id = 12;
  Answer answer;
  answer.kind = command.kind;
  answer.position = {42};
  answer.results = {{1, 0, 1}, {2, 1, static_cast<u32>(ledger::TransferOutcome::ExceedsCredits)}};
  EXPECT_EQ(render_answer(command, answer, Colour::Never),
            "id  status           time\n"
            "--  ---------------  -----------------------------\n"
            " 7  created          1970-01-01 00:00:00.000000001\n"
            "12  exceeds_credits  1970-01-01 00:00:00.000000002\n"
            "1 of 2 created, position 42\n");
}

TEST(AnswerText, shows_accounts_with_separated_thousands_and_names_the_missing) {
  Command command;
  command.kind = CommandKind::LookupAccounts;
  command.ids = {1, 99};
  Answer answer;
  answer.kind = command.kind;
  answer.accounts.resize(2);
  answer.accounts[0].id = 1;
  answer.accounts[0].ledger = 978;
  answer.accounts[0].code = 200;
  answer.accounts[0].credits_posted = 1234567;
  answer.accounts[0].flags = 3;
  EXPECT_EQ(
      render_answer(command, answer, Colour::Never),
      "id  ledger  code  debits posted  credits posted  flags                                  "
      "created\n"
      "--  ------  ----  -------------  --------------  -------------------------------------  "
      "-----------------------------\n"
      " 1     978   200              0       1,234,567  linked|debits_must_not_exceed_credits  "
      "1970-01-01 00:00:00.000000000\n"
      "not found: 99\n");
}

TEST(AnswerText, shows_what_became_of_transfers) {
  Command command;
  command.kind = CommandKind::LookupTransfers;
  command.ids = {5, 6, 7};
  Answer answer;
  answer.kind = command.kind;
  answer.transfers.resize(3);
  answer.transfers[0].id = 5;
  answer.transfers[0].debit_account_id = 1;
  answer.transfers[0].credit_account_id = 2;
  answer.transfers[0].amount = 1000;
  answer.transfers[0].ledger = 1;
  answer.transfers[0].code = 3;
  answer.statuses.resize(3);
  answer.statuses[0].outcome = 1;
  answer.statuses[1].outcome = static_cast<u8>(ledger::TransferOutcome::ExceedsCredits);
  EXPECT_EQ(render_answer(command, answer, Colour::Never),
            "id  outcome          debit account  credit account  amount  ledger  code  created\n"
            "--  ---------------  -------------  --------------  ------  ------  ----  "
            "-----------------------------\n"
            " 5  created                      1               2   1,000       1     3  "
            "1970-01-01 00:00:00.000000000\n"
            " 6  exceeds_credits\n"
            "not found: 7\n");
}

TEST(AnswerText, shows_what_is_left_of_holds_and_what_was_reversed) {
  Command command;
  command.kind = CommandKind::LookupTransfers;
  command.ids = {5, 6};
  Answer answer;
  answer.kind = command.kind;
  answer.transfers.resize(2);
  answer.statuses.resize(2);
  for (usize i = 0; i < 2; ++i) {
    answer.transfers[i].id = 5 + i;
    answer.transfers[i].amount = 1000;
    answer.transfers[i].ledger = 978;
    answer.statuses[i].outcome = 1;
  }
  answer.transfers[0].flags = ledger::transfer_flags::kPending;
  answer.statuses[0].pending_status = static_cast<u8>(ledger::PendingStatus::Pending);
  answer.statuses[0].remaining = 250;
  answer.statuses[0].expires_at = 1;
  answer.statuses[1].reversed = 1;
  EXPECT_EQ(render_answer(command, answer, Colour::Never, euros()),
            "id  outcome     amount  ledger  flags    hold     remaining  expires            "
            "            reversed  created\n"
            "--  -------  ---------  ------  -------  -------  ---------  -------------------"
            "----------  --------  -----------------------------\n"
            " 5  created  10.00 EUR     978  pending  pending   2.50 EUR  1970-01-01 00:00:00"
            ".000000001            1970-01-01 00:00:00.000000000\n"
            " 6  created  10.00 EUR     978                                                  "
            "            yes       1970-01-01 00:00:00.000000000\n");
}

TEST(AnswerText, shows_balances_after_each_event_that_was_created) {
  Command command;
  command.kind = CommandKind::CreateTransfers;
  command.transfers.resize(2);
  command.transfers[0].id = 7;
  command.transfers[0].debit_account_id = 1;
  command.transfers[0].credit_account_id = 2;
  command.transfers[0].ledger = 978;
  command.transfers[1].id = 8;
  Answer answer;
  answer.kind = command.kind;
  answer.dry_run = true;
  answer.results = {{1, 0, 1}, {1, 1, static_cast<u32>(ledger::TransferOutcome::ExceedsCredits)}};
  answer.balances.resize(2);
  answer.balances[0].debit_account_debits_posted = 123'456;
  answer.balances[0].credit_account_credits_posted = 100;
  answer.balances[0].credit_account_credits_pending = 5;
  EXPECT_EQ(render_answer(command, answer, Colour::Never, euros()),
            "id  status           time\n"
            "--  ---------------  -----------------------------\n"
            " 7  created          1970-01-01 00:00:00.000000001\n"
            " 8  exceeds_credits  1970-01-01 00:00:00.000000001\n"
            "1 of 2 would be created, position 0\n"
            "after each event:\n"
            "id  side    account  debits posted  credits pending  credits posted\n"
            "--  ------  -------  -------------  ---------------  --------------\n"
            " 7  debit         1   1,234.56 EUR                         0.00 EUR\n"
            "    credit        2       0.00 EUR         0.05 EUR        1.00 EUR\n");
}

TEST(AnswerText, shows_pages_and_how_to_go_on) {
  Command command;
  command.kind = CommandKind::QueryTransfers;
  Answer answer;
  answer.kind = command.kind;
  answer.transfers.resize(1);
  answer.transfers[0].id = 5;
  answer.statuses.resize(1);
  answer.statuses[0].outcome = 1;
  answer.more = true;
  answer.next_cursor = {100, 250};
  const std::string page = render_answer(command, answer, Colour::Never);
  EXPECT_TRUE(page.ends_with("1 shown; go on with cursor=100:250\n")) << page;
  answer.kind = CommandKind::QueryAccounts;
  answer.more = false;
  EXPECT_EQ(render_answer(command, answer, Colour::Never), "0 shown, and no more\n");
}

TEST(AnswerText, shows_balances_of_the_past) {
  Command command;
  command.kind = CommandKind::GetBalanceAt;
  command.ids = {101, 999};
  Answer answer;
  answer.kind = command.kind;
  answer.account_balances.resize(2);
  answer.account_balances[0] = {.account_id = 101,
                                .credits_posted = 123456,
                                .transfer_id = 7,
                                .timestamp = 1,
                                .position = 12,
                                .index = 1,
                                .ledger = 978};
  const std::string table =
      "account  debits posted  credits posted  by transfer  position  since\n"
      "-------  -------------  --------------  -----------  --------  ---------------------------"
      "--\n"
      "    101       0.00 EUR    1,234.56 EUR            7      12:1  1970-01-01 00:00:00.0000000"
      "01\n";
  EXPECT_EQ(render_answer(command, answer, Colour::Never, euros()), table + "not found: 999\n");
  answer.kind = CommandKind::GetAccountBalances;
  answer.account_balances.pop_back();
  answer.more = true;
  answer.next_cursor = {12, 20, 2};
  EXPECT_EQ(render_answer(command, answer, Colour::Never, euros()),
            table + "1 shown; go on with cursor=12:20:2\n");
}

TEST(AnswerText, shows_a_statement_from_its_opening_to_its_closing_balance) {
  Answer answer;
  answer.kind = CommandKind::GetStatement;
  EXPECT_EQ(render_answer({}, answer, Colour::Never, euros()),
            "there was no such account at the end of the period\n");
  answer.accounts.resize(1);
  answer.accounts[0].id = 101;
  answer.account_balances.resize(4);
  for (auto& balance : answer.account_balances) balance.ledger = 978;
  answer.account_balances[0].credits_posted = 1000;
  answer.account_balances[2].credits_posted = 1500;
  answer.account_balances[3].credits_posted = 1500;
  answer.account_balances[3].debits_posted = 30;
  answer.account_balances[1] = answer.account_balances[3];
  answer.account_balances[1].debits_pending = 7;
  answer.transfers.resize(2);
  for (auto& transfer : answer.transfers) transfer.ledger = 978;
  answer.transfers[0].id = 5;
  answer.transfers[0].debit_account_id = 1;
  answer.transfers[0].credit_account_id = 101;
  answer.transfers[0].amount = 500;
  answer.transfers[0].timestamp = 1;
  answer.transfers[1].id = 6;
  answer.transfers[1].debit_account_id = 101;
  answer.transfers[1].credit_account_id = 2;
  answer.transfers[1].amount = 30;
  answer.transfers[1].timestamp = 2;
  EXPECT_EQ(
      render_answer({}, answer, Colour::Never, euros()),
      "time                           transfer  other account     debit    credit  debits pending"
      "  debits posted  credits posted\n"
      "-----------------------------  --------  -------------  --------  --------  --------------"
      "  -------------  --------------\n"
      "                                opening                                                   "
      "       0.00 EUR       10.00 EUR\n"
      "1970-01-01 00:00:00.000000001         5              1            5.00 EUR                "
      "       0.00 EUR       15.00 EUR\n"
      "1970-01-01 00:00:00.000000002         6              2  0.30 EUR                          "
      "       0.30 EUR       15.00 EUR\n"
      "                                closing                                           0.07 EUR"
      "       0.30 EUR       15.00 EUR\n"
      "2 shown, and no more\n");
  answer.holds = true;
  answer.account_balances.resize(2);
  answer.transfers.erase(answer.transfers.begin());
  answer.statuses.resize(1);
  answer.statuses[0].remaining = 7;
  answer.statuses[0].expires_at = 1'000'000'000;
  answer.more = true;
  answer.next_cursor = {12, 20, 2};
  EXPECT_EQ(
      render_answer({}, answer, Colour::Never, euros()),
      "time                           transfer  other account    amount  debits pending  expires "
      "at\n"
      "-----------------------------  --------  -------------  --------  --------------  --------"
      "---------------------\n"
      "1970-01-01 00:00:00.000000002         6              2  0.30 EUR        0.07 EUR  1970-01-"
      "01 00:00:01.000000000\n"
      "on hold at the end: debits 0.07 EUR, credits 0.00 EUR\n"
      "1 shown; go on with cursor=12:20:2\n");
}

TEST(AnswerText, shows_changes_one_after_the_other_and_where_to_go_on) {
  using ledger::ChangeKind;
  Answer answer;
  answer.kind = CommandKind::GetChangeEvents;
  answer.accounts.resize(1);
  answer.accounts[0].id = 101;
  answer.accounts[0].ledger = 978;
  answer.accounts[0].code = 10;
  answer.changes.resize(1);
  answer.changes[0].update = {};
  answer.changes[0].update.account_id = 101;
  answer.changes[0].update.changes = ledger::account_changes::kFreezeDebits;
  answer.transfers.resize(1);
  answer.transfers[0].id = 8;
  answer.transfers[0].debit_account_id = 1;
  answer.transfers[0].credit_account_id = 101;
  answer.transfers[0].amount = 2000;
  answer.transfers[0].pending_id = 7;
  answer.transfers[0].ledger = 978;
  answer.balances.resize(1);
  const auto event = [](u64 position, ChangeKind kind) {
    return ledger::ChangeEvent{.position = position, .kind = static_cast<u8>(kind)};
  };
  answer.change_events = {event(1, ChangeKind::AccountCreated),
                          event(5, ChangeKind::TransferCreated),
                          event(6, ChangeKind::AccountUpdated)};
  answer.change_events[1].index = 2;
  answer.change_events[1].pending_status = 2;
  answer.change_events[1].released = 2500;
  answer.next_cursor = {6, 0, 1};
  const std::string text = render_answer({}, answer, Colour::Never, euros());
  EXPECT_EQ(text,
            "place  change             id  debit account  credit account     amount  pending "
            "id  hold     released  what                 time\n"
            "-----  ----------------  ---  -------------  --------------  ---------  --------"
            "--  ------  ---------  -------------------  -----------------------------\n"
            "    1  account_created   101                                                    "
            "                       ledger 978, code 10  1970-01-01 00:00:00.000000000\n"
            "  5:2  transfer_created    8              1             101  20.00 EUR          "
            " 7  posted  25.00 EUR                       1970-01-01 00:00:00.000000000\n"
            "    6  account_updated   101                                                    "
            "                       freeze_debits        1970-01-01 00:00:00.000000000\n"
            "3 shown, and no more yet; go on with from=6:0:1\n");
  answer.change_events.clear();
  answer.more = true;
  EXPECT_EQ(render_answer({}, answer, Colour::Never), "0 shown; go on with from=6:0:1\n");
}

TEST(AnswerText, shows_refused_transfers_with_their_outcome) {
  Answer answer;
  answer.kind = CommandKind::GetChangeEvents;
  answer.transfers.resize(2);
  answer.transfers[0].id = 8;
  answer.transfers[0].debit_account_id = 1;
  answer.transfers[0].credit_account_id = 101;
  answer.transfers[0].amount = 2000;
  answer.transfers[0].ledger = 978;
  answer.transfers[1] = answer.transfers[0];
  answer.transfers[1].flags = ledger::transfer_flags::kPending;
  answer.balances.resize(2);
  const auto event = [](u32 object, u8 outcome) {
    return ledger::ChangeEvent{.position = 5,
                               .index = object,
                               .object = object,
                               .kind = static_cast<u8>(ledger::ChangeKind::TransferRefused),
                               .outcome = outcome};
  };
  answer.change_events = {
      event(0, static_cast<u8>(ledger::TransferOutcome::ExceedsCredits)),
      event(1, 255),  // Of a newer server.
  };
  answer.next_cursor = {5, 0, 2};
  EXPECT_EQ(render_answer({}, answer, Colour::Never, euros()),
            "place  change            id  debit account  credit account     amount  what         "
            "     time\n"
            "-----  ----------------  --  -------------  --------------  ---------  -------------"
            "---  -----------------------------\n"
            "    5  transfer_refused   8              1             101  20.00 EUR  exceeds_credi"
            "ts   1970-01-01 00:00:00.000000000\n"
            "  5:1  transfer_refused   8              1             101  20.00 EUR  unknown, pend"
            "ing  1970-01-01 00:00:00.000000000\n"
            "2 shown, and no more yet; go on with from=5:0:2\n");
}

TEST(AnswerText, shows_limits_and_how_much_of_them_is_used) {
  Command command;
  command.kind = CommandKind::LookupLimits;
  command.ids = {101, 102, 103};
  Answer answer;
  answer.kind = command.kind;
  answer.limits.resize(3);
  answer.limits[0].account_id = 101;
  answer.limits[0].set = ledger::AccountLimits::kOverdraft | ledger::AccountLimits::kVelocity;
  answer.limits[0].overdraft_limit = 50'000;
  answer.limits[0].velocity_window = 86'400;
  answer.limits[0].velocity_sum_limit = 100'000;
  answer.limits[0].velocity_sum_used = 2'500;
  answer.limits[0].velocity_count_limit = ~u32{0};
  answer.limits[0].velocity_count_used = 3;
  answer.limits[0].timestamp = 1;
  answer.limits[1].account_id = 102;
  EXPECT_EQ(render_answer(command, answer, Colour::Never),
            "account  overdraft  debited in window  debits in window  window  since\n"
            "-------  ---------  -----------------  ----------------  ------  ---------------"
            "--------------\n"
            "    101     50,000   2,500 of 100,000          3 of any     1 d  1970-01-01 00:0"
            "0:00.000000001\n"
            "    102\n"
            "not found: 103\n");
}

TEST(AnswerText, shows_changes_with_their_values_and_reasons) {
  namespace changes = ledger::account_changes;
  Answer answer;
  answer.kind = CommandKind::GetAccountChanges;
  answer.changes.resize(2);
  const auto fill = [&](usize at, u32 bits, std::string_view reason) {
    ledger::AccountUpdate& update = answer.changes[at].update;
    update = {};
    update.id = 1 + at;
    update.account_id = 101;
    update.changes = bits;
    update.reason_length = static_cast<u16>(reason.size());
    std::memcpy(update.reason, reason.data(), reason.size());
  };
  fill(0, changes::kFreezeDebits | changes::kSetOverdraftLimit, "court order");
  answer.changes[0].update.overdraft_limit = 50'000;
  fill(1, changes::kSetVelocityLimit, "wallet");
  answer.changes[1].update.velocity_window = 3600;
  answer.changes[1].update.velocity_sum_limit = 1'000;
  answer.changes[1].update.velocity_count_limit = 5;
  EXPECT_EQ(render_answer({}, answer, Colour::Never),
            "id  account  changes                                   reason       time\n"
            "--  -------  ----------------------------------------  -----------  ------------"
            "-----------------\n"
            " 1      101  freeze_debits, overdraft_limit=50,000     court order  1970-01-01 0"
            "0:00:00.000000000\n"
            " 2      101  velocity_limit=1,000 and 5 debits in 1 h  wallet       1970-01-01 0"
            "0:00:00.000000000\n"
            "2 shown, and no more\n");
}

TEST(AnswerText, shows_amounts_in_the_currency_of_a_ledger_that_has_a_name) {
  Command command;
  command.kind = CommandKind::LookupAccounts;
  command.ids = {1};
  Answer answer;
  answer.kind = command.kind;
  answer.accounts.resize(1);
  answer.accounts[0].id = 1;
  answer.accounts[0].ledger = 978;
  answer.accounts[0].credits_posted = 1234567;
  const std::string account = render_answer(command, answer, Colour::Never, euros());
  EXPECT_NE(account.find(" 12,345.67 EUR "), std::string::npos) << account;
  answer.kind = CommandKind::GetTrialBalance;
  answer.totals.resize(1);
  answer.totals[0].ledger = 978;
  answer.totals[0].debits_posted.add(5);
  const std::string totals = render_answer(command, answer, Colour::Never, euros());
  EXPECT_NE(totals.find(" 0.05 EUR "), std::string::npos) << totals;
}

TEST(AnswerText, says_whether_each_ledger_balances) {
  Command command;
  command.kind = CommandKind::GetTrialBalance;
  Answer answer;
  answer.kind = command.kind;
  EXPECT_EQ(render_answer(command, answer, Colour::Never), "no accounts yet\n");
  answer.totals.resize(2);
  answer.totals[0].ledger = 1;
  answer.totals[0].debits_posted.add(1000);
  answer.totals[0].credits_posted.add(1000);
  answer.totals[1].ledger = 2;
  answer.totals[1].debits_posted.add(5);
  EXPECT_EQ(render_answer(command, answer, Colour::Never),
            "ledger  accounts  debits posted  credits posted  balanced\n"
            "------  --------  -------------  --------------  --------\n"
            "     1         0          1,000           1,000  yes\n"
            "     2         0              5               0  NO\n");
}

TEST(AnswerText, shows_failures_and_the_server) {
  EXPECT_EQ(render_failure({"busy", "try again"}, Colour::Never), "error (busy): try again\n");
  Answer answer;
  answer.server = {{"version", "0.1.0"}};
  EXPECT_EQ(render_answer({}, answer, Colour::Never),
            "server   value\n"
            "-------  -----\n"
            "version  0.1.0\n");
}

}  // namespace
}  // namespace florin::cli
