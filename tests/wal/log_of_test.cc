// The log that the tests of the log write and read.
#include "tests/wal/log_of_test.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/random.h"
#include "wal/segment_directory.h"

namespace florin::wal::test {

namespace {

constexpr u64 kPollsMax = 100'000;

}  // namespace

void make_directory(SimStorage& disk) { EXPECT_TRUE(disk.create_directory(kDirectory)); }

WriterOptions small_options(u64 segment_bytes) {
  return {.directory = kDirectory,
          .log_id = kLogId,
          .state_machine_version = kVersion,
          .segment_bytes = segment_bytes,
          .segments_ahead = 1,
          .writes_in_flight_max = 4,
          .body_bytes_max = 12 * kKiB - kHeaderBytes};
}

std::string segment_path_of_test(u64 segment) { return segment_path(kDirectory, segment); }

std::string marks_path_of_test() { return marks_path(kDirectory); }

void set_marks(DiskImage& image, const Mark& mark) {
  std::vector<std::byte>& bytes = image.files.at(marks_path_of_test());
  for (u64 offset = 0; offset < kMarksBytes; offset += storage::kSectorBytes) {
    store_mark(mark, kLogId, std::span(bytes).subspan(offset, storage::kSectorBytes));
  }
}

void blank_marks(DiskImage& image) { set_marks(image, {.count = 1}); }

Result<ReadLog> read_log(storage::Storage& disk, const LogEnd& from) {
  auto reader = Reader::open(disk, kDirectory, kLogId, kVersion, from);
  if (!reader) return tl::unexpected(reader.error());
  ReadLog log;
  u64 position = from.position.value;
  for (;;) {
    const auto block = (*reader)->next();
    if (!block) return tl::unexpected(block.error());
    if (!block->has_value()) break;
    const BlockHeader& header = (*block)->header;
    const auto body = (*block)->body;
    EXPECT_EQ(reinterpret_cast<usize>(body.data()) % 16, 0u);
    EXPECT_EQ(header.position_before, position);
    position += header.event_count;
    log.blocks.push_back({{body.begin(), body.end()}, header.event_count, header.timestamp});
    log.headers.push_back(header);
    EXPECT_EQ(header.sequence, from.sequence + log.blocks.size());
  }
  log.end = (*reader)->end();
  log.torn_tail = (*reader)->torn_tail();
  EXPECT_EQ(log.end.position.value, position);
  EXPECT_LE((*reader)->bytes_read(), (*reader)->bytes_total());
  return log;
}

Result<std::unique_ptr<LogOfTest>> LogOfTest::open(SimStorage& disk, ManualClock& clock,
                                                   const WriterOptions& options,
                                                   const ReadLog& before) {
  auto writer = Writer::open(disk, clock, options, before.end);
  if (!writer) return tl::unexpected(writer.error());
  auto log = std::make_unique<LogOfTest>();
  log->clock_ = &clock;
  log->writer_ = std::move(*writer);
  log->said_ = before.blocks;
  log->position_ = before.end.position;
  return log;
}

void LogOfTest::append(u64 body_bytes, u64 salt, u64 event_count) {
  for (u64 polls = 0; !failure_ && !writer_->can_append(body_bytes); ++polls) {
    ASSERT_LT(polls, kPollsMax);
    poll();
  }
  if (!failure_) append_now(body_bytes, salt, event_count);
}

void LogOfTest::append_now(u64 body_bytes, u64 salt, u64 event_count) {
  storage::AlignedBuffer& image = images_.emplace_back(stored_bytes(body_bytes));
  // What was in the memory before must not reach the disk behind the body.
  std::memset(image.data(), 0xee, image.size_bytes());
  Random random(salt);
  const auto body = image.span().subspan(kHeaderBytes, body_bytes);
  for (std::byte& byte : body) byte = static_cast<std::byte>(random.next());
  const u64 timestamp = 1000 + said_.size();
  const u64 sequence = writer_->append({.image = image.span(),
                                        .body_bytes = body_bytes,
                                        .body_checksum = body_checksum(body),
                                        .position_before = position_,
                                        .event_count = event_count,
                                        .timestamp = {timestamp}});
  said_.push_back({{body.begin(), body.end()}, event_count, timestamp});
  position_.value += event_count;
  ASSERT_EQ(sequence, said_.size());
}

void LogOfTest::poll() {
  const u64 durable_before = writer_->durable_sequence();
  const auto done = writer_->poll();
  if (!done) failure_ = done.error();
  ASSERT_GE(writer_->durable_sequence(), durable_before);
  ASSERT_LE(writer_->durable_sequence(), writer_->appended_sequence());
}

void LogOfTest::settle() {
  u64 polls = 0;
  do {
    ASSERT_LT(polls++, kPollsMax);
    poll();
  } while (!failure_ && !writer_->idle());
}

void LogOfTest::rest() {
  settle();
  for (u64 polls = 0; !failure_ && writer_->sleep_ns_max() != ~u64{0}; ++polls) {
    ASSERT_LT(polls, kPollsMax);
    clock_->monotonic += kMarkAfterNs;
    settle();
  }
}

}  // namespace florin::wal::test
