#include "tests/end_to_end/berka_bank.h"

#include <charconv>
#include <fstream>
#include <optional>

namespace florin::test {

namespace {

enum Column : usize { Number, Account, Date, Type, Kind, Amount, Balance, Symbol, Columns = 10 };

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const usize end = line.find(';');
    std::string_view field = line.substr(0, end);
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
      field = field.substr(1, field.size() - 2);
    }
    fields.push_back(field);
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

tl::unexpected<Error> bad(std::string_view what, std::string_view text) {
  return fail(ErrorCode::Corrupt, "'" + std::string(text) + "' is no " + std::string(what));
}

Result<u64> parse_number(std::string_view text) {
  u64 value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return bad("number", text);
  }
  return value;
}

// What the money was for says more than how it moved.
std::optional<Settlement> settlement_of(std::string_view kind, std::string_view symbol) {
  if (symbol == "UROK") return Settlement::Interest;
  if (symbol == "SLUZBY") return Settlement::Fees;
  if (symbol == "SANKC. UROK") return Settlement::PenaltyInterest;
  for (const char* to_others : {"SIPO", "POJISTNE", "UVER", "DUCHOD"}) {
    if (symbol == to_others) return Settlement::OtherBanks;
  }
  if (kind == "PREVOD Z UCTU" || kind == "PREVOD NA UCET") return Settlement::OtherBanks;
  if (kind == "VKLAD" || kind == "VYBER" || kind == "VYBER KARTOU") return Settlement::Cash;
  return std::nullopt;
}

}  // namespace

Result<i64> parse_hellers(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  const usize point = digits.find('.');
  const bool plain = point != std::string_view::npos && point > 0 && digits.size() == point + 3;
  if (!plain || digits.find_first_not_of("0123456789.") != std::string_view::npos) {
    return bad("amount with two decimals", text);
  }
  const auto whole = parse_number(digits.substr(0, point));
  const auto hellers = parse_number(digits.substr(point + 1));
  constexpr u64 kWholeMax = 1'000'000'000'000'000;
  if (!whole || !hellers || *whole > kWholeMax) return bad("amount with two decimals", text);
  const i64 amount = static_cast<i64>(*whole * 100 + *hellers);
  return negative ? -amount : amount;
}

Result<BankEntry> parse_bank_entry(std::string_view line) {
  const std::vector<std::string_view> fields = split(line);
  if (fields.size() != Columns) return bad("line of ten fields", line);
  const auto number = parse_number(fields[Number]);
  RETURN_IF_ERROR(number);
  const auto account = parse_number(fields[Account]);
  RETURN_IF_ERROR(account);
  const auto date = parse_number(fields[Date]);
  RETURN_IF_ERROR(date);
  const auto amount = parse_hellers(fields[Amount]);
  RETURN_IF_ERROR(amount);
  const auto balance = parse_hellers(fields[Balance]);
  RETURN_IF_ERROR(balance);
  const bool is_credit = fields[Type] == "PRIJEM";
  if (!is_credit && fields[Type] != "VYDAJ" && fields[Type] != "VYBER") {
    return bad("type of transaction", fields[Type]);
  }
  const auto settlement = settlement_of(fields[Kind], fields[Symbol]);
  if (!settlement || *amount < 0 || *date > 999'999) return bad("transaction", line);
  return BankEntry{*number,   *account,    static_cast<u32>(19'000'000 + *date),
                   is_credit, *settlement, static_cast<u64>(*amount),
                   *balance};
}

Result<std::vector<BankEntry>> read_bank_entries(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::NotFound, "cannot open " + path);
  std::vector<BankEntry> entries;
  std::string line;
  std::getline(file, line);  // The names of the columns.
  while (std::getline(file, line)) {
    if (line.ends_with('\r')) line.pop_back();
    auto entry = parse_bank_entry(line);
    RETURN_IF_ERROR(entry);
    if (!entries.empty() && entry->date < entries.back().date) {
      return bad("line in the order of the dates", line);
    }
    entries.push_back(*entry);
  }
  return entries;
}

}  // namespace florin::test
