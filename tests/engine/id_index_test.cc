// The id index against a map, over random insertions, erasures and look-ups.
#include "engine/id_index.h"

#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace florin::engine {
namespace {

// Ids by slot, as the records of a table would hold them.
class Model {
 public:
  Model(u32 partitions, u64 seed) : seed_{seed | 1, ~seed | 1} {
    EXPECT_TRUE(index_.reserve(1 << 20, partitions));
  }

  u32 find(u128 id) const {
    return index_.find(seed_.hash(id), [&](u32 slot) { return ids_[slot] == id; });
  }
  void insert(u128 id) {
    const auto slot = static_cast<u32>(ids_.size());
    ids_.push_back(id);
    index_.insert(seed_.hash(id), slot);
    slots_[low_half(id)] = slot;
  }
  void erase(u128 id) {
    index_.erase(seed_.hash(id), slots_.at(low_half(id)));
    slots_.erase(low_half(id));
  }
  u32 expected(u128 id) const {
    const auto found = slots_.find(low_half(id));
    return found == slots_.end() ? kNoSlot : found->second;
  }
  const IdIndex& index() const { return index_; }
  usize size() const { return slots_.size(); }

 private:
  HashSeed seed_;
  IdIndex index_;
  std::vector<u128> ids_;
  std::unordered_map<u64, u32> slots_;
};

TEST(IdIndex, agrees_with_a_map_over_random_changes) {
  for (const u32 partitions : {1U, 3U, 8U}) {
    const u64 seed = 1000 + partitions;
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Model model(partitions, seed);
    for (u32 step = 0; step < 200'000; ++step) {
      const u128 id = random.between(1, 30'000);
      ASSERT_EQ(model.find(id), model.expected(id));
      if (model.expected(id) == kNoSlot) {
        model.insert(id);
      } else if (random.chance(1, 2)) {
        model.erase(id);
      }
    }
  }
}

TEST(IdIndex, visits_every_entry_once) {
  Model model(2, 7);
  for (u64 id = 1; id <= 50'000; ++id) model.insert(id);
  usize visited = 0;
  for (u32 slot = 0; slot < kVirtualSlots; ++slot) {
    model.index().for_each(slot, [&](u32) { ++visited; });
  }
  EXPECT_EQ(visited, model.size());
}

TEST(IdIndex, keeps_ids_that_all_fall_into_one_virtual_slot) {
  Model model(8, 3);
  std::vector<u128> ids;
  for (u64 candidate = 1; ids.size() < 5'000; ++candidate) {
    if (virtual_slot(candidate) == 5) ids.push_back(candidate);
  }
  for (const u128 id : ids) model.insert(id);
  for (const u128 id : ids) EXPECT_EQ(model.find(id), model.expected(id));
}

TEST(IdIndex, spends_at_most_the_planned_memory_on_an_id) {
  IdIndex index;
  ASSERT_TRUE(index.reserve(2'000'000, 1));
  const HashSeed seed{11, 13};
  for (u32 slot = 0; slot < 2'000'000; ++slot) index.insert(seed.hash(u128{slot} + 1), slot);
  // 8 bytes at a load of 0.25 to 0.8, and what was left behind by growing.
  EXPECT_LT(index.used_bytes() / 2'000'000, 32U);
}

// Ids of which many have the same virtual slot and tag.
IdHash crowded_hash(u32 id) { return {id % 4, id % 64}; }

TEST(IdIndex, candidates_are_exact_for_ids_that_are_there) {
  IdIndex index;
  ASSERT_TRUE(index.reserve(1 << 20, 1));
  Random random(17);
  std::vector<bool> there(1'000);
  const auto candidate = [&](u32 id, u32& asked) {
    return index.candidate(crowded_hash(id), [&](u32 slot) {
      ++asked;
      return slot == id;
    });
  };
  for (u32 step = 0; step < 50'000; ++step) {
    const auto id = static_cast<u32>(random.below(there.size()));
    there[id] ? index.erase(crowded_hash(id), id) : index.insert(crowded_hash(id), id);
    there[id] = !there[id];
    const auto other = static_cast<u32>(random.below(there.size()));
    u32 asked = 0;
    const u32 found = candidate(other, asked);
    if (there[other]) {
      ASSERT_EQ(found, other);
    } else if (found != kNoSlot) {
      ASSERT_TRUE(there[found]);
      ASSERT_EQ(crowded_hash(found).tag, crowded_hash(other).tag);
    }
  }
}

TEST(IdIndex, asks_about_no_candidate_whose_tag_is_its_own) {
  IdIndex index;
  ASSERT_TRUE(index.reserve(1 << 20, 1));
  const HashSeed seed{11, 13};
  for (u32 id = 0; id < 10'000; ++id) index.insert(seed.hash(id), id);
  for (u32 id = 0; id < 10'000; ++id) {
    EXPECT_EQ(index.candidate(seed.hash(id), [](u32) { return false; }), id);
  }
}

TEST(IdIndex, does_not_grow_before_there_are_as_many_ids_as_expected) {
  constexpr u32 kIds = 1'000'000;
  IdIndex index;
  ASSERT_TRUE(index.reserve(2 * kIds, 3, kIds));
  const u64 at_first = index.used_bytes();
  const HashSeed seed{11, 13};
  for (u32 slot = 0; slot < kIds; ++slot) index.insert(seed.hash(u128{slot} + 1), slot);
  EXPECT_EQ(index.used_bytes(), at_first);
  for (u32 slot = kIds; slot < 2 * kIds; ++slot) index.insert(seed.hash(u128{slot} + 1), slot);
  EXPECT_GT(index.used_bytes(), at_first);
  EXPECT_EQ(index.entry_count(), 2 * kIds);
}

TEST(VirtualSlot, of_an_id_never_changes) {
  // Part of the stored format: these pairs hold for ever.
  EXPECT_EQ(virtual_slot(0), 127U);
  EXPECT_EQ(virtual_slot(1), 227U);
  EXPECT_EQ(virtual_slot(kU128Max), 127U);
}

TEST(VirtualSlot, spreads_ids_of_every_common_shape_evenly) {
  const auto worst = [](auto&& id_of) {
    std::vector<u32> counts(kVirtualSlots);
    for (u64 number = 0; number < 1024 * 1000; ++number) ++counts[virtual_slot(id_of(number))];
    u32 most = 0;
    for (const u32 count : counts) most = std::max(most, count);
    return most;
  };
  EXPECT_LT(worst([](u64 number) { return u128{number + 1}; }), 1500U);
  EXPECT_LT(worst([](u64 number) { return make_u128(number + 1, 0); }), 1500U);
  EXPECT_LT(worst([](u64 number) { return u128{number} * 1024; }), 1500U);
  // A time in the upper bits and noise in the lower ones.
  EXPECT_LT(worst([](u64 number) {
              Random random(number);
              return make_u128((1'700'000'000'000 + number) << 16, random.next());
            }),
            1500U);
}

TEST(Partitions, are_ranges_that_cover_all_virtual_slots) {
  for (const u32 partitions : {1U, 2U, 3U, 7U, 8U, 64U, 1024U}) {
    u32 last = 0;
    for (u32 slot = 0; slot < kVirtualSlots; ++slot) {
      const u32 partition = partition_of(slot, partitions);
      EXPECT_TRUE(partition == last || partition == last + 1);
      last = partition;
    }
    EXPECT_EQ(last, partitions - 1);
  }
}

}  // namespace
}  // namespace florin::engine
