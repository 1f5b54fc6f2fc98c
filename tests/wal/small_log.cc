// Small logs, and what comes of reading them.
#include "tests/wal/small_log.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "tests/support/test_size.h"

namespace florin::wal::test {

namespace {

// Appends a block and rests.
void append_at_rest(LogOfTest& log, u64 body_bytes, std::optional<SimStorage*> keep_image,
                    SmallLog& made) {
  log.append(body_bytes, body_bytes);
  log.rest();
  if (keep_image) made.earlier.push_back((*keep_image)->image());
}

void finish(SmallLog& made, SimStorage& disk) {
  made.image = disk.image();
  const auto read = read_log(disk, made.from);
  ASSERT_TRUE(read) << read.error().message;
  made.blocks = read->blocks;
  made.headers = read->headers;
  ASSERT_EQ(made.blocks.size(), made.earlier.size());
}

}  // namespace

u64 SmallLog::bytes() const {
  u64 bytes = 0;
  for (const auto& [path, content] : image.files) bytes += content.size();
  return bytes;
}

SmallLog plain_log() {
  SmallLog made;
  SimStorage disk(1, {.in_order = true});
  ManualClock clock;
  make_directory(disk);
  const WriterOptions options = small_options(kSmallSegmentBytes);
  auto log = LogOfTest::open(disk, clock, options).value();
  for (const u64 body : {100u, 5000u, 3840u, 6000u}) append_at_rest(*log, body, &disk, made);
  const ReadLog before = read_log(disk).value();
  log.reset();
  log = LogOfTest::open(disk, clock, options, before).value();
  for (const u64 body : {700u, 9000u, 1500u, 8000u}) append_at_rest(*log, body, &disk, made);
  finish(made, disk);
  EXPECT_EQ(log->writer().end().segment, 4u);
  EXPECT_EQ(made.image.files.size(), 6u);  // With the marks.
  return made;
}

SmallLog recycled_log() {
  SmallLog made;
  SimStorage disk(1, {.in_order = true});
  ManualClock clock;
  make_directory(disk);
  auto log = LogOfTest::open(disk, clock, small_options(kSmallSegmentBytes)).value();
  for (u64 i = 0; i < 8; ++i) append_at_rest(*log, 5000 + i, std::nullopt, made);
  log->append(9000, 1);
  log->rest();
  made.from = log->writer().end();
  EXPECT_EQ(made.from.segment, 5u);
  log->writer().trim_before(made.from.segment);
  log->rest();
  for (const u64 body : {5000u, 2000u, 6001u, 300u, 9000u}) {
    append_at_rest(*log, body, &disk, made);
  }
  finish(made, disk);
  EXPECT_EQ(log->writer().end().segment, 8u);
  return made;
}

Outcome outcome_of(storage::Storage& disk, const SmallLog& log) {
  auto reader = Reader::open(disk, kDirectory, kLogId, kVersion, log.from);
  if (!reader) return Outcome::Refused;
  for (const Said& said : log.blocks) {
    const auto block = (*reader)->next();
    if (!block) return Outcome::Refused;
    if (!block->has_value()) {
      return &said == &log.blocks.back() ? Outcome::Newest : Outcome::Earlier;
    }
    const auto& [header, body] = **block;
    const bool same = header.event_count == said.event_count &&
                      header.timestamp == said.timestamp && std::ranges::equal(body, said.body);
    if (!same) return Outcome::Invented;
  }
  const auto behind = (*reader)->next();
  if (!behind) return Outcome::Refused;
  return behind->has_value() ? Outcome::Invented : Outcome::Same;
}

Outcome outcome_of(const DiskImage& image, const SmallLog& log) {
  SimStorage disk(1, image);
  return outcome_of(disk, log);
}

void Tally::count(Outcome outcome) {
  switch (outcome) {
    case Outcome::Same: same += 1; return;
    case Outcome::Refused: refused += 1; return;
    case Outcome::Newest: newest += 1; return;
    case Outcome::Earlier: earlier += 1; return;
    case Outcome::Invented: invented += 1; return;
  }
}

void Tally::print(const char* what) const {
  fmt::print(
      "{}: {} cases, {} same, {} refused, silently lost: newest block {}, earlier {}; invented "
      "{}\n",
      what, total(), same, refused, newest, earlier, invented);
}

u64 damage_stride() {
#if defined(__OPTIMIZE__)
  return florin::test::kSanitized ? 23 : 1;
#else
  return 23;
#endif
}

}  // namespace florin::wal::test
