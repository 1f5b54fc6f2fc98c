#include "statement/pdf_truetype.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <map>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace florin::statement::pdf {
namespace {

constexpr u16 kGlyphMissing = 0;
constexpr char32_t kPrivateEnd = 0xf900;  // Of the characters for private use.
constexpr usize kHeadBytes = 54;
constexpr usize kPostBytes = 32;
// No font for text is that large; what is read into memory must have a limit.
constexpr usize kFontBytesMax = 64 * kMiB;

// Flags of a glyph that is put together from others.
constexpr u16 kWordArguments = 1 << 0;
constexpr u16 kScale = 1 << 3;
constexpr u16 kMoreParts = 1 << 5;
constexpr u16 kTwoScales = 1 << 6;
constexpr u16 kTwoByTwo = 1 << 7;
constexpr u16 kHasHints = 1 << 8;
// Its bounding box and number of contours come first.
constexpr usize kGlyphHeaderBytes = 10;

void append16(std::string& bytes, u32 number) {
  bytes += static_cast<char>(number >> 8 & 0xff);
  bytes += static_cast<char>(number & 0xff);
}

void append32(std::string& bytes, u32 number) {
  append16(bytes, number >> 16);
  append16(bytes, number & 0xffff);
}

void replace16(std::string& bytes, usize offset, u32 number) {
  if (offset + 2 > bytes.size()) return;
  bytes[offset] = static_cast<char>(number >> 8 & 0xff);
  bytes[offset + 1] = static_cast<char>(number & 0xff);
}

u16 big_endian16(std::string_view bytes, usize offset) {
  if (bytes.size() < 2 || offset > bytes.size() - 2) return 0;
  return static_cast<u16>(static_cast<u8>(bytes[offset]) << 8 | static_cast<u8>(bytes[offset + 1]));
}

bool is_put_together(std::string_view outline) {
  return outline.size() > kGlyphHeaderBytes && (big_endian16(outline, 0) & 0x8000) != 0;
}

usize part_bytes(u16 flags) {
  usize bytes = 4 + ((flags & kWordArguments) != 0 ? 4 : 2);
  if ((flags & kScale) != 0) return bytes + 2;
  if ((flags & kTwoScales) != 0) return bytes + 4;
  return (flags & kTwoByTwo) != 0 ? bytes + 8 : bytes;
}

// Calls `visit` with the offset of each part's flags (the glyph stands 2 bytes behind them), and
// returns the offset behind the last part.
template <class Visit>
usize for_each_part(std::string_view outline, Visit&& visit) {
  usize offset = kGlyphHeaderBytes;
  while (offset + 4 <= outline.size()) {
    const u16 flags = big_endian16(outline, offset);
    visit(offset);
    offset += part_bytes(flags);
    if ((flags & kMoreParts) == 0) break;
  }
  return std::min(offset, outline.size());
}

// Without the program for screens, which would need tables that are left out.
std::string outline_without_hints(std::string_view outline) {
  const u16 contours = big_endian16(outline, 0);
  const usize hints_at = kGlyphHeaderBytes + usize{contours} * 2;
  const usize hints = big_endian16(outline, hints_at);
  if (hints_at + 2 + hints > outline.size()) return {};
  std::string result(outline.substr(0, hints_at));
  append16(result, 0);
  result += outline.substr(hints_at + 2 + hints);
  return result;
}

std::string parts_renumbered(std::string_view outline, const std::map<u16, u16>& new_numbers) {
  std::string result(outline);
  const usize end = for_each_part(outline, [&](usize offset) {
    const auto found = new_numbers.find(big_endian16(outline, offset + 2));
    replace16(result, offset, big_endian16(outline, offset) & ~kHasHints);
    replace16(result, offset + 2, found == new_numbers.end() ? kGlyphMissing : found->second);
  });
  result.resize(end);
  return result;
}

// The segments of characters that follow each other, as do their glyphs.
std::string character_table(const std::map<char32_t, u16>& glyphs) {
  struct Segment {
    u32 first, last, glyph;
  };
  std::vector<Segment> segments;
  for (const auto& [character, glyph] : glyphs) {
    Segment* const before = segments.empty() ? nullptr : &segments.back();
    if (before != nullptr && before->last + 1 == character &&
        before->glyph + (character - before->first) == glyph) {
      before->last = character;
    } else {
      segments.push_back({character, character, glyph});
    }
  }
  segments.push_back({0xffff, 0xffff, 0});
  const u32 count = static_cast<u32>(segments.size());
  const u32 log2 = static_cast<u32>(std::bit_width(count)) - 1;
  std::string table;
  for (const u32 number : {0u, 1u, 3u, 1u}) append16(table, number);  // One map, of Unicode.
  append32(table, 12);
  for (const u32 number : {4u, 16 + 8 * count, 0u, 2 * count, 2u << log2, log2})
    append16(table, number);
  append16(table, 2 * count - (2u << log2));
  for (const Segment& segment : segments) append16(table, segment.last);
  append16(table, 0);
  for (const Segment& segment : segments) append16(table, segment.first);
  for (const Segment& segment : segments) {
    append16(table, segment.first == 0xffff ? 1 : (segment.glyph - segment.first) & 0xffff);
  }
  for (u32 i = 0; i < count; ++i) append16(table, 0);
  return table;
}

// The name for programs, and the style: what readers of fonts ask for.
std::string name_table(std::string_view name) {
  static constexpr std::string_view kStyle = "Regular";
  std::string table;
  for (const usize number : {usize{0}, usize{2}, usize{6 + 2 * 12}}) append16(table, u32(number));
  for (const u32 number : {1u, 0u, 0u, 2u}) append16(table, number);
  append16(table, static_cast<u32>(kStyle.size()));
  append16(table, 0);
  for (const u32 number : {1u, 0u, 0u, 6u}) append16(table, number);
  append16(table, static_cast<u32>(name.size()));
  append16(table, static_cast<u32>(kStyle.size()));
  return table.append(kStyle).append(name);
}

u32 table_checksum(std::string_view bytes) {
  u32 sum = 0;
  for (usize i = 0; i < bytes.size(); ++i) {
    sum += u32{static_cast<u8>(bytes[i])} << (24 - 8 * (i % 4));
  }
  return sum;
}

std::string font_file(const std::map<std::string, std::string>& tables) {
  const u32 count = static_cast<u32>(tables.size());
  const u32 log2 = static_cast<u32>(std::bit_width(count)) - 1;
  std::string file;
  append32(file, 0x00010000);
  for (const u32 number : {count, 16u << log2, log2, 16 * count - (16u << log2)})
    append16(file, number);
  u64 offset = 12 + 16 * u64{count};
  for (const auto& [tag, bytes] : tables) {
    file += tag;
    append32(file, table_checksum(bytes));
    append32(file, static_cast<u32>(offset));
    append32(file, static_cast<u32>(bytes.size()));
    offset = round_up(offset + bytes.size(), 4);
  }
  for (const auto& [tag, bytes] : tables) {
    file += bytes;
    file.resize(round_up(file.size(), 4));
  }
  return file;
}

struct FileToClose {
  int file;
  ~FileToClose() { ::close(file); }
};

Result<FontBytes> font_bytes(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail_errno(errno, fmt::format("open the font '{}'", path.string()));
  const FileToClose closing{file};
  struct stat status = {};
  if (::fstat(file, &status) != 0) {
    return fail_errno(errno, fmt::format("read the font '{}'", path.string()));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the font '{}' is not a file", path.string()));
  }
  FontBytes bytes;
  bytes.size = static_cast<usize>(status.st_size);
  if (bytes.size > kFontBytesMax) {
    return fail(ErrorCode::Capacity, fmt::format("the font '{}' has {} bytes, of {} at most",
                                                 path.string(), bytes.size, kFontBytesMax));
  }
  bytes.data = std::make_unique_for_overwrite<char[]>(bytes.size);
  for (usize at = 0; at < bytes.size;) {
    const ssize_t count = ::read(file, bytes.data.get() + at, bytes.size - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, fmt::format("read the font '{}'", path.string()));
    if (count == 0) bytes.size = at;  // It became shorter meanwhile.
    at += static_cast<usize>(count);
  }
  return bytes;
}

}  // namespace

