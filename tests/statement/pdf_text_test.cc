// Amounts, dates, IBANs and characters, as a printed statement has them.
#include "statement/pdf_text.h"

#include <gtest/gtest.h>

namespace florin::statement::pdf {
namespace {

TEST(PdfText, amounts_have_separators_of_thousands_and_their_decimals) {
  EXPECT_EQ(grouped_amount(0, 2), "0.00");
  EXPECT_EQ(grouped_amount(99'999, 2), "999.99");
  EXPECT_EQ(grouped_amount(100'000, 2), "1,000.00");
  EXPECT_EQ(grouped_amount(123'456'789, 3), "123,456.789");
  EXPECT_EQ(grouped_amount(1'234'567, 0), "1,234,567");
  EXPECT_EQ(grouped_amount(kU128Max, 0), "340,282,366,920,938,463,463,374,607,431,768,211,455");
  EXPECT_EQ(grouped_amount(kU128Max, 38), "3.40282366920938463463374607431768211455");
}

TEST(PdfText, ibans_stand_in_groups_of_four) {
  EXPECT_EQ(grouped_iban(""), "");
  EXPECT_EQ(grouped_iban("DE89370400440532013000"), "DE89 3704 0044 0532 0130 00");
  EXPECT_EQ(grouped_iban("NO9386011117947000"), "NO93 8601 1117 9470 00");
}

TEST(PdfText, ranges_of_dates_say_each_part_once) {
  EXPECT_EQ(date_range({2026, 10, 1}, {2026, 10, 31}), "1–31 October 2026");
  EXPECT_EQ(date_range({2026, 10, 31}, {2026, 10, 31}), "31 October 2026");
  EXPECT_EQ(date_range({2026, 1, 1}, {2026, 12, 31}), "1 January – 31 December 2026");
  EXPECT_EQ(date_range({2026, 12, 28}, {2027, 1, 3}), "28 December 2026 – 3 January 2027");
  EXPECT_EQ(short_date({2026, 5, 3}), "03 May 2026");
}

TEST(PdfText, moments_are_told_in_utc) {
  EXPECT_EQ(moment(0), "1970-01-01 00:00 UTC");
  EXPECT_EQ(moment(1'793'541'599 * kNsPerSecond), "2026-11-01 13:59 UTC");
}

TEST(PdfText, counts_agree_with_their_nouns) {
  EXPECT_EQ(counted(0, "entry", "entries"), "0 entries");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(12'345, "entry", "entries"), "12,345 entries");
}

TEST(PdfText, what_is_not_utf8_becomes_a_replacement_character) {
  EXPECT_EQ(characters_of("Łódź"), U"Łódź");
  EXPECT_EQ(characters_of("a\xff"
                          "b"),
            U"a\ufffd"
            U"b");
  EXPECT_EQ(characters_of("a\xc5"), U"a\ufffd");              // Cut short.
  EXPECT_EQ(characters_of("\xc0\xaf"), U"\ufffd\ufffd");      // Longer than needed.
  EXPECT_EQ(characters_of("\xed\xa0\x80"), U"\ufffd");        // Half a pair.
  EXPECT_EQ(characters_of("\xf0\x9f\x98\x80!"), U"\ufffd!");  // Beyond 16 bits.
  EXPECT_EQ(characters_of("a\nb\x7f"
                          "c\xc2\x85"),
            U"a b c ");  // Controls.
}

TEST(PdfText, characters_become_utf8_again) {
  for (const std::string text : {"", "plain", "Žluťoučký kůň", "Αθήνα", "Київ", "Nguyễn – €"}) {
    EXPECT_EQ(utf8_of(characters_of(text)), text);
  }
}

TEST(PdfText, western_text_has_its_bytes_and_other_text_has_none) {
  EXPECT_EQ(western_bytes(U"A é € … – Š"), "A \xe9 \x80 \x85 \x96 \x8a");
  EXPECT_TRUE(is_western(U"Señor Müller – 5 €"));
  for (const std::u32string_view other : {U"ř", U"Ł", U"α", U"Я", U"中", U"\u0081"}) {
    EXPECT_FALSE(is_western(other));
  }
}

}  // namespace
}  // namespace florin::statement::pdf
