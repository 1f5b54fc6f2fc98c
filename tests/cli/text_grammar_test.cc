// The typed form of commands: what is understood, and where a caret points when it is not.
#include "cli/text_grammar.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "cli/help_text.h"

namespace florin::cli {
namespace {

TypedLine understood(std::string_view line) {
  auto typed = parse_typed_line(line);
  EXPECT_TRUE(typed) << line << ": " << (typed ? "" : typed.error().message);
  return typed.value_or(TypedLine{});
}

TEST(TextGrammar, reads_accounts_separated_by_commas) {
  const Command command =
      understood(
          "create_accounts id=1 ledger=1 code=10 flags=debits_must_not_exceed_credits|linked, "
          "id=0x2 ledger=2 code=11;")
          .command;
  ASSERT_EQ(command.kind, CommandKind::CreateAccounts);
  ASSERT_EQ(command.accounts.size(), 2u);
  EXPECT_EQ(command.accounts[0].id, 1u);
  EXPECT_EQ(command.accounts[0].flags, 3);
  EXPECT_EQ(command.accounts[1].id, 2u);
  EXPECT_EQ(command.accounts[1].ledger, 2u);
  EXPECT_EQ(command.accounts[1].code, 11);
}

TEST(TextGrammar, reads_transfers_with_spaces_anywhere) {
  const Command command =
      understood(
          "  create_transfers id = 7 debit_account_id=1\tcredit_account_id=2 amount="
          "340282366920938463463374607431768211455 flags=linked | 512 ;  ")
          .command;
  ASSERT_EQ(command.transfers.size(), 1u);
  EXPECT_EQ(command.transfers[0].credit_account_id, 2u);
  EXPECT_EQ(command.transfers[0].amount, kU128Max);
  EXPECT_EQ(command.transfers[0].flags, 1 | 512);
}

TEST(TextGrammar, reads_ids_filters_and_words) {
  EXPECT_EQ(understood("lookup_accounts 1 2 99").command.ids, (std::vector<u128>{1, 2, 99}));
  EXPECT_EQ(understood("lookup_transfers 1, 2;").command.ids, (std::vector<u128>{1, 2}));
  const Command balance = understood("trial_balance limit=2 ledger_min=7").command;
  EXPECT_EQ(balance.kind, CommandKind::GetTrialBalance);
  EXPECT_EQ(balance.filter.ledger_min, 7u);
  EXPECT_EQ(balance.filter.limit, 2u);
  EXPECT_EQ(understood("get_trial_balance").command.filter.limit, ledger::kTrialBalanceLinesMax);
  EXPECT_EQ(understood("ping").kind, TypedLine::Kind::Request);
  EXPECT_EQ(understood("").kind, TypedLine::Kind::Nothing);
  EXPECT_EQ(understood(" ; ").kind, TypedLine::Kind::Nothing);
  EXPECT_EQ(understood("exit").kind, TypedLine::Kind::Exit);
  EXPECT_EQ(understood("quit;").kind, TypedLine::Kind::Exit);
  EXPECT_EQ(understood("help").kind, TypedLine::Kind::Help);
  EXPECT_EQ(understood("help trial_balance").topic, "get_trial_balance");
}

TEST(TextGrammar, reads_a_json_line) {
  const TypedLine typed = understood(R"( {"request":"lookup_accounts","ids":["5"]})");
  EXPECT_EQ(typed.kind, TypedLine::Kind::Request);
  EXPECT_EQ(typed.command.ids, (std::vector<u128>{5}));
  const auto wrong = parse_typed_line("{\"request\":\"pong\"}");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().length, 0u);
}

struct Wrong {
  const char* line;
  const char* marks;  // Below the line: '^' and '~' where the error is.
  const char* message_part;
};

TEST(TextGrammar, points_at_what_is_wrong) {
  const Wrong wrongs[] = {
      {"create_acounts id=1",  //
       "^~~~~~~~~~~~~~", "is not a command; known are create_accounts"},
      {"create_accounts",  //
       "               ^", "expected fields such as id=1, not the end of the line"},
      {"create_accounts id=1 ledgr=1",  //
       "                     ^~~~~", "'ledgr' is not a field; known are id"},
      {"create_accounts id 1",  //
       "                   ^", "expected '=' after 'id'"},
      {"create_accounts id=",  //
       "                   ^", "expected a number for id, not the end of the line"},
      {"create_accounts id=1x",  //
       "                   ^~", "'1x' is not a number for id"},
      {"create_accounts id=-1",  //
       "                   ^~", "'-1' is not a number for id"},
      {"create_accounts id=1 id=2",  //
       "                     ^~", "'id' is given twice"},
      {"create_accounts id=1 code=65536",  //
       "                          ^~~~~", "code must be below 2^16"},
      {"create_accounts id=1 flags=linkd",  //
       "                           ^~~~~", "unknown flag 'linkd'; known are linked"},
      {"create_accounts id=1 flags=linked|",  //
       "                                  ^", "unknown flag the end of the line"},
      {"create_accounts id=1, ,",  //
       "                      ^", "expected fields such as id=1, not ','"},
      {"create_accounts id=1,",  //
       "                     ^", "expected fields such as id=1"},
      {"create_accounts id=1 | 2",  //
       "                     ^", "expected nothing more, or ';', not '|'"},
      {"lookup_accounts",  //
       "               ^", "expected a number for an id"},
      {"lookup_accounts 1 two",  //
       "                  ^~~", "'two' is not a number for an id"},
      {"trial_balance min=1",  //
       "              ^~~", "known are ledger_min, limit"},
      {"ping pong",  //
       "     ^~~~", "expected nothing more"},
      {"ping; ping",  //
       "      ^~~~", "one command a line"},
      {"help me",  //
       "     ^~", "no help about 'me'"},
      {"=",  //
       "^", "'=' is not a command"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto typed = parse_typed_line(wrong.line);
    ASSERT_FALSE(typed) << wrong.line;
    const std::string text = render_error(wrong.line, typed.error());
    const std::string expected = std::string(wrong.line) + "\n" + wrong.marks + "\n";
    EXPECT_TRUE(text.starts_with(expected)) << text;
    EXPECT_NE(text.find(wrong.message_part), std::string::npos) << text;
  }
}

TEST(TextGrammar, points_right_behind_tabs_and_letters_of_several_bytes) {
  const std::string line = "\tping ä b";
  const auto typed = parse_typed_line(line);
  ASSERT_FALSE(typed);
  EXPECT_TRUE(render_error(line, typed.error()).starts_with(line + "\n\t     ^"));
}

TEST(TextGrammar, takes_as_many_ids_as_a_request_takes) {
  std::string line = "lookup_accounts";
  for (u32 i = 0; i < ledger::kRequestEventsMax; ++i) line += " 1";
  EXPECT_EQ(understood(line).command.ids.size(), ledger::kRequestEventsMax);
  EXPECT_FALSE(parse_typed_line(line + " 1"));
}

bool proposes(std::string_view line, const std::string& word) {
  const std::vector<std::string> words = completions(line);
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST(Completion, proposes_commands_then_fields_then_flags) {
  EXPECT_TRUE(proposes("", "create_accounts"));
  EXPECT_TRUE(proposes("lookup_a", "lookup_accounts"));
  EXPECT_FALSE(proposes("lookup_a", "lookup_transfers"));
  EXPECT_TRUE(proposes("create_transfers ", "amount="));
  EXPECT_TRUE(proposes("create_transfers id=1 am", "amount="));
  EXPECT_FALSE(proposes("create_transfers id=1 am", "id="));
  EXPECT_TRUE(proposes("create_accounts id=1,le", "ledger="));
  EXPECT_TRUE(proposes("create_accounts flags=li", "flags=linked"));
  EXPECT_TRUE(proposes("create_accounts flags=linked|hi", "flags=linked|history"));
  EXPECT_TRUE(proposes("help pi", "ping"));
  EXPECT_TRUE(completions("ping ").empty());
}

TEST(Help, tells_every_field_and_flag) {
  const std::string help = help_text("create_transfers", Colour::Never);
  for (const char* word : {"debit_account_id", "timeout", "void_pending_transfer", "0x200"}) {
    EXPECT_NE(help.find(word), std::string::npos) << word;
  }
  EXPECT_NE(help_text("", Colour::Never).find("lookup_transfers 7"), std::string::npos);
}

}  // namespace
}  // namespace florin::cli
