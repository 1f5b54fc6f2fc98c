// The frame that every message travels in: 32 bytes of header, then the body. docs/protocol.md
// describes it for those who write a client.
#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

#include "base/types.h"
#include "ledger/request.h"

namespace florin::protocol {

inline constexpr u32 kFrameMagic = 0x4e52'4c46;  // "FLRN" as it stands in memory.
inline constexpr u16 kProtocolVersion = 1;
inline constexpr u32 kFrameHeaderBytes = 32;
// Frames begin at an address that is a multiple of this, and so do their bodies and their events.
inline constexpr u32 kFrameAlignment = 16;

// The longest request that is accepted unless a server is told otherwise.
inline constexpr u64 kRequestFrameBytesMax = 1 * kMiB;
// The longest reply: as many transfers as a request may ask for, each with its status.
inline constexpr u64 kReplyFrameBytesMax = 1 * kMiB + 256 * kKiB;

// Little endian, as all of the protocol.
struct FrameHeader {
  u32 magic;
  u16 version;
  u16 flags;           // Zero.
  u32 body_bytes;      // A multiple of 16: the message and the zeros that fill it up.
  u32 reserved;        // Zero.
  u64 request_number;  // The client's choice; the reply carries the same.
  u64 checksum;        // XXH3-64 of the whole frame, this field taken as zero.
};

static_assert(sizeof(FrameHeader) == kFrameHeaderBytes && alignof(FrameHeader) == 8);
static_assert(std::is_trivially_copyable_v<FrameHeader>);
static_assert(offsetof(FrameHeader, body_bytes) == 8 && offsetof(FrameHeader, checksum) == 24);

// Why bytes, or the message in them, were not accepted.
struct Refusal {
  ledger::RefusalCode code = ledger::RefusalCode::None;
  std::string message;  // Names what was wrong and what was expected.
};

inline tl::unexpected<Refusal> refuse(ledger::RefusalCode code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{code, std::move(message)});
}

// Reads and checks everything of a header but the checksum: magic, version, fields that must be
// zero, and a whole frame of at most `frame_bytes_max` bytes. A refusal means that the stream of
// frames is lost: the connection must be closed.
tl::expected<FrameHeader, Refusal> parse_header(std::span<const std::byte, kFrameHeaderBytes> bytes,
                                                u64 frame_bytes_max);

// The bytes of the whole frame.
constexpr u64 frame_bytes(const FrameHeader& header) {
  return u64{kFrameHeaderBytes} + header.body_bytes;
}

// Whether the checksum of a whole frame is right. The frame is the same afterwards: its checksum
// field is set to zero for the moment of the computation, so that one pass suffices.
bool verify_frame(std::span<std::byte> frame);

// Writes the header of a frame whose body is in place. The size must be a multiple of 16.
void seal_frame(std::span<std::byte> frame, u64 request_number);

}  // namespace florin::protocol
