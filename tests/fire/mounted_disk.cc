// Two pipes to the child; the end of one of them is its end.
#include "tests/fire/mounted_disk.h"

#include <cerrno>
#include <csignal>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace florin::test {

namespace {

constexpr int kAnswerMs = 20'000;

DiskStatus parse(const std::string& line) {
  std::map<std::string, u64> fields;
  std::istringstream words(line);
  std::string word;
  while (words >> word) {
    const usize equals = word.find('=');
    if (equals != std::string::npos) {
      fields[word.substr(0, equals)] = std::stoull(word.substr(equals + 1));
    }
  }
  DiskStatus status;
  status.power = fields.at("power") != 0;
  status.operations = fields.at("operations");
  status.syncs = fields.at("syncs");
  status.faults = fields.at("faults");
  status.refused_for_space = fields.at("refused_for_space");
  status.used_bytes = fields.at("used_bytes");
  status.cuts = {fields.at("kept"),        fields.at("lost"),         fields.at("torn"),
                 fields.at("sizes_lost"),  fields.at("entries_kept"), fields.at("entries_lost"),
                 fields.at("in_snapshots")};
  return status;
}

}  // namespace

Result<std::unique_ptr<MountedDisk>> MountedDisk::mount(const std::string& directory) {
  int commands[2];
  int answers[2];
  if (::pipe2(commands, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  if (::pipe2(answers, O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  std::unique_ptr<MountedDisk> disk(new MountedDisk(directory));
  disk->commands_ = commands[1];
  disk->answers_ = answers[0];
  disk->pid_ = ::fork();
  if (disk->pid_ == 0) {
    ::dup2(commands[0], STDIN_FILENO);
    ::dup2(answers[1], STDOUT_FILENO);
    ::execl(POWER_DISK_PROGRAM, "power_disk", directory.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(commands[0]);
  ::close(answers[1]);
  if (disk->pid_ < 0) return fail_errno(errno, "start power_disk");
  const auto line = disk->read_line();
  RETURN_IF_ERROR(line);
  if (!line->starts_with("ok ")) return fail(ErrorCode::Unsupported, *line);
  return disk;
}

MountedDisk::~MountedDisk() {
  ::close(commands_);
  ::close(answers_);
  if (pid_ <= 0) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

Result<std::string> MountedDisk::read_line() {
  while (true) {
    const usize end = pending_.find('\n');
    if (end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    pollfd wanted = {answers_, POLLIN, 0};
    if (::poll(&wanted, 1, kAnswerMs) <= 0) {
      return fail(ErrorCode::Timeout, "power_disk does not answer");
    }
    char bytes[4096];
    const ssize_t count = ::read(answers_, bytes, sizeof bytes);
    if (count <= 0) return fail(ErrorCode::Io, "power_disk ended before it answered");
    pending_.append(bytes, static_cast<usize>(count));
  }
}

DiskStatus MountedDisk::ask(const std::string& command) {
  const std::string line = command + "\n";
  CHECK(::write(commands_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  const auto answer = read_line();
  CHECK(answer.has_value());
  CHECK(answer->starts_with("ok "));
  return parse(*answer);
}

}  // namespace florin::test
