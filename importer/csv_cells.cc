#include "importer/csv_cells.h"

#include <cstring>

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
  return split_plain(row) ? RowEnd::Whole : split_by_library(row);
}

// False when the row is none of the plain ones.
bool CsvCells::split_plain(std::string_view row) {
  cells_.clear();
  const char* at = row.data();
  const char* const end = at + row.size();
  while (true) {
    while (at != end && is_blank_at(at)) ++at;
    const bool is_quoted = at != end && *at == quote_ && quote_ != '\0';
    if (is_quoted ? !take_quoted(at, end) : !take_unquoted(at, end)) return false;
    if (at == end) return true;
    ++at;  // The delimiter: another cell follows, which may be empty.
  }
}

// Each takes one cell, and goes to the delimiter behind it or to the end.
bool CsvCells::take_quoted(const char*& at, const char* end) {
  const char* const begin = at + 1;
  const auto* const close =
      static_cast<const char*>(std::memchr(begin, quote_, static_cast<usize>(end - begin)));
  if (close == nullptr) return false;
  cells_.push_back({begin, static_cast<usize>(close - begin)});
  at = close + 1;
  while (at != end && is_blank_at(at)) ++at;
  return at == end || *at == delimiter_;
}

bool CsvCells::take_unquoted(const char*& at, const char* end) {
  const char* const begin = at;
  for (; at != end && *at != delimiter_; ++at) {
    if (*at == quote_ && quote_ != '\0') return false;
  }
  cells_.push_back(trimmed({begin, static_cast<usize>(at - begin)}));
  return true;
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
