#include "tests/end_to_end/server_test.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

#include <sys/wait.h>

namespace florin::test {

namespace {

constexpr u64 kStopDeadlineMs = 30'000;
const Arguments kSmall = {"--accounts-max", "2000",          "--transfers-max",
                          "400000",         "--segment-mib", "4"};

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

ledger::Transfer transfer(u64 id, u64 debit_account, u64 credit_account, u64 amount) {
  ledger::Transfer made{};
  made.id = id;
  made.debit_account_id = debit_account;
  made.credit_account_id = credit_account;
  made.amount = amount;
  made.ledger = 1;
  made.code = 1;
  return made;
}

void create_two_accounts(client::Client& client) {
  const ledger::Account accounts[] = {simple_account(1), simple_account(2)};
  const client::AccountResults answer = must(client.create_accounts(accounts));
  for (const client::AccountResult& result : answer.results) {
    EXPECT_EQ(result.outcome, ledger::AccountOutcome::Created);
  }
}

ServerTest::ServerTest() : directory_(must(cli::WorkDirectory::make(""))) {}

void ServerTest::start(const Arguments& arguments) {
  server_.reset();
  cli::ServerProcessOptions options;
  options.program = FLORIN_PROGRAM;
  options.data_directory = data();
  options.log_path = directory() + "/server.log";
  options.arguments = kSmall;
  // The last of several values of an option would be an error: ours give way.
  for (usize index = 0; index + 1 < options.arguments.size();) {
    const bool given =
        std::find(arguments.begin(), arguments.end(), options.arguments[index]) != arguments.end();
    const auto at = options.arguments.begin() + static_cast<std::ptrdiff_t>(index);
    if (given) options.arguments.erase(at, at + 2);
    if (!given) index += 2;
  }
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  server_ = must(cli::ServerProcess::start(options));
}

void ServerTest::stop() { must(server_->stop(kStopDeadlineMs)); }

client::Client ServerTest::connect() { return connect(std::chrono::seconds(30)); }

client::Client ServerTest::connect(std::chrono::milliseconds deadline) {
  client::ClientOptions options;
  options.host = server_->host();
  options.port = server_->port();
  options.connect_deadline = std::chrono::seconds(10);
  options.deadline = deadline;
  return must(client::Client::connect(options, Random(options.port)));
}

void ServerTest::expect_healthy() {
  ASSERT_TRUE(server_->running());
  client::Client client = connect();
  EXPECT_FALSE(must(client.ping()).version.empty());
  const u128 ids[] = {1};
  EXPECT_EQ(must(client.lookup_accounts(ids)).accounts.size(), 1u);
}

std::string ServerTest::server_log() const {
  std::ifstream file(directory() + "/server.log", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Ran ServerTest::florin(const std::string& words, std::chrono::seconds deadline) const {
  return run_shell("timeout " + std::to_string(deadline.count()) + " '" FLORIN_PROGRAM "' " +
                   words);
}

std::string ServerTest::refused_start(const std::string& words, const std::string& culprit) const {
  const Ran ran = florin("serve --data '" + data() + "' --listen 127.0.0.1:0 " + words);
  EXPECT_EQ(ran.status, 1) << words << ": " << ran.output;
  EXPECT_NE(ran.output.find(culprit), std::string::npos) << words << ": " << ran.output;
  EXPECT_EQ(ran.output.find("listening on"), std::string::npos) << words << ": " << ran.output;
  return ran.output;
}

Ran run_shell(const std::string& command) {
  Ran ran;
  std::FILE* pipe = ::popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run a shell");
  char bytes[4096];
  usize count = 0;
  while ((count = std::fread(bytes, 1, sizeof(bytes), pipe)) > 0) ran.output.append(bytes, count);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace florin::test
