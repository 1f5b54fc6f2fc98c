// Texts that stand for numbers.
#include "importer/value_lookup.h"

#include <gtest/gtest.h>

namespace florin::importer {
namespace {

std::optional<u128> find(ValueLookup& lookup, std::vector<std::string_view> parts) {
  return lookup.find(parts);
}

TEST(ValueLookup, takes_the_key_that_is_exact_in_most_columns) {
  ValueLookup lookup("settlement", 2, "/");
  ASSERT_TRUE(lookup.add("*/*", 9));
  ASSERT_TRUE(lookup.add("*/VKLAD", 1));
  ASSERT_TRUE(lookup.add("UROK/*", 4));
  ASSERT_TRUE(lookup.add("UROK/CARD", 7));
  EXPECT_EQ(find(lookup, {"", "VKLAD"}), u128{1});
  EXPECT_EQ(find(lookup, {"UROK", ""}), u128{4});
  EXPECT_EQ(find(lookup, {"UROK", "VKLAD"}), u128{4}) << "exact further left";
  EXPECT_EQ(find(lookup, {"UROK", "CARD"}), u128{7});
  EXPECT_EQ(find(lookup, {"x", "y"}), u128{9});
}

TEST(ValueLookup, finds_nothing_where_no_key_fits) {
  ValueLookup lookup("kinds", 1, "/");
  ASSERT_TRUE(lookup.add("a/b", 1)) << "one column: the separator is a letter like any other";
  EXPECT_EQ(find(lookup, {"a/b"}), u128{1});
  EXPECT_EQ(find(lookup, {"a"}), std::nullopt);
  EXPECT_EQ(find(lookup, {""}), std::nullopt);
}

TEST(ValueLookup, refuses_keys_with_another_number_of_parts) {
  ValueLookup lookup("kinds", 2, "|");
  const Status added = lookup.add("a|b|c", 1);
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().message,
            "'a|b|c' has 3 parts; expected 2, one for each column, separated by '|'");
}

TEST(ValueLookup, does_not_mix_up_parts) {
  ValueLookup lookup("pairs", 2, "/");
  ASSERT_TRUE(lookup.add("ab/c", 1));
  EXPECT_EQ(find(lookup, {"a", "bc"}), std::nullopt);
}

}  // namespace
}  // namespace florin::importer
