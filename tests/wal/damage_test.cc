// Damage at rest, everywhere in a small log: the result is the same blocks, or a refusal, or the
// loss of blocks that no later watermark covers. Nothing else.
#include <algorithm>
#include <array>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/wal/log_of_test.h"
#include "wal/block_check.h"

namespace florin::wal::test {
namespace {

constexpr u64 kSegments = 3;
constexpr u64 kSegmentBytes = 16 * kKiB;
constexpr u64 kCovered = 4;  // The last block's watermark.

struct Tally {
  u64 same = 0;
  u64 refused = 0;
  u64 lost_uncovered = 0;
  u64 lost_covered = 0;                    // Must stay 0 ...
  u64 invented = 0;                        // ... and this.
  u64 lost_covered_without_watermark = 0;  // What a reader that ignores watermarks would lose.
};

class LogDamage : public testing::Test {
 protected:
  // Five blocks in two segments, each but the last covered by the watermark of the next, and a
  // segment ahead.
  void SetUp() override {
    SimStorage disk(1, {.in_order = true});
    ManualClock clock;
    make_directory(disk);
    auto log = LogOfTest::open(disk, clock, small_options(kSegmentBytes));
    ASSERT_TRUE(log);
    for (const u64 body : {100u, 5000u, 3840u, 6000u, 700u}) {
      (*log)->append(body, body);
      (*log)->settle();
    }
    image_ = disk.image();
    ASSERT_EQ(image_.files.size(), kSegments);
    const auto read = read_log(disk);
    ASSERT_TRUE(read);
    whole_ = read->blocks;
    ASSERT_EQ(whole_.size(), 5u);
    ASSERT_EQ(read->headers.back().durable_sequence, kCovered);
    headers_ = read->headers;
  }

  std::vector<std::byte>& segment(DiskImage& image, u64 number) {
    return image.files.at(segment_path_of_test(number));
  }

  // Reads a damaged disk and counts what came of it.
  void judge(SimStorage& disk, Tally& tally, u64 covered = kCovered) {
    const auto read = read_log(disk);
    if (!read) {
      tally.refused += 1;
      EXPECT_FALSE(read.error().message.empty());
      return;
    }
    const bool prefix = read->blocks.size() <= whole_.size() &&
                        std::equal(read->blocks.begin(), read->blocks.end(), whole_.begin());
    if (!prefix) {
      tally.invented += 1;
    } else if (read->blocks.size() == whole_.size()) {
      tally.same += 1;
    } else {
      (read->blocks.size() < covered ? tally.lost_covered : tally.lost_uncovered) += 1;
    }
  }

  void judge(const DiskImage& image, Tally& tally, u64 covered = kCovered) {
    SimStorage disk(1, image);
    judge(disk, tally, covered);
  }

  // Up to which block the log is covered when headers in these ranges of the files, put one behind
  // the other, may be gone: damage in two places can take a block and its only witness.
  u64 covered_without(u64 first, u64 second, u64 length) const {
    u64 covered = 0;
    for (const BlockHeader& header : headers_) {
      const u64 place = (header.segment - 1) * kSegmentBytes + header.offset;
      const auto touched = [&](u64 from) { return place >= from && place < from + length; };
      if (!touched(first) && !touched(second)) covered = header.durable_sequence;
    }
    return covered;
  }

  // A reader that stops at the first bad block and asks no further.
  u64 blocks_without_watermark(const DiskImage& image) {
    LogEnd end;
    for (u64 number = 1; number <= kSegments; ++number) {
      const auto& bytes = image.files.at(segment_path_of_test(number));
      for (u64 offset = 0; offset < bytes.size();) {
        BlockHeader header;
        std::memcpy(&header, bytes.data() + offset, kHeaderBytes);
        const BlockPlace place{number, offset, bytes.size()};
        if (check_next(header, {kLogId, kVersion}, place, end) != Defect::None) break;
        const auto body = std::span(bytes).subspan(offset + kHeaderBytes, header.body_bytes);
        if (body_checksum(body) != header.body_checksum) break;
        offset += stored_bytes(header.body_bytes);
        end.sequence = header.sequence;
        end.chain = header.header_checksum;
        end.generation = header.generation;
        end.position.value += header.event_count;
      }
    }
    return end.sequence;
  }

