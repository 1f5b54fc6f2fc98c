// A server on a disk whose power is cut, again and again: what the tests of power cuts and of
// failing disks share.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "cli/work_directory.h"
#include "tests/fire/fire_ledger.h"
#include "tests/fire/mounted_disk.h"
#include "tests/fire/soak.h"

namespace florin::test {

inline constexpr u64 kCutDeadlineMs = 4000;

// What a server writes when one of its checks fails.
inline constexpr std::string_view kBug = "florin: bug: check failed";

class PowerCuts : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = cli::WorkDirectory::make("");
    ASSERT_TRUE(directory);
    work_ = std::move(*directory);
    const Status mounted = mount();
    if (!mounted) GTEST_SKIP() << "NOT TESTED, no disk to cut: " << mounted.error().message;
  }

  void TearDown() override {
    ledger_.reset();  // The server before its disk.
    disk_.reset();
    if (work_ == nullptr) return;
    // Whatever was done to it, a server ends in words, and never by a check of its own.
    EXPECT_EQ(text_of_file(work_->path() + "/server.log").find(kBug), std::string::npos);
    if (HasFailure()) {
      work_->keep();
      fmt::print("kept for inspection: {}\n", work_->path());
    }
  }

  // A disk and a ledger of their own for the cuts to come.
  Status mount() {
    ledger_.reset();
    disk_.reset();
    const std::string place = work_->path() + "/disk";
    std::filesystem::create_directory(place);
    auto disk = MountedDisk::mount(place);
    if (!disk) return tl::unexpected<Error>(disk.error());
    disk_ = std::move(*disk);
    return {};
  }

  // On a new disk, not started yet.
  Status make_ledger() {
    RETURN_IF_ERROR(mount());
    ++figures_.ledgers;
    FireOptions options;
    options.program = program_;
    options.data_directory = disk_->path() + "/data";
    options.log_path = work_->path() + "/server.log";
    options.arguments = arguments_;
    options.seed = random_.next();
    options.full_disk_expected = full_disk_expected_;
    ledger_ = std::make_unique<FireLedger>(options);
    delay_us_ = random_.chance(1, 2) ? random_.between(100, 2000) : 0;
    forget_plan();
    return {};
  }

  Status begin_ledger() {
    RETURN_IF_ERROR(make_ledger());
    return start();
  }

  // To the end, and learns how many operations of the disk that takes.
  Status start() {
    const u64 before = disk_->status().operations;
    RETURN_IF_ERROR(ledger_->start());
    start_operations_ = disk_->status().operations - before;
    return {};
  }

  // A cut that was planned and did not come to be.
  void forget_plan() {
    disk_->ask("heal");
    disk_->ask(fmt::format("delay {}", delay_us_));
  }

  void note_ledger() {
    figures_.acknowledged += ledger_->load().acknowledged();
    figures_.problems += ledger_->problems();
    const CutFigures cuts = disk_->status().cuts;
    figures_.in_snapshots += cuts.in_snapshots;
    cuts_.writes_kept += cuts.writes_kept;
    cuts_.writes_lost += cuts.writes_lost;
    cuts_.writes_torn += cuts.writes_torn;
    cuts_.sizes_lost += cuts.sizes_lost;
    cuts_.entries_kept += cuts.entries_kept;
    cuts_.entries_lost += cuts.entries_lost;
  }

  // Which operation the cut falls into: mostly any, sometimes one of the rare ones.
  std::string draw_cut() {
    static const std::vector<std::string> kRare = {"sync {} /log/",
                                                   "rename {} /log/",
                                                   "sync_directory {} /log/",
                                                   "write {} marks",
                                                   "sync {} marks",
                                                   "create {} /log/",
                                                   "write {} preparing",
                                                   "write {} /snapshots",
                                                   "sync {} /snapshots",
                                                   "rename {} /snapshots",
                                                   "sync_directory {} /snapshots",
                                                   "remove {} /snapshots"};
    if (random_.chance(1, 2)) return fmt::format("any {}", random_.between(1, 600));
    return fmt::format(fmt::runtime(kRare[random_.below(kRare.size())]), random_.between(1, 3));
  }

  // Waits until the planned cut has come, or cuts at last.
  void await_cut(u64 seed) {
    const u64 deadline = SystemClock().monotonic_ns() + load_ms_ * 1'000'000;
    while (disk_->status().power && SystemClock().monotonic_ns() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    disk_->ask(fmt::format("cut {}", seed));
    ++figures_.crashes;
  }

  void cut_under_load() {
    ledger_->begin_load();
    const u64 seed = random_.next();
    disk_->ask(fmt::format("cut_at {} {}", seed, draw_cut()));
    await_cut(seed);
    // Under load the next write meets the dead disk.
    if (ledger_->await_exit(kCutDeadlineMs)) ++ended_by_themselves_;
    ledger_->end_load();
    disk_->ask("power_on");
  }

  // When the load has just ended: marks, outcomes and snapshots are still to be written.
  void cut_after_load() {
    ledger_->begin_load();
    ledger_->await_acknowledged(random_.between(1, 500));
    ledger_->pause_load();
    const u64 seed = random_.next();
    disk_->ask(fmt::format("cut_at {} any {}", seed, random_.between(1, 6)));
    await_cut(seed);
    ledger_->end_load();
    disk_->ask("power_on");
  }

  // Starts with a cut on the way; false if it came to listen first.
  bool cut_in_recovery() {
    const u64 nth = random_.between(1, start_operations_ + 4);
    disk_->ask(fmt::format("cut_at {} any {}", random_.next(), nth));
    const bool listens = ledger_->start().has_value();
    if (listens) ledger_->server().kill_now();
    const bool cut = !disk_->status().power;
    if (cut) {
      ++figures_.crashes;
      ++figures_.in_recovery;
      disk_->ask("power_on");
    }
    forget_plan();
    return cut;
  }

  // A ledger, cut again and again, until `cuts` more or the first thing that is wrong.
  Status run_ledger(u64 cuts) {
    RETURN_IF_ERROR(begin_ledger());
    const u64 end = figures_.crashes + cuts;
    while (figures_.crashes < end && ledger_->problems() == 0) {
      if (random_.chance(1, 4)) {
        cut_after_load();
      } else {
        cut_under_load();
      }
      while (random_.chance(1, 2) && cut_in_recovery()) {
      }
      RETURN_IF_ERROR(start());
      const bool last = figures_.crashes >= end;
      RETURN_IF_ERROR(
          ledger_->verify(last ? cli::VerificationScope::All : cli::VerificationScope::Recent));
    }
    return {};
  }

  const u64 seed_ = soak_seed();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(seed_)};
  Random random_{seed_};
  std::string program_ = server_program();
  bool full_disk_expected_ = false;
  std::vector<std::string> arguments_ = {"--snapshot-log-mib", "1"};
  std::unique_ptr<cli::WorkDirectory> work_;
  std::unique_ptr<MountedDisk> disk_;
  std::unique_ptr<FireLedger> ledger_;
  FireFigures figures_{.what = "power cuts"};
  CutFigures cuts_;
  u64 load_ms_ = 200;         // The longest before a cut.
  u64 delay_us_ = 0;          // Of syncs.
  u64 start_operations_ = 0;  // Of the disk, from the start to listening.
  u64 ended_by_themselves_ = 0;
};

}  // namespace florin::test
