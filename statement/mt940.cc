// Fields, and their spreading over messages.
#include "statement/mt940.h"

#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/int128.h"
#include "money/amount.h"
#include "statement/calendar.h"
#include "statement/swift_text.h"
#include "statement/written_values.h"

namespace florin::statement {

namespace {

constexpr usize kReferenceCharactersMax = 16;  // 16x
constexpr usize kAmountCharactersMax = 15;     // 15d
constexpr usize kLineCharactersMax = 65;       // 6*65x
constexpr usize kInformationLinesMax = 6;
constexpr usize kNameCharactersMax = 70;
constexpr u64 kNumberMax = 99'999;  // 5n
constexpr std::string_view kLineEnd = "\r\n";

// :20:, :25:, :28C:, :60a: and :62a:, :64:, '-' at their longest, line ends included.
constexpr usize kFrameCharactersMax =
    (4 + 16 + 2) + (4 + 35 + 2) + (5 + 11 + 2) + 2 * (5 + 25 + 2) + (4 + 25 + 2) + (1 + 2);
constexpr usize kEntriesCharactersMax = kMt940CharactersMax - kFrameCharactersMax;

std::string short_date(const Day& day) {  // YYMMDD
  return fmt::format("{:02}{:02}{:02}", day.year % 100, day.month, day.day);
}

// With a comma, which is there even when no decimals are behind it.
Result<std::string> mt940_amount(u128 amount, u32 decimals, std::string_view whose) {
  std::string text = money::format_amount(amount, decimals);
  if (decimals == 0) {
    text += ',';
  } else {
    text[text.size() - decimals - 1] = ',';
  }
  if (text.size() <= kAmountCharactersMax) return text;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} is {}; MT940 writes {} characters at most, with the comma", whose,
                          text, kAmountCharactersMax));
}

// D and C are debits and credits; RC and RD reverse a credit, which is a debit, and a debit.
std::string_view direction_mark(const Entry& entry) {
  if (entry.reversal) return entry.credit ? "RD" : "RC";
  return entry.credit ? "C" : "D";
}

Result<std::string> transaction_type(const Entry& entry) {
  if (entry.kind.mt940.empty()) return std::string("MSC");
  bool is_type = entry.kind.mt940.size() == 3;
  for (const char each : entry.kind.mt940) {
    is_type = is_type && ((each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9'));
  }
  if (is_type) return entry.kind.mt940;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{}: code {} has '{}' as its type of MT940; expected three capital "
                          "letters or digits, such as TRF",
                          name_of(entry), entry.code, entry.kind.mt940));
}

// Behind the last '/WORD/': slashes of the text itself would begin another word.
void append_words(std::string& line, std::string_view word, std::string_view value,
                  usize characters_max) {
  std::string text = swift_text(value);
  for (char& each : text) {
    if (each == '/') each = ' ';
  }
  text = swift_text(text).substr(0, characters_max);
  if (!text.empty()) line += fmt::format("/{}/{}", word, text);
}

std::string information(const Entry& entry) {
  const Party& party = entry.counterparty;
  std::string text;
  append_words(text, "TRTP", entry.kind.text, kNameCharactersMax);
  if (!party.iban.empty()) {
    append_words(text, "IBAN", party.iban, kIdentifierCharactersMax);
  } else if (party.account_id != 0) {
    append_words(text, "ACCT", identifier_text(party.account_id), kIdentifierCharactersMax);
  }
  append_words(text, "NAME", party.name, kNameCharactersMax);
  if (entry.user_data_128 != 0) {
    append_words(text, "EREF", identifier_text(entry.user_data_128), kIdentifierCharactersMax);
  }
  append_words(text, "ID", identifier_text(entry.transfer_id), kIdentifierCharactersMax);
  if (entry.reverses_or_posts != 0) {
    append_words(text, "ORIG", identifier_text(entry.reverses_or_posts), kIdentifierCharactersMax);
  }
  return text;
}

