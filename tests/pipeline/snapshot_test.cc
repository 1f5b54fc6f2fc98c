// When the core has snapshots taken, and that nothing that happens to them hurts the ledger.
#include <algorithm>
#include <cerrno>

#include <gtest/gtest.h>

#include "tests/pipeline/judge.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::Transfer;

SimLedgerOptions snapshot_options(u64 seed) {
  constexpr u32 kPartitions[] = {1, 2, 3, 8};
  constexpr pipeline::Mode kModes[] = {pipeline::Mode::Inline, pipeline::Mode::Parallel,
                                       pipeline::Mode::Auto};
  SimLedgerOptions options;
  options.limits = tiny_limits();
  options.limits.snapshot_interval_ns = 0;
  options.partitions = kPartitions[seed % 4];
  options.mode = kModes[seed % 3];
  options.snapshots = true;
  return options;
}

void open_two_accounts(SimLedger& ledger) {
  Account accounts[2]{};
  for (u64 index = 0; index < 2; ++index) {
    accounts[index].id = index + 1;
    accounts[index].ledger = accounts[index].code = 1;
  }
  answer_to(ledger, OwnedRequest::create_accounts(accounts));
}

void send_counted(SimLedger& ledger, u64 first_id, u64 count) {
  std::vector<Transfer> events(count);
  for (Transfer& event : events) {
    event.id = first_id++;
    event.debit_account_id = 1;
    event.credit_account_id = 2;
    event.amount = 1;
    event.ledger = event.code = 1;
  }
  const auto answered = answer_to(ledger, OwnedRequest::create_transfers(events));
  EXPECT_TRUE(answered.request().exceptions.empty());
}

template <class Condition>
bool comes(SimLedger& ledger, const Condition& condition) {
  for (u32 step = 0; step < 20'000; ++step) {
    if (condition()) return true;
    ledger.step();
  }
  return condition();
}

u64 snapshot_files(SimStorage& disk) {
  const auto names = disk.list("/snapshots").value();
  return static_cast<u64>(std::ranges::count_if(
      names, [](const std::string& name) { return name.ends_with(".snapshot"); }));
}

// --- Load, crashes, recovery ---

struct Exercised {
  u64 snapshots = 0;
  u64 from_snapshot = 0;
  u64 with_tail = 0;
};

