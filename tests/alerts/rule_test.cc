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
)");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->outbox_bytes_max, 2 * kMiB);
  EXPECT_EQ(read->ignore_older_than_ns, 48 * 3600 * kNsPerSecond);
  ASSERT_EQ(read->rules.size(), 5U);
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
  EXPECT_EQ(definition(large),
            "amount_above 1000000; ledgers 978; codes ; accounts; tracked 0; since "
            "1793491200000000000");
}

TEST(AlertRules, what_cannot_be_is_refused_by_line) {
  const auto alert = [](std::string_view rest) {
    return alerts_refusal("[[alert]]\nname = \"a\"\nsinks = [\"ops\"]\n" + std::string(rest));
  };
  EXPECT_EQ(alert("kind = \"weather\"\n"),
            "sinks.toml line 14: alert.kind: 'weather'; expected amount_above, balance_below, "
            "many_debits, new_counterparty or dormant_account");
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
