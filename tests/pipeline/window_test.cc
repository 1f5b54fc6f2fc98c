// The window of ids in memory: what history has durably leaves it, transfers wait for room or are
// refused before they are ordered, and nothing else changes.
#include <gtest/gtest.h>

#include "pipeline/window_driver.h"
#include "replay/verification.h"
#include "tests/pipeline/followed_history.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/test_size.h"
#include "wal/segment_directory.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::RefusalCode;
using ledger::Transfer;
using ledger::TransferOutcome;
namespace flags = ledger::transfer_flags;

constexpr u64 kWindow = 100;

OwnedRequest many_transfers(u64 first_id, u64 count, u16 extra_flags = 0, u32 timeout_s = 0) {
  std::vector<Transfer> events;
  for (u64 index = 0; index < count; ++index) {
    events.push_back(simple_transfer(first_id + index));
    events.back().flags |= extra_flags;
    events.back().timeout = timeout_s;
  }
  return OwnedRequest::create_transfers(events);
}

// What needs memory for a while only, as it is not logged.
OwnedRequest dry_run(OwnedRequest request) {
  request.request().dry_run = true;
  return request;
}

// Each names an earlier transfer that is no hold.
OwnedRequest posts(u64 first_id, u64 first_earlier, u64 count) {
  std::vector<Transfer> events(count);
  for (u64 index = 0; index < count; ++index) {
    events[index].id = first_id + index;
    events[index].pending_id = first_earlier + index;
    events[index].amount = ledger::kAmountMax;
    events[index].flags = flags::kPostPendingTransfer;
  }
  return OwnedRequest::create_transfers(events);
}

// A ledger with a window of a hundred ids, and its history.
class WindowTest : public testing::Test {
 protected:
  void start(u64 wait_ns, const FollowedHistoryOptions& history = {},
             pipeline::Mode mode = pipeline::Mode::Inline, u64 seed = 5) {
    ledger_.reset();
    history_ = std::make_unique<FollowedHistory>(seed, history);
    SimLedgerOptions options;
    options.limits = tiny_limits();
    options.limits.transfers_max = kWindow;
    options.limits.history_wait_ns = wait_ns;
    options.limits.retire_ids_max = 64;
    options.mode = mode;
    options.partitions = mode == pipeline::Mode::Inline ? 1 : 3;
    options.follower = history_.get();
    ledger_ = std::make_unique<SimLedger>(seed, options);
    ledger_->start();
    std::vector<Account> accounts(2);
    accounts[0].id = 1;
    accounts[1].id = 2;
    for (Account& account : accounts) account.ledger = account.code = 1;
    answer_to(OwnedRequest::create_accounts(accounts));
  }

  OwnedRequest answer_to(OwnedRequest request) {
    ledger_->submit(std::move(request), 0);
    ledger_->settle();
    auto answered = ledger_->take_answered();
    return std::move(answered.front());
  }

  RefusalCode refusal_of(OwnedRequest request) {
    return answer_to(std::move(request)).request().refusal;
  }

  // Of the ledger that has crashed.
  replay::RecoveryOptions recovery_options() {
    replay::RecoveryOptions options;
    options.log_directory = "/log";
    options.snapshot_directory = "/snapshots";
    options.log_id = FollowedHistoryOptions().log_id;
    options.limits = tiny_limits();
    EXPECT_TRUE(ledger_->disk().create_directory("/snapshots"));
    history_->before_recovery(options, ledger_->disk());
    return options;
  }
  static void nobody_hears(const replay::RecoveryProgress&) {}

  void step(u64 steps) {
    for (; steps > 0; --steps) ledger_->step();
  }

  // Fills memory with transfers that history does not get durable.
  u64 fill() {
    history_->hold();
    u64 id = 0;
    while (refusal_of(many_transfers(id + 1, 10)) == RefusalCode::None) id += 10;
    return id;
  }

