// A TrueType font file: which glyph a character has, how wide it is, and a small font with just the
// characters that a document shows. Hints for screens are left out: a few hundred bytes a glyph
// remain of a file of hundreds of kilobytes.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement::pdf {

struct FontBytes {
  std::unique_ptr<char[]> data;
  usize size = 0;
  std::string_view view() const { return {data.get(), size}; }
};

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

  // A font file, called `name`, with these characters of the Basic Multilingual Plane; those that
  // the font lacks are left out, and those for private use. Glyphs of which others are put
  // together, such as accents, are there as characters for private use, from kFirstPart on: libharu
  // leaves out again what is not a character of the text, and does not see the parts of parts.
  struct Subset {
    std::string file;
    u16 parts = 0;
  };
  static constexpr char32_t kFirstPart = 0xe000;
  Subset subset(const std::set<char32_t>& characters, std::string_view name) const;

 private:
  // The bytes of a table; `number16` and `number32` are big endian, and 0 beyond the end.
  struct Table {
    std::string_view bytes;
    u16 number16(usize offset) const;
    u32 number32(usize offset) const;
  };

  struct Tables {
    Table os2, cmap, glyf, head, hhea, hmtx, loca, maxp, post;
  };

  TrueTypeFont() = default;
  bool find_tables();
  void find_characters();
  std::string_view outline_of(u16 glyph) const;
  // The tables of these glyphs, numbered in this order.
  struct Outlines {
    std::string glyf, loca;
  };
  Outlines outlines_of(const std::vector<u16>& glyphs) const;
  std::vector<u16> glyphs_with_parts(const std::vector<u16>& glyphs) const;
  std::string metrics_of(const std::vector<u16>& glyphs) const;

  FontBytes file_;
  Tables tables_;                 // Views of the file.
  usize character_segments_ = 0;  // Where the cmap's segments begin, in its table; 0 = none.
};

}  // namespace florin::statement::pdf
