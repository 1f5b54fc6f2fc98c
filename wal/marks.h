// The marks: two sectors in a file beside the segments, written in turns, each naming the last
// block that was durable when the log had come to rest. A header's watermark speaks only of the
// blocks before it; the marks vouch for the newest ones. docs/log-format.md tells the same to
// people.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"
#include "wal/format.h"

namespace florin::wal {

inline constexpr u64 kMarkMagic = 0x4b4d4e49524f4c46;  // The bytes "FLORINMK".
inline constexpr u32 kMarkVersion = 1;
inline constexpr usize kMarkSectors = 2;
inline constexpr u64 kMarksBytes = kMarkSectors * storage::kSectorBytes;

// The beginning of a mark's sector; the rest of it is zero. Little endian.
struct MarkRecord {
  u64 magic = kMarkMagic;
  u32 version = kMarkVersion;
  u32 reserved = 0;
  u128 log_id = 0;
  u128 chain = 0;
  u128 checksum = 0;  // 128 bits, over this record with this field zero.
  u64 count = 0;
  u64 durable_sequence = 0;
  u64 durable_position = 0;
  u64 segment = 0;
};

static_assert(sizeof(MarkRecord) == 96);
static_assert(std::is_trivially_copyable_v<MarkRecord>);
static_assert(std::has_unique_object_representations_v<MarkRecord>);

// What a mark says: all blocks up to this one were durable.
struct Mark {
  u64 count = 0;  // Marks of a log count from 1.
  u64 durable_sequence = 0;
  Position durable_position{};
  u128 chain = 0;   // Header checksum of that block; 0 without one.
  u64 segment = 1;  // The file that holds the block.
  friend bool operator==(const Mark&, const Mark&) = default;
};

// A mark for the end of a log; `count` is the caller's.
Mark mark_of(const LogEnd& end, u64 count);

std::string marks_path(const std::string& directory);

// The two sectors as they are; nothing where a sector is torn or damaged.
using Marks = std::array<std::optional<Mark>, kMarkSectors>;
// The one that was written last; nothing without any.
const Mark* newest(const Marks& marks);

// Errors: NotFound if there is no file of marks; Corrupt if it has another size, or a mark is whole
// and belongs to another log; WrongVersion if it is whole and of another version.
Result<Marks> read_both_marks(storage::Storage& storage, const std::string& directory, u128 log_id);

// The newest whole mark. One broken sector is what a power cut leaves; Corrupt if both are. May be
// called while a writer in another process writes marks.
Result<Mark> read_marks(storage::Storage& storage, const std::string& directory, u128 log_id);

// Makes the file, durably, with `mark` in both sectors; there must be none. For a writer's first
// start, and for whoever puts a log together from copies. Nothing may be in flight in `storage`.
Status create_marks(storage::Storage& storage, const std::string& directory, u128 log_id,
                    const Mark& mark);

// Puts a mark into a sector of memory.
void store_mark(const Mark& mark, u128 log_id, std::span<std::byte> sector);

}  // namespace florin::wal
