// The real server on a disk that fails, or fills up: it ends at once and without a lie where the
// log is concerned, goes on where only a snapshot is, and refuses writes while there is no room.
#include "tests/fire/power_cuts.h"

namespace florin::test {
namespace {

constexpr u64 kFaults = 8;  // For each kind of them.

class FailingDisk : public PowerCuts {
 protected:
  // Under load the server must end by itself, with the exit code for it.
  void expect_end_of_server() {
    ASSERT_TRUE(ledger_->await_exit(kCutDeadlineMs)) << "still serving on a disk that failed";
    const Status stopped = ledger_->server().stop(1000);
    ASSERT_FALSE(stopped);
    EXPECT_NE(stopped.error().message.find("status 2"), std::string::npos)
        << stopped.error().message;
  }

  // One operation of the log fails; then, in every other case, the power too.
  void fail_log(const std::string& operation) {
    ledger_->begin_load();
    ASSERT_TRUE(ledger_->await_acknowledged(random_.between(1, 300)));
    const u64 faults = disk_->status().faults;
    disk_->ask(fmt::format("fail 1 {} {} /log/", operation, random_.between(1, 30)));
    expect_end_of_server();
    ledger_->end_load();
    EXPECT_EQ(disk_->status().faults, faults + 1);
    ++figures_.crashes;
    disk_->ask(fmt::format("{} {}", random_.chance(1, 2) ? "cut" : "settle", random_.next()));
    disk_->ask("power_on");
    forget_plan();
    const Status started = ledger_->start();
    ASSERT_TRUE(started) << started.error().message << ledger_->report();
    ASSERT_TRUE(ledger_->verify(cli::VerificationScope::Recent));
    ASSERT_EQ(ledger_->problems(), 0u) << ledger_->report();
  }

  void fail_log_again_and_again(const std::string& operation) {
    figures_.what = "failed operations (" + operation + ")";
    for (u64 fault = 0; fault < soak_count(kFaults); ++fault) {
      if (fault % kFaults == 0) {
        if (ledger_ != nullptr) note_ledger();
        ASSERT_TRUE(begin_ledger());
      }
      fail_log(operation);
      if (HasFatalFailure()) return;
    }
    note_ledger();
    figures_.print();
  }
};

TEST_F(FailingDisk, a_failed_sync_ends_the_server_and_loses_nothing) {
  fail_log_again_and_again("sync");
}

TEST_F(FailingDisk, a_failed_write_ends_the_server_and_loses_nothing) {
  fail_log_again_and_again("write");
}

TEST_F(FailingDisk, failing_snapshots_do_not_hurt_the_ledger) {
  for (const char* operation : {"create", "write", "sync", "rename", "sync_directory"}) {
    SCOPED_TRACE(operation);
    ASSERT_TRUE(begin_ledger());
    disk_->ask(fmt::format("fail 0 {} 1 /snapshots", operation));
    ledger_->begin_load();
    while (disk_->status().faults == 0) ASSERT_TRUE(ledger_->await_acknowledged(100));
    ASSERT_TRUE(ledger_->await_acknowledged(1000)) << ledger_->report();
    ledger_->end_load();
    disk_->ask(fmt::format("cut {}", random_.next()));
    disk_->ask("power_on");
    forget_plan();
    const Status started = ledger_->start();
    ASSERT_TRUE(started) << started.error().message << ledger_->report();
    ASSERT_TRUE(ledger_->verify(cli::VerificationScope::All));
    EXPECT_EQ(ledger_->problems(), 0u) << ledger_->report();
  }
}

class FullDiskUnderFire : public FailingDisk {
 protected:
  static constexpr u64 kRoomBytes = 5 * kMiB;
  static constexpr u64 kFullDeadlineNs = 30'000'000'000;

  void SetUp() override {
    full_disk_expected_ = true;
    FailingDisk::SetUp();
  }

  void await_full_disk() {
    const u64 refused = ledger_->load().refused_for_space();
    const u64 deadline = SystemClock().monotonic_ns() + kFullDeadlineNs;
    while (ledger_->load().refused_for_space() < refused + 20) {
      ASSERT_TRUE(ledger_->running()) << ledger_->report();
      ASSERT_LT(SystemClock().monotonic_ns(), deadline) << "the disk never filled up";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void expect_reads() {
    auto client = ledger_->connect();
    ASSERT_TRUE(client);
    const u128 id = ledger_->load().plan().accounts().front().id;
    const auto found = client->lookup_accounts({&id, 1});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->accounts[0]);
  }

  // Fills up, reads on, gets room again, fills up once more and loses its power.
  void go_through_it() {
    ASSERT_TRUE(begin_ledger());
    disk_->ask(fmt::format("limit {}", disk_->status().used_bytes + kRoomBytes));
    ledger_->begin_load();
    await_full_disk();
    expect_reads();
    disk_->ask("limit 0");
    ASSERT_TRUE(ledger_->await_acknowledged(2000)) << "no writes although there is room again\n"
                                                   << ledger_->report();
    disk_->ask(fmt::format("limit {}", disk_->status().used_bytes));
    await_full_disk();
    expect_reads();
    disk_->ask(fmt::format("cut {}", random_.next()));
    ledger_->end_load();
    disk_->ask("power_on");
    forget_plan();
    const Status started = ledger_->start();
    ASSERT_TRUE(started) << started.error().message << ledger_->report();
    ASSERT_TRUE(ledger_->verify(cli::VerificationScope::All));
    EXPECT_EQ(ledger_->problems(), 0u) << ledger_->report();
    EXPECT_GT(disk_->status().refused_for_space, 0u);
  }
};

TEST_F(FullDiskUnderFire, refuses_writes_reads_on_and_resumes) {
  arguments_.clear();
  go_through_it();
}

TEST_F(FullDiskUnderFire, refuses_writes_reads_on_and_resumes_while_snapshots_fail_too) {
  go_through_it();
}

}  // namespace
}  // namespace florin::test
