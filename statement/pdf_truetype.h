// A TrueType font file: which glyph a character has, how wide it is, and a small font with just the
// characters that a document shows. Hints for screens are left out: a few hundred bytes a glyph
// remain of a file of hundreds of kilobytes.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement::pdf {

// Never changes once it is open.
class TrueTypeFont {
 public:
  // NotFound when there is no such file, PermissionDenied or Io when it cannot be read, Corrupt
  // when it is not a TrueType font with outlines and Unicode characters. The error names the file.
  static Result<TrueTypeFont> open(const std::filesystem::path& path);

  // 0 when the font has no such character: the glyph that stands for a missing one.
  u16 glyph_of(char32_t character) const;
  // Of the glyph, in thousandths of the font's size.
  u32 advance(u16 glyph) const;

  // A font file with these characters (of the Basic Multilingual Plane; those that the font lacks
  // are left out) and the parts of their glyphs, called `name`. The same text for the same set.
  std::string subset(const std::set<char32_t>& characters, std::string_view name) const;

 private:
  // The bytes of a table; `number16` and `number32` are big endian, and 0 beyond the end.
  struct Table {
    std::string_view bytes;
    u16 number16(usize offset) const;
    u32 number32(usize offset) const;
  };

  TrueTypeFont() = default;
  bool find_tables();
  void find_characters();
  Table table(std::string_view tag) const;
  std::string_view outline_of(u16 glyph) const;
  std::vector<u16> glyphs_with_parts(const std::vector<u16>& glyphs) const;
  std::string metrics_of(const std::vector<u16>& glyphs) const;

  std::string file_;
  // By tag, as offset and length: views would not survive a move of a short file.
  std::map<std::string, std::pair<u32, u32>, std::less<>> tables_;
  usize character_segments_ = 0;  // Where the cmap's segments begin, in its table; 0 = none.
};

}  // namespace florin::statement::pdf
