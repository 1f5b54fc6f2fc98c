// Tables: alignment, optional columns, colours; and numbers with thousands separated.
#include "cli/table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/value_text.h"

namespace florin::cli {
namespace {

TEST(Table, aligns_words_left_and_numbers_right_without_trailing_spaces) {
  Table table({{"name"}, {"amount", Align::Right}, {"note"}});
  table.add({"a", "1", ""});
  table.add({"longer", "1,000,000", "x"});
  EXPECT_EQ(table.render(Colour::Never, "  "),
            "  name       amount  note\n"
            "  ------  ---------  ----\n"
            "  a               1\n"
            "  longer  1,000,000  x\n");
}

TEST(Table, counts_letters_of_several_bytes_as_one) {
  Table table({{"n"}, {"m"}});
  table.add({"é", "1"});
  table.add({"ab", "2"});
  EXPECT_EQ(table.render(Colour::Never),
            "n   m\n"
            "--  -\n"
            "é   1\n"
            "ab  2\n");
}

TEST(Table, leaves_out_an_optional_column_only_when_it_says_nothing) {
  Table table({{"a", Align::Left, true}, {"b", Align::Left, true}, {"c"}});
  table.add({"0", "", "0"});
  table.add({"", "0", "0"});
  EXPECT_EQ(table.render(Colour::Never), "c\n-\n0\n0\n");
  table.add({"0", "7", "0"});
  EXPECT_EQ(table.render(Colour::Never), "b  c\n-  -\n   0\n0  0\n7  0\n");
}

TEST(Table, colours_do_not_count_as_width) {
  Table table({{"s"}, {"n", Align::Right}});
  table.add({{"bad", Tone::Bad}, "1"});
  table.add({"good", "10"});
  EXPECT_EQ(table.render(Colour::Always),
            "\033[1ms\033[0m      \033[1mn\033[0m\n"
            "\033[2m----\033[0m  \033[2m--\033[0m\n"
            "\033[1;31mbad\033[0m    1\n"
            "good  10\n");
}

TEST(Colour, is_off_where_there_is_no_terminal) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(colour_for(ends[1]), Colour::Never);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ValueText, separates_thousands) {
  EXPECT_EQ(with_thousands("0"), "0");
  EXPECT_EQ(with_thousands("999"), "999");
  EXPECT_EQ(with_thousands("1000"), "1,000");
  EXPECT_EQ(with_thousands(u128{1234567}), "1,234,567");
  EXPECT_EQ(with_thousands(kU128Max), "340,282,366,920,938,463,463,374,607,431,768,211,455");
}

TEST(ValueText, writes_sums_of_192_bits) {
  EXPECT_EQ(to_decimal(ledger::WideSum{}), "0");
  ledger::WideSum largest;
  for (u64& word : largest.words) word = ~u64{0};
  EXPECT_EQ(to_decimal(largest), "6277101735386680763835789423207666416102355444464034512895");
}

TEST(ValueText, writes_times_to_the_nanosecond) {
  EXPECT_EQ(time_text({0}), "1970-01-01 00:00:00.000000000");
  EXPECT_EQ(time_text({1732147200000000001}), "2024-11-21 00:00:00.000000001");
}

}  // namespace
}  // namespace florin::cli