  // Transfers with the ids from 1 on that have left memory, or may; and then history stands still.
  void make_past(u64 count) {
    for (u64 id = 1; id <= count; id += 20) {
      ASSERT_EQ(refusal_of(many_transfers(id, 20)), RefusalCode::None);
      history_->catch_up();
    }
    history_->hold();
  }

  // The most ids in memory at any moment until everything is answered.
  u64 most_in_memory() {
    u64 most = 0;
    while (ledger_->unanswered() != 0) {
      ledger_->step();
      most = std::max(most, ledger_->engine().transfers_in_memory());
    }
    return most;
  }

  std::unique_ptr<FollowedHistory> history_;
  std::unique_ptr<SimLedger> ledger_;
  ManualClock clock_;  // Of recoveries by hand.
};

class WindowModes : public WindowTest, public testing::WithParamInterface<pipeline::Mode> {};

TEST_P(WindowModes, goes_on_for_ever_while_history_keeps_up) {
  start(kNsPerSecond, {}, GetParam());
  constexpr u64 kTransfers = 3'000;
  u64 most = 0;
  for (u64 id = 1; id <= kTransfers; id += 20) {
    const OwnedRequest answer = answer_to(many_transfers(id, 20));
    ASSERT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
    ASSERT_TRUE(answer.request().exceptions.empty());
    most = std::max(most, ledger_->engine().transfers_in_memory());
  }
  EXPECT_LE(most, kWindow);
  EXPECT_EQ(ledger_->engine().transfers_used(), kTransfers);
  EXPECT_GE(ledger_->status().transfers_retired.load(), kTransfers - kWindow);
  EXPECT_EQ(ledger_->status().transfers_in_memory.load(), ledger_->engine().transfers_in_memory());
  EXPECT_EQ(ledger_->status().window_refusals.load(), 0U);
  // The first ids are known as ever.
  const OwnedRequest retried = answer_to(many_transfers(1, 20));
  ASSERT_EQ(retried.request().exceptions.size(), 20U);
  EXPECT_EQ(static_cast<TransferOutcome>(retried.request().exceptions[0].outcome),
            TransferOutcome::Exists);
  history_->catch_up();
  EXPECT_EQ(ledger_->engine().digest(), history_->engine().digest());
  EXPECT_TRUE(ledger_->engine().verify());
}

