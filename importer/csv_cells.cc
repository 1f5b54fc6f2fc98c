#include "importer/csv_cells.h"

#include <csv.h>

#include "base/check.h"
#include "importer/value_rule.h"

namespace florin::importer {

namespace {

// Rows have no line ends of their own but within quotes, where libcsv does not ask.
int is_never_end(unsigned char) { return 0; }
int is_blank(unsigned char letter) { return letter == ' ' || letter == '\t' ? 1 : 0; }
int is_only_space(unsigned char letter) { return letter == ' ' ? 1 : 0; }

}  // namespace

CsvCells::CsvCells(char delimiter, char quote)
    : delimiter_(delimiter), quote_(quote), parser_(std::make_unique<csv_parser>()) {
  CHECK(csv_init(parser_.get(), CSV_STRICT | CSV_STRICT_FINI) == 0);
  csv_set_delim(parser_.get(), static_cast<unsigned char>(delimiter));
  csv_set_quote(parser_.get(), static_cast<unsigned char>(quote));
  csv_set_term_func(parser_.get(), is_never_end);
  csv_set_space_func(parser_.get(), delimiter == '\t' ? is_only_space : is_blank);
}

CsvCells::~CsvCells() { csv_free(parser_.get()); }

RowEnd CsvCells::split(std::string_view row) {
  if (quote_ != '\0' && row.find(quote_) != std::string_view::npos) return split_by_library(row);
  split_plain(row);
  return RowEnd::Whole;
}

void CsvCells::split_plain(std::string_view row) {
  cells_.clear();
  const char* begin = row.data();
  const char* const end = begin + row.size();
  for (const char* at = begin; at != end; ++at) {
    if (*at != delimiter_) continue;
    cells_.push_back(trimmed({begin, static_cast<usize>(at - begin)}));
    begin = at + 1;
  }
  cells_.push_back(trimmed({begin, static_cast<usize>(end - begin)}));
}

void CsvCells::take_cell(void* text, usize size, void* self) {
  auto* const cells = static_cast<CsvCells*>(self);
  const usize begin = cells->unquoted_.size();
  cells->unquoted_.append(static_cast<const char*>(text), size);
  cells->cells_.push_back({cells->unquoted_.data() + begin, size});
}

RowEnd CsvCells::split_by_library(std::string_view row) {
  cells_.clear();
  unquoted_.clear();
  unquoted_.reserve(row.size());
  const usize parsed = csv_parse(parser_.get(), row.data(), row.size(), take_cell, nullptr, this);
  const bool malformed = parsed != row.size();
  // An error leaves the parser in the middle of the row: the end of the row sets it back.
  const bool ended = csv_fini(parser_.get(), take_cell, nullptr, this) == 0;
  if (malformed) return RowEnd::Malformed;
  if (ended) return RowEnd::Whole;
  const unsigned char options = CSV_STRICT | CSV_STRICT_FINI;
  csv_set_opts(parser_.get(), CSV_STRICT);
  csv_fini(parser_.get(), nullptr, nullptr, nullptr);
  csv_set_opts(parser_.get(), options);
  return RowEnd::Open;
}

}  // namespace florin::importer
