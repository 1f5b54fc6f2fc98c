// camt.054: notifications have the entries of statements, and ids of their own.
#include "statement/camt054.h"

#include <set>

#include <gtest/gtest.h>

#include "statement/camt053.h"
#include "tests/statement/iso_structure.h"
#include "tests/statement/random_statement.h"

namespace florin::test {
namespace {

using statement::Entry;
using statement::notified_account;
using statement::NotifiedAccount;
using statement::Statement;
using statement::write_camt054;

std::string notified(const NotifiedAccount& account, std::span<const Entry> entries) {
  const auto bytes = write_camt054(account, entries);
  EXPECT_TRUE(bytes.has_value()) << bytes.error().message;
  return bytes.value_or("");
}

// Everything below an element, in a form that compares.
std::string content_of(const XmlNode& node) {
  std::string text = "<" + node.name;
  for (const auto& [name, value] : node.attributes) text += " " + name + "=" + value;
  text += ">";
  if (node.children.empty()) text += node.text;
  for (const XmlNode& child : node.children) text += content_of(child);
  return text + "</>";
}

TEST(Camt054, of_any_entries_has_the_structure_and_the_entries_of_the_statement) {
  for (u64 seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Statement statement = random_statement(random, 8);
    if (statement.entries.empty()) continue;
    const std::string bytes = notified(notified_account(statement), statement.entries);
    ASSERT_EQ(structure_problem(CamtMessage::Notification, bytes), "");
    const XmlNode root = read_xml(bytes).root;
    const XmlNode whole = read_xml(statement::write_camt053(statement).value_or("")).root;
    const auto entries = root.all("BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry");
    const auto expected = whole.all("BkToCstmrStmt/Stmt/Ntry");
    ASSERT_EQ(entries.size(), expected.size());
    for (usize place = 0; place < entries.size(); ++place) {
      EXPECT_EQ(content_of(*entries[place]), content_of(*expected[place]));
    }
    EXPECT_EQ(root.all("BkToCstmrDbtCdtNtfctn/Ntfctn").size(), entries.size());
    EXPECT_TRUE(root.all("BkToCstmrDbtCdtNtfctn/Ntfctn/Bal").empty());
  }
}

TEST(Camt054, of_a_known_entry_is_known) {
  const Statement statement = known_statement();
  const NotifiedAccount account = notified_account(statement);
  const XmlNode root = read_xml(notified(account, std::span(statement.entries).subspan(1, 1))).root;
  const XmlNode& message = root.at("BkToCstmrDbtCdtNtfctn");
  EXPECT_EQ(message.at("GrpHdr/MsgId").text, "101-1002");
  EXPECT_EQ(message.at("GrpHdr/CreDtTm").text, "2026-10-09T22:00:00Z");
  EXPECT_EQ(message.at("Ntfctn/Id").text, "101-1002");
  EXPECT_EQ(message.at("Ntfctn/CreDtTm").text, "2026-10-09T22:00:00Z");
  EXPECT_EQ(message.at("Ntfctn/Acct/Id/IBAN").text, "DE89370400440532013000");
  EXPECT_EQ(message.at("Ntfctn/Acct/Ownr/Nm").text, "Alice & Co");
  EXPECT_EQ(message.at("Ntfctn/Ntry/Amt").text, "2500.00");
  EXPECT_EQ(message.at("Ntfctn/Ntry/Amt").attributes.at("Ccy"), "EUR");
}

TEST(Camt054, has_an_id_for_each_side_of_each_transfer) {
  std::set<std::string> ids;
  Statement statement = known_statement();
  for (const u128 account : {u128{101}, u128{202}, kU128Max - 1, kU128Max - 2}) {
    for (const u128 transfer : {u128{1}, u128{2}, kU128Max - 1, kU128Max - 2}) {
      NotifiedAccount notified_one = notified_account(statement);
      notified_one.account.account_id = account;
      statement.entries[0].transfer_id = transfer;
      const std::string bytes = notified(notified_one, std::span(statement.entries).first(1));
      EXPECT_EQ(structure_problem(CamtMessage::Notification, bytes), "");
      const XmlNode root = read_xml(bytes).root;
      EXPECT_TRUE(ids.insert(root.at("BkToCstmrDbtCdtNtfctn/Ntfctn/Id").text).second);
    }
  }
}

TEST(Camt054, needs_no_number_and_is_the_same_bytes) {
  Statement statement = known_statement();
  statement.entries.resize(1);
  statement.entries[0].number = 0;
  statement.entries[0].balance = {};
  const std::string bytes = notified(notified_account(statement), statement.entries);
  EXPECT_EQ(structure_problem(CamtMessage::Notification, bytes), "");
  EXPECT_EQ(bytes.find("NtryRef"), std::string::npos);
  EXPECT_EQ(bytes, notified(notified_account(statement), statement.entries));
}

TEST(Camt054, refuses_what_it_cannot_hold) {
  Statement statement = known_statement();
  const auto error = [&statement] {
    const auto bytes = write_camt054(notified_account(statement), statement.entries);
    return bytes ? std::string() : bytes.error().message;
  };
  EXPECT_EQ(error(), "");
  statement.entries[2].amount = kU128Max;
  EXPECT_NE(error().find("the amount of entry 3 (transfer 1003)"), std::string::npos);
  statement = known_statement();
  statement.currency = "points";
  EXPECT_NE(error().find("ledger 978 is called 'points'; camt.054 takes"), std::string::npos);
  statement = known_statement();
  statement.bank.bic = "?";
  EXPECT_NE(error().find("BIC"), std::string::npos);
  statement = known_statement();
  statement.entries.clear();
  EXPECT_EQ(error(), "no entry was given; camt.054 has one at least");
}

}  // namespace
}  // namespace florin::test
