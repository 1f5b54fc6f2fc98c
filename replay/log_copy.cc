#include "replay/log_copy.h"

#include <cstring>
#include <utility>

#include "base/check.h"
#include "replay/file_copy.h"
#include "wal/block_check.h"
#include "wal/segment_directory.h"

namespace florin::replay {

using storage::AlignedBuffer;
using storage::kSectorBytes;

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

// Follows the headers of a segment to the one that is looked for.
Result<std::optional<wal::LogEnd>> find_in(storage::Storage& storage, storage::File file,
                                           u128 log_id, u64 segment, u64 sequence) {
  const auto size = storage.size_bytes(file);
  RETURN_IF_ERROR(size);
  AlignedBuffer sector(kSectorBytes);
  u64 offset = 0;
  while (offset + kSectorBytes <= *size) {
    RETURN_IF_ERROR(storage.read(file, offset, sector.span()));
    wal::BlockHeader header;
    std::memcpy(&header, sector.data(), sizeof header);
    const wal::BlockPlace place{segment, offset, *size};
    if (wal::check_alone(header, log_id, place) != wal::Defect::None ||
        header.segment_bytes != *size || header.sequence > sequence) {
      break;
    }
    if (header.sequence != sequence) {
      offset += wal::stored_bytes(header.body_bytes);
      continue;
    }
    AlignedBuffer block(wal::stored_bytes(header.body_bytes));
    RETURN_IF_ERROR(storage.read(file, offset, block.span()));
    const auto body = std::as_const(block).span().subspan(wal::kHeaderBytes, header.body_bytes);
    if (wal::body_checksum(body) != header.body_checksum) break;
    return std::optional<wal::LogEnd>(end_behind(header));
  }
  return std::optional<wal::LogEnd>();
}

}  // namespace

wal::LogEnd end_behind(const wal::BlockHeader& header) {
  wal::LogEnd end;
  end.segment = header.segment;
  end.offset = header.offset + wal::stored_bytes(header.body_bytes);
  end.sequence = header.sequence;
  end.generation = header.generation;
  end.position = Position{header.position_before + header.event_count};
  end.chain = header.header_checksum;
  end.timestamp = Timestamp{header.timestamp};
  return end;
}

Result<std::optional<wal::LogEnd>> find_block(storage::Storage& storage,
                                              const std::string& directory, u128 log_id,
                                              u64 segment, u64 sequence) {
  const auto file = storage.open(wal::segment_path(directory, segment), storage::OpenMode::Read);
  if (!file && file.error().code == ErrorCode::NotFound) return std::optional<wal::LogEnd>();
  RETURN_IF_ERROR(file);
  auto found = find_in(storage, *file, log_id, segment, sequence);
  storage.close(*file);
  return found;
}

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
