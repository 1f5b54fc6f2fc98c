#include "statement/identifiers.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/types.h"

namespace florin::statement {

namespace {

struct IbanCountry {
  std::string_view code;
  usize length;
};

// Of the registry of ISO 13616, by code.
constexpr IbanCountry kIbanCountries[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20},
    {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20},
    {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24},
    {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25},
    {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20},
    {"YE", 30}};

constexpr usize kIbanLeast = 15;
constexpr usize kIbanMost = 34;

bool is_capital(char each) { return each >= 'A' && each <= 'Z'; }
bool is_figure(char each) { return each >= '0' && each <= '9'; }
bool is_capital_or_figure(char each) { return is_capital(each) || is_figure(each); }

char as_capital(char each) {
  return each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
}

std::string compact_capitals(std::string_view text) {
  std::string result;
  for (const char each : text) {
    if (each != ' ') result += as_capital(each);
  }
  return result;
}

// What remains of the number that the text stands for, letters as 10 to 35.
u32 modulo_97(std::string_view text) {
  u32 rest = 0;
  for (const char each : text) {
    rest = is_figure(each) ? rest * 10 + static_cast<u32>(each - '0')
                           : rest * 100 + static_cast<u32>(each - 'A') + 10;
    rest %= 97;
  }
  return rest;
}

}  // namespace

Result<std::string> normal_iban(std::string_view text) {
  const std::string iban = compact_capitals(text);
  const auto wrong = [&](const std::string& why) {
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is no IBAN: {}", text, why));
  };
  const bool form = iban.size() >= kIbanLeast && iban.size() <= kIbanMost && is_capital(iban[0]) &&
                    is_capital(iban[1]) && is_figure(iban[2]) && is_figure(iban[3]) &&
                    std::all_of(iban.begin(), iban.end(), is_capital_or_figure);
  if (!form) {
    return wrong(
        fmt::format("expected a country, two check digits, and letters and digits, {} to "
                    "{} in all",
                    kIbanLeast, kIbanMost));
  }
  const std::string_view country = std::string_view(iban).substr(0, 2);
  const auto* const known =
      std::find_if(std::begin(kIbanCountries), std::end(kIbanCountries),
                   [&](const IbanCountry& each) { return each.code == country; });
  // A country that joined later is taken by its check digits alone.
  if (known != std::end(kIbanCountries) && known->length != iban.size()) {
    return wrong(fmt::format("it has {} characters; expected {} in {}", iban.size(), known->length,
                             country));
  }
  if (modulo_97(iban.substr(4) + iban.substr(0, 4)) != 1) {
    return wrong("its check digits are wrong; look for characters that are mistaken or swapped");
  }
  return iban;
}

Result<std::string> normal_bic(std::string_view text) {
  const std::string bic = compact_capitals(text);
  const bool form = (bic.size() == 8 || bic.size() == 11) && is_capital(bic[4]) &&
                    is_capital(bic[5]) && std::all_of(bic.begin(), bic.end(), is_capital_or_figure);
  if (form) return bic;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("'{}' is no BIC; expected 8 or 11 characters, such as FLORDEBB", text));
}

}  // namespace florin::statement
