// MT940: read back by a strict reader, added up, chained, and refused.
#include "statement/mt940.h"

#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "tests/statement/mt940_messages.h"
#include "tests/statement/random_statement.h"

namespace florin::test {
namespace {

using statement::Day;
using statement::Statement;
using statement::write_mt940;

std::string written_mt940(const Statement& statement) {
  const auto bytes = write_mt940(statement);
  EXPECT_TRUE(bytes.has_value()) << bytes.error().message;
  return bytes.value_or("");
}

std::string mt940_error_of(const Statement& statement) {
  const auto bytes = write_mt940(statement);
  return bytes ? std::string() : bytes.error().message;
}

std::string six_digits(const Day& day) {
  return fmt::format("{:02}{:02}{:02}", day.year % 100, day.month, day.day);
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

// Every message begins as the one before it ended, only the first and the last are final, and the
// entries are those of the statement.
void expect_same(const Statement& statement, const std::vector<Mt940Message>& messages) {
  i128 balance = value_of(statement.opening);
  usize number = 0;
  for (usize place = 0; place < messages.size(); ++place) {
    const Mt940Message& message = messages[place];
    const bool last = place + 1 == messages.size();
    EXPECT_EQ(message.number, fmt::format("{}", statement.number_in_year));
    EXPECT_EQ(message.sequence, fmt::format("{}", place + 1));
    EXPECT_EQ(message.reference, messages.front().reference);
    EXPECT_EQ(message.opening.final, place == 0);
    EXPECT_EQ(message.closing.final, last);
    EXPECT_EQ(message.available.has_value(), last);
    if (place > 0) {
      EXPECT_EQ(message.opening.text(), messages[place - 1].closing.text());
    }
    EXPECT_EQ(message.opening.value, balance);
    EXPECT_EQ(message.opening.currency, statement.currency);
    for (const Mt940Entry& read : message.entries) {
      ASSERT_LT(number, statement.entries.size());
      const statement::Entry& entry = statement.entries[number++];
      EXPECT_EQ(read.value,
                entry.credit ? static_cast<i128>(entry.amount) : -static_cast<i128>(entry.amount));
      EXPECT_EQ(read.mark.size() == 2, entry.reversal);
      EXPECT_EQ(read.value_date, six_digits(entry.booked));
      EXPECT_EQ(read.entry_date, read.value_date.substr(2));
      balance += read.value;
    }
    EXPECT_EQ(message.closing.value, balance);
  }
  EXPECT_EQ(number, statement.entries.size());
  EXPECT_EQ(messages.back().closing.value, value_of(statement.closing));
  EXPECT_EQ(messages.back().closing.date, six_digits(statement.last_day));
  EXPECT_EQ(messages.back().available->value, value_of(statement.available));
}

TEST(Mt940, of_any_statement_is_read_by_a_strict_reader_and_adds_up) {
  usize messages_most = 0;
  for (u64 seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const Statement statement = random_statement(random, 60);
    const Mt940Messages read = read_mt940(written_mt940(statement), statement.decimals);
    ASSERT_EQ(read.problem, "");
    ASSERT_FALSE(read.messages.empty());
    expect_same(statement, read.messages);
    messages_most = std::max(messages_most, read.messages.size());
    if (HasFailure()) return;
  }
  EXPECT_GT(messages_most, 4u);
}

TEST(Mt940, goes_on_from_statement_to_statement) {
  Random random(11);
  Statement before = random_statement(random, 30);
  for (int more = 0; more < 20; ++more) {
    const Statement after = random_statement_after(random, before, 30);
    const Mt940Messages first = read_mt940(written_mt940(before), before.decimals);
    const Mt940Messages second = read_mt940(written_mt940(after), after.decimals);
    ASSERT_EQ(first.problem + second.problem, "");
    EXPECT_EQ(second.messages.front().opening.text(), first.messages.back().closing.text());
    before = after;
  }
}

constexpr std::string_view kKnownMt940 =
    ":20:101-2026-10\r\n"
    ":25:DE89370400440532013000\r\n"
    ":28C:3/1\r\n"
    ":60F:C260930EUR100,00\r\n"
    ":61:2610051005D12,50NCRD1001//5001-0\r\n"
    ":86:/TRTP/Card payment/ACCT/202/NAME/Mueller/ID/1001\r\n"
    ":61:2610101010C2500,00NMSC1002//5002-0\r\n"
    ":86:/TRTP/Other/IBAN/FI7433010001222090/NAME/Works/EREF/0x97ed48277b6\r\n"
    "f4491a06fb548d5a7512d/ID/1002\r\n"
    ":61:2610151015RD12,50NCRD1003//5003-0\r\n"
    ":86:/TRTP/Card payment/ACCT/202/NAME/Mueller/EREF/42/ID/1003/ORIG/100\r\n"
    "1\r\n"
    ":61:2610201020D300,00NCRD1004//5004-0\r\n"
    ":86:/TRTP/Card payment/ACCT/202/NAME/Mueller/ID/1004/ORIG/77\r\n"
    ":61:2610251025RC3000,00NMSC1005//5005-0\r\n"
    ":86:/TRTP/Other/IBAN/FI7433010001222090/NAME/Works/ID/1005/ORIG/1002\r\n"
    ":62F:D261031EUR700,00\r\n"
    ":64:D261031EUR710,00\r\n"
    "-\r\n";

TEST(Mt940, of_a_known_statement_is_known) {
  EXPECT_EQ(written_mt940(known_statement()), kKnownMt940);
  EXPECT_EQ(read_mt940(kKnownMt940, 2).problem, "");
}

TEST(Mt940, of_the_same_statement_is_the_same_bytes) {
  Random random(5);
  const Statement statement = random_statement(random, 100);
  EXPECT_EQ(written_mt940(statement), written_mt940(statement));
}

TEST(Mt940, of_nothing_has_the_balances_alone) {
  Statement statement = known_statement();
  statement.entries.clear();
  statement.closing = statement.available = statement.opening;
  statement.number_in_year = 0;
  EXPECT_EQ(written_mt940(statement),
            ":20:101-2026-10\r\n:25:DE89370400440532013000\r\n:28C:0/1\r\n:60F:C260930EUR100,00\r\n"
            ":62F:C261031EUR100,00\r\n:64:C261031EUR100,00\r\n-\r\n");
}

struct Mt940Amount {
  const char* amount;
  const char* currency;
  u32 decimals;
  const char* text;  // Empty: refused.
};

class Mt940Amounts : public testing::TestWithParam<Mt940Amount> {};

TEST_P(Mt940Amounts, have_a_comma_and_fit_or_are_refused) {
  const Mt940Amount& each = GetParam();
  Statement statement = known_statement();
  statement.entries.clear();
  statement.currency = each.currency;
  statement.decimals = each.decimals;
  statement.opening = {.magnitude = parse_u128(each.amount).value(), .negative = false};
  statement.closing = statement.available = {};
  if (*each.text == '\0') {
    const std::string message = mt940_error_of(statement);
    EXPECT_EQ(message.find("a balance of statement 101-2026-10 is "), 0u) << message;
    EXPECT_NE(message.find("; MT940 writes 15 characters at most"), std::string::npos);
    return;
  }
  const std::string bytes = written_mt940(statement);
  EXPECT_NE(bytes.find(fmt::format(":60F:C260930{}{}\r\n", each.currency, each.text)),
            std::string::npos)
      << bytes;
  EXPECT_EQ(read_mt940(bytes, each.decimals).problem, "");
}

INSTANTIATE_TEST_SUITE_P(
    Mt940, Mt940Amounts,
    testing::Values(Mt940Amount{"5000", "JPY", 0, "5000,"}, Mt940Amount{"0", "JPY", 0, "0,"},
                    Mt940Amount{"0", "EUR", 2, "0,00"}, Mt940Amount{"5", "EUR", 2, "0,05"},
                    Mt940Amount{"123456", "EUR", 2, "1234,56"}, Mt940Amount{"1", "KWD", 3, "0,001"},
                    Mt940Amount{"12345", "CLF", 4, "1,2345"},
                    Mt940Amount{"99999999999999", "JPY", 0, "99999999999999,"},
                    Mt940Amount{"99999999999999", "EUR", 2, "999999999999,99"},
                    Mt940Amount{"100000000000000", "JPY", 0, ""},
                    Mt940Amount{"100000000000000", "EUR", 2, ""}, Mt940Amount{"1", "BTC", 14, ""},
                    Mt940Amount{"340282366920938463463374607431768211455", "EUR", 2, ""}));

TEST(Mt940, names_the_entry_whose_amount_does_not_fit) {
  Statement statement = known_statement();
  statement.entries[3].amount = 100'000'000'000'000;
  EXPECT_EQ(mt940_error_of(statement),
            "the amount of entry 4 (transfer 1004) is 1000000000000,00; MT940 writes 15 characters "
            "at most, with the comma");
}

TEST(Mt940, refuses_what_it_cannot_hold) {
  Statement statement = known_statement();
  statement.currency = "points";
  EXPECT_NE(mt940_error_of(statement).find("ledger 978 is called 'points'; MT940 takes"),
            std::string::npos);
  statement = known_statement();
  statement.account.iban = "?";
  EXPECT_NE(mt940_error_of(statement).find("the IBAN of account 101 is '?'"), std::string::npos);
  statement = known_statement();
  statement.number_in_year = 100'000;
  EXPECT_NE(mt940_error_of(statement).find("MT940 counts to 99999"), std::string::npos);
  for (const char* type : {"TR", "trf", "TRFX", "T:F"}) {
    statement = known_statement();
    statement.entries[1].kind.mt940 = type;
    EXPECT_NE(mt940_error_of(statement).find(
                  fmt::format("entry 2 (transfer 1002): code 900 has '{}'", type)),
              std::string::npos);
  }
}

TEST(Mt940, writes_long_ids_as_information) {
  Statement statement = known_statement();
  statement.id = "340282366920938463463374607431768211454-2026-10";
  statement.account.iban.clear();
  statement.account.account_id = kU128Max - 1;
  statement.entries.resize(1);
  statement.closing = statement.entries[0].balance;
  statement.entries[0].transfer_id = kU128Max - 2;
  statement.entries[0].place = {.position = ~u64{0}, .index = 7};
  const Mt940Messages read = read_mt940(written_mt940(statement), 2);
  ASSERT_EQ(read.problem, "");
  ASSERT_EQ(read.messages.size(), 1u);
  EXPECT_EQ(read.messages[0].reference.size(), 16u);
  EXPECT_EQ(read.messages[0].account, "0xfffffffffffffffffffffffffffffffe");
  const Mt940Entry& entry = read.messages[0].entries.at(0);
  EXPECT_EQ(entry.reference, "NONREF");
  EXPECT_EQ(entry.bank_reference, "");
  EXPECT_NE(joined(entry.information).find("/ID/0xfffffffffffffffffffffffffffffffd"),
            std::string::npos);
}

TEST(Mt940, splits_a_long_statement_over_whole_messages) {
  Random random(2);
  Statement statement;
  do {
    statement = random_statement(random, 3000);
  } while (statement.entries.size() < 1000);
  const Mt940Messages read = read_mt940(written_mt940(statement), statement.decimals);
  ASSERT_EQ(read.problem, "");
  expect_same(statement, read.messages);
  for (usize place = 0; place + 1 < read.messages.size(); ++place) {
    EXPECT_GT(read.messages[place].characters, 1400u) << "room was left in message " << place;
  }
}

TEST(Mt940, reader_finds_planted_mistakes) {
  const auto problem_with = [](std::string_view from, std::string_view to) {
    std::string text(kKnownMt940);
    const usize place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    text.replace(place, from.size(), to);
    return read_mt940(text, 2).problem;
  };
  EXPECT_NE(problem_with("Mueller", "Müller"), "");
  EXPECT_NE(problem_with("Mueller", "M_ller"), "");
  EXPECT_NE(problem_with("\r\n:25:", "\n:25:"), "");
  EXPECT_NE(problem_with("EUR100,00", "EUR100.00"), "");
  EXPECT_NE(problem_with("EUR100,00", "EUR100"), "");
  EXPECT_NE(problem_with("EUR100,00", "EUR10000000000000,00"), "");
  EXPECT_NE(problem_with("D12,50", "X12,50"), "");
  EXPECT_NE(problem_with(":60F:C260930EUR100,00\r\n", ""), "");
  EXPECT_NE(problem_with(":28C:3/1", ":28C:3/123456"), "");
  EXPECT_NE(problem_with("Card payment", "Card payment that needs much more room"), "");
  EXPECT_NE(problem_with("f4491a", ":4491a"), "");
  EXPECT_NE(problem_with("-\r\n", "-"), "");
  EXPECT_NE(problem_with(":62F:D261031EUR700,00\r\n:64:D261031EUR710,00\r\n",
                         ":64:D261031EUR710,00\r\n:62F:D261031EUR700,00\r\n"),
            "");
}

TEST(StatementThreads, write_mt940_side_by_side) {
  Random random(9);
  const Statement statement = random_statement(random, 60);
  const std::string expected = written_mt940(statement);
  std::vector<std::string> made(4);
  std::vector<std::thread> threads;
  for (std::string& own : made) {
    threads.emplace_back([&own, &statement] { own = write_mt940(statement).value_or(""); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& own : made) EXPECT_EQ(own, expected);
}

}  // namespace
}  // namespace florin::test
