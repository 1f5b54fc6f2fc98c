// What every Storage over local disks says when the disk, or its user, does wrong.
#include <cerrno>

#include "tests/storage/each_storage.h"

namespace florin::storage {
namespace {

class EachStorageFails : public EachStorage {
 protected:
  // The code of an error, which must name the path it is about.
  template <class T>
  static ErrorCode code_of(const Result<T>& result, const std::string& path) {
    EXPECT_FALSE(result);
    if (result) return ErrorCode::Refused;
    EXPECT_NE(result.error().message.find(path), std::string::npos) << result.error().message;
    return result.error().code;
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, EachStorageFails, testing::ValuesIn(every_storage()),
                         storage_case_name);

TEST_P(EachStorageFails, what_is_missing_is_not_found) {
  const std::string path = directory_ / "missing";
  EXPECT_EQ(code_of(storage_->open(path, OpenMode::Read), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->open(path, OpenMode::ReadWrite), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->open(path + "/file", OpenMode::Create), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->list(path), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->remove(path), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->rename(path, path + "2"), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->create_directory(path + "/child"), path), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->sync_directory_now(path), path), ErrorCode::NotFound);
}

TEST_P(EachStorageFails, creating_a_file_that_exists_is_an_error_and_leaves_it) {
  const File file = create("file");
  EXPECT_EQ(write_durably(file, 0, sectors_of(1, 4)), 0);
  const std::string path = directory_ / "file";
  EXPECT_EQ(code_of(storage_->open(path, OpenMode::Create), path), ErrorCode::Io);
  EXPECT_EQ(*storage_->size_bytes(file), kSectorBytes);
  storage_->close(file);
}

TEST_P(EachStorageFails, reading_past_the_end_is_an_error) {
  const File file = create("file");
  EXPECT_EQ(write_durably(file, 0, sectors_of(2, 4)), 0);
  AlignedBuffer target(2 * kSectorBytes);
  EXPECT_EQ(code_of(storage_->read(file, kSectorBytes, target.span()), directory_ / "file"),
            ErrorCode::Io);
  EXPECT_EQ(code_of(storage_->read(file, 9 * kSectorBytes, target.span()), directory_ / "file"),
            ErrorCode::Io);
  EXPECT_TRUE(storage_->read(file, 0, target.span()));
  storage_->close(file);
}

TEST_P(EachStorageFails, syncing_a_missing_directory_completes_with_an_error) {
  storage_->sync_directory(directory_ / "missing", 5);
  EXPECT_EQ(complete(*storage_, 1)[5], ENOENT);
}

TEST_P(EachStorageFails, writing_to_a_file_opened_for_reading_completes_once_with_an_error) {
  storage_->close(create("file"));
  const auto file = storage_->open(directory_ / "file", OpenMode::Read);
  ASSERT_TRUE(file);
  const AlignedBuffer buffer = sectors_of(1, 1);
  storage_->write(*file, 0, buffer.span(), Durability::None, 1);
  storage_->write(*file, 0, buffer.span(), Durability::Durable, 2);
  auto errors = complete(*storage_, 2);
  EXPECT_EQ(errors[1], EBADF);
  EXPECT_EQ(errors[2], EBADF);
  Completion extra;
  EXPECT_EQ(storage_->poll({&extra, 1}), 0u);
  storage_->close(*file);
}

TEST_P(EachStorageFails, an_error_is_of_its_own_operation_only) {
  const File file = create("file");
  const AlignedBuffer buffer = sectors_of(1, 1);
  storage_->write(file, 0, buffer.span(), Durability::Durable, 1);
  storage_->write(File{}, 0, buffer.span(), Durability::Durable, 2);
  storage_->sync(File{}, 3);
  storage_->write(file, kSectorBytes, buffer.span(), Durability::Durable, 4);
  auto errors = complete(*storage_, 4);
  EXPECT_EQ(errors, (std::map<u64, int>{{1, 0}, {2, EBADF}, {3, EBADF}, {4, 0}}));
  storage_->close(file);
}

TEST_P(EachStorageFails, a_short_write_is_an_input_output_error) {
  const File file = create("file");
  const FileSizeLimit limit(2 * kSectorBytes);
  const AlignedBuffer buffer = sectors_of(4, 1);
  storage_->write(file, 0, buffer.span(), Durability::None, 1);
  EXPECT_EQ(complete(*storage_, 1)[1], EIO);
  storage_->write(file, 0, buffer.span(), Durability::Durable, 2);
  EXPECT_EQ(complete(*storage_, 1)[2], EIO);
  EXPECT_EQ(*storage_->size_bytes(file), 2 * kSectorBytes) << "the write was not short";
  storage_->close(file);
}

TEST_P(EachStorageFails, a_write_that_found_no_room_at_all_says_so) {
  const File file = create("file");
  const FileSizeLimit limit(2 * kSectorBytes);
  EXPECT_EQ(write_durably(file, 2 * kSectorBytes, sectors_of(1, 1)), EFBIG);
  const auto allocated = storage_->allocate(file, 64 * kSectorBytes);
  EXPECT_EQ(code_of(allocated, directory_ / "file"), ErrorCode::NoSpace);
  storage_->close(file);
}

TEST_P(EachStorageFails, a_full_filesystem_has_no_space) {
  const ScratchMount small("tmpfs", "size=256k");
  if (!small.is_mounted()) GTEST_SKIP() << "may not mount a small filesystem";
  const auto file = storage_->open(small / "file", OpenMode::Create);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(code_of(storage_->allocate(*file, kMiB), small / "file"), ErrorCode::NoSpace);
  ASSERT_TRUE(storage_->allocate(*file, 256 * kKiB));
  EXPECT_EQ(write_durably(*file, 0, sectors_of(64, 1)), 0);
  EXPECT_EQ(write_durably(*file, 256 * kKiB, sectors_of(1, 1)), ENOSPC);
  storage_->close(*file);
}

TEST_P(EachStorageFails, a_filesystem_without_direct_access_is_written_buffered) {
  const ScratchMount plain("ramfs", "");
  if (!plain.is_mounted()) GTEST_SKIP() << "may not mount a filesystem without O_DIRECT";
  const auto file = storage_->open(plain / "file", OpenMode::Create);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_FALSE(storage_->open(plain / "file", OpenMode::Create));
  ASSERT_TRUE(storage_->allocate(*file, 300 * kSectorBytes));
  EXPECT_EQ(*storage_->size_bytes(*file), 300 * kSectorBytes);
  EXPECT_EQ(write_durably(*file, 0, sectors_of(1, 6)), 0);
  AlignedBuffer read(kSectorBytes);
  ASSERT_TRUE(storage_->read(*file, 0, read.span()));
  EXPECT_EQ(read.data()[100], std::byte{6});
  EXPECT_NE(storage_->describe().find("buffered"), std::string::npos) << storage_->describe();
  storage_->close(*file);
}

using EachStorageDeathTest = EachStorageFails;
INSTANTIATE_TEST_SUITE_P(Storage, EachStorageDeathTest, testing::ValuesIn(every_storage()),
                         storage_case_name);

TEST_P(EachStorageDeathTest, operations_that_do_not_keep_to_sectors_are_bugs) {
  const File file = create("file");
  AlignedBuffer buffer(2 * kSectorBytes);
  const auto write = [&](u64 offset, u64 begin, u64 bytes) {
    storage_->write(file, offset, buffer.span().subspan(begin, bytes), Durability::Durable, 1);
  };
  EXPECT_DEATH(write(512, 0, kSectorBytes), "offset % kSectorBytes");
  EXPECT_DEATH(write(0, 0, 512), "size\\(\\) % kSectorBytes");
  EXPECT_DEATH(write(0, 512, kSectorBytes), "data\\(\\)\\) % kSectorBytes");
  EXPECT_DEATH((void)storage_->read(file, 1, buffer.span()), "offset % kSectorBytes");
  storage_->close(file);
}

TEST_P(EachStorageDeathTest, more_operations_than_agreed_are_a_bug) {
  const File file = create("file");
  const auto ask = [&](u32 count) {
    for (u32 index = 0; index < count; ++index) storage_->sync(file, index);
  };
  EXPECT_DEATH(ask(GetParam().options.operations_max + 1), "CHECK|operations_max|slots_");
  ask(GetParam().options.operations_max);
  EXPECT_EQ(complete(*storage_, GetParam().options.operations_max).size(),
            GetParam().options.operations_max);
  storage_->close(file);
}

}  // namespace
}  // namespace florin::storage
