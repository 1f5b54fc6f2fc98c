// The whole ledger, stepped at random on one thread, against the reference: every answer, the whole
// state, and the state again after a restart with another number of partitions.
#include <gtest/gtest.h>

#include "tests/pipeline/judge.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

SimLedgerOptions simulation_options(u64 seed) {
  constexpr u32 kPartitions[] = {1, 2, 3, 8};
  constexpr pipeline::Mode kModes[] = {pipeline::Mode::Inline, pipeline::Mode::Parallel,
                                       pipeline::Mode::Auto};
  SimLedgerOptions options;
  options.limits = tiny_limits();
  options.partitions = kPartitions[seed % 4];
  options.mode = kModes[seed / 4 % 3];
  return options;
}

void run_load(SimLedger& ledger, Judge& judge, RequestGenerator& generator, Random& random,
              u32 requests) {
  for (u32 sent = 0; sent < requests; ++sent) {
    OwnedRequest request = generator.next();
    ledger.clock().wall_ns += generator.pause_ns();
    ledger.submit(std::move(request), random.below(4));
    for (u64 steps = random.below(40); steps > 0; --steps) ledger.step();
    for (const OwnedRequest& answered : ledger.take_answered()) {
      judge.check_answer(answered);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  ledger.settle();
  for (const OwnedRequest& answered : ledger.take_answered()) judge.check_answer(answered);
}

TEST(Simulation, answers_as_the_reference_does_however_the_parts_are_stepped) {
  for (u64 seed = 1; seed <= 48; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    RequestGenerator generator(seed, client_requests());
    SimLedger ledger(seed, simulation_options(seed));
    ledger.start();
    Judge judge;
    run_load(ledger, judge, generator, random, 150);
    if (HasFatalFailure()) return;
    judge.check_state(ledger.engine());
    if (HasFatalFailure()) return;
  }
}

TEST(Simulation, comes_back_after_a_restart_with_any_number_of_partitions) {
  for (u64 seed = 100; seed < 112; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    RequestGenerator generator(seed, client_requests());
    SimLedger ledger(seed, simulation_options(seed));
    ledger.start();
    Judge judge;
    run_load(ledger, judge, generator, random, 150);
    ASSERT_FALSE(HasFatalFailure());
    const engine::StateDigest digest = ledger.engine().digest();
    const DiskImage image = ledger.disk().image();
    for (const u32 partitions : {1U, 2U, 3U, 8U}) {
      SimStorage disk(seed, image);
      ManualClock clock;
      replay::RecoveryOptions recovery;
      recovery.log_directory = "/log";
      recovery.log_id = 0xf10f10;
      recovery.limits = tiny_limits();
      recovery.partitions = partitions;
      recovery.hash_seed = seed + partitions;
      const auto recovered =
          replay::recover(disk, clock, recovery, [](const replay::RecoveryProgress&) {});
      ASSERT_TRUE(recovered) << recovered.error().message;
      EXPECT_EQ(recovered->engine->digest(), digest);
      EXPECT_EQ(recovered->order.position, judge.reference().position());
    }
  }
}

TEST(Simulation, is_the_same_again_with_the_same_seed) {
  const auto run = [](u64 seed) {
    Random random(seed);
    RequestGenerator generator(seed, client_requests());
    SimLedger ledger(seed, simulation_options(seed));
    ledger.start();
    Judge judge;
    run_load(ledger, judge, generator, random, 60);
    return std::pair(ledger.engine().digest(), ledger.clock().wall_ns);
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace florin::test
