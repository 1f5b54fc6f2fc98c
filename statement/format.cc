#include "statement/format.h"

#include "statement/statement_csv.h"
#include "statement/statement_json.h"

namespace florin::statement {

namespace {

constexpr Format kAllFormats[] = {Format::Csv, Format::Json, Format::Camt053, Format::Mt940,
                                  Format::Pdf};

}  // namespace

std::string_view format_name(Format format) {
  switch (format) {
    case Format::Csv: return "csv";
    case Format::Json: return "json";
    case Format::Camt053: return "camt053";
    case Format::Mt940: return "mt940";
    case Format::Pdf: return "pdf";
  }
  return "";
}

std::optional<Format> parse_format(std::string_view name) {
  for (const Format format : kAllFormats) {
    if (format_name(format) == name) return format;
  }
  return std::nullopt;
}

std::string format_names() {
  std::string names;
  for (const Format format : kAllFormats) {
    if (!names.empty()) names += format == Format::Pdf ? " or " : ", ";
    names += format_name(format);
  }
  return names;
}

std::string_view file_extension(Format format) {
  switch (format) {
    case Format::Csv: return "csv";
    case Format::Json: return "json";
    case Format::Camt053: return "xml";
    case Format::Mt940: return "sta";
    case Format::Pdf: return "pdf";
  }
  return "";
}

Status write_statement(Format format, const Statement& statement, std::string& out) {
  out.clear();
  switch (format) {
    case Format::Csv:
      append_csv_header(out);
      append_csv_rows(statement, out);
      return {};
    case Format::Json: append_json_line(statement, out); return {};
    case Format::Camt053:
    case Format::Mt940:
    case Format::Pdf: break;
  }
  return fail(ErrorCode::Unsupported,
              std::string(format_name(format)) + " is not a part of this program");
}

}  // namespace florin::statement