// :61: and :86:
Result<std::string> entry_fields(const Statement& statement, const Entry& entry) {
  const Result<std::string> amount =
      mt940_amount(entry.amount, statement.decimals, "the amount of " + name_of(entry));
  RETURN_IF_ERROR(amount);
  const Result<std::string> type = transaction_type(entry);
  RETURN_IF_ERROR(type);
  RETURN_IF_ERROR(check_iban(entry.counterparty, "MT940"));
  const std::string id = identifier_text(entry.transfer_id);
  std::string text = fmt::format(
      ":61:{}{:02}{:02}{}{}N{}{}", short_date(entry.booked), entry.booked.month, entry.booked.day,
      direction_mark(entry), *amount, *type, id.size() <= kReferenceCharactersMax ? id : "NONREF");
  const std::string place = place_text(entry.place);
  if (place.size() <= kReferenceCharactersMax) text += "//" + place;
  text += kLineEnd;
  text += ":86:";
  for (const std::string& line :
       swift_lines(information(entry), kLineCharactersMax, kInformationLinesMax)) {
    text += line;
    text += kLineEnd;
  }
  return text;
}

// C or D, date, currency, amount.
Result<std::string> mt940_balance(const Statement& statement, const Signed& balance,
                                  const Day& day) {
  const Result<std::string> amount =
      mt940_amount(balance.magnitude, statement.decimals,
                   fmt::format("a balance of statement {}", statement.id));
  RETURN_IF_ERROR(amount);
  return fmt::format("{}{}{}{}", balance.negative ? 'D' : 'C', short_date(day), statement.currency,
                     *amount);
}

// What one message holds beside what all of them do.
struct Message {
  std::string entries;
  std::string opening;  // :60a:
  std::string closing;  // :62a:
};

// Fills messages with as many entries as they take; each begins with the balance that the one
// before it ended with.
Result<std::vector<Message>> spread(const Statement& statement) {
  std::vector<Message> messages(1);
  Result<std::string> balance = mt940_balance(statement, statement.opening,
                                              day_of_number(day_number(statement.first_day) - 1));
  RETURN_IF_ERROR(balance);
  messages.back().opening = *balance;
  const Entry* last = nullptr;
  for (const Entry& entry : statement.entries) {
    const Result<std::string> fields = entry_fields(statement, entry);
    RETURN_IF_ERROR(fields);
    CHECK(fields->size() <= kEntriesCharactersMax);
    if (messages.back().entries.size() + fields->size() > kEntriesCharactersMax) {
      balance = mt940_balance(statement, last->balance, last->booked);
      RETURN_IF_ERROR(balance);
      messages.back().closing = *balance;
      messages.push_back({.entries = {}, .opening = *balance, .closing = {}});
    }
    messages.back().entries += *fields;
    last = &entry;
  }
  balance = mt940_balance(statement, statement.closing, statement.last_day);
  RETURN_IF_ERROR(balance);
  messages.back().closing = *balance;
  return messages;
}

void append_field(std::string& text, std::string_view tag, std::string_view value) {
  text += fmt::format(":{}:{}{}", tag, value, kLineEnd);
}

Status check_statement(const Statement& statement) {
  RETURN_IF_ERROR(check_currency(statement.currency, statement.ledger, "MT940"));
  RETURN_IF_ERROR(check_iban(statement.account, "MT940"));
  if (statement.number_in_year <= kNumberMax) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("statement {} has the number {}; MT940 counts to {}", statement.id,
                          statement.number_in_year, kNumberMax));
}

}  // namespace

Result<std::string> write_mt940(const Statement& statement) {
  RETURN_IF_ERROR(check_statement(statement));
  const Result<std::vector<Message>> messages = spread(statement);
  RETURN_IF_ERROR(messages);
  if (messages->size() > kNumberMax) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("statement {} needs {} messages; MT940 counts to {}", statement.id,
                            messages->size(), kNumberMax));
  }
  const Result<std::string> available =
      mt940_balance(statement, statement.available, statement.last_day);
  RETURN_IF_ERROR(available);
  const std::string reference = short_reference(swift_text(statement.id), kReferenceCharactersMax);
  std::string text;
  for (usize place = 0; place < messages->size(); ++place) {
    const Message& message = (*messages)[place];
    const bool last = place + 1 == messages->size();
    append_field(text, "20", reference);
    append_field(text, "25", account_text(statement.account));
    append_field(text, "28C", fmt::format("{}/{}", statement.number_in_year, place + 1));
    append_field(text, place == 0 ? "60F" : "60M", message.opening);
    text += message.entries;
    append_field(text, last ? "62F" : "62M", message.closing);
    if (last) append_field(text, "64", *available);
    text += "-\r\n";
  }
  return text;
}

}  // namespace florin::statement