u16 TrueTypeFont::Table::number16(usize offset) const { return big_endian16(bytes, offset); }

u32 TrueTypeFont::Table::number32(usize offset) const {
  return u32{number16(offset)} << 16 | number16(offset + 2);
}

Result<TrueTypeFont> TrueTypeFont::open(const std::filesystem::path& path) {
  auto bytes = font_bytes(path);
  RETURN_IF_ERROR(bytes);
  TrueTypeFont font;
  font.file_ = std::move(*bytes);
  if (!font.find_tables()) {
    return fail(ErrorCode::Corrupt,
                fmt::format("'{}' is not a TrueType font with outlines", path.string()));
  }
  font.find_characters();
  if (font.character_segments_ == 0) {
    return fail(ErrorCode::Corrupt,
                fmt::format("the font '{}' has no table of Unicode characters", path.string()));
  }
  return font;
}

bool TrueTypeFont::find_tables() {
  const Table file{file_.view()};
  const u32 version = file.number32(0);
  if (version != 0x00010000 && version != 0x74727565) return false;  // The latter is "true".
  const std::map<std::string_view, Table*> wanted = {
      {"OS/2", &tables_.os2},  {"cmap", &tables_.cmap}, {"glyf", &tables_.glyf},
      {"head", &tables_.head}, {"hhea", &tables_.hhea}, {"hmtx", &tables_.hmtx},
      {"loca", &tables_.loca}, {"maxp", &tables_.maxp}, {"post", &tables_.post}};
  for (usize i = 0; i < file.number16(4); ++i) {
    const usize at = 12 + 16 * i;
    if (at + 16 > file_.size) return false;
    const u64 offset = file.number32(at + 8), length = file.number32(at + 12);
    if (offset + length > file_.size) return false;
    const auto found = wanted.find(file.bytes.substr(at, 4));
    if (found != wanted.end()) found->second->bytes = file.bytes.substr(offset, length);
  }
  for (const auto& [tag, table] : wanted) {
    if (table->bytes.empty()) return false;
  }
  return tables_.head.bytes.size() >= kHeadBytes && tables_.head.number16(18) != 0 &&
         tables_.post.bytes.size() >= kPostBytes && tables_.hhea.number16(34) != 0;
}

