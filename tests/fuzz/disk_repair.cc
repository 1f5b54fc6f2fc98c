#include "tests/fuzz/disk_repair.h"

#include <cstring>

#include "base/checksum.h"
#include "snapshot/format.h"
#include "tests/fuzz/disk_edits.h"
#include "wal/format.h"
#include "wal/marks.h"

namespace florin::test {

namespace {

template <class Value>
Value load(const Bytes& bytes, u64 offset) {
  Value value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <class Value>
void store(Bytes& bytes, u64 offset, const Value& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

bool fits(const Bytes& bytes, u64 offset, u64 length) {
  return offset <= bytes.size() && length <= bytes.size() - offset;
}

// The header sector names the content: chunks and the end repeat its checksum.
void repair_chunks(Bytes& file, u8 repairs, u128 snapshot) {
  for (u64 at = storage::kSectorBytes; fits(file, at, sizeof(snapshot::ChunkHeader));
       at += storage::kSectorBytes) {
    auto chunk = load<snapshot::ChunkHeader>(file, at);
    if (chunk.magic != snapshot::kChunkMagic) continue;
    const u64 body = at + sizeof(chunk);
    if ((repairs & Repairs::kBodies) != 0 && fits(file, body, chunk.body_bytes)) {
      chunk.body_checksum = checksum128(std::span(file).subspan(body, chunk.body_bytes));
    }
    if ((repairs & Repairs::kChain) != 0) chunk.snapshot = snapshot;
    if ((repairs & Repairs::kHeaders) != 0) snapshot::seal(chunk);
    store(file, at, chunk);
  }
}

// The table repeats the checksums of the chunks that it names.
void repair_table(Bytes& file, snapshot::EndSector& end) {
  if (!fits(file, end.table_offset, end.table_bytes)) return;
  for (u64 at = 0; at + sizeof(snapshot::TableEntry) <= end.table_bytes;
       at += sizeof(snapshot::TableEntry)) {
    auto entry = load<snapshot::TableEntry>(file, end.table_offset + at);
    if (!fits(file, entry.offset, sizeof(snapshot::ChunkHeader))) continue;
    entry.header_checksum = load<snapshot::ChunkHeader>(file, entry.offset).header_checksum;
    store(file, end.table_offset + at, entry);
  }
  end.table_checksum = checksum128(std::span(file).subspan(end.table_offset, end.table_bytes));
}

}  // namespace

void repair_log(DiskImage& image, u8 repairs) {
  u128 chain = 0;
  for (auto& [path, file] : image.files) {
    if (!path.ends_with(".log")) continue;
    for (u64 at = 0; fits(file, at, wal::kHeaderBytes); at += storage::kSectorBytes) {
      auto header = load<wal::BlockHeader>(file, at);
      if (header.magic != wal::kBlockMagic) continue;
      const u64 body = at + wal::kHeaderBytes;
      const bool whole =
          header.body_bytes <= wal::kBodyBytesMax && fits(file, body, header.body_bytes);
      if ((repairs & Repairs::kBodies) != 0 && whole) {
        header.body_checksum = wal::body_checksum(std::span(file).subspan(body, header.body_bytes));
      }
      if ((repairs & Repairs::kChain) != 0 && chain != 0) header.previous_checksum = chain;
      if ((repairs & Repairs::kHeaders) != 0) header.header_checksum = wal::header_checksum(header);
      chain = header.header_checksum;
      store(file, at, header);
    }
  }
}

void repair_marks(Bytes& file, u8 repairs) {
  if ((repairs & Repairs::kHeaders) == 0) return;
  for (u64 at = 0; fits(file, at, storage::kSectorBytes); at += storage::kSectorBytes) {
    const auto record = load<wal::MarkRecord>(file, at);
    const wal::Mark mark{record.count, record.durable_sequence, Position{record.durable_position},
                         record.chain, record.segment};
    wal::store_mark(mark, record.log_id, std::span(file).subspan(at, storage::kSectorBytes));
  }
}

void repair_snapshot(Bytes& file, u8 repairs) {
  if (file.size() < 2 * storage::kSectorBytes) return;
  auto header = load<snapshot::HeaderSector>(file, 0);
  if ((repairs & Repairs::kHeaders) != 0) snapshot::seal(header);
  store(file, 0, header);
  repair_chunks(file, repairs, header.checksum);
  const u64 end_offset =
      file.size() / storage::kSectorBytes * storage::kSectorBytes - storage::kSectorBytes;
  auto end = load<snapshot::EndSector>(file, end_offset);
  if ((repairs & Repairs::kChain) != 0) {
    end.snapshot = header.checksum;
    repair_table(file, end);
  }
  if ((repairs & Repairs::kHeaders) != 0) snapshot::seal(end);
  store(file, end_offset, end);
}

}  // namespace florin::test
