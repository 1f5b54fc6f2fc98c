// Checksums: the published values of XXH3, so that what is on disk today verifies for ever, and the
// sensitivity that damage detection rests on.
#include "base/checksum.h"

#include <array>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace florin {
namespace {

// The buffer that xxHash's own sanity check uses: the top byte of a running product.
std::vector<std::byte> sanity_buffer(usize size) {
  std::vector<std::byte> buffer(size);
  u64 generator = 2654435761U;
  for (std::byte& byte : buffer) {
    byte = static_cast<std::byte>(generator >> 56);
    generator *= 11400714785074694797ULL;
  }
  return buffer;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Checksum, is_the_published_xxh3) {
  EXPECT_EQ(checksum64({}), 0x2d06800538d394c2ULL);
  EXPECT_EQ(checksum64(sanity_buffer(1)), 0xc44bdff4074eecdbULL);
  EXPECT_TRUE(checksum128({}) == make_u128(0x99aa06d3014798d8ULL, 0x6001c324468d497fULL));
  EXPECT_TRUE(checksum128(sanity_buffer(1)) ==
              make_u128(0xa6cd5e9392000f6aULL, 0xc44bdff4074eecdbULL));
}

TEST(Checksum, differs_when_any_bit_changes) {
  // Lengths around the places where XXH3 changes its method.
  for (const usize size : {1U, 8U, 9U, 16U, 17U, 128U, 129U, 240U, 241U, 1024U, 1025U}) {
    SCOPED_TRACE(size);
    std::vector<std::byte> buffer = sanity_buffer(size);
    const u64 whole64 = checksum64(buffer);
    const u128 whole128 = checksum128(buffer);
    for (usize bit = 0; bit < size * 8; ++bit) {
      const std::byte flip{static_cast<u8>(1U << (bit % 8))};
      buffer[bit / 8] ^= flip;
      EXPECT_NE(checksum64(buffer), whole64) << "bit " << bit;
      EXPECT_FALSE(checksum128(buffer) == whole128) << "bit " << bit;
      buffer[bit / 8] ^= flip;
    }
  }
}

TEST(Checksum, differs_when_zeros_are_appended_or_parts_swapped) {
  const std::array<std::byte, 64> zeros{};
  for (usize size = 1; size <= zeros.size(); ++size) {
    EXPECT_NE(checksum64(std::span(zeros).first(size)),
              checksum64(std::span(zeros).first(size - 1)));
  }
  EXPECT_NE(checksum64(bytes_of("debitcredit")), checksum64(bytes_of("creditdebit")));
}

}  // namespace
}  // namespace florin
