// Text and checks without the formats themselves.
#include "statement/written_values.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/check.h"
#include "base/checksum.h"
#include "base/int128.h"

namespace florin::statement {

namespace {

constexpr usize kChecksumDigits = 16;

bool is_capital_letter(char each) { return each >= 'A' && each <= 'Z'; }
bool is_decimal_digit(char each) { return each >= '0' && each <= '9'; }
bool is_capital_or_digit(char each) { return is_capital_letter(each) || is_decimal_digit(each); }
bool is_letter_or_digit(char each) {
  return is_capital_or_digit(each) || (each >= 'a' && each <= 'z');
}

template <class Predicate>
bool all_are(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool is_iban(std::string_view text) {
  return text.size() >= 5 && text.size() <= 34 && all_are(text.substr(0, 2), is_capital_letter) &&
         all_are(text.substr(2, 2), is_decimal_digit) &&
         all_are(text.substr(4), is_letter_or_digit);
}

bool is_bic(std::string_view text) {
  return (text.size() == 8 || text.size() == 11) &&
         all_are(text.substr(0, 4), is_capital_or_digit) &&
         all_are(text.substr(4, 2), is_capital_letter) &&
         all_are(text.substr(6), is_capital_or_digit);
}

}  // namespace

std::string identifier_text(u128 id) {
  std::string decimal = to_decimal(id);
  if (decimal.size() <= kIdentifierCharactersMax) return decimal;
  return fmt::format("0x{:016x}{:016x}", high_half(id), low_half(id));
}

std::string short_reference(std::string_view text, usize characters_max) {
  CHECK(characters_max >= kChecksumDigits);
  if (text.size() <= characters_max) return std::string(text);
  const std::string checksum =
      fmt::format("{:016x}", checksum64(std::as_bytes(std::span(text.data(), text.size()))));
  if (characters_max < kChecksumDigits + 2) return checksum;
  return fmt::format("{}-{}", text.substr(0, characters_max - kChecksumDigits - 1), checksum);
}

std::string place_text(const history::Place& place) {
  return fmt::format("{}-{}", place.position, place.index);
}

std::string account_text(const Party& party) {
  return party.iban.empty() ? identifier_text(party.account_id) : party.iban;
}

Status check_currency(std::string_view currency, u32 ledger, std::string_view format) {
  if (currency.size() == 3 && all_are(currency, is_capital_letter)) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("ledger {} is called '{}'; {} takes currencies of ISO 4217 alone: three "
                          "capital letters, such as EUR",
                          ledger, currency, format));
}

Status check_iban(const Party& party, std::string_view format) {
  if (party.iban.empty() || is_iban(party.iban)) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("the IBAN of account {} is '{}'; {} expects two capital letters, two "
                          "digits, and 1 to 30 letters and digits, without spaces",
                          to_decimal(party.account_id), party.iban, format));
}

Status check_bic(const Bank& bank, std::string_view format) {
  if (bank.bic.empty() || is_bic(bank.bic)) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("the BIC of the bank is '{}'; {} expects 8 or 11 characters, such as "
                          "DEUTDEFF or DEUTDEFF500",
                          bank.bic, format));
}

std::string name_of(const Entry& entry) {
  return fmt::format("entry {} (transfer {})", entry.number, to_decimal(entry.transfer_id));
}

}  // namespace florin::statement
