#include "tests/sinks/child_process.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace florin::test {

namespace {

constexpr int kSilenceMs = 30'000;

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  int output[2];
  int input[2];
  EXPECT_EQ(::pipe2(output, O_CLOEXEC), 0);
  EXPECT_EQ(::pipe2(input, O_CLOEXEC), 0);
  const int parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::dup2(output[1], 1);
    ::dup2(input[0], 0);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  EXPECT_GT(pid_, 0);
  ::close(output[1]);
  ::close(input[0]);
  output_ = output[0];
  input_ = input[1];
}

ChildProcess::~ChildProcess() {
  kill();
  ::close(output_);
  ::close(input_);
}

std::string ChildProcess::read_line() {
  for (;;) {
    if (const usize end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd ready{output_, POLLIN, 0};
    if (::poll(&ready, 1, kSilenceMs) <= 0) return {};
    char buffer[4096];
    const ssize_t bytes = ::read(output_, buffer, sizeof buffer);
    if (bytes <= 0) return {};
    read_.append(buffer, static_cast<usize>(bytes));
  }
}

void ChildProcess::write_line(const std::string& line) {
  const std::string text = line + "\n";
  EXPECT_EQ(::write(input_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

void ChildProcess::kill() {
  if (wait(0) != -1) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) == -1 && errno == EINTR) {
  }
}

int ChildProcess::wait(u64 ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  for (;;) {
    if (status_ != -1) return status_;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = status;
      return status_;
    }
    if (std::chrono::steady_clock::now() >= deadline) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace florin::test
