// Damage to snapshot files: the other one, the whole log, or a refusal; never another state.
#include <cerrno>
#include <cstring>

#include <gtest/gtest.h>

#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "tests/snapshot/logged_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

struct Prepared {
  DiskImage image;
  engine::StateDigest digest;
  std::string newest;  // Paths.
  std::string older;
};

Prepared prepare(u64 seed, bool archive) {
  SimStorage disk(seed);
  LoggedLedger ledger(disk, seed, {.partitions = 2, .archive = archive});
  EXPECT_TRUE(ledger.start());
  for (int snapshots = 0; snapshots < 3; ++snapshots) {
    EXPECT_TRUE(ledger.run(90));
    const auto taken = ledger.take_snapshot(5);
    EXPECT_TRUE(taken && taken->status);
  }
  EXPECT_TRUE(ledger.run(90));
  ledger.finish();
  const auto files = snapshot::list_snapshots(disk, kSnapshots);
  EXPECT_EQ(files->size(), 2U);
  return {disk.image(), ledger.engine().digest(), std::string(kSnapshots) + "/" + (*files)[0].name,
          std::string(kSnapshots) + "/" + (*files)[1].name};
}

void flip(DiskImage& image, const std::string& path, u64 offset, u8 bits) {
  image.files.at(path)[offset] ^= std::byte{bits};
}

TEST(SnapshotDamage, of_the_newest_falls_back_on_the_older_and_says_so) {
  const Prepared prepared = prepare(1, false);
  for (const u32 threads : {1U, 3U}) {
    DiskImage image = prepared.image;
    flip(image, prepared.newest, image.files.at(prepared.newest).size() / 2, 1);
    SimStorage disk(1, image);
    const auto recovered = recover_from(disk, recovery_options(3, threads));
    ASSERT_TRUE(recovered) << recovered.error().message;
    EXPECT_EQ(recovered->engine->digest(), prepared.digest);
    ASSERT_EQ(recovered->rejected.size(), 1U);
    EXPECT_EQ(recovered->rejected.front().path, prepared.newest);
    EXPECT_EQ(recovered->rejected.front().error.code, ErrorCode::Corrupt);
    EXPECT_NE(recovered->rejected.front().error.message.find(prepared.newest), std::string::npos);
    EXPECT_EQ(
        std::string(kSnapshots) + "/" + snapshot::snapshot_name(recovered->snapshot->log.position),
        prepared.older);
    // Nothing was written.
    EXPECT_EQ(disk.image().files, image.files);
  }
}

TEST(SnapshotDamage, is_set_aside_when_asked_for_and_met_only_once) {
  const Prepared prepared = prepare(2, false);
  DiskImage image = prepared.image;
  flip(image, prepared.newest, 5'000, 0x80);
  SimStorage disk(2, image);
  auto options = recovery_options();
  options.set_aside_damaged = true;
  const auto recovered = recover_from(disk, options);
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->rejected.size(), 1U);
  EXPECT_EQ(recovered->segments_needed_from, 0U);  // One is left: nothing may be trimmed.
  EXPECT_TRUE(disk.image().files.contains(prepared.newest + ".damaged"));
  const auto again = recover_from(disk, options);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->rejected.empty());
  EXPECT_EQ(again->engine->digest(), prepared.digest);
}

