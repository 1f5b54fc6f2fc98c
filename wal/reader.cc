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

Reader::Reader(storage::Storage& storage, std::string directory, u128 log_id, u32 version)
    : storage_(storage), directory_(std::move(directory)), expectation_{log_id, version} {}

Reader::~Reader() {
  if (open_index_) storage_.close(file_);
}

Result<std::unique_ptr<Reader>> Reader::open(storage::Storage& storage, std::string directory,
                                             u128 log_id, u32 state_machine_version) {
  std::unique_ptr<Reader> reader(
      new Reader(storage, std::move(directory), log_id, state_machine_version));
  Result<std::vector<SegmentFile>> segments = list_segments(storage, reader->directory_);
  if (!segments) return tl::unexpected(std::move(segments).error());
  reader->segments_ = std::move(*segments);
  for (const SegmentFile& segment : reader->segments_) reader->bytes_total_ += segment.size_bytes;
  return reader;
}

Result<std::optional<Block>> Reader::next() {
  if (!failure_) return tl::unexpected(failure_.error());
  Result<std::optional<Block>> block = find_next();
  if (!block) failure_ = tl::unexpected(block.error());
  return block;
}

Result<std::optional<Block>> Reader::find_next() {
  if (segments_.empty() || finished_) return std::optional<Block>();
  const Result<Finding> here = examine(index_, end_.offset);
  if (!here) return tl::unexpected(here.error());
  if (here->defect == Defect::None) return accept(index_, here->block);
  if (index_ + 1 < segments_.size()) {
    const Result<Finding> there = examine(index_ + 1, 0);
    if (!there) return tl::unexpected(there.error());
    if (there->defect == Defect::None) return accept(index_ + 1, there->block);
  }
  RETURN_IF_ERROR(finish(here->defect));
  return std::optional<Block>();
}

std::optional<Block> Reader::accept(usize index, const Block& block) {
  if (index != index_) bytes_before_segment_ += segments_[index_].size_bytes;
  const BlockHeader& header = block.header;
  index_ = index;
  end_.segment = header.segment;
  end_.offset = header.offset + stored_bytes(header.body_bytes);
  end_.sequence = header.sequence;
  end_.generation = header.generation;
  end_.position.value += header.event_count;
  end_.chain = header.header_checksum;
  end_.timestamp.ns = header.timestamp;
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

Status Reader::finish(Defect defect) {
  // Whatever was acknowledged is named by the watermark of a later block, unless no later block was
  // written: then it cannot be told from a torn tail.
  for (usize index = index_; index < segments_.size(); ++index) {
    RETURN_IF_ERROR(scan_segment(index, index == index_ ? end_.offset : 0, defect));
  }
  finished_ = true;
  return {};
}

Status Reader::scan_segment(usize index, u64 first_offset, Defect defect) {
  const SegmentFile& segment = segments_[index];
  for (u64 offset = first_offset; offset < segment.size_bytes; offset += storage::kSectorBytes) {
    const auto sector = window(index, offset, storage::kSectorBytes);
    if (!sector) return tl::unexpected(sector.error());
    const BlockHeader header = load_header(*sector);
    const BlockPlace place{segment.number, offset, segment.size_bytes};
    if (check_alone(header, expectation_.log_id, place) != Defect::None) continue;
    if (header.durable_sequence > end_.sequence) return damage(index, header, defect);
    // Blocks of before an earlier restart were dropped then.
    if (header.sequence > end_.sequence && header.generation >= end_.generation) {
      torn_tail_.blocks += 1;
      torn_tail_.bytes += stored_bytes(header.body_bytes);
    }
  }
  return {};
}

Status Reader::damage(usize witness_index, const BlockHeader& witness, Defect defect) const {
  return fail(
      ErrorCode::Corrupt,
      fmt::format(
          "log segment {} is damaged at byte {}: expected block {}, which begins with "
          "position {}, but {}; block {} at byte {} of {} says that all blocks up to {} were "
          "acknowledged. Nothing was changed. Put the segment back from a copy, or start from "
          "a backup",
          path_of(index_), end_.offset, end_.sequence + 1, end_.position.value + 1,
          describe(defect), witness.sequence, witness.offset, path_of(witness_index),
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
  if (open_index_) storage_.close(file_);
  open_index_.reset();
  window_bytes_ = 0;
  Result<storage::File> file = storage_.open(path_of(index), storage::OpenMode::Read);
  if (!file) return tl::unexpected(std::move(file).error());
  file_ = *file;
  open_index_ = index;
  return {};
}

std::string Reader::path_of(usize index) const {
  return segment_path(directory_, segments_[index].number);
}

}  // namespace florin::wal
