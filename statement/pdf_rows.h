// What a printed statement says about an entry or a hold, line by line.
#pragma once

#include <string>
#include <vector>

#include "statement/pdf_sheet.h"
#include "statement/statement.h"

namespace florin::statement::pdf {

struct Line {
  Style style;
  std::string text;
};

// The kind of transaction, the counterparty, the references; as many lines as `width` makes of it.
std::vector<Line> lines_of(const Sheet& sheet, const Entry& entry, double width);
std::vector<Line> lines_of(const Sheet& sheet, const Hold& hold, double width);

// Of a row, from the top of the first line to the bottom of the last one.
double height_of(const std::vector<Line>& lines);
double leading_of(const Line& line);

// "+12.34" or "-12.34"; zero has no sign.
std::string moved_amount(u128 amount, bool credit, u32 decimals);

}  // namespace florin::statement::pdf
