// Reading: where a log ends, what is refused and in which words.
#include "wal/reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/wal/log_of_test.h"
#include "wal/segment_directory.h"

namespace florin::wal::test {
namespace {

// The disk with a log of so many blocks, of which each knows that the one before is durable.
DiskImage image_of_log(u64 blocks, u64 body_bytes, const WriterOptions& options) {
  SimStorage disk(1, {.in_order = true});
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, options);
  EXPECT_TRUE(log);
  (*log)->settle();
  for (u64 i = 0; i < blocks; ++i) {
    (*log)->append(body_bytes, i);
    (*log)->settle();
  }
  return disk.image();
}

Result<ReadLog> read_image(const DiskImage& image) {
  SimStorage disk(1, image);
  return read_log(disk);
}

std::vector<std::byte>& segment_of(DiskImage& image, u64 segment) {
  return image.files.at(segment_path_of_test(segment));
}

// Changes the header at this place and signs it anew.
template <class Change>
void rewrite_header(DiskImage& image, u64 segment, u64 offset, Change change) {
  BlockHeader header;
  std::byte* place = segment_of(image, segment).data() + offset;
  std::memcpy(&header, place, kHeaderBytes);
  change(header);
  header.header_checksum = header_checksum(header);
  std::memcpy(place, &header, kHeaderBytes);
}

TEST(Reader, an_empty_directory_is_an_empty_log) {
  SimStorage disk(1);
  make_directory(disk);
  const auto read = read_log(disk);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->blocks.empty());
  EXPECT_EQ(read->end.segment, 1u);
  EXPECT_EQ(read->end.sequence, 0u);
}

TEST(Reader, a_missing_directory_is_an_error) {
  SimStorage disk(1);
  EXPECT_EQ(read_log(disk).error().code, ErrorCode::NotFound);
}

TEST(Reader, a_missing_segment_is_refused_by_name) {
  const DiskImage whole = image_of_log(6, 5000, small_options(16 * kKiB));
  ASSERT_TRUE(read_image(whole));
  DiskImage without_first = whole;
  without_first.files.erase(segment_path_of_test(1));
  auto read = read_image(without_first);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_NE(read.error().message.find(segment_path_of_test(1)), std::string::npos);
  DiskImage without_second = whole;
  without_second.files.erase(segment_path_of_test(2));
  read = read_image(without_second);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_NE(read.error().message.find(segment_path_of_test(2)), std::string::npos);
}

TEST(Reader, another_log_is_refused) {
  DiskImage image = image_of_log(2, 100, small_options());
  SimStorage disk(1, image);
  const auto reader = Reader::open(disk, kDirectory, kLogId + 1, kVersion);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::Corrupt);
  EXPECT_NE(reader.error().message.find("belongs to log"), std::string::npos);
}

TEST(Reader, segments_of_another_log_are_refused) {
  DiskImage image = image_of_log(2, 100, small_options());
  rewrite_header(image, 1, 0, [](BlockHeader& header) { header.log_id += 1; });
  SimStorage disk(1, image);
  auto reader = Reader::open(disk, kDirectory, kLogId, kVersion);
  ASSERT_TRUE(reader);
  const auto block = (*reader)->next();
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code, ErrorCode::Corrupt);
  EXPECT_NE(block.error().message.find("belongs to log"), std::string::npos);
  EXPECT_FALSE((*reader)->next());
}

TEST(Reader, another_state_machine_version_is_refused_naming_both) {
  SimStorage disk(1, image_of_log(2, 100, small_options()));
  auto reader = Reader::open(disk, kDirectory, kLogId, 8);
  ASSERT_TRUE(reader);
  const auto block = (*reader)->next();
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code, ErrorCode::WrongVersion);
  EXPECT_NE(block.error().message.find("version 7"), std::string::npos);
  EXPECT_NE(block.error().message.find("version 8"), std::string::npos);
}

