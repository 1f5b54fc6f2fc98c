// The data directory: made, opened again, refused when it is not whole.
#include "storage/data_directory.h"

#include <fstream>

#include <gtest/gtest.h>

#include "storage/identity.h"
#include "storage/open_storage.h"
#include "tests/storage/failing_storage.h"
#include "tests/storage/scratch.h"

namespace florin::storage {
namespace {

constexpr u128 kLedgerId = make_u128(7, 9);
constexpr u64 kSegmentBytes = 64 * kKiB;

class DataDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = open_storage();
    ASSERT_TRUE(opened);
    storage_ = std::move(*opened);
  }

  Result<DataDirectory> open(u128 ledger_id = kLedgerId, u64 segment_bytes = kSegmentBytes) {
    return DataDirectory::open(*storage_, path_, ledger_id, segment_bytes);
  }

  // Opens, expecting an error whose message has `text`.
  ErrorCode refused(const std::string& text) {
    const auto directory = open();
    EXPECT_FALSE(directory);
    if (directory) return ErrorCode::Refused;
    EXPECT_NE(directory.error().message.find(text), std::string::npos) << directory.error().message;
    return directory.error().code;
  }

  std::string read_identity() const {
    std::ifstream file(path_ + "/identity", std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  }
  void write_identity(const std::string& content) const {
    std::ofstream(path_ + "/identity", std::ios::binary) << content;
  }

  ScratchDirectory scratch_;
  std::string path_ = scratch_ / "data";
  std::unique_ptr<Storage> storage_;
};

TEST_F(DataDirectoryTest, is_made_when_it_is_missing) {
  const auto made = open();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->is_new());
  EXPECT_EQ(made->path(), path_);
  EXPECT_EQ(made->log_path(), path_ + "/log");
  EXPECT_TRUE(made->ledger_id() == kLedgerId);
  EXPECT_EQ(made->segment_bytes(), kSegmentBytes);
  EXPECT_EQ(made->snapshot_path(), path_ + "/snapshots");
  EXPECT_EQ(*storage_->list(path_), (std::vector<std::string>{"identity", "log", "snapshots"}));
  EXPECT_EQ(read_identity().size(), kSectorBytes);
}

TEST_F(DataDirectoryTest, keeps_its_identity_when_opened_again) {
  ASSERT_TRUE(open());
  const auto again = open(make_u128(1, 1), 2 * kSegmentBytes);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->is_new());
  EXPECT_TRUE(again->ledger_id() == kLedgerId);
  EXPECT_EQ(again->segment_bytes(), kSegmentBytes);
}

TEST_F(DataDirectoryTest, of_an_older_version_gets_a_place_for_snapshots) {
  ASSERT_TRUE(open());
  std::filesystem::remove(path_ + "/snapshots");
  const auto read_only = DataDirectory::open_existing(*storage_, path_);
  ASSERT_TRUE(read_only) << read_only.error().message;
  EXPECT_FALSE(std::filesystem::exists(path_ + "/snapshots"));
  const auto again = open();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(std::filesystem::is_directory(again->snapshot_path()));
}

TEST_F(DataDirectoryTest, may_be_made_in_an_empty_directory) {
  std::filesystem::create_directory(path_);
  std::ofstream(path_ + "/lock") << "1\n";
  const auto made = open();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->is_new());
}

TEST_F(DataDirectoryTest, needs_a_parent) {
  path_ = scratch_ / "missing/data";
  EXPECT_EQ(refused("its parent directory " + (scratch_ / "missing")), ErrorCode::NotFound);
}

TEST_F(DataDirectoryTest, is_not_a_file) {
  std::ofstream file(path_);
  EXPECT_EQ(refused(path_), ErrorCode::Io);
}

TEST_F(DataDirectoryTest, needs_an_identity_that_can_be) {
  for (const u64 segment_bytes : {u64{0}, kSectorBytes - 1, kSectorBytes + 512}) {
    const auto directory = open(kLedgerId, segment_bytes);
    ASSERT_FALSE(directory);
    EXPECT_EQ(directory.error().code, ErrorCode::InvalidArgument);
  }
  const auto directory = open(0);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::InvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

// Every byte of the fields, and a sample of the zeros behind them; the test of the identity itself
// goes through every bit.
TEST_F(DataDirectoryTest, a_damaged_byte_of_the_identity_is_corrupt) {
  ASSERT_TRUE(open());
  const std::string whole = read_identity();
  for (usize offset = 0; offset < whole.size(); offset += offset < 64 ? 1 : 97) {
    std::string damaged = whole;
    damaged[offset] = static_cast<char>(~damaged[offset]);
    write_identity(damaged);
    ASSERT_EQ(refused(path_ + "/identity"), ErrorCode::Corrupt) << "offset " << offset;
  }
  write_identity(whole);
  EXPECT_TRUE(open());
}

TEST_F(DataDirectoryTest, an_identity_of_another_size_is_corrupt) {
  ASSERT_TRUE(open());
  const std::string whole = read_identity();
  for (const usize size : {0, 1, 512, 4095}) {
    write_identity(whole.substr(0, size));
    EXPECT_EQ(refused(std::to_string(size) + " bytes, not 4096"), ErrorCode::Corrupt);
  }
  write_identity(whole + "x");
  EXPECT_EQ(refused("4097 bytes, not 4096"), ErrorCode::Corrupt);
}

TEST_F(DataDirectoryTest, a_log_without_its_identity_is_not_hidden_behind_a_new_one) {
  ASSERT_TRUE(open());
  std::ofstream(path_ + "/log/0000000000000001.log") << "something";
  std::filesystem::remove(path_ + "/identity");
  EXPECT_EQ(refused(path_ + "/identity is missing"), ErrorCode::Corrupt);
  EXPECT_FALSE(std::filesystem::exists(path_ + "/identity"));
}

TEST_F(DataDirectoryTest, an_identity_without_its_log_is_corrupt) {
  ASSERT_TRUE(open());
  std::filesystem::remove(path_ + "/log");
  EXPECT_EQ(refused(path_ + "/log is missing"), ErrorCode::Corrupt);
}

TEST_F(DataDirectoryTest, a_failure_at_any_step_of_making_it_is_completed_by_the_next_start) {
  u64 failures = 0;
  for (u64 step = 1;; ++step) {
    std::filesystem::remove_all(path_);
    FailingStorage failing(*storage_, step);
    const auto first = DataDirectory::open(failing, path_, kLedgerId, kSegmentBytes);
    if (!failing.has_failed()) {
      EXPECT_TRUE(first);
      break;
    }
    ++failures;
    ASSERT_FALSE(first) << "the failure of step " << step << " was ignored";
    const auto second = open(make_u128(5, step), kSegmentBytes);
    ASSERT_TRUE(second) << "after step " << step << ": " << second.error().message;
    EXPECT_TRUE(second->ledger_id() == (second->is_new() ? make_u128(5, step) : kLedgerId));
    ASSERT_LT(step, 100u);
  }
  EXPECT_GE(failures, 10u);
}

TEST(ParentDirectory, is_found_for_every_kind_of_path) {
  struct Row {
    const char* path;
    const char* parent;
  };
  constexpr Row kRows[] = {
      {"/a/b", "/a"}, {"/a/b/", "/a"}, {"/a", "/"},  {"/", "/"},     {"a", "."},
      {"a/", "."},    {"a/b///", "a"}, {"./a", "."}, {"../a", ".."},
  };
  for (const Row& row : kRows) EXPECT_EQ(parent_directory(row.path), row.parent) << row.path;
}

}  // namespace
}  // namespace florin::storage
