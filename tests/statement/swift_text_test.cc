// SWIFT's character set x, and lines of it.
#include "statement/swift_text.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/statement/mt940_messages.h"

namespace florin::test {
namespace {

using statement::swift_lines;
using statement::swift_text;

TEST(SwiftText, keeps_the_set) {
  const std::string set = "azAZ09/-?:().,'+ x";
  EXPECT_EQ(swift_text(set), set);
}

TEST(SwiftText, writes_otherwise_what_the_set_lacks) {
  for (const auto& [text, expected] : std::vector<std::pair<const char*, const char*>>{
           {"Müller & Søn", "Mueller + Son"},
           {"Ää Öö Üü ß", "Aeae Oeoe Ueue ss"},
           {"Ångström", "Angstroem"},
           {"ÀÁÂÃÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕØÙÚÛÝÞ", "AAAAAeCEEEEIIIIDNOOOOOUUUYTh"},
           {"àáâãæçèéêëìíîïðñòóôõøùúûýþÿ", "aaaaaeceeeeiiiidnooooouuuythy"},
           {"Łódź Żółć Ąę", "Lodz Zolc Ae"},
           {"Čeština Řž Ďť Ňů", "Cestina Rz Dt Nu"},
           {"Erdoğan İstanbul ışık Ş", "Erdogan Istanbul isik S"},
           {"Őő Űű", "Oeoe Ueue"},
           {"Œuvre œ ĳ Ĳ", "Oeuvre oe ij IJ"},
           {"ȘșȚț ŞşŢţ", "SsTt SsTt"},
           {"Ελλάδα Θήρα Ψυχή", "Ellada Thira Psychi"},
           {"България Щука Яна Йордан", "Balgariya Shtuka Yana Yordan"},
           {"Љубљана Ћ", "Ljubljana C"},
           {"„quoted“ ‚single’ “x” – —", ",quoted' ,single' 'x' - -"},
           {"a@b.c", "a(at)b.c"},
           {"50% [x] {y} <z> a_b a*b #3; \"q\"!", "50. (x) (y) (z) a-b a.b ?3, 'q'."},
           {"a\\b|c~d^e`f=g$h", "a/b/c-d.e'f-g?h"},
           {"€5 £3", "EUR5 GBP3"},
           {"日本", "??"},
           {"🏦", "?"},
           {"\xff\xc3", "??"},
           {"a\tb\r\nc\x01", "a b c"},
           {"  a   b  ", "a b"},
           {"\xc2\xa0", ""},
           {"", ""}}) {
    EXPECT_EQ(swift_text(text), expected) << text;
    EXPECT_TRUE(is_of_set_x(swift_text(text))) << swift_text(text);
  }
}

TEST(SwiftText, is_of_the_set_whatever_comes) {
  for (u64 seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    std::string text;
    for (u64 bytes = random.below(200); bytes > 0; --bytes) {
      text += static_cast<char>(random.below(256));
    }
    EXPECT_TRUE(is_of_set_x(swift_text(text))) << seed;
    EXPECT_EQ(swift_text(swift_text(text)), swift_text(text)) << seed;
  }
  // Every character of two and three bytes alone.
  for (u32 character = 0x80; character < 0x1'0000; ++character) {
    std::string text;
    if (character < 0x800) {
      text += static_cast<char>(0xc0 | character >> 6);
    } else {
      text += static_cast<char>(0xe0 | character >> 12);
      text += static_cast<char>(0x80 | (character >> 6 & 0x3f));
    }
    text += static_cast<char>(0x80 | (character & 0x3f));
    const std::string written = swift_text(text);
    ASSERT_LE(written.size(), 3u) << character;
    ASSERT_TRUE(written.find_first_not_of(
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ") ==
                std::string::npos)
        << character;
  }
}

TEST(SwiftLines, hold_the_text_in_order) {
  for (u64 seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    constexpr char kCharacters[] = {'a', 'b', ' ', ':', '-', '/', 'c', 'd', 'e', 'f'};
    std::string raw = "/";
    for (u64 left = random.below(300); left > 0; --left) raw += pick(random, kCharacters);
    const std::string text = swift_text(raw);
    const std::vector<std::string> lines = swift_lines(text, 65, 100);
    std::string together;
    for (const std::string& line : lines) {
      EXPECT_LE(line.size(), 65u);
      EXPECT_FALSE(line.empty());
      if (&line != &lines.front()) {
        EXPECT_TRUE(line.front() != ':' && line.front() != '-') << line;
      }
      together += line;
    }
    EXPECT_EQ(together, text);
  }
}

TEST(SwiftLines, break_where_they_can) {
  EXPECT_EQ(swift_lines("12345678", 8, 6), (std::vector<std::string>{"12345678"}));
  EXPECT_EQ(swift_lines("123456789", 8, 6), (std::vector<std::string>{"12345678", "9"}));
  EXPECT_EQ(swift_lines("1234567:9", 8, 6), (std::vector<std::string>{"1234567:", "9"}));
  EXPECT_EQ(swift_lines("12345678:9", 8, 6), (std::vector<std::string>{"1234567", "8:9"}));
  EXPECT_EQ(swift_lines("1234567 9", 8, 6), (std::vector<std::string>{"123456", "7 9"}));
  EXPECT_EQ(swift_lines("12345678 9", 8, 6), (std::vector<std::string>{"1234567", "8 9"}));
  EXPECT_EQ(swift_lines("----------", 8, 6), (std::vector<std::string>{"--------", ".-"}));
  EXPECT_EQ(swift_lines("1234567812345678123", 8, 2),
            (std::vector<std::string>{"12345678", "12345678"}));
  EXPECT_EQ(swift_lines("", 8, 6), std::vector<std::string>());
}

}  // namespace
}  // namespace florin::test
