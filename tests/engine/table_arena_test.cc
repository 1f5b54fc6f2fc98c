// The buddy allocator: blocks never overlap, and freed space is used again.
#include "engine/table_arena.h"

#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace florin::engine {
namespace {

TEST(TableArena, never_hands_out_memory_twice) {
  const u64 seed = 99;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  TableArena arena;
  ASSERT_TRUE(arena.reserve(64 * kMiB));
  std::map<std::byte*, u32> blocks;  // By address: the order.
  for (u32 step = 0; step < 20'000; ++step) {
    if (blocks.size() < 200 && random.chance(3, 5)) {
      const auto order = static_cast<u32>(random.between(TableArena::kSmallestOrder, 16));
      std::byte* block = arena.allocate(order);
      const auto next = blocks.lower_bound(block);
      if (next != blocks.end()) {
        ASSERT_LE(block + (u64{1} << order), next->first);
      }
      if (next != blocks.begin()) {
        const auto previous = std::prev(next);
        ASSERT_LE(previous->first + (u64{1} << previous->second), block);
      }
      blocks[block] = order;
    } else if (!blocks.empty()) {
      auto victim = blocks.begin();
      std::advance(victim, static_cast<long>(random.below(blocks.size())));
      arena.release(victim->first, victim->second);
      blocks.erase(victim);
    }
  }
}

TEST(TableArena, joins_freed_neighbours_into_larger_blocks) {
  TableArena arena;
  ASSERT_TRUE(arena.reserve(kMiB));
  std::vector<std::byte*> small;
  for (u32 index = 0; index < 1024; ++index) small.push_back(arena.allocate(10));
  EXPECT_EQ(arena.used_bytes(), kMiB);
  for (std::byte* block : small) arena.release(block, 10);
  EXPECT_NE(arena.allocate(20), nullptr);  // All of it in one piece again.
  EXPECT_EQ(arena.used_bytes(), kMiB);
}

}  // namespace
}  // namespace florin::engine
