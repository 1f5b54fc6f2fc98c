// The grammar of amounts and of ledger names.
#include "money/amount.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/int128.h"
#include "money/currency.h"

namespace florin::money {

namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLedgerNameBytesMax && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char each) {
           return is_letter(each) || is_digit(each) || each == '_' || each == '-';
         });
}

tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, std::move(message));
}

tl::unexpected<Error> no_amount(std::string_view text, u32 decimals) {
  const std::string form =
      decimals == 0 ? "digits" : fmt::format("digits, and up to {} more behind a '.'", decimals);
  return invalid(fmt::format("'{}' is not an amount; expected {}", text, form));
}

// value * 10 + digit, or false when that exceeds 128 bits.
bool append_digit(u128& value, u32 digit) {
  if (value > (kU128Max - digit) / 10) return false;
  value = value * 10 + digit;
  return true;
}

// A whole number of 32 bits, in decimal.
std::optional<u32> parse_small(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  const std::optional<u128> value = parse_u128(text);
  if (!value || *value > 0xffff'ffff) return std::nullopt;
  return static_cast<u32>(*value);
}

Result<u32> parse_decimals(std::string_view name, std::string_view text, bool given) {
  if (given) {
    const std::optional<u32> decimals = parse_small(text);
    if (decimals && *decimals <= kDecimalsMax) return *decimals;
    return invalid(
        fmt::format("the decimals of {} are '{}'; expected 0 to {}", name, text, kDecimalsMax));
  }
  if (const Currency* const currency = find_currency(name)) return u32{currency->decimals};
  return invalid(fmt::format(
      "'{}' is not a currency of ISO 4217; tell how many decimals it has, as in {}:2", name, name));
}

}  // namespace

Result<u128> parse_amount(std::string_view digits, u32 decimals) {
  CHECK(decimals <= kDecimalsMax);
  const usize point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : digits.substr(point + 1);
  const bool ends_with_point = point != std::string_view::npos && fraction.empty();
  if (whole.empty() || ends_with_point || !std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
    return no_amount(digits, decimals);
  }
  if (fraction.size() > decimals) {
    return invalid(fmt::format("'{}' has too many decimals: {}; at most {} are possible", digits,
                               fraction.size(), decimals));
  }
  u128 amount = 0;
  bool fits = true;
  for (const char digit : whole) fits = fits && append_digit(amount, static_cast<u32>(digit - '0'));
  for (usize place = 0; place < decimals; ++place) {
    const char digit = place < fraction.size() ? fraction[place] : '0';
    fits = fits && append_digit(amount, static_cast<u32>(digit - '0'));
  }
  if (fits) return amount;
  return invalid(fmt::format("'{}' is too large; at most {} fits 128 bits", digits,
                             format_amount(kU128Max, decimals)));
}

std::string format_amount(u128 amount, u32 decimals) {
  CHECK(decimals <= kDecimalsMax);
  std::string text = to_decimal(amount);
  if (decimals == 0) return text;
  if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
  text.insert(text.size() - decimals, 1, '.');
  return text;
}

Status LedgerNames::add(std::string_view definition) {
  const usize equals = definition.find('=');
  const std::string_view right =
      equals == std::string_view::npos ? std::string_view() : definition.substr(equals + 1);
  const usize colon = right.find(':');
  const bool has_decimals = colon != std::string_view::npos;
  const std::string_view name = right.substr(0, colon);
  const std::optional<u32> ledger = parse_small(definition.substr(0, equals));
  if (!ledger || *ledger == 0 || !is_name(name)) {
    return invalid(fmt::format(
        "'{}' does not name a ledger; expected a form like 978=EUR or 1000001=BTC:8", definition));
  }
  Result<u32> decimals = parse_decimals(
      name, has_decimals ? right.substr(colon + 1) : std::string_view(), has_decimals);
  if (!decimals) return tl::unexpected(std::move(decimals).error());
  if (const LedgerName* const same = find(*ledger)) {
    return invalid(fmt::format("ledger {} has the name {} already", *ledger, same->name));
  }
  if (const LedgerName* const same = find(name)) {
    return invalid(fmt::format("{} is the name of ledger {} already", name, same->ledger));
  }
  names_.push_back({.ledger = *ledger, .name = std::string(name), .decimals = *decimals});
  return {};
}

const LedgerName* LedgerNames::find(u32 ledger) const {
  const auto found = std::find_if(names_.begin(), names_.end(),
                                  [&](const LedgerName& each) { return each.ledger == ledger; });
  return found == names_.end() ? nullptr : &*found;
}

const LedgerName* LedgerNames::find(std::string_view name) const {
  const auto found = std::find_if(names_.begin(), names_.end(),
                                  [&](const LedgerName& each) { return each.name == name; });
  return found == names_.end() ? nullptr : &*found;
}

std::string LedgerNames::known_names() const {
  if (names_.empty()) return "no ledger has a name";
  std::string text = "known are ";
  for (const LedgerName& each : names_) {
    if (&each != &names_.front()) text += ", ";
    text += each.name;
  }
  return text;
}

Result<NamedAmount> LedgerNames::parse(std::string_view text) const {
  const usize digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const usize gap = digits < text.size() && text[digits] == ' ' ? 1 : 0;
  const std::string_view name = text.substr(digits + gap);
  if (digits == 0 || !is_name(name)) {
    return invalid(
        fmt::format("'{}' is not an amount with a currency; expected a form like 12.34 EUR", text));
  }
  const LedgerName* const ledger = find(name);
  if (ledger == nullptr) {
    return invalid(fmt::format("unknown currency '{}'; {}", name, known_names()));
  }
  const Result<u128> amount = parse_amount(text.substr(0, digits), ledger->decimals);
  if (amount) return NamedAmount{.amount = *amount, .ledger = ledger->ledger};
  return invalid(fmt::format("{} ({})", amount.error().message, name));
}

std::string LedgerNames::print(u128 amount, u32 ledger) const {
  const LedgerName* const known = find(ledger);
  if (known == nullptr) return to_decimal(amount);
  return fmt::format("{} {}", format_amount(amount, known->decimals), known->name);
}

}  // namespace florin::money
