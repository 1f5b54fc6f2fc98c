// What every Storage over local disks does: control operations, reads, writes, syncs.
#include <algorithm>
#include <cerrno>

#include "tests/storage/each_storage.h"

namespace florin::storage {
namespace {

using Names = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(Storage, EachStorage, testing::ValuesIn(every_storage()),
                         storage_case_name);

bool all_equal(const AlignedBuffer& buffer, u8 value) {
  return std::ranges::all_of(buffer.span(),
                             [&](std::byte byte) { return byte == std::byte{value}; });
}

TEST_P(EachStorage, reads_what_was_written_durably) {
  const File file = create("file");
  EXPECT_EQ(write_durably(file, 2 * kSectorBytes, sectors_of(3, 7)), 0);
  EXPECT_EQ(*storage_->size_bytes(file), 5 * kSectorBytes);
  AlignedBuffer hole(2 * kSectorBytes);
  AlignedBuffer written(3 * kSectorBytes);
  ASSERT_TRUE(storage_->read(file, 0, hole.span()));
  ASSERT_TRUE(storage_->read(file, 2 * kSectorBytes, written.span()));
  EXPECT_TRUE(all_equal(hole, 0));
  EXPECT_TRUE(all_equal(written, 7));
  storage_->close(file);
}

TEST_P(EachStorage, reads_what_was_written_and_then_synced) {
  const File file = create("file");
  const AlignedBuffer buffer = sectors_of(256, 9);
  storage_->write(file, 0, buffer.span(), Durability::None, 11);
  EXPECT_EQ(complete(*storage_, 1)[11], 0);
  storage_->sync(file, 12);
  EXPECT_EQ(complete(*storage_, 1)[12], 0);
  EXPECT_TRUE(storage_->sync_now(file));
  storage_->close(file);

  const auto again = storage_->open(directory_ / "file", OpenMode::Read);
  ASSERT_TRUE(again);
  AlignedBuffer read(256 * kSectorBytes);
  ASSERT_TRUE(storage_->read(*again, 0, read.span()));
  EXPECT_TRUE(all_equal(read, 9));
  storage_->close(*again);
}

TEST_P(EachStorage, overwrites_in_place) {
  const File file = create("file");
  EXPECT_EQ(write_durably(file, 0, sectors_of(3, 1)), 0);
  EXPECT_EQ(write_durably(file, kSectorBytes, sectors_of(1, 2)), 0);
  for (u64 sector = 0; sector < 3; ++sector) {
    AlignedBuffer read(kSectorBytes);
    ASSERT_TRUE(storage_->read(file, sector * kSectorBytes, read.span()));
    EXPECT_TRUE(all_equal(read, sector == 1 ? 2 : 1)) << "sector " << sector;
  }
  storage_->close(file);
}

TEST_P(EachStorage, completes_each_of_many_operations_once) {
  constexpr u64 kWrites = 200;
  const File file = create("file");
  std::vector<AlignedBuffer> buffers;
  for (u64 index = 0; index < kWrites; ++index) {
    buffers.push_back(sectors_of(1, static_cast<u8>(index)));
    const auto durability = index % 3 == 0 ? Durability::Durable : Durability::None;
    storage_->write(file, index * kSectorBytes, buffers.back().span(), durability, index);
    if (index % 7 == 0) storage_->submit();
  }
  storage_->sync(file, kWrites);
  storage_->sync_directory(directory_.path(), kWrites + 1);
  const auto errors = complete(*storage_, kWrites + 2);
  for (const auto& [token, error] : errors) EXPECT_EQ(error, 0) << "token " << token;
  EXPECT_EQ(errors.rbegin()->first, kWrites + 1);

  AlignedBuffer read(kSectorBytes);
  for (u64 index = 0; index < kWrites; ++index) {
    ASSERT_TRUE(storage_->read(file, index * kSectorBytes, read.span()));
    ASSERT_TRUE(all_equal(read, static_cast<u8>(index))) << "sector " << index;
  }
  Completion extra;
  EXPECT_EQ(storage_->poll({&extra, 1}), 0u);
  storage_->close(file);
}

TEST_P(EachStorage, gives_no_more_completions_than_there_is_room_for) {
  const File file = create("file");
  const AlignedBuffer buffer = sectors_of(1, 1);
  for (u64 token = 0; token < 8; ++token) {
    storage_->write(file, token * kSectorBytes, buffer.span(), Durability::None, token);
  }
  storage_->submit();
  u64 seen = 0;
  SystemClock clock;
  const u64 deadline_ns = clock.monotonic_ns() + 30'000'000'000;
  while (seen != 0xff && clock.monotonic_ns() < deadline_ns) {
    Completion completion;
    const usize arrived = storage_->poll({&completion, 1});
    ASSERT_LE(arrived, 1u);
    if (arrived == 0) {
      wait_for_completion(*storage_, 1000);
      continue;
    }
    EXPECT_EQ(seen & (1u << completion.token), 0u);
    seen |= 1u << completion.token;
  }
  EXPECT_EQ(seen, 0xffu);
  EXPECT_EQ(storage_->poll({}), 0u);
  storage_->close(file);
}

TEST_P(EachStorage, takes_operations_again_after_their_completion) {
  const File file = create("file");
  const AlignedBuffer buffer = sectors_of(1, 5);
  for (u64 round = 0; round < 20; ++round) {
    for (u64 token = 0; token < 100; ++token) {
      storage_->write(file, token * kSectorBytes, buffer.span(), Durability::None, token);
    }
    ASSERT_EQ(complete(*storage_, 100).size(), 100u);
  }
  storage_->close(file);
}

TEST_P(EachStorage, lists_renames_and_removes) {
  storage_->close(create("b"));
  storage_->close(create("a"));
  ASSERT_TRUE(storage_->create_directory(directory_ / "c"));
  EXPECT_EQ(*storage_->list(directory_.path()), (Names{"a", "b", "c"}));
  EXPECT_TRUE(storage_->rename(directory_ / "b", directory_ / "d"));
  EXPECT_TRUE(storage_->remove(directory_ / "a"));
  EXPECT_TRUE(storage_->sync_directory_now(directory_.path()));
  EXPECT_EQ(*storage_->list(directory_.path()), (Names{"c", "d"}));
  EXPECT_EQ(*storage_->list(directory_ / "c"), Names{});
}

TEST_P(EachStorage, creates_a_directory_that_may_exist) {
  EXPECT_TRUE(storage_->create_directory(directory_ / "new"));
  EXPECT_TRUE(storage_->create_directory(directory_ / "new"));
  storage_->close(create("file"));
  EXPECT_FALSE(storage_->create_directory(directory_ / "file"));
}

TEST_P(EachStorage, allocates_zeros_to_write_into) {
  const File file = create("file");
  ASSERT_TRUE(storage_->allocate(file, 64 * kSectorBytes));
  EXPECT_EQ(*storage_->size_bytes(file), 64 * kSectorBytes);
  EXPECT_EQ(write_durably(file, 63 * kSectorBytes, sectors_of(1, 3)), 0);
  EXPECT_EQ(*storage_->size_bytes(file), 64 * kSectorBytes);
  AlignedBuffer read(63 * kSectorBytes);
  ASSERT_TRUE(storage_->read(file, 0, read.span()));
  EXPECT_TRUE(all_equal(read, 0));
  storage_->close(file);
}

TEST_P(EachStorage, allocating_keeps_what_is_there) {
  const File file = create("file");
  EXPECT_EQ(write_durably(file, 0, sectors_of(2, 3)), 0);
  ASSERT_TRUE(storage_->allocate(file, 8 * kSectorBytes));
  AlignedBuffer read(2 * kSectorBytes);
  ASSERT_TRUE(storage_->read(file, 0, read.span()));
  EXPECT_TRUE(all_equal(read, 3));
  storage_->close(file);
}

TEST_P(EachStorage, blocking_write_is_there_on_return) {
  const File file = create("file");
  ASSERT_TRUE(write_durably_now(*storage_, file, 0, sectors_of(1, 8).span()));
  AlignedBuffer read(kSectorBytes);
  ASSERT_TRUE(storage_->read(file, 0, read.span()));
  EXPECT_TRUE(all_equal(read, 8));
  storage_->close(file);
}

TEST_P(EachStorage, describes_itself) {
  const std::string text = storage_->describe();
  const StorageOptions& options = GetParam().options;
  EXPECT_EQ(text.find("io_uring") != std::string::npos, options.kind == StorageKind::Uring) << text;
  EXPECT_EQ(text.find("O_DIRECT") != std::string::npos, options.direct) << text;
  EXPECT_EQ(text.find("RWF_DSYNC") != std::string::npos, options.flush_method == FlushMethod::Dsync)
      << text;
}

}  // namespace
}  // namespace florin::storage
