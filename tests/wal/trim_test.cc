// Trimming: what is no longer needed becomes the next segments; the rest of the log is read from
// behind a snapshot.
#include <algorithm>
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/test_size.h"
#include "tests/wal/log_of_test.h"
#include "wal/segment_directory.h"

namespace florin::wal::test {
namespace {

constexpr u64 kSegmentBytes = 16 * kKiB;

// The numbers of the segments on a disk.
std::set<u64> numbers_on(SimStorage& disk) {
  std::set<u64> numbers;
  const auto segments = list_segments(disk, kDirectory);
  EXPECT_TRUE(segments);
  for (const SegmentFile& segment : *segments) numbers.insert(segment.number);
  return numbers;
}

std::vector<Said> behind(const std::vector<Said>& said, const LogEnd& from) {
  return {said.begin() + static_cast<std::ptrdiff_t>(from.sequence), said.end()};
}

class LogTrim : public testing::Test {
 protected:
  void SetUp() override { make_directory(disk_); }

  void open(const WriterOptions& options, const ReadLog& before = {}) {
    log_.reset();
    auto log = LogOfTest::open(disk_, clock_, options, before);
    ASSERT_TRUE(log) << log.error().message;
    log_ = std::move(*log);
  }

  // Blocks of 8 KiB, two to a segment.
  void append(u64 blocks) {
    for (u64 i = 0; i < blocks; ++i) {
      log_->append(5000, log_->said().size());
      log_->settle();
      ASSERT_FALSE(log_->failure()) << log_->failure()->message;
    }
  }

  void expect_whole_behind(const LogEnd& from) {
    const auto read = read_log(disk_, from);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->blocks, behind(log_->said(), from));
    EXPECT_EQ(read->end, log_->writer().end());
  }

  SimStorage disk_{1};
  ManualClock clock_;
  std::unique_ptr<LogOfTest> log_;
};

TEST_F(LogTrim, segments_that_are_not_needed_become_the_next_ones) {
  open(small_options(kSegmentBytes));
  append(7);
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{1, 2, 3, 4, 5}));
  const LogEnd snapshot = log_->writer().end();
  ASSERT_EQ(snapshot.segment, 4u);
  log_->writer().trim_before(4);
  append(2);  // Segment 5 is used: the next one is what segment 1 was.
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{2, 3, 4, 5, 6}));
  append(4);
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{4, 5, 6, 7, 8}));
  append(2);  // Nothing is left to be used again: segment 9 is a new file.
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{4, 5, 6, 7, 8, 9}));
  expect_whole_behind(snapshot);
}

// A recycled file is not written before it is used.
TEST_F(LogTrim, recycling_writes_no_zeros) {
  open(small_options(kSegmentBytes));
  append(7);
  const std::vector<std::byte> was = disk_.image().files.at(segment_path_of_test(1));
  log_->writer().trim_before(4);
  append(2);
  EXPECT_EQ(disk_.image().files.at(segment_path_of_test(6)), was);
}

TEST_F(LogTrim, the_beginning_of_a_trimmed_log_is_refused_by_name) {
  open(small_options(kSegmentBytes));
  append(7);
  const LogEnd snapshot = log_->writer().end();
  log_->writer().trim_before(4);
  append(6);
  const auto read = read_log(disk_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(read.error().message,
            "log segment /log/0000000000000001.log is missing, but segment 4 is there; put the "
            "missing file, or a snapshot that was taken later, back from a copy");
  LogEnd earlier = snapshot;
  earlier.segment = 3;
  EXPECT_EQ(read_log(disk_, earlier).error().code, ErrorCode::Corrupt);
  expect_whole_behind(snapshot);
}

TEST_F(LogTrim, what_is_being_written_stays_whatever_is_said) {
  for (u64 seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    SimStorage disk(seed);
    ManualClock clock;
    make_directory(disk);
    WriterOptions options = small_options(kSegmentBytes);
    options.segments_ahead = 3;
    auto log = LogOfTest::open(disk, clock, options);
    ASSERT_TRUE(log);
    (*log)->settle();
    LogEnd end = (*log)->writer().end();
    for (u64 i = 0; i < 40; ++i) {
      (*log)->append(9000, i);  // One to a segment.
      (*log)->writer().trim_before(~u64{0});
      const std::set<u64> numbers = numbers_on(disk);
      for (u64 sequence = (*log)->writer().durable_sequence() + 1;
           sequence <= (*log)->writer().appended_sequence(); ++sequence) {
        EXPECT_TRUE(numbers.contains(sequence)) << sequence;
      }
      if ((*log)->writer().durable_sequence() == (*log)->writer().appended_sequence()) {
        end = (*log)->writer().end();
      }
    }
    (*log)->settle();
    end = (*log)->writer().end();
    (*log)->writer().trim_before(~u64{0});
    (*log)->append(9000, 40);
    (*log)->settle();
    const auto read = read_log(disk, end);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->blocks, behind((*log)->said(), end));
    EXPECT_LT(numbers_on(disk).size(), 12u);
  }
}

