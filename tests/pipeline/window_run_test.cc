// Ledgers with small windows through load, power cuts and snapshots, against the reference, which
// never forgets; and what recovery makes of what they leave.
#include <gtest/gtest.h>

#include "replay/log_search.h"
#include "tests/pipeline/followed_history.h"
#include "tests/pipeline/judge.h"
#include "tests/pipeline/retried_requests.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/request_generator.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using ledger::RefusalCode;

SimLedgerOptions window_options(u64 seed) {
  constexpr u32 kPartitions[] = {1, 2, 3, 8};
  constexpr pipeline::Mode kModes[] = {pipeline::Mode::Inline, pipeline::Mode::Parallel,
                                       pipeline::Mode::Auto};
  SimLedgerOptions options;
  options.limits = tiny_limits();
  options.limits.transfers_max = 90 + seed % 5 * 60;
  options.limits.retire_ids_max = 1 + static_cast<u32>(seed % 7 * 20);
  options.limits.history_wait_ns = seed % 4 == 0 ? 0 : 2'000'000'000;
  options.limits.snapshot_log_bytes = 48 * kKiB;
  options.partitions = kPartitions[seed % 4];
  options.mode = kModes[seed % 3];
  options.snapshots = seed % 2 == 0;
  return options;
}

FollowedHistoryOptions history_for(u64 seed) {
  FollowedHistoryOptions options;
  options.feed_bytes = (seed % 3 + 1) * 4 * kKiB;
  options.follow_chance = seed % 5 == 0 ? 30 : 90;
  options.write_chance = seed % 6 == 0 ? 1 : 10;
  return options;
}

// Small holds of short life, so that a small window has room for those that are open.
GeneratorOptions short_lived_holds() {
  GeneratorOptions options = client_requests();
  options.pending = 8;
  options.retried_events = 10;  // Ids that are known, whether memory has them or not.
  options.retried_requests = 10;
  return options;
}

struct WindowCounts {
  u64 retired = 0;
  u64 found_in_the_past = 0;
  u64 busy = 0;
  u64 full_of_holds = 0;
  u64 judged = 0;
  u64 snapshots = 0;
  u64 from_feed = 0;
  u64 from_files = 0;
  u64 catch_ups = 0;
};

class WindowRun {
 public:
  explicit WindowRun(u64 seed)
      : random_(seed),
        generator_(seed, short_lived_holds()),
        history_(seed, history_for(seed)),
        ledger_(seed, with_history(window_options(seed))) {
    ledger_.start();
  }

