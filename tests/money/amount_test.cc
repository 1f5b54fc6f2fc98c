// Amounts, currencies and the names of ledgers.
#include "money/amount.h"

#include <set>

#include <gtest/gtest.h>

#include "base/int128.h"
#include "base/random.h"
#include "money/currency.h"

namespace florin::money {
namespace {

constexpr const char* kMaxText = "340282366920938463463374607431768211455";

TEST(Currency, codes_and_numbers_are_unique_and_found) {
  std::set<u32> numbers;
  for (const Currency& currency : currencies()) {
    EXPECT_EQ(currency.code.size(), 3u);
    EXPECT_TRUE(numbers.insert(currency.number).second) << currency.code;
    EXPECT_LT(currency.number, 1000u);
    EXPECT_EQ(find_currency(currency.code), &currency);
    EXPECT_EQ(find_currency(u32{currency.number}), &currency);
  }
  EXPECT_GT(numbers.size(), 150u);
}

struct KnownCurrency {
  const char* code;
  u32 number;
  u32 decimals;
};

class KnownCurrencies : public testing::TestWithParam<KnownCurrency> {};

TEST_P(KnownCurrencies, have_their_number_and_decimals) {
  const Currency* const currency = find_currency(GetParam().code);
  ASSERT_NE(currency, nullptr);
  EXPECT_EQ(currency->number, GetParam().number);
  EXPECT_EQ(currency->decimals, GetParam().decimals);
}

INSTANTIATE_TEST_SUITE_P(Currency, KnownCurrencies,
                         testing::Values(KnownCurrency{"EUR", 978, 2}, KnownCurrency{"USD", 840, 2},
                                         KnownCurrency{"GBP", 826, 2}, KnownCurrency{"CHF", 756, 2},
                                         KnownCurrency{"AED", 784, 2}, KnownCurrency{"ZWG", 924, 2},
                                         KnownCurrency{"ALL", 8, 2}, KnownCurrency{"MRU", 929, 2},
                                         KnownCurrency{"JPY", 392, 0}, KnownCurrency{"KRW", 410, 0},
                                         KnownCurrency{"ISK", 352, 0}, KnownCurrency{"XOF", 952, 0},
                                         KnownCurrency{"KWD", 414, 3}, KnownCurrency{"BHD", 48, 3},
                                         KnownCurrency{"TND", 788, 3}, KnownCurrency{"CLF", 990, 4},
                                         KnownCurrency{"UYW", 927, 4}),
                         [](const auto& instance) { return std::string(instance.param.code); });

TEST(Currency, withdrawn_and_unknown_ones_are_not_found) {
  for (const char* code :
       {"DEM", "HRK", "ZWL", "eur", "EU", "EURO", "", "XAU", "XAG", "ZZZ", "AAA"}) {
    EXPECT_EQ(find_currency(code), nullptr) << code;
  }
  EXPECT_EQ(find_currency(u32{0}), nullptr);
  EXPECT_EQ(find_currency(u32{65536 + 978}), nullptr);
}

struct GoodAmount {
  const char* text;
  u32 decimals;
  const char* amount;
  const char* printed;
};

class GoodAmounts : public testing::TestWithParam<GoodAmount> {};

TEST_P(GoodAmounts, are_read_and_printed) {
  const auto amount = parse_amount(GetParam().text, GetParam().decimals);
  ASSERT_TRUE(amount.has_value()) << amount.error().message;
  EXPECT_EQ(to_decimal(*amount), GetParam().amount);
  EXPECT_EQ(format_amount(*amount, GetParam().decimals), GetParam().printed);
}

INSTANTIATE_TEST_SUITE_P(
    Amount, GoodAmounts,
    testing::Values(GoodAmount{"0", 0, "0", "0"}, GoodAmount{"0", 2, "0", "0.00"},
                    GoodAmount{"12", 0, "12", "12"}, GoodAmount{"12", 2, "1200", "12.00"},
                    GoodAmount{"12.3", 2, "1230", "12.30"}, GoodAmount{"12.34", 2, "1234", "12.34"},
                    GoodAmount{"0.01", 2, "1", "0.01"}, GoodAmount{"0.05", 3, "50", "0.050"},
                    GoodAmount{"1.234", 3, "1234", "1.234"},
                    GoodAmount{"1.2345", 4, "12345", "1.2345"},
                    GoodAmount{"007.50", 2, "750", "7.50"},
                    GoodAmount{"0.00000001", 8, "1", "0.00000001"},
                    GoodAmount{kMaxText, 0, kMaxText, kMaxText},
                    GoodAmount{"3402823669209384634633746074317682114.55", 2, kMaxText,
                               "3402823669209384634633746074317682114.55"},
                    GoodAmount{"34028236692093846346337460743176821.1455", 4, kMaxText,
                               "34028236692093846346337460743176821.1455"},
                    GoodAmount{"3.40282366920938463463374607431768211455", 38, kMaxText,
                               "3.40282366920938463463374607431768211455"}));

struct BadAmount {
  const char* text;
  u32 decimals;
  const char* message;
};

class BadAmounts : public testing::TestWithParam<BadAmount> {};

TEST_P(BadAmounts, are_refused_with_what_is_wrong) {
  const auto amount = parse_amount(GetParam().text, GetParam().decimals);
  ASSERT_FALSE(amount.has_value()) << to_decimal(*amount);
  EXPECT_EQ(amount.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(amount.error().message.find(GetParam().message), std::string::npos)
      << amount.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Amount, BadAmounts,
    testing::Values(
        BadAmount{"", 2, "'' is not an amount; expected digits, and up to 2 more behind a '.'"},
        BadAmount{"", 0, "is not an amount; expected digits"}, BadAmount{".", 2, "not an amount"},
        BadAmount{".5", 2, "not an amount"}, BadAmount{"5.", 2, "not an amount"},
        BadAmount{"5.", 0, "not an amount"}, BadAmount{"1.2.3", 2, "not an amount"},
        BadAmount{"-1", 2, "not an amount"}, BadAmount{"+1", 2, "not an amount"},
        BadAmount{" 1", 2, "not an amount"}, BadAmount{"1 ", 2, "not an amount"},
        BadAmount{"1,5", 2, "not an amount"}, BadAmount{"1 200", 2, "not an amount"},
        BadAmount{"1'200", 2, "not an amount"}, BadAmount{"0x10", 2, "not an amount"},
        BadAmount{"1e3", 2, "not an amount"}, BadAmount{"1.5x", 2, "not an amount"},
        BadAmount{"\xd9\xa1", 2, "not an amount"},
        BadAmount{"1.234", 2, "'1.234' has too many decimals: 3; at most 2 are possible"},
        BadAmount{"1.00", 0, "'1.00' has too many decimals: 2; at most 0 are possible"},
        BadAmount{"1.000", 2, "too many decimals: 3;"},
        BadAmount{"1.00000", 4, "too many decimals: 5"},
        BadAmount{"340282366920938463463374607431768211456", 0,
                  "is too large; at most 340282366920938463463374607431768211455 fits 128 bits"},
        BadAmount{"3402823669209384634633746074317682114.56", 2,
                  "is too large; at most 3402823669209384634633746074317682114.55 fits"},
        BadAmount{"3402823669209384634633746074317682115", 2, "is too large"},
        BadAmount{"4", 38, "is too large"},
        BadAmount{"99999999999999999999999999999999999999999999999999999999", 0, "too large"}));

TEST(Amount, whatever_is_printed_is_read_as_the_same) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  LedgerNames names;
  ASSERT_TRUE(names.add("1=A:0") && names.add("2=B:2") && names.add("3=C:3"));
  ASSERT_TRUE(names.add("4=D:4") && names.add("5=E:38"));
  for (u32 round = 0; round < 20'000; ++round) {
    const u128 amount = make_u128(random.next(), random.next()) >> random.below(128);
    const u32 decimals = static_cast<u32>(random.below(kDecimalsMax + 1));
    const auto same = parse_amount(format_amount(amount, decimals), decimals);
    ASSERT_TRUE(same.has_value()) << to_decimal(amount) << " " << decimals;
    ASSERT_EQ(*same, amount) << to_decimal(amount) << " " << decimals;
    const u32 ledger = static_cast<u32>(random.between(1, 5));
    const auto named = names.parse(names.print(amount, ledger));
    ASSERT_TRUE(named.has_value()) << named.error().message;
    ASSERT_EQ(named->amount, amount);
    ASSERT_EQ(named->ledger, ledger);
  }
}

LedgerNames some_names() {
  LedgerNames names;
  for (const char* definition :
       {"978=EUR", "392=JPY", "1000001=BTC:8", "7=points:0", "8=EUR-fine:4", "4294967295=USD:3"}) {
    EXPECT_TRUE(names.add(definition).has_value()) << definition;
  }
  return names;
}

TEST(LedgerNames, take_decimals_from_the_currency_or_their_own) {
  const LedgerNames names = some_names();
  EXPECT_EQ(names.all().size(), 6u);
  ASSERT_NE(names.find(978), nullptr);
  EXPECT_EQ(names.find(978)->name, "EUR");
  EXPECT_EQ(names.find(978)->decimals, 2u);
  EXPECT_EQ(names.find(392)->decimals, 0u);
  EXPECT_EQ(names.find("BTC")->ledger, 1'000'001u);
  EXPECT_EQ(names.find("BTC")->decimals, 8u);
  EXPECT_EQ(names.find("points")->decimals, 0u);
  EXPECT_EQ(names.find("USD")->decimals, 3u);
  EXPECT_EQ(names.find("USD")->ledger, 4'294'967'295u);
  EXPECT_EQ(names.find(5), nullptr);
  EXPECT_EQ(names.find("GBP"), nullptr);
}

struct BadDefinition {
  const char* definition;
  const char* message;
};

class BadDefinitions : public testing::TestWithParam<BadDefinition> {};

TEST_P(BadDefinitions, are_refused_and_change_nothing) {
  LedgerNames names = some_names();
  const Status status = names.add(GetParam().definition);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(status.error().message.find(GetParam().message), std::string::npos)
      << status.error().message;
  EXPECT_EQ(names.all().size(), 6u);
}

INSTANTIATE_TEST_SUITE_P(
    LedgerNames, BadDefinitions,
    testing::Values(
        BadDefinition{"", "'' does not name a ledger; expected a form like 978=EUR"},
        BadDefinition{"978", "does not name a ledger"}, BadDefinition{"=GBP", "does not name"},
        BadDefinition{"826=", "does not name"}, BadDefinition{"0=GBP", "does not name"},
        BadDefinition{"4294967296=GBP", "does not name"}, BadDefinition{"-1=GBP", "does not name"},
        BadDefinition{"0x1=GBP", "does not name"}, BadDefinition{"826 =GBP", "does not name"},
        BadDefinition{"826= GBP", "does not name"}, BadDefinition{"826=1GBP:2", "does not name"},
        BadDefinition{"826=G B:2", "does not name"},
        BadDefinition{"826=abcdefghijklmnopq:2", "does not name"},
        BadDefinition{"9=ETH",
                      "'ETH' is not a currency of ISO 4217; tell how many decimals it has"},
        BadDefinition{"9=gbp", "'gbp' is not a currency"},
        BadDefinition{"9=ETH:", "the decimals of ETH are ''; expected 0 to 38"},
        BadDefinition{"9=ETH:39", "the decimals of ETH are '39'"},
        BadDefinition{"9=ETH:-1", "the decimals of ETH are '-1'"},
        BadDefinition{"9=ETH:2:2", "the decimals of ETH are '2:2'"},
        BadDefinition{"978=GBP", "ledger 978 has the name EUR already"},
        BadDefinition{"9=EUR", "EUR is the name of ledger 978 already"}));

TEST(LedgerNames, amounts_are_read_with_and_without_a_space) {
  const LedgerNames names = some_names();
  for (const char* text : {"12.34 EUR", "12.34EUR", "012.34EUR"}) {
    const auto amount = names.parse(text);
    ASSERT_TRUE(amount.has_value()) << amount.error().message;
    EXPECT_EQ(amount->amount, 1234u);
    EXPECT_EQ(amount->ledger, 978u);
  }
  EXPECT_EQ(names.parse("500 points")->amount, 500u);
  EXPECT_EQ(names.parse("1 EUR-fine")->amount, 10'000u);
  EXPECT_EQ(names.parse("0.00000001 BTC")->amount, 1u);
}

struct BadNamedAmount {
  const char* text;
  const char* message;
};

class BadNamedAmounts : public testing::TestWithParam<BadNamedAmount> {};

TEST_P(BadNamedAmounts, are_refused_with_what_is_wrong) {
  const auto amount = some_names().parse(GetParam().text);
  ASSERT_FALSE(amount.has_value());
  EXPECT_NE(amount.error().message.find(GetParam().message), std::string::npos)
      << amount.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    LedgerNames, BadNamedAmounts,
    testing::Values(
        BadNamedAmount{"", "'' is not an amount with a currency; expected a form like 12.34 EUR"},
        BadNamedAmount{"12.34", "not an amount with a currency"},
        BadNamedAmount{"EUR", "not an amount with a currency"},
        BadNamedAmount{"EUR 12.34", "not an amount with a currency"},
        BadNamedAmount{"12.34  EUR", "not an amount with a currency"},
        BadNamedAmount{"12.34 EUR ", "not an amount with a currency"},
        BadNamedAmount{" 12.34 EUR", "not an amount with a currency"},
        BadNamedAmount{"12,34 EUR", "not an amount with a currency"},
        BadNamedAmount{"1 200.50 EUR", "not an amount with a currency"},
        BadNamedAmount{"-5 EUR", "not an amount with a currency"},
        BadNamedAmount{"5 GBP", "unknown currency 'GBP'; known are EUR, JPY, BTC, points"},
        BadNamedAmount{"5 eur", "unknown currency 'eur'"},
        BadNamedAmount{"5.001 EUR",
                       "'5.001' has too many decimals: 3; at most 2 are possible (EUR)"},
        BadNamedAmount{"5.0 JPY", "'5.0' has too many decimals: 1; at most 0"},
        BadNamedAmount{"5.0.0 EUR", "'5.0.0' is not an amount"},
        BadNamedAmount{"340282366920938463463374607431768211456 EUR", "is too large"}));

TEST(LedgerNames, without_names_no_currency_is_known) {
  const auto amount = LedgerNames().parse("5 EUR");
  ASSERT_FALSE(amount.has_value());
  EXPECT_NE(amount.error().message.find("no ledger has a name"), std::string::npos);
}

TEST(LedgerNames, print_the_currency_or_minor_units) {
  const LedgerNames names = some_names();
  EXPECT_EQ(names.print(1234, 978), "12.34 EUR");
  EXPECT_EQ(names.print(1234, 392), "1234 JPY");
  EXPECT_EQ(names.print(1234, 7), "1234 points");
  EXPECT_EQ(names.print(1234, 1'000'001), "0.00001234 BTC");
  EXPECT_EQ(names.print(1234, 5), "1234");
  EXPECT_EQ(LedgerNames().print(kU128Max, 978), kMaxText);
}

}  // namespace
}  // namespace florin::money
