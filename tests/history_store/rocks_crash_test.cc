// Power cuts at every step of opening, writing and merging: the store stands at the mark of a run
// afterwards, never before one that was called durable, and everything in it is right.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/history_store/forgetful_files.h"
#include "tests/history_store/rocks_world.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

constexpr usize kRuns = 13;  // So many that files are merged, too.

// What a ledger did, in as many batches as there are runs.
std::vector<history::ChangeBatch> made_batches(u64 seed) {
  GeneratorOptions options;
  options.lookup_requests = 0;
  options.query_requests = 0;
  options.trial_balance_requests = 0;
  RequestGenerator generator(seed, options);
  ReferenceLedger reference;
  ReferenceChanges changes;
  std::vector<history::ChangeBatch> batches;
  while (batches.size() < kRuns) {
    for (u32 count = 0; count < 4; ++count) {
      OwnedRequest asked = generator.next();
      reference.apply(asked.request(), generator.meant_time());
      generator.observe(asked.request());
      changes.follow(asked.request(), reference);
    }
    if (batches.empty() || !(changes.end() == batches.back().end))
      batches.push_back(changes.take());
  }
  return batches;
}

struct Crash {
  bool reached = false;  // The disk stopped before all was done.
  bool lost = false;     // Something that had been called durable.
  bool between = false;  // The store stands where no run ended, or does not open.
  bool wrong = false;    // What it has is not right.
  usize runs = 0;        // That it has.
};

// Stores one run after the other until the disk stops, and looks at what is left.
Crash crash_at(u64 operation, const std::vector<history::ChangeBatch>& batches,
               bool ignores_syncs) {
  const ScratchPath scratch;
  std::filesystem::create_directory(scratch / "keepsakes");
  std::filesystem::create_directory(scratch / "data");
  history::RocksOptions options;
  options.directory = scratch / "data/history";
  options.ledger_id = 3;
  options.cache_bytes = kMiB;
  options.pack_changes = 7;
  ForgetfulFiles files(operation, scratch / "keepsakes", ignores_syncs);
  options.environment = files.environment();
  Position durable{0};
  if (auto store = history::RocksStore::open(options); store) {
    for (const history::ChangeBatch& batch : batches) {
      EXPECT_TRUE((*store)->append(copy_of(batch)));
      (*store)->seal();
      if (!(*store)->write_run()) break;
      durable = (*store)->durable().log.position;
    }
  }
  Crash crash;
  crash.reached = files.stopped();
  Random random(operation);
  files.forget(random);

  options.environment = nullptr;
  auto store = history::RocksStore::open(options);
  if (!store) {
    crash.between = true;
    EXPECT_TRUE(ignores_syncs) << store.error().message;
    return crash;
  }
  const history::Mark mark = (*store)->durable();
  crash.lost = mark.log.position < durable;
  crash.between = !(mark == history::Mark{});
  for (usize run = 0; run < batches.size(); ++run) {
    if (!(batches[run].end == mark)) continue;
    crash.between = false;
    crash.runs = run + 1;
  }
  const auto checked = (*store)->check(nullptr);
  crash.wrong = !checked.has_value();
  if (!checked) {
    EXPECT_TRUE(ignores_syncs) << checked.error().message;
  }
  if (ignores_syncs) return crash;
  // It goes on from there.
  const usize end = std::min(batches.size(), crash.runs + 2);
  for (usize run = crash.runs; run < end; ++run) {
    EXPECT_TRUE((*store)->append(copy_of(batches[run])));
    (*store)->seal();
    const auto written = (*store)->write_run();
    EXPECT_TRUE(written) << written.error().message;
  }
  EXPECT_EQ((*store)->durable(), batches[end - 1].end);
  EXPECT_TRUE((*store)->check(nullptr));
  return crash;
}

u64 operations_of_all(const std::vector<history::ChangeBatch>& batches) {
  u64 operations = 512;
  while (crash_at(operations, batches, false).reached) operations *= 2;
  return operations;
}

