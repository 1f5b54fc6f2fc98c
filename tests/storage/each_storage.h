// A fixture that runs a test against every way Storage can be bound to local disks.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "storage/aligned_buffer.h"
#include "storage/blocking.h"
#include "storage/open_storage.h"
#include "tests/storage/scratch.h"

namespace florin::storage {

struct StorageCase {
  const char* name;
  StorageOptions options;
};

inline std::vector<StorageCase> every_storage() {
  std::vector<StorageCase> cases(5);
  cases[0] = {"uring_linked_fdatasync", {}};
  cases[0].options.kind = StorageKind::Uring;
  cases[1] = {"uring_dsync", cases[0].options};
  cases[1].options.flush_method = FlushMethod::Dsync;
  cases[2] = {"uring_buffered", cases[0].options};
  cases[2].options.direct = false;
  cases[3] = {"posix", {}};
  cases[3].options.kind = StorageKind::Posix;
  cases[4] = {"posix_buffered", cases[3].options};
  cases[4].options.direct = false;
  return cases;
}

inline std::string storage_case_name(const testing::TestParamInfo<StorageCase>& info) {
  return info.param.name;
}

// Whole sectors filled with one byte.
inline AlignedBuffer sectors_of(u64 count, u8 value) {
  AlignedBuffer buffer(count * kSectorBytes);
  for (std::byte& byte : buffer.span()) byte = std::byte{value};
  return buffer;
}

// Submits and waits for `count` completions: the error of each token. A token that completes twice
// is a failure, and so is a disk that takes longer than half a minute.
inline std::map<u64, int> complete(Storage& storage, usize count) {
  storage.submit();
  std::map<u64, int> errors;
  SystemClock clock;
  const u64 deadline_ns = clock.monotonic_ns() + 30'000'000'000;
  while (errors.size() < count && clock.monotonic_ns() < deadline_ns) {
    Completion completions[16];
    const usize arrived = storage.poll(completions);
    for (usize index = 0; index < arrived; ++index) {
      const bool is_first =
          errors.emplace(completions[index].token, completions[index].error).second;
      EXPECT_TRUE(is_first) << "token " << completions[index].token << " completed twice";
    }
    if (arrived == 0) wait_for_completion(storage, 1000);
  }
  EXPECT_EQ(errors.size(), count) << "operations did not complete in time";
  return errors;
}

class EachStorage : public testing::TestWithParam<StorageCase> {
 protected:
  void SetUp() override {
    auto opened = open_storage(GetParam().options);
    ASSERT_TRUE(opened) << opened.error().message;
    storage_ = std::move(*opened);
  }

  File create(const std::string& name) {
    const auto file = storage_->open(directory_ / name, OpenMode::Create);
    EXPECT_TRUE(file) << file.error().message;
    return file.value_or(File{});
  }

  // Writes durably and gives the error of the completion.
  int write_durably(File file, u64 offset, const AlignedBuffer& buffer) {
    storage_->write(file, offset, buffer.span(), Durability::Durable, 1);
    return complete(*storage_, 1)[1];
  }

  ScratchDirectory directory_;
  std::unique_ptr<Storage> storage_;
};

}  // namespace florin::storage
