// The members of a JSON object on a line, as the texts of columns: what NDJSON has instead of
// cells. Numbers keep their digits, null is an empty text, an array is its texts joined by '|'.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace florin::importer {

// Belongs to one thread.
class JsonCells {
 public:
  // The names of the members that matter; others are passed over.
  explicit JsonCells(std::vector<std::string> columns);
  ~JsonCells();
  JsonCells(const JsonCells&) = delete;
  JsonCells& operator=(const JsonCells&) = delete;

  // At least kPaddingBytes behind the line must be readable. False when it is no JSON object, or
  // a column has an object as its value, or stands there twice; `reason` then says so.
  bool split(std::string_view line, std::string& reason);
  // By column; without data() where the object has no such member. Valid until the next call.
  const std::vector<std::string_view>& cells() const { return cells_; }

 private:
  struct Parser;

  usize column_of(std::string_view key);
  bool take_members(void* object, std::string& reason);

  std::unique_ptr<Parser> parser_;
  std::vector<std::string> columns_;
  std::vector<std::string_view> cells_;
  std::vector<std::string> arrays_;  // Texts of arrays, by column.
  std::vector<usize> order_;         // Columns in the order of the members of earlier objects.
  usize member_ = 0;                 // Of the object in progress.
};

}  // namespace florin::importer