  static void print(const char* what, const Tally& tally) {
    std::printf("%s: %llu same, %llu refused, %llu lost only what no watermark covers\n", what,
                static_cast<unsigned long long>(tally.same),
                static_cast<unsigned long long>(tally.refused),
                static_cast<unsigned long long>(tally.lost_uncovered));
  }

  DiskImage image_;
  std::vector<Said> whole_;
  std::vector<BlockHeader> headers_;
};

TEST_F(LogDamage, every_byte_changed_in_three_ways) {
  Tally tally;
  SimStorage disk(1, image_);
  for (u64 number = 1; number <= kSegments; ++number) {
    const std::string path = segment_path_of_test(number);
    const std::vector<std::byte> intact = segment(image_, number);
    for (u64 offset = 0; offset < intact.size(); ++offset) {
      const std::byte was = intact[offset];
      const std::byte flipped = was ^ static_cast<std::byte>(1u << (offset % 8));
      for (const std::byte now : {flipped, std::byte{0x00}, std::byte{0xff}}) {
        disk.damage(path, offset, now);
        judge(disk, tally);
        // The control costs a copy of the disk, so it looks at some places only.
        if (offset % 61 == 0) {
          tally.lost_covered_without_watermark += blocks_without_watermark(disk.image()) < kCovered;
        }
      }
      disk.damage(path, offset, was);
    }
  }
  print("one byte", tally);
  EXPECT_EQ(tally.lost_covered, 0u);
  EXPECT_EQ(tally.invented, 0u);
  EXPECT_GT(tally.same, 0u);
  EXPECT_GT(tally.refused, 30'000u);
  EXPECT_GT(tally.lost_uncovered, 500u);
  EXPECT_GT(tally.lost_covered_without_watermark, 500u);
}

TEST_F(LogDamage, truncated_files_are_refused) {
  Tally tally;
  for (u64 number = 1; number <= 2; ++number) {
    for (u64 length = 0; length < kSegmentBytes; length += 256) {
      DiskImage damaged = image_;
      segment(damaged, number).resize(length);
      judge(damaged, tally);
    }
    DiskImage longer = image_;
    segment(longer, number).resize(kSegmentBytes + 4096);
    judge(longer, tally);
  }
  EXPECT_EQ(tally.refused, 2 * kSegmentBytes / 256 + 2);
}

TEST_F(LogDamage, zeroed_and_swapped_and_repeated_sectors) {
  Tally tally;
  constexpr u64 kSectorsInAll = kSegments * kSegmentBytes / 512;
  const auto place = [this](DiskImage& image, u64 sector) {
    return segment(image, 1 + sector * 512 / kSegmentBytes).begin() +
           static_cast<std::ptrdiff_t>(sector * 512 % kSegmentBytes);
  };
  for (const u64 run : {1u, 8u}) {
    for (u64 first = 0; first < kSectorsInAll; first += run) {
      const auto length = static_cast<std::ptrdiff_t>(run * 512);
      DiskImage zeroed = image_;
      std::fill_n(place(zeroed, first), length, std::byte{0});
      judge(zeroed, tally);
      tally.lost_covered_without_watermark += blocks_without_watermark(zeroed) < kCovered;
      for (u64 second = first + run; second < kSectorsInAll; second += run) {
        DiskImage changed = image_;
        std::swap_ranges(place(changed, first), place(changed, first) + length,
                         place(changed, second));
        const u64 covered = covered_without(first * 512, second * 512, run * 512);
        judge(changed, tally, covered);
        std::copy_n(place(changed, first), length, place(changed, second));
        judge(changed, tally, covered);
      }
    }
  }
  print("sectors", tally);
  EXPECT_EQ(tally.lost_covered, 0u);
  EXPECT_EQ(tally.invented, 0u);
  EXPECT_GT(tally.same, 0u);
  EXPECT_GT(tally.refused, 0u);
  EXPECT_GT(tally.lost_uncovered, 0u);
  EXPECT_GT(tally.lost_covered_without_watermark, 0u);
}

}  // namespace
}  // namespace florin::wal::test
