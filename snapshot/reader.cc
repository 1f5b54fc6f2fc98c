// The reading side of snapshots.
#include "snapshot/reader.h"

#include <cstring>

#include <fmt/core.h>

#include "base/check.h"
#include "base/checksum.h"
#include "base/int128.h"

namespace florin::snapshot {

using storage::AlignedBuffer;
using storage::kSectorBytes;

Result<std::unique_ptr<Reader>> Reader::open(storage::Storage& storage, const std::string& path,
                                             u128 ledger_id, u32 state_machine_version) {
  auto reader = open_any(storage, path);
  if (!reader) return reader;
  const SnapshotInfo& info = (*reader)->info();
  if (info.ledger_id != ledger_id) {
    return fail(ErrorCode::Corrupt,
                fmt::format("snapshot {} belongs to ledger {}, not to ledger {}", path,
                            to_decimal(info.ledger_id), to_decimal(ledger_id)));
  }
  if (info.state_machine_version != state_machine_version) {
    return fail(ErrorCode::WrongVersion,
                fmt::format("snapshot {} was written by state machine version {}, this program is "
                            "version {}; use the program that wrote it",
                            path, info.state_machine_version, state_machine_version));
  }
  return reader;
}

Result<std::unique_ptr<Reader>> Reader::open_any(storage::Storage& storage,
                                                 const std::string& path) {
  auto file = storage.open(path, storage::OpenMode::Read);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  std::unique_ptr<Reader> reader(new Reader(storage, path));
  reader->file_ = *file;
  RETURN_IF_ERROR(reader->read_ends());
  RETURN_IF_ERROR(reader->read_table());
  return reader;
}

Reader::~Reader() { storage_.close(file_); }

tl::unexpected<Error> Reader::damaged(const std::string& what) const {
  return fail(ErrorCode::Corrupt, fmt::format("snapshot {} {}", path_, what));
}

Status Reader::read_ends() {
  const auto size = storage_.size_bytes(file_);
  RETURN_IF_ERROR(size);
  if (*size < 2 * kSectorBytes || *size % kSectorBytes != 0) {
    return damaged(fmt::format("has {} bytes, which no snapshot has: it was cut off", *size));
  }
  AlignedBuffer sector(kSectorBytes);
  RETURN_IF_ERROR(storage_.read(file_, 0, sector.span()));
  std::memcpy(&header_, sector.data(), kSectorBytes);
  if (const auto defect = defect_of(header_)) return damaged(*defect);
  if (header_.format_version != kFormatVersion) {
    return fail(ErrorCode::WrongVersion,
                fmt::format("snapshot {} has format version {}, this program reads version {}",
                            path_, header_.format_version, kFormatVersion));
  }
  RETURN_IF_ERROR(storage_.read(file_, *size - kSectorBytes, sector.span()));
  std::memcpy(&end_, sector.data(), kSectorBytes);
  if (const auto defect = defect_of(end_, header_, *size)) return damaged(*defect);
  info_.point = cut_point_of(header_);
  info_.ledger_id = header_.ledger_id;
  info_.state_machine_version = header_.state_machine_version;
  info_.taken_at = header_.taken_at;
  info_.chunks = end_.chunks;
  info_.file_bytes = end_.file_bytes;
  info_.body_bytes = end_.body_bytes;
  std::memcpy(info_.records, end_.records, sizeof info_.records);
  info_.first_created = end_.first_created;
  info_.first_consumed = end_.first_consumed;
  info_.retired_position = Position{end_.retired_position};
  return {};
}

Status Reader::read_table() {
  AlignedBuffer table(round_up(end_.table_bytes, kSectorBytes));
  if (end_.table_bytes != 0) {
    RETURN_IF_ERROR(storage_.read(file_, end_.table_offset, table.span()));
  }
  const auto bytes = std::as_const(table).span().first(end_.table_bytes);
  if (checksum128(bytes) != end_.table_checksum) {
    return damaged("has a table whose checksum does not match");
  }
  for (const std::byte padding : std::as_const(table).span().subspan(end_.table_bytes)) {
    if (padding != std::byte{}) return damaged("has bytes behind its table that should be zero");
  }
  table_.resize(end_.chunks);
  if (!table_.empty()) std::memcpy(table_.data(), bytes.data(), bytes.size());
  return check_table();
}

// Chunk follows chunk, from the first sector to the table.
Status Reader::check_table() const {
  u64 offset = kSectorBytes;
  u64 body_bytes = 0;
  u64 records[kKindsMax] = {};
  for (const TableEntry& entry : table_) {
    const bool possible = entry.offset == offset && entry.kind != 0 && entry.kind < kKindsMax &&
                          entry.body_bytes <= engine::CutBuffer::kBodyBytesMax;
    if (!possible) return damaged("has a table that names impossible chunks");
    records[entry.kind] += entry.records;
    offset += chunk_stored_bytes(entry.body_bytes);
    body_bytes += entry.body_bytes;
  }
  const bool fills = offset == end_.table_offset && body_bytes == end_.body_bytes &&
                     std::memcmp(records, end_.records, sizeof records) == 0;
  if (!fills) return damaged("has a table that is not of all that the file holds");
  return {};
}

Status Reader::read(u64 number, Chunk& chunk) {
  return storage_.read(file_, table_[number].offset, chunk.memory().first(stored_bytes(number)));
}

Status Reader::check(u64 number, Chunk& chunk) const {
  const TableEntry& entry = table_[number];
  const std::byte* image = chunk.memory().data();
  ChunkHeader header;
  std::memcpy(&header, image, sizeof header);
  if (const auto defect = defect_of(header, header_, number, entry)) return damaged(*defect);
  const std::span body(image + sizeof header, header.body_bytes);
  if (checksum128(body) != header.body_checksum) {
    return damaged(fmt::format("is damaged behind byte {}: the checksum of chunk {} does not match",
                               entry.offset, number));
  }
  const u64 used = sizeof header + header.body_bytes;
  for (u64 byte = used; byte < chunk_stored_bytes(header.body_bytes); ++byte) {
    if (image[byte] == std::byte{}) continue;
    return damaged(
        fmt::format("is damaged at byte {}: zeros were expected there", entry.offset + byte));
  }
  engine::CutBuffer& buffer = chunk.buffer();
  buffer.kind = static_cast<engine::CutKind>(header.kind);
  buffer.first_virtual_slot = header.first_virtual_slot;
  buffer.last_virtual_slot = header.last_virtual_slot;
  buffer.records = header.records;
  buffer.first_number = header.first_number;
  buffer.body_bytes = header.body_bytes;
  return {};
}

Status Reader::validate() {
  Chunk chunk;
  for (u64 number = 0; number < chunks(); ++number) {
    RETURN_IF_ERROR(read(number, chunk));
    RETURN_IF_ERROR(check(number, chunk));
  }
  return {};
}

}  // namespace florin::snapshot