TEST(RocksCrash, stands_at_the_mark_of_a_run_wherever_the_power_goes) {
  const u64 seed = 4;
  const auto batches = made_batches(seed);
  const u64 all = operations_of_all(batches);
  const u64 wanted = (kSanitized ? 6 : 16) * soak_factor();
  Random random(seed);
  u64 reached = 0;
  std::vector<bool> seen(kRuns + 1);
  for (u64 count = 0; count < wanted; ++count) {
    const u64 operation = wanted >= all ? 1 + count : random.between(1, all * 3 / 4);
    if (operation > all) break;
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", operation " << operation);
    const Crash crash = crash_at(operation, batches, false);
    EXPECT_FALSE(crash.lost);
    EXPECT_FALSE(crash.between);
    EXPECT_FALSE(crash.wrong);
    if (!crash.reached) continue;
    ++reached;
    seen[crash.runs] = true;
  }
  EXPECT_GT(reached, wanted / 3);
  EXPECT_GT(std::count(seen.begin(), seen.end(), true), 3);
}

TEST(RocksCrash, a_disk_that_ignores_syncs_is_found_out) {
  const auto batches = made_batches(4);
  u64 found = 0;
  Random random(9);
  for (u32 count = 0; count < 6; ++count) {
    const Crash crash = crash_at(random.between(100, 400), batches, true);
    if (crash.lost || crash.between || crash.wrong) ++found;
  }
  EXPECT_GT(found, 0u);
}

// At every step of a run in turn: the run stays, and is written when there is room again.
TEST(RocksCrash, a_full_disk_leaves_the_run_to_be_written_again) {
  const auto batches = made_batches(6);
  u32 failed = 0;
  std::atomic<u32> told = 0;
  for (u64 after = 0; after < 60; after += 4) {
    SCOPED_TRACE(testing::Message() << "full after " << after << " operations");
    const ScratchPath scratch;
    std::filesystem::create_directory(scratch / "keepsakes");
    std::filesystem::create_directory(scratch / "data");
    ForgetfulFiles files(~u64{0}, scratch / "keepsakes", false);
    history::RocksOptions options;
    options.directory = scratch / "data/history";
    options.ledger_id = 3;
    options.environment = files.environment();
    options.told = [&](std::string_view error) { told += error.empty() ? 0 : 1; };
    auto store = history::RocksStore::open(options);
    ASSERT_TRUE(store) << store.error().message;
    for (usize run = 0; run < 3; ++run) {
      ASSERT_TRUE((*store)->append(copy_of(batches[run])));
      (*store)->seal();
      if (run == 1) files.fill_up(after, 3);
      const history::Mark before = (*store)->durable();
      auto written = (*store)->write_run();
      for (u32 tries = 0; !written && tries < 10; ++tries) {
        ++failed;
        EXPECT_EQ((*store)->durable(), before);
        EXPECT_EQ((*store)->readable(), batches[run].end.log.position);
        if (written.error().code == ErrorCode::Io) {  // It has to be opened again.
          store->reset();
          store = history::RocksStore::open(options);
          ASSERT_TRUE(store) << store.error().message;
          ASSERT_EQ((*store)->durable(), before);
          ASSERT_TRUE((*store)->append(copy_of(batches[run])));
          (*store)->seal();
        } else {
          EXPECT_EQ(written.error().code, ErrorCode::NoSpace) << written.error().message;
        }
        written = (*store)->write_run();
      }
      ASSERT_TRUE(written) << written.error().message;
      EXPECT_EQ((*store)->durable(), batches[run].end);
    }
    const auto checked = (*store)->check(nullptr);
    EXPECT_TRUE(checked) << checked.error().message;
    // Writing a log of its own, RocksDB would end the process on a disk that fails.
    EXPECT_FALSE(std::filesystem::exists(scratch / "data/history/LOG"));
  }
  EXPECT_GT(failed, 5u);
  EXPECT_GT(told, 0u);
}

}  // namespace
}  // namespace florin::test