TEST(Reader, another_format_version_is_refused_naming_both) {
  DiskImage image = image_of_log(2, 100, small_options());
  rewrite_header(image, 1, 0, [](BlockHeader& header) { header.format_version = 9; });
  const auto read = read_image(image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::WrongVersion);
  EXPECT_NE(read.error().message.find("version 9"), std::string::npos);
  EXPECT_NE(read.error().message.find("version 1"), std::string::npos);
}

TEST(Reader, damage_is_told_with_its_place_and_witness) {
  DiskImage image = image_of_log(4, 100, small_options());
  segment_of(image, 1)[4096 + 300] ^= std::byte{1};
  const auto read = read_image(image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(
      read.error().message,
      "log segment /log/0000000000000001.log is damaged at byte 4096: expected block 2, which "
      "begins with position 2, but the checksum of its body does not match; block 3 at byte "
      "8192 of /log/0000000000000001.log says that all blocks up to 2 were acknowledged. "
      "Nothing was changed. Put the segment back from a copy, or start from a backup");
}

TEST(Reader, a_torn_tail_is_dropped_and_counted) {
  DiskImage image = image_of_log(4, 100, small_options());
  // The last two blocks were in flight together: neither knows of the other.
  rewrite_header(image, 1, 3 * 4096, [](BlockHeader& header) { header.durable_sequence = 2; });
  segment_of(image, 1)[2 * 4096 + 300] ^= std::byte{1};
  const auto read = read_image(image);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->blocks.size(), 2u);
  EXPECT_EQ(read->torn_tail.blocks, 2u);
  EXPECT_EQ(read->torn_tail.bytes, 2u * 4096);
}

TEST(Reader, an_unreadable_sector_is_an_error) {
  SimStorage disk(1, image_of_log(4, 100, small_options()));
  disk.fail_nth(SimOperation::Read, 1, EIO);
  EXPECT_EQ(Reader::open(disk, kDirectory, kLogId, kVersion).error().code, ErrorCode::Io);
  disk.fail_nth(SimOperation::Read, 2, EIO);
  auto reader = Reader::open(disk, kDirectory, kLogId, kVersion);
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->next().error().code, ErrorCode::Io);
  EXPECT_FALSE((*reader)->next());
}

// Block 1 was lost and comes again: the same bytes, at the same place, in the same generation.
TEST(Reader, blocks_left_in_flight_by_an_earlier_process_never_pass) {
  DiskImage image = image_of_log(3, 100, small_options());
  for (const u64 offset : {4096u, 8192u}) {
    rewrite_header(image, 1, offset, [](BlockHeader& header) { header.durable_sequence = 0; });
  }
  std::fill_n(segment_of(image, 1).begin(), 4096, std::byte{0});
  SimStorage disk(1, image);
  ManualClock clock;
  auto before = read_log(disk);
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(before->blocks.size(), 0u);
  EXPECT_EQ(before->torn_tail.blocks, 2u);
  clock.monotonic += 1;
  auto log = LogOfTest::open(disk, clock, small_options(), *before);
  ASSERT_TRUE(log) << log.error().message;
  (*log)->append(100, 0);
  (*log)->settle();
  const auto read = read_log(disk);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->blocks, (*log)->said());
  EXPECT_EQ(read->blocks.size(), 1u);
}

TEST(Reader, blocks_of_a_recycled_segment_never_pass) {
  // Segment 3 holds, byte for byte, what segment 1 held; only the place tells them apart.
  DiskImage image = image_of_log(3, 5000, small_options(16 * kKiB));
  image.files[segment_path_of_test(3)] = segment_of(image, 1);
  const auto read = read_image(image);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->blocks.size(), 3u);
  EXPECT_EQ(read->torn_tail.blocks, 0u);
}

TEST(Reader, other_files_are_left_alone) {
  DiskImage image = image_of_log(2, 100, small_options());
  image.files["/log/notes.txt"] = {};
  image.files[preparing_path(kDirectory, 9)] = {};
  const auto read = read_image(image);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->blocks.size(), 2u);
}

