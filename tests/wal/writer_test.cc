// Appending: order of durability, rotation, reopening, failing and full disks.
#include "wal/writer.h"

#include <array>
#include <cerrno>

#include <gtest/gtest.h>

#include "tests/wal/log_of_test.h"
#include "wal/segment_directory.h"

namespace florin::wal::test {
namespace {

constexpr std::array<u64, 6> kBodies{0, 1, 3840, 3841, 9000, 12 * kKiB - kHeaderBytes};

// Segment files, whole ones and those in the making.
usize segments_of(const SimStorage& disk) {
  const DiskImage image = disk.image();
  return image.files.size() - image.files.count(marks_path_of_test());
}

class WriterOverOrders : public testing::TestWithParam<bool> {};

TEST_P(WriterOverOrders, what_was_appended_is_read_back) {
  for (u64 seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    SimStorage disk(seed, {.in_order = GetParam()});
    ManualClock clock;
    make_directory(disk);
    auto log = LogOfTest::open(disk, clock, small_options());
    ASSERT_TRUE(log) << log.error().message;
    for (u64 i = 0; i < 40; ++i) (*log)->append(kBodies[i % kBodies.size()], seed + i, i % 3);
    (*log)->settle();
    ASSERT_FALSE((*log)->failure());
    EXPECT_EQ((*log)->writer().durable_sequence(), 40u);
    EXPECT_EQ((*log)->writer().durable_position().value, 39u);
    const auto read = read_log(disk);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->blocks, (*log)->said());
    EXPECT_EQ(read->torn_tail.blocks, 0u);
    EXPECT_GT(read->end.segment, 3u);
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, WriterOverOrders, testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "in_order" : "out_of_order");
});

// Blocks are durable by prefix only, whatever completes first.
TEST(Writer, announces_durability_by_prefix) {
  bool one_waited_for_an_earlier_one = false;
  for (u64 seed = 0; seed < 50; ++seed) {
    SimStorage disk(seed);
    ManualClock clock;
    make_directory(disk);
    auto log = LogOfTest::open(disk, clock, small_options());
    ASSERT_TRUE(log);
    (*log)->settle();
    for (u64 i = 0; i < 4; ++i) (*log)->append_now(100, i);
    EXPECT_FALSE((*log)->writer().can_append(100));
    while ((*log)->writer().durable_sequence() < 4) {
      const usize pending_before = disk.operations_pending();
      (*log)->poll();
      ASSERT_FALSE((*log)->failure());
      const u64 completed = 4 - std::min<u64>(4, disk.operations_pending());
      EXPECT_LE((*log)->writer().durable_sequence(), completed);
      one_waited_for_an_earlier_one |= disk.operations_pending() < pending_before &&
                                       (*log)->writer().durable_sequence() < completed;
    }
    EXPECT_TRUE((*log)->writer().can_append(100));
  }
  EXPECT_TRUE(one_waited_for_an_earlier_one);
}

TEST(Writer, writes_the_watermark_it_knows) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, small_options());
  ASSERT_TRUE(log);
  (*log)->append(10, 1, 5);
  (*log)->settle();
  (*log)->append(10, 2, 7);
  (*log)->settle();
  const auto read = read_log(disk);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->headers[0].durable_sequence, 0u);
  EXPECT_EQ(read->headers[1].durable_sequence, 1u);
  EXPECT_EQ(read->headers[1].durable_position, 5u);
  EXPECT_EQ(read->end.position.value, 12u);
}

TEST(Writer, rotates_when_a_block_does_not_fit_the_rest) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, small_options(16 * kKiB));
  ASSERT_TRUE(log);
  for (const u64 body : {5000, 5000, 5000, 100}) (*log)->append(body, body);
  (*log)->settle();
  const auto read = read_log(disk);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->headers[1].segment, 1u);
  EXPECT_EQ(read->headers[1].offset, 8192u);
  EXPECT_EQ(read->headers[2].segment, 2u);
  EXPECT_EQ(read->headers[2].offset, 0u);
  EXPECT_EQ(read->headers[3].segment, 2u);
  EXPECT_EQ((*log)->writer().bytes_written(), 3u * 8192 + 4096);
  EXPECT_EQ(segments_of(disk), 3u);
}

TEST(Writer, goes_on_in_the_same_segment_in_a_new_generation) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  ReadLog before;
  for (u64 generation = 1; generation <= 5; ++generation) {
    auto log = LogOfTest::open(disk, clock, small_options(), before);
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->writer().generation(), generation);
    EXPECT_EQ((*log)->writer().durable_sequence(), generation - 1);
    (*log)->append(100, generation);
    (*log)->settle();
    auto read = read_log(disk);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->blocks, (*log)->said());
    EXPECT_EQ(read->end.generation, generation);
    EXPECT_EQ(read->end.segment, 1u);
    EXPECT_EQ(read->end.offset, generation * 4096);
    before = std::move(*read);
  }
}

