// Text of 128-bit integers: what is accepted, what is not, and that both ways agree.
#include "base/int128.h"

#include <array>

#include <gtest/gtest.h>

#include "base/random.h"

namespace florin {
namespace {

constexpr u64 kU64Max = ~u64{0};

struct Spelling {
  std::string_view text;
  u128 value;
};

constexpr std::array kAccepted{
    Spelling{"0", 0},
    Spelling{"7", 7},
    Spelling{"007", 7},
    Spelling{"18446744073709551615", kU64Max},
    Spelling{"18446744073709551616", make_u128(1, 0)},
    Spelling{"79228162514264337593543950336", make_u128(u64{1} << 32, 0)},
    Spelling{"170141183460469231731687303715884105728", make_u128(u64{1} << 63, 0)},
    Spelling{"340282366920938463463374607431768211454", kU128Max - 1},
    Spelling{"340282366920938463463374607431768211455", kU128Max},
    Spelling{"0000340282366920938463463374607431768211455", kU128Max},
    Spelling{"0x0", 0},
    Spelling{"0xff", 255},
    Spelling{"0XfF", 255},
    Spelling{"0x10000000000000000", make_u128(1, 0)},
    Spelling{"0xffffffffffffffffffffffffffffffff", kU128Max},
    Spelling{"0x0000ffffffffffffffffffffffffffffffff", kU128Max},
};

constexpr std::array<std::string_view, 26> kNotAccepted{
    "",
    " ",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1_000",
    "1,000",
    "1.0",
    "1e3",
    "ff",
    "0x",
    "0X",
    "x1",
    "0xg",
    "0x 1",
    "-0x1",
    "0x-1",
    "1a",
    "0b1",
    "0x0x1",
    "١",
    "1\n",
    "340282366920938463463374607431768211456",
    "0x100000000000000000000000000000000",
    "999999999999999999999999999999999999999999999999",
};

TEST(ParseU128, accepts_decimal_and_prefixed_hexadecimal) {
  for (const Spelling& spelling : kAccepted) {
    const auto parsed = parse_u128(spelling.text);
    ASSERT_TRUE(parsed.has_value()) << spelling.text;
    EXPECT_TRUE(*parsed == spelling.value) << spelling.text;
  }
}

TEST(ParseU128, accepts_nothing_else) {
  for (const std::string_view text : kNotAccepted) {
    EXPECT_FALSE(parse_u128(text).has_value()) << "'" << text << "'";
  }
  EXPECT_FALSE(parse_u128(std::string_view("1\0", 2)).has_value());
}

TEST(ToDecimal, writes_every_digit_and_no_leading_zero) {
  EXPECT_EQ(to_decimal(0), "0");
  EXPECT_EQ(to_decimal(10), "10");
  EXPECT_EQ(to_decimal(kU64Max), "18446744073709551615");
  EXPECT_EQ(to_decimal(make_u128(1, 0)), "18446744073709551616");
  EXPECT_EQ(to_decimal(kU128Max), "340282366920938463463374607431768211455");
}

TEST(ToDecimal, and_parse_undo_each_other) {
  constexpr u64 kSeed = 20'260'101;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    const u128 value = random.next_u128() >> random.below(128);  // All magnitudes.
    const std::string text = to_decimal(value);
    const auto parsed = parse_u128(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    ASSERT_TRUE(*parsed == value) << text;
  }
}

}  // namespace
}  // namespace florin
