// The reading side of the log.
#include "wal/reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "base/int128.h"

namespace florin::wal {

namespace {

constexpr u64 kReadBytes = 4 * kMiB;

BlockHeader load_header(std::span<const std::byte> sector) {
  BlockHeader header;
  std::memcpy(&header, sector.data(), kHeaderBytes);
  return header;
}

}  // namespace

Reader::Reader(storage::Storage& storage, std::string directory, u128 log_id, u32 version,
               const LogEnd& from, MarksUse marks)
    : storage_(storage),
      directory_(std::move(directory)),
      expectation_{log_id, version},
      marks_use_(marks),
      end_(from) {}

Reader::~Reader() { close_segment(); }

Result<std::unique_ptr<Reader>> Reader::open(storage::Storage& storage, std::string directory,
                                             u128 log_id, u32 state_machine_version,
                                             const LogEnd& from, MarksUse marks) {
  std::unique_ptr<Reader> reader(
      new Reader(storage, std::move(directory), log_id, state_machine_version, from, marks));
  // In this order: the marks of a log that is just being made are there before its first segment.
  RETURN_IF_ERROR(reader->load_segments());
  RETURN_IF_ERROR(reader->load_mark());
  RETURN_IF_ERROR(reader->check_start());
  return reader;
}

Status Reader::load_segments() {
  Result<std::vector<SegmentFile>> segments =
      list_segments_from(storage_, directory_, end_.segment);
  if (!segments) return tl::unexpected(std::move(segments).error());
  segments_ = std::move(*segments);
  index_ = 0;
  bytes_total_ = bytes_before_segment_;
  for (const SegmentFile& segment : segments_) bytes_total_ += segment.size_bytes;
  return {};
}

Status Reader::load_mark() {
  if (marks_use_ == MarksUse::Ignored) return {};
  const Result<Mark> mark = read_marks(storage_, directory_, expectation_.log_id);
  if (mark) {
    mark_ = *mark;
    return check_mark();
  }
  if (mark.error().code != ErrorCode::NotFound) return tl::unexpected(mark.error());
  if (segments_.empty() && end_.sequence == 0) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("{} is missing: without it nothing says up to where the log was "
                          "acknowledged. Put the file back from a copy, or start from a backup. A "
                          "log made before Florin wrote marks cannot be read by this version",
                          marks_path(directory_)));
}

// The mark names a block by its checksum: it is the one that was read, or the log is another one.
Status Reader::check_mark() const {
  if (mark_.durable_sequence != end_.sequence) return {};
  if (mark_.chain == end_.chain && mark_.durable_position == end_.position) return {};
  return fail(
      ErrorCode::Corrupt,
      fmt::format("block {} in log segment {} is another block than the one that {} names: "
                  "the files are not of the same log, or not of the same time. Nothing was "
                  "changed. Put all files of the log back from one backup",
                  end_.sequence, segment_path(directory_, end_.segment), marks_path(directory_)));
}

Status Reader::check_start() const {
  if (end_.sequence == 0) return {};
  const std::string path = segment_path(directory_, end_.segment);
  if (segments_.empty()) {
    return fail(ErrorCode::Corrupt,
                fmt::format("log segment {} is missing, in which the log goes on after the "
                            "snapshot at position {}; put it back from a copy",
                            path, end_.position.value));
  }
  if (segments_.front().size_bytes >= end_.offset) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("log segment {} has {} bytes, but the snapshot at position {} was taken "
                          "when it had more than {}; put it back from a copy",
                          path, segments_.front().size_bytes, end_.position.value, end_.offset));
}

Result<std::optional<Block>> Reader::next() {
  if (!failure_) return tl::unexpected(failure_.error());
  Result<std::optional<Block>> block = find_next();
  if (!block) failure_ = tl::unexpected(block.error());
  return block;
}

// A writer in another process may have gone on since the files were listed and read: what seems to
// be the end is looked at afresh. If it stays the end, and somebody bears witness that it is not,
// once more: what a witness saw durable can be read after it was heard.
Result<std::optional<Block>> Reader::find_next() {
  for (u32 looks = 1; !finished_; ++looks) {
    const Result<Finding> found = look();
    if (!found) return tl::unexpected(found.error());
    if (found->defect == Defect::None) return accept(found->block);
    if (looks > 1) {
      const Result<std::optional<Witness>> witness = find_witness();
      if (!witness) return tl::unexpected(witness.error());
      finished_ = !witness->has_value();
      if (!finished_ && looks > 2) return tl::unexpected(damage(**witness, found->defect).error());
    }
    if (!finished_) RETURN_IF_ERROR(look_afresh());
  }
  return std::optional<Block>();
}

