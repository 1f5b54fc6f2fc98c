// What only Storage over io_uring does: a descriptor to wait on, and hand-overs between threads.
#include "storage/uring_storage.h"

#include <thread>

#include <poll.h>

#include "tests/storage/each_storage.h"

namespace florin::storage {
namespace {

class UringStorageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto created = UringStorage::create({});
    ASSERT_TRUE(created) << created.error().message;
    storage_ = std::move(*created);
    file_ = storage_->open(directory_ / "file", OpenMode::Create).value_or(File{});
    ASSERT_GE(file_.handle, 0);
  }
  void TearDown() override {
    if (storage_ != nullptr) storage_->close(file_);
  }

  bool is_readable(int timeout_ms) const {
    pollfd waiting{storage_->completion_descriptor(), POLLIN, 0};
    return ::poll(&waiting, 1, timeout_ms) == 1;
  }

  ScratchDirectory directory_;
  std::unique_ptr<UringStorage> storage_;
  File file_;
};

TEST_F(UringStorageTest, descriptor_becomes_readable_for_every_step_of_a_durable_write) {
  EXPECT_FALSE(is_readable(0));
  const AlignedBuffer buffer = sectors_of(1, 1);
  for (u64 token = 0; token < 50; ++token) {
    storage_->write(file_, token * kSectorBytes, buffer.span(), Durability::Durable, token);
    storage_->submit();
    Completion completion;
    usize wakes = 0;
    do {
      ASSERT_TRUE(is_readable(10'000)) << "nobody would have called poll after wake " << wakes;
      ASSERT_LE(++wakes, 40u) << "readable although there was nothing to do";
    } while (storage_->poll({&completion, 1}) == 0);
    EXPECT_EQ(completion.token, token);
    EXPECT_EQ(completion.error, 0);
  }
  usize idle_polls = 0;
  Completion completion;
  while (is_readable(0) && ++idle_polls < 100) EXPECT_EQ(storage_->poll({&completion, 1}), 0u);
  EXPECT_LT(idle_polls, 100u) << "readable for ever although nothing is in flight";
}

TEST_F(UringStorageTest, descriptor_stays_readable_while_completions_are_left) {
  for (u64 token = 0; token < 4; ++token) storage_->sync_directory(directory_ / "missing", token);
  storage_->submit();
  for (u64 token = 0; token < 4; ++token) {
    ASSERT_TRUE(is_readable(10'000)) << "after " << token << " completions";
    Completion completion;
    ASSERT_EQ(storage_->poll({&completion, 1}), 1u);
    EXPECT_EQ(completion.error, ENOENT);
  }
}

TEST_F(UringStorageTest, one_who_takes_single_completions_and_sleeps_gets_all_of_many_writes) {
  const AlignedBuffer buffer = sectors_of(1, 1);
  for (u64 token = 0; token < 200; ++token) {
    storage_->write(file_, token * kSectorBytes, buffer.span(), Durability::Durable, token);
  }
  storage_->submit();
  u64 completed = 0;
  while (completed < 200) {
    ASSERT_TRUE(is_readable(10'000)) << "after " << completed << " completions";
    Completion completion;
    completed += storage_->poll({&completion, 1});
  }
}

TEST_F(UringStorageTest, may_be_handed_over_while_nothing_is_in_flight) {
  const int descriptor = storage_->completion_descriptor();
  for (u8 round = 0; round < 4; ++round) {
    std::thread([&] {
      EXPECT_TRUE(write_durably_now(*storage_, file_, 0, sectors_of(1, round).span()));
    }).join();
    EXPECT_EQ(storage_->completion_descriptor(), descriptor);
    Completion completion;
    EXPECT_EQ(storage_->poll({&completion, 1}), 0u);
    storage_->submit();
  }
  EXPECT_TRUE(write_durably_now(*storage_, file_, 0, sectors_of(1, 77).span()));
  AlignedBuffer read(kSectorBytes);
  ASSERT_TRUE(storage_->read(file_, 0, read.span()));
  EXPECT_EQ(read.data()[0], std::byte{77});
}

TEST_F(UringStorageTest, descriptor_works_for_a_waiter_that_was_there_before_the_ring) {
  bool readable = false;
  std::thread waiter([&] { readable = is_readable(10'000); });
  const AlignedBuffer buffer = sectors_of(1, 1);
  storage_->write(file_, 0, buffer.span(), Durability::Durable, 1);
  storage_->submit();
  waiter.join();
  EXPECT_TRUE(readable);
  EXPECT_EQ(complete(*storage_, 1)[1], 0);
}

TEST_F(UringStorageTest, destruction_waits_for_what_is_in_flight) {
  const AlignedBuffer buffer = sectors_of(16, 3);
  for (u64 token = 0; token < 32; ++token) {
    storage_->write(file_, token * 16 * kSectorBytes, buffer.span(), Durability::Durable, token);
  }
  auto again = UringStorage::create({});
  ASSERT_TRUE(again);
  storage_ = nullptr;
  storage_ = std::move(*again);
  AlignedBuffer read(32 * 16 * kSectorBytes);
  ASSERT_TRUE(storage_->read(file_, 0, read.span()));
  for (const std::byte byte : read.span()) ASSERT_EQ(byte, std::byte{3});
}

using UringStorageDeathTest = UringStorageTest;

TEST_F(UringStorageDeathTest, handing_over_with_operations_in_flight_is_a_bug) {
  storage_->sync(file_, 1);
  EXPECT_DEATH(std::thread([&] { storage_->sync(file_, 2); }).join(), "in_flight");
  EXPECT_DEATH(std::thread([&] { storage_->submit(); }).join(), "owned_by_this_thread");
  EXPECT_EQ(complete(*storage_, 1)[1], 0);
}

}  // namespace
}  // namespace florin::storage