void TrueTypeFont::find_characters() {
  const Table& map = tables_.cmap;
  for (usize i = 0; i < map.number16(2); ++i) {
    const usize at = 4 + 8 * i;
    const u32 offset = map.number32(at + 4);
    const bool is_unicode =
        map.number16(at) == 0 || (map.number16(at) == 3 && map.number16(at + 2) == 1);
    if (is_unicode && map.number16(offset) == 4) character_segments_ = offset;
  }
}

u16 TrueTypeFont::glyph_of(char32_t character) const {
  if (character >= 0xffff) return kGlyphMissing;
  const Table& map = tables_.cmap;
  const usize at = character_segments_, doubled = map.number16(at + 6);
  usize low = 0, high = doubled / 2;  // The first segment whose last character is not below.
  while (low < high) {
    const usize middle = (low + high) / 2;
    if (map.number16(at + 14 + 2 * middle) < character) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == doubled / 2) return kGlyphMissing;
  const usize first_at = at + 16 + doubled + 2 * low;
  const u16 first = map.number16(first_at), delta = map.number16(first_at + doubled);
  const usize range_at = first_at + 2 * doubled;
  const u16 range = map.number16(range_at);
  if (first > character) return kGlyphMissing;
  if (range == 0) return static_cast<u16>(character + delta);
  const u16 glyph = map.number16(range_at + range + 2 * (character - first));
  return glyph == 0 ? kGlyphMissing : static_cast<u16>(glyph + delta);
}

u32 TrueTypeFont::advance(u16 glyph) const {
  const u16 count = tables_.hhea.number16(34);
  const usize row = std::min<usize>(glyph, count - 1u);
  return u32{tables_.hmtx.number16(4 * row)} * 1000 / tables_.head.number16(18);
}

std::string_view TrueTypeFont::outline_of(u16 glyph) const {
  const Table& places = tables_.loca;
  const bool is_long = tables_.head.number16(50) != 0;
  const auto place = [&](usize i) -> u64 {
    return is_long ? places.number32(4 * i) : u64{2} * places.number16(2 * i);
  };
  const std::string_view outlines = tables_.glyf.bytes;
  const u64 begin = place(glyph), end = place(usize{glyph} + 1);
  if (begin >= end || end > outlines.size() || end - begin < kGlyphHeaderBytes) return {};
  return outlines.substr(begin, end - begin);
}

