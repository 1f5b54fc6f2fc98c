// The real server on a disk whose power is cut: under load, while it recovers, while it takes
// snapshots. After each cut everything that was acknowledged must be there.
#include <optional>

#include "tests/fire/power_cuts.h"

namespace florin::test {
namespace {

constexpr u64 kCuts = 60;
constexpr u64 kCutsInRecoveryMin = 15;
constexpr u64 kCutsInSnapshotsMin = 3;
constexpr u64 kCutsOfALedger = 8;
constexpr u64 kControlCutsMax = 20;

TEST_F(PowerCuts, lose_nothing_that_was_acknowledged) {
  const u64 cuts = soak_count(kCuts);
  const auto done = [&] {
    return figures_.crashes >= cuts && figures_.in_recovery >= soak_count(kCutsInRecoveryMin) &&
           figures_.in_snapshots >= soak_count(kCutsInSnapshotsMin);
  };
  while (!done() && !HasFailure()) {
    const Status status = run_ledger(kCutsOfALedger);
    ASSERT_TRUE(status) << status.error().message << "\n" << ledger_->report();
    note_ledger();
    EXPECT_EQ(ledger_->problems(), 0u) << ledger_->report();
  }
  figures_.print();
  fmt::print(
      "unsynced writes kept {}, lost {}, torn {}; sizes lost {}; entries kept {}, lost {}; "
      "servers that ended by themselves {}\n",
      cuts_.writes_kept, cuts_.writes_lost, cuts_.writes_torn, cuts_.sizes_lost, cuts_.entries_kept,
      cuts_.entries_lost, ended_by_themselves_);
  // Otherwise the zero above says nothing.
  EXPECT_GT(figures_.acknowledged, figures_.crashes * 100);
  EXPECT_GT(cuts_.writes_kept, 0u);
  EXPECT_GT(cuts_.writes_lost, 0u);
  EXPECT_GT(cuts_.writes_torn, 0u);
  EXPECT_GT(cuts_.entries_lost, 0u);
}

// The controls: where nothing is made durable, the same test must find out.
class WithoutDurability : public PowerCuts {
 protected:
  // How many cuts it takes until something is wrong; none if all goes well.
  std::optional<u64> cuts_until_found(bool lying_disk) {
    EXPECT_TRUE(begin_ledger());
    while (figures_.crashes < kControlCutsMax) {
      if (lying_disk) disk_->ask("lie 1");
      cut_under_load();
      const Status started = ledger_->start();
      if (!started) {
        fmt::print("found after {} cuts: {}\n", figures_.crashes, started.error().message);
        return figures_.crashes;
      }
      EXPECT_TRUE(ledger_->verify(cli::VerificationScope::Recent));
      if (ledger_->problems() == 0) continue;
      fmt::print("found after {} cuts: {}\n", figures_.crashes,
                 ledger_->load().problems().first().front());
      return figures_.crashes;
    }
    return std::nullopt;
  }
};

TEST_F(WithoutDurability, a_disk_that_lies_about_syncs_is_found_out) {
  EXPECT_TRUE(cuts_until_found(true));
}

TEST_F(WithoutDurability, a_server_that_does_not_sync_is_found_out) {
  program_ = FIRE_SERVER_PROGRAM;
  arguments_.push_back("--forget-syncs");
  EXPECT_TRUE(cuts_until_found(false));
}

}  // namespace
}  // namespace florin::test