// Random load with snapshots every few blocks, through crashes; the reference judges everything.
void run_seed(u64 seed, Exercised& exercised) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  RequestGenerator generator(seed, client_requests());
  SimLedgerOptions options = snapshot_options(seed);
  options.limits.snapshot_log_bytes = random.between(1, 12) * 16 * kKiB;
  SimLedger ledger(seed, options);
  ledger.start();
  Judge judge;
  for (u32 round = 0; round < 4; ++round) {
    for (u32 sent = 0; sent < 40; ++sent) {
      OwnedRequest request = generator.next();
      ledger.clock().wall_ns += generator.pause_ns();
      ledger.submit(std::move(request), random.below(4));
      for (u64 steps = random.below(60); steps > 0; --steps) ledger.step();
      for (const OwnedRequest& answered : ledger.take_answered()) {
        judge.check_answer(answered);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
    exercised.snapshots += ledger.status().snapshots_taken.load();
    ASSERT_EQ(ledger.status().snapshot_failures.load(), 0U);
    ledger.crash();
    ledger.start();
    if (ledger.recovered().snapshot) ++exercised.from_snapshot;
    if (ledger.recovered().snapshot && ledger.recovered().events != 0) ++exercised.with_tail;
    const auto unanswered = ledger.take_unanswered();
    judge.apply_survivors(unanswered, ledger.recovered().order);
    judge.check_state(ledger.engine());
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Snapshots, under_random_load_and_crashes_give_the_state_of_the_reference) {
  Exercised exercised;
  for (u64 seed = 1; seed <= fewer(120); ++seed) {
    run_seed(seed, exercised);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(exercised.snapshots, fewer(200));
  EXPECT_GT(exercised.from_snapshot, fewer(150));
  EXPECT_GT(exercised.with_tail, fewer(100));
}

// --- When ---

TEST(Snapshots, are_taken_for_bytes_of_log) {
  SimLedgerOptions options = snapshot_options(0);
  options.limits.snapshot_log_bytes = 64 * kKiB;
  SimLedger ledger(1, options);
  ledger.start();
  open_two_accounts(ledger);
  u64 id = 1;
  for (; ledger.log().bytes_written() < 45 * kKiB; id += 50) send_counted(ledger, id, 50);
  EXPECT_FALSE(comes(ledger, [&] { return ledger.status().snapshots_taken.load() != 0; }));
  for (; ledger.log().bytes_written() < 64 * kKiB; id += 50) send_counted(ledger, id, 50);
  EXPECT_TRUE(comes(ledger, [&] { return ledger.status().snapshots_taken.load() == 1; }));
  EXPECT_EQ(ledger.status().snapshot_position.load(), ledger.status().durable_position.load());
  EXPECT_FALSE(comes(ledger, [&] { return ledger.status().snapshots_taken.load() != 1; }));
}

TEST(Snapshots, are_taken_as_time_passes_if_anything_was_logged) {
  SimLedgerOptions options = snapshot_options(1);
  options.limits.snapshot_interval_ns = 900 * kNsPerSecond;
  SimLedger ledger(2, options);
  ledger.start();
  const auto taken = [&](u64 count) {
    return comes(ledger, [&] { return ledger.status().snapshots_taken.load() == count; });
  };
  ledger.clock().monotonic += 1'000 * kNsPerSecond;
  EXPECT_FALSE(taken(1));  // Nothing was logged.
  open_two_accounts(ledger);
  EXPECT_TRUE(taken(1));
  EXPECT_FALSE(taken(2));
  send_counted(ledger, 1, 5);
  EXPECT_FALSE(taken(2));  // Not yet.
  EXPECT_LE(ledger.core().sleep_ns_max(), 900 * kNsPerSecond);
  EXPECT_GT(ledger.core().sleep_ns_max(), 800 * kNsPerSecond);
  ledger.clock().monotonic += 900 * kNsPerSecond;
  EXPECT_TRUE(taken(2));
  ledger.clock().monotonic += 5'000 * kNsPerSecond;
  EXPECT_FALSE(taken(3));
  EXPECT_EQ(ledger.core().sleep_ns_max(), ~u64{0});
}

TEST(Snapshots, are_taken_on_request_when_there_is_something_new) {
  SimLedger ledger(3, snapshot_options(2));
  ledger.start();
  const auto taken = [&](u64 count) {
    return comes(ledger, [&] { return ledger.status().snapshots_taken.load() == count; });
  };
  ledger.core().request_snapshot();
  EXPECT_FALSE(taken(1));
  open_two_accounts(ledger);
  EXPECT_TRUE(taken(1));  // The request still stands.
  send_counted(ledger, 1, 5);
  EXPECT_FALSE(taken(2));
  ledger.core().request_snapshot();
  ledger.core().request_snapshot();
  EXPECT_TRUE(taken(2));
  EXPECT_EQ(ledger.status().snapshot_position.load(), 7U);
  EXPECT_NE(ledger.status().snapshot_time_ns.load(), 0U);
  EXPECT_FALSE(ledger.status().snapshot_under_way.load());
}

TEST(Snapshots, that_are_asked_for_while_one_is_under_way_come_after_it) {
  SimLedger ledger(4, snapshot_options(0));
  ledger.start();
  open_two_accounts(ledger);
  ledger.core().request_snapshot();
  ASSERT_TRUE(comes(ledger, [&] { return ledger.status().snapshot_under_way.load(); }));
  ledger.core().request_snapshot();
  send_counted(ledger, 1, 5);
  EXPECT_TRUE(comes(ledger, [&] { return ledger.status().snapshots_taken.load() == 2; }));
  EXPECT_EQ(ledger.status().snapshot_position.load(), 7U);
}

// --- Stops ---

TEST(Snapshots, at_a_stop_leave_nothing_to_replay) {
  for (u64 seed = 0; seed < 6; ++seed) {
    SimLedger ledger(seed, snapshot_options(seed));
    ledger.start();
    open_two_accounts(ledger);
    send_counted(ledger, 1, 40);
    const auto digest = ledger.engine().digest();
    ledger.stop();
    ledger.settle_stop();
    EXPECT_EQ(ledger.status().snapshots_taken.load(), 1U);
    ledger.crash();
    ledger.start();
    ASSERT_TRUE(ledger.recovered().snapshot);
    EXPECT_EQ(ledger.recovered().events, 0U);
    EXPECT_EQ(ledger.engine().digest(), digest);
    // And none for nothing.
    ledger.stop();
    ledger.settle_stop();
    EXPECT_EQ(ledger.status().snapshots_taken.load(), 0U);
  }
}

TEST(Snapshots, at_a_stop_can_be_switched_off) {
  SimLedgerOptions options = snapshot_options(0);
  options.limits.snapshot_at_stop = false;
  SimLedger ledger(7, options);
  ledger.start();
  open_two_accounts(ledger);
  ledger.stop();
  ledger.settle_stop();
  EXPECT_EQ(ledger.status().snapshots_taken.load(), 0U);
}

TEST(Snapshots, at_a_stop_are_waited_for_no_longer_than_the_limit) {
  SimLedgerOptions options = snapshot_options(0);
  options.limits.snapshot_stop_ns_max = 10 * kNsPerSecond;
  SimLedger ledger(8, options);
  ledger.start();
  open_two_accounts(ledger);
  ledger.stop();
  ASSERT_TRUE(comes(ledger, [&] { return ledger.status().snapshot_under_way.load(); }));
  ledger.clock().monotonic += 11 * kNsPerSecond;  // As if the disk did nothing all the time.
  ledger.settle_stop();
  SUCCEED();
}

// --- Failures ---

TEST(Snapshots, that_fail_are_counted_told_and_tried_again_later) {
  for (u64 seed = 0; seed < 6; ++seed) {
    SimLedger ledger(seed, snapshot_options(seed));
    ledger.start();
    std::vector<snapshot::Taken> told;
    ledger.core().set_snapshot_listener(
        [&](const snapshot::Taken& taken) { told.push_back(taken); });
    open_two_accounts(ledger);
    for (u32 step = 0; step < 3'000; ++step) ledger.step();  // Segments are ready.
    ledger.disk().fail_nth(SimOperation::Open, 1, ENOSPC);
    ledger.core().request_snapshot();
    ASSERT_TRUE(comes(ledger, [&] { return ledger.status().snapshot_failures.load() == 1; }));
    ASSERT_EQ(told.size(), 1U);
    ASSERT_FALSE(told[0].status);
    EXPECT_EQ(told[0].status.error().code, ErrorCode::NoSpace);
    send_counted(ledger, 1, 20);  // The ledger goes on.
    EXPECT_FALSE(comes(ledger, [&] { return ledger.status().snapshots_taken.load() != 0; }));
    ledger.clock().monotonic += 30 * kNsPerSecond;
    EXPECT_TRUE(comes(ledger, [&] { return ledger.status().snapshots_taken.load() == 1; }));
    ASSERT_EQ(told.size(), 2U);
    EXPECT_TRUE(told[1].status);
    EXPECT_EQ(told[1].point.log.position.value, 22U);
  }
}

TEST(Snapshots, that_fail_at_a_stop_do_not_keep_it) {
  SimLedger ledger(9, snapshot_options(1));
  ledger.start();
  open_two_accounts(ledger);
  for (u32 step = 0; step < 3'000; ++step) ledger.step();
  ledger.disk().fail_nth(SimOperation::Open, 1, EIO);
  ledger.stop();
  ledger.settle_stop();
  EXPECT_EQ(ledger.status().snapshot_failures.load(), 1U);
  ledger.crash();
  ledger.start();
  EXPECT_FALSE(ledger.recovered().snapshot);
  EXPECT_EQ(ledger.recovered().order.position.value, 2U);
}

// Whatever the taker's storage does, at any of its operations.
TEST(Snapshots, that_fail_anywhere_leave_the_ledger_as_it_is) {
  u64 failed = 0;
  for (u64 nth = 1; nth <= 12; ++nth) {
    for (const auto operation : {SimOperation::Open, SimOperation::Write, SimOperation::Sync,
                                 SimOperation::SyncDirectory, SimOperation::Rename}) {
      SimLedger ledger(nth, snapshot_options(nth));
      ledger.start();
      open_two_accounts(ledger);
      for (u32 step = 0; step < 3'000; ++step) ledger.step();
      ledger.disk().fail_nth(operation, nth, EIO);
      ledger.core().request_snapshot();
      comes(ledger, [&] {
        const auto& status = ledger.status();
        return status.snapshots_taken.load() + status.snapshot_failures.load() != 0;
      });
      ledger.disk().clear_faults();
      failed += ledger.status().snapshot_failures.load();
      ASSERT_FALSE(ledger.status().failed.load());
      send_counted(ledger, 1, 10);
      const auto digest = ledger.engine().digest();
      ledger.crash();
      ledger.start();
      EXPECT_EQ(ledger.engine().digest(), digest);
    }
  }
  EXPECT_GT(failed, 5U);
}

// --- Trimming ---

TEST(Snapshots, let_the_log_be_trimmed_behind_the_older_one) {
  SimLedgerOptions options = snapshot_options(0);
  options.limits.snapshot_log_bytes = 200 * kKiB;
  SimLedger ledger(10, options);
  ledger.start();
  open_two_accounts(ledger);
  u64 id = 1;
  for (; ledger.log().bytes_written() < 3 * kMiB; id += 50) send_counted(ledger, id, 50);
  for (u32 step = 0; step < 20'000; ++step) ledger.step();
  EXPECT_GT(ledger.status().snapshots_taken.load(), 5U);
  EXPECT_EQ(snapshot_files(ledger.disk()), 2U);
  EXPECT_GT(ledger.status().log_first_segment.load(), 10U);
  // 3 MiB are 48 segments; two snapshots need some 7 of them.
  EXPECT_LT(ledger.disk().list("/log").value().size(), 20U);
  const auto digest = ledger.engine().digest();
  ledger.crash();
  ledger.start();
  EXPECT_EQ(ledger.engine().digest(), digest);
}

}  // namespace
}  // namespace florin::test
