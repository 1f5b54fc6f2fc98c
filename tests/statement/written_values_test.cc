// Identifiers, days and texts as formats write them.
#include "statement/written_values.h"

#include <set>

#include <gtest/gtest.h>

#include "base/int128.h"
#include "base/random.h"
#include "statement/xml_writer.h"

namespace florin::statement {
namespace {

TEST(WrittenValues, ids_are_decimal_as_long_as_they_fit) {
  const u128 longest = parse_u128("9999999999999999999999999999999999").value();
  EXPECT_EQ(identifier_text(0), "0");
  EXPECT_EQ(identifier_text(4711), "4711");
  EXPECT_EQ(identifier_text(longest), "9999999999999999999999999999999999");
  EXPECT_EQ(identifier_text(longest + 1), "0x0001ed09bead87c0378d8e6400000000");
  EXPECT_EQ(identifier_text(kU128Max), "0xffffffffffffffffffffffffffffffff");
  Random random(1);
  for (int round = 0; round < 1000; ++round) {
    const u128 id = random.next_u128() >> random.below(128);
    EXPECT_LE(identifier_text(id).size(), kIdentifierCharactersMax);
    EXPECT_EQ(parse_u128(identifier_text(id)), id);
  }
}

TEST(WrittenValues, references_are_shortened_by_a_checksum) {
  EXPECT_EQ(short_reference("101-2026-10", 35), "101-2026-10");
  EXPECT_EQ(short_reference(std::string(35, 'a'), 35), std::string(35, 'a'));
  std::set<std::string> references;
  for (int number = 0; number < 1000; ++number) {
    const std::string text = std::string(40, '7') + std::to_string(number);
    const std::string reference = short_reference(text, 35);
    EXPECT_EQ(reference.size(), 35u);
    EXPECT_EQ(reference.substr(0, 19), "777777777777777777-");
    EXPECT_TRUE(references.insert(reference).second);
    EXPECT_EQ(short_reference(text, 16), reference.substr(19));
  }
}

TEST(XmlText, keeps_what_xml_can_hold) {
  for (const char* text : {"", "Alice & <Co>", "Müller", "日本銀行", "🏦", "\x7f", "\xee\x80\x80",
                           "\xdf\xbf", "\xe0\xa0\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(xml_text(text, 100), text);
  }
}

TEST(XmlText, replaces_what_xml_cannot_hold) {
  const std::string mark = "\xef\xbf\xbd";
  using namespace std::string_view_literals;
  for (const auto& [text, expected] : std::vector<std::pair<std::string_view, std::string>>{
           {"a\x01z"sv, "a" + mark + "z"},
           {"a\0z"sv, "a" + mark + "z"},
           {"a\nb\tc\r\n"sv, "a b c"},
           {"  a \r\n\t b  "sv, "a b"},
           {" \n "sv, ""},
           {"\xff"sv, mark},
           {"\xc3"sv, mark},                        // Cut.
           {"\xc3z"sv, mark + "z"},                 // Goes on wrongly.
           {"\x80"sv, mark},                        // Begins in the middle.
           {"\xc0\xaf"sv, mark + mark},             // Longer than needed, as are the next two.
           {"\xe0\x80\xaf"sv, mark + mark + mark},  //
           {"\xf0\x80\x80\xaf"sv, mark + mark + mark + mark},
           {"\xe0\x9f\xbf"sv, mark + mark + mark},
           {"\xf0\x8f\xbf\xbd"sv, mark + mark + mark + mark},
           {"\xed\xa0\x80"sv, mark + mark + mark},             // Half of a pair.
           {"\xef\xbf\xbe"sv, mark + mark + mark},             // U+FFFE.
           {"\xf4\x90\x80\x80"sv, mark + mark + mark + mark},  // Behind the last character.
           {"\xf5\x80\x80\x80"sv, mark + mark + mark + mark}}) {
    EXPECT_EQ(xml_text(text, 100), expected);
  }
}

TEST(XmlText, is_cut_by_characters) {
  EXPECT_EQ(xml_text("äöüß", 4), "äöüß");
  EXPECT_EQ(xml_text("äöüß", 3), "äöü");
  EXPECT_EQ(xml_text("äöüß", 0), "");
  EXPECT_EQ(xml_text("a  b c", 4), "a b");
  EXPECT_EQ(xml_text("a  b c", 3), "a b");
  EXPECT_EQ(xml_text("a  b c", 2), "a");
  EXPECT_EQ(xml_text("\xff\xff\xff", 2), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(XmlWriter, escapes_and_closes) {
  XmlWriter xml("urn:n");
  xml.begin("A");
  {
    const XmlElement inner(xml, "B");
    xml.element("C", "x", "<\"&'>", "a < b && c > d");
  }
  const auto bytes = xml.finish();
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(*bytes,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<Document xmlns=\"urn:n\">\n<A>\n<B>\n"
            "<C x=\"&lt;&quot;&amp;'&gt;\">a &lt; b &amp;&amp; c &gt; d</C>\n"
            "</B>\n</A>\n</Document>\n");
}

}  // namespace
}  // namespace florin::statement
