// Blocks come in their order, once, with what became of them: from memory or from the files, and
// wherever reading begins.
#include "history/block_source.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/history_store/logged_world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using history::BlockSource;
using history::BlockSourceOptions;

// A log that grows, and who reads it.
struct World {
  explicit World(u64 seed, std::optional<u64> feed_bytes, BlockSourceOptions options)
      : disk(seed), reader(disk.another_user()), blocks(seed) {
    if (feed_bytes) feed = std::make_unique<pipeline::CommitFeed>(*feed_bytes, bell);
    log = std::make_unique<BlockLog>(seed, disk, clock, feed.get());
    source = std::make_unique<BlockSource>(*reader, options, feed.get());
    source->restart({});
  }

  void append(u32 requests) {
    made.push_back(blocks.next(requests));
    log->append(made.back());
  }
  // The block is the one that was made as this.
  void expect_same(const history::LoggedBlock& given, usize index) const {
    ASSERT_LT(index, made.size());
    const MadeBlock& expected = made[index];
    ASSERT_EQ(given.end, expected.end) << "block " << index;
    EXPECT_EQ(given.position_before, expected.position_before);
    EXPECT_EQ(given.event_count, expected.event_count);
    ASSERT_GE(given.body.size(), expected.body_bytes);
    EXPECT_TRUE(std::ranges::equal(given.body.first(expected.body_bytes), expected.body_span()));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(given.body.data()) % 16, 0u);
    EXPECT_EQ(given.outcomes.sequence, expected.end.sequence);
    EXPECT_EQ(given.outcomes.digest, expected.outcomes.header.digest);
    EXPECT_TRUE(std::ranges::equal(given.outcome_content, expected.outcomes.content));
  }
  // Takes what there is; the next is the one that was made as this.
  void take_all(usize& next) {
    while (true) {
      const auto block = source->next();
      ASSERT_TRUE(block) << block.error().message;
      if (!block->has_value()) return;
      expect_same(**block, next++);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  Error error() {
    while (true) {
      const auto block = source->next();
      if (!block) return block.error();
      if (!block->has_value()) return {ErrorCode::NotFound, "no error"};
    }
  }

  ManualClock clock;
  SimStorage disk;
  std::unique_ptr<storage::Storage> reader;
  Doorbell bell;
  std::unique_ptr<pipeline::CommitFeed> feed;
  LoggedWorld blocks;
  std::unique_ptr<BlockLog> log;
  std::unique_ptr<BlockSource> source;
  std::vector<MadeBlock> made;
};

TEST(BlockSource, reads_a_log_at_rest_to_the_last_block_whose_outcomes_are_there) {
  World world(1, std::nullopt, source_options());
  for (u32 block = 0; block < 80; ++block) world.append(3);
  usize next = 0;
  world.take_all(next);
  EXPECT_GT(next, 60u);
  EXPECT_LT(next, world.made.size()) << "the last outcomes cannot be in the log";
  EXPECT_EQ(world.source->blocks_waiting(), world.made.size() - next);

  for (u32 outcomes = 0; outcomes < 4; ++outcomes) world.log->append_outcomes();
  world.source->restart(next == 0 ? wal::LogEnd{} : world.made[next - 1].end);
  world.take_all(next);
  EXPECT_EQ(next, world.made.size());
  EXPECT_EQ(world.source->counts().from_feed, 0u);
}

TEST(BlockSource, goes_on_behind_any_block) {
  World world(2, std::nullopt, source_options());
  for (u32 block = 0; block < 60; ++block) world.append(2);
  for (u32 outcomes = 0; outcomes < 4; ++outcomes) world.log->append_outcomes();
  for (usize from = 0; from < world.made.size(); from += 3) {
    world.source->restart(world.made[from].end);
    usize next = from + 1;
    world.take_all(next);
    ASSERT_EQ(next, world.made.size()) << "from " << from;
  }
}

TEST(BlockSource, gives_the_same_from_memory_and_from_files) {
  u64 from_feed = 0;
  u64 from_files = 0;
  u64 went_back = 0;
  const u64 seeds = (kSanitized ? 4 : 12) * soak_factor();
  for (u64 seed = 10; seed < 10 + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    World world(seed, random.chance(1, 3) ? 4 * kKiB : 48 * kKiB, source_options());
    usize next = 0;
    usize given = 0;  // In all.
    for (u32 step = 0; step < 150; ++step) {
      for (u64 blocks = random.below(random.chance(1, 10) ? 20 : 3); blocks > 0; --blocks) {
        world.append(static_cast<u32>(random.between(1, 3)));
      }
      if (random.chance(1, 3)) world.log->append_outcomes();
      for (u64 takes = random.below(8); takes > 0; --takes) {
        const auto block = world.source->next();
        ASSERT_TRUE(block) << block.error().message;
        if (!block->has_value()) break;
        world.expect_same(**block, next++);
        if (HasFatalFailure()) return;
        ++given;
      }
      if (random.chance(1, 12)) {
        // As after a failure of the store, which had taken up to here.
        next = next < 5 ? 0 : next - random.below(5);
        world.source->restart(next == 0 ? wal::LogEnd{} : world.made[next - 1].end);
        ++went_back;
      }
    }
    for (u32 outcomes = 0; outcomes < 8; ++outcomes) {
      world.log->append_outcomes();
      world.take_all(next);
    }
    EXPECT_EQ(next, world.made.size());
    from_feed += world.source->counts().from_feed;
    from_files += world.source->counts().from_files;
    EXPECT_GE(world.source->counts().from_feed + world.source->counts().from_files, given);
  }
  EXPECT_GT(from_feed, 100u * soak_factor());
  EXPECT_GT(from_files, 100u * soak_factor());
  EXPECT_GT(went_back, 10u * soak_factor());
}

TEST(BlockSource, gives_nothing_that_is_not_committed) {
  World world(3, std::nullopt, source_options());
  for (u32 block = 0; block < 10; ++block) world.append(1);
  for (u32 outcomes = 0; outcomes < 4; ++outcomes) world.log->append_outcomes();
  pipeline::CommitFeed feed(4 * kKiB, world.bell);
  BlockSource source(*world.reader, source_options(), &feed);
  source.restart({});
  ASSERT_TRUE(source.next());
  EXPECT_FALSE(source.next()->has_value()) << "nothing is committed";
  feed.commit(world.made[0].end.sequence);
  EXPECT_FALSE(source.next()->has_value()) << "what became of it is not committed";
  feed.commit(world.log->end().sequence);
  const auto block = source.next();
  ASSERT_TRUE(block && block->has_value());
  world.expect_same(**block, 0);
}

TEST(BlockSource, refuses_a_log_without_the_outcomes_of_a_block) {
  World world(4, std::nullopt, source_options());
  world.log->let_outcomes_wait(~u64{0});
  world.append(1);
  for (u32 outcomes = 0; outcomes < 4; ++outcomes) world.log->append_outcomes();
  world.append(1);
  world.log->lose_outcomes();
  const u64 lost = world.made.back().end.sequence;
  world.append(1);
  for (u32 outcomes = 0; outcomes < 4; ++outcomes) world.log->append_outcomes();
  const Error error = world.error();
  EXPECT_EQ(error.code, ErrorCode::Corrupt);
  const std::string what = "what became of log block " + std::to_string(lost) + " was never logged";
  EXPECT_NE(error.message.find(what), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("Rebuild history"), std::string::npos);
}

TEST(BlockSource, bounds_what_waits_for_outcomes) {
  BlockSourceOptions options = source_options();
  options.waiting_bytes_max = 16 * kKiB;
  World world(5, std::nullopt, options);
  world.log->let_outcomes_wait(~u64{0});
  for (u32 block = 0; block < 40; ++block) {
    world.append(3);
    world.log->lose_outcomes();
  }
  const Error error = world.error();
  EXPECT_EQ(error.code, ErrorCode::Corrupt);
  EXPECT_NE(error.message.find("16384 bytes of log"), std::string::npos) << error.message;
}

TEST(BlockSource, says_that_the_log_begins_behind_it) {
  World world(6, std::nullopt, source_options());
  while (world.log->end().segment < 4) world.append(4);
  const auto early = std::ranges::find_if(
      world.made, [](const MadeBlock& block) { return block.end.segment == 2; });
  world.source->restart(early->end);
  ASSERT_TRUE(world.source->next()) << "control: it can be read";
  ASSERT_TRUE(world.disk.remove(wal::segment_path(kLogDirectory, 2)));
  world.source->restart(early->end);
  const Error error = world.error();
  EXPECT_EQ(error.code, ErrorCode::Corrupt);
  EXPECT_NE(error.message.find("0000000000000002.log"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("restore a backup"), std::string::npos) << error.message;
  world.source->restart({});
  EXPECT_EQ(world.error().code, ErrorCode::Corrupt);
}

TEST(BlockSource, reports_damage_of_a_durable_block_and_goes_on_when_it_is_healed) {
  World world(7, 4 * kKiB, source_options());
  for (u32 block = 0; block < 30; ++block) world.append(4);
  for (u32 outcomes = 0; outcomes < 4; ++outcomes) world.log->append_outcomes();
  // In its header: it does not look like a block at all.
  const MadeBlock& victim = world.made[20];
  const u64 place = victim.end.offset - storage::kSectorBytes;
  world.disk.damage(wal::segment_path(kLogDirectory, victim.end.segment), place, std::byte{0x5a});
  const Error error = world.error();
  EXPECT_EQ(error.code, ErrorCode::Corrupt) << error.message;
  ASSERT_GT(world.disk.heal(), 0u);
  usize next = 0;
  world.source->restart({});
  world.take_all(next);
  EXPECT_EQ(next, world.made.size());
}

}  // namespace
}  // namespace florin::test
