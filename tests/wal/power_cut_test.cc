// What power cuts may leave of a log, made directly: any sector of a block or a mark in flight is
// old, new, garbage or half written, with many blocks in flight, segments used before, tails that
// were dropped, and cuts again and again. None of it may be refused, and what was durable is there.
// The controls break one rule each, and must be noticed.
#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/wal/small_log.h"

namespace florin::wal::test {
namespace {

using Bytes = std::vector<std::byte>;
using storage::kSectorBytes;

enum class Rule : u8 {
  Legal,
  WatermarkTooHigh,  // Headers name blocks that are still in flight.
  MarkTooHigh,       // Marks do.
  LyingDisk,         // The newest durable block is not.
};

struct CutTally {
  u64 images = 0;
  u64 refused = 0;
  u64 lost = 0;  // Durable blocks.
  u64 invented = 0;
  u64 blocks_dropped = 0;
  u64 kept_in_flight = 0;  // Blocks that were not known to be durable, and were whole.
  u64 segments_recycled = 0;
  u64 marks_torn = 0;
};

// One log over many power cuts.
class CutLife {
 public:
  CutLife(u64 seed, Rule rule, CutTally& tally)
      : random_(seed), rule_(rule), tally_(tally), depth_(random_.between(1, 16)) {
    image_.directories.insert(kDirectory);
    Bytes& marks = image_.files[marks_path_of_test()];
    marks.resize(kMarksBytes);
    blank_marks(image_);
    add_segment();
  }

  void run(u64 cuts) {
    for (u64 i = 0; i < cuts && alive_; ++i) {
      live_and_cut();
      recover();
    }
  }

 private:
  struct Placed {
    LogEnd end;  // Behind the block.
    u64 offset = 0;
    Bytes bytes;
  };

  void live_and_cut() {
    const u64 blocks = random_.below(2 * depth_ + 4);
    u64 known = end_.sequence;  // Durable, as far as the writer knows.
    durable_ = end_.sequence;
    placed_.clear();
    trim_before_ = from_.segment;
    if (random_.chance(3, 4)) mark(end_, true);
    for (u64 i = 0; i < blocks; ++i) {
      const u64 sequence = end_.sequence + 1;
      const u64 least = std::max(known, sequence > depth_ ? sequence - depth_ : 0);
      known = random_.chance(1, 2) ? least : random_.between(least, sequence - 1);
      append(rule_ == Rule::WatermarkTooHigh ? sequence - 1 : known);
      if (!random_.chance(1, 12)) continue;
      // Everything becomes durable, and the log rests for a while.
      known = end_.sequence;
      if (random_.chance(1, 2)) mark(end_, true);
      if (random_.chance(1, 2)) mark(end_, true);
      if (random_.chance(1, 3)) from_ = end_;
    }
    const u64 least = std::max(known, end_.sequence > depth_ ? end_.sequence - depth_ : 0);
    durable_ = random_.chance(1, 2) ? least : random_.between(least, end_.sequence);
    whole_percent_ = random_.below(5) * 24;
    cut();
  }

  // What is durable is whole; each sector of the rest is what it likes to be.
  void cut() {
    const u64 stays = rule_ == Rule::LyingDisk && durable_ > 0 ? durable_ - 1 : durable_;
    for (const Placed& block : placed_) {
      Bytes& file = image_.files.at(segment_path_of_test(block.end.segment));
      for (u64 at = 0; at < block.bytes.size(); at += kSectorBytes) {
        const std::span<const std::byte> written(block.bytes.data() + at, kSectorBytes);
        const std::span<std::byte> sector(file.data() + block.offset + at, kSectorBytes);
        settle(sector, written, block.end.sequence <= stays);
      }
    }
    if (rule_ == Rule::MarkTooHigh && durable_ < end_.sequence) mark(end_, true);
    if (durable_ == end_.sequence && random_.chance(1, 3)) mark(end_, false);
  }

