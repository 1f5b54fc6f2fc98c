// A server of our own: a child process that serves a data directory on a loopback port of its
// choice. For demonstrations, crash tests and benchmarks. Nothing outlives the object: its
// destructor kills the child, and the child is killed when this process dies.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/types.h"

namespace florin::cli {

struct ServerProcessOptions {
  std::string program = "/proc/self/exe";  // This very binary.
  std::string data_directory;
  std::vector<std::string> arguments;  // Passed on to `serve`.
  std::string log_path;                // Where its stderr is appended; empty = ours.
  u64 start_deadline_ms = 60'000;      // Recovery included.
};

// Owned by the thread that started it, which must outlive it: the child dies with that thread.
class ServerProcess {
 public:
  // Returns when the server says that it is listening. An error tells the end of what it wrote.
  static Result<std::unique_ptr<ServerProcess>> start(const ServerProcessOptions& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& host() const { return host_; }
  u16 port() const { return port_; }
  pid_t pid() const { return pid_; }
  bool running() const;
  // From the start of the process until it listened: what recovery cost.
  u64 start_ns() const { return start_ns_; }

  // SIGKILL: the process gets no chance to write, flush or say anything. Waits until it is gone.
  void kill_now();
  // SIGTERM, then waits; after the deadline, SIGKILL and an error. An exit code other than 0 is an
  // error too.
  Status stop(u64 deadline_ms);

 private:
  ServerProcess() = default;
  Status spawn(const ServerProcessOptions& options);
  Status await_listening(const ServerProcessOptions& options);
  bool take_listening_line();
  bool wait_for_exit(int timeout_ms);

  pid_t pid_ = -1;
  int process_descriptor_ = -1;
  int output_ = -1;  // The read end of the child's stdout.
  int exit_status_ = 0;
  std::string pending_output_;
  std::string host_;
  u16 port_ = 0;
  u64 start_ns_ = 0;
};

// Starts a server and kills it `after_ms` later, whether or not it has come to listen by then: a
// crash in the middle of recovery.
Status start_and_kill(const ServerProcessOptions& options, u64 after_ms);

}  // namespace florin::cli
