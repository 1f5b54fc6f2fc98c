#include "tests/fire/fire_ledger.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/core.h>

#include "base/clock.h"

namespace florin::test {

std::string server_program() { return FLORIN_PROGRAM; }

namespace {

// The server may be about to die.
constexpr u64 kAccountsDeadlineMs = 1000;

cli::LoadOptions load_options(const FireOptions& options) {
  cli::LoadOptions load;
  load.seed = options.seed;
  load.full_disk_expected = options.full_disk_expected;
  load.early_end_expected = true;  // A planned end may come with the first write after the start.
  load.accounts = 64;
  load.connections = 4;
  load.transfers_max = 400'000;
  load.request_events_max = 16;
  load.deadline_ms = 200;
  return load;
}

// Looks every millisecond until it holds.
template <class Condition>
bool await(Condition condition, u64 deadline_ms) {
  const u64 deadline = SystemClock().monotonic_ns() + deadline_ms * kNsPerMs;
  while (!condition()) {
    if (SystemClock().monotonic_ns() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

FireLedger::FireLedger(const FireOptions& options)
    : options_(options), random_(options.seed), load_(load_options(options)) {
  process_.program = options.program;
  process_.data_directory = options.data_directory;
  process_.log_path = options.log_path;
  process_.arguments = {"--accounts-max", "1000",          "--transfers-max",
                        "500000",         "--segment-mib", "2"};
  process_.arguments.insert(process_.arguments.end(), options.arguments.begin(),
                            options.arguments.end());
}

Status FireLedger::start() { return start_with({}); }

Status FireLedger::start_with(const std::vector<std::string>& arguments) {
  server_.reset();
  cli::ServerProcessOptions process = process_;
  process.arguments.insert(process.arguments.end(), arguments.begin(), arguments.end());
  auto server = cli::ServerProcess::start(process);
  if (!server) return tl::unexpected<Error>(std::move(server).error());
  server_ = std::move(*server);
  if (accounts_created_) return {};
  auto client = connect(kAccountsDeadlineMs);
  if (!client) return fail(client.error().code, client.error().message);
  RETURN_IF_ERROR(load_.create_accounts(*client));
  accounts_created_ = true;
  return {};
}

client::Answer<client::Client> FireLedger::connect(u64 deadline_ms) {
  return client::Client::connect(cli::client_options(server_->host(), server_->port(), deadline_ms),
                                 Random(random_.next()));
}

bool FireLedger::await_acknowledged(u64 acknowledged, u64 deadline_ms) {
  const u64 wanted = load_.acknowledged() + acknowledged;
  return await([&] { return load_.acknowledged() >= wanted || !running(); }, deadline_ms) &&
         load_.acknowledged() >= wanted;
}

bool FireLedger::await_exit(u64 deadline_ms) {
  return await([&] { return !running(); }, deadline_ms);
}

void FireLedger::end_load() {
  if (server_ != nullptr) server_->kill_now();
  load_.stop();
}

Status FireLedger::verify(cli::VerificationScope scope) {
  auto client = connect();
  if (!client) return fail(client.error().code, client.error().message);
  const auto figures = cli::verify(load_, *client, scope, random_);
  if (!figures) return tl::unexpected<Error>(figures.error());
  return {};
}

std::string FireLedger::report() {
  std::string text = fmt::format("seed {}\n", options_.seed);
  for (const std::string& problem : load_.problems().first()) text += problem + "\n";
  const std::string log = text_of_file(process_.log_path);
  constexpr usize kShown = 3000;
  return text + (log.size() > kShown ? log.substr(log.size() - kShown) : log);
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void FireFigures::print() const {
  fmt::print(
      "{}: {} ({} in recovery, {} in snapshots) of {} ledgers with {} acknowledged transfers; {} "
      "problems",
      what, crashes, in_recovery, in_snapshots, ledgers, acknowledged, problems);
  if (problems == 0 && crashes != 0) {
    fmt::print("; 95% bound on losses: {:.2f}% of crashes", 300.0 / static_cast<double>(crashes));
  }
  fmt::print("\n");
}

}  // namespace florin::test
