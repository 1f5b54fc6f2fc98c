// The rows of one file, whatever it is written in: the texts of the columns that matter, beside the
// row's own text and place for those who report it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "importer/csv_cells.h"
#include "importer/input_file.h"
#include "importer/json_cells.h"
#include "importer/mapping.h"

namespace florin::importer {

struct NeededColumn {
  std::string name;
  std::string field;      // What needs it, for messages.
  bool required = false;  // A file whose header does not name it is an error.
};

struct SourceRow {
  Cells cells;            // By needed column.
  std::string_view text;  // Without its line end; UTF-8 where the file tells its character set.
  std::string problem;    // Why it has no cells; empty when it has.
  u64 line = 0;           // Of its beginning, from 1.
  u64 end_offset = 0;     // Bytes of the file up to its end.
};

// By the end of the name: .ndjson, .jsonl and .json are NDJSON, everything else is CSV.
TextKind text_kind_of(const std::string& path);

// Belongs to one thread at a time.
class RowSource {
 public:
  // Reads what is before the rows. NotFound, PermissionDenied, Io; InvalidArgument when a column
  // that is required is missing.
  static Result<std::unique_ptr<RowSource>> open(const std::string& path, const TextFormat& format,
                                                 const std::vector<NeededColumn>& columns);

  const FileIdentity& identity() const { return file_.identity(); }
  // The next row, which is valid until the next call; false at the end. Blank lines are no rows.
  Result<bool> next(SourceRow& row);

 private:
  RowSource(InputFile file, const TextFormat& format, TextKind kind,
            const std::vector<NeededColumn>& columns);
  Status skip_lines();
  Status read_header(const std::vector<NeededColumn>& columns);
  Status place_columns(const std::vector<NeededColumn>& columns,
                       const std::vector<std::string>& names, const std::string& where);
  Status split(std::string_view line, SourceRow& row);
  void take_cells(SourceRow& row);
  std::string_view decoded(std::string_view line);

  InputFile file_;
  const TextFormat format_;
  const TextKind kind_;
  CsvCells csv_;
  JsonCells json_;
  usize names_ = 0;            // How many columns a row of CSV must have.
  std::vector<usize> places_;  // Of the needed columns among the cells of a row of CSV.
  std::vector<std::string_view> cells_;
  std::string decoded_;
};

}  // namespace florin::importer
