// Reserved memory: zero at first, at a fixed and aligned address, unchanged by being touched.
#include "base/memory_region.h"

#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace florin {
namespace {

constexpr u64 kPage = 4096;

u64 address_of(const void* pointer) { return reinterpret_cast<u64>(pointer); }

// How many pages of the range are present in memory.
u64 pages_present(const std::byte* data, u64 bytes) {
  std::vector<unsigned char> present(bytes / kPage);
  EXPECT_EQ(mincore(const_cast<std::byte*>(data), bytes, present.data()), 0);
  u64 count = 0;
  for (const unsigned char page : present) count += page & 1U;
  return count;
}

TEST(MemoryRegion, is_zero_and_writable_to_its_last_byte) {
  MemoryRegion region;
  ASSERT_TRUE(region.reserve(3 * kPage + 1));
  ASSERT_GE(region.size_bytes(), 3 * kPage + 1);
  for (u64 i = 0; i < region.size_bytes(); ++i) ASSERT_EQ(region.data()[i], std::byte{0});
  region.data()[0] = std::byte{1};
  region.data()[region.size_bytes() - 1] = std::byte{2};
  EXPECT_EQ(region.data()[region.size_bytes() - 1], std::byte{2});
}

TEST(MemoryRegion, large_ones_are_aligned_to_huge_pages) {
  MemoryRegion region;
  ASSERT_TRUE(region.reserve(64 * kMiB));
  EXPECT_EQ(address_of(region.data()) % (2 * kMiB), 0U);
}

TEST(MemoryRegion, touch_makes_pages_present_and_keeps_what_they_hold) {
  MemoryRegion region;
  ASSERT_TRUE(region.reserve(64 * kPage));  // Too small for huge pages: present page by page.
  region.data()[5 * kPage] = std::byte{7};
  EXPECT_EQ(pages_present(region.data(), 64 * kPage), 1U);
  region.touch(4 * kPage + 1, 8 * kPage - 1);
  EXPECT_EQ(pages_present(region.data(), 64 * kPage), 4U);
  EXPECT_EQ(region.data()[5 * kPage], std::byte{7});
  region.touch(0, ~u64{0} - kPage);  // Clipped to the region.
  EXPECT_EQ(pages_present(region.data(), 64 * kPage), 64U);
}

TEST(MemoryRegion, reserves_far_more_than_it_uses) {
  MemoryRegion region;
  ASSERT_TRUE(region.reserve(64 * kGiB));
  region.data()[64 * kGiB - 1] = std::byte{1};
  EXPECT_EQ(region.data()[64 * kGiB - 1], std::byte{1});
}

TEST(MemoryRegion, tells_what_to_lower_when_the_address_space_is_not_enough) {
  MemoryRegion region;
  const Status status = region.reserve(u64{1} << 60);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("--accounts-max"), std::string::npos);
}

TEST(ReservedArray, holds_values_at_fixed_places) {
  struct Pair {
    u64 first;
    u64 second;
  };
  ReservedArray<Pair> pairs;
  ASSERT_TRUE(pairs.reserve(10'000));
  EXPECT_EQ(pairs.size(), 10'000U);
  const Pair* const place = &pairs[9'999];
  EXPECT_EQ(place->second, 0U);
  pairs[9'999] = {1, 2};
  pairs.touch(0, 10'000);
  EXPECT_EQ(&pairs[9'999], place);
  EXPECT_EQ(place->second, 2U);
}

}  // namespace
}  // namespace florin
