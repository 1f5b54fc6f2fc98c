// Statements as CSV and JSON: to the last byte, and taken apart again.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "statement/format.h"
#include "statement/statement_csv.h"
#include "statement/statement_json.h"
#include "tests/statement/statement_world.h"

namespace florin::test {

using statement::Format;
using statement::Statement;

namespace {

using Rows = std::vector<std::vector<std::string>>;

// RFC 4180, read by the letter: rows end with CRLF, quotes are doubled within quotes.
Rows rows_of(const std::string& text) {
  Rows rows(1, {""});
  bool quoted = false;
  for (usize at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    std::string& cell = rows.back().back();
    if (quoted) {
      const bool doubled = letter == '"' && at + 1 < text.size() && text[at + 1] == '"';
      if (doubled || letter != '"') cell += letter;
      if (doubled) ++at;
      if (!doubled && letter == '"') quoted = false;
    } else if (letter == '"') {
      EXPECT_TRUE(cell.empty()) << "a quote within a cell at " << at;
      quoted = true;
    } else if (letter == ',') {
      rows.back().emplace_back();
    } else if (letter == '\r') {
      EXPECT_EQ(text[++at], '\n');
      rows.push_back({""});
    } else {
      EXPECT_NE(letter, '\n');
      cell += letter;
    }
  }
  EXPECT_EQ(rows.back().size(), 1U);
  rows.pop_back();
  return rows;
}

Statement some_statement() {
  StatementWorld world;
  fill(world);
  const statement::Reference reference;
  auto built = world.build(reference, "2026-10", 101);
  EXPECT_TRUE(built && *built);
  Statement made = **built;
  made.account.name = "=cmd|' /C calc'!A0";
  made.account.iban = "DE89370400440532013000";
  made.entries[0].counterparty.name = "Müller, \"Änne\"\r\n& Co";
  made.entries[1].kind.text = "@home";
  made.entries[2].kind.text = " ends with a space ";
  made.entries[3].user_data_128 = kU128Max;
  return made;
}

std::string text_of(Format format, const Statement& made) {
  std::string text = "what was there before";
  const Status written = write_statement(format, made, text);
  EXPECT_TRUE(written) << written.error().message;
  return text;
}

usize column(const Rows& rows, std::string_view name) {
  const auto found = std::find(rows[0].begin(), rows[0].end(), name);
  EXPECT_NE(found, rows[0].end()) << name;
  return static_cast<usize>(found - rows[0].begin());
}

}  // namespace

TEST(StatementCsv, has_a_cell_for_each_column_in_every_row) {
  const Rows rows = rows_of(text_of(Format::Csv, some_statement()));
  ASSERT_EQ(rows.size(), 1U + 1 + 4 + 2 + 1);
  for (const auto& row : rows) EXPECT_EQ(row.size(), 26U) << row[0];
  const char* const kinds[] = {"row",   "opening", "entry",     "entry", "entry",
                               "entry", "closing", "available", "hold"};
  for (usize index = 0; index < rows.size(); ++index) EXPECT_EQ(rows[index][0], kinds[index]);
  const auto cell = [&](usize row, std::string_view name) { return rows[row][column(rows, name)]; };
  EXPECT_EQ(cell(1, "balance"), "100.00");
  EXPECT_EQ(cell(1, "date"), "2026-10-01");
  EXPECT_EQ(cell(2, "amount"), "-25.00");
  EXPECT_EQ(cell(2, "balance"), "75.00");
  EXPECT_EQ(cell(2, "time"), "2026-10-01T00:00:00.000000000Z");
  EXPECT_EQ(cell(2, "counterparty_id"), "102");
  EXPECT_EQ(cell(2, "position"), "5");
  EXPECT_EQ(cell(3, "related_id"), "3");
  EXPECT_EQ(cell(4, "amount"), "1.23");
  EXPECT_EQ(cell(5, "reversal"), "yes");
  EXPECT_EQ(cell(5, "user_data_128"), "340282366920938463463374607431768211455");
  EXPECT_EQ(cell(6, "balance"), "97.23");
  EXPECT_EQ(cell(7, "balance"), "91.23");
  EXPECT_EQ(cell(8, "amount"), "-6.00");
  EXPECT_EQ(cell(8, "transfer_id"), "3");
}

TEST(StatementCsv, guards_what_spreadsheets_take_for_formulas) {
  const Rows rows = rows_of(text_of(Format::Csv, some_statement()));
  EXPECT_EQ(rows[2][column(rows, "account_name")], "'=cmd|' /C calc'!A0");
  EXPECT_EQ(rows[2][column(rows, "counterparty_name")], "Müller, \"Änne\"\r\n& Co");
  EXPECT_EQ(rows[3][column(rows, "description")], "'@home");
  EXPECT_EQ(rows[4][column(rows, "description")], " ends with a space ");
  EXPECT_EQ(rows[2][column(rows, "amount")], "-25.00");  // A number is a number.
}

TEST(StatementCsv, is_the_same_to_the_last_byte) {
  Statement made = some_statement();
  made.entries.resize(1);
  made.holds.clear();
  made.account.name = "Ada";
  made.entries[0].counterparty.name = "";
  const std::string same = "101-2026-10,101,Ada,DE89370400440532013000,EUR,";
  EXPECT_EQ(text_of(Format::Csv, made),
            "row,statement,account_id,account_name,account_iban,currency,number,date,value_date,"
            "time,amount,balance,counterparty_id,counterparty_name,counterparty_iban,code,"
            "description,reversal,transfer_id,related_id,position,index,expires_at,user_data_128,"
            "user_data_64,user_data_32\r\n"
            "opening," +
                same +
                ",2026-10-01,,,,100.00,,,,,,,,,,,,,,\r\n"
                "entry," +
                same +
                "1,2026-10-01,2026-10-01,2026-10-01T00:00:00.000000000Z,-25.00,"
                "75.00,102,,,14,Code 14,,2,,5,0,,0,0,0\r\n"
                "closing," +
                same +
                ",2026-10-31,,,,97.23,,,,,,,,,,,,,,\r\n"
                "available," +
                same + ",2026-10-31,,,,91.23,,,,,,,,,,,,,,\r\n");
}

TEST(StatementJson, says_everything) {
  const Statement made = some_statement();
  const std::string text = text_of(Format::Json, made);
  EXPECT_TRUE(text.ends_with("}\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto json = nlohmann::ordered_json::parse(text);
  EXPECT_TRUE(json.dump() + "\n" ==
              text);  // No spaces, nothing twice, and escaped as nlohmann does.
  EXPECT_EQ(json["statement"], "101-2026-10");
  EXPECT_EQ(json["opening"], "100.00");
  EXPECT_EQ(json["available"], "91.23");
  EXPECT_EQ(json["credits"]["count"], 2);
  EXPECT_EQ(json["debits"]["sum"], "29.00");
  EXPECT_EQ(json["account"]["name"], made.account.name);
  ASSERT_EQ(json["entries"].size(), 4U);
  EXPECT_EQ(json["entries"][0]["counterparty"]["name"], made.entries[0].counterparty.name);
  EXPECT_EQ(json["entries"][3]["user_data_128"], "340282366920938463463374607431768211455");
  EXPECT_EQ(json["entries"][3]["reversal"], true);
  EXPECT_EQ(json["entries"][0]["amount"], "-25.00");
  EXPECT_EQ(json["holds"][0]["amount"], "-6.00");
  EXPECT_EQ(json["created_at"], "2026-11-01T00:00:00.000000000Z");
}

TEST(StatementFormats, are_named_and_have_files_of_their_own) {
  std::set<std::string_view> extensions;
  for (const Format format : statement::kFormats) {
    EXPECT_EQ(statement::parse_format(statement::format_name(format)), format);
    EXPECT_TRUE(extensions.insert(statement::file_extension(format)).second);
  }
  EXPECT_FALSE(statement::parse_format("CSV"));
  EXPECT_EQ(statement::format_names(), "csv, json, camt053, camt054, mt940 or pdf");
}

TEST(StatementFormats, make_the_same_bytes_again) {
  for (const Format format : statement::kFormats) {
    const std::string text = text_of(format, some_statement());
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text, text_of(format, some_statement())) << statement::format_name(format);
  }
}

}  // namespace florin::test
