// The marks: their bytes, what is read from them, and when a writer writes them.
#include "wal/marks.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/checksum.h"
#include "tests/wal/log_of_test.h"
#include "wal/mark_writer.h"
#include "wal/segment_directory.h"

namespace florin::wal::test {
namespace {

const Mark kMark{.count = 0x41,
                 .durable_sequence = 0x42,
                 .durable_position = {0x43},
                 .chain = make_u128(0x2f2e2d2c2b2a2928, 0x2726252423222120),
                 .segment = 0x44};

std::vector<std::byte> sector_of(const Mark& mark) {
  std::vector<std::byte> sector(storage::kSectorBytes, std::byte{0xee});
  store_mark(mark, make_u128(0x1f1e1d1c1b1a1918, 0x1716151413121110), sector);
  return sector;
}

// Two sectors on a disk; what `change` does to them is at rest.
template <class Change>
Result<Mark> read_changed(const Mark& first, const Mark& second, Change change) {
  DiskImage image{{kDirectory}, {}};
  std::vector<std::byte>& bytes = image.files[marks_path_of_test()];
  bytes.resize(kMarksBytes);
  store_mark(first, kLogId, std::span(bytes).first(storage::kSectorBytes));
  store_mark(second, kLogId, std::span(bytes).last(storage::kSectorBytes));
  change(bytes);
  SimStorage disk(1, image);
  return read_marks(disk, kDirectory, kLogId);
}

constexpr auto kUnchanged = [](std::vector<std::byte>&) {};

// Pins the bytes: a change here is a new version of the marks.
TEST(Marks, bytes_of_a_mark) {
  const std::vector<std::byte> sector = sector_of(kMark);
  std::string text;
  for (usize i = 0; i < sizeof(MarkRecord); ++i) {
    if (i < 48 || i >= 64) text += fmt::format("{:02x}", static_cast<unsigned>(sector[i]));
  }
  EXPECT_EQ(text,
            "464c4f52494e4d4b0100000000000000"
            "101112131415161718191a1b1c1d1e1f"
            "202122232425262728292a2b2c2d2e2f"
            "41000000000000004200000000000000"
            "43000000000000004400000000000000");
  std::vector<std::byte> record(sector.begin(), sector.begin() + sizeof(MarkRecord));
  u128 checksum = 0;
  std::memcpy(&checksum, record.data() + 48, sizeof checksum);
  std::fill_n(record.begin() + 48, sizeof checksum, std::byte{0});
  EXPECT_EQ(checksum, checksum128(record));
  EXPECT_TRUE(std::all_of(sector.begin() + sizeof(MarkRecord), sector.end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST(Marks, the_newest_whole_one_counts) {
  const Mark older{.count = 8, .durable_sequence = 5};
  const Mark newer{.count = 9, .durable_sequence = 7};
  EXPECT_EQ(read_changed(older, newer, kUnchanged).value(), newer);
  EXPECT_EQ(read_changed(newer, older, kUnchanged).value(), newer);
  const auto break_second = [](std::vector<std::byte>& bytes) { bytes[4096 + 70] ^= std::byte{1}; };
  EXPECT_EQ(read_changed(older, newer, break_second).value(), older);
  EXPECT_EQ(read_changed(newer, older, break_second).value(), newer);
}

TEST(Marks, two_broken_ones_are_refused) {
  const auto mark = read_changed(kMark, kMark, [](std::vector<std::byte>& bytes) {
    bytes[0] ^= std::byte{1};
    bytes[4096 + 90] ^= std::byte{1};
  });
  ASSERT_FALSE(mark);
  EXPECT_EQ(mark.error().code, ErrorCode::Corrupt);
  EXPECT_NE(mark.error().message.find("both marks in /log/marks are damaged"), std::string::npos);
}

TEST(Marks, another_size_is_refused) {
  for (const usize size : {usize{0}, usize{4096}, usize{8191}, usize{12'288}}) {
    const auto mark =
        read_changed(kMark, kMark, [&](std::vector<std::byte>& bytes) { bytes.resize(size); });
    ASSERT_FALSE(mark);
    EXPECT_EQ(mark.error().code, ErrorCode::Corrupt);
    EXPECT_EQ(
        mark.error().message,
        fmt::format("/log/marks has {} bytes, but was made with 8192; put it back from a copy",
                    size));
  }
}

TEST(Marks, another_log_and_another_version_are_refused) {
  const auto resign = [](std::vector<std::byte>& bytes, auto change) {
    MarkRecord record;
    std::memcpy(&record, bytes.data(), sizeof record);
    change(record);
    record.checksum = 0;
    record.checksum = checksum128(std::as_bytes(std::span(&record, 1)));
    std::memcpy(bytes.data(), &record, sizeof record);
  };
  const auto other_log = read_changed(kMark, kMark, [&](std::vector<std::byte>& bytes) {
    resign(bytes, [](MarkRecord& record) { record.log_id += 1; });
  });
  ASSERT_FALSE(other_log);
  EXPECT_EQ(other_log.error().code, ErrorCode::Corrupt);
  const auto other_version = read_changed(kMark, kMark, [&](std::vector<std::byte>& bytes) {
    resign(bytes, [](MarkRecord& record) { record.version = 9; });
  });
  ASSERT_FALSE(other_version);
  EXPECT_EQ(other_version.error().code, ErrorCode::WrongVersion);
  EXPECT_EQ(other_version.error().message,
            "/log/marks has version 9 of the marks, this program reads version 1");
}

TEST(Marks, a_missing_file_is_not_found) {
  SimStorage disk(1);
  make_directory(disk);
  EXPECT_EQ(read_marks(disk, kDirectory, kLogId).error().code, ErrorCode::NotFound);
}

// The power fails at every operation of making the file: it is whole or not there at all.
TEST(Marks, are_made_whole_or_not_at_all) {
  u64 there = 0;
  u64 not_there = 0;
  for (u64 seed = 1; seed <= 200; ++seed) {
    for (const SimOperation operation : {SimOperation::Write, SimOperation::Sync,
                                         SimOperation::Rename, SimOperation::SyncDirectory}) {
      SimStorage disk(seed);
      make_directory(disk);
      disk.fail_nth(operation, 1, EIO);
      EXPECT_FALSE(create_marks(disk, kDirectory, kLogId, kMark));
      disk.clear_faults();
      disk.crash();
      const auto mark = read_marks(disk, kDirectory, kLogId);
      EXPECT_TRUE(mark ? *mark == kMark : mark.error().code == ErrorCode::NotFound);
      (mark ? there : not_there) += 1;
    }
  }
  EXPECT_GT(there, 0u);
  EXPECT_GT(not_there, 0u);
}

class MarksOfAWriter : public testing::Test {
 protected:
  void SetUp() override {
    make_directory(disk_);
    auto log = LogOfTest::open(disk_, clock_, small_options());
    ASSERT_TRUE(log) << log.error().message;
    log_ = std::move(*log);
    log_->settle();
  }

  Marks marks() { return read_both_marks(disk_, kDirectory, kLogId).value(); }
  u64 marked() { return newest(marks())->durable_sequence; }

  SimStorage disk_{1, {.in_order = true}};
  ManualClock clock_;
  std::unique_ptr<LogOfTest> log_;
};

TEST_F(MarksOfAWriter, a_new_log_is_marked_as_empty) {
  EXPECT_EQ(marks()[0], marks()[1]);
  EXPECT_EQ(marked(), 0u);
  EXPECT_EQ(marks()[0]->segment, 1u);
  EXPECT_EQ(log_->writer().sleep_ns_max(), ~u64{0});
}

TEST_F(MarksOfAWriter, a_log_at_rest_is_marked_after_two_milliseconds_in_both_sectors) {
  log_->append(100, 1, 5);
  log_->append(100, 2, 6);
  log_->settle();
  EXPECT_EQ(log_->writer().sleep_ns_max(), kMarkAfterNs);
  clock_.monotonic += kMarkAfterNs - 1;
  log_->settle();
  EXPECT_EQ(marked(), 0u);
  EXPECT_EQ(log_->writer().sleep_ns_max(), 1u);
  clock_.monotonic += 1;
  while (marked() == 0) log_->poll();
  EXPECT_NE(marks()[0]->durable_sequence, marks()[1]->durable_sequence);
  log_->settle();
  for (const auto& mark : marks()) {
    EXPECT_EQ(mark->durable_sequence, 2u);
    EXPECT_EQ(mark->durable_position.value, 11u);
    EXPECT_EQ(mark->chain, log_->writer().chain());
    EXPECT_EQ(mark->segment, 1u);
  }
  EXPECT_EQ(log_->writer().sleep_ns_max(), ~u64{0});
  const Marks before = marks();
  clock_.monotonic += 100 * kMarkAfterNs;
  log_->settle();
  EXPECT_EQ(marks(), before);  // Nothing new: nothing is written.
}

// Under a load that never rests, the headers vouch, and not one write is spent on marks.
TEST_F(MarksOfAWriter, a_log_that_moves_is_not_marked) {
  for (u64 i = 0; i < 50; ++i) {
    log_->append(100, i);
    log_->settle();
    clock_.monotonic += kMarkAfterNs - 1;
    log_->poll();
  }
  EXPECT_EQ(marked(), 0u);
  clock_.monotonic += 1;
  log_->settle();
  EXPECT_EQ(marked(), 50u);
}

TEST_F(MarksOfAWriter, nothing_is_marked_while_a_block_is_in_flight) {
  u64 polls_in_flight = 0;
  for (u64 block = 1; block <= 50; ++block) {
    log_->append_now(100, block);
    while (log_->writer().durable_sequence() < block) {
      clock_.monotonic += kMarkAfterNs;
      EXPECT_EQ(log_->writer().sleep_ns_max(), ~u64{0});
      EXPECT_EQ(marked(), 0u);
      log_->poll();
      ++polls_in_flight;
    }
  }
  EXPECT_GT(polls_in_flight, 60u);  // Some were in flight for longer than a mark waits.
}

TEST_F(MarksOfAWriter, a_clean_end_does_not_wait) {
  log_->append(100, 1);
  log_->settle();
  EXPECT_TRUE(log_->writer().idle());
  log_->writer().finish();
  EXPECT_FALSE(log_->writer().idle());
  log_->settle();
  EXPECT_EQ(marks()[0]->durable_sequence, 1u);
  EXPECT_EQ(marks()[1]->durable_sequence, 1u);
  log_->append(100, 2);
  log_->settle();
  EXPECT_EQ(marked(), 2u);
}

TEST_F(MarksOfAWriter, opening_marks_what_was_read) {
  log_->append(100, 1);
  log_->settle();
  EXPECT_EQ(marked(), 0u);
  const auto before = read_log(disk_);
  ASSERT_TRUE(before);
  log_.reset();
  ASSERT_TRUE(LogOfTest::open(disk_, clock_, small_options(), *before));
  EXPECT_EQ(marks()[0]->durable_sequence, 1u);
  EXPECT_EQ(marks()[1]->durable_sequence, 1u);
}

TEST_F(MarksOfAWriter, marks_that_know_more_than_the_reader_are_not_overwritten) {
  log_->append(100, 1);
  log_->rest();
  log_.reset();
  const auto log = LogOfTest::open(disk_, clock_, small_options());
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(log.error().message,
            "/log/marks says that the log was durable up to block 1, but it ends after block 0");
  EXPECT_EQ(marked(), 1u);
}

TEST_F(MarksOfAWriter, a_mark_that_cannot_be_written_is_final) {
  log_->append(100, 1);
  log_->settle();
  disk_.fail_nth(SimOperation::Write, 1, EIO);
  clock_.monotonic += kMarkAfterNs;
  log_->settle();
  clock_.monotonic += kMarkAfterNs;
  log_->settle();
  ASSERT_TRUE(log_->failure());
  EXPECT_EQ(log_->failure()->message, "write of a mark to /log/marks failed: Input/output error");
  EXPECT_FALSE(log_->writer().can_append(1));
}

// A torn mark is one broken sector; opening writes it anew.
TEST_F(MarksOfAWriter, a_torn_mark_is_made_whole_again) {
  log_->append(100, 1);
  log_->rest();
  log_.reset();
  disk_.damage(marks_path_of_test(), 3, std::byte{0});
  const auto before = read_log(disk_);
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(before->blocks.size(), 1u);
  ASSERT_TRUE(LogOfTest::open(disk_, clock_, small_options(), *before));
  ASSERT_TRUE(marks()[0]);
  EXPECT_EQ(marks()[0]->durable_sequence, 1u);
  EXPECT_EQ(marks()[1]->durable_sequence, 1u);
}

}  // namespace
}  // namespace florin::wal::test
