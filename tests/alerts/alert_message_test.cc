// Alerts as messages: the bytes of one, and that those of every kind are JSON with what they name.
#include "alerts/alert_message.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/alerts/made_pages.h"

namespace florin::test {

using alerts::Rule;

namespace {

sinks::Message first_message(const decltype(Rule::what)& what, const exporter::ChangePage& page) {
  Rule rule;
  rule.name = "watch";
  rule.what = what;
  rule.tracked_max = 100;
  alerts::RuleState state(rule, 0, engine::HashSeed{1, 2});
  std::vector<alerts::Finding> found;
  for (u32 event = 0; event < page.events.size(); ++event) state.take(page, event, found);
  EXPECT_FALSE(found.empty());
  money::LedgerNames names;
  EXPECT_TRUE(names.add("978=EUR"));
  return found.empty() ? sinks::Message{} : make_message(rule, found.front(), page, names);
}

exporter::ChangePage two_transfers() {
  MadePages made(1);
  exporter::ChangePage page;
  made.add_account(page, 1);
  made.add_account(page, 2);
  made.add_transfer(page, 2, 1, 5'000);
  made.pass_time(86'400 * kNsPerSecond);
  made.add_transfer(page, 1, 2, 1'234);
  return page;
}

}  // namespace

TEST(AlertMessage, of_an_amount_is_these_bytes) {
  const sinks::Message message = first_message(alerts::AmountAbove{2'000}, two_transfers());
  EXPECT_EQ(message.id, "watch.3.0.transfer");
  EXPECT_EQ(message.kind, "alert.amount_above");
  EXPECT_EQ(message.key, "2");
  EXPECT_EQ(
      message.body,
      R"({"version":1,"id":"watch.3.0.transfer","rule":"watch","kind":"amount_above",)"
      R"("time":"2026-11-01T00:00:00.000000003Z","subject":"transfer","account_id":"2",)"
      R"("text":"watch: transfer 1 of 50.00 EUR is above 20.00 EUR","measured":{"amount":"5000",)"
      R"("amount_text":"50.00 EUR","limit":"2000","limit_text":"20.00 EUR"},"change":)"
      R"({"position":"3","index":0,"kind":"transfer_created","logged_at":"1793491200000000003",)"
      R"("transfer_id":"1","debit_account_id":"2","credit_account_id":"1","amount":"5000",)"
      R"("pending_id":"0","timeout":0,"released":"0","remaining":"0",)"
      R"("ledger":978,"code":1,"flags":0,"user_data_128":"0","user_data_64":"0","user_data_32":0,)"
      R"("timestamp":"1793491200000000003","debit_account_debits_pending":"0",)"
      R"("debit_account_debits_posted":"5000","debit_account_credits_pending":"0",)"
      R"("debit_account_credits_posted":"0","credit_account_debits_pending":"0",)"
      R"("credit_account_debits_posted":"0","credit_account_credits_pending":"0",)"
      R"("credit_account_credits_posted":"5000"}})");
}

TEST(AlertMessage, of_every_kind_is_json_with_what_was_measured) {
  using nlohmann::json;
  const exporter::ChangePage page = two_transfers();
  const auto body = [&](const decltype(Rule::what)& what) {
    return json::parse(first_message(what, page).body);
  };
  const json low = body(alerts::BalanceBelow{false, 4'000, false, true});
  EXPECT_EQ(low["measured"]["balance"], "3766");
  EXPECT_EQ(low["measured"]["balance_before"], "5000");
  EXPECT_EQ(low["measured"]["limit_text"], "40.00 EUR");
  EXPECT_EQ(low["text"],
            "watch: balance of account 1 went from 50.00 EUR to 37.66 EUR, below 40.00 EUR");
  const json negative = body(alerts::BalanceBelow{true, 10, false, false});
  EXPECT_EQ(negative["measured"]["balance"], "-5000");
  const json many = body(alerts::ManyDebits{3600 * kNsPerSecond, {}, 1'000});
  EXPECT_EQ(many["measured"]["count"], "1");
  EXPECT_EQ(many["measured"]["sum_limit"], "1000");
  EXPECT_FALSE(many["measured"].contains("count_limit"));
  const json fresh = body(alerts::NewCounterparty{0});
  EXPECT_EQ(fresh["measured"]["counterparty_account_id"], "1");
  EXPECT_EQ(fresh["change"]["transfer_id"], "1");
  const json asleep = body(alerts::DormantAccount{86'000 * kNsPerSecond});
  EXPECT_EQ(asleep["subject"], "debit");
  EXPECT_EQ(asleep["measured"]["moved_before"], "2026-11-01T00:00:00.000000003Z");
}

TEST(AlertMessage, of_a_refusal_says_what_was_asked_for_and_the_outcome) {
  using nlohmann::json;
  exporter::ChangePage page = two_transfers();
  ledger::Transfer asked{};
  asked.id = 7;
  asked.debit_account_id = 1;
  asked.credit_account_id = 2;
  asked.amount = 1'000;
  asked.ledger = 978;
  MadePages made(2);
  for (u32 each = 0; each < 2; ++each) {
    made.add_refused(page, asked, ledger::TransferOutcome::ExceedsCredits);
  }
  const sinks::Message message = first_message(alerts::Refusal{}, page);
  EXPECT_EQ(message.id, "watch.1.0.transfer");
  EXPECT_EQ(message.kind, "alert.refusal");
  EXPECT_EQ(message.key, "1");
  const json one = json::parse(message.body);
  EXPECT_EQ(one["text"],
            "watch: transfer 7 of 10.00 EUR from account 1 to account 2 was refused: "
            "exceeds_credits");
  EXPECT_EQ(
      one["measured"],
      (json{{"outcome", "exceeds_credits"}, {"amount", "1000"}, {"amount_text", "10.00 EUR"}}));
  EXPECT_EQ(one["change"]["kind"], "transfer_refused");
  EXPECT_EQ(one["change"]["transfer_id"], "7");
  const json many =
      json::parse(first_message(alerts::Refusal{{}, 0, 1, 60 * kNsPerSecond}, page).body);
  EXPECT_EQ(many["subject"], "debit");
  EXPECT_EQ(many["text"],
            "watch: transfer 7 of 10.00 EUR from account 1 to account 2 was refused: "
            "exceeds_credits; account 1 was refused 2 times within 60 s");
  EXPECT_EQ(many["measured"]["count"], "2");
  EXPECT_EQ(many["measured"]["count_limit"], "1");
  EXPECT_EQ(many["measured"]["window_seconds"], "60");
}

// Fields that no transfer which was made can have.
TEST(AlertMessage, of_a_refusal_of_nonsense_is_json) {
  exporter::ChangePage page;
  ledger::Transfer asked{};
  asked.amount = kU128Max;
  asked.flags = 0xffff;
  MadePages made(2);
  made.add_refused(page, asked, ledger::TransferOutcome::ReservedFlag);
  const auto message = nlohmann::json::parse(first_message(alerts::Refusal{}, page).body);
  EXPECT_EQ(message["text"],
            "watch: transfer 0 of 340282366920938463463374607431768211455 from account 0 to "
            "account 0 was refused: reserved_flag");
}

}  // namespace florin::test
