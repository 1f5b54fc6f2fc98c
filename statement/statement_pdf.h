// A statement as a PDF: A4, for a window envelope and for a screen. The same statement makes the
// same bytes, whenever and wherever it is made with the same fonts and the same libharu.
#pragma once

#include <string>

#include "base/result.h"
#include "statement/statement.h"

namespace florin::statement {

struct PdfOptions {
  // TrueType fonts for text beyond western Europe's; not opened when there is none.
  std::string font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
  std::string bold_font = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf";
};

// The whole file. Any number of threads may make PDFs at once. Fails when a font is needed and
// cannot be read (the error names it), and with Capacity when memory or the 32,767 pages that a
// document can have do not suffice.
Result<std::string> pdf_of(const Statement& statement, const PdfOptions& options = {});

}  // namespace florin::statement
