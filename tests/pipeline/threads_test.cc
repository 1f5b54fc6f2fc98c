// The stages on real threads, more of them than processors, against the reference. For the thread
// sanitizer above all.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "pipeline/thread_group.h"
#include "pipeline/worker.h"
#include "tests/pipeline/followed_history.h"
#include "tests/pipeline/judge.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

// A ledger whose core, lane and workers run on threads of their own. The disk is the core's.
class ThreadedLedger final : public ledger::ReplySink {
 public:
  ThreadedLedger(u64 seed, u32 partitions, pipeline::Mode mode, Limits limits,
                 bool snapshots = false, FollowedHistory* history = nullptr)
      : disk_(seed, SimOptions{true, true, false}), sources_(4), history_(history) {
    CHECK(disk_.create_directory("/log"));
    CHECK(disk_.create_directory("/snapshots"));
    engine_ = engine::Engine::create(limits, partitions, seed).value();
    wal::WriterOptions log{"/log",
                           1,
                           pipeline::kStateMachineVersion,
                           limits.segment_bytes,
                           limits.segments_ahead,
                           limits.log_writes_in_flight,
                           limits.block_bytes_max};
    log_ = wal::Writer::open(disk_, clock_, log, wal::LogEnd{}).value();
    const bool parallel = mode != pipeline::Mode::Inline;
    stages_ =
        std::make_unique<pipeline::Stages>(parallel ? partitions : 0, limits.blocks_in_flight);
    core_ = std::make_unique<pipeline::Core>(limits, *engine_, *log_, *stages_, clock_, *this, mode,
                                             4, pipeline::OrderState{});
    lane_ = std::make_unique<pipeline::Lane>(*engine_, *stages_);
    // The simulated disk has no descriptor to wait for: its users look again every millisecond.
    if (snapshots) start_snapshots();
    if (history_ != nullptr) start_history();
    start("core", core_.get(), stages_->core_bell, 1);
    if (!parallel) return;
    start("lane", lane_.get(), stages_->lane_bell, -1);
    for (u32 index = 0; index < partitions; ++index) {
      workers_.push_back(std::make_unique<pipeline::Worker>(*engine_, *stages_, index));
      start("work", workers_.back().get(), stages_->worker(index).bell, -1);
    }
  }

  ~ThreadedLedger() override {
    threads_.stop();
    log_.reset();
    disk_.kill_process();  // It may be writing memory of the taker.
    if (history_ != nullptr) history_->after_end();
  }

  // Any thread; `channel` is the caller's own.
  void submit(u32 channel, OwnedRequest request) {
    auto flying = std::make_unique<OwnedRequest>(std::move(request));
    ledger::Request& sent = flying->request();
    sent.source = &sources_[channel];
    sent.owner = flying.release();
    core_->submit(channel, &sent);
  }

  std::vector<OwnedRequest> await(usize count) {
    std::unique_lock lock(mutex_);
    const bool all = arrived_.wait_for(lock, std::chrono::seconds(120),
                                       [&] { return answered_.size() >= count; });
    CHECK(all);
    return std::exchange(answered_, {});
  }

  void deliver(ledger::Request* request) override {
    std::unique_ptr<OwnedRequest> owned(static_cast<OwnedRequest*>(request->owner));
    const std::lock_guard lock(mutex_);
    answered_.push_back(std::move(*owned));
    arrived_.notify_one();
  }
  void flush() override {}

  void stop_threads() { threads_.stop(); }
  // Until the core has nothing left to do.
  void stop_core() {
    core_->stop();
    while (!core_->status().drained.load()) std::this_thread::yield();
  }
  pipeline::Core& core() { return *core_; }
  SimStorage& disk() { return disk_; }
  engine::Engine& engine() { return *engine_; }
  const pipeline::CoreStatus& status() const { return core_->status(); }

 private:
  void start_snapshots() {
    snapshot::TakerOptions options;
    options.directory = "/snapshots";
    options.ledger_id = 1;
    options.state_machine_version = pipeline::kStateMachineVersion;
    taker_storage_ = disk_.another_user();
    taker_ = std::make_unique<snapshot::Taker>(*taker_storage_, clock_, *engine_, options);
    core_->set_taker(taker_.get(), {});
    start("snap", taker_.get(), taker_->bell(), 1);
  }
  void start_history() {
    replay::RecoveryOptions past;
    history_->before_recovery(past, disk_);
    engine_->set_past(past.past);
    history_->before_start(*core_, *stages_, disk_);
    start("hist", history_, history_->bell(), 1);
  }
  void start(const char* name, Agent* agent, Doorbell& bell, int timeout_ms) {
    parkers_.push_back(std::make_unique<pipeline::BellParker>(bell, -1, timeout_ms));
    threads_.start({name, {agent}, parkers_.back().get(), -1, 0});
  }

