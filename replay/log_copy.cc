#include "replay/log_copy.h"

#include <cstring>
#include <utility>

#include "base/check.h"
#include "replay/file_copy.h"
#include "replay/log_search.h"
#include "wal/segment_directory.h"

namespace florin::replay {

using storage::AlignedBuffer;

namespace {

constexpr std::string_view kUnfinishedSuffix = ".copying";

std::string unfinished_path(const std::string& directory, u64 segment) {
  return wal::segment_path(directory, segment) + std::string(kUnfinishedSuffix);
}

Result<u64> size_of(storage::Storage& storage, const std::string& path) {
  const auto file = storage.open(path, storage::OpenMode::Read);
  RETURN_IF_ERROR(file);
  auto size = storage.size_bytes(*file);
  storage.close(*file);
  return size;
}

}  // namespace

LogCopy::LogCopy(storage::Storage& storage, std::string directory, std::string prefix,
                 const wal::LogEnd& end)
    : storage_(storage), directory_(std::move(directory)), prefix_(std::move(prefix)), end_(end) {}

Status LogCopy::add(const wal::Block& block) {
  const wal::BlockHeader& header = block.header;
  CHECK(header.sequence == end_.sequence + 1);
  if (header.segment != end_.segment) RETURN_IF_ERROR(keep_prefix());
  if (image_.size_bytes() == 0 || header.segment != end_.segment) {
    RETURN_IF_ERROR(begin_segment(header.segment, header.segment_bytes));
  }
  const u64 stored = wal::stored_bytes(header.body_bytes);
  CHECK(header.offset + stored <= image_.size_bytes());
  std::byte* target = image_.data() + header.offset;
  std::memcpy(target, &header, sizeof header);
  if (!block.body.empty()) {
    std::memcpy(target + wal::kHeaderBytes, block.body.data(), block.body.size());
  }
  changed_ = true;
  end_ = end_behind(header);
  ++blocks_;
  bytes_ += stored;
  return {};
}

Status LogCopy::begin_segment(u64 number, u64 size_bytes) {
  RETURN_IF_ERROR(write_segment());
  image_ = AlignedBuffer(size_bytes);
  if (number == end_.segment) return load_prefix();
  end_.segment = number;
  return {};
}

Status LogCopy::load_prefix() {
  if (end_.offset == 0) return {};
  const auto file =
      storage_.open(wal::segment_path(prefix_, end_.segment), storage::OpenMode::Read);
  RETURN_IF_ERROR(file);
  const Status read = storage_.read(*file, 0, image_.span().first(end_.offset));
  storage_.close(*file);
  return read;
}

// Nothing came behind the beginning in its segment: what stands before it is still the log's.
Status LogCopy::keep_prefix() {
  if (image_.size_bytes() != 0 || end_.offset == 0 || prefix_ == directory_) return {};
  const auto size = size_of(storage_, wal::segment_path(prefix_, end_.segment));
  RETURN_IF_ERROR(size);
  RETURN_IF_ERROR(begin_segment(end_.segment, *size));
  changed_ = true;
  return {};
}

Status LogCopy::finish() {
  RETURN_IF_ERROR(keep_prefix());
  return write_segment();
}

Status LogCopy::write_segment() {
  if (!changed_) return {};
  const std::string temporary = unfinished_path(directory_, end_.segment);
  RETURN_IF_ERROR(remove_if_there(storage_, temporary));
  RETURN_IF_ERROR(write_new_file(storage_, temporary, image_.span()));
  RETURN_IF_ERROR(
      put_in_place(storage_, directory_, temporary, wal::segment_path(directory_, end_.segment)));
  changed_ = false;
  ++segments_;
  return {};
}

Status remove_unfinished_segments(storage::Storage& storage, const std::string& directory) {
  const auto names = storage.list(directory);
  RETURN_IF_ERROR(names);
  for (const std::string& name : *names) {
    if (!name.ends_with(kUnfinishedSuffix)) continue;
    RETURN_IF_ERROR(storage.remove(directory + "/" + name));
  }
  return {};
}

}  // namespace florin::replay