  void settle(std::span<std::byte> sector, std::span<const std::byte> written, bool whole) {
    const u64 fate = whole || random_.chance(whole_percent_, 100) ? 0 : random_.below(4);
    if (fate == 0) std::ranges::copy(written, sector.begin());
    if (fate == 1) {
      const u64 half = random_.between(1, 7) * 512;
      const bool first = random_.chance(1, 2);
      const auto part = first ? written.first(half) : written.subspan(half);
      std::ranges::copy(part, sector.begin() + static_cast<std::ptrdiff_t>(first ? 0 : half));
    }
    if (fate == 2) fill_with_garbage(sector);
  }

  void fill_with_garbage(std::span<std::byte> bytes) {
    for (usize at = 0; at < bytes.size(); at += sizeof(u64)) {
      const u64 garbage = random_.next();
      std::memcpy(bytes.data() + at, &garbage, std::min(sizeof garbage, bytes.size() - at));
    }
  }

  void mark(const LogEnd& end, bool whole) {
    Bytes written(kSectorBytes);
    store_mark(mark_of(end, ++marks_), kLogId, written);
    std::span<std::byte> sector(image_.files.at(marks_path_of_test()));
    settle(sector.subspan(next_mark_ * kSectorBytes, kSectorBytes), written, whole);
    next_mark_ = 1 - next_mark_;
  }

  void append(u64 watermark) {
    const u64 body_bytes = random_.below(3 * kSectorBytes - kHeaderBytes);
    const u64 stored = stored_bytes(body_bytes);
    LogEnd end = end_;
    if (end.offset + stored > kSmallSegmentBytes) {
      end.segment += 1;
      end.offset = 0;
      while (last_segment_ < end.segment) add_segment();
    }
    Placed block{end, end.offset, Bytes(stored)};
    fill_with_garbage(std::span(block.bytes).subspan(kHeaderBytes, body_bytes));
    BlockHeader header;
    header.state_machine_version = kVersion;
    header.log_id = kLogId;
    header.previous_checksum = end_.chain;
    header.body_checksum = body_checksum(std::span(block.bytes).subspan(kHeaderBytes, body_bytes));
    header.sequence = end_.sequence + 1;
    header.segment = end.segment;
    header.generation = generation_;
    header.offset = end.offset;
    header.position_before = end_.position.value;
    header.event_count = random_.below(4);
    header.timestamp = header.sequence;
    header.body_bytes = body_bytes;
    header.durable_sequence = watermark;
    header.segment_bytes = kSmallSegmentBytes;
    header.incarnation = generation_;
    header.header_checksum = header_checksum(header);
    std::memcpy(block.bytes.data(), &header, kHeaderBytes);
    end_ = {end.segment,
            end.offset + stored,
            header.sequence,
            generation_,
            {end_.position.value + header.event_count},
            header.header_checksum,
            Timestamp{header.timestamp}};
    block.end = end_;
    placed_.push_back(std::move(block));
    if (random_.chance(1, 3) && last_segment_ <= end_.segment) add_segment();
  }

  // The oldest that no snapshot needs, as it is, or a new one.
  void add_segment() {
    const std::string name = segment_path_of_test(++last_segment_);
    const std::string oldest = segment_path_of_test(first_segment_);
    const bool recycled = first_segment_ < trim_before_;
    if (recycled) {
      image_.files[name] = std::move(image_.files.at(oldest));
      image_.files.erase(oldest);
      ++first_segment_;
      tally_.segments_recycled += 1;
    } else {
      image_.files[name].resize(kSmallSegmentBytes);
    }
  }

