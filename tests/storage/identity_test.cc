// The stored identity: its bytes, and what is said of every damage to it.
#include "storage/identity.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "storage/aligned_buffer.h"

namespace florin::storage {
namespace {

const Identity kIdentity{make_u128(0x0102030405060708, 0x090a0b0c0d0e0f10), 64 * kMiB};

AlignedBuffer encoded() {
  AlignedBuffer buffer(kSectorBytes);
  encode_identity(kIdentity, buffer.span().first<kSectorBytes>());
  return buffer;
}

Result<Identity> decode(const AlignedBuffer& buffer) {
  return decode_identity(buffer.span().first<kSectorBytes>(), "DIR/identity");
}

// Changes a field and gives the sector the checksum that belongs to it.
template <class Change>
AlignedBuffer with(Change change) {
  AlignedBuffer buffer = encoded();
  IdentitySector sector;
  std::memcpy(&sector, buffer.data(), sizeof sector);
  change(sector);
  sector.checksum = 0;
  sector.checksum = checksum128(std::as_bytes(std::span(&sector, 1)));
  std::memcpy(buffer.data(), &sector, sizeof sector);
  return buffer;
}

TEST(Identity, is_read_as_it_was_written) {
  const auto decoded = decode(encoded());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, kIdentity);
}

TEST(Identity, has_these_bytes) {
  const AlignedBuffer buffer = encoded();
  const auto text = [&](usize offset, usize count) {
    return std::string(reinterpret_cast<const char*>(buffer.data()) + offset, count);
  };
  EXPECT_EQ(text(0, 8), "FLORINID");
  EXPECT_EQ(text(8, 8), std::string("\1\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(text(16, 16),
            std::string("\xa2\x43\xe2\x31\x99\x13\xa6\xc9\x2a\xf9\x9c\x7e\x31\x8d\x55\x7d", 16));
  EXPECT_EQ(text(32, 16), "\x10\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(text(48, 8), std::string("\0\0\0\4\0\0\0\0", 8));
  EXPECT_EQ(text(56, kSectorBytes - 56), std::string(kSectorBytes - 56, '\0'));
}

TEST(Identity, every_changed_bit_is_found) {
  AlignedBuffer buffer = encoded();
  for (usize bit = 0; bit < kSectorBytes * 8; ++bit) {
    const auto mask = static_cast<std::byte>(1 << (bit % 8));
    buffer.data()[bit / 8] ^= mask;
    const auto decoded = decode(buffer);
    ASSERT_FALSE(decoded) << "bit " << bit;
    ASSERT_EQ(decoded.error().code, ErrorCode::Corrupt) << "bit " << bit;
    ASSERT_EQ(decoded.error().message.find("DIR/identity "), 0u);
    buffer.data()[bit / 8] ^= mask;
  }
  EXPECT_TRUE(decode(buffer));
}

TEST(Identity, another_version_is_named_with_ours) {
  const auto decoded = decode(with([](IdentitySector& sector) { sector.format_version = 7; }));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::WrongVersion);
  EXPECT_EQ(decoded.error().message,
            "DIR/identity has format version 7; this Florin reads version 1");
}

TEST(Identity, values_that_cannot_be_are_corrupt_even_with_a_checksum) {
  const auto code = [](auto change) {
    const auto decoded = decode(with(change));
    EXPECT_FALSE(decoded);
    return decoded ? ErrorCode::Refused : decoded.error().code;
  };
  EXPECT_EQ(code([](IdentitySector& sector) { sector.ledger_id = 0; }), ErrorCode::Corrupt);
  EXPECT_EQ(code([](IdentitySector& sector) { sector.segment_bytes = 0; }), ErrorCode::Corrupt);
  EXPECT_EQ(code([](IdentitySector& sector) { sector.segment_bytes = 4097; }), ErrorCode::Corrupt);
  EXPECT_EQ(code([](IdentitySector& sector) { sector.magic = 1; }), ErrorCode::Corrupt);
}

}  // namespace
}  // namespace florin::storage
