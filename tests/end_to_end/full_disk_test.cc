// A disk that fills up and gets room again, under a whole server: a small file system in memory,
// which takes root to mount.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

class FullDisk : public ServerTest {
 protected:
  static constexpr u64 kDiskMiB = 64;
  static constexpr u64 kRoomMiB = 14;  // Three segments of 4 MiB, and the small files.
  static constexpr u64 kBatch = 4000;

  void SetUp() override {
    std::filesystem::create_directory(data());
    const std::string size = "size=" + std::to_string(kDiskMiB) + "m";
    if (::mount("florin-test", data().c_str(), "tmpfs", 0, size.c_str()) != 0) {
      GTEST_SKIP() << "cannot mount a small file system here: " << std::strerror(errno);
    }
    mounted_ = true;
  }
  void TearDown() override {
    if (!mounted_) return;
    server().kill_now();
    ::umount2(data().c_str(), MNT_DETACH);
  }

  std::string filler() const { return data() + "/filler"; }

  void fill_disk() {
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const i64 bytes = static_cast<i64>((kDiskMiB - kRoomMiB) * kMiB);
    EXPECT_EQ(::posix_fallocate(file, 0, bytes), 0);
    ::close(file);
  }

  static std::vector<ledger::Transfer> batch(u64 number) {
    std::vector<ledger::Transfer> events;
    for (u64 index = 1; index <= kBatch; ++index) {
      events.push_back(transfer(number * kBatch + index, 1, 2, 1));
    }
    return events;
  }

  // Sends batches from `number` on until one is refused; returns its number.
  static u64 write_until_refused(client::Client& client, u64 number) {
    constexpr u64 kBatchesMax = 2 * kDiskMiB;  // Half a MiB each: no disk of this size has room.
    for (const u64 end = number + kBatchesMax; number < end; ++number) {
      const auto answer = client.create_transfers(batch(number));
      if (answer) continue;
      EXPECT_EQ(answer.error().refusal, ledger::RefusalCode::NoSpace) << answer.error().message;
      EXPECT_EQ(answer.error().effect, client::ClientError::Effect::DidNotHappen);
      return number;
    }
    ADD_FAILURE() << "the disk never filled up";
    return number;
  }

  static void expect_batches(client::Client& client, u64 batches) {
    const u128 accounts[] = {2};
    EXPECT_EQ(must(client.lookup_accounts(accounts)).accounts[0]->credits_posted,
              u128{batches * kBatch});
    const u128 transfers[] = {batches * kBatch, batches * kBatch + 1};
    const client::Transfers found = must(client.lookup_transfers(transfers));
    EXPECT_TRUE(found.transfers[0].transfer);
    EXPECT_FALSE(found.transfers[1].transfer);
    EXPECT_EQ(found.transfers[1].outcome(), ledger::TransferOutcome::Undecided);
  }

  void go_through_it(Arguments arguments) {
    arguments.insert(arguments.end(), {"--transfers-max", "1000000"});
    fill_disk();
    start(arguments);
    client::Client client = connect();
    create_two_accounts(client);
    const u64 first = write_until_refused(client, 0);
    EXPECT_GE(first, 6u);  // At least the first segment was used.
    expect_batches(client, first);
    ASSERT_TRUE(server().running());

    std::filesystem::remove(filler());
    ASSERT_TRUE(eventually([&] { return client.create_transfers(batch(first)).has_value(); }));
    expect_batches(client, first + 1);
    const u64 second = write_until_refused(client, first + 1);
    expect_batches(client, second);
    server().kill_now();
    start(arguments);
    client::Client again = connect();
    expect_batches(again, second);
  }

 private:
  bool mounted_ = false;
};

TEST_F(FullDisk, refuses_writes_reads_on_and_resumes_inline) {
  go_through_it({"--mode", "inline"});
}

TEST_F(FullDisk, refuses_writes_reads_on_and_resumes_in_parallel) {
  go_through_it({"--mode", "parallel", "--partitions", "2"});
}

TEST_F(FullDisk, without_room_for_a_first_segment_is_refused) {
  const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(::posix_fallocate(file, 0, static_cast<i64>((kDiskMiB - 2) * kMiB)), 0);
  ::close(file);
  refused_start("--segment-mib 4 --accounts-max 10 --transfers-max 10", data());
  std::filesystem::remove(filler());
  start();
  expect_healthy();
}

}  // namespace
}  // namespace florin::test
