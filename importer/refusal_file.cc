#include "importer/refusal_file.h"

#include <fmt/core.h>

namespace florin::importer {

namespace {

void append_quoted(std::string_view text, std::string& line) {
  line += '"';
  for (const char letter : text) {
    if (letter == '"') line += '"';
    line += letter;
  }
  line += '"';
}

}  // namespace

Result<RefusalFile> RefusalFile::open(const std::string& path, u64 bytes) {
  RefusalFile refusals;
  if (path.empty()) return refusals;
  auto file = exporter::GrowingFile::open(path, bytes);
  RETURN_IF_ERROR(file);
  refusals.file_.emplace(*std::move(file));
  if (bytes == 0) RETURN_IF_ERROR(refusals.file_->append("file,line,reason,row\n"));
  return refusals;
}

Status RefusalFile::add(std::string_view file, u64 line, std::string_view reason,
                        std::string_view row) {
  if (!file_) return {};
  text_.clear();
  append_quoted(file, text_);
  text_ += fmt::format(",{},", line);
  append_quoted(reason, text_);
  text_ += ',';
  append_quoted(row, text_);
  text_ += '\n';
  return file_->append(text_);
}

Status RefusalFile::sync() { return file_ ? file_->sync() : Status(); }

}  // namespace florin::importer
