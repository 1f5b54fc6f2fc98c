// Amounts in the currencies of named ledgers, both ways.
#include "cli/typed_amount.h"

#include <gtest/gtest.h>

namespace florin::cli {
namespace {

money::LedgerNames some_names() {
  money::LedgerNames names;
  for (const char* name : {"978=EUR", "392=JPY", "414=KWD", "7=points:0", "9=BTC:8"}) {
    EXPECT_TRUE(names.add(name)) << name;
  }
  return names;
}

TEST(Money, is_shown_with_the_decimals_and_the_name_of_its_ledger) {
  const money::LedgerNames names = some_names();
  EXPECT_EQ(money_text(u128{123'456}, 978, names), "1,234.56 EUR");
  EXPECT_EQ(money_text(u128{0}, 978, names), "0.00 EUR");
  EXPECT_EQ(money_text(u128{5}, 978, names), "0.05 EUR");
  EXPECT_EQ(money_text(u128{99}, 978, names), "0.99 EUR");
  EXPECT_EQ(money_text(u128{100'000}, 978, names), "1,000.00 EUR");
  EXPECT_EQ(money_text(u128{1234}, 392, names), "1,234 JPY");
  EXPECT_EQ(money_text(u128{1234}, 414, names), "1.234 KWD");
  EXPECT_EQ(money_text(u128{1}, 9, names), "0.00000001 BTC");
  EXPECT_EQ(money_text(u128{1234}, 7, names), "1,234 points");
  EXPECT_EQ(money_text(u128{1234}, 8, names), "1,234");
  EXPECT_EQ(money_text(kU128Max, 978, names),
            "3,402,823,669,209,384,634,633,746,074,317,682,114.55 EUR");
}

TEST(Money, sums_beyond_128_bits_are_shown_too) {
  ledger::WideSum sum;
  sum.add(kU128Max);
  sum.add(1);
  EXPECT_EQ(money_text(sum, 978, some_names()),
            "3,402,823,669,209,384,634,633,746,074,317,682,114.56 EUR");
}

TEST(Money, is_read_as_minor_units_or_with_its_currency) {
  const money::LedgerNames names = some_names();
  const auto expect_read = [&](std::string_view text, u128 amount, u32 ledger) {
    const auto typed = parse_typed_amount(text, names);
    ASSERT_TRUE(typed) << text << ": " << typed.error().message;
    EXPECT_EQ(typed->amount, amount) << text;
    EXPECT_EQ(typed->ledger, ledger) << text;
  };
  expect_read("1234", 1234, 0);
  expect_read("0x4d2", 1234, 0);
  expect_read("12.34EUR", 1234, 978);
  expect_read("12.34 EUR", 1234, 978);
  expect_read("12EUR", 1200, 978);
  expect_read("12.3EUR", 1230, 978);
  expect_read("12JPY", 12, 392);
  expect_read("0.00000001BTC", 1, 9);
}

TEST(Money, that_is_not_understood_is_refused_with_a_reason) {
  const auto message = [](std::string_view text, const money::LedgerNames& names) {
    const auto typed = parse_typed_amount(text, names);
    return typed ? "accepted" : typed.error().message;
  };
  const money::LedgerNames names = some_names();
  EXPECT_NE(message("12.34", names).find("a whole number of minor units"), std::string::npos);
  EXPECT_NE(message("", names).find("a whole number of minor units"), std::string::npos);
  EXPECT_NE(message("12.345EUR", names).find("at most 2 are possible"), std::string::npos);
  EXPECT_NE(message("1USD", names).find("unknown currency 'USD'; known are EUR"),
            std::string::npos);
  EXPECT_NE(message("1EUR", {}).find("name ledgers with --ledger"), std::string::npos);
}

}  // namespace
}  // namespace florin::cli
