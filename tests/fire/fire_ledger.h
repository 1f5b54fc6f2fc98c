// A ledger under fire: a server process on a data directory, a recorded load on it, and after each
// crash the comparison of what is there with everything that was answered.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "cli/recorded_load.h"
#include "cli/recorded_verification.h"
#include "cli/server_process.h"

namespace florin::test {

// The program `florin`.
std::string server_program();

struct FireOptions {
  std::string program;  // `florin`, or a program that serves like it.
  std::string data_directory;
  std::string log_path;
  std::vector<std::string> arguments;  // Of `serve`, beside those that every ledger here has.
  u64 seed = 1;
  bool full_disk_expected = false;
};

class FireLedger {
 public:
  explicit FireLedger(const FireOptions& options);

  // Starts the server, or starts it again; the first time, creates the accounts of the load. The
  // error is what the server said instead of listening.
  Status start();
  // Starts it with these arguments added, once.
  Status start_with(const std::vector<std::string>& arguments);
  bool running() const { return server_ != nullptr && server_->running(); }
  cli::ServerProcess& server() { return *server_; }
  cli::ServerProcessOptions& process_options() { return process_; }

  void begin_load() { load_.start(server_->host(), server_->port()); }
  // Waits until `acknowledged` more transfers were answered, or the server is gone. False after
  // `deadline_ms`.
  bool await_acknowledged(u64 acknowledged, u64 deadline_ms = 20'000);
  // False after `deadline_ms`.
  bool await_exit(u64 deadline_ms);
  // Waits for the load's threads; the server stays as it is.
  void pause_load() { load_.stop(); }
  // Kills the server if it still runs, and waits for the load's threads.
  void end_load();

  // Looks at what the server has; everything that is wrong is added to `problems`.
  Status verify(cli::VerificationScope scope);
  // One more client, for questions of a test's own.
  client::Answer<client::Client> connect(u64 deadline_ms = 30'000);

  cli::RecordedLoad& load() { return load_; }
  u64 problems() { return load_.problems().count(); }
  // The problems in words, and the end of the server's log.
  std::string report();

 private:
  FireOptions options_;
  cli::ServerProcessOptions process_;
  Random random_;
  cli::RecordedLoad load_;
  std::unique_ptr<cli::ServerProcess> server_;
  bool accounts_created_ = false;
};

// Empty if there is no such file.
std::string text_of_file(const std::string& path);

// What a run of crashes comes to. `print` says how much the absence of losses proves: with none in
// n crashes, fewer than 3/n of them lose something, in 95 of 100 such runs.
struct FireFigures {
  std::string what;  // Such as "power cuts".
  u64 ledgers = 0;
  u64 crashes = 0;
  u64 in_recovery = 0;
  u64 in_snapshots = 0;
  u64 acknowledged = 0;  // Transfers.
  u64 problems = 0;

  void print() const;
};

}  // namespace florin::test
