// The nth operation of a simulated disk fails, for every n and every kind of operation, once or
// from then on, in a life of a ledger that recovers from a snapshot and a tail of log, works, and
// takes snapshots: what was answered is there at the next start, and an end has words.
#include <cerrno>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/fire/soak.h"
#include "tests/pipeline/judge.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

constexpr u64 kOperationsSwept = 40;
constexpr u32 kRequests = 40;
constexpr u32 kStepsBetween = 60;
constexpr u32 kStepsAfter = 2000;  // With a dead disk nothing would ever be answered.

struct Fault {
  SimOperation operation;
  int error;
  bool for_ever;
  u64 nth;
};

// What the faults of a sweep led to.
struct SweepFigures {
  u64 cases = 0;
  u64 starts_refused = 0;
  u64 logs_failed = 0;
  u64 snapshots_failed = 0;
  u64 refused_for_space = 0;
};

SimLedgerOptions options_for(u64 seed) {
  SimLedgerOptions options;
  options.limits = tiny_limits();
  options.limits.snapshot_log_bytes = 24 * kKiB;
  options.limits.snapshot_retry_ns = 1'000'000;
  options.mode = seed % 2 == 0 ? pipeline::Mode::Inline : pipeline::Mode::Parallel;
  options.partitions = 1 + seed % 3;
  options.snapshots = true;
  return options;
}

class SweepRun {
 public:
  explicit SweepRun(u64 seed)
      : random_(seed), generator_(seed, client_requests()), ledger_(seed, options_for(seed)) {}

  void run(const Fault& fault, SweepFigures& figures) {
    // Half of the faults meet a new ledger, which makes its first files; the others one that has
    // something to recover.
    if (fault.nth % 2 == 0) {
      ledger_.start();
      work({});
      ledger_.crash();
    }
    ledger_.disk().fail_nth(fault.operation, (fault.nth + 1) / 2, fault.error);
    const Status started = ledger_.try_start();
    if (started) {
      work(fault);
      note(figures);
    } else {
      ++figures.starts_refused;
      EXPECT_FALSE(started.error().message.empty());
    }
    ledger_.disk().clear_faults();
    ledger_.crash();
    recover();
    ++figures.cases;
  }

 private:
  // Requests, until they are answered or nothing moves any more.
  void work(const std::optional<Fault>& fault) {
    for (u32 sent = 0; sent < kRequests && !ledger_.status().failed.load(); ++sent) {
      OwnedRequest request = generator_.next();
      ledger_.clock().wall_ns += generator_.pause_ns();
      ledger_.submit(std::move(request), random_.below(4));
      const bool failing = fault && fault->for_ever && sent > fault->nth / 2;
      take_steps(kStepsBetween, failing ? fault : std::nullopt);
    }
    take_steps(kStepsAfter, fault && fault->for_ever ? fault : std::nullopt);
    for (const OwnedRequest& answered : ledger_.take_answered()) {
      if (answered.request().refusal == ledger::RefusalCode::NoSpace) {
        ++refused_for_space_;
        continue;
      }
      judge_.check_answer(answered);
      if (testing::Test::HasFatalFailure()) return;
      acknowledged_ = std::max(acknowledged_, answered.request().position);
    }
  }

  // Before each of them, the next operation is made to fail if there is such a fault.
  void take_steps(u32 steps, const std::optional<Fault>& fault) {
    for (u32 step = 0; step < steps && !ledger_.status().failed.load(); ++step) {
      if (fault) ledger_.disk().fail_nth(fault->operation, 1, fault->error);
      ledger_.step();
    }
  }

  void note(SweepFigures& figures) {
    figures.snapshots_failed += ledger_.status().snapshot_failures.load() == 0 ? 0 : 1;
    figures.refused_for_space += refused_for_space_ == 0 ? 0 : 1;
    if (!ledger_.status().failed.load()) return;
    ++figures.logs_failed;
    EXPECT_FALSE(ledger_.failure().message.empty());
  }

  // Everything that was answered is there again.
  void recover() {
    const Status started = ledger_.try_start();
    ASSERT_TRUE(started) << started.error().message;
    const pipeline::OrderState recovered = ledger_.recovered().order;
    ASSERT_GE(recovered.position, acknowledged_) << "acknowledged transfers are lost";
    judge_.apply_survivors(ledger_.take_unanswered(), recovered);
    judge_.check_state(ledger_.engine());
  }

  Random random_;
  RequestGenerator generator_;
  SimLedger ledger_;
  Judge judge_;
  Position acknowledged_;
  u64 refused_for_space_ = 0;
};

const char* name(SimOperation operation) {
  switch (operation) {
    case SimOperation::Open: return "open";
    case SimOperation::Allocate: return "allocate";
    case SimOperation::Read: return "read";
    case SimOperation::Write: return "write";
    case SimOperation::Sync: return "sync";
    case SimOperation::SyncDirectory: return "sync of a directory";
    case SimOperation::Rename: return "rename";
    case SimOperation::Remove: return "removal";
  }
  return "unknown";
}

class Sweep : public ::testing::TestWithParam<SimOperation> {};

TEST_P(Sweep, of_the_operation_that_fails_loses_nothing) {
  SweepFigures figures;
  const u64 seed = std::getenv("FLORIN_SEED") == nullptr ? 1 : soak_seed();
  for (u64 number = 0; number < soak_count(kOperationsSwept); ++number) {
    for (const int error : {EIO, ENOSPC}) {
      for (const bool for_ever : {false, true}) {
        const Fault fault{GetParam(), error, for_ever, 1 + number % kOperationsSwept};
        SCOPED_TRACE(fmt::format("seed {}: {} number {} fails with {}{}", seed + number,
                                 name(fault.operation), fault.nth, error,
                                 for_ever ? " for ever" : ""));
        SweepRun(seed + number).run(fault, figures);
        if (HasFatalFailure()) return;
      }
    }
  }
  fmt::print(
      "{} cases of a failing {}: {} starts refused, {} logs failed, {} snapshots failed, {} times "
      "refused for want of room, 0 lost\n",
      figures.cases, name(GetParam()), figures.starts_refused, figures.logs_failed,
      figures.snapshots_failed, figures.refused_for_space);
  // Otherwise the faults were never met.
  EXPECT_GT(figures.starts_refused + figures.logs_failed + figures.snapshots_failed +
                figures.refused_for_space,
            figures.cases / 16);
}

INSTANTIATE_TEST_SUITE_P(Disk, Sweep,
                         ::testing::Values(SimOperation::Open, SimOperation::Allocate,
                                           SimOperation::Read, SimOperation::Write,
                                           SimOperation::Sync, SimOperation::SyncDirectory,
                                           SimOperation::Rename, SimOperation::Remove));

}  // namespace
}  // namespace florin::test
