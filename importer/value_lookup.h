// A table that turns texts of a file into numbers: "PRIJEM/VKLAD" = 1. A key has a part for each
// column that is looked at; the part '*' stands for any text. The key with the most parts that are
// no '*' decides, and of several of those the one that is exact further left.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::importer {

// Few columns: all ways to leave some of them open are tried.
inline constexpr usize kLookupColumnsMax = 4;

class ValueLookup {
 public:
  // `columns` parts in each key, 1 to kLookupColumnsMax, separated by `separator`.
  ValueLookup(std::string name, usize columns, std::string separator)
      : name_(std::move(name)), columns_(columns), separator_(std::move(separator)) {}

  // InvalidArgument when the key has another number of parts.
  Status add(std::string_view key, u128 value);
  // Nothing when no key fits. As many parts as columns. Not for two threads at once.
  std::optional<u128> find(std::span<const std::string_view> parts);
  const std::string& name() const { return name_; }
  const std::string& separator() const { return separator_; }

 private:
  // Keys that are open in the same columns.
  struct Shape {
    u32 exact = 0;  // A bit for each column that is no '*'.
    std::unordered_map<std::string, u128> values;
  };
  void make_key(u32 exact, std::span<const std::string_view> parts);

  std::string name_;
  usize columns_;
  std::string separator_;
  std::vector<Shape> shapes_;  // In the order in which they are asked.
  std::string key_;            // Of the search in progress; keeps its storage.
};

}  // namespace florin::importer