  SystemClock clock_;
  SimStorage disk_;
  std::vector<ledger::RequestSource> sources_;
  FollowedHistory* history_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<OwnedRequest> answered_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<storage::Storage> taker_storage_;
  std::unique_ptr<snapshot::Taker> taker_;
  std::unique_ptr<pipeline::Stages> stages_;
  std::unique_ptr<pipeline::Core> core_;
  std::unique_ptr<wal::Writer> log_;
  std::unique_ptr<pipeline::Lane> lane_;
  std::vector<std::unique_ptr<pipeline::Worker>> workers_;
  std::vector<std::unique_ptr<pipeline::Parker>> parkers_;
  pipeline::ThreadGroup threads_;
};

void compare_with_reference(u32 partitions, pipeline::Mode mode, u64 seed) {
  SCOPED_TRACE("partitions " + std::to_string(partitions) + ", seed " + std::to_string(seed));
  constexpr usize kRequests = 150;
  ThreadedLedger ledger(seed, partitions, mode, tiny_limits());
  // Two threads submit, as two network threads would.
  const auto submit_some = [&](u32 channel) {
    RequestGenerator generator(seed * 2 + channel, client_requests());
    for (usize sent = 0; sent < kRequests; ++sent) ledger.submit(channel, generator.next());
  };
  std::thread other(submit_some, 1);
  submit_some(0);
  other.join();
  Judge judge;
  for (const OwnedRequest& answered : ledger.await(2 * kRequests)) {
    judge.check_answer(answered);
    if (testing::Test::HasFatalFailure()) return;
  }
  ledger.stop_threads();
  judge.check_state(ledger.engine());
}

TEST(Threads, answer_as_the_reference_does_in_parallel) {
  for (const u32 partitions : {1U, 2U, 3U, 8U}) {
    compare_with_reference(partitions, pipeline::Mode::Parallel, partitions);
    if (HasFatalFailure()) return;
  }
}

TEST(Threads, answer_as_the_reference_does_when_modes_change) {
  for (const u32 partitions : {2U, 8U}) {
    compare_with_reference(partitions, pipeline::Mode::Auto, partitions + 10);
    if (HasFatalFailure()) return;
  }
}

TEST(Threads, answer_as_the_reference_does_inline) {
  compare_with_reference(3, pipeline::Mode::Inline, 20);
}

// Snapshots one after the other while two threads submit; then what is on the disk is recovered.
void recover_from_snapshots(u32 partitions, pipeline::Mode mode, u64 seed, u64& snapshots,
                            u64& tails) {
  SCOPED_TRACE("partitions " + std::to_string(partitions) + ", seed " + std::to_string(seed));
  constexpr usize kRequests = 150;
  Limits limits = tiny_limits();
  limits.snapshot_at_stop = false;
  limits.snapshot_log_bytes = 32 * kKiB;
  ThreadedLedger ledger(seed, partitions, mode, limits, true);
  const auto submit_some = [&](u32 channel) {
    RequestGenerator generator(seed * 2 + channel, client_requests());
    for (usize sent = 0; sent < kRequests; ++sent) {
      ledger.submit(channel, generator.next());
      if (sent % 10 == 0) ledger.core().request_snapshot();
    }
  };
  std::thread other(submit_some, 1);
  submit_some(0);
  other.join();
  Judge judge;
  for (const OwnedRequest& answered : ledger.await(2 * kRequests)) {
    judge.check_answer(answered);
    if (testing::Test::HasFatalFailure()) return;
  }
  ledger.stop_core();
  ledger.stop_threads();
  judge.check_state(ledger.engine());
  snapshots += ledger.status().snapshots_taken.load();
  EXPECT_EQ(ledger.status().snapshot_failures.load(), 0U);
  SimStorage disk(seed, ledger.disk().image());
  ManualClock clock;
  replay::RecoveryOptions options;
  options.log_directory = "/log";
  options.log_id = 1;
  options.limits = tiny_limits();
  options.snapshot_directory = "/snapshots";
  options.partitions = partitions % 3 + 1;
  const auto recovered =
      replay::recover(disk, clock, options, [](const replay::RecoveryProgress&) {});
  ASSERT_TRUE(recovered) << recovered.error().message;
  ASSERT_TRUE(recovered->snapshot);
  EXPECT_EQ(recovered->engine->digest(), ledger.engine().digest());
  tails += recovered->events != 0 ? 1 : 0;
}

