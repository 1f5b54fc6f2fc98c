// Checks of block headers.
#include "wal/block_check.h"

#include <algorithm>
#include <iterator>

namespace florin::wal {

std::string_view describe(Defect defect) {
  switch (defect) {
    case Defect::None: return "nothing is wrong";
    case Defect::NoSegment: return "there is no such file";
    case Defect::EndOfSegment: return "the file ends";
    case Defect::NoBlock: return "no block begins there";
    case Defect::HeaderChecksum: return "the checksum of the header does not match";
    case Defect::FormatVersion: return "it has another format version";
    case Defect::Reserved: return "reserved bytes of the header are not zero";
    case Defect::OtherLog: return "the block there belongs to another log";
    case Defect::OtherPlace: return "the block there belongs at another place";
    case Defect::BodyLength: return "its body would not fit the file";
    case Defect::OtherSequence: return "another block is there";
    case Defect::BrokenChain: return "the block there follows another one";
    case Defect::GenerationDecreased: return "the block there is older than the one before";
    case Defect::OtherPosition: return "the block there begins at another position";
    case Defect::StateMachineVersion: return "it has another state machine version";
    case Defect::SegmentSize: return "the file has not the size it was made with";
    case Defect::BodyChecksum: return "the checksum of its body does not match";
  }
  return "it is not understood";
}

Defect check_alone(const BlockHeader& header, u128 log_id, const BlockPlace& place) {
  if (header.magic != kBlockMagic) return Defect::NoBlock;
  if (header.header_checksum != header_checksum(header)) return Defect::HeaderChecksum;
  if (header.format_version != kFormatVersion) return Defect::FormatVersion;
  const bool reserved_zero = std::all_of(std::begin(header.reserved), std::end(header.reserved),
                                         [](u8 b) { return b == 0; });
  if (!reserved_zero) return Defect::Reserved;
  if (header.log_id != log_id) return Defect::OtherLog;
  if (header.segment != place.segment || header.offset != place.offset) return Defect::OtherPlace;
  // Only while the file has the size it was made with does a length that exceeds it mean anything.
  if (header.segment_bytes != place.segment_bytes) return Defect::None;
  if (header.body_bytes > kBodyBytesMax) return Defect::BodyLength;
  if (stored_bytes(header.body_bytes) > place.segment_bytes - place.offset) {
    return Defect::BodyLength;
  }
  return Defect::None;
}

Defect check_next(const BlockHeader& header, const BlockExpectation& expectation,
                  const BlockPlace& place, const LogEnd& end) {
  const Defect alone = check_alone(header, expectation.log_id, place);
  if (alone != Defect::None) return alone;
  if (header.sequence != end.sequence + 1) return Defect::OtherSequence;
  if (header.previous_checksum != end.chain) return Defect::BrokenChain;
  if (header.generation < end.generation) return Defect::GenerationDecreased;
  if (header.position_before != end.position.value) return Defect::OtherPosition;
  if (header.state_machine_version != expectation.state_machine_version) {
    return Defect::StateMachineVersion;
  }
  if (header.segment_bytes != place.segment_bytes) return Defect::SegmentSize;
  return Defect::None;
}

}  // namespace florin::wal
