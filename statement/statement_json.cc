#include "statement/statement_json.h"

#include <charconv>

#include <fmt/core.h>

#include "base/int128.h"
#include "statement/calendar.h"
#include "statement/signed_amount.h"

namespace florin::statement {

namespace {

// As canonical JSON has it (RFC 8785): these have short forms, other control characters a number.
constexpr std::string_view kEscaped = "\"\\\b\t\n\f\r";
constexpr std::string_view kEscapes = "\"\\btnfr";

// A JSON document as it is written, field by field.
class JsonText {
 public:
  explicit JsonText(std::string& text) : text_(text) {}

  void open(char bracket) {
    separate();
    text_ += bracket;
    first_ = true;
  }
  void open(std::string_view field, char bracket) {
    begin(field);
    text_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    first_ = false;
  }
  void word(std::string_view field, std::string_view value) {
    begin(field);
    append_quoted(value);
  }
  void word(std::string_view value) {
    separate();
    append_quoted(value);
  }
  void narrow(std::string_view field, u64 value) {
    begin(field);
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    text_.append(std::begin(digits), end);
  }
  void wide(std::string_view field, u128 value) { word(field, to_decimal(value)); }
  void truth(std::string_view field, bool value) {
    begin(field);
    text_ += value ? "true" : "false";
  }

 private:
  void separate() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  void begin(std::string_view field) {
    separate();
    append_quoted(field);
    text_ += ':';
  }
  void append_quoted(std::string_view value) {
    text_ += '"';
    for (const char letter : value) {
      const usize escape = kEscaped.find(letter);
      if (escape != std::string_view::npos) {
        text_ += '\\';
        text_ += kEscapes[escape];
      } else if (static_cast<u8>(letter) < 0x20) {
        text_ += fmt::format("\\u{:04x}", static_cast<u8>(letter));
      } else {
        text_ += letter;
      }
    }
    text_ += '"';
  }

  std::string& text_;
  bool first_ = true;
};

void add_lines(std::string_view field, const std::vector<std::string>& lines, JsonText& json) {
  json.open(field, '[');
  for (const std::string& line : lines) json.word(line);
  json.close(']');
}

void add_party(std::string_view field, const Party& party, JsonText& json) {
  json.open(field, '{');
  json.wide("id", party.account_id);
  json.word("name", party.name);
  json.word("iban", party.iban);
  add_lines("address", party.address, json);
  json.close('}');
}

void add_kind(u16 code, const TransactionKind& kind, JsonText& json) {
  json.narrow("code", code);
  json.word("description", kind.text);
  json.word("domain", kind.domain);
  json.word("family", kind.family);
  json.word("sub_family", kind.sub_family);
  json.word("mt940", kind.mt940);
}

void add_side(std::string_view field, const SideTotals& side, u32 decimals, JsonText& json) {
  json.open(field, '{');
  json.narrow("count", side.count);
  json.word("sum", money::format_amount(side.sum, decimals));
  json.close('}');
}

std::string text_of(u128 amount, bool credit, u32 decimals) {
  return signed_text({amount, !credit && amount != 0}, decimals);
}

void add_entry_object(const Entry& entry, u32 decimals, JsonText& json) {
  json.open('{');
  json.narrow("number", entry.number);
  json.wide("transfer_id", entry.transfer_id);
  json.word("position", std::to_string(entry.place.position));
  json.narrow("index", entry.place.index);
  json.word("timestamp", std::to_string(entry.timestamp));
  json.word("time", moment_text(entry.timestamp));
  json.word("date", date_text(entry.booked));
  json.word("value_date", date_text(entry.booked));
  json.word("amount", text_of(entry.amount, entry.credit, decimals));
  json.word("balance", signed_text(entry.balance, decimals));
  json.truth("reversal", entry.reversal);
  json.wide("related_id", entry.reverses_or_posts);
  add_kind(entry.code, entry.kind, json);
  add_party("counterparty", entry.counterparty, json);
  json.wide("user_data_128", entry.user_data_128);
  json.word("user_data_64", std::to_string(entry.user_data_64));
  json.narrow("user_data_32", entry.user_data_32);
  json.close('}');
}

void add_hold_object(const Hold& hold, u32 decimals, JsonText& json) {
  json.open('{');
  json.wide("transfer_id", hold.transfer_id);
  json.word("timestamp", std::to_string(hold.timestamp));
  json.word("time", moment_text(hold.timestamp));
  json.word("date", date_text(hold.made));
  json.word("expires_at", hold.expires_at == 0 ? "" : moment_text(hold.expires_at));
  json.word("amount", text_of(hold.amount, hold.credit, decimals));
  add_kind(hold.code, hold.kind, json);
  add_party("counterparty", hold.counterparty, json);
  json.close('}');
}

void add_head(const Statement& statement, JsonText& json) {
  json.word("statement", statement.id);
  json.word("period", statement.period);
  json.word("first_day", date_text(statement.first_day));
  json.word("last_day", date_text(statement.last_day));
  json.word("first_ns", std::to_string(statement.first_ns));
  json.word("last_ns", std::to_string(statement.last_ns));
  json.word("time_zone", statement.time_zone);
  json.narrow("number", statement.number);
  json.narrow("number_in_year", statement.number_in_year);
  json.word("created_at", moment_text(statement.created_at_ns));
  json.open("bank", '{');
  json.word("name", statement.bank.name);
  json.word("bic", statement.bank.bic);
  add_lines("address", statement.bank.address, json);
  json.close('}');
  add_party("account", statement.account, json);
  json.narrow("ledger", statement.ledger);
  json.word("currency", statement.currency);
  json.narrow("decimals", statement.decimals);
}

}  // namespace

void append_json_line(const Statement& statement, std::string& text) {
  JsonText json(text);
  const u32 decimals = statement.decimals;
  json.open('{');
  add_head(statement, json);
  json.word("opening", signed_text(statement.opening, decimals));
  json.word("closing", signed_text(statement.closing, decimals));
  json.word("available", signed_text(statement.available, decimals));
  add_side("credits", statement.credits, decimals, json);
  add_side("debits", statement.debits, decimals, json);
  json.open("entries", '[');
  for (const Entry& entry : statement.entries) add_entry_object(entry, decimals, json);
  json.close(']');
  json.open("holds", '[');
  for (const Hold& hold : statement.holds) add_hold_object(hold, decimals, json);
  json.close(']');
  json.close('}');
  text += '\n';
}

}  // namespace florin::statement
