// How the taker behaves towards the threads and disks around it.
#include "snapshot/taker.h"

#include <gtest/gtest.h>

#include "replay/recovery.h"
#include "snapshot/directory.h"
#include "tests/snapshot/logged_ledger.h"
#include "tests/support/manual_clock.h"

namespace florin::test {
namespace {

// An engine with random content, and a taker that is stepped by hand.
class TakerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LoggedLedger ledger(disk_, 1);
    ASSERT_TRUE(ledger.start());
    ASSERT_TRUE(ledger.run(60));
    ledger.finish();
    auto recovered = recover_from(disk_, recovery_options());
    ASSERT_TRUE(recovered);
    recovered_ = std::move(*recovered);
    options_.directory = kSnapshots;
    options_.ledger_id = kLedgerId;
    options_.state_machine_version = pipeline::kStateMachineVersion;
    options_.bytes_per_second = 0;
  }

  engine::Engine& engine() { return *recovered_.engine; }
  snapshot::CutPoint point() const { return {recovered_.end, recovered_.order.last_timestamp}; }
  snapshot::Taker& make_taker() {
    taker_ = std::make_unique<snapshot::Taker>(disk_, clock_, engine(), options_);
    return *taker_;
  }
  void copy_all() {
    while (engine().copy_cut(0, kMiB) + engine().copy_cut_books(kMiB) != 0) {
    }
  }
  // Steps it to the end; `clock_step_ns` passes with every step.
  snapshot::Taken finish(snapshot::Taker& taker, u64 clock_step_ns) {
    for (u64 step = 0; step < 1'000'000; ++step) {
      copy_all();
      taker.step();
      clock_.monotonic += clock_step_ns;
      if (auto taken = taker.taken()) {
        engine().end_cut();
        return std::move(*taken);
      }
    }
    ADD_FAILURE() << "the snapshot does not end";
    return {};
  }

  SimStorage disk_{1};
  ManualClock clock_;
  replay::Recovered recovered_;
  snapshot::TakerOptions options_;
  std::unique_ptr<snapshot::Taker> taker_;
};

TEST_F(TakerTest, sleeps_until_it_is_asked) {
  snapshot::Taker& taker = make_taker();
  EXPECT_TRUE(taker.idle());
  EXPECT_EQ(taker.step(), 0U);
  EXPECT_EQ(taker.sleep_ns_max(), ~u64{0});
  taker.begin(point());
  EXPECT_FALSE(taker.idle());
  EXPECT_LT(taker.sleep_ns_max(), 10'000'000U);
  const auto taken = finish(taker, 1'000);
  EXPECT_TRUE(taken.status);
  EXPECT_TRUE(taker.idle());
  EXPECT_EQ(taker.step(), 0U);
  EXPECT_EQ(taker.sleep_ns_max(), ~u64{0});
  EXPECT_FALSE(taker.taken());
}

TEST_F(TakerTest, keeps_to_its_rate_unless_it_is_to_hurry) {
  const auto duration = [&](u64 bytes_per_second, bool hurry) {
    options_.bytes_per_second = bytes_per_second;
    snapshot::Taker& taker = make_taker();
    taker.begin(point());
    if (hurry) taker.hurry();
    const auto taken = finish(taker, 10'000);
    EXPECT_TRUE(taken.status);
    EXPECT_GT(taken.bytes, 40U * kKiB);
    return static_cast<double>(taken.duration_ns) / 1e9;
  };
  const double unlimited = duration(0, false);
  const double slow = duration(64 * kKiB, false);
  const double hurried = duration(64 * kKiB, true);
  EXPECT_GT(slow, 0.4);  // Some 50 KiB of chunks.
  EXPECT_LT(slow, 1.5);
  EXPECT_LT(unlimited, slow / 5);
  EXPECT_LT(hurried, slow / 5);
}

TEST_F(TakerTest, removes_what_crashes_left_when_it_is_made) {
  for (const char* name : {"00000000000000000007.partial", "00000000000000000009.partial"}) {
    const auto file = disk_.open(std::string(kSnapshots) + "/" + name, storage::OpenMode::Create);
    ASSERT_TRUE(file);
    disk_.close(*file);
  }
  const auto other = disk_.open(std::string(kSnapshots) + "/notes", storage::OpenMode::Create);
  ASSERT_TRUE(other);
  disk_.close(*other);
  make_taker();
  EXPECT_EQ(*disk_.list(kSnapshots), std::vector<std::string>{"notes"});
}

TEST_F(TakerTest, makes_files_that_name_the_cut_and_the_ledger) {
  snapshot::Taker& taker = make_taker();
  taker.begin(point());
  const auto taken = finish(taker, 1'000);
  ASSERT_TRUE(taken.status);
  const auto whole =
      snapshot::whole_snapshots(disk_, kSnapshots, kLedgerId, pipeline::kStateMachineVersion, 9);
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->size(), 1U);
  const snapshot::SnapshotInfo& info = whole->front();
  EXPECT_EQ(info.point.log, recovered_.end);
  EXPECT_EQ(info.point.last_timestamp, recovered_.order.last_timestamp);
  EXPECT_EQ(info.ledger_id, kLedgerId);
  EXPECT_EQ(info.file_bytes, taken.bytes);
  EXPECT_EQ(info.taken_at, clock_.wall_ns);
  const auto records = [&](engine::CutKind kind) { return info.records[static_cast<usize>(kind)]; };
  EXPECT_EQ(records(engine::CutKind::Accounts), engine().accounts_used());
  EXPECT_EQ(records(engine::CutKind::Transfers) + records(engine::CutKind::FailedIds),
            engine().transfers_used());
  EXPECT_EQ(records(engine::CutKind::Counters), 1U);
  // Another ledger's, or another version's, does not count.
  EXPECT_TRUE(
      snapshot::whole_snapshots(disk_, kSnapshots, kLedgerId + 1, pipeline::kStateMachineVersion, 9)
          ->empty());
}

TEST(SnapshotNames, are_read_back_and_nothing_else_is) {
  EXPECT_EQ(snapshot::snapshot_name(Position{42}), "00000000000000000042.snapshot");
  EXPECT_EQ(snapshot::parse_snapshot_name("00000000000000000042.snapshot"), Position{42});
  EXPECT_EQ(snapshot::parse_snapshot_name(snapshot::snapshot_name(Position{~u64{0}})),
            Position{~u64{0}});
  for (const char* other :
       {"", "42.snapshot", "00000000000000000042.partial", "0000000000000000004x.snapshot",
        "99999999999999999999.snapshot", "00000000000000000042.snapshot.damaged"}) {
    EXPECT_FALSE(snapshot::parse_snapshot_name(other)) << other;
  }
}

}  // namespace
}  // namespace florin::test
