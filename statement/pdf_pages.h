// The frame of a statement's pages: letterhead, address, facts and balances on the first page; a
// line that says what it is on the others; the foot of all, with "Page 2 of 3".
#pragma once

#include "statement/pdf_sheet.h"
#include "statement/statement.h"

namespace florin::statement::pdf {

// Both return where the page's contents may begin.
double compose_first_page(Sheet& sheet, const Statement& statement);
double compose_next_page(Sheet& sheet, const Statement& statement);

// Once all pages are composed.
void compose_feet(Sheet& sheet, const Statement& statement);

// "Statement no. 7, October 2026".
std::string title_of(const Statement& statement);

// "-1,234.56": with a sign when it is negative.
std::string signed_amount(const Signed& amount, u32 decimals);

// The IBAN in groups, or "Account 101".
std::string account_of(const Party& party);

}  // namespace florin::statement::pdf
