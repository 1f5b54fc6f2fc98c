// Column widths count Unicode code points, which is enough for what Florin prints.
#include "cli/table.h"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "base/check.h"

namespace florin::cli {

namespace {

std::string_view escape_of(Tone tone) {
  switch (tone) {
    case Tone::Plain: return "";
    case Tone::Strong: return "\033[1m";
    case Tone::Faint: return "\033[2m";
    case Tone::Good: return "\033[32m";
    case Tone::Bad: return "\033[1;31m";
  }
  return "";
}

usize width_of(std::string_view text) {
  return static_cast<usize>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<u8>(byte) & 0xc0) != 0x80; }));
}

void append_padded(std::string& line, const Table::Cell& cell, Align align, usize width,
                   Colour colour) {
  const usize used = width_of(cell.text);
  const std::string padding(width - std::min(width, used), ' ');
  if (align == Align::Right) line += padding;
  line += toned(colour, cell.tone, cell.text);
  if (align == Align::Left) line += padding;
}

void end_line(std::string& text, std::string& line) {
  const usize last = line.find_last_not_of(' ');
  text.append(line, 0, last == std::string::npos ? 0 : last + 1);
  text += '\n';
  line.clear();
}

}  // namespace

Colour colour_for(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return Colour::Never;
  return ::isatty(descriptor) == 1 ? Colour::Always : Colour::Never;
}

std::string toned(Colour colour, Tone tone, std::string_view text) {
  const std::string_view escape = escape_of(tone);
  if (colour == Colour::Never || escape.empty()) return std::string(text);
  std::string painted(escape);
  painted += text;
  painted += "\033[0m";
  return painted;
}

void Table::add(std::vector<Cell> row) {
  CHECK(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::render(Colour colour, std::string_view indent) const {
  constexpr std::string_view kGap = "  ";
  std::vector<usize> shown;
  std::vector<usize> widths(columns_.size(), 0);
  for (usize i = 0; i < columns_.size(); ++i) {
    if (!shows(i)) continue;
    shown.push_back(i);
    usize width = width_of(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[i].text));
    widths[i] = width;
  }
  std::string text;
  std::string line;
  const auto append_row = [&](const auto& cell_of) {
    line = indent;
    for (const usize i : shown) {
      if (i != shown.front()) line += kGap;
      append_padded(line, cell_of(i), columns_[i].align, widths[i], colour);
    }
    end_line(text, line);
  };
  append_row([&](usize i) { return Cell(columns_[i].title, Tone::Strong); });
  append_row([&](usize i) { return Cell(std::string(widths[i], '-'), Tone::Faint); });
  for (const auto& row : rows_) append_row([&](usize i) -> const Cell& { return row[i]; });
  return text;
}

bool Table::shows(usize column) const {
  return !columns_[column].optional ||
         std::any_of(rows_.begin(), rows_.end(), [column](const auto& row) {
           return !row[column].text.empty() && row[column].text != "0";
         });
}

}  // namespace florin::cli
