// Transliteration by tables, in the order of Unicode.
#include "statement/swift_text.h"

#include <array>
#include <span>

#include "base/check.h"

namespace florin::statement {

namespace {

// What to write for a range of characters that begins with `first`.
struct Transliterated {
  u32 first;
  std::span<const std::string_view> texts;
};

// '!' to '~': those of the set stand for themselves.
constexpr std::string_view kPrintable[] = {
    ".", "'", "?", "?", ".", "+", "'", "(", ")", ".", "+", ",", "-", ".", "/", "0",
    "1", "2", "3", "4", "5", "6", "7", "8", "9", ":", ",", "(", "-", ")", "?", "(at)",
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P",
    "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "(", "/", ")", ".", "-", "'",
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p",
    "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "(", "/", ")", "-"};

// U+00A0 to U+017F: Latin of western, central and northern Europe.
constexpr std::string_view kLatin[] = {
    " ",   ".", ".",  "GBP", ".",  "JPY", "/",  "?", ".",  "(c)", "a",  "'",  "-",  "-",   "(r)",
    "-",   ".", "+-", "2",   "3",  "'",   "u",  "?", ".",  ",",   "1",  "o",  "'",  "1/4", "1/2",
    "3/4", "?", "A",  "A",   "A",  "A",   "Ae", "A", "Ae", "C",   "E",  "E",  "E",  "E",   "I",
    "I",   "I", "I",  "D",   "N",  "O",   "O",  "O", "O",  "Oe",  "x",  "O",  "U",  "U",   "U",
    "Ue",  "Y", "Th", "ss",  "a",  "a",   "a",  "a", "ae", "a",   "ae", "c",  "e",  "e",   "e",
    "e",   "i", "i",  "i",   "i",  "d",   "n",  "o", "o",  "o",   "o",  "oe", "/",  "o",   "u",
    "u",   "u", "ue", "y",   "th", "y",   "A",  "a", "A",  "a",   "A",  "a",  "C",  "c",   "C",
    "c",   "C", "c",  "C",   "c",  "D",   "d",  "D", "d",  "E",   "e",  "E",  "e",  "E",   "e",
    "E",   "e", "E",  "e",   "G",  "g",   "G",  "g", "G",  "g",   "G",  "g",  "H",  "h",   "H",
    "h",   "I", "i",  "I",   "i",  "I",   "i",  "I", "i",  "I",   "i",  "IJ", "ij", "J",   "j",
    "K",   "k", "k",  "L",   "l",  "L",   "l",  "L", "l",  "L",   "l",  "L",  "l",  "N",   "n",
    "N",   "n", "N",  "n",   "n",  "N",   "n",  "O", "o",  "O",   "o",  "Oe", "oe", "Oe",  "oe",
    "R",   "r", "R",  "r",   "R",  "r",   "S",  "s", "S",  "s",   "S",  "s",  "S",  "s",   "T",
    "t",   "T", "t",  "T",   "t",  "U",   "u",  "U", "u",  "U",   "u",  "U",  "u",  "Ue",  "ue",
    "U",   "u", "W",  "w",   "Y",  "y",   "Y",  "Z", "z",  "Z",   "z",  "Z",  "z",  "s"};

// U+0218 to U+021B: Romanian.
constexpr std::string_view kRomanian[] = {"S", "s", "T", "t"};

// U+0386 to U+03CE: Greek, by ISO 843 without marks.
constexpr std::string_view kGreek[] = {
    "A", ".", "E", "I",  "I",  "?",  "O",  "?", "Y", "O", "i", "A", "V", "G", "D",
    "E", "Z", "I", "Th", "I",  "K",  "L",  "M", "N", "X", "O", "P", "R", "?", "S",
    "T", "Y", "F", "Ch", "Ps", "O",  "I",  "Y", "a", "e", "i", "i", "y", "a", "v",
    "g", "d", "e", "z",  "i",  "th", "i",  "k", "l", "m", "n", "x", "o", "p", "r",
    "s", "s", "t", "y",  "f",  "ch", "ps", "o", "i", "y", "o", "y", "o"};

// U+0400 to U+045F: Cyrillic, as Bulgaria writes it in Latin, with the letters of others.
constexpr std::string_view kCyrillic[] = {
    "E", "Yo", "Dj", "G", "Ye", "Dz", "I",  "Yi", "J",  "Lj",  "Nj", "C", "K", "I", "U",  "Dz",
    "A", "B",  "V",  "G", "D",  "E",  "Zh", "Z",  "I",  "Y",   "K",  "L", "M", "N", "O",  "P",
    "R", "S",  "T",  "U", "F",  "H",  "Ts", "Ch", "Sh", "Sht", "A",  "Y", "Y", "E", "Yu", "Ya",
    "a", "b",  "v",  "g", "d",  "e",  "zh", "z",  "i",  "y",   "k",  "l", "m", "n", "o",  "p",
    "r", "s",  "t",  "u", "f",  "h",  "ts", "ch", "sh", "sht", "a",  "y", "y", "e", "yu", "ya",
    "e", "yo", "dj", "g", "ye", "dz", "i",  "yi", "j",  "lj",  "nj", "c", "k", "i", "u",  "dz"};

// U+2010 to U+2026: dashes, quotation marks, bullets.
constexpr std::string_view kPunctuation[] = {"-", "-", "-", "-", "-", "-",  "-",  "-",
                                             "'", "'", ",", "'", "'", "'",  ",",  "'",
                                             "+", "+", ".", ".", ".", "..", "..."};

constexpr std::string_view kEuro[] = {"EUR"};

constexpr std::array kTables = {
    Transliterated{'!', kPrintable},  Transliterated{0xa0, kLatin},
    Transliterated{0x218, kRomanian}, Transliterated{0x386, kGreek},
    Transliterated{0x400, kCyrillic}, Transliterated{0x2010, kPunctuation},
    Transliterated{0x20ac, kEuro},
};

static_assert(std::size(kPrintable) == '~' - '!' + 1);
static_assert(std::size(kLatin) == 0x180 - 0xa0);
static_assert(std::size(kGreek) == 0x3ce - 0x386 + 1);
static_assert(std::size(kCyrillic) == 0x60);
static_assert(std::size(kPunctuation) == 0x2026 - 0x2010 + 1);

std::string_view swift_text_of(u32 character) {
  if (character <= ' ') return " ";
  for (const Transliterated& table : kTables) {
    if (character >= table.first && character - table.first < table.texts.size()) {
      return table.texts[character - table.first];
    }
  }
  return "?";
}

// Takes the next character from the text; bytes that are no UTF-8 are 0xffff, one each.
u32 take_character(std::string_view& rest) {
  const u8 first = static_cast<u8>(rest.front());
  rest.remove_prefix(1);
  if (first < 0x80) return first;
  const usize more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || rest.size() < more) return 0xffff;
  u32 character = first & (0x3fu >> more);
  for (const char each : rest.substr(0, more)) {
    if ((static_cast<u8>(each) & 0xc0) != 0x80) return 0xffff;
    character = character << 6 | (static_cast<u8>(each) & 0x3f);
  }
  rest.remove_prefix(more);
  return character;
}

bool begins_a_field(char each) { return each == ':' || each == '-'; }

// Where the first line of a text that does not fit ends.
usize line_end(std::string_view text, usize characters_max) {
  for (usize end = characters_max; end > characters_max / 2; --end) {
    const bool beside_space = text[end - 1] == ' ' || text[end] == ' ';
    if (!beside_space && !begins_a_field(text[end])) return end;
  }
  return characters_max;
}

}  // namespace

std::string swift_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    for (const char each : swift_text_of(take_character(text))) {
      const bool needless = each == ' ' && (result.empty() || result.back() == ' ');
      if (!needless) result += each;
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::vector<std::string> swift_lines(std::string_view text, usize characters_max, usize lines_max) {
  CHECK(characters_max >= 8);
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < lines_max) {
    const usize end = text.size() <= characters_max ? text.size() : line_end(text, characters_max);
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    if (lines.size() > 1 && begins_a_field(lines.back().front())) lines.back().front() = '.';
  }
  return lines;
}

}  // namespace florin::statement