TEST_F(LogTrim, an_archive_keeps_everything) {
  WriterOptions options = small_options(kSegmentBytes);
  options.archive = true;
  open(options);
  append(7);
  log_->writer().trim_before(4);
  append(6);
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{1, 2, 3, 4, 5, 6, 7, 8}));
  expect_whole_behind({});
}

TEST_F(LogTrim, more_than_can_be_kept_is_removed) {
  WriterOptions options = small_options(kSegmentBytes);
  options.recycled_segments_max = 2;
  open(options);
  append(13);
  ASSERT_EQ(log_->writer().end().segment, 7u);
  log_->writer().trim_before(7);
  for (int i = 0; i < 10; ++i) log_->poll();
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{5, 6, 7, 8}));
  append(6);
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{7, 8, 9, 10, 11}));
}

// Who reads that the log is needed from a later segment on may remove the others.
TEST_F(LogTrim, segments_that_somebody_else_removed_are_passed_over) {
  WriterOptions options = small_options(kSegmentBytes);
  options.recycled_segments_max = 3;
  open(options);
  append(13);
  const LogEnd snapshot = log_->writer().end();
  ASSERT_EQ(snapshot.segment, 7u);
  log_->writer().trim_before(7);
  for (const u64 number : {1u, 4u, 5u}) {  // One that is too many, and two to be recycled.
    ASSERT_TRUE(disk_.remove(segment_path_of_test(number)));
  }
  append(6);
  EXPECT_FALSE(log_->failure());
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{7, 8, 9, 10, 11}));
  expect_whole_behind(snapshot);
}

TEST_F(LogTrim, after_a_restart_the_same_rule_applies_when_it_is_asked_for_again) {
  open(small_options(kSegmentBytes));
  append(7);
  const LogEnd snapshot = log_->writer().end();
  log_->writer().trim_before(4);
  append(2);
  ReadLog before{log_->said(), {}, log_->writer().end(), {}};
  EXPECT_EQ(read_log(disk_, snapshot)->end, before.end);
  open(small_options(kSegmentBytes), before);
  append(2);  // Nothing was said: a new file.
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{2, 3, 4, 5, 6, 7}));
  log_->writer().trim_before(4);
  append(4);
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{4, 5, 6, 7, 8, 9}));
  expect_whole_behind(snapshot);
}

TEST_F(LogTrim, segments_of_another_size_are_removed) {
  open(small_options(kSegmentBytes));
  append(7);
  const LogEnd snapshot = log_->writer().end();
  ReadLog before{log_->said(), {}, log_->writer().end(), {}};
  open(small_options(2 * kSegmentBytes), before);
  append(3);
  log_->writer().trim_before(4);
  for (int i = 0; i < 10; ++i) log_->poll();
  EXPECT_EQ(numbers_on(disk_), (std::set<u64>{4, 5, 6}));
  expect_whole_behind(snapshot);
}

// On a full disk a rename is all there is, and all it needs.
TEST_F(LogTrim, a_full_disk_goes_on_with_what_is_not_needed) {
  disk_.limit_space(5 * kSegmentBytes + kMarksBytes);
  open(small_options(kSegmentBytes));
  append(9);
  ASSERT_TRUE(log_->writer().out_of_space());
  log_->writer().trim_before(4);
  log_->settle();
  EXPECT_FALSE(log_->writer().out_of_space());
  append(6);
  EXPECT_EQ(log_->said().size(), 15u);
  EXPECT_EQ(numbers_on(disk_).size(), 5u);
}

