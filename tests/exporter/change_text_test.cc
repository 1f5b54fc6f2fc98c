// Lines of text: that they say what the change says, and stay the same bytes.
#include "exporter/change_text.h"

#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ledger/outcome.h"
#include "tests/exporter/made_changes.h"

namespace florin::test {

using exporter::ChangePage;
using exporter::TextKind;
using ledger::ChangeKind;

namespace {

ChangePage page_of_each_kind() {
  ChangePage page;
  ledger::Account account{};
  account.id = 5;
  account.ledger = 978;
  account.code = 7;
  account.timestamp = 1'000;
  page.accounts.push_back(account);
  ledger::AccountChange change{};
  change.update.id = 11;
  change.update.account_id = 5;
  change.update.changes = ledger::account_changes::kFreezeDebits;
  constexpr std::string_view kReason = "fraud, \"sure\"";
  std::memcpy(change.update.reason, kReason.data(), kReason.size());
  change.update.reason_length = kReason.size();
  change.update.timestamp = 2'000;
  change.principal = 3;
  page.account_changes.push_back(change);
  ledger::Transfer transfer{};
  transfer.id = ~u128{0} - 1;
  transfer.debit_account_id = 5;
  transfer.credit_account_id = 6;
  transfer.amount = 100;
  transfer.ledger = 978;
  transfer.code = 1;
  transfer.flags = ledger::transfer_flags::kPending;
  transfer.timeout = 60;
  transfer.timestamp = 3'000;
  ledger::Transfer refused = transfer;
  refused.id = 0;
  refused.amount = ledger::kAmountMax;
  refused.pending_id = 12;
  refused.timestamp = 0;
  page.transfers = {transfer, transfer, refused};
  page.balances.resize(3);
  page.balances[0].debit_account_debits_pending = 100;
  page.balances[0].credit_account_credits_pending = 100;
  const auto event = [](ChangeKind kind, u64 position, u32 object) {
    return ledger::ChangeEvent{.position = position,
                               .timestamp = position * 1'000,
                               .object = object,
                               .kind = static_cast<u8>(kind)};
  };
  page.events = {event(ChangeKind::AccountCreated, 1, 0), event(ChangeKind::AccountUpdated, 2, 0),
                 event(ChangeKind::TransferCreated, 3, 0), event(ChangeKind::HoldExpired, 4, 1),
                 event(ChangeKind::TransferRefused, 5, 2)};
  page.events[2].pending_status = static_cast<u8>(ledger::PendingStatus::Pending);
  page.events[3].pending_status = static_cast<u8>(ledger::PendingStatus::Expired);
  page.events[2].remaining = 100;
  page.events[3].released = 100;
  page.events[4].outcome = static_cast<u8>(ledger::TransferOutcome::ExceedsCredits);
  return page;
}

std::string line(TextKind kind, usize event) {
  std::string text;
  append_line(kind, page_of_each_kind(), event, text);
  return text;
}

std::vector<std::string> csv_cells(const std::string& text) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (usize at = 0; at + 1 < text.size(); ++at) {
    if (quoted && text[at] == '"' && text[at + 1] == '"') {
      cells.back() += text[at++];
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += text[at];
    }
  }
  return cells;
}

}  // namespace

TEST(ChangeText, ndjson_of_a_transfer_is_these_bytes) {
  EXPECT_EQ(
      line(TextKind::Ndjson, 2),
      R"({"position":"3","index":0,"kind":"transfer_created","logged_at":"3000",)"
      R"("transfer_id":"340282366920938463463374607431768211454","debit_account_id":"5",)"
      R"("credit_account_id":"6","amount":"100","pending_id":"0","timeout":60,)"
      R"("released":"0","remaining":"100","pending_status":"pending","ledger":978,"code":1,"flags":2,)"
      R"("user_data_128":"0","user_data_64":"0","user_data_32":0,"timestamp":"3000",)"
      R"("debit_account_debits_pending":"100","debit_account_debits_posted":"0",)"
      R"("debit_account_credits_pending":"0","debit_account_credits_posted":"0",)"
      R"("credit_account_debits_pending":"0","credit_account_debits_posted":"0",)"
      R"("credit_account_credits_pending":"100","credit_account_credits_posted":"0"})"
      "\n");
}