  void live(u32 requests, WindowCounts& counts) {
    for (u32 sent = 0; sent < requests; ++sent) {
      ledger_.submit(retries_.next(random_, generator_, ledger_), random_.below(4));
      if (random_.chance(1, 20)) history_.hold();
      if (random_.chance(1, 10)) history_.release();
      for (u64 steps = random_.below(30); steps > 0; --steps) ledger_.step();
      take_answers(counts);
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  // To the end of what was asked; then this ledger is the one that the log tells.
  void settle(WindowCounts& counts) {
    history_.release();
    ledger_.settle();
    take_answers(counts);
    if (testing::Test::HasFatalFailure()) return;
    compare();
  }

  void crash_and_recover(WindowCounts& counts) {
    count(counts);
    ledger_.crash();
    history_.release();
    ledger_.start();
    const pipeline::OrderState recovered = ledger_.recovered().order;
    ASSERT_GE(recovered.position, acknowledged_) << "acknowledged transfers are lost";
    std::vector<OwnedRequest> unanswered = ledger_.take_unanswered();
    judge_.apply_survivors(unanswered, recovered);
    for (const OwnedRequest& request : unanswered) retries_.keep(request);
    compare();
  }

  void count(WindowCounts& counts) {
    counts.retired += ledger_.status().transfers_retired.load();
    counts.snapshots += ledger_.status().snapshots_taken.load();
    counts.found_in_the_past += history_.past().hits();
    counts.from_feed += history_.blocks_from_feed();
    counts.from_files += history_.blocks_from_files();
    counts.catch_ups += history_.catch_ups();
  }

 private:
  SimLedgerOptions with_history(SimLedgerOptions options) {
    options.follower = &history_;
    return options;
  }

  void take_answers(WindowCounts& counts) {
    for (OwnedRequest& answered : ledger_.take_answered()) {
      const ledger::Request& request = answered.request();
      if (request.refusal == RefusalCode::Busy) {
        ++counts.busy;
        retries_.keep(answered);
      } else if (request.refusal == RefusalCode::Capacity) {
        ++counts.full_of_holds;
      } else if (!request.needs_history) {  // Those history would have to complete.
        judge_.check_answer(answered);
        if (testing::Test::HasFatalFailure()) return;
        ++counts.judged;
        acknowledged_ = std::max(acknowledged_, request.position);
      }
    }
  }

  // History never forgets: what it made of the log is judged whole; the digests of both are equal.
  void compare() {
    history_.catch_up();
    ASSERT_EQ(history_.end().sequence, ledger_.log().durable_sequence());
    judge_.check_state(history_.engine());
    if (testing::Test::HasFatalFailure()) return;
    const Status verified = ledger_.engine().verify();
    ASSERT_TRUE(verified) << verified.error().message;
    ASSERT_EQ(ledger_.engine().digest(), history_.engine().digest());
    ASSERT_EQ(ledger_.engine().transfers_used(), history_.engine().transfers_used());
  }

  Random random_;
  RequestGenerator generator_;
  FollowedHistory history_;
  SimLedger ledger_;
  Judge judge_;
  Position acknowledged_;
  RetriedRequests retries_;
};

TEST(WindowRuns, decide_as_if_memory_were_endless) {
  WindowCounts counts;
  for (u64 seed = 1; seed <= 40 * soak_factor(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WindowRun run(seed);
    run.live(120, counts);
    if (!HasFatalFailure()) run.settle(counts);
    if (HasFatalFailure()) return;
    run.count(counts);
  }
  EXPECT_GT(counts.retired, 0U);
  EXPECT_GT(counts.found_in_the_past, 0U);
  EXPECT_GT(counts.busy, 0U);
  EXPECT_GT(counts.judged, 2'000U);
}

TEST(WindowRuns, lose_nothing_in_power_cuts) {
  WindowCounts counts;
  // That recovery has to wait for history is rare: on until it was seen.
  const auto seen_all = [&](u64 seeds) {
    return seeds >= 30 * soak_factor() && counts.catch_ups > 0;
  };
  for (u64 seed = 1; !seen_all(seed - 1) && seed <= 300 * soak_factor(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WindowRun run(seed);
    for (u32 round = 0; round < 4; ++round) {
      run.live(40, counts);
      if (HasFatalFailure()) return;
      run.crash_and_recover(counts);
      if (HasFatalFailure()) return;
    }
    run.count(counts);
  }
  EXPECT_GT(counts.retired, 0U);
  EXPECT_GT(counts.snapshots, 0U);
  EXPECT_GT(counts.from_feed, 0U);
  EXPECT_GT(counts.from_files, 0U);
  EXPECT_GT(counts.catch_ups, 0U);
}

// A ledger that lives long enough for snapshots, trimmed segments and ids that left memory.
class LongLedger : public testing::Test {
 protected:
  LongLedger() : history_(3, {}), ledger_(3, options()) {
    ledger_.start();
    std::vector<ledger::Account> accounts(2);
    accounts[0].id = 1;
    accounts[1].id = 2;
    for (ledger::Account& account : accounts) account.ledger = account.code = 1;
    ledger_.submit(OwnedRequest::create_accounts(accounts), 0);
    ledger_.settle();
  }

  SimLedgerOptions options() {
    SimLedgerOptions options;
    options.limits = tiny_limits();
    options.limits.transfers_max = 1'000;
    options.limits.snapshot_log_bytes = 64 * kKiB;
    options.limits.snapshot_at_stop = false;
    options.snapshots = true;
    options.follower = &history_;
    return options;
  }

  // `look` after each request.
  template <class Look>
  void send(u64 requests, Look&& look) {
    for (u64 sent = 0; sent < requests; ++sent) {
      std::vector<ledger::Transfer> events;
      for (u32 count = 0; count < 20; ++count) events.push_back(simple_transfer(++last_id_));
      ledger_.submit(OwnedRequest::create_transfers(events), 0);
      ledger_.settle();
      for (const OwnedRequest& answered : ledger_.take_answered()) {
        ASSERT_EQ(answered.request().refusal, RefusalCode::None)
            << answered.request().refusal_message;
      }
      for (u32 step = 0; step < 20; ++step) ledger_.step();
      look();
    }
  }
  void send(u64 requests) {
    send(requests, [] {});
  }

  replay::RecoveryOptions recovery(u64 window, u32 partitions) {
    replay::RecoveryOptions options;
    options.log_directory = "/log";
    options.log_id = 0xf10f10;
    options.limits = tiny_limits();
    options.limits.transfers_max = window;
    options.snapshot_directory = "/snapshots";
    options.partitions = partitions;
    history_.before_recovery(options, ledger_.disk());
    options.catch_up_history = nullptr;
    return options;
  }

  Result<replay::Recovered> recover(const replay::RecoveryOptions& options) {
    SimStorage disk(9, ledger_.disk().image());
    ManualClock clock;
    return replay::recover(disk, clock, options, [](const replay::RecoveryProgress&) {});
  }

  FollowedHistory history_;
  SimLedger ledger_;
  u64 last_id_ = 0;
};

TEST_F(LongLedger, keeps_the_log_that_history_needs_and_trims_it_later) {
  history_.catch_up();
  history_.hold();
  const u64 needed = std::max<u64>(1, history_.segment_needed_from());
  send(40, [&] { ASSERT_LE(ledger_.status().log_first_segment.load(), needed); });
  if (HasFatalFailure()) return;
  ASSERT_GE(ledger_.status().snapshots_taken.load(), 2U);
  // The snapshots would not need it.
  ledger_.crash();
  ledger_.start();
  ASSERT_GT(ledger_.recovered().segments_needed_from, needed);
  const u64 from_files = history_.blocks_from_files();
  for (u32 step = 0; step < 200; ++step) ledger_.step();
  EXPECT_LE(ledger_.status().log_first_segment.load(), needed);
  // What history had not made durable comes again, from the files.
  history_.release();
  history_.catch_up();
  EXPECT_GT(history_.blocks_from_files(), from_files);
  EXPECT_EQ(history_.end(), ledger_.log().end());
  EXPECT_EQ(ledger_.engine().digest(), history_.engine().digest());
  // No snapshot has to come: history alone held the log.
  for (u32 step = 0; step < 200; ++step) ledger_.step();
  EXPECT_GT(ledger_.status().log_first_segment.load(), needed);
  EXPECT_EQ(ledger_.status().log_first_segment.load(), ledger_.recovered().segments_needed_from);
  send(100);
  history_.catch_up();
  EXPECT_EQ(ledger_.engine().digest(), history_.engine().digest());
}

TEST_F(LongLedger, is_recovered_the_same_with_any_window) {
  send(120);
  ASSERT_GT(ledger_.status().transfers_retired.load(), 0U);
  history_.catch_up();
  const engine::StateDigest digest = history_.engine().digest();
  ASSERT_EQ(ledger_.engine().digest(), digest);
  bool forgot = false;
  bool had_snapshot = false;
  for (const u64 window : {1'000U, 1'500U, 5'000U, 100'000U}) {
    for (const u32 partitions : {1U, 2U, 3U, 8U}) {
      SCOPED_TRACE("window " + std::to_string(window));
      const auto recovered = recover(recovery(window, partitions));
      ASSERT_TRUE(recovered) << recovered.error().message;
      EXPECT_EQ(recovered->engine->digest(), digest);
      EXPECT_EQ(recovered->engine->transfers_used(), last_id_);
      EXPECT_LE(recovered->engine->transfers_in_memory(), window);
      forgot |= recovered->engine->transfers_in_memory() < last_id_;
      had_snapshot |= recovered->snapshot.has_value();
    }
  }
  EXPECT_TRUE(forgot);
  EXPECT_TRUE(had_snapshot);
}

TEST_F(LongLedger, needs_a_larger_window_where_history_lags_or_catches_up_first) {
  send(120);
  history_.catch_up();
  replay::RecoveryOptions lagging = recovery(400, 1);
  auto recovered = recover(lagging);
  ASSERT_TRUE(recovered) << recovered.error().message;
  ASSERT_TRUE(recovered->snapshot);
  ASSERT_GT(recovered->events, 50U);
  // Nothing of the snapshot can leave memory, nor of what is behind it.
  const wal::LogEnd all = lagging.history_durable;
  const wal::LogEnd& cut = recovered->snapshot->log;
  SimStorage disk(9, ledger_.disk().image());
  // Of the blocks before the snapshot the last one with events.
  lagging.history_durable = cut;
  for (u64 sequence = cut.sequence; lagging.history_durable.position == cut.position;) {
    const auto before =
        replay::find_block(disk, lagging.log_directory, lagging.log_id, cut.segment, --sequence);
    ASSERT_TRUE(before && *before);
    lagging.history_durable = **before;
  }
  const auto refused = recover(lagging);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Capacity);
  EXPECT_NE(refused.error().message.find("--id-window"), std::string::npos)
      << refused.error().message;
  lagging.catch_up_history = [&]() -> Result<wal::LogEnd> { return all; };
  recovered = recover(lagging);
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->engine->digest(), history_.engine().digest());
}

TEST_F(LongLedger, is_not_recovered_without_the_history_that_it_left_ids_to) {
  send(120);
  history_.catch_up();
  const replay::RecoveryOptions whole = recovery(1'000, 1);
  ASSERT_TRUE(recover(whole));

  replay::RecoveryOptions none = whole;
  none.past = nullptr;
  auto recovered = recover(none);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(recovered.error().message.find("--history on"), std::string::npos);

  replay::RecoveryOptions behind = whole;
  behind.history_durable = wal::LogEnd{};
  recovered = recover(behind);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
  EXPECT_NE(recovered.error().message.find("history ends at position 0"), std::string::npos);
}

TEST_F(LongLedger, is_not_recovered_from_a_log_that_history_is_ahead_of) {
  send(30);
  history_.catch_up();
  ASSERT_GT(history_.end().position, ledger_.status().snapshot_position.load() == 0
                                         ? Position{0}
                                         : Position{ledger_.status().snapshot_position.load()});
  replay::RecoveryOptions ahead = recovery(1'000, 1);
  ASSERT_TRUE(recover(ahead));
  ahead.history_durable.sequence += 1;
  ahead.history_durable.position.value += 1;
  auto recovered = recover(ahead);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
  EXPECT_NE(recovered.error().message.find("beyond the end of the log"), std::string::npos)
      << recovered.error().message;

  replay::RecoveryOptions other = recovery(1'000, 1);
  other.history_durable.chain ^= 1;
  recovered = recover(other);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Corrupt);
  EXPECT_NE(recovered.error().message.find("another block"), std::string::npos);
}

}  // namespace
}  // namespace florin::test
