// The disk whose power can be cut: what was synced survives every cut; of what was not, each part
// is lost in some cuts and kept in others, and the seed decides which.
#include "tests/fire/power_disk.h"

#include <cerrno>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

namespace florin::test {
namespace {

constexpr u64 kSeeds = 300;
constexpr usize kBytes = 4096;

std::vector<std::byte> filled(char letter, usize bytes = kBytes) {
  return std::vector<std::byte>(bytes, static_cast<std::byte>(letter));
}

void write_all(PowerDisk& disk, const std::string& path, char letter) {
  PowerDisk::Handle file = 0;
  if (disk.open(path, file) == -ENOENT) {
    ASSERT_EQ(disk.create(path, file), 0);
  }
  ASSERT_EQ(disk.write(file, 0, filled(letter)), static_cast<int>(kBytes));
  disk.release(file);
}

void sync(PowerDisk& disk, const std::string& path) {
  PowerDisk::Handle file = 0;
  ASSERT_EQ(disk.open(path, file), 0);
  ASSERT_EQ(disk.sync(file), 0);
  disk.release(file);
}

int sync_root(PowerDisk& disk) {
  PowerDisk::Handle root = 0;
  EXPECT_EQ(disk.open("/", root), 0);
  const int result = disk.sync(root);
  disk.release(root);
  return result;
}

std::string names_of(PowerDisk& disk) {
  PowerDisk::Handle root = 0;
  EXPECT_EQ(disk.open("/", root), 0);
  std::vector<std::string> names;
  EXPECT_EQ(disk.list(root, names), 0);
  disk.release(root);
  std::string text;
  for (const std::string& name : names) text += name + " ";
  return text;
}

// What a program reads, or nothing without the file.
std::optional<std::string> text_of(PowerDisk& disk, const std::string& path) {
  PowerDisk::Handle file = 0;
  if (disk.open(path, file) != 0) return std::nullopt;
  std::vector<std::byte> bytes(2 * kBytes);
  const int count = disk.read(file, 0, bytes);
  disk.release(file);
  return std::string(reinterpret_cast<const char*>(bytes.data()), static_cast<usize>(count));
}

std::string letters(const std::string& text) {
  std::set<char> found(text.begin(), text.end());
  return found.size() > 2 ? "garbage" : std::string(found.begin(), found.end());
}

void cycle_power(PowerDisk& disk, u64 seed) {
  disk.cut(seed);
  disk.power_on();
}

TEST(PowerDisk, keeps_what_was_synced_in_every_cut) {
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    ASSERT_EQ(sync_root(disk), 0);
    cycle_power(disk, seed);
    ASSERT_EQ(text_of(disk, "/a"), std::string(kBytes, 'x')) << "seed " << seed;
    cycle_power(disk, seed + 1);
    ASSERT_EQ(text_of(disk, "/a"), std::string(kBytes, 'x')) << "seed " << seed;
  }
}

TEST(PowerDisk, loses_keeps_and_tears_what_was_not_synced) {
  std::set<std::string> seen;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    ASSERT_EQ(sync_root(disk), 0);
    write_all(disk, "/a", 'y');
    ASSERT_EQ(text_of(disk, "/a"), std::string(kBytes, 'y'));
    cycle_power(disk, seed);
    seen.insert(letters(text_of(disk, "/a").value()));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"x", "y", "xy", "garbage"}));
}

TEST(PowerDisk, loses_the_name_of_a_synced_file_whose_directory_was_not) {
  std::set<bool> seen;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    cycle_power(disk, seed);
    seen.insert(text_of(disk, "/a").has_value());
  }
  EXPECT_EQ(seen, (std::set<bool>{false, true}));
}

TEST(PowerDisk, a_rename_happens_whole_or_not_at_all) {
  std::set<std::string> seen;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    write_all(disk, "/b", 'y');
    sync(disk, "/b");
    ASSERT_EQ(sync_root(disk), 0);
    ASSERT_EQ(disk.rename("/a", "/b"), 0);
    cycle_power(disk, seed);
    const auto a = text_of(disk, "/a");
    const auto b = text_of(disk, "/b");
    seen.insert((a ? letters(*a) : "-") + (b ? letters(*b) : "-"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"xy", "-x"}));
}

TEST(PowerDisk, unsynced_changes_of_a_directory_survive_in_any_combination) {
  std::set<std::string> seen;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/old", 'x');
    ASSERT_EQ(sync_root(disk), 0);
    write_all(disk, "/new", 'x');
    ASSERT_EQ(disk.remove("/old"), 0);
    cycle_power(disk, seed);
    seen.insert(names_of(disk));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "new ", "new old ", "old "}));
}

TEST(PowerDisk, a_failed_sync_gives_up_what_the_next_one_does_not_save) {
  u64 lost = 0;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    ASSERT_EQ(sync_root(disk), 0);
    write_all(disk, "/a", 'y');
    disk.fail({DiskOperation::Sync, "/a", 1}, 1, EIO);
    PowerDisk::Handle file = 0;
    ASSERT_EQ(disk.open("/a", file), 0);
    EXPECT_EQ(disk.sync(file), -EIO);
    EXPECT_EQ(disk.sync(file), 0);
    EXPECT_EQ(text_of(disk, "/a"), std::string(kBytes, 'y'));
    cycle_power(disk, seed);
    lost += letters(text_of(disk, "/a").value()) != "y" ? 1 : 0;
  }
  EXPECT_GT(lost, kSeeds / 2);
}

