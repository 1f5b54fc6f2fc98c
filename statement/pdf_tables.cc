#include "statement/pdf_tables.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "statement/pdf_design.h"
#include "statement/pdf_pages.h"
#include "statement/pdf_rows.h"
#include "statement/pdf_text.h"

namespace florin::statement::pdf {
namespace {

constexpr double kDateWidth = 58;
constexpr double kGap = 14;  // Between columns.
constexpr double kHeadHeight = 20;
constexpr double kBalanceRow = 20;
constexpr double kSumRow = 15;
constexpr double kPadding = 4.5;  // Above and below the lines of a row.
// Amounts and balances are set smaller rather than wider.
constexpr double kNumbersWidthMax = 270;
constexpr double kDetailsLeft = kLeft + kDateWidth;

// Of a table: where its numbers end, and how large they are.
struct Columns {
  double size = kBody.size;
  double amount_right = kRight;
  double balance_right = kRight;  // Not in a table of holds.
  double details_width = 0;
};

// A table that is being composed: writes its rows, goes on on new pages.
class Table {
 public:
  Table(Sheet& sheet, const Statement& statement, double top)
      : sheet_(sheet), statement_(statement), y_(top) {}

  double y() const { return y_; }
  bool has_room(double height) const { return y_ + height <= kBottom; }
  void space(double height) { y_ += height; }
  void next_page() { y_ = compose_next_page(sheet_, statement_); }

  void rule(Colour colour, double thickness) {
    sheet_.fill({{kLeft, y_ - thickness / 2}, kWidth, thickness}, colour);
  }

  void note(std::string_view text) {
    sheet_.text({kDetailsLeft, y_ + 16}, kMuted, text, kWidth - kDateWidth);
    y_ += 26;
    rule(kRule, kHairline);
  }

  void heading(std::string_view text) {
    sheet_.text({kLeft, y_ + 11}, kHeading, text, kWidth);
    y_ += 20;
  }

  void head(const Columns& columns, bool has_balance) {
    const double baseline = y_ + 12;
    const Style style = {Weight::Bold, 7.5, kGrey};
    const std::string unit = " (" + statement_.currency + ")";
    sheet_.text({kLeft, baseline}, style, "Date", kDateWidth);
    sheet_.text({kDetailsLeft, baseline}, style, "Details", columns.details_width);
    sheet_.text_to({columns.amount_right, baseline}, style, "Amount" + unit, 140);
    if (has_balance)
      sheet_.text_to({columns.balance_right, baseline}, style, "Balance" + unit, 140);
    y_ += kHeadHeight - 2;
    rule(kAccent, 0.8);
  }

  // A balance that is not that of an entry: opening, closing, carried.
  void balance(const Columns& columns, std::string_view text, const Signed& amount,
               bool is_strong) {
    if (is_strong) sheet_.fill({{kLeft, y_}, kWidth, kBalanceRow}, kTint);
    const double baseline = y_ + 13.2;
    const Style label = is_strong ? kBodyBold : with_size(kMuted, 8.5);
    sheet_.text({kDetailsLeft, baseline}, label, text, columns.details_width + 60);
    balance_amount(columns, baseline, is_strong ? Weight::Bold : Weight::Regular, amount);
    y_ += kBalanceRow;
    rule(kRule, kHairline);
  }

  void row(const Columns& columns, const std::string& date, const std::vector<Line>& lines,
           const std::string& amount, const Signed* balance_after) {
    double baseline = y_ + kPadding;
    for (const Line& line : lines) {
      baseline += leading_of(line);
      sheet_.text({kDetailsLeft, baseline - 2.6}, line.style, line.text, columns.details_width);
    }
    const double first = y_ + kPadding + kBody.size;
    sheet_.text({kLeft, first}, kBody, date, kDateWidth);
    const Colour colour = amount.starts_with('+') ? kCredit : kInk;
    sheet_.amount_to({columns.amount_right, first}, {Weight::Regular, columns.size, colour},
                     amount);
    if (balance_after != nullptr) {
      balance_amount(columns, first, Weight::Regular, *balance_after);
    }
    y_ += height_of(lines) + 2 * kPadding;
    rule(kRule, kHairline);
  }

  void sum(const Columns& columns, std::string_view text, const std::string& amount,
           bool is_strong) {
    const double baseline = y_ + 11;
    sheet_.text({kDetailsLeft, baseline}, is_strong ? kBodyBold : with_size(kMuted, 8.5), text,
                columns.details_width + 60);
    const Weight weight = is_strong ? Weight::Bold : Weight::Regular;
    const Colour colour = is_strong && amount.starts_with('-') ? kNegative : kInk;
    sheet_.amount_to({columns.balance_right, baseline}, {weight, columns.size, colour}, amount);
    y_ += kSumRow;
  }

 private:
  void balance_amount(const Columns& columns, double baseline, Weight weight,
                      const Signed& amount) {
    const Style style = {weight, columns.size, amount.negative ? kNegative : kInk};
    sheet_.amount_to({columns.balance_right, baseline}, style,
                     signed_amount(amount, statement_.decimals));
  }

