// Power cuts at any moment, over a disk that keeps of the unsynced what it likes: everything that
// was answered is there again, nothing is there half, and retries of what was not answered are
// safe.
#include <cerrno>

#include <gtest/gtest.h>

#include "tests/pipeline/judge.h"
#include "tests/pipeline/retried_requests.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/request_generator.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

SimLedgerOptions crash_options(u64 seed) {
  constexpr u32 kPartitions[] = {1, 2, 3, 8};
  constexpr pipeline::Mode kModes[] = {pipeline::Mode::Inline, pipeline::Mode::Inline,
                                       pipeline::Mode::Parallel, pipeline::Mode::Auto};
  SimLedgerOptions options;
  options.limits = tiny_limits();
  options.partitions = kPartitions[seed % 4];
  options.mode = kModes[seed / 4 % 4];
  return options;
}

// One ledger through a number of crashes.
class CrashRun {
 public:
  explicit CrashRun(u64 seed)
      : random_(seed), generator_(seed, client_requests()), ledger_(seed, crash_options(seed)) {
    ledger_.start();
  }

  void live(u32 requests) {
    for (u32 sent = 0; sent < requests; ++sent) {
      ledger_.submit(retries_.next(random_, generator_, ledger_), random_.below(4));
      for (u64 steps = random_.below(30); steps > 0; --steps) ledger_.step();
      for (const OwnedRequest& answered : ledger_.take_answered()) {
        judge_.check_answer(answered);
        if (testing::Test::HasFatalFailure()) return;
        acknowledged_ = std::max(acknowledged_, answered.request().position);
      }
    }
  }

  void crash_and_recover() {
    ledger_.crash();
    if (random_.chance(1, 4)) {
      ledger_.start();  // And again, before anything was asked of it.
      ledger_.crash();
    }
    ledger_.start();
    const pipeline::OrderState recovered = ledger_.recovered().order;
    ASSERT_GE(recovered.position, acknowledged_) << "acknowledged transfers are lost";
    std::vector<OwnedRequest> unanswered = ledger_.take_unanswered();
    judge_.apply_survivors(unanswered, recovered);
    judge_.check_state(ledger_.engine());
    for (const OwnedRequest& request : unanswered) retries_.keep(request);
  }

 private:
  Random random_;
  RequestGenerator generator_;
  SimLedger ledger_;
  Judge judge_;
  Position acknowledged_;
  RetriedRequests retries_;
};

TEST(Crash, loses_nothing_that_was_answered) {
  for (u64 seed = 1; seed <= fewer(120); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CrashRun run(seed);
    for (u32 round = 0; round < 6; ++round) {
      run.live(25);
      if (HasFatalFailure()) return;
      run.crash_and_recover();
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Crash, of_a_disk_that_lies_about_syncs_is_noticed_by_this_test) {
  // The control: without real syncs, answered transfers must go missing, or the tests above prove
  // nothing.
  u32 lost = 0;
  for (u64 seed = 1; seed <= 40 && lost == 0; ++seed) {
    SimOptions lying;
    lying.lie_about_syncs = true;
    SimLedger ledger(seed, crash_options(0));
    ledger.replace_disk(std::make_unique<SimStorage>(seed, lying));
    ledger.start();
    RequestGenerator generator(seed, client_requests());
    for (u32 sent = 0; sent < 20; ++sent) ledger.submit(generator.next(), 0);
    ledger.settle();
    const std::vector<OwnedRequest> answered = ledger.take_answered();
    ledger.crash();
    if (!ledger.try_start() ||
        ledger.recovered().order.position < answered.back().request().position) {
      ++lost;
    }
  }
  EXPECT_GT(lost, 0U);
}

TEST(LogFailure, stops_all_answers) {
  for (const auto operation : {SimOperation::Write, SimOperation::Sync}) {
    SimLedger ledger(7, crash_options(0));
    ledger.start();
    RequestGenerator generator(7, client_requests());
    ledger.submit(generator.next(), 0);
    ledger.settle();
    ledger.take_answered();
    for (u32 step = 0; step < 2'000; ++step) ledger.step();  // Segments are ready.
    ledger.disk().fail_nth(operation, 1, EIO);
    for (u32 sent = 0; sent < 5; ++sent) ledger.submit(generator.next(), 0);
    for (u32 step = 0; step < 5'000; ++step) ledger.step();
    EXPECT_TRUE(ledger.status().failed.load());
    EXPECT_NE(ledger.failure().message.find("failed"), std::string::npos);
    for (const OwnedRequest& answered : ledger.take_answered()) {
      EXPECT_FALSE(ledger::is_write(answered.request().operation));
    }
    EXPECT_GT(ledger.unanswered(), 0U);
  }
}

}  // namespace
}  // namespace florin::test
