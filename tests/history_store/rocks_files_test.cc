// What happens to the files of a store: damage is found and named, copies are whole, also while the
// store is written.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/int128.h"
#include "history/cut_copy.h"
#include "tests/history_store/rocks_world.h"
#include "tests/support/answers.h"

namespace florin::test {
namespace {

namespace fs = std::filesystem;

// A store of some runs, all of them written.
void fill(RocksWorld& world, u32 steps) {
  for (u32 step = 0; step < steps; ++step) world.run_next();
  world.hand_over();
  if (world.rocks().has_room()) world.seal();
  while (world.rocks().statistics().runs_waiting > 0) world.write_run();
}

TEST(RocksFiles, a_store_is_right_as_it_was_written) {
  RocksWorld world(11);
  fill(world, 150);
  u64 told = 0;
  const auto checked = world.rocks().check([&](u64 rows) { told = rows; });
  ASSERT_TRUE(checked) << checked.error().message;
  const history::Mark durable = world.rocks().durable();
  EXPECT_EQ(checked->transfers, durable.created);
  EXPECT_EQ(checked->ids_consumed, durable.consumed);
  EXPECT_EQ(checked->ids_created, durable.created);
  EXPECT_EQ(checked->entries, 2 * (checked->transfers + checked->expiries));
  EXPECT_GT(checked->transfers, 100u);
  EXPECT_GT(checked->expiries, 0u);
  EXPECT_GT(checked->ids_consumed, 0u);
  EXPECT_GT(checked->account_events, 0u);
  EXPECT_GT(checked->refusals, checked->ids_consumed);
}

// What the ledger of the world did behind one position and up to another.
history::ChangeBatch changes_between(MemoryStore& memory, Position before, Position end) {
  history::ChangeBatch batch{memory.transfers(), memory.others(), memory.consumed(), {}};
  const auto is_beyond = [&](const auto& each) { return each.place.position > end.value; };
  std::erase_if(batch.transfers, is_beyond);
  std::erase_if(batch.others, is_beyond);
  std::erase_if(batch.consumed, is_beyond);
  batch.end.log.position = end;
  batch.end.consumed = batch.consumed.size();
  for (const auto& change : batch.transfers) {
    batch.end.created += change.kind == ledger::ChangeKind::TransferCreated ? 1 : 0;
  }
  for (const auto& change : batch.others) {
    batch.end.accounts += change.created() != nullptr ? 1 : 0;
  }
  const auto is_before = [&](const auto& each) { return each.place.position <= before.value; };
  std::erase_if(batch.transfers, is_before);
  std::erase_if(batch.others, is_before);
  std::erase_if(batch.consumed, is_before);
  return batch;
}

void write_run_of(history::RocksStore& store, history::ChangeBatch batch) {
  ASSERT_TRUE(store.append(std::move(batch)));
  store.seal();
  ASSERT_TRUE(store.write_run());
}

TEST(RocksFiles, refusals_may_be_missing_only_where_an_earlier_version_wrote) {
  RocksWorld world(14);
  fill(world, 120);
  MemoryStore& memory = world.memory();
  const Position end = memory.readable();
  const Position middle{end.value / 2};
  const ScratchPath scratch;
  const auto check = [&](const std::string& name, u64 refusals_after) {
    history::RocksOptions options;
    options.directory = scratch / name;
    options.ledger_id = 3;
    options.refusals_after = refusals_after;
    auto opened = history::RocksStore::open(options);
    EXPECT_TRUE(opened);
    history::ChangeBatch earlier = changes_between(memory, Position{}, middle);
    std::erase_if(earlier.others, [](const auto& change) { return change.refused() != nullptr; });
    write_run_of(**opened, std::move(earlier));
    write_run_of(**opened, changes_between(memory, middle, end));
    return (*opened)->check({});
  };
  const auto checked = check("from-the-middle", middle.value);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_GT(checked->refusals, 0u);
  const auto wrong = check("from-the-beginning", 0);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("consumed ids"), std::string::npos) << wrong.error().message;

