// Fonts that are read, made small, and damaged.
#include "statement/pdf_truetype.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "statement/statement_pdf.h"

namespace florin::statement::pdf {
namespace {

class PdfTrueType : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(font_)) GTEST_SKIP() << "there is no font '" << font_ << "'";
    path_ =
        std::filesystem::path(testing::TempDir()) / fmt::format("florin_font_{}.ttf", ::getpid());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  std::string whole_font() const {
    std::ostringstream bytes;
    bytes << std::ifstream(font_, std::ios::binary).rdbuf();
    return bytes.str();
  }

  const std::string font_ = PdfOptions().font;
  std::filesystem::path path_;
};

TEST_F(PdfTrueType, knows_the_glyphs_of_many_scripts_and_what_it_lacks) {
  const auto font = TrueTypeFont::open(font_);
  ASSERT_TRUE(font.has_value()) << font.error().message;
  for (const char32_t character : std::u32string(U"AřŁαЯễ€\ufffd")) {
    EXPECT_NE(font->glyph_of(character), 0) << u32{character};
  }
  EXPECT_EQ(font->glyph_of(U'中'), 0);
  EXPECT_EQ(font->glyph_of(0x1f600), 0);
  EXPECT_GT(font->advance(font->glyph_of(U'W')), 2 * font->advance(font->glyph_of(U'i')));
  EXPECT_EQ(font->advance(font->glyph_of(U'1')), font->advance(font->glyph_of(U'8')));
}

TEST_F(PdfTrueType, a_subset_is_a_small_font_with_the_same_widths) {
  const auto font = TrueTypeFont::open(font_);
  ASSERT_TRUE(font.has_value()) << font.error().message;
  const std::set<char32_t> characters = {U'k', U'ů', U'ň', U'ř', U'ễ', U'中', U'\ufffd'};
  const auto subset = font->subset(characters, "Small");
  EXPECT_LT(subset.file.size(), 5'000u);
  EXPECT_GT(subset.parts, 3);  // Letters and accents, and those of accents.
  EXPECT_EQ(subset.file, font->subset(characters, "Small").file);

  write(subset.file);
  const auto small = TrueTypeFont::open(path_);
  ASSERT_TRUE(small.has_value()) << small.error().message;
  for (const char32_t character : characters) {
    EXPECT_EQ(small->glyph_of(character) == 0, character == U'中') << u32{character};
    EXPECT_EQ(small->advance(small->glyph_of(character)), font->advance(font->glyph_of(character)));
  }
  EXPECT_EQ(small->glyph_of(U'a'), 0);
  EXPECT_NE(small->glyph_of(TrueTypeFont::kFirstPart), 0);
}

TEST_F(PdfTrueType, what_is_no_font_is_refused_by_name) {
  const auto missing = TrueTypeFont::open(path_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_NE(missing.error().message.find(path_.string()), std::string::npos);

  const auto directory = TrueTypeFont::open(testing::TempDir());
  ASSERT_FALSE(directory.has_value());
  EXPECT_NE(directory.error().message.find("is not a file"), std::string::npos);

  const std::string whole = whole_font();
  for (const std::string& bytes : {std::string(), std::string("no font"), std::string(1'000, '\0'),
                                   whole.substr(0, 300), whole.substr(0, whole.size() / 2)}) {
    write(bytes);
    const auto refused = TrueTypeFont::open(path_);
    ASSERT_FALSE(refused.has_value()) << bytes.size();
    EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
    EXPECT_NE(refused.error().message.find(path_.string()), std::string::npos);
  }
}

// Whatever stands in the file, nothing is read beyond it, and making a subset ends.
TEST_F(PdfTrueType, damaged_fonts_do_no_harm) {
  const std::string whole = whole_font();
  const std::set<char32_t> characters = {U'k', U'ů', U'ễ', U'Я', U'ﬁ'};
  u64 state = 20'261'031;
  SCOPED_TRACE(fmt::format("seed {}", state));
  for (int round = 0; round < 60; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 400; ++change) {
      state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      const u64 limit = change % 2 == 0 ? 700 : bytes.size();  // The directory, and all of it.
      const usize at = change % 40 == 0 ? (state >> 33) % 316 : (state >> 33) % limit;
      if (change % 2 == 0 && round % 4 != 0) continue;
      bytes[at] = static_cast<char>(state >> 25);
    }
    write(bytes);
    const auto font = TrueTypeFont::open(path_);
    if (!font) continue;
    u32 widths = 0;
    for (const char32_t character : characters) widths += font->advance(font->glyph_of(character));
    EXPECT_LT(font->subset(characters, "Damaged").file.size(), 64 * kMiB) << widths;
  }
}

}  // namespace
}  // namespace florin::statement::pdf
