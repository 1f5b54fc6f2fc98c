// Checksums and checks of the snapshot format.
#include "snapshot/format.h"

#include <algorithm>
#include <iterator>

#include <fmt/core.h>

#include "base/checksum.h"
#include "base/int128.h"

namespace florin::snapshot {

namespace {

template <class Sealed>
u128 checksum_of(const Sealed& sealed, u128 Sealed::*checksum) {
  Sealed blank = sealed;
  blank.*checksum = 0;
  return checksum128(std::as_bytes(std::span(&blank, 1)));
}

template <class Bytes>
bool all_zero(const Bytes& bytes) {
  return std::all_of(std::begin(bytes), std::end(bytes), [](auto b) { return b == decltype(b){}; });
}

}  // namespace

HeaderSector make_header(const CutPoint& point, u128 ledger_id, u32 state_machine_version,
                         u64 taken_at) {
  HeaderSector header;
  header.state_machine_version = state_machine_version;
  header.ledger_id = ledger_id;
  header.chain = point.log.chain;
  header.position = point.log.position.value;
  header.sequence = point.log.sequence;
  header.generation = point.log.generation;
  header.segment = point.log.segment;
  header.offset = point.log.offset;
  header.block_timestamp = point.log.timestamp.ns;
  header.last_timestamp = point.last_timestamp;
  header.taken_at = taken_at;
  seal(header);
  return header;
}

CutPoint cut_point_of(const HeaderSector& header) {
  CutPoint point;
  point.log.chain = header.chain;
  point.log.position = Position{header.position};
  point.log.sequence = header.sequence;
  point.log.generation = header.generation;
  point.log.segment = header.segment;
  point.log.offset = header.offset;
  point.log.timestamp = Timestamp{header.block_timestamp};
  point.last_timestamp = header.last_timestamp;
  return point;
}

void seal(HeaderSector& header) { header.checksum = checksum_of(header, &HeaderSector::checksum); }
void seal(ChunkHeader& header) {
  header.header_checksum = checksum_of(header, &ChunkHeader::header_checksum);
}
void seal(EndSector& end) { end.checksum = checksum_of(end, &EndSector::checksum); }

std::optional<std::string> defect_of(const HeaderSector& header) {
  if (header.magic != kHeaderMagic) return "does not begin like a snapshot";
  if (header.checksum != checksum_of(header, &HeaderSector::checksum)) {
    return "has a first sector whose checksum does not match";
  }
  // Another version may use them.
  if (header.format_version == kFormatVersion && !all_zero(header.zeros)) {
    return "has a first sector with bytes that should be zero";
  }
  return std::nullopt;
}

std::optional<std::string> defect_of(const EndSector& end, const HeaderSector& header,
                                     u64 file_bytes) {
  if (end.magic != kEndMagic) return "does not end like a snapshot: it was cut off";
  if (end.checksum != checksum_of(end, &EndSector::checksum)) {
    return "has a last sector whose checksum does not match";
  }
  if (!all_zero(end.zeros)) return "has a last sector with bytes that should be zero";
  if (end.snapshot != header.checksum) return "ends with the last sector of another snapshot";
  if (end.file_bytes != file_bytes) {
    return fmt::format("has {} bytes, but was made with {}", file_bytes, end.file_bytes);
  }
  const u64 room = file_bytes - storage::kSectorBytes;
  const bool fits = end.table_offset % storage::kSectorBytes == 0 && end.table_offset <= room &&
                    end.table_bytes <= room &&
                    end.table_offset + round_up(end.table_bytes, storage::kSectorBytes) == room &&
                    end.table_bytes % sizeof(TableEntry) == 0 &&
                    end.chunks == end.table_bytes / sizeof(TableEntry);
  if (!fits) return "has a last sector that names an impossible table";
  const auto records = [&](engine::CutKind kind) { return end.records[static_cast<usize>(kind)]; };
  const bool window_fits = records(engine::CutKind::KeptTransfers) <= end.first_created &&
                           records(engine::CutKind::KeptIds) <= end.first_consumed &&
                           end.retired_position <= header.position;
  if (!window_fits) return "has a last sector that names an impossible window of transfers";
  return std::nullopt;
}

std::optional<std::string> defect_of(const ChunkHeader& chunk, const HeaderSector& header,
                                     u64 number, const TableEntry& entry) {
  const auto at = [&](const char* what) {
    return fmt::format("is damaged at byte {}: chunk {} {}", entry.offset, number, what);
  };
  if (chunk.magic != kChunkMagic) return at("does not begin there");
  if (chunk.header_checksum != checksum_of(chunk, &ChunkHeader::header_checksum)) {
    return at("has a header whose checksum does not match");
  }
  const bool same = chunk.header_checksum == entry.header_checksum &&
                    chunk.snapshot == header.checksum && chunk.ledger_id == header.ledger_id &&
                    chunk.number == number && chunk.offset == entry.offset &&
                    chunk.body_bytes == entry.body_bytes && chunk.kind == entry.kind &&
                    chunk.records == entry.records && chunk.first_number == entry.first_number;
  if (!same) return at("is another one than the table names");
  if (chunk.zero != 0 || !all_zero(chunk.reserved)) return at("has bytes that should be zero");
  if (chunk.kind == 0 || chunk.kind >= kKindsMax) return at("is of an unknown kind");
  return std::nullopt;
}

}  // namespace florin::snapshot
