// The rows that were not imported, as CSV for those who mend them: file, line, reason, row.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "exporter/durable_file.h"

namespace florin::importer {

// Belongs to one thread.
class RefusalFile {
 public:
  // Without a path nothing is written. What the file has beyond `bytes` is cut off.
  static Result<RefusalFile> open(const std::string& path, u64 bytes);

  Status add(std::string_view file, u64 line, std::string_view reason, std::string_view row);
  Status sync();
  u64 size_bytes() const { return file_ ? file_->size_bytes() : 0; }

 private:
  std::optional<exporter::GrowingFile> file_;
  std::string text_;
};

}  // namespace florin::importer
