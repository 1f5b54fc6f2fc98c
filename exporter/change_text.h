// Changes as lines of text, the same bytes for the same change for ever: NDJSON with names, and CSV
// with a column for each field. docs/exports.md lists the fields.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"
#include "exporter/change_page.h"

namespace florin::exporter {

enum class TextKind : u8 { Ndjson, Csv };

std::string_view name(TextKind kind);

// The line that a file begins with, its end included; empty for NDJSON.
std::string_view first_line(TextKind kind);

// Appends the change as one line, its end included.
void append_line(TextKind kind, const ChangePage& page, usize event, std::string& text);

}  // namespace florin::exporter
