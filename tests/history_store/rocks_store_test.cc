// The history store in RocksDB against the plain one: whatever it is asked, of whatever moment,
// however its runs and packs fall.
#include "history/rocks_store.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/history_store/rocks_world.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

TEST(RocksStore, answers_whatever_it_is_asked_as_the_plain_store_does) {
  const u64 seeds = (kSanitized ? 2 : 6) * soak_factor();
  u64 pages = 0;
  u64 objects = 0;
  u64 runs = 0;
  for (u64 seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RocksWorld world(seed, static_cast<u32>(1 + seed * 7 % history::kPackChangesMax));
    for (u32 step = 0; step < 250; ++step) {
      world.run_next();
      if (world.random().chance(1, 40)) world.reopen();
      if (world.random().chance(1, 3)) world.compare(world.some_question());
      if (world.random().chance(1, 6)) world.compare_find();
      if (world.random().chance(1, 6)) world.compare_known();
      if (HasFatalFailure()) return;
    }
    pages += world.pages();
    objects += world.objects();
    runs += world.runs();
  }
  EXPECT_GT(pages, 100 * seeds);
  EXPECT_GT(objects, 1000 * seeds);
  EXPECT_GT(runs, 15 * seeds);  // So many that files are merged.
}

TEST(RocksStore, lists_all_accounts_as_the_plain_store_does) {
  u64 listed = 0;
  for (u64 seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RocksWorld world(seed);
    for (u32 step = 0; step < 120; ++step) {
      world.run_next();
      if (world.random().chance(1, 40)) world.reopen();
      if (!world.random().chance(1, 4)) continue;
      const Position as_of{world.random().below(world.memory().readable().value + 1)};
      const u32 limit = 1 + static_cast<u32>(world.random().below(20));
      u128 after = 0;
      for (;;) {
        const auto page = world.rocks().list_accounts(after, limit, as_of);
        ASSERT_TRUE(page) << page.error().message;
        ASSERT_EQ(*page, *world.memory().list_accounts(after, limit, as_of));
        listed += page->size();
        if (page->size() < limit) break;
        after = page->back().id;
      }
    }
  }
  EXPECT_GT(listed, 500U);
}

// Memory is reserved by the chunk: chunks fill, whatever comes in batches of whatever size.
TEST(OpenRun, has_few_chunks_whatever_comes) {
  struct {
    u32 transfers, refusals;  // In a batch, by turns.
  } const table[] = {{100, 0}, {0, 1}, {0, 130}, {65, 65}, {1, 127}, {3'000, 130}, {130, 1}};
  for (const auto& row : table) {
    SCOPED_TRACE(testing::Message() << row.transfers << " transfers, " << row.refusals);
    history::OpenRun run(history::Mark{}, {3, 4});
    history::ChangeBatch batch;
    u64 position = 0;
    while (run.changes() < 40'000) {
      for (const bool refuses : {false, true}) {
        const u32 count = refuses ? row.refusals : row.transfers;
        for (u32 each = 0; each < count; ++each) {
          const history::Place place{++position, 0};
          if (refuses) {
            batch.others.push_back({place, position, history::RefusedTransfer{}});
          } else {
            history::TransferChange change{};
            change.place = place;
            change.transfer.id = position;
            batch.transfers.push_back(change);
          }
        }
        batch.end.log.position = Position{position};
        run.append(batch);
      }
    }
    u64 changes = 0;
    for (const history::ChunkView& chunk : run.chunks()) {
      changes += chunk.transfers.size() + chunk.others.size();
    }
    EXPECT_EQ(changes, position);
    EXPECT_LT(run.chunks().size(), 40U);
  }
}

TEST(RocksStore, a_new_one_is_empty_and_says_whose_it_is) {
  const ScratchPath scratch;
  history::RocksOptions options;
  options.directory = scratch / "history";
  options.ledger_id = 9;
  {
    auto store = history::RocksStore::open(options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->durable(), history::Mark{});
    EXPECT_EQ((*store)->readable(), Position{0});
    EXPECT_FALSE((*store)->may_have(1));
    EXPECT_TRUE((*store)->has_room());
    EXPECT_EQ((*store)->write_run().value(), 0u);
    EXPECT_FALSE((*store)->known_account(1).value().found);
    EXPECT_FALSE((*store)->known_hold(1).value().found);
    // Another process, or this one, cannot write it beside.
    EXPECT_EQ(history::RocksStore::open(options).error().code, ErrorCode::AlreadyInUse);
  }
  options.ledger_id = 10;
  EXPECT_EQ(history::RocksStore::open(options).error().code, ErrorCode::InvalidArgument);
  options.ledger_id = 9;
  EXPECT_TRUE(history::RocksStore::open(options));
}

TEST(RocksStore, says_what_is_missing) {
  const ScratchPath scratch;
  history::RocksOptions options;
  options.directory = scratch / "missing/history";
  EXPECT_EQ(history::RocksStore::open(options).error().code, ErrorCode::NotFound);
  options.directory = scratch / "history";
  options.read_only = true;
  EXPECT_EQ(history::RocksStore::open(options).error().code, ErrorCode::NotFound);
  EXPECT_FALSE(std::filesystem::exists(options.directory));
}

TEST(RocksStore, is_read_beside_its_writer) {
  RocksWorld world(3);
  for (u32 step = 0; step < 100; ++step) world.run_next();
  world.hand_over();
  world.seal();
  world.write_run();
  while (world.rocks().statistics().runs_waiting > 0) world.write_run();
  history::RocksOptions options = world.options();
  options.read_only = true;
  options.ledger_id = 0;
  auto reader = history::RocksStore::open(options);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->durable(), world.rocks().durable());
  const auto transfers = world.memory().transfers();
  ASSERT_FALSE(transfers.empty());
  engine::PastTransfer past;
  (*reader)->find({&transfers.front().transfer.id, 1}, (*reader)->readable(), {&past, 1});
  EXPECT_NE(past.outcome, 0);
}

}  // namespace
}  // namespace florin::test
