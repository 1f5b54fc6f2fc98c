// The engine against the reference ledger: random requests, random blocks, any number of
// partitions, inline, in stages stepped in random order, and a mix. Every answer and the whole
// state must be equal.
#include <array>
#include <deque>
#include <optional>

#include <gtest/gtest.h>

#include "tests/engine/staged_engine.h"
#include "tests/support/answers.h"
#include "tests/support/reference_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

struct Run {
  u32 partitions;
  StagedEngine::Mode mode;
  u64 seed;
};

// Some runs end where timestamps do, and some ask for pages that cannot be.
GeneratorOptions options_for(u64 seed) {
  GeneratorOptions options;
  options.impossible_cursors = seed % 4 == 0 ? 3 : 0;
  if (seed % 5 == 0) options.start_ns = (u64{1} << 63) - 1'000'000'000'000;
  return options;
}

class Comparison {
 public:
  explicit Comparison(const Run& run)
      : generator_(run.seed, options_for(run.seed)),
        engine_(small_limits(), run.partitions, run.mode, run.seed * 7 + 1) {
    engine_.verify_at_block_ends();
  }

  void run(u32 requests) {
    for (u32 count = 0; count < requests; ++count) {
      run_next();
      if (pairs_.size() >= 100 || count + 1 == requests) compare();
    }
  }

  engine::StateDigest digest() { return engine_.engine().digest(); }
  const ReferenceLedger& reference() const { return reference_; }

 private:
  struct Pair {
    OwnedRequest expected;
    OwnedRequest actual;
  };

  void run_next() {
    OwnedRequest asked = generator_.next();
    pairs_.push_back({asked.ask_again(), asked.ask_again()});
    Pair& pair = pairs_.back();  // Stays where it is while the engine works on it.
    ledger::Request& expected = pair.expected.request();
    reference_.apply(expected, generator_.meant_time());
    generator_.observe(expected);
    ledger::Request& actual = pair.actual.request();
    actual.position = expected.position;
    actual.timestamp = expected.timestamp;
    engine_.run(actual, expected.timestamp.ns);
  }

  void compare() {
    engine_.drain();
    for (const Pair& pair : pairs_) {
      ASSERT_EQ(difference(pair.expected.request(), pair.actual.request()), "");
    }
    pairs_.clear();
    const Status verified = engine_.engine().verify();
    ASSERT_TRUE(verified) << verified.error().message;
    reference_.check_invariants();
  }

  RequestGenerator generator_;
  ReferenceLedger reference_;
  StagedEngine engine_;
  std::deque<Pair> pairs_;
};

TEST(Engine, answers_as_the_reference_does_inline) {
  for (u64 seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Comparison({static_cast<u32>(1 + seed % 3), StagedEngine::Mode::Inline, seed}).run(400);
    if (HasFatalFailure()) return;
  }
}

TEST(Engine, answers_as_the_reference_does_in_stages_stepped_at_random) {
  for (u64 seed = 1; seed <= 56; ++seed) {
    const u32 partitions = std::array{1U, 2U, 3U, 4U, 7U, 8U, 16U}[seed % 7];
    SCOPED_TRACE("seed " + std::to_string(seed) + ", partitions " + std::to_string(partitions));
    Comparison({partitions, StagedEngine::Mode::Stepped, seed}).run(300);
    if (HasFatalFailure()) return;
  }
}

TEST(Engine, answers_as_the_reference_does_when_blocks_change_between_inline_and_stages) {
  for (u64 seed = 1; seed <= 35; ++seed) {
    const u32 partitions = std::array{1U, 2U, 3U, 4U, 7U, 8U, 16U}[seed % 7];
    SCOPED_TRACE("seed " + std::to_string(seed) + ", partitions " + std::to_string(partitions));
    Comparison({partitions, StagedEngine::Mode::Mixed, seed}).run(300);
    if (HasFatalFailure()) return;
  }
}

TEST(Engine, comes_to_the_same_state_with_any_partitions_and_hash_seed) {
  for (u64 seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::optional<engine::StateDigest> first;
    for (const u32 partitions : {1U, 2U, 3U, 7U, 8U, 16U}) {
      RequestGenerator generator(seed);
      StagedEngine engine(small_limits(), partitions, StagedEngine::Mode::Mixed,
                          seed * 100 + partitions);
      std::deque<OwnedRequest> requests;
      for (u32 count = 0; count < 400; ++count) {
        requests.push_back(generator.next());
        engine.run(requests.back().request(), generator.meant_time().ns);
      }
      engine.drain();
      const engine::StateDigest digest = engine.engine().digest();
      EXPECT_NE(digest, engine::StateDigest{});
      if (!first) first = digest;
      EXPECT_EQ(digest, *first) << "partitions " << partitions;
    }
  }
}

TEST(Engine, digest_tells_a_changed_balance_and_a_consumed_id_apart) {
  const auto run = [](u64 seed, u32 count) {
    Comparison comparison({1, StagedEngine::Mode::Inline, seed});
    comparison.run(count);
    return comparison.digest();
  };
  EXPECT_EQ(run(1, 200), run(1, 200));
  EXPECT_NE(run(1, 200), run(1, 230));
  EXPECT_NE(run(1, 200), run(2, 200));
}

}  // namespace
}  // namespace florin::test