Result<Reader::Finding> Reader::look() {
  if (segments_.empty()) return Finding{Defect::NoSegment, {}};
  Result<Finding> here = examine(index_, end_.offset);
  if (!here || here->defect == Defect::None || index_ + 1 >= segments_.size()) return here;
  Result<Finding> there = examine(index_ + 1, 0);
  if (!there || there->defect == Defect::None) return there;
  return here;
}

Result<std::optional<Block>> Reader::accept(const Block& block) {
  const BlockHeader& header = block.header;
  if (header.segment != end_.segment) bytes_before_segment_ += segments_[index_++].size_bytes;
  end_.segment = header.segment;
  end_.offset = header.offset + stored_bytes(header.body_bytes);
  end_.sequence = header.sequence;
  end_.generation = header.generation;
  end_.position.value += header.event_count;
  end_.chain = header.header_checksum;
  end_.timestamp.ns = header.timestamp;
  RETURN_IF_ERROR(check_mark());
  return block;
}

Result<Reader::Finding> Reader::examine(usize index, u64 offset) {
  const BlockPlace place{segments_[index].number, offset, segments_[index].size_bytes};
  if (offset >= place.segment_bytes) return Finding{Defect::EndOfSegment, {}};
  const auto sector = window(index, offset, storage::kSectorBytes);
  if (!sector) return tl::unexpected(sector.error());
  Finding finding;
  finding.block.header = load_header(*sector);
  finding.defect = check_next(finding.block.header, expectation_, place, end_);
  RETURN_IF_ERROR(check_refusal(index, finding));
  if (finding.defect != Defect::None) return finding;
  const u64 body_bytes = finding.block.header.body_bytes;
  const auto stored = window(index, offset, stored_bytes(body_bytes));
  if (!stored) return tl::unexpected(stored.error());
  finding.block.body = stored->subspan(kHeaderBytes, body_bytes);
  if (body_checksum(finding.block.body) != finding.block.header.body_checksum) {
    finding.defect = Defect::BodyChecksum;
  }
  return finding;
}

Status Reader::check_refusal(usize index, const Finding& finding) const {
  const BlockHeader& header = finding.block.header;
  if (finding.defect == Defect::FormatVersion) {
    return fail(ErrorCode::WrongVersion,
                fmt::format("log segment {} has format version {}, this program reads version {}",
                            path_of(index), header.format_version, kFormatVersion));
  }
  if (finding.defect == Defect::StateMachineVersion) {
    return fail(
        ErrorCode::WrongVersion,
        fmt::format("block {} in log segment {} was written by state machine version {}, this "
                    "program is version {}; use the program that wrote it",
                    header.sequence, path_of(index), header.state_machine_version,
                    expectation_.state_machine_version));
  }
  if (finding.defect == Defect::SegmentSize) {
    return fail(ErrorCode::Corrupt,
                fmt::format("log segment {} has {} bytes, but was made with {}; put it back from a "
                            "copy",
                            path_of(index), segments_[index].size_bytes, header.segment_bytes));
  }
  if (finding.defect == Defect::OtherLog && end_.sequence == 0) {
    return fail(ErrorCode::Corrupt,
                fmt::format("log segment {} belongs to log {}, not to log {}", path_of(index),
                            to_decimal(header.log_id), to_decimal(expectation_.log_id)));
  }
  return {};
}

// Whatever was acknowledged is named by the mark of a log that came to rest behind it, or by the
// watermark of a later block.
Result<std::optional<Reader::Witness>> Reader::find_witness() {
  torn_tail_ = {};
  RETURN_IF_ERROR(load_mark());
  if (mark_.durable_sequence > end_.sequence) {
    return Witness{mark_.durable_sequence, describe_mark()};
  }
  for (usize index = index_; index < segments_.size(); ++index) {
    auto witness = scan_segment(index, index == index_ ? end_.offset : 0);
    if (!witness || witness->has_value()) return witness;
  }
  return std::optional<Witness>();
}