  void recover() {
    tally_.images += 1;
    const auto marks = read_both_before_recovery();
    tally_.marks_torn += !(marks[0] && marks[1]);
    SimStorage disk(1, image_);
    const auto read = read_log(disk, from_);
    if (!read) {
      tally_.refused += 1;
      alive_ = false;
      return;
    }
    const u64 sequence = read->end.sequence;
    tally_.lost += sequence < durable_;
    tally_.invented += sequence > end_.sequence || !same_as_placed(*read);
    alive_ = sequence >= durable_ && sequence <= end_.sequence;
    tally_.blocks_dropped += end_.sequence - std::min(sequence, end_.sequence);
    tally_.kept_in_flight += sequence - std::min(sequence, durable_);
    end_ = read->end;
    generation_ = end_.generation + 1;
    // A mark may be torn now: the next one goes there.
    if (!marks[0]) next_mark_ = 0;
    if (!marks[1]) next_mark_ = 1;
  }

  Marks read_both_before_recovery() {
    SimStorage disk(1, {image_.directories, {*image_.files.find(marks_path_of_test())}});
    return read_both_marks(disk, kDirectory, kLogId).value();
  }

  // The blocks of this life that were read are those that were written.
  bool same_as_placed(const ReadLog& read) const {
    for (const BlockHeader& header : read.headers) {
      for (const Placed& block : placed_) {
        if (block.end.sequence != header.sequence) continue;
        if (block.end.chain != header.header_checksum) return false;
      }
    }
    return true;
  }

  Random random_;
  Rule rule_;
  CutTally& tally_;
  u64 depth_;              // Blocks in flight at most.
  u64 whole_percent_ = 0;  // Of the sectors in flight, those that surely arrive.
  DiskImage image_;
  LogEnd end_;
  LogEnd from_;
  u64 generation_ = 1;
  u64 trim_before_ = 1;
  u64 first_segment_ = 1;
  u64 last_segment_ = 0;
  u64 marks_ = 1;
  usize next_mark_ = 0;
  u64 durable_ = 0;
  std::deque<Placed> placed_;  // Since the last cut.
  bool alive_ = true;
};

CutTally cut_lives(Rule rule, u64 lives, const char* what) {
  CutTally tally;
  for (u64 seed = 1; seed <= lives; ++seed) CutLife(seed, rule, tally).run(10);
  fmt::print(
      "{}: {} images, {} refused, {} lost durable blocks, {} invented; {} blocks in flight "
      "dropped, "
      "{} kept; {} segments recycled, {} marks torn\n",
      what, tally.images, tally.refused, tally.lost, tally.invented, tally.blocks_dropped,
      tally.kept_in_flight, tally.segments_recycled, tally.marks_torn);
  return tally;
}

TEST(LogPowerCut, what_a_power_cut_may_leave_is_never_refused_and_keeps_what_was_durable) {
  const u64 lives = 6'000 * soak_factor() / damage_stride();
  const CutTally tally = cut_lives(Rule::Legal, lives, "legal");
  EXPECT_EQ(tally.images, lives * 10);
  EXPECT_EQ(tally.refused, 0u);
  EXPECT_EQ(tally.lost, 0u);
  EXPECT_EQ(tally.invented, 0u);
  EXPECT_GT(tally.blocks_dropped, lives);
  EXPECT_GT(tally.kept_in_flight, lives);
  EXPECT_GT(tally.segments_recycled, lives);
  EXPECT_GT(tally.marks_torn, lives / 10);
}

TEST(LogPowerCut, a_watermark_that_claims_too_much_would_refuse_falsely) {
  EXPECT_GT(cut_lives(Rule::WatermarkTooHigh, 1000, "watermark too high").refused, 500u);
}

TEST(LogPowerCut, a_mark_that_claims_too_much_would_refuse_falsely) {
  EXPECT_GT(cut_lives(Rule::MarkTooHigh, 1000, "mark too high").refused, 500u);
}

TEST(LogPowerCut, a_disk_that_lies_is_noticed) {
  const CutTally tally = cut_lives(Rule::LyingDisk, 1000, "lying disk");
  EXPECT_GT(tally.lost, 100u);     // Where nothing vouched for the newest block yet.
  EXPECT_GT(tally.refused, 100u);  // Where a mark or a later block did.
}

}  // namespace
}  // namespace florin::wal::test
