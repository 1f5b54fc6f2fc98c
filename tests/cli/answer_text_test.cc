// Answers as tables for people.
#include "cli/answer_text.h"

#include <gtest/gtest.h>

namespace florin::cli {
namespace {

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
  answer.outcomes = {ledger::TransferOutcome::Created, ledger::TransferOutcome::ExceedsCredits,
                     ledger::TransferOutcome::Undecided};
  EXPECT_EQ(render_answer(command, answer, Colour::Never),
            "id  outcome          debit account  credit account  amount  ledger  code  created\n"
            "--  ---------------  -------------  --------------  ------  ------  ----  "
            "-----------------------------\n"
            " 5  created                      1               2   1,000       1     3  "
            "1970-01-01 00:00:00.000000000\n"
            " 6  exceeds_credits\n"
            "not found: 7\n");
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
  answer.server = {{"version", "0.1.0", false}};
  EXPECT_EQ(render_answer({}, answer, Colour::Never),
            "server   value\n"
            "-------  -----\n"
            "version  0.1.0\n");
}

}  // namespace
}  // namespace florin::cli