TEST(Threads, take_snapshots_under_load) {
  u64 snapshots = 0;
  u64 tails = 0;
  // Whether something is logged behind the last snapshot depends on the threads.
  for (u64 seed = 30; seed < 42 || (tails == 0 && seed < 120); ++seed) {
    constexpr u32 kPartitions[] = {1, 2, 3, 8};
    constexpr pipeline::Mode kModes[] = {pipeline::Mode::Parallel, pipeline::Mode::Auto,
                                         pipeline::Mode::Inline};
    recover_from_snapshots(kPartitions[seed % 4], kModes[seed % 3], seed, snapshots, tails);
    if (HasFatalFailure()) return;
  }
  EXPECT_GE(snapshots, 12U);
  EXPECT_GT(tails, 0U);
}

// A window that is far too small for what two threads submit, while history follows on another.
void keep_a_window(u32 partitions, pipeline::Mode mode, u64 seed, u64& retired) {
  SCOPED_TRACE("partitions " + std::to_string(partitions) + ", seed " + std::to_string(seed));
  constexpr usize kRequests = 150;
  Limits limits = tiny_limits();
  limits.transfers_max = 300;
  limits.retire_ids_max = 100;
  limits.history_wait_ns = 60'000'000'000;
  limits.snapshot_at_stop = false;
  limits.snapshot_log_bytes = 32 * kKiB;
  FollowedHistoryOptions options;
  options.log_id = 1;
  options.feed_bytes = 8 * kKiB;
  FollowedHistory history(seed, options);
  ThreadedLedger ledger(seed, partitions, mode, limits, true, &history);
  const auto submit_some = [&](u32 channel) {
    GeneratorOptions requests = client_requests();
    requests.pending = 5;
    requests.retried_events = 15;
    RequestGenerator generator(seed * 2 + channel, requests);
    for (usize sent = 0; sent < kRequests; ++sent) ledger.submit(channel, generator.next());
  };
  std::thread other(submit_some, 1);
  submit_some(0);
  other.join();
  Judge judge;
  u64 refused = 0;
  for (const OwnedRequest& answered : ledger.await(2 * kRequests)) {
    const bool is_refused = answered.request().refusal != ledger::RefusalCode::None;
    if (is_refused) {
      // Open holds alone may fill the window for a while.
      ASSERT_EQ(answered.request().refusal, ledger::RefusalCode::Capacity);
      ++refused;
    }
    if (is_refused || answered.request().needs_history) continue;
    judge.check_answer(answered);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_LT(refused, kRequests);
  ledger.stop_core();
  ledger.stop_threads();
  history.catch_up();
  judge.check_state(history.engine());
  EXPECT_EQ(ledger.engine().digest(), history.engine().digest());
  EXPECT_TRUE(ledger.engine().verify());
  retired += ledger.status().transfers_retired.load();
}

TEST(Threads, keep_a_window_under_load) {
  u64 retired = 0;
  constexpr u32 kPartitions[] = {1, 2, 3, 8};
  constexpr pipeline::Mode kModes[] = {pipeline::Mode::Parallel, pipeline::Mode::Auto,
                                       pipeline::Mode::Inline};
  for (u64 seed = 60; seed < 68; ++seed) {
    keep_a_window(kPartitions[seed % 4], kModes[seed % 3], seed, retired);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(retired, 1'000U);
}

TEST(Threads, execute_small_blocks_inline_and_sleep_through_them) {
  ThreadedLedger ledger(1, 2, pipeline::Mode::Auto, tiny_limits());
  ledger::Account account{};
  account.ledger = 1;
  account.code = 1;
  for (u64 id = 1; id <= 20; ++id) {
    account.id = id;
    ledger.submit(0, OwnedRequest::create_accounts({&account, 1}));
    ledger.await(1);
  }
  EXPECT_EQ(ledger.status().inline_blocks.load(), ledger.status().blocks.load());
}

}  // namespace
}  // namespace florin::test
