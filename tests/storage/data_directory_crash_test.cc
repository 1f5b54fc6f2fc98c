// A data directory on a disk that forgets: a crash at any step of making it leaves what the next
// start completes, and what was once told to be there stays.
#include <gtest/gtest.h>

#include "storage/data_directory.h"
#include "tests/storage/failing_storage.h"
#include "tests/support/sim_storage.h"

namespace florin::storage {
namespace {

constexpr u64 kSeeds = 300;
constexpr u64 kCrashSegmentBytes = 64 * kKiB;
const std::string kPath = "/data";

test::SimStorage empty_disk(u64 seed) {
  test::DiskImage image;
  image.directories.insert("/");
  return test::SimStorage(seed, image);
}

enum class Ending : u8 { PowerFailure, Kill };

void end_process(test::SimStorage& disk, Ending ending) {
  switch (ending) {
    case Ending::PowerFailure: return disk.crash();
    case Ending::Kill: return disk.kill_process();
  }
}

class DataDirectoryCrash : public testing::TestWithParam<Ending> {};

INSTANTIATE_TEST_SUITE_P(DataDirectory, DataDirectoryCrash,
                         testing::Values(Ending::PowerFailure, Ending::Kill),
                         [](const auto& ending) {
                           return ending.param == Ending::Kill ? "kill" : "power_failure";
                         });

TEST_P(DataDirectoryCrash, keeps_an_identity_that_was_told) {
  for (u64 seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto disk = empty_disk(seed);
    const auto made = DataDirectory::open(disk, kPath, 11, kCrashSegmentBytes);
    ASSERT_TRUE(made) << made.error().message;
    end_process(disk, GetParam());
    const auto again = DataDirectory::open(disk, kPath, 22, kCrashSegmentBytes);
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_FALSE(again->is_new());
    ASSERT_TRUE(again->ledger_id() == 11);
  }
}

TEST_P(DataDirectoryCrash, at_any_step_is_completed_by_the_next_start) {
  u64 was_new = 0;
  u64 was_kept = 0;
  for (u64 seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto disk = empty_disk(seed);
    {
      FailingStorage failing(disk, 1 + seed % 12);
      const auto first = DataDirectory::open(failing, kPath, 11, kCrashSegmentBytes);
      ASSERT_EQ(first.has_value(), !failing.has_failed());
    }
    end_process(disk, GetParam());
    const auto second = DataDirectory::open(disk, kPath, 22, kCrashSegmentBytes);
    ASSERT_TRUE(second) << second.error().message;
    ASSERT_TRUE(second->ledger_id() == (second->is_new() ? 22 : 11));
    (second->is_new() ? was_new : was_kept) += 1;
    end_process(disk, GetParam());
    const auto third = DataDirectory::open(disk, kPath, 33, kCrashSegmentBytes);
    ASSERT_TRUE(third) << third.error().message;
    ASSERT_TRUE(third->ledger_id() == second->ledger_id());
  }
  EXPECT_GT(was_new, 0u);
  EXPECT_GT(was_kept, 0u);
}

TEST(DataDirectoryCrashControl, a_disk_that_lies_about_syncs_is_found_out) {
  u64 lost = 0;
  for (u64 seed = 1; seed <= kSeeds; ++seed) {
    test::DiskImage image;
    image.directories.insert("/");
    test::SimStorage disk(seed, image, {.lie_about_syncs = true});
    ASSERT_TRUE(DataDirectory::open(disk, kPath, 11, kCrashSegmentBytes));
    disk.crash();
    const auto again = DataDirectory::open(disk, kPath, 22, kCrashSegmentBytes);
    if (!again || again->ledger_id() != 11) ++lost;
  }
  EXPECT_GT(lost, 0u) << "these tests could not fail";
}

}  // namespace
}  // namespace florin::storage