TEST(PowerDisk, what_a_failed_sync_gave_up_is_durable_or_gone_when_its_process_has_ended) {
  std::set<std::string> seen;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    ASSERT_EQ(sync_root(disk), 0);
    write_all(disk, "/a", 'y');
    disk.fail({DiskOperation::Sync, "/a", 1}, 1, EIO);
    PowerDisk::Handle file = 0;
    ASSERT_EQ(disk.open("/a", file), 0);
    EXPECT_EQ(disk.sync(file), -EIO);
    disk.settle(seed);
    const std::string settled = letters(text_of(disk, "/a").value());
    cycle_power(disk, seed);
    EXPECT_EQ(letters(text_of(disk, "/a").value()), settled);
    seen.insert(settled);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"x", "y"}));
}

TEST(PowerDisk, a_disk_that_lies_loses_what_was_synced) {
  u64 lost = 0;
  for (u64 seed = 0; seed < kSeeds; ++seed) {
    PowerDisk disk;
    disk.lie_about_syncs(true);
    write_all(disk, "/a", 'x');
    sync(disk, "/a");
    ASSERT_EQ(sync_root(disk), 0);
    cycle_power(disk, seed);
    lost += text_of(disk, "/a") == std::string(kBytes, 'x') ? 0 : 1;
  }
  EXPECT_GT(lost, kSeeds / 2);
}

TEST(PowerDisk, without_power_and_through_old_handles_everything_fails) {
  PowerDisk disk;
  PowerDisk::Handle file = 0;
  ASSERT_EQ(disk.create("/a", file), 0);
  disk.cut(1);
  PowerDisk::Handle other = 0;
  EXPECT_EQ(disk.write(file, 0, filled('x')), -EIO);
  EXPECT_EQ(disk.sync(file), -EIO);
  EXPECT_EQ(disk.open("/a", other), -EIO);
  EXPECT_EQ(disk.create("/b", other), -EIO);
  EXPECT_EQ(disk.rename("/a", "/b"), -EIO);
  EXPECT_EQ(disk.open("/", other), -EIO);
  disk.power_on();
  EXPECT_EQ(disk.sync(file), -EIO);
  EXPECT_EQ(disk.create("/b", other), 0);
}

TEST(PowerDisk, is_cut_at_the_operation_that_was_named) {
  PowerDisk disk;
  ASSERT_EQ(disk.create_directory("/log"), 0);
  disk.cut_at({DiskOperation::Write, "/log/", 3}, 7);
  write_all(disk, "/elsewhere", 'x');
  write_all(disk, "/log/a", 'x');
  write_all(disk, "/log/a", 'x');
  EXPECT_TRUE(disk.status().power);
  PowerDisk::Handle file = 0;
  ASSERT_EQ(disk.open("/log/a", file), 0);
  EXPECT_EQ(disk.write(file, 0, filled('x')), -EIO);
  EXPECT_FALSE(disk.status().power);
}

TEST(PowerDisk, fails_and_shortens_the_operations_that_were_named) {
  PowerDisk disk;
  PowerDisk::Handle file = 0;
  ASSERT_EQ(disk.create("/a", file), 0);
  disk.fail({DiskOperation::Write, "/a", 2}, 2, ENOSPC);
  disk.shorten_writes({std::nullopt, "/a", 5}, 1);
  std::vector<int> results;
  for (int i = 0; i < 6; ++i) results.push_back(disk.write(file, 0, filled('x')));
  const int whole = static_cast<int>(kBytes);
  EXPECT_EQ(results, (std::vector<int>{whole, -ENOSPC, -ENOSPC, whole, whole, whole}));
  EXPECT_EQ(disk.sync(file), 0);
  EXPECT_EQ(disk.write(file, 0, filled('x')), whole / 2);
  EXPECT_EQ(disk.status().faults, 3u);
}

TEST(PowerDisk, refuses_to_grow_beyond_its_limit_and_gives_room_back) {
  PowerDisk disk;
  disk.limit_space(2 * kBytes);
  write_all(disk, "/a", 'x');
  PowerDisk::Handle file = 0;
  ASSERT_EQ(disk.create("/b", file), 0);
  EXPECT_EQ(disk.allocate(file, 2 * kBytes), -ENOSPC);
  EXPECT_EQ(disk.write(file, kBytes, filled('y')), -ENOSPC);
  EXPECT_EQ(disk.write(file, 0, filled('y')), static_cast<int>(kBytes));
  EXPECT_EQ(disk.write(file, 0, filled('z')), static_cast<int>(kBytes));
  ASSERT_EQ(disk.remove("/a"), 0);
  EXPECT_EQ(disk.allocate(file, 2 * kBytes), 0);
  EXPECT_EQ(disk.status().refused_for_space, 2u);
}

}  // namespace
}  // namespace florin::test
