// Statements as PDF: what they say, by the words that poppler finds in them; their bytes; errors.
#include "statement/statement_pdf.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "statement/pdf_text.h"
#include "tests/statement/pdf_samples.h"

namespace florin::statement {
namespace {

usize count_of(const std::string& text, std::string_view part) {
  usize count = 0;
  for (usize at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

bool has_poppler() { return std::system("pdftotext -v >/dev/null 2>&1") == 0; }

std::string signed_text(const Signed& amount, u32 decimals) {
  return (amount.negative ? "-" : "") + pdf::grouped_amount(amount.magnitude, decimals);
}

// A word of a page, and where it stands.
struct Word {
  usize page;
  double left, top, right, bottom;
  std::string text;
};

// A PDF of a statement, as a file for other programs while it lives.
class Printed {
 public:
  explicit Printed(const Statement& statement, const PdfOptions& options = {}) {
    auto pdf = pdf_of(statement, options);
    EXPECT_TRUE(pdf.has_value()) << (pdf ? "" : pdf.error().message);
    if (pdf) bytes_ = std::move(*pdf);
    std::ofstream(path_, std::ios::binary) << bytes_;
  }
  ~Printed() { std::filesystem::remove(path_); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;

  const std::string& bytes() const { return bytes_; }
  usize pages() const { return count_of(bytes_, "/Type /Page\n"); }
  std::string text() const { return output_of("pdftotext -layout"); }

  std::vector<Word> words() const {
    static const std::regex kWord(
        R"re(<page|<word xMin="([^"]*)" yMin="([^"]*)" xMax="([^"]*)" yMax="([^"]*)">(.*)</word>)re");
    std::vector<Word> words;
    const std::string all = output_of("pdftotext -bbox");
    usize page = 0;
    for (std::sregex_iterator at(all.begin(), all.end(), kWord), end; at != end; ++at) {
      const std::smatch& match = *at;
      if (!match[1].matched) {
        ++page;
      } else {
        words.push_back({page, std::stod(match[1]), std::stod(match[2]), std::stod(match[3]),
                         std::stod(match[4]), match[5]});
      }
    }
    return words;
  }

 private:
  std::string output_of(const std::string& command) const {
    FILE* const pipe = ::popen((command + " '" + path_ + "' - 2>/dev/null").c_str(), "r");
    std::string output;
    char buffer[4'096];
    for (usize count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) != 0;) {
      output.append(buffer, count);
    }
    ::pclose(pipe);
    return output;
  }

  std::string bytes_;
  std::string path_ = fmt::format("{}florin_statement_{}_{}.pdf", testing::TempDir(), ::getpid(),
                                  testing::UnitTest::GetInstance()->current_test_info()->name());
};

Sample huge_amounts() {
  return {.entries = 8,
          .holds = 3,
          .opening = {kU128Max / 2, true},
          .scale = make_u128(u64{1} << 43, 0)};
}

Statement with_long_names() {
  Statement statement = sample_statement({.entries = 8, .holds = 3});
  std::string name, other;
  for (int i = 0; i < 400; ++i) name += "Contoso Wholesale ", other += "Žluťoučký";
  statement.bank.name = name;
  statement.bank.address = {name, name};
  statement.account.name = name;
  statement.account.address = std::vector<std::string>(12, name);
  statement.currency = "an-own-currency1";
  statement.entries[0].kind.text = name;
  statement.entries[1].counterparty.name = other;
  statement.entries[2].counterparty.iban = std::string(34, 'W');
  statement.entries[3].transfer_id = kU128Max;
  statement.entries[3].user_data_128 = kU128Max;
  statement.entries[3].user_data_64 = ~u64{0};
  statement.holds[0].counterparty.name = other;
  statement.id = name;
  return statement;
}

TEST(StatementPdf, is_a_document_with_as_many_pages_as_it_needs) {
  usize before = 0;
  for (const u64 entries : {0, 5, 20, 60, 500}) {
    const Printed printed(sample_statement({.entries = entries}));
    EXPECT_TRUE(printed.bytes().starts_with("%PDF-1."));
    EXPECT_TRUE(printed.bytes().ends_with("%%EOF\n") || printed.bytes().ends_with("%%EOF"));
    EXPECT_EQ(printed.pages(), count_of(printed.bytes(), "/Parent "));
    EXPECT_GE(printed.pages(), std::max<usize>(before, 1 + entries / 30));
    EXPECT_LE(printed.pages(), 2 + entries / 10);
    before = printed.pages();
  }
  EXPECT_EQ(Printed(sample_statement({.entries = 0})).pages(), 1u);
}

TEST(StatementPdf, files_are_small) {
  EXPECT_LT(Printed(sample_statement({.entries = 0})).bytes().size(), 4'000u);
  EXPECT_LT(Printed(sample_statement({.entries = 20})).bytes().size(), 8'000u);
  EXPECT_LT(Printed(sample_statement({.entries = 500})).bytes().size(), 90'000u);
}

TEST(StatementPdf, embeds_little_of_a_font_and_only_where_it_is_needed) {
  const std::string western = Printed(sample_statement({.entries = 20})).bytes();
  EXPECT_EQ(count_of(western, "FontFile2"), 0u);
  if (!std::filesystem::exists(PdfOptions().font)) GTEST_SKIP() << "DejaVu is not installed";
  const Sample sample = {.entries = 20, .beyond_latin = true};
  const std::string other = Printed(sample_statement(sample)).bytes();
  EXPECT_EQ(count_of(other, "FontFile2"), 2u);
  EXPECT_LT(other.size(), 40'000u);
  Statement bank_is_western = sample_statement(sample);
  bank_is_western.bank.name = "Bank";
  EXPECT_EQ(count_of(Printed(bank_is_western).bytes(), "FontFile2"), 1u);
}

TEST(StatementPdf, says_everything_that_the_statement_says) {
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  const Sample samples[] = {
      {.entries = 0},
      {.entries = 60, .holds = 5},
      {.entries = 25, .currency = "JPY", .decimals = 0, .opening = {400'000, true}},
      {.entries = 25, .holds = 1, .currency = "KWD", .decimals = 3},
      huge_amounts()};
  for (const Sample& sample : samples) {
    const Statement statement = sample_statement(sample);
    const Printed printed(statement);
    const std::string text = printed.text();
    const auto expect = [&](const std::string& part) {
      EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
    };
    const auto amount = [&](u128 number) { return pdf::grouped_amount(number, sample.decimals); };
    for (const Entry& entry : statement.entries) {
      expect((entry.credit ? "+" : "-") + amount(entry.amount));
      expect(signed_text(entry.balance, sample.decimals));
    }
    for (const Hold& hold : statement.holds)
      expect((hold.credit ? "+" : "-") + amount(hold.amount));
    for (const Signed& balance : {statement.opening, statement.closing, statement.available}) {
      expect(signed_text(balance, sample.decimals));
    }
    if (statement.credits.sum != 0) expect("+" + amount(statement.credits.sum));
    if (statement.debits.sum != 0) expect("-" + amount(statement.debits.sum));
    expect("Total of debits, " + pdf::counted(statement.debits.count, "entry", "entries"));
    expect("DE89 3704 0044 0532 0130 00");
    expect("No. 22");
    expect("1–31 October 2026");
    expect("Amount (" + sample.currency + ")");
    for (usize page = 1; page <= printed.pages(); ++page) {
      expect(fmt::format("Page {} of {}", page, printed.pages()));
    }
  }
}

TEST(StatementPdf, balances_are_carried_from_page_to_page) {
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  const Statement statement = sample_statement({.entries = 100});
  const Printed printed(statement);
  const std::string text = printed.text();
  static const std::regex kCarried(R"(Carried forward +(\S+)[^\f]*\f[^\f]*Brought forward +(\S+))");
  usize carried = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), kCarried), end; at != end; ++at) {
    EXPECT_EQ((*at)[1], (*at)[2]);
    EXPECT_TRUE(
        std::any_of(statement.entries.begin(), statement.entries.end(),
                    [&](const Entry& entry) { return signed_text(entry.balance, 2) == (*at)[1]; }));
    ++carried;
  }
  EXPECT_GE(count_of(text, "Carried forward"), 3u);
  EXPECT_EQ(count_of(text, "Carried forward"), printed.pages() - 1);
  EXPECT_EQ(count_of(text, "Brought forward"), printed.pages() - 1);
  EXPECT_GE(carried, (printed.pages() - 1) / 2);  // A match takes both of its pages.
}

TEST(StatementPdf, the_closing_balance_stands_behind_an_entry) {
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  static const std::regex kAlone(R"(Brought forward[^\n]*\s+Closing balance)");
  for (u64 entries = 6; entries < 30; ++entries) {
    const std::string text = Printed(sample_statement({.entries = entries})).text();
    EXPECT_EQ(count_of(text, "Closing balance on"), 1u);
    EXPECT_FALSE(std::regex_search(text, kAlone)) << text;
  }
}

TEST(StatementPdf, names_of_many_scripts_can_be_read_and_searched) {
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  if (!std::filesystem::exists(PdfOptions().font)) GTEST_SKIP() << "DejaVu is not installed";
  const std::string text =
      Printed(sample_statement({.entries = 20, .holds = 2, .beyond_latin = true})).text();
  for (const char* name :
       {"Česká banka Příkopy", "Małgorzata Wójcik-Świętochłowska", "ul. Żółwia 3",
        "Pekařství Žluťoučký kůň", "Zakład Gazowniczy Łódź", "Αθηναϊκή Ζυθοποιία",
        "Булочная «Солнце»", "Українська залізниця", "Nguyễn Thị Hương", "İstanbul Çiçekçilik"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name << " is not in\n" << text;
  }
}

TEST(StatementPdf, nothing_overlaps_or_leaves_the_page) {
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  std::vector<Statement> statements = {sample_statement({.entries = 30, .holds = 4}),
                                       sample_statement(huge_amounts())};
  if (std::filesystem::exists(PdfOptions().font)) statements.push_back(with_long_names());
  for (const Statement& statement : statements) {
    const std::vector<Word> words = Printed(statement).words();
    EXPECT_GT(words.size(), 50u);
    for (usize i = 0; i < words.size(); ++i) {
      const Word& word = words[i];
      EXPECT_GE(word.left, 70) << word.text;
      EXPECT_LE(word.right, 540) << word.text;
      EXPECT_GE(word.top, 30) << word.text;
      EXPECT_LE(word.bottom, 815) << word.text;
      for (usize j = i + 1; j < words.size() && words[j].page == word.page; ++j) {
        const double width =
            std::min(word.right, words[j].right) - std::max(word.left, words[j].left);
        // The boxes of words reach above and below their letters.
        const double middle = (words[j].top + words[j].bottom) / 2;
        const bool in_line = middle > word.top + 1.5 && middle < word.bottom - 1.5;
        EXPECT_FALSE(width > 0.3 && in_line) << word.text << " and " << words[j].text;
      }
    }
  }
}

TEST(StatementPdf, long_names_are_shortened) {
  if (!std::filesystem::exists(PdfOptions().font)) GTEST_SKIP() << "DejaVu is not installed";
  const Printed printed(with_long_names());
  EXPECT_LT(printed.bytes().size(), 40'000u);
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  const std::string text = printed.text();
  EXPECT_GT(count_of(text, "…"), 6u);
  EXPECT_NE(text.find("WWWW WWWW WWWW WWWW WWWW WWWW WWWW WWWW WW"), std::string::npos);
  EXPECT_NE(text.find("Transfer 340282366920938463463374607431768211455"), std::string::npos);
}

TEST(StatementPdf, the_same_statement_makes_the_same_bytes) {
  for (const bool beyond_latin : {false, true}) {
    if (beyond_latin && !std::filesystem::exists(PdfOptions().font)) continue;
    const Statement statement =
        sample_statement({.entries = 30, .holds = 3, .beyond_latin = beyond_latin});
    const std::string expected = Printed(statement).bytes();
    std::vector<std::thread> threads;
    std::atomic<int> different = 0;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 3; ++round) {
          const auto pdf = pdf_of(statement);
          if (!pdf || *pdf != expected) ++different;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(different, 0);
  }
}

// What could differ from one second to the next: dates, and a trailer's /ID.
TEST(StatementPdf, knows_no_time_but_that_of_the_statement) {
  const std::string bytes = Printed(sample_statement({.entries = 5})).bytes();
  EXPECT_EQ(count_of(bytes, "/CreationDate (D:20261031230000Z"), 1u);
  EXPECT_EQ(count_of(bytes, "/ModDate (D:20261031230000Z"), 1u);
  EXPECT_EQ(count_of(bytes, "(D:"), 2u);
  EXPECT_EQ(count_of(bytes, "/ID"), 0u);
}

TEST(StatementPdf, a_font_is_missed_only_when_it_is_needed_and_then_by_name) {
  const PdfOptions nowhere = {.font = "/nowhere/Plain.ttf", .bold_font = "/nowhere/Bold.ttf"};
  EXPECT_TRUE(pdf_of(sample_statement({.entries = 5}), nowhere).has_value());

  const auto missed = pdf_of(sample_statement({.entries = 5, .beyond_latin = true}), nowhere);
  ASSERT_FALSE(missed.has_value());
  EXPECT_EQ(missed.error().code, ErrorCode::NotFound);
  EXPECT_NE(missed.error().message.find("/nowhere/Plain.ttf"), std::string::npos)
      << missed.error().message;
}

TEST(StatementPdf, a_statement_about_which_little_is_known_is_still_one) {
  Statement statement;
  statement.first_day = statement.last_day = {2026, 10, 31};
  const Printed printed(statement);
  EXPECT_EQ(printed.pages(), 1u);
  if (!has_poppler()) GTEST_SKIP() << "pdftotext is not installed";
  EXPECT_NE(printed.text().find("There are no entries in this period."), std::string::npos);
}

}  // namespace
}  // namespace florin::statement
