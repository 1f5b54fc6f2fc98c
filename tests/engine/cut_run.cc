#include "tests/engine/cut_run.h"

#include <array>
#include <deque>
#include <optional>

#include "base/check.h"
#include "tests/engine/endless_ledger.h"
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
  if (seed % 3 == 0) options.retried_requests = 12;
  return options;
}

class RunWithCut {
 public:
  RunWithCut(const CutRun& run, StoredCut& cut)
      : run_(run),
        cut_(cut),
        random_(run.seed * 31 + 7),
        generator_(run.seed, generator_options(run.seed)),
        limits_(cut_limits()),
        engine_(limits_, run.partitions, run.mode, run.seed * 3 + 1) {
    engine_.verify_at_block_ends();
    if (!run.windowed) return;
    endless_.emplace(limits_, run.seed * 7 + 5);
    engine_.engine().set_past(&endless_->past());
  }

  std::string run() {
    ask(run_.requests_before / 2);
    if (random_.chance(1, 3)) abandon_one();
    ask(run_.requests_before - run_.requests_before / 2);
    if (!found_.empty()) return "before the cut: " + found_;
    asked_.clear();
    observed_ = 0;

    const engine::StateDigest at_cut = engine_.engine().digest();
    if (endless_ && endless_->digest() != at_cut) return "the window shows in the digest";
    const Position position = engine_.position();
    engine_.engine().begin_cut(buffers_);
    retired_ = &counts_.retired_during;
    engine_.between_steps([this] { copy_some(); });
    ask(run_.requests_during);
    for (u64 steps = 0; !ended_; ++steps) {
      CHECK(steps < kStepsMax);
      if (random_.chance(1, 8)) retire_some(engine_);
      copy_some();
    }
    retired_ = &retired_then_;
    ask(run_.requests_after);
    if (!found_.empty()) return "after the cut: " + found_;

    auto loaded = Engine::create(limits_, run_.loaded_partitions, run_.seed * 5 + 2).value();
    const Status status = load_cut(cut_, *loaded, limits_, random_);
    if (!status) return "loading: " + status.error().message;
    if (loaded->digest() != at_cut) return "the loaded state is not that of the cut";
    return go_on(std::move(loaded), position);
  }

  const CutRunCounts& counts() {
    if (endless_) counts_.completed = endless_->completed();
    return counts_;
  }

 private:
  // Asks so many requests, and waits for the answers.
  void ask(u32 requests) {
    for (u32 count = 0; count < requests; ++count) {
      asked_.push_back({generator_.next(), generator_.meant_time().ns, nullptr});
      Asked& asked = asked_.back();
      if (endless_) {
        asked.expected = &endless_->ask(asked.request.request(), asked.timestamp);
        asked.request.request().position = asked.expected->position;
        asked.request.request().timestamp = asked.expected->timestamp;
        asked.timestamp = asked.expected->timestamp.ns;
      }
      retire_some(engine_);
      engine_.run(asked.request.request(), asked.timestamp);
      if (count % 16 == 15) observe();
    }
    observe();
  }
  void observe() {
    engine_.drain();
    for (; observed_ < asked_.size(); ++observed_) {
      Asked& asked = asked_[observed_];
      if (endless_ && found_.empty()) {
        found_ = endless_->compare(*asked.expected, asked.request.request());
      }
      generator_.observe(asked.request.request());
    }
  }

  // Some of what may leave memory does. What is durable may be ahead of the engine.
  void retire_some(StagedEngine& engine) {
    if (!endless_ || !engine.is_idle() || !random_.chance(1, 2)) return;
    const u64 known = endless_->position().value;
    const u64 durable = random_.chance(1, 2) ? known : random_.below(known + 1);
    const u64 ids_max = random_.chance(1, 2) ? ~u64{0} / 4 : random_.below(24);
    *retired_ += engine.engine().retire(Position{durable}, ids_max);
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

  std::string go_on(std::unique_ptr<Engine> loaded, Position position) {
    if (endless_) loaded->set_past(&endless_->past(), position);
    StagedEngine other(limits_, std::move(loaded), StagedEngine::Mode::Mixed, run_.seed * 11 + 3);
    other.verify_at_block_ends();
    other.set_position(position);
    retired_ = &counts_.retired_after;
    std::deque<OwnedRequest> again;
    for (const Asked& asked : asked_) {
      again.push_back(asked.request.ask_again());
      ledger::Request& request = again.back().request();
      request.position = asked.request.request().position;
      request.timestamp = asked.request.request().timestamp;
      retire_some(other);
      other.run(request, asked.timestamp);
    }
    other.drain();
    for (usize place = 0; place < again.size(); ++place) {
      const Asked& asked = asked_[place];
      ledger::Request& answered = again[place].request();
      const std::string found = endless_ ? endless_->compare(*asked.expected, answered)
                                         : difference(asked.request.request(), answered);
      if (!found.empty()) return "answer " + std::to_string(place) + " after the cut: " + found;
    }
    if (other.engine().digest() != engine_.engine().digest()) return "the states went apart";
    if (endless_ && other.engine().digest() != endless_->digest()) {
      return "the window shows in the digest at the end";
    }
    const Status verified = other.engine().verify();
    return verified ? cut_again(other.engine()) : verified.error().message;
  }

  // What was loaded can be cut as what had grown.
  std::string cut_again(Engine& engine) {
    StoredCut cut;
    cut.take_all(engine);
    auto loaded = Engine::create(limits_, run_.partitions, run_.seed * 19 + 1).value();
    const Status status = load_cut(cut, *loaded, limits_, random_);
    if (!status) return "loading the second cut: " + status.error().message;
    return loaded->digest() == engine.digest() ? "" : "the second cut is of another state";
  }

  struct Asked {
    OwnedRequest request;
    u64 timestamp;
    const ledger::Request* expected;  // With a window: what the endless ledger answered.
  };

  const CutRun run_;
  StoredCut& cut_;
  Random random_;
  RequestGenerator generator_;
  const Limits limits_;
  CutBuffers buffers_{kBuffers};
  std::optional<EndlessLedger> endless_;  // Before the engine, which asks its history.
  StagedEngine engine_;
  std::deque<Asked> asked_;  // Since the cut.
  usize observed_ = 0;
  std::string found_;
  bool ended_ = false;
  CutRunCounts counts_;
  u64 retired_then_ = 0;                    // When it was copied.
  u64* retired_ = &counts_.retired_before;  // Where what leaves is counted.
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
  run.windowed = seed % 2 == 0;
  return run;
}

std::string run_with_cut(const CutRun& run, StoredCut& cut, CutRunCounts* counts) {
  RunWithCut one(run, cut);
  std::string found = one.run();
  if (counts != nullptr) *counts = one.counts();
  return found;
}

}  // namespace florin::test
