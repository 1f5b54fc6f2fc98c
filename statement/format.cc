#include "statement/format.h"

#include "statement/camt053.h"
#include "statement/camt054.h"
#include "statement/mt940.h"
#include "statement/statement_csv.h"
#include "statement/statement_json.h"
#include "statement/statement_pdf.h"

namespace florin::statement {

namespace {

Status take_text(Result<std::string> text, std::string& out) {
  RETURN_IF_ERROR(text);
  out = std::move(*text);
  return {};
}

}  // namespace

std::string_view format_name(Format format) {
  switch (format) {
    case Format::Csv: return "csv";
    case Format::Json: return "json";
    case Format::Camt053: return "camt053";
    case Format::Camt054: return "camt054";
    case Format::Mt940: return "mt940";
    case Format::Pdf: return "pdf";
  }
  return "";
}

std::optional<Format> parse_format(std::string_view name) {
  for (const Format format : kFormats) {
    if (format_name(format) == name) return format;
  }
  return std::nullopt;
}

std::string format_names() {
  std::string names;
  for (const Format format : kFormats) {
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
    case Format::Camt054: return "camt054.xml";
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
    case Format::Camt053: return take_text(write_camt053(statement), out);
    case Format::Camt054:
      return take_text(write_camt054(notified_account(statement), statement.entries), out);
    case Format::Mt940: return take_text(write_mt940(statement), out);
    case Format::Pdf: return take_text(pdf_of(statement), out);
  }
  return {};
}

}  // namespace florin::statement
