// Which Storage is chosen, and what it says about that.
#include "storage/open_storage.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/storage/each_storage.h"

namespace florin::storage {
namespace {

// Makes the kernel refuse io_uring to the calling thread for the rest of its life, as sandboxes do.
bool forbid_io_uring() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(OpenStorage, takes_io_uring_where_it_is_allowed) {
  const auto storage = open_storage();
  ASSERT_TRUE(storage);
  EXPECT_EQ((*storage)->describe().find("io_uring ("), 0u) << (*storage)->describe();
  EXPECT_GE((*storage)->completion_descriptor(), 0);
}

TEST(OpenStorage, falls_back_and_says_why_where_io_uring_is_forbidden) {
  std::thread([] {
    ASSERT_TRUE(forbid_io_uring());
    const auto storage = open_storage();
    ASSERT_TRUE(storage);
    const std::string text = (*storage)->describe();
    EXPECT_NE(text.find("without io_uring: "), std::string::npos) << text;
    EXPECT_NE(text.find("not permitted"), std::string::npos) << text;
    EXPECT_EQ((*storage)->completion_descriptor(), -1);

    StorageOptions options;
    options.kind = StorageKind::Uring;
    const auto forced = open_storage(options);
    ASSERT_FALSE(forced);
    EXPECT_EQ(forced.error().code, ErrorCode::PermissionDenied);
  }).join();
}

TEST(OpenStorage, takes_plain_system_calls_when_asked_to) {
  StorageOptions options;
  options.kind = StorageKind::Posix;
  const auto storage = open_storage(options);
  ASSERT_TRUE(storage);
  EXPECT_EQ((*storage)->describe(), "pwrite, O_DIRECT, fdatasync (as asked for)");
}

TEST(OpenStorage, refuses_a_number_of_operations_that_cannot_be) {
  for (const u32 operations_max : {0u, kOperationsMaxLimit + 1}) {
    StorageOptions options;
    options.operations_max = operations_max;
    const auto storage = open_storage(options);
    ASSERT_FALSE(storage);
    EXPECT_EQ(storage.error().code, ErrorCode::InvalidArgument);
  }
}

TEST(OpenStorage, every_allowed_number_of_operations_works) {
  for (const u32 operations_max : {1u, 3u, kOperationsMaxLimit}) {
    StorageOptions options;
    options.operations_max = operations_max;
    const auto storage = open_storage(options);
    ASSERT_TRUE(storage) << storage.error().message;
    const ScratchDirectory directory;
    const auto file = (*storage)->open(directory / "file", OpenMode::Create);
    ASSERT_TRUE(file);
    for (u32 token = 0; token < operations_max; ++token) (*storage)->sync(*file, token);
    EXPECT_EQ(complete(**storage, operations_max).size(), operations_max);
    (*storage)->close(*file);
  }
}

}  // namespace
}  // namespace florin::storage
