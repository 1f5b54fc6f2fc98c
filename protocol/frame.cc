// Reading, checking and writing frame headers.
#include "protocol/frame.h"

#include <bit>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/check.h"
#include "base/checksum.h"

namespace florin::protocol {

static_assert(std::endian::native == std::endian::little, "frames are read and written in place");

namespace {

constexpr usize kChecksumOffset = offsetof(FrameHeader, checksum);

// The checksum that the frame should carry. Leaves zero in its checksum field.
u64 compute_checksum(std::span<std::byte> frame) {
  std::memset(frame.data() + kChecksumOffset, 0, sizeof(u64));
  return checksum64(frame);
}

}  // namespace

tl::expected<FrameHeader, Refusal> parse_header(std::span<const std::byte, kFrameHeaderBytes> bytes,
                                                u64 frame_bytes_max) {
  using ledger::RefusalCode;
  FrameHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kFrameMagic) {
    return refuse(RefusalCode::BadFrame,
                  fmt::format("a frame begins with {:#010x}, not with {:#010x} (\"FLRN\")",
                              header.magic, kFrameMagic));
  }
  if (header.version != kProtocolVersion) {
    return refuse(RefusalCode::UnsupportedVersion,
                  fmt::format("protocol version {} is not spoken here, only version {}",
                              header.version, kProtocolVersion));
  }
  if (header.flags != 0 || header.reserved != 0) {
    return refuse(RefusalCode::BadFrame,
                  fmt::format("flags ({:#x}) and reserved ({:#x}) of a frame header must be zero",
                              header.flags, header.reserved));
  }
  if (header.body_bytes % kFrameAlignment != 0) {
    return refuse(RefusalCode::BadFrame, fmt::format("a body of {} bytes is not a multiple of {}",
                                                     header.body_bytes, kFrameAlignment));
  }
  if (frame_bytes(header) > frame_bytes_max) {
    return refuse(RefusalCode::FrameTooLarge,
                  fmt::format("a frame of {} bytes exceeds the maximum of {} bytes",
                              frame_bytes(header), frame_bytes_max));
  }
  return header;
}

bool verify_frame(std::span<std::byte> frame) {
  CHECK(frame.size() >= kFrameHeaderBytes);
  u64 claimed = 0;
  std::memcpy(&claimed, frame.data() + kChecksumOffset, sizeof(claimed));
  const u64 computed = compute_checksum(frame);
  std::memcpy(frame.data() + kChecksumOffset, &claimed, sizeof(claimed));
  return computed == claimed;
}

void seal_frame(std::span<std::byte> frame, u64 request_number) {
  CHECK(frame.size() >= kFrameHeaderBytes && frame.size() % kFrameAlignment == 0);
  CHECK(frame.size() <= std::numeric_limits<u32>::max());
  // By words, as the checksum reads it: see set_in_word.
  const u64 words[] = {kFrameMagic | u64{kProtocolVersion} << 32, frame.size() - kFrameHeaderBytes,
                       request_number};
  static_assert(offsetof(FrameHeader, version) == 4 && offsetof(FrameHeader, body_bytes) == 8 &&
                offsetof(FrameHeader, request_number) == 16 && kChecksumOffset == 24);
  std::memcpy(frame.data(), words, sizeof(words));
  const u64 checksum = compute_checksum(frame);
  std::memcpy(frame.data() + kChecksumOffset, &checksum, sizeof(checksum));
}

}  // namespace florin::protocol
