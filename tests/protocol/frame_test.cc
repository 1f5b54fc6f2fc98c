// Frame headers: what is accepted, and what is said of each wrong field.
#include "protocol/frame.h"

#include <array>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "protocol/messages.h"
#include "tests/protocol/frames.h"

namespace florin::protocol {
namespace {

using ledger::RefusalCode;

constexpr u64 kFrameBytesMax = 1 * kMiB;

// The bytes of a right header for a body of 32 bytes, to be spoiled.
std::array<std::byte, kFrameHeaderBytes> right_header() {
  alignas(16) std::array<std::byte, 64> frame{};
  seal_frame(frame, 77);
  std::array<std::byte, kFrameHeaderBytes> header;
  std::memcpy(header.data(), frame.data(), header.size());
  return header;
}

TEST(Frame, header_fields_stand_where_the_documentation_says) {
  const auto header = right_header();
  const u8 expected[24] = {0x46, 0x4c, 0x52, 0x4e, 1, 0, 0, 0,  //
                           32,   0,    0,    0,    0, 0, 0, 0,  //
                           77,   0,    0,    0,    0, 0, 0, 0};
  EXPECT_EQ(std::memcmp(header.data(), expected, sizeof(expected)), 0);
}

TEST(Frame, checksum_is_that_of_the_frame_with_its_field_zero) {
  std::array<std::byte, 64> frame{};
  frame[40] = std::byte{3};
  seal_frame(frame, 5);
  u64 checksum = 0;
  std::memcpy(&checksum, frame.data() + 24, sizeof(checksum));
  std::memset(frame.data() + 24, 0, sizeof(checksum));
  EXPECT_EQ(checksum, checksum64(frame));
}

TEST(Frame, verifying_leaves_the_frame_as_it_was) {
  std::array<std::byte, 64> frame{};
  seal_frame(frame, 5);
  const auto before = frame;
  EXPECT_TRUE(verify_frame(frame));
  EXPECT_EQ(frame, before);
  frame[63] = std::byte{1};
  const auto damaged = frame;
  EXPECT_FALSE(verify_frame(frame));
  EXPECT_EQ(frame, damaged);
}

TEST(Frame, every_single_bit_that_changes_is_noticed) {
  ByteBuffer buffer;
  encode_ping({.number = 12, .trace_id = 34}, buffer);
  for (usize bit = 0; bit < buffer.size() * 8; ++bit) {
    buffer.data()[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(verify_frame(buffer.bytes())) << "bit " << bit;
    buffer.data()[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  EXPECT_TRUE(verify_frame(buffer.bytes()));
}

struct WrongField {
  const char* what;
  usize offset;
  u32 value;
  usize bytes;
  RefusalCode expected;
  const char* message_part;
};

TEST(Frame, wrong_header_fields_are_refused_by_name) {
  const WrongField cases[] = {
      {"magic", 0, 0x20544547, 4, RefusalCode::BadFrame, "0x20544547"},
      {"version below", 4, 0, 2, RefusalCode::UnsupportedVersion, "version 0"},
      {"version above", 4, 2, 2, RefusalCode::UnsupportedVersion, "only version 1"},
      {"flags", 6, 0x8000, 2, RefusalCode::BadFrame, "flags (0x8000)"},
      {"reserved", 12, 1, 4, RefusalCode::BadFrame, "reserved (0x1)"},
      {"odd size", 8, 40, 4, RefusalCode::BadFrame, "40 bytes is not a multiple of 16"},
      {"one body too large", 8, 1024 * 1024 - 16, 4, RefusalCode::FrameTooLarge, "1048592"},
      {"largest size", 8, 0xfffffff0, 4, RefusalCode::FrameTooLarge, "maximum of 1048576"},
  };
  for (const WrongField& wrong : cases) {
    auto bytes = right_header();
    std::memcpy(bytes.data() + wrong.offset, &wrong.value, wrong.bytes);
    const auto header = parse_header(bytes, kFrameBytesMax);
    ASSERT_FALSE(header.has_value()) << wrong.what;
    EXPECT_EQ(header.error().code, wrong.expected) << wrong.what;
    EXPECT_NE(header.error().message.find(wrong.message_part), std::string::npos)
        << wrong.what << ": " << header.error().message;
  }
}

TEST(Frame, accepts_exactly_the_maximum) {
  auto bytes = right_header();
  const u32 body_bytes = static_cast<u32>(kFrameBytesMax - kFrameHeaderBytes);
  std::memcpy(bytes.data() + 8, &body_bytes, sizeof(body_bytes));
  const auto header = parse_header(bytes, kFrameBytesMax);
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(frame_bytes(*header), kFrameBytesMax);
  EXPECT_EQ(header->request_number, 77u);
}

}  // namespace
}  // namespace florin::protocol
