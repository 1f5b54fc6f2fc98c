// Whether the bytes at some place of the log are the block that should be there, and if not, what
// is wrong with them.
#pragma once

#include <string_view>

#include "base/types.h"
#include "wal/format.h"

namespace florin::wal {

enum class Defect : u8 {
  None,
  NoSegment,            // There is no file.
  EndOfSegment,         // No room for a header before the end of the file.
  NoBlock,              // The magic is missing.
  HeaderChecksum,       // The header is damaged or half written.
  FormatVersion,        // The header is whole, of another version of the format.
  Reserved,             // Bytes that must be zero are not.
  OtherLog,             // A whole block of another log.
  OtherPlace,           // A whole block that belongs in another segment or at another offset.
  BodyLength,           // The body would not fit the segment.
  OtherSequence,        // A whole block, but not the next.
  BrokenChain,          // It follows another block than the one before.
  GenerationDecreased,  // Left over from before a restart.
  OtherPosition,        // Its first event is not the next.
  StateMachineVersion,  // The next block, written by another version of the state machine.
  SegmentSize,          // The next block, but its file has not the size it had.
  BodyChecksum,         // The body is damaged or half written.
};

// Completes the sentence "expected block 7, but …".
std::string_view describe(Defect defect);

struct BlockExpectation {
  u128 log_id = 0;
  u32 state_machine_version = 0;
};

// Where the bytes were found.
struct BlockPlace {
  u64 segment = 0;
  u64 offset = 0;
  u64 segment_bytes = 0;
};

// Whether a header makes sense by itself, whatever came before it. Returns defects from NoBlock to
// BodyLength.
Defect check_alone(const BlockHeader& header, u128 log_id, const BlockPlace& place);

// Whether the header is that of the block which comes after `end`; everything but the body.
Defect check_next(const BlockHeader& header, const BlockExpectation& expectation,
                  const BlockPlace& place, const LogEnd& end);

}  // namespace florin::wal
