#include "statement/pdf_pages.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/int128.h"
#include "statement/pdf_design.h"
#include "statement/pdf_text.h"

namespace florin::statement::pdf {
namespace {

// Where a window envelope shows the address (DIN 5008, form B), and the marks for folding into it.
constexpr double kWindowWidth = millimetres(80);
constexpr double kSenderBaseline = millimetres(60.5);
constexpr double kAddressBaseline = millimetres(67.2);
constexpr double kAddressLeading = 13.5;
constexpr usize kAddressLinesMax = 6;

constexpr double kFactsLeft = millimetres(117);
constexpr double kFactsValueLeft = kFactsLeft + 58;
constexpr double kFactsBaseline = millimetres(51);
constexpr double kFactsLeading = 15;

constexpr double kTitleBaseline = millimetres(106);
constexpr double kSummaryTop = millimetres(113);
constexpr double kSummaryRow = 40;
constexpr double kSummaryPadding = 10;
constexpr double kSummarySizeMin = 7.5;

struct Fact {
  std::string_view label;
  std::string value;
};

struct Cell {
  std::string label;
  std::string amount;
  Colour colour;
};

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

void compose_marks(Sheet& sheet) {
  for (const double y : {105.0, 148.5, 210.0}) {
    const double length = y == 148.5 ? 5 : 3;  // The middle one is for the punch.
    sheet.fill({{millimetres(4), millimetres(y)}, millimetres(length), 0.3}, kRule);
  }
}

void compose_letterhead(Sheet& sheet, const Bank& bank) {
  const double baseline = millimetres(23);
  sheet.text({kLeft, baseline}, kBankName, bank.name, kWidth);
  sheet.fill({{kLeft, baseline + 9}, kWidth, 0.9}, kAccent);
}

void compose_address(Sheet& sheet, const Statement& statement) {
  std::vector<std::string> sender = {statement.bank.name};
  sender.insert(sender.end(), statement.bank.address.begin(), statement.bank.address.end());
  const std::string line = joined(sender, " · ");
  const Style style = {Weight::Regular, 6.5, kGrey};
  sheet.text({kLeft, kSenderBaseline}, style, line, kWindowWidth);
  const double width = std::min(sheet.width(line, style), kWindowWidth);
  if (!line.empty()) sheet.fill({{kLeft, kSenderBaseline + 2.5}, width, 0.3}, kGrey);

  std::vector<std::string> lines = {statement.account.name};
  lines.insert(lines.end(), statement.account.address.begin(), statement.account.address.end());
  std::erase(lines, "");
  if (lines.size() > kAddressLinesMax) lines.resize(kAddressLinesMax);
  double baseline = kAddressBaseline;
  for (const std::string& address_line : lines) {
    sheet.text({kLeft, baseline}, kAddress, address_line, kWindowWidth);
    baseline += kAddressLeading;
  }
}

std::vector<Fact> facts_of(const Statement& statement) {
  std::vector<Fact> facts;
  if (statement.number != 0)
    facts.push_back({"Statement", fmt::format("No. {}", statement.number)});
  facts.push_back({"Period", date_range(statement.first_day, statement.last_day)});
  facts.push_back({"Account", to_decimal(statement.account.account_id)});
  if (!statement.account.iban.empty())
    facts.push_back({"IBAN", grouped_iban(statement.account.iban)});
  if (!statement.bank.bic.empty()) facts.push_back({"BIC", statement.bank.bic});
  facts.push_back({"Currency", statement.currency});
  return facts;
}

void compose_facts(Sheet& sheet, const Statement& statement) {
  double baseline = kFactsBaseline;
  for (const Fact& fact : facts_of(statement)) {
    sheet.text({kFactsLeft, baseline}, kMuted, fact.label, kFactsValueLeft - kFactsLeft);
    const double width = kRight - kFactsValueLeft;
    const Style style = sheet.shrunk(kBody, fact.value, width, kNumberSizeMin);
    sheet.text({kFactsValueLeft, baseline}, style, fact.value, width);
    baseline += kFactsLeading;
  }
}

std::vector<Cell> summary_cells(const Statement& statement) {
  const u32 decimals = statement.decimals;
  const auto balance = [&](std::string label, const Signed& amount) {
    return Cell{std::move(label), signed_amount(amount, decimals),
                amount.negative ? kNegative : kInk};
  };
  const auto side = [&](std::string_view label, std::string_view sign, const SideTotals& totals) {
    return Cell{
        fmt::format("{} ({})", label, totals.count),
        fmt::format("{}{}", totals.sum == 0 ? "" : sign, grouped_amount(totals.sum, decimals)),
        kInk};
  };
  return {balance("Opening balance", statement.opening), side("Credits", "+", statement.credits),
          side("Debits", "-", statement.debits), balance("Closing balance", statement.closing)};
}

// Balances and totals side by side; in two rows when the amounts are too long for one.
double compose_summary(Sheet& sheet, const Statement& statement) {
  const Style style = {Weight::Bold, 11.5, kInk};
  const std::vector<Cell> cells = summary_cells(statement);
  double widest = 0;
  for (const Cell& cell : cells) widest = std::max(widest, sheet.amount_width(cell.amount, style));
  usize columns = cells.size();
  const auto room = [&] { return kWidth / static_cast<double>(columns) - 2 * kSummaryPadding; };
  if (style.size * room() / widest < kSummarySizeMin) columns /= 2;
  const double size = std::min(style.size, style.size * room() / widest);

  const double rows = static_cast<double>(cells.size() / columns);
  sheet.fill({{kLeft, kSummaryTop}, kWidth, rows * kSummaryRow}, kTint);
  sheet.fill({{kLeft, kSummaryTop}, 2.2, rows * kSummaryRow}, kAccent);
  for (usize i = 0; i < cells.size(); ++i) {
    const double width = kWidth / static_cast<double>(columns);
    const double x = kLeft + static_cast<double>(i % columns) * width + kSummaryPadding;
    const double y = kSummaryTop + static_cast<double>(i / columns) * kSummaryRow;
    sheet.text({x, y + 15}, kLabel, cells[i].label, width - kSummaryPadding);
    const Style amount = with_colour(with_size(style, size), cells[i].colour);
    sheet.amount({x, y + 30}, amount, cells[i].amount);
  }
  return kSummaryTop + rows * kSummaryRow;
}

}  // namespace

double compose_first_page(Sheet& sheet, const Statement& statement) {
  sheet.add_page();
  compose_marks(sheet);
  compose_letterhead(sheet, statement.bank);
  compose_address(sheet, statement);
  compose_facts(sheet, statement);
  sheet.text({kLeft, kTitleBaseline}, kTitle, "Account statement", kWidth);
  sheet.text_to({kRight, kTitleBaseline}, with_size(kMuted, 10),
                date_range(statement.first_day, statement.last_day), kWidth / 2);
  return compose_summary(sheet, statement) + 16;
}

double compose_next_page(Sheet& sheet, const Statement& statement) {
  sheet.add_page();
  const double baseline = millimetres(19);
  sheet.text({kLeft, baseline}, {Weight::Bold, 9.5, kAccent}, statement.bank.name, kWidth * 0.36);
  const std::string line = joined({account_of(statement.account), title_of(statement)}, " · ");
  sheet.text_to({kRight, baseline}, kMuted, line, kWidth * 0.62);
  sheet.fill({{kLeft, baseline + 6}, kWidth, 0.9}, kAccent);
  return baseline + 22;
}

void compose_feet(Sheet& sheet, const Statement& statement) {
  const double top = millimetres(281), baseline = top + 12;
  const std::string bank =
      joined({statement.bank.name,
              statement.bank.bic.empty() ? std::string() : "BIC " + statement.bank.bic,
              statement.id.empty() ? std::string() : "Statement " + statement.id},
             " · ");
  for (usize page = 0; page < sheet.page_count(); ++page) {
    sheet.turn_to(page);
    sheet.fill({{kLeft, top}, kWidth, kHairline}, kRule);
    sheet.text({kLeft, baseline}, kSmall, bank, kWidth * 0.8);
    sheet.text_to({kRight, baseline}, kSmall,
                  fmt::format("Page {} of {}", page + 1, sheet.page_count()), kWidth * 0.2);
  }
}

std::string title_of(const Statement& statement) {
  const std::string period = date_range(statement.first_day, statement.last_day);
  if (statement.number == 0) return "Statement of " + period;
  return fmt::format("Statement no. {}, {}", statement.number, period);
}

std::string signed_amount(const Signed& amount, u32 decimals) {
  return (amount.negative ? "-" : "") + grouped_amount(amount.magnitude, decimals);
}

std::string account_of(const Party& party) {
  return party.iban.empty() ? "Account " + to_decimal(party.account_id) : grouped_iban(party.iban);
}

}  // namespace florin::statement::pdf
