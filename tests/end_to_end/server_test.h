// What tests of the whole program share: a directory and a server of their own, and the program run
// as a shell runs it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/types.h"
#include "cli/server_process.h"
#include "cli/work_directory.h"
#include "client/client.h"
#include "tests/support/owned_request.h"

namespace florin::test {

using Arguments = std::vector<std::string>;

// How a program ended, and what it wrote to stdout and stderr.
struct Ran {
  int status = -1;  // Exit status; -1 when a signal ended it.
  std::string output;
};

// The value, or an exception with the error's message, which fails the test that runs.
template <class Expected>
auto must(Expected expected) {
  if (!expected) throw std::runtime_error(expected.error().message);
  if constexpr (!std::is_void_v<typename Expected::value_type>) return std::move(*expected);
}

// Waits until the condition holds; false when it does not come to hold within the deadline.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds deadline = std::chrono::seconds(30));

// From one account to the other in ledger 1, code 1.
ledger::Transfer transfer(u64 id, u64 debit_account, u64 credit_account, u64 amount);
// Accounts 1 and 2, as `transfer` wants them.
void create_two_accounts(client::Client& client);

class ServerTest : public ::testing::Test {
 protected:
  ServerTest();

  // A server on this test's data directory, small unless `arguments` say otherwise. Ends the one
  // that ran before, if any, with SIGKILL.
  void start(const Arguments& arguments = {});
  // Ends the server with SIGTERM; it must end well.
  void stop();
  cli::ServerProcess& server() { return *server_; }
  client::Client connect();
  client::Client connect(std::chrono::milliseconds deadline);
  // A ping and a look-up are answered.
  void expect_healthy();

  std::string directory() const { return directory_->path(); }
  std::string data() const { return directory_->path() + "/data"; }
  // Everything that servers of `start` have written to stderr.
  std::string server_log() const;

  // Runs `florin WORDS` with a shell, which splits the words; ends it after the deadline.
  Ran florin(const std::string& words,
             std::chrono::seconds deadline = std::chrono::seconds(60)) const;
  // A server that cannot start: what it says. It must end with status 1 and name `culprit`.
  std::string refused_start(const std::string& words, const std::string& culprit) const;

 private:
  std::unique_ptr<cli::WorkDirectory> directory_;
  std::unique_ptr<cli::ServerProcess> server_;
};

// Runs a shell command; stderr goes where stdout goes.
Ran run_shell(const std::string& command);

}  // namespace florin::test
