// Lists the segment files of a log directory.
#include "wal/segment_directory.h"

#include <algorithm>

#include <fmt/core.h>

#include "wal/format.h"

namespace florin::wal {

namespace {

Result<u64> size_of(storage::Storage& storage, const std::string& path) {
  Result<storage::File> file = storage.open(path, storage::OpenMode::Read);
  if (!file) return tl::unexpected(std::move(file).error());
  Result<u64> size = storage.size_bytes(*file);
  storage.close(*file);
  return size;
}

Status check_number(const std::string& directory, u64 expected, u64 found) {
  if (found == expected) return {};
  return fail(
      ErrorCode::Corrupt,
      fmt::format("log segment {} is missing, but segment {} is there; put the missing file "
                  "back from a copy",
                  segment_path(directory, expected), found));
}

}  // namespace

std::string segment_path(const std::string& directory, u64 number) {
  return directory + "/" + segment_name(number);
}

std::string preparing_path(const std::string& directory, u64 number) {
  return directory + "/" + preparing_name(number);
}

Result<std::vector<SegmentFile>> list_segments(storage::Storage& storage,
                                               const std::string& directory) {
  Result<std::vector<std::string>> names = storage.list(directory);
  if (!names) return tl::unexpected(std::move(names).error());
  std::vector<SegmentFile> segments;
  for (const std::string& name : *names) {
    if (const auto number = parse_segment_name(name)) segments.push_back({*number, 0});
  }
  std::ranges::sort(segments, {}, &SegmentFile::number);
  u64 expected = 1;
  for (SegmentFile& segment : segments) {
    RETURN_IF_ERROR(check_number(directory, expected++, segment.number));
    const std::string path = segment_path(directory, segment.number);
    Result<u64> size = size_of(storage, path);
    if (!size) return tl::unexpected(std::move(size).error());
    if (*size == 0 || *size % storage::kSectorBytes != 0) {
      return fail(
          ErrorCode::Corrupt,
          fmt::format("log segment {} has {} bytes, but segments are whole sectors of {}; it "
                      "was cut short: put it back from a copy",
                      path, *size, storage::kSectorBytes));
    }
    segment.size_bytes = *size;
  }
  return segments;
}

}  // namespace florin::wal