TEST(SnapshotDamage, of_both_executes_the_whole_log_or_refuses_naming_what_is_missing) {
  for (const bool archive : {true, false}) {
    SCOPED_TRACE(archive);
    const Prepared prepared = prepare(3, archive);
    DiskImage image = prepared.image;
    flip(image, prepared.newest, 4'200, 2);
    flip(image, prepared.older, 4'200, 2);
    SimStorage disk(3, image);
    const auto recovered = recover_from(disk, recovery_options());
    if (archive) {
      ASSERT_TRUE(recovered) << recovered.error().message;
      EXPECT_FALSE(recovered->snapshot);
      EXPECT_EQ(recovered->rejected.size(), 2U);
      EXPECT_EQ(recovered->engine->digest(), prepared.digest);
      continue;
    }
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
    for (const std::string& part :
         {prepared.newest, prepared.older, std::string("/data/log/0000000000000001.log")}) {
      EXPECT_NE(recovered.error().message.find(part), std::string::npos)
          << recovered.error().message;
    }
  }
}

// The older snapshot and the log before the newer one would make a consistent, older ledger.
TEST(SnapshotDamage, does_not_hide_that_the_log_behind_it_is_gone) {
  SimStorage disk(4);
  LoggedLedger ledger(disk, 4);
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.run(20));
  ASSERT_TRUE(ledger.take_snapshot(0)->status);
  ledger.finish();
  const DiskImage before = disk.image();
  ASSERT_TRUE(ledger.run(20));
  const auto newest = ledger.take_snapshot(0);
  ASSERT_TRUE(newest && newest->status);
  ledger.finish();
  const std::string path =
      std::string(kSnapshots) + "/" + snapshot::snapshot_name(newest->point.log.position);
  DiskImage image = before;
  image.files[path] = disk.image().files.at(path);
  flip(image, path, 5'000, 1);
  SimStorage mixed(4, image);
  const auto recovered = recover_from(mixed, recovery_options());
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
  EXPECT_NE(recovered.error().message.find(path), std::string::npos) << recovered.error().message;
  // Control: without the damaged witness it is what a power cut may leave.
  SimStorage alone(4, before);
  EXPECT_TRUE(recover_from(alone, recovery_options()));
}

TEST(SnapshotDamage, of_a_snapshot_of_nothing_is_no_witness_of_anything) {
  SimStorage disk(6);
  LoggedLedger ledger(disk, 6);
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.take_snapshot(0)->status);
  ledger.finish();
  const std::string path = std::string(kSnapshots) + "/" + snapshot::snapshot_name(Position{});
  DiskImage image = disk.image();
  flip(image, path, 5'000, 1);
  SimStorage damaged(6, image);
  const auto recovered = recover_from(damaged, recovery_options());
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->rejected.size(), 1U);
  EXPECT_EQ(recovered->engine->digest(), ledger.engine().digest());
}

// A small snapshot in memory, and its file with one change at a time.
class EveryByte : public ::testing::Test {
 protected:
  void SetUp() override {
    SimStorage disk(5);
    LoggedLedger ledger(disk, 5);
    ASSERT_TRUE(ledger.start());
    ASSERT_TRUE(ledger.run(60));
    const auto taken = ledger.take_snapshot(0);
    ASSERT_TRUE(taken && taken->status);
    ledger.finish();
    image_ = disk.image();
    digest_ = ledger.engine().digest();
    path_ = std::string(kSnapshots) + "/" + snapshot::snapshot_name(taken->point.log.position);
  }

  std::vector<std::byte>& bytes() { return image_.files.at(path_); }

  static Status validate(storage::Storage& disk, const std::string& path) {
    const auto reader =
        snapshot::Reader::open(disk, path, kLedgerId, pipeline::kStateMachineVersion);
    RETURN_IF_ERROR(reader);
    return (*reader)->validate();
  }

  DiskImage image_;
  engine::StateDigest digest_;
  std::string path_;
};

TEST_F(EveryByte, changed_in_any_way_is_found) {
  SimStorage disk(5, image_);
  ASSERT_TRUE(validate(disk, path_));
  Random random(5);
  u64 mutations = 0;
  u64 refused = 0;
  constexpr u64 kStride = kSanitized ? 67 : 1;
  for (u64 offset = 0; offset < bytes().size(); offset += kStride) {
    const std::byte original = bytes()[offset];
    for (const std::byte value :
         {original ^ std::byte(1U << random.below(8)), std::byte{0}, std::byte{0xff}}) {
      if (value == original) continue;
      disk.damage(path_, offset, value);
      const Status found = validate(disk, path_);
      ++mutations;
      refused += found ? 0 : 1;
      ASSERT_TRUE(found || found.error().code == ErrorCode::Corrupt) << found.error().message;
    }
    disk.damage(path_, offset, original);
  }
  EXPECT_EQ(refused, mutations);
  EXPECT_GT(mutations, 100'000U / kStride);
  EXPECT_TRUE(validate(disk, path_));  // Control: what was put back is whole.
  std::printf("%llu of %llu changes to %llu bytes refused\n",
              static_cast<unsigned long long>(refused), static_cast<unsigned long long>(mutations),
              static_cast<unsigned long long>(bytes().size()));
}

TEST_F(EveryByte, changed_leads_to_the_same_state_by_another_way) {
  Random random(6);
  u64 fallbacks = 0;
  const u64 recoveries = fewer(400) * soak_factor();
  for (u64 recovery = 0; recovery < recoveries; ++recovery) {
    DiskImage image = image_;
    const u64 offset = random.below(bytes().size());
    flip(image, path_, offset, static_cast<u8>(1 + random.below(255)));
    SimStorage disk(5, image);
    const auto recovered = recover_from(disk, recovery_options(1 + recovery % 3));
    ASSERT_TRUE(recovered) << "byte " << offset << ": " << recovered.error().message;
    EXPECT_EQ(recovered->engine->digest(), digest_);
    fallbacks += recovered->rejected.size();
  }
  EXPECT_EQ(fallbacks, recoveries);
}

TEST_F(EveryByte, cut_off_anywhere_is_found) {
  for (u64 size = 0; size < bytes().size(); size += storage::kSectorBytes) {
    DiskImage image = image_;
    image.files.at(path_).resize(size);
    SimStorage disk(5, image);
    const Status found = validate(disk, path_);
    ASSERT_FALSE(found) << size;
    EXPECT_EQ(found.error().code, ErrorCode::Corrupt);
    EXPECT_NE(found.error().message.find("cut off"), std::string::npos) << found.error().message;
  }
}

// Sectors that are whole and stand elsewhere.
TEST_F(EveryByte, exchanged_sectors_are_found) {
  const u64 sectors = bytes().size() / storage::kSectorBytes;
  u64 exchanged = 0;
  for (u64 left = 0; left < sectors; ++left) {
    for (u64 right = left + 1; right < sectors; ++right) {
      DiskImage image = image_;
      auto& file = image.files.at(path_);
      std::byte* const at = file.data();
      std::byte* const one = at + left * storage::kSectorBytes;
      std::byte* const other = at + right * storage::kSectorBytes;
      if (std::memcmp(one, other, storage::kSectorBytes) == 0) continue;
      std::swap_ranges(one, one + storage::kSectorBytes, other);
      SimStorage disk(5, image);
      ASSERT_FALSE(validate(disk, path_)) << left << " and " << right;
      ++exchanged;
    }
  }
  EXPECT_GT(exchanged, 80U);
}

// The log is of an earlier time, or of another history, than the newest snapshot.
TEST(SnapshotDamage, is_not_what_a_snapshot_of_another_log_has) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.archive = true});
    ASSERT_TRUE(ledger.start());
    ASSERT_TRUE(ledger.run(40));
    ASSERT_TRUE(ledger.take_snapshot(0)->status);
    ASSERT_TRUE(ledger.run(20));
    ledger.finish();
    const Position logged = ledger.position();
    DiskImage image = disk.image();
    ASSERT_TRUE(ledger.run(6));
    const auto taken = ledger.take_snapshot(0);
    ASSERT_TRUE(taken && taken->status);
    const std::string path =
        std::string(kSnapshots) + "/" + snapshot::snapshot_name(taken->point.log.position);
    // Control: this log without that snapshot, and that snapshot with its log.
    SimStorage alone(seed, image);
    ASSERT_TRUE(recover_from(alone, recovery_options()));
    const auto own = recover_from(disk, recovery_options());
    ASSERT_TRUE(own) << own.error().message;
    EXPECT_TRUE(own->rejected.empty());
    image.files[path] = disk.image().files.at(path);
    SimStorage mixed(seed, image);
    auto options = recovery_options();
    options.set_aside_damaged = true;
    const auto recovered = recover_from(mixed, options);
    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
    for (const std::string& part : {path, std::string("not of this log")}) {
      EXPECT_NE(recovered.error().message.find(part), std::string::npos)
          << recovered.error().message;
    }
    EXPECT_TRUE(mixed.image().files.contains(path));
    // The state before that is still there to be looked at.
    options.until.position = Position{logged.value - 1};
    EXPECT_TRUE(recover_from(mixed, options));
    // Another history of the same length and more.
    LoggedLedger other(alone, seed + 100, {.archive = true});
    ASSERT_TRUE(other.start());
    ASSERT_TRUE(other.run(30));
    other.finish();
    DiskImage diverged = alone.image();
    diverged.files[path] = disk.image().files.at(path);
    SimStorage both(seed, diverged);
    const auto refused = recover_from(both, recovery_options());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(path), std::string::npos) << refused.error().message;
  }
}

TEST(SnapshotDamage, that_cannot_be_set_aside_is_told_and_met_again) {
  const Prepared prepared = prepare(2, false);
  DiskImage image = prepared.image;
  flip(image, prepared.newest, 5'000, 0x80);
  SimStorage disk(2, image);
  disk.fail_nth(SimOperation::Rename, 1, ENOSPC);
  auto options = recovery_options();
  options.set_aside_damaged = true;
  const auto recovered = recover_from(disk, options);
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->engine->digest(), prepared.digest);
  ASSERT_EQ(recovered->rejected.size(), 2U);
  EXPECT_EQ(recovered->rejected.back().error.code, ErrorCode::NoSpace);
  EXPECT_TRUE(disk.image().files.contains(prepared.newest));
  const auto again = recover_from(disk, options);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->rejected.size(), 1U);
  EXPECT_FALSE(disk.image().files.contains(prepared.newest));
}

}  // namespace
}  // namespace florin::test
