// Another program that a test starts, and ends by its pid.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"

namespace florin::test {

class ChildProcess {
 public:
  // Starts the program. Its output is thrown away, but for what `read_line` gives.
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of its output, without its end; empty when it ended, or said nothing for 30 s.
  std::string read_line();
  // Writes a line to its input.
  void write_line(const std::string& line);
  // SIGKILL, and waits until it is gone.
  void kill();
  // Waits until it ended by itself, within the time. Its status as waitpid tells it; -1: it runs.
  int wait(u64 ms);
  bool running() { return wait(0) == -1; }
  int pid() const { return pid_; }

 private:
  int pid_ = -1;
  int status_ = -1;
  int output_ = -1;
  int input_ = -1;
  std::string read_;
};

}  // namespace florin::test