// The N-th rename, sync of the directory, … of a life with recycling fails: final, by name, and
// nothing that was announced is lost.
TEST_F(LogTrim, an_error_while_recycling_is_final) {
  u64 failures = 0;
  for (const SimOperation operation :
       {SimOperation::Open, SimOperation::Rename, SimOperation::SyncDirectory}) {
    for (u64 nth = 1; nth <= 8; ++nth) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(operation) << " number " << nth);
      SimStorage disk(nth);
      ManualClock clock;
      make_directory(disk);
      auto log = LogOfTest::open(disk, clock, small_options(kSegmentBytes));
      ASSERT_TRUE(log);
      for (u64 i = 0; i < 7; ++i) (*log)->append(5000, i);
      (*log)->settle();
      const LogEnd snapshot = (*log)->writer().end();
      (*log)->writer().trim_before(4);
      disk.fail_nth(operation, nth, EIO);
      for (u64 i = 0; i < 8; ++i) (*log)->append(5000, i);
      (*log)->settle();
      failures += (*log)->failure().has_value();
      const u64 durable = (*log)->writer().durable_sequence();
      disk.clear_faults();
      disk.crash();
      const auto read = read_log(disk, snapshot);
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_GE(read->end.sequence, durable);
    }
  }
  EXPECT_GE(failures, 9u);
}

// The power fails after each operation of a life with trimming, recycling and removing, several
// times, with any of the changes of the directory kept or lost: from the snapshot on nothing is
// missing, and the log goes on.
TEST_F(LogTrim, power_cuts_at_every_operation_of_recycling) {
  u64 cuts = 0;
  u64 names_kept = 0;
  u64 names_lost = 0;
  for (u64 seed = 1; seed <= florin::test::fewer(40); ++seed) {
    for (u64 operations = 0; operations < 60; ++operations) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", after " << operations);
      SimStorage made(seed);
      ManualClock clock;
      make_directory(made);
      WriterOptions options = small_options(kSegmentBytes);
      options.recycled_segments_max = 2;
      auto log = LogOfTest::open(made, clock, options);
      ASSERT_TRUE(log);
      for (u64 i = 0; i < 9; ++i) (*log)->append(5000, i);
      (*log)->rest();
      const LogEnd snapshot = (*log)->writer().end();
      ReadLog before{(*log)->said(), {}, snapshot, {}};
      SimStorage disk(seed * 1000 + operations, made.image(), {.complete_on_poll = true});
      auto life = LogOfTest::open(disk, clock, options, before);
      ASSERT_TRUE(life);
      (*life)->writer().trim_before(snapshot.segment);
      for (u64 i = 0; i < operations; ++i) {
        if ((*life)->writer().can_append(5000) && i % 3 == 0) (*life)->append_now(5000, i);
        clock.monotonic += kMarkAfterNs / 2;
        (*life)->poll();
        ASSERT_FALSE((*life)->failure());
      }
      const u64 durable = (*life)->writer().durable_sequence();
      const std::set<u64> numbers = numbers_on(disk);
      const std::vector<Said> said = (*life)->said();
      disk.crash();
      ++cuts;
      (numbers_on(disk) == numbers ? names_kept : names_lost) += 1;
      auto read = read_log(disk, snapshot);
      ASSERT_TRUE(read) << read.error().message;
      ASSERT_GE(read->end.sequence, durable);
      const std::vector<Said> expected(
          said.begin() + static_cast<std::ptrdiff_t>(snapshot.sequence),
          said.begin() + static_cast<std::ptrdiff_t>(read->end.sequence));
      ASSERT_EQ(read->blocks, expected);
      read->blocks.assign(said.begin(),
                          said.begin() + static_cast<std::ptrdiff_t>(read->end.sequence));
      auto next = LogOfTest::open(disk, clock, options, *read);
      ASSERT_TRUE(next) << next.error().message;
      (*next)->writer().trim_before(snapshot.segment);
      for (u64 i = 0; i < 4; ++i) (*next)->append(5000, i);
      (*next)->settle();
      const auto again = read_log(disk, snapshot);
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(again->blocks, behind((*next)->said(), snapshot));
    }
  }
  EXPECT_EQ(cuts, florin::test::fewer(40) * 60);
  EXPECT_GT(names_kept, florin::test::fewer(100));
  EXPECT_GT(names_lost, florin::test::fewer(100));
}

}  // namespace
}  // namespace florin::wal::test
