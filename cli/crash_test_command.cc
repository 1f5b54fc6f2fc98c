// Rounds of: load, SIGKILL at a random moment, restart, comparison with the record.
#include "cli/crash_test_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "cli/command_output.h"
#include "cli/recorded_load.h"
#include "cli/recorded_verification.h"
#include "cli/server_process.h"
#include "cli/table.h"
#include "cli/value_text.h"
#include "cli/work_directory.h"

namespace florin::cli {

namespace {

constexpr u64 kVerifyDeadlineMs = 30'000;

struct CrashTestOptions {
  std::string data;
  u32 rounds = 20;
  double seconds = 2;
  u64 seed = 0;
  u32 connections = 6;
  u32 accounts = 200;
  u64 transfers_max = 4'000'000;
  std::vector<std::string> server_options;
};

LoadOptions load_options(const CrashTestOptions& options) {
  LoadOptions load;
  load.seed = options.seed;
  load.accounts = options.accounts;
  load.connections = options.connections;
  load.transfers_max = options.transfers_max;
  return load;
}

class CrashTest {
 public:
  CrashTest(const CrashTestOptions& options, const WorkDirectory& directory)
      : options_(options), random_(options.seed), load_(load_options(options)) {
    server_options_.data_directory = directory.path() + "/data";
    server_options_.log_path = directory.path() + "/server.log";
    server_options_.arguments = options.server_options;
  }

  // An error means that the test could not be carried on; what the server did wrong is counted.
  Status run();
  const Problems& problems() { return load_.problems(); }

 private:
  Status start_server();
  Status run_round(u32 round);
  void wait_for_the_moment();
  Result<bool> crash_while_recovering();
  Result<VerificationFigures> verify_all(VerificationScope scope);
  void report(u32 round, u64 sent, bool twice, const VerificationFigures& figures);
  client::Answer<client::Client> connect();