std::vector<u16> TrueTypeFont::glyphs_with_parts(const std::vector<u16>& glyphs) const {
  std::vector<u16> all = glyphs;
  std::set<u16> known(all.begin(), all.end());
  for (usize i = 0; i < all.size(); ++i) {
    const std::string_view outline = outline_of(all[i]);
    if (!is_put_together(outline)) continue;
    for_each_part(outline, [&](usize offset) {
      const u16 part = big_endian16(outline, offset + 2);
      if (known.insert(part).second) all.push_back(part);
    });
  }
  return all;
}

std::string TrueTypeFont::metrics_of(const std::vector<u16>& glyphs) const {
  const Table& metrics = tables_.hmtx;
  const usize count = tables_.hhea.number16(34);
  std::string result;
  for (const u16 glyph : glyphs) {
    append16(result, metrics.number16(4 * std::min<usize>(glyph, count - 1)));
    append16(result, metrics.number16(glyph < count ? 4u * glyph + 2 : 2 * (count + glyph)));
  }
  return result;
}

TrueTypeFont::Outlines TrueTypeFont::outlines_of(const std::vector<u16>& glyphs) const {
  std::map<u16, u16> new_numbers;
  for (usize i = 0; i < glyphs.size(); ++i) new_numbers.emplace(glyphs[i], static_cast<u16>(i));
  Outlines result;
  for (const u16 glyph : glyphs) {
    append32(result.loca, static_cast<u32>(result.glyf.size()));
    std::string_view outline = outline_of(glyph);
    if (result.glyf.size() + outline.size() > file_.size) outline = {};  // In a damaged font alone.
    if (is_put_together(outline)) {
      result.glyf += parts_renumbered(outline, new_numbers);
    } else if (!outline.empty()) {
      result.glyf += outline_without_hints(outline);
    }
    result.glyf.resize(round_up(result.glyf.size(), 4));
  }
  append32(result.loca, static_cast<u32>(result.glyf.size()));
  return result;
}

TrueTypeFont::Subset TrueTypeFont::subset(const std::set<char32_t>& characters,
                                          std::string_view name) const {
  std::vector<u16> glyphs = {kGlyphMissing};
  std::map<char32_t, u16> new_glyphs;  // By character.
  for (const char32_t character : characters) {
    const u16 glyph = glyph_of(character);
    const bool is_private = character >= kFirstPart && character < kPrivateEnd;
    if (glyph == kGlyphMissing || is_private) continue;
    new_glyphs.emplace(character, static_cast<u16>(glyphs.size()));
    glyphs.push_back(glyph);
  }
  Subset result;
  const usize first_part = glyphs.size();
  glyphs = glyphs_with_parts(glyphs);
  for (usize i = first_part; i < glyphs.size() && kFirstPart + result.parts < kPrivateEnd; ++i) {
    new_glyphs.emplace(kFirstPart + result.parts, static_cast<u16>(i));
    ++result.parts;
  }
  const Outlines outlines = outlines_of(glyphs);
  std::string head(tables_.head.bytes.substr(0, kHeadBytes)), maxima(tables_.maxp.bytes);
  std::string header(tables_.hhea.bytes), post(tables_.post.bytes.substr(0, kPostBytes));
  replace16(head, 50, 1);  // Places have 32 bits.
  replace16(maxima, 4, static_cast<u32>(glyphs.size()));
  replace16(header, 34, static_cast<u32>(glyphs.size()));
  replace16(post, 0, 3);  // No names of glyphs.
  replace16(post, 2, 0);
  result.file = font_file({{"OS/2", std::string(tables_.os2.bytes)},
                           {"cmap", character_table(new_glyphs)},
                           {"cvt ", ""},
                           {"fpgm", ""},
                           {"glyf", outlines.glyf},
                           {"head", head},
                           {"hhea", header},
                           {"hmtx", metrics_of(glyphs)},
                           {"loca", outlines.loca},
                           {"maxp", maxima},
                           {"name", name_table(name)},
                           {"post", post},
                           {"prep", ""}});
  return result;
}

}  // namespace florin::statement::pdf