  Sheet& sheet_;
  const Statement& statement_;
  double y_;
};

double head_width(const Sheet& sheet, std::string_view label, const Statement& statement) {
  return std::min(140.0, sheet.width(fmt::format("{} ({})", label, statement.currency),
                                     {Weight::Bold, 7.5, kGrey}));
}

Columns entry_columns(const Sheet& sheet, const Statement& statement) {
  const u32 decimals = statement.decimals;
  double amounts = 0, balances = 0;
  const auto widen = [&](double& width, const std::string& amount, const Style& style) {
    width = std::max(width, sheet.amount_width(amount, style));
  };
  for (const Entry& entry : statement.entries) {
    widen(amounts, moved_amount(entry.amount, entry.credit, decimals), kBody);
    widen(balances, signed_amount(entry.balance, decimals), kBody);
  }
  for (const Signed& amount : {statement.opening, statement.closing, statement.available}) {
    widen(balances, signed_amount(amount, decimals), kBodyBold);
  }
  for (const SideTotals& totals : {statement.credits, statement.debits}) {
    widen(balances, "-" + grouped_amount(totals.sum, decimals), kBody);
  }
  Columns columns;
  const double factor = std::min(1.0, (kNumbersWidthMax - kGap) / (amounts + balances));
  columns.size = kBody.size * factor;
  columns.amount_right =
      kRight - kGap - std::max(balances * factor, head_width(sheet, "Balance", statement));
  const double amount_width = std::max(amounts * factor, head_width(sheet, "Amount", statement));
  columns.details_width = columns.amount_right - amount_width - kGap - kDetailsLeft;
  return columns;
}

Columns hold_columns(const Sheet& sheet, const Statement& statement) {
  double amounts = head_width(sheet, "Amount", statement);
  for (const Hold& hold : statement.holds) {
    const std::string amount = moved_amount(hold.amount, hold.credit, statement.decimals);
    amounts = std::max(amounts, sheet.amount_width(amount, kBody));
  }
  Columns columns;
  columns.details_width = kRight - amounts - kGap - kDetailsLeft;
  return columns;
}

void compose_closing(Table& table, const Columns& columns, const Statement& statement) {
  const u32 decimals = statement.decimals;
  const auto side = [&](std::string_view label, const SideTotals& totals) {
    return fmt::format("{}, {}", label, counted(totals.count, "entry", "entries"));
  };
  table.balance(columns, "Closing balance on " + long_date(statement.last_day), statement.closing,
                true);
  table.space(5);
  table.sum(columns, side("Total of credits", statement.credits),
            moved_amount(statement.credits.sum, true, decimals), false);
  table.sum(columns, side("Total of debits", statement.debits),
            moved_amount(statement.debits.sum, false, decimals), false);
  table.sum(
      columns,
      statement.holds.empty() ? "Available balance" : "Available balance, less outgoing holds",
      signed_amount(statement.available, decimals), true);
}

}  // namespace

double compose_entries(Sheet& sheet, const Statement& statement, double top) {
  static constexpr double kClosingHeight = kBalanceRow + 5 + 3 * kSumRow;
  const Columns columns = entry_columns(sheet, statement);
  Table table(sheet, statement, top);
  table.head(columns, true);
  table.balance(columns, "Opening balance on " + long_date(statement.first_day), statement.opening,
                false);
  const Signed* last = &statement.opening;
  const auto carry_over = [&] {
    table.balance(columns, "Carried forward", *last, false);
    table.next_page();
    table.head(columns, true);
    table.balance(columns, "Brought forward", *last, false);
  };
  for (const Entry& entry : statement.entries) {
    const std::vector<Line> lines = lines_of(sheet, entry, columns.details_width);
    // The closing balance does not stand on a page without an entry.
    const double behind = &entry == &statement.entries.back() ? kClosingHeight : kBalanceRow;
    if (!table.has_room(height_of(lines) + 2 * kPadding + behind)) carry_over();
    table.row(columns, short_date(entry.booked), lines,
              moved_amount(entry.amount, entry.credit, statement.decimals), &entry.balance);
    last = &entry.balance;
  }
  if (statement.entries.empty()) {
    table.note("There are no entries in this period.");
  }
  compose_closing(table, columns, statement);
  return table.y();
}

void compose_hold_totals(Table& table, const Columns& columns, const Statement& statement) {
  SideTotals incoming, outgoing;
  for (const Hold& hold : statement.holds) {
    SideTotals& totals = hold.credit ? incoming : outgoing;
    ++totals.count;
    totals.sum += hold.amount;
  }
  table.space(5);
  for (const bool credit : {false, true}) {
    const SideTotals& totals = credit ? incoming : outgoing;
    if (totals.count == 0) continue;
    table.sum(columns,
              fmt::format("Total of {}, {}", credit ? "incoming" : "outgoing",
                          counted(totals.count, "hold", "holds")),
              moved_amount(totals.sum, credit, statement.decimals), false);
  }
}

double compose_holds(Sheet& sheet, const Statement& statement, double top) {
  // A heading does not stand alone at the end of a page.
  static constexpr double kRoomMin = 18 + 20 + kHeadHeight + 60;
  static constexpr double kTotalsHeight = 5 + 2 * kSumRow;
  if (statement.holds.empty()) return top;
  Table table(sheet, statement, top);
  const Columns columns = hold_columns(sheet, statement);
  if (table.has_room(kRoomMin)) {
    table.space(18);
  } else {
    table.next_page();
  }
  table.heading("Open holds");
  table.head(columns, false);
  for (const Hold& hold : statement.holds) {
    const std::vector<Line> lines = lines_of(sheet, hold, columns.details_width);
    const double totals = &hold == &statement.holds.back() ? kTotalsHeight : 0;
    if (!table.has_room(height_of(lines) + 2 * kPadding + totals)) {
      table.next_page();
      table.head(columns, false);
    }
    table.row(columns, short_date(hold.made), lines,
              moved_amount(hold.amount, hold.credit, statement.decimals), nullptr);
  }
  compose_hold_totals(table, columns, statement);
  return table.y();
}

}  // namespace florin::statement::pdf
