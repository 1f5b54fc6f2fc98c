// Checksums and names of the log format.
#include "wal/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <fmt/core.h>

#include "base/check.h"
#include "base/checksum.h"

namespace florin::wal {

namespace {

constexpr usize kNameDigits = 16;
constexpr std::string_view kSegmentSuffix = ".log";
constexpr std::string_view kPreparingSuffix = ".preparing";

}  // namespace

u128 header_checksum(const BlockHeader& header) {
  BlockHeader blank = header;
  blank.header_checksum = 0;
  return checksum128(std::as_bytes(std::span(&blank, 1)));
}

u64 slice_checksum(std::span<const std::byte> slice) { return checksum64(slice); }

u128 combine_slices(std::span<const u64> slice_checksums) {
  return checksum128(std::as_bytes(slice_checksums));
}

u128 body_checksum(std::span<const std::byte> body) {
  CHECK(body.size() <= kBodyBytesMax);
  std::array<u64, kBodySlicesMax> checksums;
  usize slices = 0;
  for (usize start = 0; start < body.size(); start += kChecksumSliceBytes) {
    const usize length = std::min<usize>(kChecksumSliceBytes, body.size() - start);
    checksums[slices++] = slice_checksum(body.subspan(start, length));
  }
  return combine_slices(std::span(checksums).first(slices));
}

std::string segment_name(u64 segment) { return fmt::format("{:016}{}", segment, kSegmentSuffix); }

std::string preparing_name(u64 segment) {
  return fmt::format("{:016}{}", segment, kPreparingSuffix);
}

std::optional<u64> parse_segment_name(std::string_view name) {
  if (name.size() != kNameDigits + kSegmentSuffix.size()) return std::nullopt;
  if (!name.ends_with(kSegmentSuffix)) return std::nullopt;
  u64 segment = 0;
  const char* digits_end = name.data() + kNameDigits;
  const auto [parsed_end, error] = std::from_chars(name.data(), digits_end, segment);
  if (error != std::errc{} || parsed_end != digits_end || segment == 0) return std::nullopt;
  return segment;
}

bool is_preparing_name(std::string_view name) { return name.ends_with(kPreparingSuffix); }

}  // namespace florin::wal
