#include "statement/pdf_rows.h"

#include <fmt/core.h>

#include "base/int128.h"
#include "statement/pdf_design.h"
#include "statement/pdf_pages.h"
#include "statement/pdf_text.h"

namespace florin::statement::pdf {
namespace {

std::string kind_of(const TransactionKind& kind, u16 code) {
  return kind.text.empty() ? fmt::format("Transfer, code {}", code) : kind.text;
}

// In one line if there is room, so that a long name does not hide the IBAN.
void append_counterparty(std::vector<Line>& lines, const Sheet& sheet, const Party& party,
                         double width) {
  const std::string account = account_of(party);
  const Line account_line = {sheet.shrunk(kMuted, account, width, kNumberSizeMin), account};
  if (party.name.empty()) {
    lines.push_back(account_line);
    return;
  }
  const std::string both = party.name + " · " + account;
  if (sheet.width(both, kMuted) <= width) {
    lines.push_back({kMuted, both});
    return;
  }
  lines.push_back({kMuted, party.name});
  lines.push_back(account_line);
}

// As many in a line as there is room for.
void append_references(std::vector<Line>& lines, const Sheet& sheet,
                       const std::vector<std::string>& references, double width) {
  const auto append = [&](const std::string& line) {
    lines.push_back({sheet.shrunk(kSmall, line, width, kNumberSizeMin), line});
  };
  std::string line;
  for (const std::string& reference : references) {
    const std::string longer = line.empty() ? reference : line + " · " + reference;
    if (!line.empty() && sheet.width(longer, kSmall) > width) {
      append(line);
      line = reference;
    } else {
      line = longer;
    }
  }
  if (!line.empty()) append(line);
}

std::vector<std::string> references_of(const Entry& entry) {
  std::vector<std::string> references = {"Transfer " + to_decimal(entry.transfer_id)};
  if (entry.reverses_or_posts != 0) {
    references.push_back((entry.reversal ? "Reverses " : "Captures ") +
                         to_decimal(entry.reverses_or_posts));
  }
  std::string data;
  for (const u128 number :
       {entry.user_data_128, u128{entry.user_data_64}, u128{entry.user_data_32}}) {
    if (number == 0) continue;
    data += (data.empty() ? "Reference " : " / ") + to_decimal(number);
  }
  if (!data.empty()) references.push_back(data);
  return references;
}

}  // namespace

std::vector<Line> lines_of(const Sheet& sheet, const Entry& entry, double width) {
  std::vector<Line> lines;
  const std::string kind = kind_of(entry.kind, entry.code);
  lines.push_back({kBody, entry.reversal ? "Reversal: " + kind : kind});
  append_counterparty(lines, sheet, entry.counterparty, width);
  append_references(lines, sheet, references_of(entry), width);
  return lines;
}

std::vector<Line> lines_of(const Sheet& sheet, const Hold& hold, double width) {
  std::vector<Line> lines = {{kBody, kind_of(hold.kind, hold.code)}};
  append_counterparty(lines, sheet, hold.counterparty, width);
  const std::string end = hold.expires_at == 0 ? "No expiry" : "Expires " + moment(hold.expires_at);
  append_references(lines, sheet, {"Hold " + to_decimal(hold.transfer_id), end}, width);
  return lines;
}

double leading_of(const Line& line) { return line.style.size + 2.6; }

double height_of(const std::vector<Line>& lines) {
  double height = 0;
  for (const Line& line : lines) height += leading_of(line);
  return height;
}

std::string moved_amount(u128 amount, bool credit, u32 decimals) {
  const std::string_view sign = amount == 0 ? "" : credit ? "+" : "-";
  return fmt::format("{}{}", sign, grouped_amount(amount, decimals));
}

}  // namespace florin::statement::pdf
