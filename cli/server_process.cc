// The child process behind ServerProcess: a pipe for its output, a pidfd to await its end.
#include "cli/server_process.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"

namespace florin::cli {

namespace {

constexpr std::string_view kListening = "listening on ";
constexpr usize kOutputKeptMax = 64 * kKiB;  // A line longer than this is not ours.

std::vector<std::string> command_line(const ServerProcessOptions& options) {
  std::vector<std::string> words = {"florin",   "serve",      "--data", options.data_directory,
                                    "--listen", "127.0.0.1:0"};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  return words;
}

// Runs in the child between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_server(const char* program, char* const* words, int output, int log,
                                pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(126);
  if (::dup2(output, STDOUT_FILENO) < 0) ::_exit(126);
  if (log >= 0 && ::dup2(log, STDERR_FILENO) < 0) ::_exit(126);
  // Our connections are not the server's: a client must see its peer go when we close them.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(program, words);
  ::_exit(127);
}

std::string end_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  constexpr usize kShown = 2000;
  return text.size() > kShown ? text.substr(text.size() - kShown) : text;
}

int left_ms(u64 deadline_ns) {
  const u64 now = SystemClock().monotonic_ns();
  return now >= deadline_ns ? 0 : static_cast<int>((deadline_ns - now) / kNsPerMs + 1);
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const ServerProcessOptions& options) {
  std::unique_ptr<ServerProcess> server(new ServerProcess());
  const u64 begin = SystemClock().monotonic_ns();
  RETURN_IF_ERROR(server->spawn(options));
  RETURN_IF_ERROR(server->await_listening(options));
  server->start_ns_ = SystemClock().monotonic_ns() - begin;
  return server;
}

ServerProcess::~ServerProcess() {
  kill_now();
  if (process_descriptor_ >= 0) ::close(process_descriptor_);
  if (output_ >= 0) ::close(output_);
}

Status ServerProcess::spawn(const ServerProcessOptions& options) {
  std::vector<std::string> words = command_line(options);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  output_ = ends[0];
  int log = -1;
  if (!options.log_path.empty()) {
    log = ::open(options.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) {
      ::close(ends[1]);
      return fail_errno(errno, fmt::format("open '{}'", options.log_path));
    }
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become_server(options.program.c_str(), pointers.data(), ends[1], log, parent);
  const int fork_error = errno;
  ::close(ends[1]);
  if (log >= 0) ::close(log);
  if (pid_ < 0) return fail_errno(fork_error, "start the server process");
  process_descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (process_descriptor_ < 0) return fail_errno(errno, "watch the server process");
  return {};
}

Status ServerProcess::await_listening(const ServerProcessOptions& options) {
  const u64 deadline = SystemClock().monotonic_ns() + options.start_deadline_ms * kNsPerMs;
  while (true) {
    pollfd wanted = {output_, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, left_ms(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      return fail(ErrorCode::Timeout,
                  fmt::format("the server did not listen within {} ms", options.start_deadline_ms));
    }
    char bytes[4096];
    const ssize_t count = ::read(output_, bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      return fail(ErrorCode::Io, fmt::format("the server ended before it listened: {}",
                                             end_of_file(options.log_path)));
    }
    pending_output_.append(bytes, static_cast<usize>(count));
    if (take_listening_line()) return {};
    if (pending_output_.size() > kOutputKeptMax) {
      return fail(ErrorCode::Protocol, "the server writes much, but not that it is listening");
    }
  }
}

bool ServerProcess::take_listening_line() {
  usize end = 0;
  while ((end = pending_output_.find('\n')) != std::string::npos) {
    const std::string line = pending_output_.substr(0, end);
    pending_output_.erase(0, end + 1);
    const usize found = line.find(kListening);
    if (found == std::string::npos) continue;
    std::string_view address = std::string_view(line).substr(found + kListening.size());
    address = address.substr(0, address.find_first_of(" \r\t,"));
    const usize colon = address.rfind(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view digits = address.substr(colon + 1);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port_);
    if (parsed.ec != std::errc() || port_ == 0) continue;
    host_ = address.substr(0, colon);
    return true;
  }
  return false;
}

bool ServerProcess::running() const {
  if (pid_ <= 0) return false;
  pollfd wanted = {process_descriptor_, POLLIN, 0};
  return ::poll(&wanted, 1, 0) == 0;
}

bool ServerProcess::wait_for_exit(int timeout_ms) {
  if (process_descriptor_ >= 0) {
    pollfd wanted = {process_descriptor_, POLLIN, 0};
    int ready = 0;
    do {
      ready = ::poll(&wanted, 1, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) return false;
  }
  while (::waitpid(pid_, &exit_status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return true;
}

void ServerProcess::kill_now() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  CHECK(wait_for_exit(-1));
}

Status ServerProcess::stop(u64 deadline_ms) {
  if (pid_ <= 0) return {};
  ::kill(pid_, SIGTERM);
  if (!wait_for_exit(static_cast<int>(deadline_ms))) {
    kill_now();
    return fail(ErrorCode::Timeout,
                fmt::format("the server did not stop within {} ms of SIGTERM", deadline_ms));
  }
  if (WIFEXITED(exit_status_) && WEXITSTATUS(exit_status_) == 0) return {};
  if (WIFEXITED(exit_status_)) {
    return fail(ErrorCode::Io,
                fmt::format("the server ended with status {}", WEXITSTATUS(exit_status_)));
  }
  return fail(ErrorCode::Io,
              fmt::format("the server was ended by signal {}", WTERMSIG(exit_status_)));
}

Status start_and_kill(const ServerProcessOptions& options, u64 after_ms) {
  ServerProcessOptions hurried = options;
  hurried.start_deadline_ms = after_ms;
  auto server = ServerProcess::start(hurried);
  if (!server && server.error().code != ErrorCode::Timeout) {
    return tl::unexpected<Error>(std::move(server).error());
  }
  if (server) (*server)->kill_now();
  return {};
}

}  // namespace florin::cli