TEST(Writer, makes_segments_of_another_size_anew) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  WriterOptions options = small_options(16 * kKiB);
  options.segments_ahead = 3;
  ReadLog before;
  {
    auto log = LogOfTest::open(disk, clock, options, before);
    ASSERT_TRUE(log);
    (*log)->append(5000, 1);
    while (segments_of(disk) < 4) (*log)->poll();
    (*log)->settle();
    before = *read_log(disk);
  }
  options.segment_bytes = 64 * kKiB;
  auto log = LogOfTest::open(disk, clock, options, before);
  ASSERT_TRUE(log) << log.error().message;
  for (u64 i = 0; i < 10; ++i) (*log)->append(5000, i);
  (*log)->settle();
  const auto read = read_log(disk);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->blocks, (*log)->said());
  EXPECT_EQ(read->headers[1].segment_bytes, 16 * kKiB);
  EXPECT_EQ(read->headers[2].segment_bytes, 64 * kKiB);
}

TEST(Writer, knows_its_end_as_a_reader_finds_it) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  ReadLog before;
  for (u64 start = 0; start < 3; ++start) {
    auto log = LogOfTest::open(disk, clock, small_options(16 * kKiB), before);
    ASSERT_TRUE(log) << log.error().message;
    EXPECT_EQ((*log)->writer().end(), before.end);
    for (u64 i = 0; i < 5; ++i) {
      (*log)->append(5000, i, i);
      (*log)->settle();
      auto read = read_log(disk);
      ASSERT_TRUE(read);
      before = std::move(*read);
      EXPECT_EQ((*log)->writer().end(), before.end);
      EXPECT_EQ((*log)->writer().chain(), before.headers.back().header_checksum);
    }
  }
}

TEST(Writer, removes_what_was_being_prepared) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  const auto left_over = disk.open(preparing_path(kDirectory, 1), storage::OpenMode::Create);
  ASSERT_TRUE(left_over);
  auto log = LogOfTest::open(disk, clock, small_options());
  ASSERT_TRUE(log) << log.error().message;
  (*log)->append(1, 1);
  (*log)->settle();
  EXPECT_FALSE(disk.image().files.contains(preparing_path(kDirectory, 1)));
}

// The Nth write, sync, … fails, for every N of a short life: the error is final, names the file,
// and what was announced before stays true.
TEST(Writer, an_error_of_the_disk_is_final) {
  u64 log_writes_failed = 0;
  for (const SimOperation operation :
       {SimOperation::Write, SimOperation::Sync, SimOperation::SyncDirectory, SimOperation::Rename,
        SimOperation::Open, SimOperation::Allocate}) {
    for (u64 nth = 1; nth <= 24; ++nth) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(operation) << " number " << nth);
      SimStorage disk(nth);
      ManualClock clock;
      make_directory(disk);
      disk.fail_nth(operation, nth, EIO);
      auto log = LogOfTest::open(disk, clock, small_options());
      if (!log) {
        EXPECT_EQ(log.error().code, ErrorCode::Io);
        continue;
      }
      for (u64 i = 0; i < 12; ++i) (*log)->append(5000, i);
      (*log)->settle();
      if (!(*log)->failure()) continue;
      const bool log_write_failed = (*log)->failure()->message.starts_with("log write to /log/0");
      log_writes_failed += log_write_failed;
      const u64 durable = (*log)->writer().durable_sequence();
      const auto said = (*log)->said();
      if (log_write_failed) {
        EXPECT_LT(durable, 12u);
      }
      EXPECT_FALSE((*log)->writer().can_append(1));
      while (disk.step()) {
      }
      for (int i = 0; i < 3; ++i) {
        const auto again = (*log)->writer().poll();
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().message, (*log)->failure()->message);
      }
      EXPECT_EQ((*log)->writer().durable_sequence(), durable);
      disk.crash();
      const auto read = read_log(disk);
      ASSERT_TRUE(read) << read.error().message;
      ASSERT_GE(read->blocks.size(), durable);
      for (usize i = 0; i < read->blocks.size(); ++i) EXPECT_EQ(read->blocks[i], said[i]);
    }
  }
  EXPECT_GE(log_writes_failed, 12u);
}

TEST(Writer, says_which_write_failed_and_why) {
  SimStorage disk(1, {.in_order = true});
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, small_options());
  ASSERT_TRUE(log);
  (*log)->settle();
  while ((*log)->writer().can_append(1) && segments_of(disk) < 2) (*log)->poll();
  (*log)->settle();
  (*log)->append_now(1, 1);
  disk.fail_nth(SimOperation::Write, 2, EIO);
  (*log)->append_now(1, 2);
  (*log)->settle();
  ASSERT_TRUE((*log)->failure());
  EXPECT_EQ((*log)->failure()->message,
            "log write to /log/0000000000000001.log at 4096 failed: Input/output error");
}

