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

Result<std::vector<u64>> list_numbers(storage::Storage& storage, const std::string& directory) {
  Result<std::vector<std::string>> names = storage.list(directory);
  if (!names) return tl::unexpected(std::move(names).error());
  std::vector<u64> numbers;
  for (const std::string& name : *names) {
    if (const auto number = parse_segment_name(name)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

Status check_number(const std::string& directory, u64 expected, u64 found, bool is_first) {
  if (found == expected) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("log segment {} is missing, but segment {} is there; put the missing "
                          "file{} back from a copy",
                          segment_path(directory, expected), found,
                          is_first ? ", or a snapshot that was taken later," : ""));
}

Status check_size(const std::string& path, u64 size_bytes) {
  if (size_bytes != 0 && size_bytes % storage::kSectorBytes == 0) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("log segment {} has {} bytes, but segments are whole sectors of {}; it "
                          "was cut short: put it back from a copy",
                          path, size_bytes, storage::kSectorBytes));
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
  const Result<std::vector<u64>> numbers = list_numbers(storage, directory);
  if (!numbers) return tl::unexpected(numbers.error());
  std::vector<SegmentFile> segments;
  for (const u64 number : *numbers) {
    const Result<u64> size = size_of(storage, segment_path(directory, number));
    // A writer in another process may have recycled it since.
    if (!size && size.error().code == ErrorCode::NotFound) continue;
    if (!size) return tl::unexpected(size.error());
    segments.push_back({number, *size});
  }
  return segments;
}

Result<std::vector<SegmentFile>> list_segments_from(storage::Storage& storage,
                                                    const std::string& directory, u64 first) {
  const Result<std::vector<u64>> numbers = list_numbers(storage, directory);
  if (!numbers) return tl::unexpected(numbers.error());
  std::vector<SegmentFile> segments;
  for (const u64 number : *numbers) {
    if (number < first) continue;
    const u64 expected = first + segments.size();
    RETURN_IF_ERROR(check_number(directory, expected, number, segments.empty()));
    const std::string path = segment_path(directory, number);
    const Result<u64> size = size_of(storage, path);
    if (!size) return tl::unexpected(size.error());
    RETURN_IF_ERROR(check_size(path, *size));
    segments.push_back({number, *size});
  }
  return segments;
}

}  // namespace florin::wal
