#include "statement/statement_csv.h"

#include <charconv>

#include "base/int128.h"
#include "statement/calendar.h"
#include "statement/signed_amount.h"

namespace florin::statement {

namespace {

constexpr std::string_view kCsvHeader =
    "row,statement,account_id,account_name,account_iban,currency,number,date,value_date,time,"
    "amount,"
    "balance,counterparty_id,counterparty_name,counterparty_iban,code,description,reversal,"
    "transfer_id,related_id,position,index,expires_at,user_data_128,user_data_64,user_data_32\r\n";

// The cells of one row, in the order of the header.
class CsvRow {
 public:
  CsvRow(std::string_view row, const std::string& beginning, std::string& text) : text_(text) {
    text_ += row;
    text_ += beginning;
  }
  ~CsvRow() { text_ += "\r\n"; }
  CsvRow(const CsvRow&) = delete;
  CsvRow& operator=(const CsvRow&) = delete;

  CsvRow& plain(std::string_view cell) {
    text_ += ',';
    text_ += cell;
    return *this;
  }
  CsvRow& number(u128 value) {
    text_ += ',';
    if (high_half(value) != 0) {
      text_ += to_decimal(value);
      return *this;
    }
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), low_half(value)).ptr;
    text_.append(std::begin(digits), end);
    return *this;
  }
  CsvRow& number_or_none(u128 value) { return value == 0 ? plain("") : number(value); }
  CsvRow& amount(const Signed& value, u32 decimals) { return plain(signed_text(value, decimals)); }
  CsvRow& none(u32 cells) {
    text_.append(cells, ',');
    return *this;
  }
  CsvRow& prose(std::string_view cell);

 private:
  std::string& text_;
};

// What a person wrote. Spreadsheets take a cell that begins like a formula for one: an apostrophe
// before it makes it a text.
CsvRow& CsvRow::prose(std::string_view cell) {
  constexpr std::string_view kFormulas = "=+-@\t\r";
  text_ += ',';
  const bool guarded = !cell.empty() && kFormulas.find(cell.front()) != std::string_view::npos;
  const bool quoted = cell.find_first_of("\",\r\n") != std::string_view::npos ||
                      cell.starts_with(' ') || cell.ends_with(' ');
  if (quoted) text_ += '"';
  if (guarded) text_ += '\'';
  for (const char letter : cell) {
    if (letter == '"') text_ += '"';
    text_ += letter;
  }
  if (quoted) text_ += '"';
  return *this;
}

Signed amount_of(u128 amount, bool credit) { return {amount, !credit && amount != 0}; }

void add_balance_row(std::string_view row, const std::string& beginning, const Day& day,
                     const Signed& balance, u32 decimals, std::string& text) {
  CsvRow(row, beginning, text)
      .none(1)
      .plain(date_text(day))
      .none(3)
      .amount(balance, decimals)
      .none(14);
}

void add_entry_row(const Entry& entry, const std::string& beginning, u32 decimals,
                   std::string& text) {
  const std::string day = date_text(entry.booked);
  CsvRow row("entry", beginning, text);
  row.number(entry.number).plain(day).plain(day).plain(moment_text(entry.timestamp));
  row.amount(amount_of(entry.amount, entry.credit), decimals).amount(entry.balance, decimals);
  row.number(entry.counterparty.account_id).prose(entry.counterparty.name);
  row.plain(entry.counterparty.iban).number(entry.code).prose(entry.kind.text);
  row.plain(entry.reversal ? "yes" : "").number(entry.transfer_id);
  row.number_or_none(entry.reverses_or_posts);
  row.number(entry.place.position).number(entry.place.index).none(1);
  row.number(entry.user_data_128).number(entry.user_data_64).number(entry.user_data_32);
}

void add_hold_row(const Hold& hold, const std::string& beginning, u32 decimals, std::string& text) {
  CsvRow row("hold", beginning, text);
  row.none(1).plain(date_text(hold.made)).none(1).plain(moment_text(hold.timestamp));
  row.amount(amount_of(hold.amount, hold.credit), decimals).none(1);
  row.number(hold.counterparty.account_id).prose(hold.counterparty.name);
  row.plain(hold.counterparty.iban).number(hold.code).prose(hold.kind.text).none(1);
  row.number(hold.transfer_id).none(3);
  row.plain(hold.expires_at == 0 ? "" : moment_text(hold.expires_at)).none(3);
}

}  // namespace

void append_csv_header(std::string& text) { text += kCsvHeader; }

void append_csv_rows(const Statement& statement, std::string& text) {
  std::string beginning;  // What all rows have.
  {
    CsvRow row("", "", beginning);
    row.plain(statement.id).number(statement.account.account_id).prose(statement.account.name);
    row.plain(statement.account.iban).prose(statement.currency);
  }
  beginning.resize(beginning.size() - 2);  // The end of the line.
  const u32 decimals = statement.decimals;
  add_balance_row("opening", beginning, statement.first_day, statement.opening, decimals, text);
  for (const Entry& entry : statement.entries) add_entry_row(entry, beginning, decimals, text);
  add_balance_row("closing", beginning, statement.last_day, statement.closing, decimals, text);
  add_balance_row("available", beginning, statement.last_day, statement.available, decimals, text);
  for (const Hold& hold : statement.holds) add_hold_row(hold, beginning, decimals, text);
}

}  // namespace florin::statement
