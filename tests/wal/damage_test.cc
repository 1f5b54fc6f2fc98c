// Damage at rest, everywhere in a small log and its marks: the result is the same blocks, or a
// refusal. Each zero has a control that is not: the same damage without marks loses the newest
// block, and a reader that stops at the first bad block, as many logs are read, loses others.
#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/wal/small_log.h"
#include "wal/block_check.h"

namespace florin::wal::test {
namespace {

using Bytes = std::vector<std::byte>;

// A reader that stops at the first bad block and asks no further: how many blocks it finds.
u64 blocks_of_a_naive_reader(const DiskImage& image, const SmallLog& log) {
  LogEnd end = log.from;
  for (u64 number = end.segment;; ++number) {
    const auto file = image.files.find(segment_path_of_test(number));
    if (file == image.files.end()) break;
    const Bytes& bytes = file->second;
    u64 offset = number == log.from.segment ? log.from.offset : 0;
    while (offset < bytes.size()) {
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
  return end.sequence - log.from.sequence;
}

class LogDamage : public testing::TestWithParam<SmallLog (*)()> {
 protected:
  void SetUp() override {
    log_ = GetParam()();
    ASSERT_EQ(outcome_of(log_.image, log_), Outcome::Same);
  }

  void judge(const DiskImage& damaged, Tally& tally, Tally* without_marks = nullptr) {
    const Outcome outcome = outcome_of(damaged, log_);
    tally.count(outcome);
    if (without_marks == nullptr) return;
    DiskImage blank = damaged;
    if (!blank.files.contains(marks_path_of_test())) return;
    blank.files[marks_path_of_test()].resize(kMarksBytes);
    blank_marks(blank);
    without_marks->count(outcome_of(blank, log_));
  }

  SmallLog log_;
};

// Changes every byte of the files in ten ways, and reads the log each time.
class EveryByte {
 public:
  EveryByte(const SmallLog& log, const DiskImage& image) : log_(log), disk_(1, image) {}

  void run(const DiskImage& image, u64 stride) {
    u64 place = 0;
    for (const auto& [path, intact] : image.files) {
      for (u64 offset = 0; offset < intact.size(); ++offset) {
        if (place++ % stride == 0) change(path, offset, intact[offset]);
      }
    }
  }
  const Tally& tally() const { return tally_; }

 private:
  void change(const std::string& path, u64 offset, std::byte was) {
    std::array<std::byte, 10> values{std::byte{0x00}, std::byte{0xff}};
    for (u32 bit = 0; bit < 8; ++bit) values[2 + bit] = was ^ static_cast<std::byte>(1u << bit);
    for (const std::byte now : values) {
      if (now == was) continue;
      disk_.damage(path, offset, now);
      tally_.count(outcome_of(disk_, log_));
    }
    disk_.damage(path, offset, was);
  }

  const SmallLog& log_;
  SimStorage disk_;
  Tally tally_;
};

TEST_P(LogDamage, every_byte_changed_in_ten_ways) {
  // Of the log with segments used before, every second byte, unless there is time for more.
  const bool all = log_.from.sequence == 0 || soak_factor() > 1;
  const u64 stride = damage_stride() * (all ? 1 : 2);
  EveryByte with_marks(log_, log_.image);
  with_marks.run(log_.image, stride);
  with_marks.tally().print("every byte");
  EXPECT_EQ(with_marks.tally().silent(), 0u);
  // Together more than a million.
  EXPECT_GE(with_marks.tally().total() * damage_stride(), all ? 800'000u : 480'000u);
  EXPECT_GT(with_marks.tally().same * damage_stride(), 50'000u);
  EXPECT_GT(with_marks.tally().refused * damage_stride(), 50'000u);
}

TEST_P(LogDamage, without_marks_the_newest_block_would_be_lost) {
  DiskImage blank = log_.image;
  blank_marks(blank);
  EveryByte without_marks(log_, blank);
  without_marks.run(blank, 13 * damage_stride());
  without_marks.tally().print("every 13th byte, without marks");
  EXPECT_EQ(without_marks.tally().earlier, 0u);
  EXPECT_EQ(without_marks.tally().invented, 0u);
  EXPECT_GT(without_marks.tally().newest * damage_stride(), 500u);
}

TEST_P(LogDamage, a_reader_that_stops_at_the_first_bad_block_would_lose_more) {
  u64 lost = 0;
  u64 cases = 0;
  DiskImage image = log_.image;
  for (auto& [path, bytes] : image.files) {
    for (u64 offset = 0; offset < bytes.size(); offset += 61) {
      bytes[offset] ^= std::byte{1};
      lost += blocks_of_a_naive_reader(image, log_) < log_.blocks.size();
      bytes[offset] ^= std::byte{1};
      ++cases;
    }
  }
  EXPECT_EQ(blocks_of_a_naive_reader(image, log_), log_.blocks.size());
  fmt::print("naive reader: silently lost in {} of {} cases\n", lost, cases);
  EXPECT_GT(lost, 100u);
}

TEST_P(LogDamage, files_truncated_anywhere_or_longer) {
  Tally tally;
  Tally without_marks;
  for (const auto& [path, intact] : log_.image.files) {
    for (u64 length = 0; length < intact.size() + 3 * 4096; length += 256) {
      if (length == intact.size()) continue;
      DiskImage damaged = log_.image;
      damaged.files[path].resize(length);
      judge(damaged, tally, &without_marks);
    }
  }
  tally.print("truncated");
  without_marks.print("truncated, without marks");
  EXPECT_EQ(tally.silent(), 0u);
  EXPECT_GT(tally.refused, 200u);
}

TEST_P(LogDamage, sectors_zeroed_swapped_and_repeated) {
  Tally tally;
  Tally without_marks;
  std::vector<std::pair<std::string, u64>> sectors;
  for (const u64 unit : {u64{512}, u64{4096}}) {
    sectors.clear();
    for (const auto& [path, bytes] : log_.image.files) {
      for (u64 at = 0; at < bytes.size(); at += unit) sectors.emplace_back(path, at);
    }
    const auto place = [&](DiskImage& image, usize sector) {
      return image.files.at(sectors[sector].first).begin() +
             static_cast<std::ptrdiff_t>(sectors[sector].second);
    };
    const auto length = static_cast<std::ptrdiff_t>(unit);
    for (usize first = 0; first < sectors.size(); first += damage_stride()) {
      DiskImage zeroed = log_.image;
      std::fill_n(place(zeroed, first), length, std::byte{0});
      judge(zeroed, tally, &without_marks);
      for (usize second = 0; second < sectors.size(); ++second) {
        if (second == first) continue;
        DiskImage repeated = log_.image;
        std::copy_n(place(repeated, first), length, place(repeated, second));
        judge(repeated, tally);
        if (second < first) continue;
        DiskImage swapped = log_.image;
        std::swap_ranges(place(swapped, first), place(swapped, first) + length,
                         place(swapped, second));
        judge(swapped, tally);
      }
    }
  }
  tally.print("sectors");
  without_marks.print("sectors zeroed, without marks");
  EXPECT_EQ(tally.silent(), 0u);
  EXPECT_GT(tally.same, 0u);
  EXPECT_GT(tally.refused, 0u);
  if (damage_stride() == 1) {
    EXPECT_GT(without_marks.newest, 0u);
  }
}

// Any two places at once, one of which may hold what vouches for the other.
TEST_P(LogDamage, two_damages_at_random) {
  constexpr u64 kSeed = 20'260'101;
  Random random(kSeed);
  Tally tally;
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : log_.image.files) paths.push_back(path);
  const auto damage = [&](DiskImage& image) {
    // Headers and marks more often than their share: they are what vouches.
    Bytes& bytes = image.files.at(paths[random.below(paths.size())]);
    const u64 unit = random.chance(1, 2) ? 1 : random.chance(1, 2) ? 512 : 4096;
    u64 at = random.below(bytes.size());
    if (random.chance(1, 2)) at = at / 4096 * 4096 + random.below(256);
    at = at / unit * unit;
    const u64 mask = random.between(1, 255);
    const bool zero = unit > 1 && random.chance(1, 2);
    for (u64 i = at; i < at + unit; ++i) {
      bytes[i] = zero ? std::byte{0} : bytes[i] ^ static_cast<std::byte>(mask);
    }
  };
  const u64 cases = 60'000 * soak_factor() / damage_stride();
  for (u64 i = 0; i < cases; ++i) {
    DiskImage damaged = log_.image;
    damage(damaged);
    damage(damaged);
    judge(damaged, tally);
    ASSERT_EQ(tally.silent(), 0u) << "seed " << kSeed << ", case " << i;
  }
  tally.print("two damages");
  EXPECT_GT(tally.same, 0u);
  EXPECT_GT(tally.refused, cases / 4);
}

// Every set of files may be missing. Only when all are is there nothing that could tell.
TEST_P(LogDamage, lost_files) {
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : log_.image.files) paths.push_back(path);
  Tally tally;
  for (u64 lost = 0; lost < u64{1} << paths.size(); ++lost) {
    DiskImage damaged = log_.image;
    for (usize i = 0; i < paths.size(); ++i) {
      if ((lost >> i & 1) != 0) damaged.files.erase(paths[i]);
    }
    const bool nothing_left = damaged.files.empty();
    const Outcome outcome = outcome_of(damaged, log_);
    if (nothing_left && log_.from.sequence == 0) {
      EXPECT_EQ(outcome, Outcome::Earlier);
      continue;
    }
    tally.count(outcome);
  }
  tally.print("lost files");
  EXPECT_EQ(tally.silent(), 0u);
  EXPECT_GE(tally.same, 2u);
  EXPECT_GE(tally.refused, 30u);
}

TEST_P(LogDamage, files_in_each_others_place) {
  Tally tally;
  for (const auto& [one, one_bytes] : log_.image.files) {
    for (const auto& [other, other_bytes] : log_.image.files) {
      if (one == other) continue;
      DiskImage swapped = log_.image;
      swapped.files[one] = other_bytes;
      swapped.files[other] = one_bytes;
      judge(swapped, tally);
      DiskImage twice = log_.image;
      twice.files[one] = other_bytes;
      judge(twice, tally);
    }
  }
  tally.print("files in each other's place");
  EXPECT_EQ(tally.silent(), 0u);
  EXPECT_GE(tally.refused, 20u);
}

// One file as it was at an earlier time, the others as they are.
TEST_P(LogDamage, files_of_an_earlier_time) {
  Tally tally;
  Tally without_marks;
  for (const DiskImage& earlier : log_.earlier) {
    for (const auto& [path, bytes] : earlier.files) {
      DiskImage damaged = log_.image;
      damaged.files[path] = bytes;
      judge(damaged, tally, &without_marks);
    }
  }
  tally.print("files of an earlier time");
  without_marks.print("files of an earlier time, without marks");
  EXPECT_EQ(tally.silent(), 0u);
  EXPECT_GT(tally.same, 5u);
  EXPECT_GT(tally.refused, 2u);
  EXPECT_GT(without_marks.newest + without_marks.earlier, 0u);
}

// Marks may lag; they may not name blocks that are not these.
TEST_P(LogDamage, marks_that_lag_are_legal_and_marks_of_another_log_are_not) {
  for (const BlockHeader& header : log_.headers) {
    Mark mark{.count = 5,
              .durable_sequence = header.sequence,
              .durable_position = {header.position_before + header.event_count},
              .chain = header.header_checksum,
              .segment = header.segment};
    DiskImage image = log_.image;
    set_marks(image, mark);
    EXPECT_EQ(outcome_of(image, log_), Outcome::Same);
    mark.chain += 1;
    set_marks(image, mark);
    EXPECT_EQ(outcome_of(image, log_), Outcome::Refused);
    mark.chain -= 1;
    mark.durable_position.value += 1;
    set_marks(image, mark);
    EXPECT_EQ(outcome_of(image, log_), Outcome::Refused);
  }
}

INSTANTIATE_TEST_SUITE_P(Logs, LogDamage, testing::Values(&plain_log, &recycled_log),
                         [](const auto& tested) {
                           return std::string(tested.index == 0 ? "plain" : "recycled");
                         });

}  // namespace
}  // namespace florin::wal::test
