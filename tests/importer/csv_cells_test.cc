// Rows of delimited text: what is split here, and what libcsv makes of the same.
#include "importer/csv_cells.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace florin::importer {
namespace {

using Texts = std::vector<std::string>;

Texts texts(const CsvCells& cells) { return {cells.cells().begin(), cells.cells().end()}; }

TEST(CsvCells, splits_rows) {
  const struct {
    const char* row;
    Texts expected;
  } kCases[] = {
      {"a;b;c", {"a", "b", "c"}},
      {";;", {"", "", ""}},
      {" a ;\tb\t", {"a", "b"}},
      {"\"a;b\";c", {"a;b", "c"}},
      {"\"say \"\"no\"\"\";2", {"say \"no\"", "2"}},
      {"1;\" x \";", {"1", " x ", ""}},
      {"\"two\nlines\";2", {"two\nlines", "2"}},
      {"1;\"\";;", {"1", "", "", ""}},
  };
  CsvCells cells(';', '"');
  for (const auto& each : kCases) {
    EXPECT_EQ(cells.split(each.row), RowEnd::Whole) << each.row;
    EXPECT_EQ(texts(cells), each.expected) << each.row;
  }
}

TEST(CsvCells, tells_open_and_misplaced_quotes_and_goes_on) {
  CsvCells cells(';', '"');
  for (u32 times = 0; times < 2; ++times) {
    EXPECT_EQ(cells.split("1;\"open"), RowEnd::Open);
    EXPECT_EQ(cells.split("1;\"a\"b;2"), RowEnd::Malformed);
    EXPECT_EQ(cells.split("1;a\"b;2"), RowEnd::Malformed);
    EXPECT_EQ(cells.split("\"1\";2"), RowEnd::Whole);
    EXPECT_EQ(texts(cells), (Texts{"1", "2"}));
  }
}

TEST(CsvCells, takes_other_delimiters_and_no_quotes) {
  CsvCells tabs('\t', '\'');
  EXPECT_EQ(tabs.split("a\t\t'b\tc'"), RowEnd::Whole);
  EXPECT_EQ(texts(tabs), (Texts{"a", "", "b\tc"}));
  CsvCells plain(',', '\0');
  EXPECT_EQ(plain.split("\"a,b\""), RowEnd::Whole);
  EXPECT_EQ(texts(plain), (Texts{"\"a", "b\""}));
}

// The own splitter and libcsv agree on every row, whole or not.
TEST(CsvCells, splits_as_libcsv_does) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  u32 whole = 0;
  for (const char delimiter : {';', ',', '\t', ' '}) {
    CsvCells own(delimiter, '"');
    CsvCells library(delimiter, '"');
    for (u32 turn = 0; turn < 20'000; ++turn) {
      std::string row;
      const u64 size = random.below(16);
      for (u64 index = 0; index < size; ++index) {
        row += pick(random, {'a', '1', ' ', '\t', ';', ',', '"', '"'});
      }
      if (row.find_first_not_of(" \t") == std::string::npos) continue;  // Blank lines are no rows.
      const RowEnd end = own.split(row);
      ASSERT_EQ(end, library.split_by_library(row)) << "'" << row << "' at '" << delimiter << "'";
      if (end != RowEnd::Whole) continue;
      ++whole;
      ASSERT_EQ(texts(own), texts(library)) << "'" << row << "' at '" << delimiter << "'";
    }
  }
  EXPECT_GT(whole, 10'000u);
}

}  // namespace
}  // namespace florin::importer
