// Cuts copied by real threads: workers that post while they copy, a lane that authorises ahead of
// them, and a thread that copies the history and takes what was filled. Where memory is a window,
// ids leave it meanwhile.
#include <atomic>
#include <barrier>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "base/check.h"
#include "tests/engine/cut_run.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

using engine::Block;
using engine::Engine;

// It has forgotten everything: an id that left memory is as good as new. What is copied of a ledger
// does not depend on it.
class ForgetfulPast final : public engine::Past {
 public:
  bool may_have(u128) const override { return true; }
  void find(std::span<const u128>, Position, std::span<engine::PastTransfer>) override {}
};

// In round r the lane authorises block r - 1 while the workers post block r - 2 and route block r,
// which they resolve when all have routed it. Where there is no block, nobody does anything.
class Threads {
 public:
  Threads(u64 seed, u32 partitions, bool windowed)
      : windowed_(windowed),
        limits_(cut_limits()),
        partitions_(partitions),
        engine_(Engine::create(limits_, partitions, seed).value()),
        barrier_(static_cast<std::ptrdiff_t>(partitions) + 1) {
    if (windowed) engine_->set_past(&past_);
    RequestGenerator generator(seed);
    for (u32 count = 0; count < kBlocks; ++count) {
      // Three rounds without a block: nothing is in flight in the last of them.
      const bool gap = count == kCutRound - 2 || (windowed && count % 6 == 0);
      if (gap) blocks_.resize(blocks_.size() + 3);
      fill_block(generator);
    }
    blocks_.resize(blocks_.size() + 2);
  }

  void run() {
    std::vector<std::jthread> threads;
    for (u32 partition = 0; partition < partitions_; ++partition) {
      threads.emplace_back([this, partition] { work(partition); });
    }
    threads.emplace_back([this] { copy_history(); });
    authorise();
  }

  void check(u32 loaded_partitions) {
    auto loaded = Engine::create(limits_, loaded_partitions, 77).value();
    Random random(1);
    const Status status = load_cut(cut_, *loaded, limits_, random);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(loaded->digest(), at_cut_);
    EXPECT_NE(engine_->digest(), at_cut_);
    EXPECT_TRUE(engine_->verify());
  }
  // How many ids left memory before the cut, and since; the second depends on the threads' haste.
  u64 retired_before() const { return retired_before_; }
  u64 retired_since() const { return retired_since_; }
  u64 kept() const { return cut_.records()[static_cast<usize>(engine::CutKind::KeptTransfers)]; }

 private:
  static constexpr u32 kBlocks = 60;
  static constexpr u32 kCutRound = 30;
  static constexpr u64 kSlice = 1000;

  Block* block(i64 round) const {
    const bool exists = round >= 0 && round < static_cast<i64>(blocks_.size());
    return exists ? blocks_[static_cast<usize>(round)].get() : nullptr;
  }
  i64 rounds() const { return static_cast<i64>(blocks_.size()); }

  void fill_block(RequestGenerator& generator) {
    auto block = std::make_unique<Block>(limits_, partitions_);
    block->clear(++sequence_);
    block->position_before = position_;
    for (u32 count = 0; count < 4; ++count) {
      if (taken_ == requests_.size()) {
        requests_.push_back(generator.next());
        time_ = generator.meant_time().ns;
      }
      ledger::Request& request = requests_.back().request();
      if (!block->has_room_for(request)) break;  // It is the first of the next.
      block->add(&request, time_);
      ++taken_;
    }
    position_ = block->position_after();
    blocks_.push_back(std::move(block));
  }

  void work(u32 partition) {
    for (i64 round = 0; round < rounds(); ++round) {
      barrier_.arrive_and_wait();
      if (block(round - 2) != nullptr) engine_->post(*block(round - 2), partition);
      engine_->copy_cut(partition, kSlice);
      if (block(round) != nullptr) engine_->route(*block(round), partition);
      barrier_.arrive_and_wait();
      if (block(round) != nullptr) engine_->resolve(*block(round), partition);
      engine_->copy_cut(partition, kSlice);
    }
    while (!ended_.load(std::memory_order_acquire)) {
      engine_->copy_cut(partition, kSlice);
      std::this_thread::yield();
    }
  }

  void authorise() {
    for (i64 round = 0; round < rounds(); ++round) {
      const bool quiet = block(round - 1) == nullptr && block(round - 2) == nullptr;
      if (quiet && windowed_) retire();
      if (quiet && !began_ && round >= kCutRound) {
        began_ = true;
        at_cut_ = engine_->digest();
        engine_->begin_cut(buffers_);
      }
      barrier_.arrive_and_wait();
      if (block(round - 1) != nullptr) engine_->authorise(*block(round - 1));
      engine_->copy_cut_books(kSlice);
      barrier_.arrive_and_wait();
      engine_->copy_cut_books(kSlice);
    }
    while (!engine_->cut_copied()) {
      engine_->copy_cut_books(kSlice);
      if (windowed_) retire();
      std::this_thread::yield();
    }
    engine_->end_cut();
    ended_.store(true, std::memory_order_release);
  }

  // About half of what is in memory goes at once.
  void retire() {
    const u64 ids = engine_->transfers_in_memory() / 2 + 1;
    (began_ ? retired_since_ : retired_before_) += engine_->retire(position_, ids);
  }

  void copy_history() {
    while (!ended_.load(std::memory_order_acquire)) {
      engine_->copy_cut_history(kSlice);
      cut_.take_filled(buffers_);
      std::this_thread::yield();
    }
    cut_.take_filled(buffers_);
  }

  const bool windowed_;
  const Limits limits_;
  const u32 partitions_;
  ForgetfulPast past_;
  std::unique_ptr<Engine> engine_;
  std::barrier<> barrier_;
  std::deque<OwnedRequest> requests_;
  usize taken_ = 0;  // Of the requests, by blocks; the last may wait for the next block.
  u64 time_ = 0;     // Of the last.
  std::vector<std::unique_ptr<Block>> blocks_;  // By round; null: none.
  u64 sequence_ = 0;
  Position position_;  // Behind the last block.
  bool began_ = false;
  u64 retired_before_ = 0;  // The cut, ...
  u64 retired_since_ = 0;   // ... and since then.
  engine::CutBuffers buffers_{4};
  std::atomic<bool> ended_{false};
  engine::StateDigest at_cut_;
  StoredCut cut_;
};

TEST(CutByThreads, is_that_of_its_moment) {
  for (const bool windowed : {false, true}) {
    SCOPED_TRACE(windowed ? "a window" : "everything in memory");
    u64 kept = 0;
    u64 retired_before = 0;
    u64 retired_since = 0;
    for (u64 seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Threads threads(seed, static_cast<u32>(1 + seed % 4), windowed);
      threads.run();
      threads.check(static_cast<u32>(1 + seed % 3));
      if (HasFailure()) return;
      kept += threads.kept();
      retired_before += threads.retired_before();
      retired_since += threads.retired_since();
    }
    EXPECT_EQ(kept > 0, windowed);
    EXPECT_EQ(retired_before > 1'000, windowed);
    EXPECT_EQ(retired_since > 100, windowed);
  }
}

}  // namespace
}  // namespace florin::test
