#include "importer/row_source.h"

#include <algorithm>

#include <fmt/core.h>

namespace florin::importer {

namespace {

constexpr usize kNowhere = ~usize{0};
// Of a row whose quoted cells have line ends: with more, a quote was forgotten.
constexpr u32 kRowLinesMax = 100;

std::vector<std::string> names_of(const std::vector<NeededColumn>& columns) {
  std::vector<std::string> names;
  for (const NeededColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char letter) { return letter < 0; });
}

}  // namespace

TextKind text_kind_of(const std::string& path) {
  for (const char* end : {".ndjson", ".jsonl", ".json"}) {
    if (path.ends_with(end)) return TextKind::Ndjson;
  }
  return TextKind::Csv;
}

RowSource::RowSource(InputFile file, const TextFormat& format, TextKind kind,
                     const std::vector<NeededColumn>& columns)
    : file_(std::move(file)),
      format_(format),
      kind_(kind),
      csv_(format.delimiter, format.quote),
      json_(names_of(columns)),
      cells_(columns.size()) {}

Result<std::unique_ptr<RowSource>> RowSource::open(const std::string& path,
                                                   const TextFormat& format,
                                                   const std::vector<NeededColumn>& columns) {
  auto file = InputFile::open(path);
  RETURN_IF_ERROR(file);
  const TextKind kind = format.kind.value_or(text_kind_of(path));
  std::unique_ptr<RowSource> source(new RowSource(*std::move(file), format, kind, columns));
  RETURN_IF_ERROR(source->skip_lines());
  if (kind == TextKind::Csv) RETURN_IF_ERROR(source->read_header(columns));
  return source;
}

Status RowSource::skip_lines() {
  for (u64 line = 0; line < format_.skip_lines; ++line) {
    const auto skipped = file_.next_line();
    RETURN_IF_ERROR(skipped);
  }
  return {};
}

Status RowSource::read_header(const std::vector<NeededColumn>& columns) {
  const std::string& name = file_.identity().name;
  if (!format_.columns.empty()) return place_columns(columns, format_.columns, "The mapping");
  const auto line = file_.next_line();
  RETURN_IF_ERROR(line);
  if (!*line || csv_.split(decoded(**line)) != RowEnd::Whole) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} has no line with the names of its columns", name));
  }
  std::vector<std::string> names(csv_.cells().begin(), csv_.cells().end());
  return place_columns(columns, names, fmt::format("{} line {}", name, file_.line_number()));
}

Status RowSource::place_columns(const std::vector<NeededColumn>& columns,
                                const std::vector<std::string>& names, const std::string& where) {
  names_ = names.size();
  bool any = false;
  for (const NeededColumn& column : columns) {
    const auto found = std::find(names.begin(), names.end(), column.name);
    if (found == names.end() && column.required) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("{} names no column '{}', which {} needs; it names {}", where,
                              column.name, column.field, listed(names)));
    }
    any |= found != names.end();
    places_.push_back(found == names.end() ? kNowhere : static_cast<usize>(found - names.begin()));
  }
  if (any) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} names no column that is known; it names {}, and expected were some "
                          "of {}",
                          where, listed(names), listed(names_of(columns))));
}

Result<bool> RowSource::next(SourceRow& row) {
  row.problem.clear();
  while (true) {
    const auto line = file_.next_line();
    RETURN_IF_ERROR(line);
    if (!*line) return false;
    if (trimmed(**line).empty()) continue;
    row.line = file_.line_number();
    RETURN_IF_ERROR(split(**line, row));
    row.end_offset = file_.end_offset();
    return true;
  }
}

Status RowSource::split(std::string_view line, SourceRow& row) {
  row.text = decoded(line);
  if (kind_ == TextKind::Ndjson) {
    if (json_.split(row.text, row.problem)) row.cells = json_.cells();
    return {};
  }
  RowEnd end = csv_.split(row.text);
  u32 lines = 1;
  while (end == RowEnd::Open && lines < kRowLinesMax) {
    const auto longer = file_.longer_line();
    RETURN_IF_ERROR(longer);
    if (!*longer) break;
    row.text = decoded(**longer);
    end = csv_.split(row.text);
    ++lines;
  }
  if (end == RowEnd::Whole) {
    take_cells(row);
  } else if (lines == 1 && end == RowEnd::Malformed) {
    row.problem = fmt::format(
        "a quote ({}) stands within a cell; expected it around the cell, and "
        "doubled within it",
        format_.quote);
  } else {
    // The lines behind it may be rows of their own.
    row.text = decoded(file_.first_line());
    row.problem = fmt::format("a quote ({}) is opened and not closed", format_.quote);
  }
  return {};
}

void RowSource::take_cells(SourceRow& row) {
  const std::vector<std::string_view>& all = csv_.cells();
  if (all.size() != names_) {
    row.problem = fmt::format("has {} columns; expected {}", all.size(), names_);
    return;
  }
  for (usize index = 0; index < places_.size(); ++index) {
    cells_[index] = places_[index] == kNowhere ? std::string_view() : all[places_[index]];
  }
  row.cells = cells_;
}

// Latin-1 is Unicode's first 256 letters.
std::string_view RowSource::decoded(std::string_view line) {
  if (!format_.is_latin1 || is_ascii(line)) return line;
  decoded_.clear();
  for (const char letter : line) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x80) {
      decoded_ += letter;
    } else {
      decoded_ += static_cast<char>(0xc0 | code >> 6);
      decoded_ += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  decoded_.append(kPaddingBytes, '\0');
  return std::string_view(decoded_).substr(0, decoded_.size() - kPaddingBytes);
}

}  // namespace florin::importer
