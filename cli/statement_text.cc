#include "cli/statement_text.h"

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/value_text.h"
#include "statement/calendar.h"
#include "statement/signed_amount.h"

namespace florin::cli {

namespace {

using statement::Party;
using statement::Signed;
using statement::Statement;

// What a person wrote, in one line and without anything that a terminal would obey.
std::string line_of(std::string_view text) {
  std::string line;
  for (const char letter : text) {
    const u8 byte = static_cast<u8>(letter);
    line += byte < 0x20 || byte == 0x7f ? ' ' : letter;
  }
  return line;
}

std::string grouped_iban(const std::string& iban) {
  std::string text;
  for (usize index = 0; index < iban.size(); ++index) {
    if (index != 0 && index % 4 == 0) text += ' ';
    text += iban[index];
  }
  return text;
}

std::string party_text(const Party& party) {
  std::string text = florin::to_decimal(party.account_id);
  if (!party.name.empty()) text += " " + line_of(party.name);
  return text;
}

std::string heading(const Statement& statement, Colour colour) {
  std::string text;
  if (!statement.bank.name.empty()) {
    text += toned(colour, Tone::Strong, line_of(statement.bank.name)) + "\n";
  }
  text += statement.number == 0 ? "Statement" : fmt::format("Statement {}", statement.number);
  text += " of account " + party_text(statement.account);
  if (!statement.account.iban.empty()) text += ", " + grouped_iban(statement.account.iban);
  text += fmt::format("\n{} to {} ({}), {}\n\n", statement::date_text(statement.first_day),
                      statement::date_text(statement.last_day), statement.time_zone,
                      statement.currency);
  return text;
}

std::string side_text(const statement::SideTotals& side, std::string_view what, u32 decimals) {
  return fmt::format("{} {} of {}", with_thousands(side.count), what,
                     money::format_amount(side.sum, decimals));
}

}  // namespace

std::string statement_text(const Statement& statement, Colour colour) {
  const u32 decimals = statement.decimals;
  const auto amount = [&](const Signed& value) { return signed_text(value, decimals); };
  const auto moved = [&](u128 value, bool credit) {
    return amount({value, !credit && value != 0});
  };
  Table table({{"no", Align::Right},
               {"date"},
               {"what"},
               {"with"},
               {"amount", Align::Right},
               {"balance", Align::Right}});
  const auto add_balance = [&](const statement::Day& day, const char* what, const Signed& balance) {
    table.add({"",
               statement::date_text(day),
               {what, Tone::Strong},
               "",
               "",
               {amount(balance), Tone::Strong}});
  };
  add_balance(statement.first_day, "opening balance", statement.opening);
  for (const statement::Entry& entry : statement.entries) {
    table.add({std::to_string(entry.number), statement::date_text(entry.booked),
               line_of(entry.kind.text) + (entry.reversal ? " (reversal)" : ""),
               party_text(entry.counterparty), moved(entry.amount, entry.credit),
               amount(entry.balance)});
  }
  add_balance(statement.last_day, "closing balance", statement.closing);
  std::string text = heading(statement, colour) + table.render(colour);
  text +=
      fmt::format("\n{}, {}; available {} {}\n", side_text(statement.credits, "credits", decimals),
                  side_text(statement.debits, "debits", decimals), amount(statement.available),
                  statement.currency);
  if (statement.holds.empty()) return text;
  Table holds({{"on hold since"}, {"what"}, {"with"}, {"amount", Align::Right}, {"until (UTC)"}});
  for (const statement::Hold& hold : statement.holds) {
    holds.add({statement::date_text(hold.made), line_of(hold.kind.text),
               party_text(hold.counterparty), moved(hold.amount, hold.credit),
               hold.expires_at == 0 ? std::string() : time_text(Timestamp{hold.expires_at})});
  }
  return text + "\n" + holds.render(colour);
}

}  // namespace florin::cli
