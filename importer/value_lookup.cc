#include "importer/value_lookup.h"

#include <algorithm>
#include <bit>

#include <fmt/core.h>

namespace florin::importer {

namespace {

constexpr std::string_view kAnything = "*";
constexpr char kPartEnd = '\x1f';

std::vector<std::string_view> parts_of(std::string_view key, std::string_view separator,
                                       usize columns) {
  std::vector<std::string_view> parts;
  if (columns == 1) return {key};
  while (true) {
    const usize end = key.find(separator);
    parts.push_back(key.substr(0, end));
    if (end == std::string_view::npos) return parts;
    key.remove_prefix(end + separator.size());
  }
}

// Whether keys of the first shape decide before those of the other. Column 0 has the lowest bit.
bool decides_before(u32 first, u32 other) {
  if (std::popcount(first) != std::popcount(other)) {
    return std::popcount(first) > std::popcount(other);
  }
  const u32 differs = first ^ other;
  return (first & differs & (~differs + 1)) != 0;
}

}  // namespace

void ValueLookup::make_key(u32 exact, std::span<const std::string_view> parts) {
  key_.clear();
  for (usize column = 0; column < parts.size(); ++column) {
    if ((exact >> column & 1) != 0) key_ += parts[column];
    key_ += kPartEnd;
  }
}

Status ValueLookup::add(std::string_view key, u128 value) {
  const std::vector<std::string_view> parts = parts_of(key, separator_, columns_);
  if (parts.size() != columns_) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("'{}' has {} parts; expected {}, one for each column, separated by '{}'", key,
                    parts.size(), columns_, separator_));
  }
  u32 exact = 0;
  for (usize column = 0; column < columns_; ++column) {
    if (parts[column] != kAnything) exact |= u32{1} << column;
  }
  auto shape = std::find_if(shapes_.begin(), shapes_.end(),
                            [&](const Shape& each) { return each.exact == exact; });
  if (shape == shapes_.end()) {
    shape = std::find_if(shapes_.begin(), shapes_.end(),
                         [&](const Shape& each) { return decides_before(exact, each.exact); });
    shape = shapes_.insert(shape, Shape{exact, {}});
  }
  make_key(exact, parts);
  shape->values[key_] = value;
  return {};
}

std::optional<u128> ValueLookup::find(std::span<const std::string_view> parts) {
  for (const Shape& shape : shapes_) {
    make_key(shape.exact, parts);
    const auto found = shape.values.find(key_);
    if (found != shape.values.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace florin::importer
