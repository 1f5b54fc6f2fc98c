// The ring between the core and who follows the log: every block that passes is whole and in its
// place, memory is bounded, and a follower that loses contact finds it again.
#include "pipeline/commit_feed.h"

#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "base/random.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using pipeline::CommitFeed;
using pipeline::CommittedBlock;

// A block whose bytes follow from its number: whoever gets it can tell whether it is whole.
class NumberedBlock {
 public:
  explicit NumberedBlock(u64 sequence) : random_(sequence * 2 + 1) {
    constexpr u64 kUnit = 16;
    const u64 events = random_.chance(1, 4) ? 0 : random_.between(1, 20);
    block_.end.sequence = sequence;
    block_.end.offset = random_.next();
    block_.end.position = Position{sequence * 100 + events};
    block_.end.chain = make_u128(random_.next(), random_.next());
    block_.event_count = events;
    block_.position_before = sequence * 100;
    if (events == 0) return;
    fill(body_, events * 8 * kUnit);
    fill(content_, random_.between(1, 10) * kUnit);
    block_.body = body_;
    block_.outcome_content = content_;
    block_.outcomes.sequence = sequence;
    block_.outcomes.digest = make_u128(random_.next(), sequence);
  }
  NumberedBlock(const NumberedBlock&) = delete;

  const CommittedBlock& block() const { return block_; }

 private:
  void fill(std::vector<std::byte>& bytes, u64 count) {
    bytes.resize(count);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_.next());
  }

  Random random_;
  CommittedBlock block_;
  std::vector<std::byte> body_;
  std::vector<std::byte> content_;
};