  // A copy knows it too, and one that ends before that lacks nothing that comes from then on.
  const history::Mark mark = changes_between(memory, Position{}, end).end;
  ASSERT_TRUE(history::copy_store_until(scratch / "from-the-middle", scratch / "copy", mark));
  history::RocksOptions reading;
  reading.directory = scratch / "copy";
  reading.read_only = true;
  auto copy = history::RocksStore::open(reading);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ((*copy)->refusals_after(), middle.value);
  const auto copied = (*copy)->check({});
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(copied->refusals, checked->refusals);
  const Position quarter{end.value / 4};
  const history::Mark sooner = changes_between(memory, Position{}, quarter).end;
  ASSERT_TRUE(history::copy_store_until(scratch / "from-the-middle", scratch / "sooner", sooner));
  reading.directory = scratch / "sooner";
  copy = history::RocksStore::open(reading);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ((*copy)->refusals_after(), quarter.value);
}

TEST(RocksFiles, a_damaged_byte_is_found_and_its_file_named) {
  u32 damaged = 0;
  for (u64 seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RocksWorld world(12);
    fill(world, 40);
    const std::string copy = world.path() + "-copy";
    ASSERT_TRUE(history::copy_store(world.path(), copy));
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(copy)) {
      if (entry.path().extension() == ".sst") files.push_back(entry.path());
    }
    ASSERT_FALSE(files.empty());
    Random random(seed);
    const fs::path file = files[random.below(files.size())];
    // The file may be shared with the store: the copy gets its own.
    const fs::path own = file.string() + ".own";
    fs::copy_file(file, own);
    fs::rename(own, file);
    const u64 at = random.below(fs::file_size(file));
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const int byte = bytes.get();
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(static_cast<char>(byte ^ 1));
    bytes.close();
    history::RocksOptions options = world.options();
    options.directory = copy;
    options.read_only = true;
    std::string said;
    auto store = history::RocksStore::open(options);
    if (!store) {
      said = store.error().message;
      EXPECT_EQ(store.error().code, ErrorCode::Corrupt) << said;
    } else if (const auto checked = (*store)->check(nullptr); !checked) {
      said = checked.error().message;
      EXPECT_EQ(checked.error().code, ErrorCode::Corrupt) << said;
    }
    // Bytes that nobody reads may change unseen: padding, and names in the footer's properties.
    if (said.empty()) continue;
    ++damaged;
    EXPECT_NE(said.find(file.stem().string()), std::string::npos) << said;
  }
  EXPECT_GE(damaged, 6u);
}

TEST(RocksFiles, a_missing_file_is_damage) {
  RocksWorld world(13);
  fill(world, 40);
  const std::string copy = world.path() + "-copy";
  ASSERT_TRUE(history::copy_store(world.path(), copy));
  for (const auto& entry : fs::directory_iterator(copy)) {
    if (entry.path().extension() != ".sst") continue;
    fs::remove(entry.path());
    break;
  }
  history::RocksOptions options = world.options();
  options.directory = copy;
  const auto store = history::RocksStore::open(options);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find(".sst"), std::string::npos) << store.error().message;
}

TEST(RocksFiles, a_copy_is_a_store_of_its_own) {
  RocksWorld world(14);
  fill(world, 60);
  const std::string copy = world.path() + "-copy";
  ASSERT_TRUE(history::copy_store(world.path(), copy));
  EXPECT_EQ(history::copy_store(world.path(), copy).error().code, ErrorCode::AlreadyInUse);
  EXPECT_EQ(history::copy_store(world.path() + "-none", copy + "2").error().code,
            ErrorCode::NotFound);
  const history::Mark durable = world.rocks().durable();
  history::RocksOptions options = world.options();
  options.directory = copy;
  auto store = history::RocksStore::open(options);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->durable(), durable);
  const auto checked = (*store)->check(nullptr);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->transfers, durable.created);
  // The first one goes on, and the copy does not see it.
  fill(world, 30);
  EXPECT_GT(world.rocks().durable().log.position, durable.log.position);
  EXPECT_EQ((*store)->durable(), durable);
  EXPECT_TRUE(world.rocks().check(nullptr));
}

