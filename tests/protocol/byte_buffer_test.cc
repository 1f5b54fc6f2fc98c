// The buffer that frames are written into.
#include "protocol/byte_buffer.h"

#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

namespace florin::protocol {
namespace {

TEST(ByteBuffer, keeps_its_bytes_and_alignment_while_it_grows) {
  ByteBuffer buffer;
  for (u32 i = 0; i < 100'000; ++i) std::memcpy(buffer.extend(sizeof(i)), &i, sizeof(i));
  ASSERT_EQ(buffer.size(), 400'000u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 16, 0u);
  for (u32 i = 0; i < 100'000; ++i) {
    u32 value = 0;
    std::memcpy(&value, buffer.data() + i * sizeof(i), sizeof(value));
    ASSERT_EQ(value, i);
  }
}

TEST(ByteBuffer, keeps_storage_up_to_what_clear_is_told) {
  ByteBuffer buffer;
  buffer.extend(64 * kKiB);
  buffer.clear(64 * kKiB);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 64 * kKiB);
  buffer.extend(65 * kKiB);
  buffer.clear(64 * kKiB);
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(ByteBuffer, drops_bytes_at_the_front) {
  ByteBuffer buffer;
  for (u8 i = 0; i < 48; ++i) *buffer.extend(1) = std::byte{i};
  buffer.drop_front(32);
  ASSERT_EQ(buffer.size(), 16u);
  EXPECT_EQ(buffer.data()[0], std::byte{32});
  EXPECT_EQ(buffer.data()[15], std::byte{47});
}

TEST(ByteBuffer, moves_its_storage) {
  ByteBuffer first;
  *first.extend(1) = std::byte{5};
  ByteBuffer second(std::move(first));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second.data()[0], std::byte{5});
  first = std::move(second);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first.data()[0], std::byte{5});
}

}  // namespace
}  // namespace florin::protocol