bool same_bytes(std::span<const std::byte> left, std::span<const std::byte> right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

// Whether it is what was pushed under its number, to the last byte.
bool is_whole(const CommittedBlock& block) {
  const NumberedBlock expected(block.end.sequence);
  const CommittedBlock& other = expected.block();
  return block.end == other.end && block.event_count == other.event_count &&
         block.position_before == other.position_before && same_bytes(block.body, other.body) &&
         std::memcmp(&block.outcomes, &other.outcomes, sizeof(other.outcomes)) == 0 &&
         same_bytes(block.outcome_content, other.outcome_content) &&
         reinterpret_cast<usize>(block.body.data()) % 16 == 0;
}

// What a follower does: from the feed where that has the next block, otherwise "from the files",
// where every committed block stands.
class Follower {
 public:
  Follower(CommitFeed& feed, u64 near_blocks) : feed_(feed), near_blocks_(near_blocks) {}

  // Takes the next block; false: there is none for now. Fails the test when one is not whole.
  bool take() {
    while (const auto block = feed_.front()) {
      if (block->end.sequence > passed_ + 1) break;
      const bool is_next = block->end.sequence == passed_ + 1;
      EXPECT_TRUE(is_whole(*block)) << "block " << block->end.sequence;
      feed_.pop();
      if (!is_next) continue;
      ++passed_;
      ++from_feed_;
      return true;
    }
    const u64 committed = feed_.committed();
    if (!feed_.is_open() && committed - passed_ <= near_blocks_) feed_.resume();
    if (passed_ == committed) return false;
    ++passed_;
    ++from_files_;
    return true;
  }

  u64 passed() const { return passed_; }
  u64 from_feed() const { return from_feed_; }
  u64 from_files() const { return from_files_; }

 private:
  CommitFeed& feed_;
  u64 near_blocks_;
  u64 passed_ = 0;
  u64 from_feed_ = 0;
  u64 from_files_ = 0;
};

TEST(CommitFeed, gives_every_block_whole_and_in_order_to_who_keeps_up) {
  Doorbell bell;
  CommitFeed feed(16 * kKiB, bell);
  Follower follower(feed, 4);
  constexpr u64 kBlocks = 3'000;  // Some hundred times round the ring.
  for (u64 sequence = 1; sequence <= kBlocks; ++sequence) {
    const NumberedBlock block(sequence);
    ASSERT_TRUE(feed.push(block.block()));
    feed.commit(sequence);
    ASSERT_TRUE(follower.take());
  }
  EXPECT_FALSE(follower.take());
  EXPECT_EQ(follower.passed(), kBlocks);
  EXPECT_EQ(follower.from_feed(), kBlocks);
  EXPECT_EQ(feed.bytes_used(), 0U);
}

TEST(CommitFeed, closes_when_it_is_full_and_stays_within_its_bytes) {
  Doorbell bell;
  CommitFeed feed(16 * kKiB, bell);
  EXPECT_EQ(feed.bytes_max(), 16 * kKiB);
  u64 sequence = 0;
  u64 most = 0;
  while (feed.is_open()) {
    const NumberedBlock block(++sequence);
    feed.push(block.block());
    feed.commit(sequence);
    most = std::max(most, feed.bytes_used());
  }
  EXPECT_LE(most, 16 * kKiB);
  EXPECT_GT(most, 12 * kKiB);
  // Closed, it takes nothing, even where a small block would find room.
  for (const u64 last = sequence + 50; sequence < last;) {
    const NumberedBlock block(++sequence);
    ASSERT_FALSE(feed.push(block.block()));
    feed.commit(sequence);
  }
  // What is in it comes first, then what was left out, from the files; then the feed again.
  Follower follower(feed, 10);
  while (follower.take()) {
  }
  EXPECT_EQ(follower.passed(), sequence);
  EXPECT_EQ(follower.from_files(), 51U);
  EXPECT_EQ(follower.from_feed(), sequence - 51);
  EXPECT_TRUE(feed.is_open());
  const NumberedBlock block(++sequence);
  EXPECT_TRUE(feed.push(block.block()));
  feed.commit(sequence);
  EXPECT_TRUE(follower.take());
  EXPECT_EQ(follower.from_feed(), sequence - 51);
}

TEST(CommitFeed, never_passes_a_block_that_is_larger_than_all_of_it) {
  Doorbell bell;
  CommitFeed feed(4 * kKiB, bell);
  std::vector<std::byte> body(8 * kKiB);
  CommittedBlock large;
  large.end.sequence = 1;
  large.event_count = 1;
  large.body = body;
  EXPECT_FALSE(feed.push(large));
  EXPECT_FALSE(feed.front().has_value());
  feed.resume();
  large.end.sequence = 2;
  large.body = std::span(body).first(3 * kKiB);
  EXPECT_TRUE(feed.push(large));
  EXPECT_EQ(feed.front()->end.sequence, 2U);
}

TEST(CommitFeed, wakes_the_follower_at_every_commit) {
  Doorbell bell;
  CommitFeed feed(4 * kKiB, bell);
  bell.arm();
  feed.commit(1);  // Without a block in the ring: it is in the files.
  bell.wait({}, 60'000);
  EXPECT_EQ(feed.committed(), 1U);
}

TEST(CommitFeed, leaves_the_follower_asleep_until_it_is_to_be_woken) {
  Doorbell bell;
  CommitFeed feed(4 * kKiB, bell);
  bell.arm();
  feed.commit_quietly(1);
  pollfd waited{bell.descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&waited, 1, 0), 0);
  EXPECT_EQ(feed.committed(), 1U);
  feed.wake();
  EXPECT_EQ(poll(&waited, 1, 60'000), 1);
}

// A core and a follower that are fast and slow in turns.
TEST(CommitFeed, loses_no_block_whatever_the_pace) {
  for (u64 seed = 1; seed <= 20 * soak_factor(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Doorbell bell;
    CommitFeed feed(random.between(2, 16) * 4 * kKiB, bell);
    Follower follower(feed, random.between(1, 8));
    u64 sequence = 0;
    for (u32 turn = 0; turn < 200; ++turn) {
      for (u64 blocks = random.below(12); blocks > 0; --blocks) {
        const NumberedBlock block(++sequence);
        feed.push(block.block());
        // Commits come in bunches, as releases do.
        if (random.chance(1, 2)) feed.commit(sequence);
        ASSERT_LE(feed.bytes_used(), feed.bytes_max());
      }
      feed.commit(sequence);
      for (u64 blocks = random.below(12); blocks > 0; --blocks) follower.take();
    }
    while (follower.take()) {
    }
    ASSERT_EQ(follower.passed(), sequence);
    EXPECT_GT(follower.from_feed(), 0U);
  }
}

// The same on two threads, for the thread sanitizer above all.
TEST(CommitFeedThreads, lose_no_block) {
  const u64 blocks = (kSanitized ? 4'000 : 20'000) * soak_factor();
  Doorbell bell;
  CommitFeed feed(64 * kKiB, bell);
  std::thread core([&] {
    for (u64 sequence = 1; sequence <= blocks; ++sequence) {
      const NumberedBlock block(sequence);
      feed.push(block.block());
      feed.commit(sequence);
    }
  });
  Follower follower(feed, 64);
  while (follower.passed() < blocks) {
    if (follower.take()) continue;
    bell.arm();
    if (feed.committed() > follower.passed()) {
      bell.disarm();
    } else {
      bell.wait({}, 60'000);
    }
  }
  core.join();
  EXPECT_EQ(follower.from_feed() + follower.from_files(), blocks);
  EXPECT_GT(follower.from_feed(), 0U);
}

}  // namespace
}  // namespace florin::test
