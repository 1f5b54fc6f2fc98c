// Splits a row of delimited text (RFC 4180 and its relatives) into its cells. Plain rows, which are
// nearly all, are split here: their cells have no quotes, or quotes around them and none within.
// The others are libcsv's work, which reads bytes one by one and calls a function for each cell.
// docs/import.md has the figures.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

struct csv_parser;

namespace florin::importer {

enum class RowEnd : u8 {
  Whole,
  Open,       // A quote is still open: the row goes on with the next line.
  Malformed,  // A quote stands where none can be.
};

// Belongs to one thread.
class CsvCells {
 public:
  // `quote` '\0': quotes are letters like any other.
  CsvCells(char delimiter, char quote);
  ~CsvCells();
  CsvCells(const CsvCells&) = delete;
  CsvCells& operator=(const CsvCells&) = delete;

  // The row is without its line end. Spaces and tabs around a cell, outside its quotes, do not
  // belong to it.
  RowEnd split(std::string_view row);
  // The same by libcsv alone: what the former is compared with.
  RowEnd split_by_library(std::string_view row);
  // Of the last row, until the next one or the end of its text.
  const std::vector<std::string_view>& cells() const { return cells_; }

 private:
  static void take_cell(void* text, usize size, void* self);
  bool split_plain(std::string_view row);
  bool take_quoted(const char*& at, const char* end);
  bool take_unquoted(const char*& at, const char* end);
  bool is_blank_at(const char* at) const {
    return (*at == ' ' || *at == '\t') && *at != delimiter_;
  }

  char delimiter_;
  char quote_;
  std::unique_ptr<csv_parser> parser_;
  std::string unquoted_;  // Texts of the cells that libcsv told; reserved, so that it never moves.
  std::vector<std::string_view> cells_;
};

}  // namespace florin::importer
