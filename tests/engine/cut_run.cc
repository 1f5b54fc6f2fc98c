#include "tests/engine/cut_run.h"

#include <array>
#include <deque>

#include "base/check.h"
#include "tests/support/answers.h"
#include "tests/support/request_generator.h"

namespace florin::test {

using engine::CutBuffers;
using engine::Engine;

namespace {

constexpr u32 kBuffers = 2;  // So few that copiers wait for them.
constexpr u64 kStepsMax = 10'000'000;

GeneratorOptions generator_options(u64 seed) {
  GeneratorOptions options;
  options.dry_runs = 4;
  options.lookup_requests = 4;
  options.query_requests = 4;
  options.update_requests = 8;
  options.account_requests = 8;
  options.imported_requests = 5;
  options.long_pauses = 2;
  if (seed % 5 == 0) options.start_ns = (u64{1} << 63) - 1'000'000'000'000;
  return options;
}

class Run {
 public:
  Run(const CutRun& run, StoredCut& cut)
      : run_(run),
        cut_(cut),
        random_(run.seed * 31 + 7),
        generator_(run.seed, generator_options(run.seed)),
        limits_(cut_limits()),
        engine_(limits_, run.partitions, run.mode, run.seed * 3 + 1) {
    engine_.verify_at_block_ends();
  }

  std::string run() {
    ask(run_.requests_before / 2);
    if (random_.chance(1, 3)) abandon_one();
    ask(run_.requests_before - run_.requests_before / 2);
    asked_.clear();
    observed_ = 0;

    const engine::StateDigest at_cut = engine_.engine().digest();
    engine_.engine().begin_cut(buffers_);
    engine_.between_steps([this] { copy_some(); });
    ask(run_.requests_during);
    for (u64 steps = 0; !ended_; ++steps) {
      CHECK(steps < kStepsMax);
      copy_some();
    }
    ask(run_.requests_after);

    auto loaded = Engine::create(limits_, run_.loaded_partitions, run_.seed * 5 + 2).value();
    const Status status = load_cut(cut_, *loaded, limits_, random_);
    if (!status) return "loading: " + status.error().message;
    if (loaded->digest() != at_cut) return "the loaded state is not that of the cut";
    return go_on(std::move(loaded));
  }

 private:
  // Asks so many requests, and waits for the answers.
  void ask(u32 requests) {
    for (u32 count = 0; count < requests; ++count) {
      asked_.push_back({generator_.next(), generator_.meant_time().ns});
      engine_.run(asked_.back().request.request(), asked_.back().timestamp);
      if (count % 16 == 15) observe();
    }
    observe();
  }
  void observe() {
    engine_.drain();
    for (; observed_ < asked_.size(); ++observed_) {
      generator_.observe(asked_[observed_].request.request());
    }
  }

  // A cut that comes to nothing must leave nothing.
  void abandon_one() {
    engine_.engine().begin_cut(buffers_);
    for (u64 steps = random_.below(40); steps > 0; --steps) copy(random_.below(64 * kKiB));
    ask(8);
    for (u64 steps = random_.below(40); steps > 0; --steps) copy(random_.below(64 * kKiB));
    engine_.engine().end_cut();
    StoredCut abandoned;
    abandoned.take_filled(buffers_);
  }

  void copy(u64 bytes_max) {
    const u32 copiers = run_.partitions + 2;
    const auto copier = static_cast<u32>(random_.below(copiers));
    if (copier == run_.partitions) {
      engine_.engine().copy_cut_books(bytes_max);
    } else if (copier > run_.partitions) {
      engine_.engine().copy_cut_history(bytes_max);
    } else {
      engine_.engine().copy_cut(copier, bytes_max);
    }
  }

  void copy_some() {
    if (ended_ || !random_.chance(1, 2)) return;
    // Most are slow, so that much changes before it is copied.
    copy(1 + random_.below(run_.seed % 3 == 0 ? 8 * kKiB : 256));
    if (random_.chance(1, 4)) cut_.take_filled(buffers_);
    if (!engine_.engine().cut_copied() || random_.chance(1, 2)) return;
    engine_.engine().end_cut();
    cut_.take_filled(buffers_);
    ended_ = true;
  }

  std::string go_on(std::unique_ptr<Engine> loaded) {
    StagedEngine other(limits_, std::move(loaded), StagedEngine::Mode::Mixed, run_.seed * 11 + 3);
    other.verify_at_block_ends();
    std::deque<OwnedRequest> again;
    for (const Asked& asked : asked_) {
      again.push_back(asked.request.ask_again());
      ledger::Request& request = again.back().request();
      other.run(request, asked.timestamp);
    }
    other.drain();
    for (usize place = 0; place < again.size(); ++place) {
      const std::string found = difference(asked_[place].request.request(), again[place].request());
      if (!found.empty()) return "answer " + std::to_string(place) + " after the cut: " + found;
    }
    if (other.engine().digest() != engine_.engine().digest()) return "the states went apart";
    const Status verified = other.engine().verify();
    return verified ? "" : verified.error().message;
  }

  struct Asked {
    OwnedRequest request;
    u64 timestamp;
  };

  const CutRun run_;
  StoredCut& cut_;
  Random random_;
  RequestGenerator generator_;
  const Limits limits_;
  CutBuffers buffers_{kBuffers};
  StagedEngine engine_;
  std::deque<Asked> asked_;  // Since the cut.
  usize observed_ = 0;
  bool ended_ = false;
};

}  // namespace

Limits cut_limits() {
  Limits limits = small_limits();
  limits.accounts_max = 500;
  limits.transfers_max = 10'000;
  return limits;
}

CutRun draw_cut_run(u64 seed) {
  constexpr std::array kPartitions = {1U, 2U, 3U, 4U, 7U, 16U};
  Random random(seed * 17 + 5);
  CutRun run;
  run.seed = seed;
  run.mode = static_cast<StagedEngine::Mode>(random.below(3));
  run.partitions = kPartitions[random.below(kPartitions.size())];
  run.loaded_partitions = kPartitions[random.below(kPartitions.size())];
  run.requests_before = static_cast<u32>(random.below(160));
  run.requests_during = static_cast<u32>(random.below(80));
  run.requests_after = static_cast<u32>(random.below(80));
  return run;
}

std::string run_with_cut(const CutRun& run, StoredCut& cut) { return Run(run, cut).run(); }

}  // namespace florin::test