TEST(Reader, blocks_larger_than_a_read_come_whole) {
  WriterOptions options = small_options(16 * kMiB);
  options.body_bytes_max = 9 * kMiB;
  const DiskImage image = image_of_log(4, 5 * kMiB, options);
  const auto read = read_image(image);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->blocks.size(), 4u);
  EXPECT_EQ(read->blocks[3].body.size(), 5 * kMiB);
}

// The log of image_of_log came to rest: its marks name the newest block.
DiskImage image_at_rest(u64 blocks, u64 body_bytes, const WriterOptions& options) {
  SimStorage disk(1, {.in_order = true});
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, options);
  EXPECT_TRUE(log);
  for (u64 i = 0; i < blocks; ++i) (*log)->append(body_bytes, i);
  (*log)->rest();
  return disk.image();
}

TEST(Reader, damage_of_the_newest_block_is_told_by_the_marks) {
  DiskImage image = image_at_rest(3, 100, small_options());
  segment_of(image, 1)[8192 + 300] ^= std::byte{1};
  const auto read = read_image(image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(
      read.error().message,
      "log segment /log/0000000000000001.log is damaged at byte 8192: expected block 3, which "
      "begins with position 3, but the checksum of its body does not match; /log/marks says that "
      "all blocks up to 3 were acknowledged. Nothing was changed. Put the segment back from a "
      "copy, or start from a backup");
  blank_marks(image);
  EXPECT_EQ(read_image(image)->blocks.size(), 2u);
}

TEST(Reader, the_loss_of_the_last_files_is_told_by_the_marks) {
  DiskImage image = image_at_rest(5, 5000, small_options(16 * kKiB));
  image.files.erase(segment_path_of_test(3));
  image.files.erase(segment_path_of_test(4));
  const auto read = read_image(image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_NE(read.error().message.find("/log/marks, which names block 5 in the missing log segment "
                                      "/log/0000000000000003.log, says"),
            std::string::npos)
      << read.error().message;
  blank_marks(image);
  EXPECT_EQ(read_image(image)->blocks.size(), 4u);
}

TEST(Reader, a_log_without_its_marks_is_refused) {
  DiskImage image = image_at_rest(3, 100, small_options());
  image.files.erase(marks_path_of_test());
  const auto read = read_image(image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_NE(read.error().message.find("/log/marks is missing"), std::string::npos);
}

TEST(Reader, marks_of_another_history_are_refused) {
  DiskImage image = image_at_rest(3, 100, small_options());
  rewrite_header(image, 1, 2 * 4096, [](BlockHeader& header) { header.timestamp += 1; });
  const auto read = read_image(image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_NE(read.error().message.find("block 3 in log segment /log/0000000000000001.log is another "
                                      "block than the one that /log/marks names"),
            std::string::npos)
      << read.error().message;
}

TEST(Reader, begins_behind_a_snapshot) {
  const DiskImage image = image_at_rest(7, 5000, small_options(16 * kKiB));
  const auto whole = read_image(image);
  ASSERT_TRUE(whole);
  SimStorage disk(1, image);
  LogEnd from;
  for (usize i = 0; i < whole->headers.size(); ++i) {
    const BlockHeader& header = whole->headers[i];
    from = {
        header.segment,    header.offset + stored_bytes(header.body_bytes), header.sequence,
        header.generation, {header.position_before + header.event_count},   header.header_checksum,
        {header.timestamp}};
    const auto read = read_log(disk, from);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->blocks.size(), whole->blocks.size() - i - 1);
    EXPECT_EQ(read->end, whole->end);
    // Without the segments before it, the same.
    DiskImage trimmed = image;
    for (u64 number = 1; number < from.segment; ++number) {
      trimmed.files.erase(segment_path_of_test(number));
    }
    SimStorage trimmed_disk(1, trimmed);
    EXPECT_EQ(read_log(trimmed_disk, from)->blocks, read->blocks);
    // Without its own, refused.
    trimmed.files.erase(segment_path_of_test(from.segment));
    SimStorage lost_disk(1, trimmed);
    EXPECT_EQ(read_log(lost_disk, from).error().code, ErrorCode::Corrupt);
  }
  EXPECT_EQ(from, whole->end);
}

TEST(Reader, a_snapshot_that_the_log_does_not_know_is_refused) {
  SimStorage disk(1, image_at_rest(3, 100, small_options()));
  const auto whole = read_log(disk);
  ASSERT_TRUE(whole);
  LogEnd other_chain = whole->end;
  other_chain.chain += 1;
  EXPECT_EQ(read_log(disk, other_chain).error().code, ErrorCode::Corrupt);
  LogEnd behind_the_file = whole->end;
  behind_the_file.offset = 64 * kKiB;
  EXPECT_EQ(read_log(disk, behind_the_file).error().code, ErrorCode::Corrupt);
  LogEnd other_block = whole->end;
  other_block.sequence -= 1;
  other_block.offset -= 4096;
  EXPECT_EQ(read_log(disk, other_block).error().code, ErrorCode::Corrupt);
}

// Another process reads while this one writes: what was durable when the end was met is there, and
// nothing is ever called damaged.
TEST(Reader, a_log_can_be_read_while_it_is_written) {
  u64 written_meanwhile = 0;
  u64 in_later_segments = 0;
  for (u64 seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    SimStorage disk(seed);
    ManualClock clock;
    make_directory(disk);
    WriterOptions options = small_options(16 * kKiB);
    options.segments_ahead = 2;
    auto log = LogOfTest::open(disk, clock, options);
    ASSERT_TRUE(log);
    const auto write_some = [&](u64 steps) {
      for (u64 i = 0; i < steps; ++i) {
        const u64 body = random.below(9000);
        if ((*log)->writer().can_append(body)) (*log)->append_now(body, i);
        clock.monotonic += random.below(kMarkAfterNs);
        (*log)->poll();
      }
    };
    write_some(random.below(60));
    (*log)->settle();
    const LogEnd from = (*log)->writer().end();
    (*log)->writer().trim_before(from.segment);
    write_some(random.below(20));
    const u64 durable_at_open = (*log)->writer().durable_sequence();
    auto reader = Reader::open(disk, kDirectory, kLogId, kVersion, from);
    ASSERT_TRUE(reader) << reader.error().message;
    u64 sequence = from.sequence;
    const u64 meanwhile = random.below(40);
    u64 durable = durable_at_open;
    for (u64 round = 0;; ++round) {
      durable = (*log)->writer().durable_sequence();
      const auto block = (*reader)->next();
      ASSERT_TRUE(block) << block.error().message;
      if (!block->has_value()) break;
      const Said& said = (*log)->said()[sequence++];
      ASSERT_TRUE(std::ranges::equal((*block)->body, said.body));
      if (round < meanwhile) write_some(random.below(4));
    }
    EXPECT_GE(sequence, durable);
    written_meanwhile += sequence > durable_at_open;
    in_later_segments += (*reader)->end().segment > from.segment;
  }
  EXPECT_GT(written_meanwhile, 100u);
  EXPECT_GT(in_later_segments, 100u);
}

TEST(Reader, a_segment_that_is_recycled_under_a_reader_is_told) {
  SimStorage disk(1);
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, small_options(16 * kKiB));
  ASSERT_TRUE(log);
  for (u64 i = 0; i < 3; ++i) (*log)->append(5000, i);
  (*log)->rest();
  auto reader = Reader::open(disk, kDirectory, kLogId, kVersion);
  ASSERT_TRUE(reader);
  for (u64 i = 0; i < 3; ++i) ASSERT_TRUE((*reader)->next().value());
  for (u64 i = 0; i < 9; ++i) {
    (*log)->append(5000, i);
    (*log)->rest();
    (*log)->writer().trim_before(~u64{0});
  }
  const auto block = (*reader)->next();
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code, ErrorCode::NotFound);
  EXPECT_NE(block.error().message.find("was recycled while it was read"), std::string::npos)
      << block.error().message;
}

}  // namespace
}  // namespace florin::wal::test
