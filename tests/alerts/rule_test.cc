// The [[alert]] tables of a file of settings: what is read, and what is refused.
#include "alerts/rule.h"

#include <gtest/gtest.h>

namespace florin::test {

using alerts::AlertSettings;
using settings::SettingsFile;

namespace {

constexpr std::string_view kSinks =
    "[[sink]]\nname = \"ops\"\nkind = \"file\"\npath = \"x\"\n"
    "[[sink]]\nname = \"audit\"\nkind = \"file\"\npath = \"y\"\n[ledgers]\n978 = \"EUR\"\n";
constexpr std::string_view kDatabase =
    "[[sink]]\nname = \"tables\"\nkind = \"postgres\"\nconnection = \"host=db\"\n";

Result<AlertSettings> alerts_of(std::string_view text) {
  auto file = SettingsFile::of_text(std::string(kSinks) + std::string(text), "sinks.toml");
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  const auto sinks = sinks::read_sinks(file->root());
  AlertSettings read = alerts::read_alerts(file->root(), sinks);
  RETURN_IF_ERROR(file->finish());
  return read;
}

std::string alerts_refusal(std::string_view text) {
  const auto read = alerts_of(text);
  return read ? "" : read.error().message;
}

}  // namespace

TEST(AlertRules, every_kind_is_read) {
  const auto read = alerts_of(R"(
[alerts]
outbox_mib = 2
ignore_older_than_hours = 48
[[alert]]
name = "large"
kind = "amount_above"
amount = "10000.00 EUR"
sinks = ["ops", "audit"]
since = "2026-11-01"
[[alert]]
name = "low"
kind = "balance_below"
balance = "-50.00 EUR"
counting = "available"
sinks = "ops"
filter = { accounts = [7, "340282366920938463463374607431768211454"] }
[[alert]]
name = "often"
kind = "many_debits"
window_seconds = 3600
count_above = 10
sum_above = 500000
tracked = 5
sinks = ["ops"]
filter = { ledgers = [840], codes = [1, 2] }
[[alert]]
name = "new"
kind = "new_counterparty"
sinks = ["ops"]
[[alert]]
name = "asleep"
kind = "dormant_account"
quiet_days = 180
sinks = ["ops"]
[[alert]]
name = "refused"
kind = "refusal"
sinks = ["ops"]
[[alert]]
name = "refused-often"
kind = "refusal"
outcomes = ["exceeds_credits", "debit_account_frozen"]
amount_min = "10.00 EUR"
count_above = 5
window_seconds = 600
sinks = ["ops"]
)");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->outbox_bytes_max, 2 * kMiB);
  EXPECT_EQ(read->ignore_older_than_ns, 48 * 3600 * kNsPerSecond);
  ASSERT_EQ(read->rules.size(), 7U);
  const alerts::Rule& large = read->rules[0];
  EXPECT_TRUE(std::get<alerts::AmountAbove>(large.what).amount == 1'000'000);
  EXPECT_EQ(large.filter.ledgers, std::vector<u32>{978});
  EXPECT_EQ(large.sinks, (std::vector<std::string>{"ops", "audit"}));
  EXPECT_EQ(large.since_ns, 1'793'491'200'000'000'000U);
  const auto& low = std::get<alerts::BalanceBelow>(read->rules[1].what);
  EXPECT_TRUE(low.is_negative && low.amount == 5'000 && low.available && !low.debit_normal);
  EXPECT_EQ(read->rules[1].filter.accounts.size(), 2U);
  const auto& often = std::get<alerts::ManyDebits>(read->rules[2].what);
  EXPECT_EQ(often.window_ns, 3600 * kNsPerSecond);
  EXPECT_EQ(often.count, 10U);
  EXPECT_TRUE(often.sum == u128{500'000});
  EXPECT_EQ(read->rules[2].tracked_max, 5U);
  EXPECT_EQ(std::get<alerts::DormantAccount>(read->rules[4].what).quiet_ns,
            180 * 86'400 * kNsPerSecond);
  EXPECT_FALSE(read->rules[4].since_ns);
  const auto& refused = std::get<alerts::Refusal>(read->rules[5].what);
  EXPECT_TRUE(refused.outcomes.empty() && refused.amount_min == 0 && !refused.count);
  const auto& refused_often = std::get<alerts::Refusal>(read->rules[6].what);
  EXPECT_EQ(refused_often.outcomes,
            (std::vector<ledger::TransferOutcome>{ledger::TransferOutcome::DebitAccountFrozen,
                                                  ledger::TransferOutcome::ExceedsCredits}));
  EXPECT_TRUE(refused_often.amount_min == 1'000);
  EXPECT_EQ(read->rules[6].filter.ledgers, std::vector<u32>{978});
  EXPECT_EQ(refused_often.count, 5U);
  EXPECT_EQ(refused_often.window_ns, 600 * kNsPerSecond);
  EXPECT_EQ(read->rules[6].tracked_max, 50'000U);
}

// What rules remember is found by their definitions: they stay for ever as they are.
TEST(AlertRules, definitions_are_these) {
  const auto read = alerts_of(R"(
[[alert]]
name = "a"
kind = "amount_above"
amount = "10000.00 EUR"
sinks = ["ops"]
since = "2026-11-01"
[[alert]]
name = "b"
kind = "balance_below"
balance = -5
counting = "available"
sinks = "ops"
filter = { accounts = [7, 8] }
[[alert]]
name = "c"
kind = "many_debits"
window_seconds = 60
count_above = 10
sinks = ["ops"]
filter = { ledgers = [840], codes = [1, 2] }
[[alert]]
name = "d"
kind = "new_counterparty"
amount_min = 3
sinks = ["ops"]
[[alert]]
name = "e"
kind = "dormant_account"
quiet_days = 1
sinks = ["ops"]
[[alert]]
name = "f"
kind = "refusal"
sinks = ["ops"]
[[alert]]
name = "g"
kind = "refusal"
outcomes = ["exceeds_credits", "debit_account_frozen"]
amount_min = 5
count_above = 3
window_seconds = 60
tracked = 9
sinks = ["ops"]
)");
  ASSERT_TRUE(read) << read.error().message;
  std::vector<std::string> definitions;
  for (const alerts::Rule& rule : read->rules) definitions.push_back(definition(rule));
  EXPECT_EQ(
      definitions,
      (std::vector<std::string>{
          "amount_above 1000000; ledgers 978; codes ; accounts; tracked 0; since "
          "1793491200000000000",
          "balance_below -5 credit available; ledgers ; codes ; accounts 7 8; tracked 0; since "
          "seen",
          "many_debits window 60000000000 count 10 sum any; ledgers 840; codes 1 2; accounts; "
          "tracked 50000; since seen",
          "new_counterparty 3; ledgers ; codes ; accounts; tracked 1000000; since seen",
          "dormant_account 86400000000000; ledgers ; codes ; accounts; tracked 1000000; since seen",
          "refusal outcomes; amount 0 window 0 count any; ledgers ; codes ; accounts; tracked 0; "
          "since seen",
          "refusal outcomes debit_account_frozen exceeds_credits; amount 5 window 60000000000 "
          "count 3; ledgers ; codes ; accounts; tracked 9; since seen"}));
}

TEST(AlertRules, refusals_are_asked_for_when_a_rule_looks_at_them) {
  const std::string others =
      "[[alert]]\nname = \"a\"\nkind = \"amount_above\"\namount = 5\nsinks = [\"ops\"]\n";
  const std::string refusal = "[[alert]]\nname = \"b\"\nkind = \"refusal\"\nsinks = [\"ops\"]\n";
  EXPECT_FALSE(wants_refusals(*alerts_of(others)));
  EXPECT_TRUE(wants_refusals(*alerts_of(others + refusal)));
}

TEST(AlertRules, what_cannot_be_is_refused_by_line) {
  const auto alert = [](std::string_view rest) {
    return alerts_refusal("[[alert]]\nname = \"a\"\nsinks = [\"ops\"]\n" + std::string(rest));
  };
  EXPECT_EQ(alert("kind = \"weather\"\n"),
            "sinks.toml line 14: alert.kind: 'weather'; expected amount_above, balance_below, "
            "many_debits, new_counterparty, dormant_account or refusal");
  EXPECT_EQ(
      alert("kind = \"amount_above\"\n"),
      "sinks.toml line 11: alert: 'amount' is missing; expected amount = \"10000.00 EUR\", or "
      "a number of minor units");
  EXPECT_NE(alert("kind = \"amount_above\"\namount = \"10.005 EUR\"\n"), "");
  EXPECT_NE(alert("kind = \"amount_above\"\namount = \"10 USD\"\n"), "");
  EXPECT_EQ(alert("kind = \"amount_above\"\namount = -5\n"),
            "sinks.toml line 15: alert.amount: is negative; expected an amount");
  EXPECT_EQ(alert("kind = \"amount_above\"\namount = \"10 EUR\"\nfilter = { ledgers = [840] }\n"),
            "sinks.toml line 15: alert.amount: is an amount of ledger 978, and the rule is about "
            "others; expected a rule for each ledger");
  EXPECT_EQ(alert("kind = \"many_debits\"\nwindow_seconds = 60\n"),
            "sinks.toml line 11: alert: expected count_above, sum_above, or both");
  EXPECT_EQ(alert("kind = \"balance_below\"\nbalance = 0\nnormal = \"both\"\n"),
            "sinks.toml line 16: alert.normal: expected credit or debit");
  EXPECT_EQ(alert("kind = \"new_counterparty\"\nsince = \"2026-02-30\"\n"),
            "sinks.toml line 15: alert.since: '2026-02-30'; expected a day in UTC, such as "
            "\"2026-11-01\"");
  EXPECT_EQ(alert("kind = \"amount_above\"\namount = 5\ntracked = 5\n"),
            "sinks.toml line 16: 'alert.tracked' is not known here");
  EXPECT_EQ(alert("kind = \"refusal\"\noutcomes = [\"exceeds_credit\"]\n"),
            "sinks.toml line 15: alert.outcomes: 'exceeds_credit' is no refusal of a transfer; "
            "expected names such as \"exceeds_credits\", see docs/reference/create_transfers.md");
  for (const std::string_view made : {"created", "exists", "undecided"}) {
    EXPECT_NE(alert("kind = \"refusal\"\noutcomes = \"" + std::string(made) + "\"\n"), "");
  }
  EXPECT_EQ(alert("kind = \"refusal\"\noutcomes = [\"exceeds_debits\", \"exceeds_debits\"]\n"),
            "sinks.toml line 15: alert.outcomes: 'exceeds_debits' stands there twice");
  EXPECT_EQ(alert("kind = \"refusal\"\nwindow_seconds = 60\n"),
            "sinks.toml line 11: alert: 'count_above' is missing; expected a whole number");
  EXPECT_EQ(alert("kind = \"refusal\"\ncount_above = 5\n"),
            "sinks.toml line 11: alert: 'window_seconds' is missing; expected a whole number");
  EXPECT_EQ(alert("kind = \"refusal\"\ntracked = 5\n"),
            "sinks.toml line 15: 'alert.tracked' is not known here");
  EXPECT_EQ(alerts_refusal("[[alert]]\nname = \"a\"\nkind = \"new_counterparty\"\n"
                           "sinks = [\"nobody\"]\n"),
            "sinks.toml line 14: alert.sinks: 'nobody' is no [[sink]] of this file");
  EXPECT_EQ(alerts_refusal(std::string(kDatabase) +
                           "[[alert]]\nname = \"a\"\nkind = \"new_counterparty\"\n"
                           "sinks = [\"tables\"]\n"),
            "sinks.toml line 18: alert.sinks: 'tables' is a database, which takes changes and no "
            "alerts");
  EXPECT_EQ(alerts_refusal("[[alert]]\nname = \"a\"\nkind = \"new_counterparty\"\n"),
            "sinks.toml line 11: alert: expected sinks = [\"ops\"]");
  EXPECT_EQ(alerts_refusal("[[alert]]\nname = \"a.b\"\nkind = \"new_counterparty\"\n"
                           "sinks = [\"ops\"]\n"),
            "sinks.toml line 12: alert.name: expected letters, digits, - and _");
}

}  // namespace florin::test
