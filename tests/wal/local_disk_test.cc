// The log on a directory of this machine, through the storages that production uses.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "storage/open_storage.h"
#include "tests/wal/log_of_test.h"

namespace florin::wal::test {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "florin_wal_XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class LogOnLocalDisk : public testing::TestWithParam<storage::StorageKind> {
 protected:
  static constexpr u64 kBodyBytes = 100'000;

  // Appends so many blocks and waits until they are durable; returns the end of the log.
  void append_blocks(storage::Storage& disk, const LogEnd& end, u64 blocks) {
    SystemClock clock;
    WriterOptions options = small_options(1 * kMiB);
    options.directory = directory_.path();
    options.body_bytes_max = kBodyBytes;
    auto writer = Writer::open(disk, clock, options, end);
    ASSERT_TRUE(writer) << writer.error().message;
    std::vector<storage::AlignedBuffer> images;
    for (u64 i = 0; i < options.writes_in_flight_max; ++i) {
      images.emplace_back(stored_bytes(kBodyBytes));
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const u64 last = end.sequence + blocks;
    while ((*writer)->durable_sequence() < last || !(*writer)->idle()) {
      const u64 next = (*writer)->appended_sequence() + 1;
      if (next <= last && (*writer)->can_append(kBodyBytes)) {
        append(**writer, images[next % images.size()], next);
      }
      const auto done = (*writer)->poll();
      ASSERT_TRUE(done) << done.error().message;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    }
  }

  static void append(Writer& writer, storage::AlignedBuffer& image, u64 sequence) {
    const auto body = image.span().subspan(kHeaderBytes, kBodyBytes);
    std::ranges::fill(body, static_cast<std::byte>(sequence));
    writer.append({.image = image.span(),
                   .body_bytes = kBodyBytes,
                   .body_checksum = body_checksum(body),
                   .position_before = {sequence - 1},
                   .event_count = 1,
                   .timestamp = {sequence}});
  }

  LogEnd read_blocks(storage::Storage& disk, u64 expected) {
    auto reader = Reader::open(disk, directory_.path(), kLogId, kVersion);
    EXPECT_TRUE(reader) << reader.error().message;
    u64 blocks = 0;
    for (;;) {
      const auto block = (*reader)->next();
      EXPECT_TRUE(block) << block.error().message;
      if (!block || !block->has_value()) break;
      ++blocks;
      EXPECT_TRUE(std::ranges::all_of(
          (*block)->body, [&](std::byte byte) { return byte == static_cast<std::byte>(blocks); }));
    }
    EXPECT_EQ(blocks, expected);
    return (*reader)->end();
  }

  TemporaryDirectory directory_;
};

TEST_P(LogOnLocalDisk, keeps_blocks_over_reopening) {
  auto disk = storage::open_storage({.kind = GetParam()});
  if (!disk && disk.error().code == ErrorCode::Unsupported) {
    GTEST_SKIP() << disk.error().message;
  }
  ASSERT_TRUE(disk) << disk.error().message;
  append_blocks(**disk, {}, 25);
  const LogEnd end = read_blocks(**disk, 25);
  EXPECT_EQ(end.segment, 3u);
  append_blocks(**disk, end, 10);
  EXPECT_EQ(read_blocks(**disk, 35).generation, 2u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, LogOnLocalDisk,
                         testing::Values(storage::StorageKind::Uring, storage::StorageKind::Posix),
                         [](const auto& tested) {
                           return std::string(
                               tested.param == storage::StorageKind::Uring ? "uring" : "posix");
                         });

}  // namespace
}  // namespace florin::wal::test