// One thread appends, one writes runs, some read all the time, and copies are made.
TEST(RocksThreads, readers_and_copies_see_what_was_there_while_it_grows) {
  GeneratorOptions generated;
  generated.lookup_requests = 0;
  generated.query_requests = 0;
  generated.trial_balance_requests = 0;
  RequestGenerator generator(21, generated);
  ReferenceLedger reference;
  ReferenceChanges changes;
  std::vector<history::ChangeBatch> batches;
  for (u32 count = 0; count < 120; ++count) {
    OwnedRequest asked = generator.next();
    reference.apply(asked.request(), generator.meant_time());
    generator.observe(asked.request());
    changes.follow(asked.request(), reference);
    if (count % 2 == 0) batches.push_back(changes.take());
  }
  MemoryStore memory;
  for (const auto& batch : batches) ASSERT_TRUE(memory.append(copy_of(batch)));
  const auto transfers = memory.transfers();

  const ScratchPath scratch;
  history::RocksOptions options;
  options.directory = scratch / "history";
  options.ledger_id = 3;
  options.pack_changes = 6;
  auto opened = history::RocksStore::open(options);
  ASSERT_TRUE(opened);
  history::RocksStore& store = **opened;
  std::atomic<bool> appended{false};
  std::atomic<bool> written{false};
  std::atomic<u64> pages{0};
  std::thread writer([&] {
    while (!appended.load() || store.statistics().runs_waiting > 0) {
      const auto run = store.write_run();
      ASSERT_TRUE(run) << run.error().message;
      if (*run == 0) std::this_thread::yield();
    }
    written.store(true);
  });
  const auto read = [&](u64 seed) {
    Random random(seed);
    do {
      ledger::QueryFilter filter;
      const auto& like = transfers[random.below(transfers.size())].transfer;
      filter.account_id = like.debit_account_id;
      filter.limit = static_cast<u32>(random.between(1, 40));
      if (random.chance(1, 2)) filter.flags |= ledger::QueryFilter::kNewestFirst;
      const Position position = store.readable();
      OwnedRequest asked = random.chance(1, 3) ? OwnedRequest::get_change_events(filter)
                                               : OwnedRequest::get_account_balances(filter);
      if (asked.request().operation == ledger::Operation::GetChangeEvents) {
        asked.request().filter.flags = 0;
      }
      OwnedRequest expected = asked.ask_again();
      asked.request().position = position;
      expected.request().position = position;
      ASSERT_TRUE(store.answer(asked.request()));
      ASSERT_TRUE(memory.answer(expected.request()));
      ASSERT_EQ(difference(expected.request(), asked.request()), "");
      engine::PastTransfer found;
      engine::PastTransfer wanted;
      store.find({&like.id, 1}, position, {&found, 1});
      memory.find({&like.id, 1}, position, {&wanted, 1});
      ASSERT_EQ(found.outcome, wanted.outcome);
      ASSERT_EQ(found.pending_status, wanted.pending_status);
      if (wanted.outcome != 0) {
        ASSERT_TRUE(store.may_have(like.id));
      }
      pages.fetch_add(1);
    } while (!written.load());
  };
  std::thread reader([&] { read(1); });
  std::thread other_reader([&] { read(2); });
  u32 copies = 0;
  for (usize index = 0; index < batches.size(); ++index) {
    ASSERT_TRUE(store.append(copy_of(batches[index])));
    while (!store.has_room()) std::this_thread::yield();
    store.seal();
    if (index % 15 != 7) continue;
    const std::string copy = scratch / ("copy" + std::to_string(copies++));
    const Status made = history::copy_store(options.directory, copy);
    ASSERT_TRUE(made) << made.error().message;
    history::RocksOptions of_copy = options;
    of_copy.directory = copy;
    auto copied = history::RocksStore::open(of_copy);
    ASSERT_TRUE(copied) << copied.error().message;
    const auto checked = (*copied)->check(nullptr);
    ASSERT_TRUE(checked) << checked.error().message;
  }
  appended.store(true);
  writer.join();
  reader.join();
  other_reader.join();
  EXPECT_GT(pages.load(), 10u);
  EXPECT_EQ(copies, 4u);
  const auto checked = store.check(nullptr);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->transfers, batches.back().end.created);
}

}  // namespace
}  // namespace florin::test
