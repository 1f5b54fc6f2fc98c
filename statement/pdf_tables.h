// The tables of a statement: its entries with the balance after each, carried over from page to
// page, and the holds that are open.
#pragma once

#include "statement/pdf_sheet.h"
#include "statement/statement.h"

namespace florin::statement::pdf {

// From `top` of the last page on; adds pages. Returns where it ended, on the page that is then the
// last one.
double compose_entries(Sheet& sheet, const Statement& statement, double top);
double compose_holds(Sheet& sheet, const Statement& statement, double top);

}  // namespace florin::statement::pdf
