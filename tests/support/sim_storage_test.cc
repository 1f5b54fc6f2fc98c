// The simulated disk itself: what it may forget, and what it must not.
#include "tests/support/sim_storage.h"

#include <cerrno>
#include <cstring>

#include <gtest/gtest.h>

#include "storage/aligned_buffer.h"

namespace florin::test {
namespace {

using storage::AlignedBuffer;
using storage::Durability;
using storage::File;
using storage::kSectorBytes;
using storage::OpenMode;

constexpr const char* kPath = "/data/file";

AlignedBuffer sector_of(u8 value) {
  AlignedBuffer buffer(kSectorBytes);
  std::memset(buffer.data(), value, kSectorBytes);
  return buffer;
}

File create_file(SimStorage& disk) {
  EXPECT_TRUE(disk.create_directory("/data"));
  const auto file = disk.open(kPath, OpenMode::Create);
  EXPECT_TRUE(file);
  EXPECT_TRUE(disk.allocate(*file, 4 * kSectorBytes));
  EXPECT_TRUE(disk.sync_now(*file));
  EXPECT_TRUE(disk.sync_directory_now("/data"));
  return *file;
}

void drain(SimStorage& disk) {
  disk.submit();
  while (disk.step()) {
  }
  std::array<storage::Completion, 16> completions;
  while (disk.poll(completions) > 0) {
  }
}

bool sector_is(const SimStorage& disk, u64 sector, u8 value) {
  const DiskImage image = disk.image();
  const std::vector<std::byte>& content = image.files.at(kPath);
  for (u64 i = 0; i < kSectorBytes; ++i) {
    if (content.at(sector * kSectorBytes + i) != std::byte{value}) return false;
  }
  return true;
}

TEST(SimStorage, a_synced_sector_survives_every_crash) {
  for (u64 seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    SimStorage disk(seed);
    const File file = create_file(disk);
    const AlignedBuffer first = sector_of(1);
    const AlignedBuffer second = sector_of(2);
    disk.write(file, 0, first.span(), Durability::None, 1);
    drain(disk);
    ASSERT_TRUE(disk.sync_now(file));
    disk.write(file, kSectorBytes, second.span(), Durability::Durable, 2);
    drain(disk);
    disk.crash();
    disk.crash();
    ASSERT_TRUE(sector_is(disk, 0, 1));
    ASSERT_TRUE(sector_is(disk, 1, 2));
  }
}

TEST(SimStorage, an_unsynced_sector_is_kept_or_lost_or_torn) {
  u64 kept = 0;
  u64 lost = 0;
  u64 torn = 0;
  for (u64 seed = 0; seed < 500; ++seed) {
    SimStorage disk(seed);
    const File file = create_file(disk);
    const AlignedBuffer bytes = sector_of(1);
    disk.write(file, 0, bytes.span(), Durability::None, 1);
    drain(disk);
    EXPECT_TRUE(sector_is(disk, 0, 1));
    disk.crash();
    (sector_is(disk, 0, 1) ? kept : sector_is(disk, 0, 0) ? lost : torn) += 1;
  }
  EXPECT_GT(kept, 50u);
  EXPECT_GT(lost, 50u);
  EXPECT_GT(torn, 10u);
}

TEST(SimStorage, a_sync_covers_only_what_was_complete_when_it_was_asked_for) {
  u64 lost = 0;
  for (u64 seed = 0; seed < 100; ++seed) {
    SimStorage disk(seed, {.in_order = true});
    const File file = create_file(disk);
    const AlignedBuffer bytes = sector_of(1);
    disk.write(file, 0, bytes.span(), Durability::None, 1);
    disk.sync(file, 2);
    drain(disk);
    disk.crash();
    if (!sector_is(disk, 0, 1)) ++lost;
  }
  EXPECT_GT(lost, 0u);
}

TEST(SimStorage, an_unsynced_directory_entry_may_vanish_and_a_synced_one_may_not) {
  u64 vanished = 0;
  u64 undone = 0;
  for (u64 seed = 0; seed < 200; ++seed) {
    SimStorage disk(seed);
    create_file(disk);
    ASSERT_TRUE(disk.open("/data/unsynced", OpenMode::Create));
    ASSERT_TRUE(disk.rename(kPath, "/data/renamed"));
    disk.crash();
    const bool old_name = disk.open(kPath, OpenMode::Read).has_value();
    const bool new_name = disk.open("/data/renamed", OpenMode::Read).has_value();
    ASSERT_NE(old_name, new_name) << "seed " << seed;
    undone += old_name;
    vanished += !disk.open("/data/unsynced", OpenMode::Read).has_value();
  }
  EXPECT_GT(vanished, 20u);
  EXPECT_GT(undone, 20u);
}

TEST(SimStorage, a_killed_process_leaves_its_completed_writes_visible_but_not_durable) {
  u64 lost = 0;
  for (u64 seed = 0; seed < 100; ++seed) {
    SimStorage disk(seed);
    const File file = create_file(disk);
    const AlignedBuffer bytes = sector_of(1);
    disk.write(file, 0, bytes.span(), Durability::None, 1);
    drain(disk);
    disk.kill_process();
    ASSERT_TRUE(sector_is(disk, 0, 1));
    disk.crash();
    lost += !sector_is(disk, 0, 1);
  }
  EXPECT_GT(lost, 10u);
}

TEST(SimStorage, the_same_seed_gives_the_same_disk) {
  const auto run = [](u64 seed) {
    SimStorage disk(seed);
    const File file = create_file(disk);
    std::vector<AlignedBuffer> buffers;
    for (u8 i = 0; i < 4; ++i) {
      buffers.push_back(sector_of(i + 1));
      disk.write(file, i * kSectorBytes, buffers.back().span(), Durability::None, i);
    }
    disk.submit();
    disk.step();
    disk.crash();
    return disk.image().files;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(SimStorage, the_nth_operation_fails_and_space_is_limited) {
  SimStorage disk(1);
  const File file = create_file(disk);
  const AlignedBuffer bytes = sector_of(1);
  disk.fail_nth(SimOperation::Write, 2, EIO);
  std::array<storage::Completion, 1> completion;
  for (const int expected : {0, EIO, 0}) {
    disk.write(file, 0, bytes.span(), Durability::None, 1);
    disk.submit();
    ASSERT_TRUE(disk.step());
    ASSERT_EQ(disk.poll(completion), 1u);
    EXPECT_EQ(completion[0].error, expected);
  }
  disk.limit_space(6 * kSectorBytes);
  EXPECT_EQ(disk.allocate(file, 7 * kSectorBytes).error().code, ErrorCode::NoSpace);
  EXPECT_TRUE(disk.allocate(file, 6 * kSectorBytes));
  disk.limit_space(std::nullopt);
  EXPECT_TRUE(disk.allocate(file, 7 * kSectorBytes));
}

TEST(SimStorage, another_user_sees_the_same_files_and_only_its_own_completions) {
  SimStorage disk(1, {.complete_on_poll = false});
  const File file = create_file(disk);
  const auto other = disk.another_user();
  const auto same = other->open(kPath, OpenMode::ReadWrite);
  ASSERT_TRUE(same);
  const AlignedBuffer first = sector_of(1);
  const AlignedBuffer second = sector_of(2);
  disk.write(file, 0, first.span(), Durability::Durable, 11);
  other->write(*same, kSectorBytes, second.span(), Durability::Durable, 22);
  disk.submit();
  EXPECT_EQ(disk.operations_pending(), 2u);
  EXPECT_TRUE(disk.step());
  EXPECT_FALSE(disk.step()) << "the other user submitted nothing yet";
  other->submit();
  EXPECT_TRUE(disk.step());
  std::array<storage::Completion, 4> completions;
  ASSERT_EQ(other->poll(completions), 1u);
  EXPECT_EQ(completions[0].token, 22u);
  ASSERT_EQ(disk.poll(completions), 1u);
  EXPECT_EQ(completions[0].token, 11u);
  disk.crash();
  EXPECT_TRUE(sector_is(disk, 0, 1));
  EXPECT_TRUE(sector_is(disk, 1, 2));
  const auto again = other->open(kPath, OpenMode::Read);
  ASSERT_TRUE(again);
  EXPECT_NE(again->handle, same->handle);
}

TEST(SimStorage, a_user_that_leaves_takes_its_operations_with_it) {
  u64 happened = 0;
  for (u64 seed = 0; seed < 100; ++seed) {
    SimStorage disk(seed);
    create_file(disk);
    auto other = disk.another_user();
    const auto file = other->open(kPath, OpenMode::ReadWrite);
    {
      const AlignedBuffer bytes = sector_of(1);
      other->write(*file, 0, bytes.span(), Durability::Durable, 1);
      other.reset();
    }
    EXPECT_FALSE(disk.step());
    happened += sector_is(disk, 0, 1);
  }
  EXPECT_GT(happened, 20u);
  EXPECT_LT(happened, 80u);
}

TEST(SimStorage, lies_are_told_to_one_user_alone) {
  u64 lost = 0;
  for (u64 seed = 0; seed < 50; ++seed) {
    SimStorage disk(seed);
    const File file = create_file(disk);
    const auto other = disk.another_user({.lie_about_syncs = true});
    const auto same = other->open(kPath, OpenMode::ReadWrite);
    const AlignedBuffer bytes = sector_of(1);
    disk.write(file, 0, bytes.span(), Durability::Durable, 1);
    other->write(*same, kSectorBytes, bytes.span(), Durability::Durable, 1);
    other->submit();
    drain(disk);
    EXPECT_TRUE(other->sync_now(*same));
    disk.crash();
    ASSERT_TRUE(sector_is(disk, 0, 1));
    lost += !sector_is(disk, 1, 1);
  }
  EXPECT_GT(lost, 10u);
}

TEST(SimStorage, without_power_nothing_more_is_done) {
  SimStorage disk(1);
  const File file = create_file(disk);
  const AlignedBuffer bytes = sector_of(1);
  disk.write(file, 0, bytes.span(), Durability::Durable, 1);
  disk.submit();
  disk.lose_power_after(2);  // The write, and the sync that is part of it.
  ASSERT_TRUE(disk.step());
  EXPECT_TRUE(disk.power_lost());
  EXPECT_FALSE(disk.sync_now(file));
  EXPECT_FALSE(disk.rename(kPath, "/data/renamed"));
  EXPECT_FALSE(disk.remove(kPath));
  EXPECT_FALSE(disk.list("/data"));
  disk.write(file, kSectorBytes, bytes.span(), Durability::Durable, 2);
  disk.submit();
  ASSERT_TRUE(disk.step());
  std::array<storage::Completion, 2> completions;
  ASSERT_EQ(disk.poll(completions), 2u);
  EXPECT_EQ(completions[0].error, 0);
  EXPECT_EQ(completions[1].error, EIO);
  disk.crash();
  EXPECT_FALSE(disk.power_lost());
  EXPECT_TRUE(sector_is(disk, 0, 1));
}

TEST(SimStorage, damage_can_be_taken_back_where_nothing_was_written_since) {
  SimStorage disk(1);
  const File file = create_file(disk);
  const AlignedBuffer bytes = sector_of(1);
  for (const u64 sector : {0, 1, 2}) {
    disk.write(file, sector * kSectorBytes, bytes.span(), Durability::Durable, sector);
  }
  drain(disk);
  disk.damage(kPath, 10, std::byte{7});
  disk.damage(kPath, kSectorBytes + 10, std::byte{7});
  disk.make_unreadable(kPath, 2 * kSectorBytes);
  AlignedBuffer read(kSectorBytes);
  EXPECT_EQ(disk.read(file, 2 * kSectorBytes, read.span()).error().code, ErrorCode::Io);
  EXPECT_TRUE(disk.read(file, 0, read.span()));
  EXPECT_FALSE(sector_is(disk, 0, 1));
  disk.write(file, kSectorBytes, bytes.span(), Durability::Durable, 1);
  drain(disk);
  EXPECT_EQ(disk.heal(), 2u);
  EXPECT_TRUE(disk.read(file, 2 * kSectorBytes, read.span()));
  for (const u64 sector : {0, 1, 2}) EXPECT_TRUE(sector_is(disk, sector, 1));
  EXPECT_EQ(disk.heal(), 0u);
  disk.damage(kPath, 10, std::byte{7});
  disk.damage(kPath, kSectorBytes, std::byte{7});
  disk.keep_damage(kPath, kSectorBytes);
  EXPECT_EQ(disk.heal(), 1u);
  EXPECT_TRUE(sector_is(disk, 0, 1));
  EXPECT_FALSE(sector_is(disk, 1, 1));
}

}  // namespace
}  // namespace florin::test
