// The bytes of the log on disk: blocks in segment files. docs/log-format.md tells the same to
// people. A block is a 256-byte header, its body, and zeros up to the next sector. What a body
// holds is not the log's business.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/types.h"
#include "storage/storage.h"

namespace florin::wal {

inline constexpr u64 kBlockMagic = 0x474c4e49524f4c46;  // The bytes "FLORINLG".
inline constexpr u32 kFormatVersion = 1;
inline constexpr u64 kHeaderBytes = 256;
inline constexpr u64 kChecksumSliceBytes = 64 * kKiB;
// Bounds the checksums that a body has, and what a damaged length can make a reader do.
inline constexpr u64 kBodyBytesMax = 64 * kMiB;
inline constexpr u64 kBodySlicesMax = kBodyBytesMax / kChecksumSliceBytes;

// All integers are little endian. In every format version the magic, the format version and the
// header checksum stay where they are and as they are defined here.
struct BlockHeader {
  u64 magic = kBlockMagic;
  u32 format_version = kFormatVersion;
  u32 state_machine_version = 0;
  u128 log_id = 0;             // Drawn when the log was made: a block of another log never passes.
  u128 previous_checksum = 0;  // Header checksum of the block before; 0 in the first block.
  u128 body_checksum = 0;
  u128 header_checksum = 0;  // Over these 256 bytes with this field zero.
  u64 sequence = 0;          // Blocks count from 1, without gaps.
  u64 segment = 0;           // Where the block was meant to be: number of the file, from 1 ...
  u64 generation = 0;        // One more at every start of a writer; never decreases.
  u64 offset = 0;            // ... and the byte of the file at which it starts.
  u64 position_before = 0;   // Events logged before this block.
  u64 event_count = 0;
  u64 timestamp = 0;  // Nanoseconds since the Unix epoch, of the block.
  u64 body_bytes = 0;
  // The watermark: what was known to be durable when this block was written.
  u64 durable_sequence = 0;
  u64 durable_position = 0;
  u64 segment_bytes = 0;  // Size of the segment file: one that was cut short is recognised.
  // Drawn from the clocks when the writer was opened. Two writers may have the same generation, if
  // nothing of the first was left: this tells even equal blocks of theirs apart, so that what the
  // first left in flight never follows a block of the second.
  u64 incarnation = 0;
  u8 reserved[80] = {};  // Zero.
};

static_assert(sizeof(BlockHeader) == kHeaderBytes);
static_assert(alignof(BlockHeader) == 16);
static_assert(std::is_trivially_copyable_v<BlockHeader>);
static_assert(std::has_unique_object_representations_v<BlockHeader>);

// The bytes that a block takes in its segment.
constexpr u64 stored_bytes(u64 body_bytes) {
  return round_up(kHeaderBytes + body_bytes, storage::kSectorBytes);
}

u128 header_checksum(const BlockHeader& header);

// The checksum of a body is made in two steps, so that several threads can share the first: the
// 64-bit checksum of each slice of kChecksumSliceBytes (the last may be shorter), then the 128-bit
// checksum of the array of these. An empty body has no slices.
u64 slice_checksum(std::span<const std::byte> slice);
u128 combine_slices(std::span<const u64> slice_checksums);
// Both steps on this thread. The body has at most kBodyBytesMax bytes.
u128 body_checksum(std::span<const std::byte> body);

// Segment files: sixteen digits and ".log". A file under preparation has ".preparing" instead and
// belongs to nobody after a crash.
std::string segment_name(u64 segment);
std::string preparing_name(u64 segment);
std::optional<u64> parse_segment_name(std::string_view name);
bool is_preparing_name(std::string_view name);

// Where a log ends: what a writer needs to go on. The default is the end of an empty log.
struct LogEnd {
  u64 segment = 1;
  u64 offset = 0;  // The byte after the last block.
  u64 sequence = 0;
  u64 generation = 0;
  Position position;
  u128 chain = 0;  // Header checksum of the last block.
  Timestamp timestamp;
  friend bool operator==(const LogEnd&, const LogEnd&) = default;
};

}  // namespace florin::wal
