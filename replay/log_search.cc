// Reads segments in windows: thousands of small blocks cost as many copies of a header, not reads.
#include "replay/log_search.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "storage/aligned_buffer.h"
#include "wal/block_check.h"

namespace florin::replay {

using storage::AlignedBuffer;
using storage::kSectorBytes;

namespace {

constexpr u64 kWindowBytes = kMiB;

// A segment that is open for reading.
class SegmentView {
 public:
  SegmentView(storage::Storage& storage, storage::File file, u64 size_bytes)
      : storage_(storage), file_(file), size_bytes_(size_bytes), window_(kWindowBytes) {}
  ~SegmentView() { storage_.close(file_); }
  SegmentView(const SegmentView&) = delete;
  SegmentView& operator=(const SegmentView&) = delete;

  u64 size_bytes() const { return size_bytes_; }

  // What stands at the offset of a whole sector.
  Result<wal::BlockHeader> header_at(u64 offset) {
    const u64 begin = offset / kWindowBytes * kWindowBytes;
    if (begin != window_begin_) {
      const u64 length = std::min(kWindowBytes, size_bytes_ - begin) / kSectorBytes * kSectorBytes;
      window_begin_ = kNothing;
      RETURN_IF_ERROR(storage_.read(file_, begin, window_.span().first(length)));
      window_begin_ = begin;
    }
    wal::BlockHeader header;
    std::memcpy(&header, window_.data() + (offset - begin), sizeof header);
    return header;
  }

  Result<bool> has_whole_body(const wal::BlockHeader& header) {
    AlignedBuffer block(wal::stored_bytes(header.body_bytes));
    RETURN_IF_ERROR(storage_.read(file_, header.offset, block.span()));
    const auto body = std::as_const(block).span().subspan(wal::kHeaderBytes, header.body_bytes);
    return wal::body_checksum(body) == header.body_checksum;
  }

 private:
  static constexpr u64 kNothing = ~u64{0};

  storage::Storage& storage_;
  storage::File file_;
  u64 size_bytes_;
  AlignedBuffer window_;
  u64 window_begin_ = kNothing;
};

// Null when there is no such segment.
Result<std::unique_ptr<SegmentView>> open_segment(storage::Storage& storage,
                                                  const std::string& directory, u64 segment) {
  const auto file = storage.open(wal::segment_path(directory, segment), storage::OpenMode::Read);
  if (!file && file.error().code == ErrorCode::NotFound) return std::unique_ptr<SegmentView>();
  RETURN_IF_ERROR(file);
  const auto size = storage.size_bytes(*file);
  if (!size) storage.close(*file);
  RETURN_IF_ERROR(size);
  return std::make_unique<SegmentView>(storage, *file, *size);
}

// Backwards from the cut: damage of earlier blocks is of no concern here.
Result<bool> has_block_before(SegmentView& view, u128 log_id, const wal::LogEnd& cut) {
  if (cut.offset > view.size_bytes()) return false;
  for (u64 offset = cut.offset; offset >= kSectorBytes;) {
    offset -= kSectorBytes;
    const auto header = view.header_at(offset);
    RETURN_IF_ERROR(header);
    if (header->header_checksum != cut.chain) continue;
    const wal::BlockPlace place{cut.segment, offset, view.size_bytes()};
    if (wal::check_alone(*header, log_id, place) != wal::Defect::None) continue;
    const wal::LogEnd end = end_behind(*header);
    return end.offset == cut.offset && end.sequence == cut.sequence && end.position == cut.position;
  }
  return false;
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

// Follows the headers of the segment to the one that is looked for.
Result<std::optional<wal::LogEnd>> find_block(storage::Storage& storage,
                                              const std::string& directory, u128 log_id,
                                              u64 segment, u64 sequence) {
  const auto view = open_segment(storage, directory, segment);
  RETURN_IF_ERROR(view);
  if (!*view) return std::optional<wal::LogEnd>();
  const u64 size = (*view)->size_bytes();
  for (u64 offset = 0; offset + kSectorBytes <= size;) {
    const auto header = (*view)->header_at(offset);
    RETURN_IF_ERROR(header);
    if (wal::check_alone(*header, log_id, {segment, offset, size}) != wal::Defect::None ||
        header->segment_bytes != size || header->sequence > sequence) {
      break;
    }
    if (header->sequence == sequence) {
      const auto whole = (*view)->has_whole_body(*header);
      RETURN_IF_ERROR(whole);
      if (!*whole) break;
      return std::optional<wal::LogEnd>(end_behind(*header));
    }
    offset += wal::stored_bytes(header->body_bytes);
  }
  return std::optional<wal::LogEnd>();
}

Result<bool> has_end(storage::Storage& storage, const std::string& directory, u128 log_id,
                     const wal::LogEnd& end) {
  const auto view = open_segment(storage, directory, end.segment);
  RETURN_IF_ERROR(view);
  return *view ? has_block_before(**view, log_id, end) : Result<bool>(false);
}

tl::unexpected<Error> refuse_history(const wal::LogEnd& history, std::string_view what,
                                     const std::string& log_directory) {
  return fail(ErrorCode::Corrupt,
              fmt::format("history ends at position {} with log block {}, {} {}; nothing was "
                          "changed. Was the ledger served without history, is this the history "
                          "of another copy, or the log an older one? Put the right one back, or "
                          "start from a backup; if the log is right and whole, have history built "
                          "again",
                          history.position.value, history.sequence, what, log_directory));
}

Status check_read_to(const wal::LogEnd& history, const wal::LogEnd& log_end,
                     const std::string& log_directory) {
  if (history.sequence <= log_end.sequence) return {};
  return refuse_history(history, "which cannot be read any more from the log in", log_directory);
}

Status check_cut(storage::Storage& storage, const std::string& log_directory, u128 log_id,
                 const std::string& snapshot_path, const wal::LogEnd& cut) {
  if (cut.sequence == 0) return {};
  const auto found = has_end(storage, log_directory, log_id, cut);
  RETURN_IF_ERROR(found);
  if (*found) return {};
  return fail(
      ErrorCode::Corrupt,
      fmt::format("snapshot {} is not of this log, or the log was put back: it was cut behind log "
                  "block {} (position {}), which is not at offset {} of {}. Put the log back as it "
                  "was, or, if the log is right, move the snapshot to another place",
                  snapshot_path, cut.sequence, cut.position.value, cut.offset,
                  wal::segment_path(log_directory, cut.segment)));
}

bool is_whole(const std::vector<wal::SegmentFile>& segments) {
  return !segments.empty() && segments.front().number == 1 &&
         segments.back().number == segments.size();
}

}  // namespace florin::replay
