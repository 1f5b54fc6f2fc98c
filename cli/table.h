// A table of text in aligned columns for a terminal: words to the left, numbers to the right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace florin::cli {

// How much a reader's terminal can show. Plain text goes everywhere.
enum class Colour : u8 { Never, Always };

// Colours where `descriptor` is a terminal and the environment has no NO_COLOR.
Colour colour_for(int descriptor);

enum class Tone : u8 { Plain, Strong, Faint, Good, Bad };

// The text in that tone, or as it is when colours are off.
std::string toned(Colour colour, Tone tone, std::string_view text);

enum class Align : u8 { Left, Right };

// A value type: add rows, then render.
class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::Left;
    bool optional = false;  // Left out when each of its cells is empty or "0".
  };
  struct Cell {
    std::string text;
    Tone tone = Tone::Plain;
    Cell(std::string cell_text, Tone cell_tone = Tone::Plain)  // Implicit: rows are lists of text.
        : text(std::move(cell_text)), tone(cell_tone) {}
    Cell(const char* cell_text) : text(cell_text) {}
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // A row has a cell for each column.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  // Whole lines, each beginning with `indent` and ending in a newline, without trailing spaces:
  // the titles, a rule, the rows.
  std::string render(Colour colour, std::string_view indent = "") const;

 private:
  bool shows(usize column) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace florin::cli
