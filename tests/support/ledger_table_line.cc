#include "tests/support/ledger_table_line.h"

#include <limits>
#include <optional>

#include "base/int128.h"

namespace florin::test {

using ledger::Account;
using ledger::Transfer;
using ledger::WideSum;

namespace {

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlank = " \t\r\n\\";
  usize begin = text.find_first_not_of(kBlank);
  while (begin != std::string_view::npos) {
    const usize end = text.find_first_of(kBlank, begin);
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlank, end);
  }
  return words;
}

tl::unexpected<Error> not_understood(std::string_view what, std::string_view word) {
  return fail(ErrorCode::InvalidArgument, std::string(what) + ": " + std::string(word));
}

// Stores the value if the field can hold it.
template <class Field>
bool store(Field& field, u128 value) {
  if (value > static_cast<Field>(~Field{0})) return false;
  field = static_cast<Field>(value);
  return true;
}

template <class Event>
bool set_flag_bit(Event& event, u128 bit) {
  if (bit >= 16) return false;
  event.flags |= static_cast<u16>(1u << static_cast<u32>(bit));
  return true;
}

// The fields that both kinds of event have.
template <class Event>
bool set_shared_field(Event& event, std::string_view key, u128 value) {
  if (key == "ud128") return store(event.user_data_128, value);
  if (key == "ud64") return store(event.user_data_64, value);
  if (key == "ud32") return store(event.user_data_32, value);
  if (key == "ledger") return store(event.ledger, value);
  if (key == "code") return store(event.code, value);
  if (key == "timestamp") return store(event.timestamp, value);
  if (key == "flag_bit") return set_flag_bit(event, value);
  return false;
}

bool set_field(Account& account, std::string_view key, u128 value) {
  if (key == "reserved") return store(account.reserved, value);
  if (key == "dp") return store(account.debits_pending, value);
  if (key == "dpo") return store(account.debits_posted, value);
  if (key == "cp") return store(account.credits_pending, value);
  if (key == "cpo") return store(account.credits_posted, value);
  return set_shared_field(account, key, value);
}

bool set_field(Transfer& transfer, std::string_view key, u128 value) {
  if (key == "amount") return store(transfer.amount, value);
  if (key == "pending_id") return store(transfer.pending_id, value);
  if (key == "timeout") return store(transfer.timeout, value);
  return set_shared_field(transfer, key, value);
}

bool set_flag(Account& account, std::string_view name) {
  if (name == "linked") return set_flag_bit(account, 0);
  if (name == "debits_must_not_exceed_credits") return set_flag_bit(account, 1);
  if (name == "credits_must_not_exceed_debits") return set_flag_bit(account, 2);
  if (name == "history") return set_flag_bit(account, 3);
  return false;
}

bool set_flag(Transfer& transfer, std::string_view name) {
  return name == "linked" && set_flag_bit(transfer, 0);
}

// The words that follow an event's ids: flags and key=value.
template <class Event>
Status set_fields(Event& event, const TableLine& line, usize first) {
  for (usize index = first; index < line.words.size(); ++index) {
    const std::string_view word = line.words[index];
    const usize equals = word.find('=');
    if (equals == std::string_view::npos) {
      if (!set_flag(event, word)) return not_understood("not a flag", word);
      continue;
    }
    const Result<u128> value = parse_number(word.substr(equals + 1));
    if (!value) return tl::unexpected<Error>(value.error());
    if (!set_field(event, word.substr(0, equals), *value)) {
      return not_understood("no such field, or too large for it", word);
    }
  }
  return {};
}

void subtract(WideSum& sum, u64 value) {
  for (u64& word : sum.words) {
    const u64 before = word;
    word -= value;
    value = word > before ? 1 : 0;
  }
}

Result<WideSum> parse_power_of_two(std::string_view word) {
  const usize sign = word.find_first_of("+-");
  const std::optional<u128> exponent = parse_u128(word.substr(2, sign - 2));
  if (!exponent || *exponent >= 192) return not_understood("not a power of two", word);
  WideSum sum;
  sum.words[static_cast<usize>(*exponent) / 64] = u64{1} << (*exponent % 64);
  if (sign == std::string_view::npos) return sum;

  const std::optional<u128> addend = parse_u128(word.substr(sign + 1));
  if (!addend || *addend > std::numeric_limits<u64>::max()) {
    return not_understood("not a small number behind the power of two", word);
  }
  if (word[sign] == '+') {
    sum.add(*addend);
  } else {
    subtract(sum, static_cast<u64>(*addend));
  }
  return sum;
}

}  // namespace

TableLine cut_line(u32 number, std::string_view text) {
  TableLine line{number, text, {}, {}, {}};
  std::vector<std::string_view> words = split_words(text);
  if (words.empty() || words[0].starts_with('#')) return line;
  line.kind = words[0];
  usize arrow = words.size();
  for (usize index = 1; index < words.size(); ++index) {
    if (words[index] == "->") arrow = index;
  }
  line.words.assign(words.begin() + 1, words.begin() + static_cast<std::ptrdiff_t>(arrow));
  if (arrow < words.size()) {
    line.expected.assign(words.begin() + static_cast<std::ptrdiff_t>(arrow) + 1, words.end());
  }
  return line;
}

Result<WideSum> parse_wide(std::string_view word) {
  if (word.starts_with('A') || word.starts_with('T')) word.remove_prefix(1);
  if (word.starts_with("2^")) return parse_power_of_two(word);
  const std::optional<u128> number = word == "max" ? kU128Max : parse_u128(word);
  if (!number) return not_understood("not a number", word);
  WideSum sum;
  sum.add(*number);
  return sum;
}

Result<u128> parse_number(std::string_view word) {
  const Result<WideSum> wide = parse_wide(word);
  if (!wide) return tl::unexpected<Error>(wide.error());
  if (wide->words[2] != 0) return not_understood("more than 128 bits", word);
  return make_u128(wide->words[1], wide->words[0]);
}

Result<Account> parse_account(const TableLine& line) {
  if (line.words.empty()) return not_understood("expected an account's id", line.text);
  const Result<u128> id = parse_number(line.words[0]);
  if (!id) return tl::unexpected<Error>(id.error());
  Account account{};
  account.id = *id;
  account.ledger = 1;
  account.code = 1;
  RETURN_IF_ERROR(set_fields(account, line, 1));
  return account;
}

Result<Transfer> parse_transfer(const TableLine& line) {
  if (line.words.size() < 4 || line.words[2] != "->") {
    return not_understood("expected: transfer T1 A1 -> A2 … -> outcome", line.text);
  }
  const Result<u128> id = parse_number(line.words[0]);
  const Result<u128> debit = parse_number(line.words[1]);
  const Result<u128> credit = parse_number(line.words[3]);
  if (!id || !debit || !credit) return not_understood("not an id", line.text);
  Transfer transfer{};
  transfer.id = *id;
  transfer.debit_account_id = *debit;
  transfer.credit_account_id = *credit;
  transfer.amount = 1;
  transfer.ledger = 1;
  transfer.code = 1;
  RETURN_IF_ERROR(set_fields(transfer, line, 4));
  return transfer;
}

}  // namespace florin::test