// Nothing moved: there are no balances, and nothing became of a hold.
TEST(ChangeText, ndjson_of_a_refused_transfer_is_these_bytes) {
  EXPECT_EQ(line(TextKind::Ndjson, 4),
            R"({"position":"5","index":0,"kind":"transfer_refused","logged_at":"5000",)"
            R"("transfer_id":"0","debit_account_id":"5","credit_account_id":"6",)"
            R"("amount":"340282366920938463463374607431768211455","pending_id":"12","timeout":60,)"
            R"("ledger":978,"code":1,"flags":2,)"
            R"("user_data_128":"0","user_data_64":"0","user_data_32":0,"timestamp":"0",)"
            R"("reason":"exceeds_credits"})"
            "\n");
}

TEST(ChangeText, csv_of_a_refused_transfer_is_these_bytes) {
  EXPECT_EQ(line(TextKind::Csv, 4),
            "5,0,transfer_refused,5000,0,5,6,340282366920938463463374607431768211455,12,60,,,,,"
            "978,1,2,0,0,0,0,,,,,,,,,,,,,,,,,exceeds_credits,\n");
}

// Readers find columns where they have always been.
TEST(ChangeText, csv_has_the_columns_that_it_has_for_ever) {
  EXPECT_EQ(exporter::first_line(TextKind::Csv),
            "position,index,kind,logged_at,transfer_id,debit_account_id,credit_account_id,amount,"
            "pending_id,timeout,released,remaining,pending_status,account_id,ledger,code,flags,"
            "user_data_128,user_data_64,user_data_32,timestamp,debit_account_debits_pending,"
            "debit_account_debits_posted,debit_account_credits_pending,"
            "debit_account_credits_posted,credit_account_debits_pending,"
            "credit_account_debits_posted,credit_account_credits_pending,"
            "credit_account_credits_posted,update_id,changes,overdraft_limit,balance_limit,"
            "transfer_limit,velocity_window,velocity_sum_limit,velocity_count_limit,reason,"
            "principal\n");
}

TEST(ChangeText, ndjson_of_an_update_keeps_what_a_person_wrote) {
  const auto json = nlohmann::json::parse(line(TextKind::Ndjson, 1));
  EXPECT_EQ(json["kind"], "account_updated");
  EXPECT_EQ(json["account_id"], "5");
  EXPECT_EQ(json["reason"], "fraud, \"sure\"");
  EXPECT_EQ(json["principal"], "3");
  EXPECT_FALSE(json.contains("transfer_id"));
}

// A column for each name, in every kind of line, with the same text as in the other format.
TEST(ChangeText, csv_has_the_values_of_ndjson_under_their_names) {
  const auto names = csv_cells(std::string(exporter::first_line(TextKind::Csv)));
  for (usize event = 0; event < 5; ++event) {
    const auto cells = csv_cells(line(TextKind::Csv, event));
    const auto json = nlohmann::json::parse(line(TextKind::Ndjson, event));
    ASSERT_EQ(cells.size(), names.size()) << line(TextKind::Csv, event);
    usize filled = 0;
    for (usize column = 0; column < names.size(); ++column) {
      if (!json.contains(names[column])) {
        EXPECT_EQ(cells[column], "") << names[column];
        continue;
      }
      ++filled;
      const auto& value = json[names[column]];
      EXPECT_EQ(cells[column], value.is_string() ? value.get<std::string>() : value.dump())
          << names[column];
    }
    EXPECT_EQ(filled, json.size()) << json.dump();
    EXPECT_GT(filled, 8U);
  }
  EXPECT_EQ(exporter::first_line(TextKind::Ndjson), "");
}

}  // namespace florin::test