  const CrashTestOptions& options_;
  Random random_;
  RecordedLoad load_;
  ServerProcessOptions server_options_;
  std::unique_ptr<ServerProcess> server_;
  u32 idle_rounds_ = 0;  // Rounds in which nothing was acknowledged.
};

client::Answer<client::Client> CrashTest::connect() {
  return client::Client::connect(
      client_options(server_->host(), server_->port(), kVerifyDeadlineMs), Random(random_.next()));
}

Status CrashTest::start_server() {
  server_.reset();
  auto server = ServerProcess::start(server_options_);
  if (!server) return tl::unexpected<Error>(std::move(server).error());
  server_ = std::move(*server);
  return {};
}

void CrashTest::wait_for_the_moment() {
  const u64 longest_ms = static_cast<u64>(options_.seconds * 1000);
  const u64 wait_ms = random_.between(longest_ms / 20, longest_ms);
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
}

// Sometimes the next start is killed too, in the middle of reading the log.
Result<bool> CrashTest::crash_while_recovering() {
  if (!random_.chance(1, 3)) return false;
  RETURN_IF_ERROR(start_and_kill(server_options_, random_.between(1, 60)));
  return true;
}

Result<VerificationFigures> CrashTest::verify_all(VerificationScope scope) {
  auto client = connect();
  if (!client) return fail(client.error().code, client.error().message);
  return verify(load_, *client, scope, random_);
}

void CrashTest::report(u32 round, u64 sent, bool twice, const VerificationFigures& figures) {
  print(fmt::format("{:>5}  {:>12}  {:>10}  {:>6}  {:>6}  {:>8}  {:>12}  {:>5}  {:>8}\n", round,
                    with_thousands(u128{sent}), with_thousands(u128{figures.transfers_checked}),
                    figures.requests_found, figures.requests_absent, figures.requests_retried,
                    fmt::format("{:.1f}", static_cast<double>(server_->start_ns()) /
                                              static_cast<double>(kNsPerMs)),
                    twice ? "yes" : "", load_.problems().count()));
}

Status CrashTest::run_round(u32 round) {
  const u64 before = load_.acknowledged();
  load_.start(server_->host(), server_->port());
  wait_for_the_moment();
  const bool died_alone = !server_->running();
  server_->kill_now();
  load_.stop();
  if (died_alone) return fail(ErrorCode::Io, "the server ended by itself under load");

  const auto twice = crash_while_recovering();
  if (!twice) return tl::unexpected<Error>(twice.error());
  RETURN_IF_ERROR(start_server());
  const bool last = round == options_.rounds;
  const auto figures = verify_all(last ? VerificationScope::All : VerificationScope::Recent);
  if (!figures) return tl::unexpected<Error>(figures.error());
  const u64 acknowledged = load_.acknowledged() - before;
  if (acknowledged == 0) ++idle_rounds_;
  report(round, acknowledged, *twice, *figures);
  return {};
}

Status CrashTest::run() {
  RETURN_IF_ERROR(start_server());
  auto client = connect();
  if (!client) return fail(client.error().code, client.error().message);
  RETURN_IF_ERROR(load_.create_accounts(*client));
  print(fmt::format("{:>5}  {:>12}  {:>10}  {:>6}  {:>6}  {:>8}  {:>12}  {:>5}  {:>8}\n", "round",
                    "acknowledged", "looked up", "found", "absent", "retried", "recovery ms",
                    "twice", "problems"));
  for (u32 round = 1; round <= options_.rounds && load_.problems().count() == 0; ++round) {
    RETURN_IF_ERROR(run_round(round));
  }
  RETURN_IF_ERROR(server_->stop(kVerifyDeadlineMs));
  if (idle_rounds_ * 2 > options_.rounds) {
    return fail(ErrorCode::Capacity,
                fmt::format("{} of {} rounds acknowledged nothing, which proves nothing; is the "
                            "server's --transfers-max used up?",
                            idle_rounds_, options_.rounds));
  }
  return {};
}

int report_end(CrashTest& test, const Status& status, WorkDirectory& directory, u64 seed) {
  const Colour colour = colour_for(STDOUT_FILENO);
  if (!status) print(fmt::format("cannot go on: {}\n", status.error().message));
  for (const std::string& problem : test.problems().first()) print(fmt::format("  {}\n", problem));
  if (status && test.problems().count() == 0) {
    print(toned(colour, Tone::Good, "PASS") + ": nothing that was acknowledged was lost\n");
    return 0;
  }
  directory.keep();
  print(fmt::format("{}: {} problems; seed {}; data and server log kept in {}\n",
                    toned(colour, Tone::Bad, "FAIL"), test.problems().count(), seed,
                    directory.path()));
  return 1;
}

int run_crash_test(CrashTestOptions options) {
  if (options.seed == 0) options.seed = entropy_seed();
  auto directory = WorkDirectory::make(options.data);
  if (!directory) {
    print(fmt::format("florin crash-test: {}\n", directory.error().message));
    return 1;
  }
  print(fmt::format(
      "crash test: {} rounds, seed {}, {} connections, data in {}\n"
      "Each round kills the server (SIGKILL) at a random moment within {} s of load, restarts it\n"
      "and compares what it has with every answer it gave. This ends a process; it is not a power\n"
      "cut: what the operating system has taken survives.\n"
      "found / absent: unanswered requests that had happened whole / not at all. twice: the\n"
      "restart was killed too.\n\n",
      options.rounds, options.seed, options.connections, (*directory)->path(), options.seconds));
  CrashTest test(options, **directory);
  const Status status = test.run();
  return report_end(test, status, **directory, options.seed);
}

}  // namespace

void add_crash_test_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<CrashTestOptions>();
  CLI::App* command = app.add_subcommand(
      "crash-test", "Kill a loaded server again and again; check that nothing was lost.");
  command->add_option("--data", options->data,
                      "New or empty directory, kept afterwards (default: a temporary one)");
  command->add_option("--rounds", options->rounds, "How often to kill it")->capture_default_str();
  command->add_option("--seconds", options->seconds, "Longest load before a kill")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of everything random (default: from the system)");
  command->add_option("--connections", options->connections, "How many send at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("--accounts", options->accounts, "How many accounts to move money between")
      ->check(CLI::Range(8, 8000))
      ->capture_default_str();
  command
      ->add_option("--transfers-max", options->transfers_max, "How many transfers to send at most")
      ->capture_default_str();
  command
      ->add_option("--server-option", options->server_options,
                   "Passed on to `florin serve`; can be repeated")
      ->allow_extra_args(false);
  command->callback([options, &exit_code] { exit_code = run_crash_test(*options); });
}

}  // namespace florin::cli