// Three segments of two blocks each; the last one is the reserve, and takes blocks as well.
TEST(Writer, a_full_disk_is_told_with_a_segment_in_reserve_and_left_behind) {
  for (u64 seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    SimStorage disk(seed);
    ManualClock clock;
    make_directory(disk);
    WriterOptions options = small_options();
    options.segments_ahead = 2;
    disk.limit_space(3 * 32 * kKiB + kMarksBytes + 10'000);
    auto log = LogOfTest::open(disk, clock, options);
    ASSERT_TRUE(log);
    (*log)->settle();
    const u64 body = 12 * kKiB - kHeaderBytes;
    u64 appended = 0;
    for (u64 polls = 0; polls < 1000 && !(*log)->writer().out_of_space(); ++polls) {
      if ((*log)->writer().can_append(body)) (*log)->append_now(body, ++appended);
      (*log)->poll();
      ASSERT_FALSE((*log)->failure()) << (*log)->failure()->message;
    }
    ASSERT_TRUE((*log)->writer().out_of_space());
    EXPECT_EQ(appended, 4u);
    EXPECT_EQ(segments_of(disk), 3u);
    // Ticks and outcomes go on: in what is left of the segment, and in the reserve.
    for (; (*log)->writer().can_append(1000); (*log)->settle()) (*log)->append(1000, ++appended);
    EXPECT_EQ(appended, 4u + 2 + 8);
    EXPECT_TRUE((*log)->writer().out_of_space());
    clock.monotonic += kMarkAfterNs;
    (*log)->settle();
    EXPECT_GT((*log)->writer().sleep_ns_max(), u64{0});
    EXPECT_LE((*log)->writer().sleep_ns_max(), u64{1'000'000'000});

    disk.limit_space(std::nullopt);
    const u64 left = (*log)->writer().sleep_ns_max();
    clock.monotonic += left - 1;
    for (int i = 0; i < 100; ++i) (*log)->poll();
    EXPECT_TRUE((*log)->writer().out_of_space());  // Its second is not over.
    clock.monotonic += 1;
    for (int i = 0; i < 1000 && (*log)->writer().out_of_space(); ++i) (*log)->poll();
    EXPECT_FALSE((*log)->writer().out_of_space());
    (*log)->append(body, 5);
    (*log)->settle();
    const auto read = read_log(disk);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->blocks, (*log)->said());
    EXPECT_EQ(read->blocks.size(), appended + 1);
  }
}

// With one segment ahead there is none in reserve once it is used: what is left of it is.
TEST(Writer, without_a_ready_segment_the_current_one_is_the_reserve) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  disk.limit_space(32 * kKiB + kMarksBytes);
  auto log = LogOfTest::open(disk, clock, small_options());
  ASSERT_TRUE(log);
  (*log)->settle();
  EXPECT_TRUE((*log)->writer().out_of_space());
  EXPECT_TRUE((*log)->writer().can_append(12 * kKiB - kHeaderBytes));
  disk.limit_space(std::nullopt);
  clock.monotonic += 1'000'000'000;
  (*log)->poll();
  (*log)->settle();
  EXPECT_FALSE((*log)->writer().out_of_space());
}

TEST(Writer, a_full_disk_met_by_zeros_or_syncs_is_not_an_error) {
  for (const SimOperation operation :
       {SimOperation::Open, SimOperation::Allocate, SimOperation::Write, SimOperation::Sync,
        SimOperation::Rename}) {
    SCOPED_TRACE(static_cast<int>(operation));
    SimStorage disk(3);
    ManualClock clock;
    make_directory(disk);
    auto log = LogOfTest::open(disk, clock, small_options());
    ASSERT_TRUE(log);
    disk.fail_nth(operation, 1, ENOSPC);
    (*log)->settle();
    ASSERT_FALSE((*log)->failure());
    EXPECT_EQ(segments_of(disk), 1u);
    clock.monotonic += 1'000'000'000;
    (*log)->poll();
    (*log)->settle();
    ASSERT_FALSE((*log)->failure());
    EXPECT_EQ(segments_of(disk), 2u);
  }
}

TEST(Writer, does_not_open_where_the_first_segment_has_no_room) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  disk.limit_space(16 * kKiB);
  const auto log = LogOfTest::open(disk, clock, small_options());
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::NoSpace);
  EXPECT_EQ(segments_of(disk), 0u);
}

TEST(WriterDeathTest, refuses_what_only_a_bug_can_ask_for) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, small_options());
  ASSERT_TRUE(log);
  EXPECT_DEATH((*log)->writer().can_append(12 * kKiB), "body_bytes_max");
  storage::AlignedBuffer image(4096);
  const Append ahead{.image = image.span(),
                     .body_bytes = 1,
                     .body_checksum = 0,
                     .position_before = {1},
                     .event_count = 1,
                     .timestamp = {1}};
  EXPECT_DEATH((*log)->writer().append(ahead), "position_before");
}

}  // namespace
}  // namespace florin::wal::test