TEST_P(WindowModes, has_room_for_dry_runs_of_old_ids_however_far_behind_history_is) {
  start(3'600 * kNsPerSecond, {}, GetParam());
  constexpr u64 kOld = 1'000;
  make_past(kOld);
  // Not durable in history: it cannot leave.
  constexpr u64 kNew = 40;
  ASSERT_EQ(refusal_of(many_transfers(kOld + 1, kNew)), RefusalCode::None);
  const u64 hits = history_->past().hits();
  u64 sent = 0;
  for (u64 round = 0; round < 3; ++round) {
    for (u64 id = 1; id <= kOld; id += 20, ++sent) {
      ledger_->submit(dry_run(many_transfers(id, 20)), sent % 4);
      ledger_->submit(dry_run(posts(5'000, id, 20)), (sent + 1) % 4);
    }
  }
  EXPECT_LE(most_in_memory(), kWindow);
  for (const OwnedRequest& answer : ledger_->take_answered()) {
    ASSERT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
    ASSERT_EQ(answer.request().exceptions.size(), 20U);
    const bool repeats = answer.request().transfer_events()[0].flags == 0;
    EXPECT_EQ(static_cast<TransferOutcome>(answer.request().exceptions[0].outcome),
              repeats ? TransferOutcome::Exists : TransferOutcome::PendingTransferNotPending);
  }
  // They did come back, again and again; and what they were compared with are still the same.
  EXPECT_GT(history_->past().hits() - hits, 2 * kOld);
  EXPECT_EQ(ledger_->engine().transfers_used(), kOld + kNew);
  EXPECT_EQ(ledger_->status().transfers_in_memory.load(), ledger_->engine().transfers_in_memory());
  history_->catch_up();
  EXPECT_EQ(ledger_->engine().digest(), history_->engine().digest());
  EXPECT_TRUE(ledger_->engine().verify());
}

TEST_P(WindowModes, is_kept_by_events_that_name_earlier_transfers) {
  start(3'600 * kNsPerSecond, {}, GetParam());
  make_past(400);
  history_->release();
  for (u64 sent = 0; sent < 60; ++sent) {
    const u64 earlier = 1 + sent * 30 % 360;
    ledger_->submit(posts(1'000 + sent * 30, earlier, 30), sent % 4);
  }
  EXPECT_LE(most_in_memory(), kWindow);
  for (const OwnedRequest& answer : ledger_->take_answered()) {
    ASSERT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
  }
  // One that may bring back more than half of the window has its turn too.
  ledger_->submit(posts(50'000, 1, 60), 0);
  EXPECT_LE(most_in_memory(), kWindow + 60);
  EXPECT_EQ(ledger_->take_answered().front().request().refusal, RefusalCode::None);
}

// No hold is ever open, so that everything can leave sooner or later: who waits, waits in good
// hope.
TEST_P(WindowModes, refuses_nobody_who_may_hope) {
  for (u64 seed = 1; seed <= 30 * soak_factor(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FollowedHistoryOptions slow;
    slow.follow_chance = 10 + seed * 3 % 90;
    slow.write_chance = 5 + seed % 40;
    start(3'600 * kNsPerSecond, slow, GetParam(), seed);
    Random random(seed);
    u64 next = 1;
    for (u64 sent = 0; sent < 200; ++sent) {
      const u64 count = random.between(1, 64);
      const u64 old = random.between(1, next);
      const bool names = random.chance(1, 3);
      const bool again = random.chance(1, 4);
      OwnedRequest request =
          names ? posts(1'000'000 + next, old, count) : many_transfers(again ? old : next, count);
      next += count;
      request.request().dry_run = random.chance(1, 3);
      ledger_->submit(std::move(request), random.below(4));
      step(random.below(20));
    }
    // Events that bring back more than half of the window have its reserve.
    EXPECT_LE(most_in_memory(), 2 * kWindow);
    for (const OwnedRequest& answer : ledger_->take_answered()) {
      if (answer.request().operation != ledger::Operation::CreateTransfers) continue;
      ASSERT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, WindowModes,
                         testing::Values(pipeline::Mode::Inline, pipeline::Mode::Auto,
                                         pipeline::Mode::Parallel));

TEST_F(WindowTest, is_busy_before_the_order_while_history_stands_still) {
  start(0);
  const u64 last = fill();
  EXPECT_EQ(last, kWindow);
  const Position before = ledger_->engine().transfers_used() == last
                              ? Position{last + 2}
                              : Position{};  // Two accounts, and the transfers.
  const OwnedRequest refused = answer_to(many_transfers(last + 1, 10));
  EXPECT_EQ(refused.request().refusal, RefusalCode::Busy);
  EXPECT_EQ(refused.request().position, before);
  EXPECT_NE(refused.request().refusal_message.find("history is behind"), std::string::npos);
  EXPECT_NE(refused.request().refusal_message.find("--id-window"), std::string::npos);
  EXPECT_GE(ledger_->status().window_refusals.load(), 2U);
  EXPECT_TRUE(history_->gate().wanted());
  // What needs no room in the window goes on.
  const u128 ids[] = {1};
  const OwnedRequest read = answer_to(OwnedRequest::lookup_accounts(ids));
  EXPECT_EQ(read.request().refusal, RefusalCode::None);
  EXPECT_TRUE(read.request().accounts[0].debits_posted == last);
  Account account{};
  account.id = 3;
  account.ledger = account.code = 1;
  EXPECT_EQ(refusal_of(OwnedRequest::create_accounts({&account, 1})), RefusalCode::None);
  // No id of what was refused is consumed, and all is well again when history moves.
  history_->release();
  step(2'000);
  const OwnedRequest answer = answer_to(many_transfers(last + 1, 10));
  EXPECT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
  EXPECT_TRUE(answer.request().exceptions.empty());
  EXPECT_GT(ledger_->status().transfers_retired.load(), 0U);
}

TEST_F(WindowTest, refuses_dry_runs_for_which_there_is_no_room) {
  start(0);
  make_past(400);
  u64 id = 400;
  while (refusal_of(many_transfers(id + 1, 10)) == RefusalCode::None) id += 10;
  const u64 full = ledger_->engine().transfers_in_memory();
  EXPECT_GT(full + 10, kWindow);
  const OwnedRequest refused = answer_to(dry_run(many_transfers(1, 20)));
  EXPECT_EQ(refused.request().refusal, RefusalCode::Busy);
  EXPECT_NE(refused.request().refusal_message.find("history is behind"), std::string::npos);
  EXPECT_EQ(ledger_->engine().transfers_in_memory(), full);
  // More than the window could ever hold.
  EXPECT_EQ(refusal_of(dry_run(many_transfers(1, kWindow + 1))), RefusalCode::Capacity);
  history_->release();
  step(2'000);
  const OwnedRequest answer = answer_to(dry_run(many_transfers(1, 20)));
  EXPECT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
  EXPECT_EQ(answer.request().exceptions.size(), 20U);
}

TEST_F(WindowTest, tells_what_is_in_memory_after_blocks_that_are_not_logged) {
  start(kNsPerSecond);
  make_past(400);
  while (ledger_->engine().transfers_in_memory() > kWindow - kWindow / 8) step(1);
  const u64 before = ledger_->status().transfers_in_memory.load();
  ASSERT_EQ(refusal_of(dry_run(many_transfers(1, 10))), RefusalCode::None);
  EXPECT_EQ(ledger_->status().transfers_in_memory.load(), before + 10);
  EXPECT_EQ(ledger_->engine().transfers_in_memory(), before + 10);
}

TEST_F(WindowTest, lets_transfers_wait_while_history_moves) {
  FollowedHistoryOptions slow;
  slow.follow_chance = 20;
  slow.write_chance = 5;
  start(kNsPerSecond, slow);
  constexpr u64 kRequests = 400;
  for (u64 sent = 0; sent < kRequests; ++sent)
    ledger_->submit(many_transfers(sent * 20 + 1, 20), sent % 4);
  ledger_->settle();
  std::vector<u128> last(4);
  u64 answered = 0;
  for (const OwnedRequest& answer : ledger_->take_answered()) {
    ASSERT_EQ(answer.request().refusal, RefusalCode::None) << answer.request().refusal_message;
    const u128 first = answer.request().transfer_events().front().id;
    const auto source = static_cast<usize>((first - 1) / 20 % 4);
    EXPECT_GT(first, last[source]);  // Each connection's in the order in which they were sent.
    last[source] = first;
    ++answered;
  }
  EXPECT_EQ(answered, kRequests);
  EXPECT_EQ(ledger_->engine().transfers_used(), kRequests * 20);
  EXPECT_GT(history_->wishes(), 0U);
}

TEST_F(WindowTest, refuses_who_waited_as_long_as_allowed) {
  start(kNsPerSecond / 10);
  const u64 last = fill();
  ASSERT_EQ(ledger_->engine().transfers_in_memory(), kWindow);
  // History comes a little further, which frees nothing: those who wait do so anew.
  ledger_->submit(many_transfers(last + 1, 10), 0);
  const u64 began = ledger_->clock().monotonic_ns();
  while (ledger_->unanswered() != 0) ledger_->step();
  EXPECT_EQ(ledger_->take_answered().front().request().refusal, RefusalCode::Busy);
  // It was refused at once: who came before has waited already, and history did not move since.
  EXPECT_LT(ledger_->clock().monotonic_ns() - began, kNsPerSecond / 10);
  history_->release();
  step(2'000);
  history_->hold();
  u64 id = last;
  while (ledger_->engine().transfers_in_memory() + 10 <= kWindow) {
    ASSERT_EQ(refusal_of(many_transfers(id + 1, 10)), RefusalCode::None);
    id += 10;
  }
  const u64 full_at = ledger_->clock().monotonic_ns();
  EXPECT_EQ(refusal_of(many_transfers(id + 1, 30)), RefusalCode::Busy);
  EXPECT_GE(ledger_->clock().monotonic_ns() - full_at, kNsPerSecond / 10);
}

TEST_F(WindowTest, names_the_option_when_nothing_can_ever_leave) {
  start(0);
  constexpr u32 kTimeout = 60;
  for (u64 id = 1; id <= kWindow; id += 20) {
    ASSERT_EQ(refusal_of(many_transfers(id, 20, flags::kPending, kTimeout)), RefusalCode::None);
  }
  history_->catch_up();
  step(2'000);
  const OwnedRequest refused = answer_to(many_transfers(1'000, 1));
  EXPECT_EQ(refused.request().refusal, RefusalCode::Capacity) << refused.request().refusal_message;
  EXPECT_NE(refused.request().refusal_message.find("--id-window"), std::string::npos);
  EXPECT_NE(refused.request().refusal_message.find("open"), std::string::npos);
  // More than the whole window is never taken.
  EXPECT_EQ(ledger_->status().transfers_retired.load(), 0U);
  // The holds expire, by a tick; then they can leave.
  ledger_->clock().wall_ns += (kTimeout + 1) * kNsPerSecond;
  step(5'000);
  EXPECT_EQ(refusal_of(many_transfers(1'000, 20)), RefusalCode::None);
  EXPECT_GT(ledger_->status().transfers_retired.load(), 0U);
  history_->catch_up();
  EXPECT_EQ(ledger_->engine().digest(), history_->engine().digest());
}

TEST_F(WindowTest, stops_while_it_is_full) {
  for (const u64 wait_ns : {u64{0}, 3'600 * kNsPerSecond}) {
    start(wait_ns);
    history_->hold();
    for (u64 sent = 0; sent < 40; ++sent)
      ledger_->submit(many_transfers(sent * 10 + 1, 10), sent % 4);
    step(3'000);
    ledger_->stop();
    ledger_->settle_stop();
    EXPECT_EQ(ledger_->unanswered(), 0U);
    u64 created = 0;
    u64 others = 0;
    for (const OwnedRequest& answer : ledger_->take_answered()) {
      (answer.request().refusal == RefusalCode::None ? created : others) += 10;
    }
    EXPECT_EQ(created, kWindow);
    EXPECT_EQ(created + others, 400U);
    ledger_.reset();
  }
}

TEST_F(WindowTest, does_not_let_small_requests_pass_a_large_one_for_ever) {
  start(3'600 * kNsPerSecond);
  // Small requests of three connections would always find room first.
  for (u64 sent = 0; sent < 900; ++sent) ledger_->submit(many_transfers(sent + 1, 1), sent % 3);
  step(100);
  ledger_->submit(many_transfers(100'000, 60), 3);
  ledger_->settle();
  const auto answered = ledger_->take_answered();
  usize place = 0;
  while (answered[place].request().event_count == 1) ++place;
  EXPECT_EQ(answered[place].request().refusal, RefusalCode::None);
  EXPECT_LT(place, 700U);
}

TEST_F(WindowTest, does_not_let_small_requests_that_never_cease_pass_a_large_one) {
  FollowedHistoryOptions slow;
  slow.follow_chance = 20;
  slow.write_chance = 5;
  start(3'600 * kNsPerSecond, slow);
  u64 next_id = 1;
  for (; next_id <= 80; next_id += 10) answer_to(many_transfers(next_id, 10));
  ledger_->submit(many_transfers(1'000'000, 60), 0);
  bool answered = false;
  for (u32 step = 0; step < 20'000 && !answered; ++step) {
    for (; ledger_->unanswered() < 15; next_id += 2) {
      ledger_->submit(many_transfers(next_id, 2), 1 + next_id / 2 % 3);
    }
    ledger_->step();
    for (const OwnedRequest& answer : ledger_->take_answered()) {
      answered = answered || answer.request().event_count == 60;
    }
  }
  EXPECT_TRUE(answered);
  ledger_->settle();
}

// The crash came before any mark or later block told that the block is durable: only history knows.
TEST_F(WindowTest, a_log_that_lost_the_block_that_history_ends_with_is_refused) {
  start(0);
  for (u64 id = 1; id <= 9; id += 4) answer_to(many_transfers(id, 4));
  history_->catch_up();
  const wal::LogEnd end = history_->end();
  ledger_->crash();
  // Its body, in the one sector that it takes.
  const std::string path = wal::segment_path("/log", end.segment);
  ledger_->disk().damage(path, end.offset - storage::kSectorBytes + 300, std::byte{0x5a});
  const Status started = ledger_->try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::Corrupt);
  const std::string expected = "history ends at position " + std::to_string(end.position.value);
  EXPECT_NE(started.error().message.find(expected), std::string::npos) << started.error().message;
  const auto verified = replay::verify(ledger_->disk(), clock_, recovery_options(), nobody_hears);
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().message.find(expected), std::string::npos) << verified.error().message;
}

// History is ahead of them by design.
TEST_F(WindowTest, earlier_states_are_recovered_whatever_history_has) {
  start(0);
  for (u64 id = 1; id <= 9; id += 4) answer_to(many_transfers(id, 4));
  history_->catch_up();
  ledger_->crash();
  for (const u64 position : {2U, 6U, 14U}) {
    replay::RecoveryOptions options = recovery_options();
    options.until.position = Position{position};
    const auto recovered = replay::recover(ledger_->disk(), clock_, options, nobody_hears);
    ASSERT_TRUE(recovered) << recovered.error().message;
    EXPECT_EQ(recovered->order.position.value, position);
  }
  const auto verified = replay::verify(ledger_->disk(), clock_, recovery_options(), nobody_hears);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->end.position, history_->end().position);
}

TEST_F(WindowTest, stops_the_workers_for_who_waits_beside_reads_that_never_cease) {
  start(3'600 * kNsPerSecond, {}, pipeline::Mode::Parallel);
  history_->hold();
  for (u64 id = 1; id <= kWindow; id += 10) answer_to(many_transfers(id, 10));
  const u128 ids[] = {1};
  u64 reads = 0;
  const auto read_on = [&] {
    for (; ledger_->unanswered() < 40; ++reads) {
      ledger_->submit(OwnedRequest::lookup_accounts(ids), 1 + reads % 3);
    }
    ledger_->step();
  };
  const auto is_answered = [&] {
    for (const OwnedRequest& answer : ledger_->take_answered()) {
      if (!answer.request().is_logged()) continue;
      EXPECT_EQ(answer.request().refusal, RefusalCode::None);
      return true;
    }
    return false;
  };
  ledger_->submit(many_transfers(1'000, 50), 0);
  for (u32 step = 0; step < 3'000; ++step) {
    read_on();
    ASSERT_FALSE(is_answered());
  }
  EXPECT_GT(reads, 100U);
  history_->catch_up();
  const u64 before = reads;
  while (!is_answered()) read_on();
  // What was in flight, and what followed beside the transfers.
  EXPECT_LT(reads - before, 60U);
  ledger_->settle();
}

TEST_F(WindowTest, is_followed_by_files_when_the_feed_is_too_small) {
  FollowedHistoryOptions lagging;
  lagging.feed_bytes = 4 * kKiB;
  lagging.follow_chance = 30;
  start(kNsPerSecond, lagging);
  for (u64 sent = 0; sent < 300; ++sent) {
    ledger_->submit(many_transfers(sent * 5 + 1, 5), sent % 4);
    step(sent % 40);
  }
  ledger_->settle();
  history_->catch_up();
  EXPECT_EQ(history_->end().sequence, ledger_->log().durable_sequence());
  EXPECT_EQ(history_->end(), ledger_->log().end());
  EXPECT_GT(history_->blocks_from_feed(), 0U);
  EXPECT_GT(history_->blocks_from_files(), 0U);
  EXPECT_EQ(ledger_->engine().digest(), history_->engine().digest());
}

}  // namespace
}  // namespace florin::test
