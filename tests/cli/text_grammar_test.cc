// The typed form of commands: what is understood, and where a caret points when it is not.
#include "cli/text_grammar.h"

#include <algorithm>
#include <iterator>

#include <gtest/gtest.h>

#include "base/random.h"
#include "cli/help_text.h"

namespace florin::cli {
namespace {

money::LedgerNames euros_and_yen() {
  money::LedgerNames names;
  EXPECT_TRUE(names.add("978=EUR"));
  EXPECT_TRUE(names.add("392=JPY"));
  return names;
}

TypedLine understood(std::string_view line, const money::LedgerNames& names = {}) {
  auto typed = parse_typed_line(line, names);
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
  EXPECT_EQ(balance.trial_balance.ledger_min, 7u);
  EXPECT_EQ(balance.trial_balance.limit, 2u);
  EXPECT_EQ(understood("get_trial_balance").command.trial_balance.limit,
            ledger::kTrialBalanceLinesMax);
  EXPECT_EQ(understood("ping").kind, TypedLine::Kind::Request);
  EXPECT_EQ(understood("server_info").command.kind, CommandKind::Ping);
  EXPECT_EQ(understood("snapshot;").command.kind, CommandKind::Snapshot);
  EXPECT_EQ(understood("witness").command.kind, CommandKind::Witness);
  EXPECT_EQ(understood("").kind, TypedLine::Kind::Nothing);
  EXPECT_EQ(understood(" ; ").kind, TypedLine::Kind::Nothing);
  EXPECT_EQ(understood("exit").kind, TypedLine::Kind::Exit);
  EXPECT_EQ(understood("quit;").kind, TypedLine::Kind::Exit);
  EXPECT_EQ(understood("help").kind, TypedLine::Kind::Help);
  EXPECT_EQ(understood("help trial_balance").topic, "get_trial_balance");
}

TEST(TextGrammar, reads_conditions_and_words_beside_the_fields_of_a_transfer) {
  const Command command =
      understood(
          "create_transfers id=1 credit_at_most=100 debit_at_least=-5 amount=7, id=2 dry_run, "
          "id=3 debit_at_least=1 debit_at_most=2 balances")
          .command;
  ASSERT_EQ(command.transfers.size(), 3u);
  EXPECT_EQ(command.transfers[0].amount, 7u);
  EXPECT_TRUE(command.dry_run);
  EXPECT_TRUE(command.balances);
  ASSERT_EQ(command.conditions.size(), 3u);
  const auto expect_condition = [&](usize at, u32 index, ledger::Condition::Side side, u16 bounds,
                                    u128 minimum, u128 maximum) {
    const ledger::Condition& condition = command.conditions[at];
    EXPECT_EQ(condition.index, index) << at;
    EXPECT_EQ(condition.side, static_cast<u16>(side)) << at;
    EXPECT_EQ(condition.bounds, bounds) << at;
    EXPECT_EQ(condition.minimum, minimum) << at;
    EXPECT_EQ(condition.maximum, maximum) << at;
  };
  using enum ledger::Condition::Side;
  expect_condition(0, 0, Debit, 1, kU128Max - 4, 0);
  expect_condition(1, 0, Credit, 2, 0, 100);
  expect_condition(2, 2, Debit, 3, 1, 2);
}

TEST(TextGrammar, reads_updates_with_words_values_and_a_reason) {
  const Command command =
      understood(
          "update_accounts id=1 account_id=101 freeze_debits clear_balance_limit "
          "reason=\"court order; 12/26, 'A'=B\" user_data_64=0, "
          "id=2 account_id=102 velocity_window=86400 velocity_sum_limit=5 flags=linked "
          "reason='say \"no\"'")
          .command;
  ASSERT_EQ(command.kind, CommandKind::UpdateAccounts);
  ASSERT_EQ(command.updates.size(), 2u);
  namespace changes = ledger::account_changes;
  const ledger::AccountUpdate& first = command.updates[0];
  EXPECT_EQ(first.changes,
            changes::kFreezeDebits | changes::kClearBalanceLimit | changes::kSetUserData64);
  EXPECT_EQ(std::string_view(first.reason, first.reason_length), "court order; 12/26, 'A'=B");
  EXPECT_EQ(first.velocity_count_limit, 0u);
  const ledger::AccountUpdate& second = command.updates[1];
  EXPECT_EQ(second.changes, changes::kSetVelocityLimit);
  EXPECT_EQ(second.velocity_sum_limit, 5u);
  EXPECT_EQ(second.velocity_count_limit, ~u32{0});
  EXPECT_EQ(second.flags, ledger::AccountUpdate::kLinked);
  EXPECT_EQ(std::string_view(second.reason, second.reason_length), "say \"no\"");
}

TEST(TextGrammar, reads_reversals_limits_and_queries) {
  const Command reversal = understood("reverse_transfers id=9 original_id=7 code=2").command;
  ASSERT_EQ(reversal.reversals.size(), 1u);
  EXPECT_EQ(reversal.reversals[0].original_id, 7u);
  EXPECT_EQ(understood("lookup_limits 1 2").command.ids, (std::vector<u128>{1, 2}));
  const ledger::QueryFilter filter =
      understood(
          "query_transfers account_id=101 debits newest_first object_flags=pending|linked "
          "pending_status=voided cursor=100:250 timestamp_min=2026-10-01T12:00:00Z "
          "timestamp_max='2026-10-01 12:00:00.5' amount_max=9;")
          .command.filter;
  EXPECT_EQ(filter.account_id, 101u);
  EXPECT_EQ(filter.flags, ledger::QueryFilter::kDebits | ledger::QueryFilter::kNewestFirst);
  EXPECT_EQ(filter.object_flags, 3);
  EXPECT_EQ(filter.pending_status, 3);
  EXPECT_EQ(filter.cursor, (ledger::QueryCursor{100, 250}));
  EXPECT_EQ(filter.timestamp_min, 1'790'856'000'000'000'000u);
  EXPECT_EQ(filter.timestamp_max, 1'790'856'000'500'000'000u);
  EXPECT_EQ(filter.amount_max, 9u);
  EXPECT_EQ(filter.limit, 100u);
  EXPECT_EQ(understood("query_accounts").command.filter.limit, 100u);
  EXPECT_EQ(understood("get_account_changes account_id=5 limit=3").command.filter.limit, 3u);
}

TEST(TextGrammar, reads_questions_about_the_past) {
  const Command transfers =
      understood(
          "get_account_transfers account_id=101 credits newest_first cursor=100:250:3 limit=9")
          .command;
  EXPECT_EQ(transfers.kind, CommandKind::GetAccountTransfers);
  EXPECT_EQ(transfers.filter.account_id, 101u);
  EXPECT_EQ(transfers.filter.flags,
            ledger::QueryFilter::kCredits | ledger::QueryFilter::kNewestFirst);
  EXPECT_EQ(transfers.filter.cursor, (ledger::QueryCursor{100, 250, 3}));
  const Command balances =
      understood("get_account_balances account_id=101 timestamp_max=2026-10-01").command;
  EXPECT_EQ(balances.filter.timestamp_max, 1'790'899'199'999'999'999u);
  for (const char* line :
       {"get_balance_at id=1 id=2 at=2026-10-01", "get_balance_at 1 2 at=2026-10-01",
        "get_balance_at at=2026-10-01T23:59:59.999999999Z 1, id=2;",
        "get_balance_at at=1790899199999999999 1 2"}) {
    const Command at = understood(line).command;
    EXPECT_EQ(at.ids, (std::vector<u128>{1, 2})) << line;
    EXPECT_EQ(at.at.ns, 1'790'899'199'999'999'999u) << line;
  }
  const Command changes =
      understood(
          "get_change_events from=1000 kinds=transfer_created|hold_expired wait_ms=500 "
          "account_id=7")
          .command;
  EXPECT_EQ(changes.filter.cursor, (ledger::QueryCursor{1000, 0, 0}));
  EXPECT_EQ(changes.filter.kinds, 0x18);
  EXPECT_EQ(changes.filter.wait_ms, 500u);
  EXPECT_EQ(changes.filter.account_id, 7u);
  EXPECT_EQ(understood("get_change_events from=1000:0:4").command.filter.cursor,
            (ledger::QueryCursor{1000, 0, 4}));
  EXPECT_EQ(understood("get_change_events").command.filter.limit, 100u);
  const Command statement = understood(
                                "get_statement account_id=101 timestamp_min=2026-10-01 "
                                "timestamp_max=2026-10-01 holds cursor=5:9:2")
                                .command;
  EXPECT_EQ(statement.kind, CommandKind::GetStatement);
  EXPECT_EQ(statement.filter.account_id, 101u);
  EXPECT_EQ(statement.filter.timestamp_min, 1'790'812'800'000'000'000u);
  EXPECT_EQ(statement.filter.timestamp_max, 1'790'899'199'999'999'999u);
  EXPECT_EQ(statement.filter.flags, ledger::QueryFilter::kHolds);
  EXPECT_EQ(statement.filter.cursor, (ledger::QueryCursor{5, 9, 2}));
}

TEST(TextGrammar, reads_amounts_in_the_currency_of_their_ledger) {
  const money::LedgerNames names = euros_and_yen();
  const Command command =
      understood(
          "create_transfers id=1 amount=12.34EUR debit_at_least=-5.00EUR, "
          "id=2 amount=\"12 JPY\" ledger=392, id=3 ledger=EUR amount=7, id=4 amount=12",
          names)
          .command;
  ASSERT_EQ(command.transfers.size(), 4u);
  EXPECT_EQ(command.transfers[0].amount, 1234u);
  EXPECT_EQ(command.transfers[0].ledger, 978u);
  ASSERT_EQ(command.conditions.size(), 1u);
  EXPECT_EQ(command.conditions[0].minimum, kU128Max - 499);
  EXPECT_EQ(command.transfers[1].amount, 12u);
  EXPECT_EQ(command.transfers[1].ledger, 392u);
  EXPECT_EQ(command.transfers[2].amount, 7u);
  EXPECT_EQ(command.transfers[2].ledger, 978u);
  EXPECT_EQ(command.transfers[3].ledger, 0u);
  const Command query = understood("query_transfers amount_min=1000EUR", names).command;
  EXPECT_EQ(query.filter.amount_min, 100'000u);
  EXPECT_EQ(query.filter.ledger, 978u);
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
  const money::LedgerNames names = euros_and_yen();
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
      {"create_transfers id=1 dryrun",  //
       "                      ^~~~~~", "debit_at_least, debit_at_most"},
      {"create_transfers debit_at_least=x",  //
       "                                ^", "'x' is not an amount"},
      {"create_transfers debit_at_least 5",  //
       "                                ^", "expected '=' after 'debit_at_least'"},
      {"create_transfers amount=12.34",  //
       "                        ^~~~~", "'12.34' is not an amount"},
      {"create_transfers amount=12.345EUR",  //
       "                        ^~~~~~~~~", "at most 2 are possible (EUR)"},
      {"create_transfers amount=12.34USD",  //
       "                        ^~~~~~~~", "unknown currency 'USD'; known are EUR, JPY"},
      {"create_transfers amount=12.34EUR ledger=392",  //
       "                        ^~~~~~~~", "is of ledger 978, and the ledger given is 392"},
      {"create_transfers amount=1EUR debit_at_least=1JPY",  //
       "                                            ^~~~", "is in another currency than '1EUR'"},
      {"create_transfers amount=1 ledger=USD",  //
       "                                 ^~~", "'USD' is not a number for ledger"},
      {"update_accounts id=1 freeze",  //
       "                     ^~~~~~", "known are id, account_id"},
      {"update_accounts freeze_debits freeze_debits",  //
       "                              ^~~~~~~~~~~~~", "is given twice"},
      {"update_accounts freeze_debits=1",  //
       "                             ^", "expected nothing more"},
      {"update_accounts reason=\"court",  //
       "                       ^~~~~~", "this quote is not closed"},
      {"update_accounts reason",  //
       "                      ^", "expected '=' after 'reason'"},
      {"update_accounts reason=",  //
       "                       ^", "expected a text for reason, not the end of the line"},
      {"query_transfers pending_status=open",  //
       "                               ^~~~", "expected pending, posted, voided or expired"},
      {"query_transfers timestamp_min=2026-13-01",  //
       "                              ^~~~~~~~~~", "expected nanoseconds, a date"},
      {"query_transfers cursor=5",  //
       "                       ^", "expected a cursor that an answer has given"},
      {"query_accounts account_id=1",  //
       "               ^~~~~~~~~~", "'account_id' is not a field; known are timestamp_min"},
      {"query_accounts object_flags=pending",  //
       "                            ^~~~~~~", "unknown flag 'pending'; known are linked"},
      {"get_account_changes debits",  //
       "                    ^~~~~~", "'debits' is not a field"},
      {"get_account_balances account_id=1 debits",  //
       "                                  ^~~~~~", "'debits' is not a field"},
      {"get_balance_at id=1",  //
       "                   ^", "expected a time, such as at=2026-10-31"},
      {"get_balance_at at=2026-10-31",  //
       "                            ^", "expected an account, such as id=101"},
      {"get_balance_at 1 at=noon",  //
       "                    ^~~~", "expected nanoseconds, a date"},
      {"get_balance_at 1 at=1 at=2",  //
       "                      ^~", "'at' is given twice"},
      {"get_balance_at x at=1",  //
       "               ^", "'x' is not a number for an id"},
      {"get_change_events from=1:x",  //
       "                       ^~~", "from is '1:x': expected a position, or a cursor"},
      {"get_change_events kinds=deleted",  //
       "                        ^~~~~~~", "unknown flag 'deleted'; known are account_created"},
      {"get_change_events kinds=256",  //
       "                        ^~~", "flags must be below 2^8"},
      {"get_change_events newest_first",  //
       "                  ^~~~~~~~~~~~", "'newest_first' is not a field"},
      {"get_statement account_id=1 newest_first",  //
       "                           ^~~~~~~~~~~~", "'newest_first' is not a field"},
      {"get_account_balances account_id=1 holds",  //
       "                                  ^~~~~", "'holds' is not a field"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto typed = parse_typed_line(wrong.line, names);
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

TEST(TextGrammar, shows_the_line_that_is_wrong_of_a_command_of_several) {
  const std::string lines = "create_accounts\n  id=1 ledger=1,\n  id=2 ledgr=1\n  code=1";
  const auto typed = parse_typed_line(lines);
  ASSERT_FALSE(typed);
  EXPECT_TRUE(render_error(lines, typed.error()).starts_with("  id=2 ledgr=1\n       ^~~~~\n"));
  const std::string unfinished = "create_accounts\n  id=1 ledger";
  const auto end = parse_typed_line(unfinished);
  ASSERT_FALSE(end);
  EXPECT_TRUE(render_error(unfinished, end.error()).starts_with("  id=1 ledger\n             ^\n"));
}

TEST(TextGrammar, takes_as_many_ids_as_a_request_takes) {
  std::string line = "lookup_accounts";
  for (u32 i = 0; i < ledger::kRequestEventsMax; ++i) line += " 1";
  EXPECT_EQ(understood(line).command.ids.size(), ledger::kRequestEventsMax);
  EXPECT_FALSE(parse_typed_line(line + " 1"));
}

// Whatever is typed, the answer is a command or an error that has its place in the line.
TEST(TextGrammar, places_the_errors_of_damaged_lines_within_them) {
  const money::LedgerNames names = euros_and_yen();
  const std::string_view lines[] = {
      "create_accounts id=1 ledger=1 code=10 flags=linked|history, id=0x2 ledger=EUR",
      "create_transfers id=7 amount=12.34EUR debit_at_least=-5 dry_run, id=8 balances;",
      "update_accounts id=1 freeze_debits reason=\"a; b, 'c'\" velocity_window=60, id=2",
      "query_transfers account_id=1 debits cursor=1:2 timestamp_min='2026-10-01 12:00:00.5'",
      "lookup_limits 1 2, 3",
      "get_balance_at id=1, 2 at='2026-10-01 12:00:00'",
      "get_change_events from=1000:0:2 kinds=account_created|hold_expired wait_ms=5",
      R"({"request":"create_transfers","events":[{"id":1}],"conditions":[{"side":"debit"}]})",
  };
  const std::string_view bytes = "=,|;\"' \t{}:-.0x9aEUR\n\xff\xc3";
  const u64 seed = entropy_seed();
  Random random(seed);
  for (u32 round = 0; round < 20'000; ++round) {
    std::string line(lines[random.below(std::size(lines))]);
    for (u64 left = random.between(1, 4); left > 0; --left) {
      const usize at = random.below(line.size());
      if (random.chance(1, 3)) {
        line.erase(at, random.between(1, 8));
        line += ' ';
      } else {
        line.insert(at, 1, bytes[random.below(bytes.size())]);
      }
    }
    const auto typed = parse_typed_line(line, names);
    if (typed) continue;
    ASSERT_FALSE(typed.error().message.empty()) << "seed " << seed << ": " << line;
    ASSERT_LE(typed.error().position, line.size()) << "seed " << seed << ": " << line;
    ASSERT_LE(typed.error().position + typed.error().length, line.size() + 1)
        << "seed " << seed << ": " << line;
    ASSERT_FALSE(render_error(line, typed.error()).empty());
  }
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
  EXPECT_TRUE(proposes("create_transfers id=1 debit_a", "debit_at_least="));
  EXPECT_TRUE(proposes("create_transfers id=1 d", "dry_run"));
  EXPECT_FALSE(proposes("create_accounts id=1 d", "dry_run"));
  EXPECT_TRUE(proposes("update_accounts id=1 fr", "freeze_debits"));
  EXPECT_TRUE(proposes("update_accounts id=1 re", "reason="));
  EXPECT_TRUE(proposes("query_transfers object_flags=pe", "object_flags=pending"));
  EXPECT_TRUE(proposes("query_accounts object_flags=cl", "object_flags=closed"));
  EXPECT_TRUE(proposes("query_transfers pending_status=v", "pending_status=voided"));
  EXPECT_TRUE(proposes("query_transfers ne", "newest_first"));
  EXPECT_TRUE(proposes("trial_balance le", "ledger_min="));
  EXPECT_TRUE(proposes("get_balance_at 1 a", "at="));
  EXPECT_TRUE(proposes("get_change_events kinds=hold", "kinds=hold_expired"));
  EXPECT_TRUE(proposes("get_change_events f", "from="));
  EXPECT_TRUE(proposes("get_statement ho", "holds"));
  EXPECT_TRUE(completions("ping ").empty());
  EXPECT_TRUE(completions("create_transfers amount=").empty());
}

TEST(Help, tells_every_field_flag_and_word) {
  const auto expect_words = [](std::string_view topic, std::initializer_list<const char*> words) {
    const std::string help = help_text(topic, Colour::Never);
    for (const char* word : words) {
      EXPECT_NE(help.find(word), std::string::npos) << topic << ": " << word;
    }
  };
  expect_words("create_transfers", {"debit_account_id", "timeout", "void_pending_transfer", "0x200",
                                    "reversal", "credit_at_most", "dry_run", "balances"});
  expect_words("update_accounts", {"velocity_window", "unfreeze_credits", "reason", "text"});
  expect_words("query_transfers", {"pending_status", "newest_first", "cursor", "debits"});
  expect_words("reverse_transfers", {"original_id"});
  expect_words("get_change_events", {"from", "kinds", "wait_ms", "hold_expired", "0x10"});
  expect_words("get_account_balances", {"account_id", "newest_first", "timestamp_max"});
  expect_words("get_statement", {"account_id", "timestamp_min", "timestamp_max", "holds"});
  expect_words("get_balance_at", {"at=2026-10-31", "last moment"});
  expect_words("", {"lookup_transfers 7", "get_account_changes", "--ledger 978=EUR"});
}

// An example in a help text that is not understood would be worse than none.
TEST(Help, gives_examples_that_are_understood) {
  usize examples = 0;
  for (const CommandKind kind : kCommandKinds) {
    const std::string text = help_text(name(kind), Colour::Never);
    usize from = 0;
    for (usize end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1) {
      std::string line = text.substr(from, end - from);
      const bool example =
          line.starts_with("  " + std::string(name(kind))) || line.starts_with("  trial_balance");
      if (!example) continue;
      for (usize at = 0; (at = line.find("…")) != std::string::npos;) line.erase(at, 3);
      EXPECT_TRUE(parse_typed_line(line)) << line;
      ++examples;
    }
  }
  EXPECT_GE(examples, 20u);
}

}  // namespace
}  // namespace florin::cli
