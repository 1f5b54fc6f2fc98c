// One data directory, one process.
#include "storage/process_lock.h"

#include <array>
#include <fstream>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/storage/scratch.h"

namespace florin::storage {
namespace {

constexpr int kPatienceMs = 30'000;

// Another process that holds the lock of a directory until it is told to end.
class OtherProcess {
 public:
  explicit OtherProcess(const std::string& directory) {
    CHECK(::pipe(ready_.data()) == 0 && ::pipe(finish_.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) hold(directory);
    pollfd waiting{ready_[0], POLLIN, 0};
    char answer = 'n';
    has_lock_ = ::poll(&waiting, 1, kPatienceMs) == 1 && ::read(ready_[0], &answer, 1) == 1 &&
                answer == 'y';
  }
  ~OtherProcess() {
    if (pid_ > 0) end(SIGKILL);
    for (const int descriptor : {ready_[0], ready_[1], finish_[0], finish_[1]}) ::close(descriptor);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  bool has_lock() const { return has_lock_; }
  pid_t pid() const { return pid_; }
  void end(int signal) {
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  [[noreturn]] void hold(const std::string& directory) const {
    const auto lock = ProcessLock::acquire(directory);
    const char answer = lock ? 'y' : 'n';
    char ignored;
    if (::write(ready_[1], &answer, 1) != 1) ::_exit(1);
    pollfd waiting{finish_[0], POLLIN, 0};
    ::poll(&waiting, 1, kPatienceMs);
    ::_exit(::read(finish_[0], &ignored, 1) == 1 ? 0 : 1);
  }

  std::array<int, 2> ready_{};
  std::array<int, 2> finish_{};
  pid_t pid_ = -1;
  bool has_lock_ = false;
};

TEST(ProcessLock, is_refused_while_another_process_has_it_and_names_it) {
  const ScratchDirectory scratch;
  const std::string directory = scratch / "data";
  OtherProcess other(directory);
  ASSERT_TRUE(other.has_lock());
  const auto refused = ProcessLock::acquire(directory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::AlreadyInUse);
  EXPECT_EQ(refused.error().message, "data directory " + directory +
                                         " is in use by another process (pid " +
                                         std::to_string(other.pid()) + ")");
}

TEST(ProcessLock, is_free_again_when_its_process_was_killed) {
  const ScratchDirectory scratch;
  const std::string directory = scratch / "data";
  OtherProcess other(directory);
  ASSERT_TRUE(other.has_lock());
  other.end(SIGKILL);
  const auto lock = ProcessLock::acquire(directory);
  EXPECT_TRUE(lock) << lock.error().message;
}

TEST(ProcessLock, is_held_once_within_a_process_and_released_with_its_owner) {
  const ScratchDirectory scratch;
  {
    const auto first = ProcessLock::acquire(scratch.path());
    ASSERT_TRUE(first);
    EXPECT_FALSE(ProcessLock::acquire(scratch.path()));
  }
  EXPECT_TRUE(ProcessLock::acquire(scratch.path()));
}

TEST(ProcessLock, moves_with_its_owner) {
  const ScratchDirectory scratch;
  auto first = ProcessLock::acquire(scratch.path());
  ASSERT_TRUE(first);
  {
    const ProcessLock second = std::move(*first);
    EXPECT_FALSE(ProcessLock::acquire(scratch.path()));
  }
  EXPECT_TRUE(ProcessLock::acquire(scratch.path()));
}

TEST(ProcessLock, makes_the_directory_but_not_its_parent) {
  const ScratchDirectory scratch;
  EXPECT_TRUE(ProcessLock::acquire(scratch / "data"));
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "data"));
  const auto refused = ProcessLock::acquire(scratch / "missing/data");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_NE(refused.error().message.find("its parent directory " + (scratch / "missing")),
            std::string::npos)
      << refused.error().message;
}

TEST(ProcessLock, does_not_mind_what_an_earlier_holder_wrote) {
  const ScratchDirectory scratch;
  std::ofstream(scratch / "lock") << "999999999999 and more than a process id\n";
  ASSERT_TRUE(ProcessLock::acquire(scratch.path()));
  std::ifstream lock(scratch / "lock");
  std::string content((std::istreambuf_iterator<char>(lock)), {});
  EXPECT_EQ(content, std::to_string(::getpid()) + "\n");
}

}  // namespace
}  // namespace florin::storage
