// Lives of a log full of crashes, by seed: whatever was announced durable is there, and what is
// there is a prefix of what was appended. Snapshots are taken in between, what they make needless
// is trimmed and recycled, and recovery begins behind one of those that are kept. Set
// FLORIN_WAL_SEEDS for more seeds, FLORIN_WAL_SEED for one.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/test_size.h"
#include "tests/wal/log_of_test.h"
#include "wal/segment_directory.h"

namespace florin::wal::test {
namespace {

u64 number_from_environment(const char* name, u64 otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What went wrong in one life, if anything; and what happened in it.
struct Life {
  std::string wrong;
  u64 crashes = 0;
  u64 failed_opens = 0;
  u64 blocks_dropped = 0;
  u64 blocks_at_end = 0;
  u64 snapshots = 0;
  u64 recoveries_behind_a_snapshot = 0;
  u64 segments_trimmed = 0;
  u64 marks_current = 0;  // At a crash: the marks named the last durable block.
  u64 marks_torn = 0;     // By a crash.
};

class LifeOfALog {
 public:
  LifeOfALog(u64 seed, bool lie_about_syncs)
      : random_(seed),
        disk_(random_.next(),
              {.in_order = random_.chance(1, 4), .lie_about_syncs = lie_about_syncs}) {
    make_directory(disk_);
    options_ = small_options(random_.between(4, 16) * 4 * kKiB);
    options_.segments_ahead = static_cast<u32>(random_.between(1, 3));
    options_.recycled_segments_max = static_cast<u32>(random_.between(0, 4));
    options_.archive = random_.chance(1, 10);
    trims_ = random_.chance(3, 4);
    options_.writes_in_flight_max = static_cast<u32>(random_.between(1, 6));
  }

  Life run() {
    const u64 processes = random_.between(2, 6);
    for (u64 i = 0; i < processes && life_.wrong.empty(); ++i) live_once();
    if (life_.wrong.empty()) recover();
    life_.blocks_at_end = lineage_.size();
    const auto segments = list_segments(disk_, kDirectory);
    if (segments && !segments->empty()) life_.segments_trimmed = segments->front().number - 1;
    return life_;
  }

 private:
  // One process: recovers, perhaps fails to open, appends, and dies.
  void live_once() {
    const std::optional<ReadLog> before = recover();
    if (!before) return;
    clock_.monotonic += 1;
    if (random_.chance(1, 3)) {
      const SimOperation operations[] = {SimOperation::Open, SimOperation::Sync,
                                         SimOperation::SyncDirectory, SimOperation::Rename,
                                         SimOperation::Write};
      disk_.fail_nth(operations[random_.below(5)], random_.between(1, 8), EIO);
    }
    auto log = LogOfTest::open(disk_, clock_, options_, *before);
    if (log) {
      append_some(**log);
      durable_ = (*log)->writer().durable_sequence();
      lineage_ = (*log)->said();
    } else {
      life_.failed_opens += 1;
    }
    die();
  }

  void append_some(LogOfTest& log) {
    const u64 steps = random_.below(80);
    for (u64 i = 0; i < steps && !log.failure(); ++i) {
      if (random_.chance(1, 3)) clock_.monotonic += random_.below(2 * kMarkAfterNs);
      if (random_.chance(1, 10)) take_snapshot(log.writer());
      const u64 body = random_.chance(1, 2) ? random_.below(600) : random_.below(12'000);
      if (log.writer().can_append(body) && random_.chance(2, 3)) {
        log.append_now(body, random_.next(), random_.below(4));
      } else {
        log.poll();
      }
    }
    if (random_.chance(1, 2)) let_rest(log);
  }

  // Until the marks are written, or a little less.
  void let_rest(LogOfTest& log) {
    for (u64 i = random_.below(20); i > 0 && !log.failure(); --i) {
      clock_.monotonic += random_.below(kMarkAfterNs);
      log.poll();
    }
  }

  // As the ledger does: the state at this moment is kept, and so is the one before it; what is
  // older than both is not needed.
  void take_snapshot(Writer& writer) {
    if (writer.durable_sequence() != writer.appended_sequence()) return;
    kept_[0] = kept_[1];
    kept_[1] = writer.end();
    life_.snapshots += 1;
    if (trims_ && random_.chance(9, 10)) writer.trim_before(kept_[0].segment);
  }

  // Killed, or without power, or the one and soon after the other.
  void die() {
    life_.crashes += 1;
    disk_.clear_faults();
    const auto marked = read_marks(disk_, kDirectory, kLogId);
    life_.marks_current += marked && durable_ > 0 && marked->durable_sequence == durable_;
    if (random_.chance(1, 3)) disk_.kill_process();
    if (random_.chance(2, 3)) {
      disk_.crash();
    } else {
      disk_.kill_process();
    }
  }

  // Behind the newer snapshot, or the older one: it makes no difference to what is there.
  std::optional<ReadLog> recover() {
    const auto marks = read_both_marks(disk_, kDirectory, kLogId);
    life_.marks_torn += marks && !((*marks)[0] && (*marks)[1]);
    auto read = recover_behind(kept_[random_.below(2)]);
    for (const LogEnd& from : kept_) {
      if (!read) return read;
      const auto again = recover_behind(from);
      if (again && again->end != read->end) life_.wrong = "the end depends on the beginning";
      if (!life_.wrong.empty()) return std::nullopt;
    }
    if (read) life_.blocks_dropped += lineage_.size() - read->blocks.size();
    return read;
  }

  std::optional<ReadLog> recover_behind(const LogEnd& from) {
    auto read = read_log(disk_, from);
    if (!read) {
      life_.wrong = "refused: " + read.error().message;
      return std::nullopt;
    }
    life_.recoveries_behind_a_snapshot += from.sequence > 0;
    const u64 sequence = read->end.sequence;
    if (sequence < durable_) life_.wrong = "acknowledged blocks are gone";
    if (sequence > lineage_.size()) life_.wrong = "there are blocks nobody appended";
    if (!life_.wrong.empty()) return std::nullopt;
    const auto first = lineage_.begin() + static_cast<std::ptrdiff_t>(from.sequence);
    if (!std::equal(read->blocks.begin(), read->blocks.end(), first)) {
      life_.wrong = "a block is not what was appended";
      return std::nullopt;
    }
    read->blocks.assign(lineage_.begin(), lineage_.begin() + static_cast<std::ptrdiff_t>(sequence));
    return std::move(*read);
  }

  Random random_;
  SimStorage disk_;
  ManualClock clock_;
  WriterOptions options_;
  std::vector<Said> lineage_;
  u64 durable_ = 0;
  std::array<LogEnd, 2> kept_;  // The older snapshot and the newer one; at first, the beginning.
  bool trims_ = false;
  Life life_;
};

TEST(LogCrash, announced_blocks_survive_and_what_is_there_is_a_prefix) {
  const u64 seeds =
      number_from_environment("FLORIN_WAL_SEEDS", florin::test::kSanitized ? 200 : 4000);
  const u64 only = number_from_environment("FLORIN_WAL_SEED", 0);
  Life total;
  for (u64 seed = only == 0 ? 1 : only; seed <= (only == 0 ? seeds : only); ++seed) {
    const Life life = LifeOfALog(seed, false).run();
    ASSERT_EQ(life.wrong, "") << "FLORIN_WAL_SEED=" << seed;
    total.crashes += life.crashes;
    total.failed_opens += life.failed_opens;
    total.blocks_dropped += life.blocks_dropped;
    total.blocks_at_end += life.blocks_at_end;
    total.snapshots += life.snapshots;
    total.recoveries_behind_a_snapshot += life.recoveries_behind_a_snapshot;
    total.segments_trimmed += life.segments_trimmed;
    total.marks_current += life.marks_current;
    total.marks_torn += life.marks_torn;
  }
  if (only != 0) return;
  EXPECT_GT(total.crashes, seeds);
  EXPECT_GT(total.failed_opens, 0u);
  EXPECT_GT(total.blocks_dropped, 0u);
  EXPECT_GT(total.blocks_at_end, seeds);
  EXPECT_GT(total.snapshots, seeds);
  EXPECT_GT(total.recoveries_behind_a_snapshot, seeds);
  EXPECT_GT(total.segments_trimmed, seeds / 4);
  EXPECT_GT(total.marks_current, seeds / 4);
  EXPECT_TRUE(total.marks_torn > 0 || seeds < 2000);  // One crash in a thousand.
  fmt::print(
      "{} crashes, {} failed openings, {} blocks dropped, {} kept, {} snapshots, {} recoveries "
      "behind one, {} segments trimmed, {} crashes with current marks, {} marks torn\n",
      total.crashes, total.failed_opens, total.blocks_dropped, total.blocks_at_end, total.snapshots,
      total.recoveries_behind_a_snapshot, total.segments_trimmed, total.marks_current,
      total.marks_torn);
}

// The control: on a disk that lies about syncs the same lives must go wrong.
TEST(LogCrash, a_disk_that_lies_about_syncs_is_caught) {
  u64 caught = 0;
  for (u64 seed = 1; seed <= 200; ++seed) caught += !LifeOfALog(seed, true).run().wrong.empty();
  EXPECT_GT(caught, 100u);
}

// Recovery serves what it has read, so it makes that durable first.
TEST(LogCrash, what_was_read_before_opening_survives_the_next_crash) {
  u64 unsynced_blocks_seen = 0;
  for (u64 seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    SimStorage disk(seed);
    ManualClock clock;
    make_directory(disk);
    u64 durable = 0;
    {
      auto log = LogOfTest::open(disk, clock, small_options());
      ASSERT_TRUE(log);
      for (u64 i = 0; i < 3; ++i) (*log)->append_now(100, i);
      (*log)->poll();
      durable = (*log)->writer().durable_sequence();
    }
    disk.kill_process();
    const auto before = read_log(disk);
    ASSERT_TRUE(before);
    unsynced_blocks_seen += before->blocks.size() - durable;
    ASSERT_TRUE(LogOfTest::open(disk, clock, small_options(), *before));
    disk.crash();
    const auto after = read_log(disk);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->blocks, before->blocks);
  }
  EXPECT_GT(unsynced_blocks_seen, 100u);
}

TEST(LogCrash, the_same_seed_lives_the_same_life) {
  for (u64 seed = 1; seed <= 50; ++seed) {
    const Life first = LifeOfALog(seed, false).run();
    const Life second = LifeOfALog(seed, false).run();
    EXPECT_EQ(first.blocks_at_end, second.blocks_at_end);
    EXPECT_EQ(first.blocks_dropped, second.blocks_dropped);
  }
}

}  // namespace
}  // namespace florin::wal::test