Result<std::optional<Reader::Witness>> Reader::scan_segment(usize index, u64 first_offset) {
  const SegmentFile& segment = segments_[index];
  for (u64 offset = first_offset; offset < segment.size_bytes; offset += storage::kSectorBytes) {
    const auto sector = window(index, offset, storage::kSectorBytes);
    if (!sector) return tl::unexpected(sector.error());
    const BlockHeader header = load_header(*sector);
    const BlockPlace place{segment.number, offset, segment.size_bytes};
    if (check_alone(header, expectation_.log_id, place) != Defect::None) continue;
    if (header.durable_sequence > end_.sequence) {
      return Witness{header.durable_sequence, fmt::format("block {} at byte {} of {}",
                                                          header.sequence, offset, path_of(index))};
    }
    // Blocks of before an earlier restart were dropped then.
    if (header.sequence > end_.sequence && header.generation >= end_.generation) {
      torn_tail_.blocks += 1;
      torn_tail_.bytes += stored_bytes(header.body_bytes);
    }
  }
  return std::optional<Witness>();
}

std::string Reader::describe_mark() const {
  const u64 last = segments_.empty() ? end_.segment - 1 : segments_.back().number;
  const std::string path = marks_path(directory_);
  if (mark_.segment <= last) return path;
  return fmt::format("{}, which names block {} in the missing log segment {},", path,
                     mark_.durable_sequence, segment_path(directory_, mark_.segment));
}

Status Reader::look_afresh() {
  close_segment();
  const bool was_there = !segments_.empty();
  Status loaded = load_segments();
  if (was_there && (!loaded || segments_.empty())) {
    const Result<std::vector<SegmentFile>> files = list_segments(storage_, directory_);
    if (!files) return tl::unexpected(files.error());
    const bool is_there =
        std::ranges::find(*files, end_.segment, &SegmentFile::number) != files->end();
    if (!is_there) return recycled(end_.segment);
  }
  return loaded;
}

Status Reader::recycled(u64 segment) const {
  return fail(ErrorCode::NotFound,
              fmt::format("log segment {} was recycled while it was read; read again from behind "
                          "the newest snapshot",
                          segment_path(directory_, segment)));
}

Status Reader::damage(const Witness& witness, Defect defect) const {
  return fail(
      ErrorCode::Corrupt,
      fmt::format(
          "log segment {} is damaged at byte {}: expected block {}, which begins with "
          "position {}, but {}; {} says that all blocks up to {} were acknowledged. Nothing was "
          "changed. Put the segment back from a copy, or start from a backup",
          segment_path(directory_, end_.segment), end_.offset, end_.sequence + 1,
          end_.position.value + 1, describe(defect), witness.description,
          witness.durable_sequence));
}

Result<std::span<const std::byte>> Reader::window(usize index, u64 offset, u64 bytes) {
  const bool inside = open_index_ == index && offset >= window_offset_ &&
                      offset + bytes <= window_offset_ + window_bytes_;
  if (!inside) RETURN_IF_ERROR(read_window(index, offset, bytes));
  return buffer_.span().subspan(offset - window_offset_, bytes);
}

Status Reader::read_window(usize index, u64 offset, u64 bytes) {
  RETURN_IF_ERROR(open_segment(index));
  const u64 length = std::min(std::max(bytes, kReadBytes), segments_[index].size_bytes - offset);
  if (buffer_.size_bytes() < length) buffer_ = storage::AlignedBuffer(length);
  window_bytes_ = 0;
  RETURN_IF_ERROR(storage_.read(file_, offset, buffer_.span().first(length)));
  window_offset_ = offset;
  window_bytes_ = length;
  return {};
}

Status Reader::open_segment(usize index) {
  if (open_index_ == index) return {};
  close_segment();
  Result<storage::File> file = storage_.open(path_of(index), storage::OpenMode::Read);
  if (!file && file.error().code == ErrorCode::NotFound) return recycled(segments_[index].number);
  if (!file) return tl::unexpected(std::move(file).error());
  file_ = *file;
  open_index_ = index;
  return {};
}

void Reader::close_segment() {
  if (open_index_) storage_.close(file_);
  open_index_.reset();
  window_bytes_ = 0;
}

std::string Reader::path_of(usize index) const {
  return segment_path(directory_, segments_[index].number);
}

}  // namespace florin::wal
