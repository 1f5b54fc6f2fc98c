// The bytes of a snapshot file; docs/snapshot-format.md tells the same to people. A header sector,
// chunks of records, a table of the chunks, and a last sector without which the file is nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "base/result.h"
#include "base/types.h"
#include "engine/cut_buffer.h"
#include "engine/cut_records.h"
#include "snapshot/cut_point.h"
#include "storage/storage.h"

namespace florin::snapshot {

inline constexpr u64 kHeaderMagic = 0x4e534e49524f4c46;  // "FLORINSN"
inline constexpr u64 kChunkMagic = 0x4b434e49524f4c46;   // "FLORINCK"
inline constexpr u64 kEndMagic = 0x45534e49524f4c46;     // "FLORINSE"
inline constexpr u32 kFormatVersion = 2;
inline constexpr usize kKindsMax = engine::kCutKinds;  // Places for counts by CutKind.

// All integers are little endian. In every format version the magic, the format version and the
// checksum of the first sector stay where they are and as they are defined here.
struct HeaderSector {
  u64 magic = kHeaderMagic;
  u32 format_version = kFormatVersion;
  u32 state_machine_version = 0;
  u128 checksum = 0;  // checksum128 of the sector with this field zero; the name of the file's
                      // content: chunks and the last sector repeat it.
  u128 ledger_id = 0;
  u128 chain = 0;      // The end of the log at the cut: the header checksum of the last block, ...
  u64 position = 0;    // ... events in the state, ...
  u64 sequence = 0;    // ... number of the last block, ...
  u64 generation = 0;  // ... its writer's generation, ...
  u64 segment = 0;     // ... the file in which it ends ...
  u64 offset = 0;      // ... and where, ...
  u64 block_timestamp = 0;  // ... and its timestamp.
  u64 last_timestamp = 0;   // Of the last logged event, nanoseconds.
  u64 taken_at = 0;         // Wall clock, nanoseconds since the Unix epoch; tells two files apart.
  std::byte zeros[storage::kSectorBytes - 128] = {};
};

static_assert(sizeof(HeaderSector) == storage::kSectorBytes && alignof(HeaderSector) == 16);
static_assert(std::is_trivially_copyable_v<HeaderSector>);
static_assert(offsetof(HeaderSector, zeros) == 128);

// Stands in the headroom of a CutBuffer. The body follows it at once, and zeros up to the sector.
struct ChunkHeader {
  u64 magic = kChunkMagic;
  u16 kind = 0;  // engine::CutKind
  u16 zero = 0;
  u32 records = 0;
  u128 snapshot = 0;  // Checksum of the header sector.
  u128 ledger_id = 0;
  u128 body_checksum = 0;
  u128 header_checksum = 0;  // checksum128 of these 256 bytes with this field zero.
  u64 number = 0;            // Chunks count from 0.
  u64 offset = 0;            // Of this header in the file.
  u64 body_bytes = 0;
  u64 first_number = 0;        // As in CutBuffer.
  u32 first_virtual_slot = 0;  // All records are of virtual slots in [first, last].
  u32 last_virtual_slot = 0;
  u64 reserved[17] = {};
};

static_assert(sizeof(ChunkHeader) == engine::CutBuffer::kHeadroomBytes);
static_assert(std::is_trivially_copyable_v<ChunkHeader>);
static_assert(std::has_unique_object_representations_v<ChunkHeader>);

// A line of the table: a chunk, and what a reader needs to choose among them.
struct TableEntry {
  u64 offset = 0;
  u64 body_bytes = 0;
  u128 header_checksum = 0;
  u64 first_number = 0;
  u32 records = 0;
  u16 kind = 0;
  u16 zero = 0;
};

static_assert(sizeof(TableEntry) == 48 && std::is_trivially_copyable_v<TableEntry>);
static_assert(std::has_unique_object_representations_v<TableEntry>);

// The last sector: written when everything before it is on stable storage.
struct EndSector {
  u64 magic = kEndMagic;
  u64 chunks = 0;
  u128 checksum = 0;  // checksum128 of the sector with this field zero.
  u128 snapshot = 0;  // Checksum of the header sector.
  u128 table_checksum = 0;
  u64 table_offset = 0;
  u64 table_bytes = 0;          // Without the zeros up to the sector.
  u64 file_bytes = 0;           // This sector included.
  u64 body_bytes = 0;           // Of all chunks.
  u64 records[kKindsMax] = {};  // By kind.
  // What had left memory, as in engine::CutCounters.
  u64 first_created = 0;
  u64 first_consumed = 0;
  u64 retired_position = 0;
  std::byte zeros[storage::kSectorBytes - 120 - 8 * kKindsMax] = {};
};

static_assert(sizeof(EndSector) == storage::kSectorBytes && alignof(EndSector) == 16);
static_assert(std::is_trivially_copyable_v<EndSector>);
static_assert(offsetof(EndSector, records) == 96 && kKindsMax == 16);
static_assert(offsetof(EndSector, first_created) == 224 && offsetof(EndSector, zeros) == 248);

// What a file says of itself.
struct SnapshotInfo {
  CutPoint point;
  u128 ledger_id = 0;
  u32 state_machine_version = 0;
  u64 taken_at = 0;
  u64 chunks = 0;
  u64 file_bytes = 0;
  u64 body_bytes = 0;
  u64 records[kKindsMax] = {};
  // Numbers of the first transfer of its kind, and of the first consumed id. As many were decided
  // before; all of these but the kept ones are in history alone, ...
  u64 first_created = 0;
  u64 first_consumed = 0;
  // ... which must be durable at least up to here, or the snapshot is of no use.
  Position retired_position;

  u64 count_of(engine::CutKind kind) const { return records[static_cast<usize>(kind)]; }
  // How many ids are in history alone.
  u64 retired() const {
    return first_created + first_consumed - count_of(engine::CutKind::KeptTransfers) -
           count_of(engine::CutKind::KeptIds);
  }
};

constexpr u64 chunk_stored_bytes(u64 body_bytes) {
  return round_up(sizeof(ChunkHeader) + body_bytes, storage::kSectorBytes);
}

HeaderSector make_header(const CutPoint& point, u128 ledger_id, u32 state_machine_version,
                         u64 taken_at);
CutPoint cut_point_of(const HeaderSector& header);
// Fills in the checksum.
void seal(HeaderSector& header);
void seal(ChunkHeader& header);
void seal(EndSector& end);

// What is wrong with the bytes, if anything: texts complete "the file …".
std::optional<std::string> defect_of(const HeaderSector& header);
std::optional<std::string> defect_of(const EndSector& end, const HeaderSector& header,
                                     u64 file_bytes);
std::optional<std::string> defect_of(const ChunkHeader& chunk, const HeaderSector& header,
                                     u64 number, const TableEntry& entry);

}  // namespace florin::snapshot
