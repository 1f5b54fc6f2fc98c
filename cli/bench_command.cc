// The options of `florin bench`, the server it starts, and where its report goes.
#include "cli/bench_command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/random.h"
#include "base/result.h"
#include "bench/load_options.h"
#include "bench/load_run.h"
#include "bench/report.h"
#include "bench/report_json.h"
#include "cli/command_output.h"
#include "cli/server_process.h"
#include "client/endpoint.h"

namespace florin::cli {
namespace {

constexpr int kExitLoss = 2;
constexpr u64 kServerStartMs = 600'000;  // Touching a large memory takes seconds per gigabyte.
constexpr u64 kServerStopMs = 60'000;
constexpr u32 kRunsMax = 1000;

struct BenchOptions {
  bench::LoadOptions load;
  std::string server;      // HOST:PORT, or empty for one of our own.
  std::string partitions;  // For our own server, as are the next four; empty = its default.
  std::string mode;
  std::string data;
  u64 id_window = 0;  // 0 = room for all transfers.
  std::vector<std::string> server_options;
  std::string json;
  u32 runs = 1;
};

// A directory of our own below another, removed with everything in it.
class TemporaryDirectory {
 public:
  static Result<std::unique_ptr<TemporaryDirectory>> make(const std::string& parent) {
    std::string path = parent + "/florin-bench-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
      return fail_errno(errno, fmt::format("make a directory below \"{}\"", parent));
    }
    return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(std::move(path)));
  }
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
    if (error) fmt::print(stderr, "cannot remove {}: {}\n", path_, error.message());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

std::string data_parent(const BenchOptions& options) {
  if (!options.data.empty()) return options.data;
  const char* configured = std::getenv("TMPDIR");
  return configured != nullptr && *configured != '\0' ? configured : ".";
}

// A thousand connections need more descriptors than the usual soft limit. The server inherits it.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

ServerProcessOptions server_options(const BenchOptions& options, const std::string& directory) {
  ServerProcessOptions server;
  server.data_directory = directory + "/data";
  server.log_path = directory + "/server.log";
  server.start_deadline_ms = kServerStartMs;
  const u64 window = options.id_window > 0 ? options.id_window : options.load.transfers;
  server.arguments = {"--accounts-max", std::to_string(options.load.workload.accounts),
                      "--id-window", std::to_string(window), "--touch-memory"};
  const auto add = [&server](const char* name, const std::string& value) {
    if (!value.empty()) server.arguments.insert(server.arguments.end(), {name, value});
  };
  if (const u64 limited = bench::limited_accounts(options.load.workload); limited > 0) {
    add("--account-updates-max", std::to_string(limited));
  }
  add("--partitions", options.partitions);
  add("--mode", options.mode);
  server.arguments.insert(server.arguments.end(), options.server_options.begin(),
                          options.server_options.end());
  return server;
}

// What the server wrote last, for when it is the cause.
tl::unexpected<Error> with_server_log(Error error, const std::string& log_path) {
  constexpr usize kShown = 2000;
  std::ifstream file(log_path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.size() > kShown) text.erase(0, text.size() - kShown);
  if (!text.empty()) error.message += "\nthe server wrote:\n" + text;
  return tl::unexpected(std::move(error));
}

Result<bench::Report> run_with_own_server(const BenchOptions& options) {
  const auto directory = TemporaryDirectory::make(data_parent(options));
  if (!directory) return tl::unexpected(directory.error());
  const ServerProcessOptions process = server_options(options, (*directory)->path());
  const auto server = ServerProcess::start(process);
  if (!server) return tl::unexpected(server.error());
  const bench::LoadTarget target{.host = (*server)->host(),
                                 .port = (*server)->port(),
                                 .server_pid = (*server)->pid(),
                                 .data_directory = (*directory)->path(),
                                 .exclusive = true};
  Result<bench::Report> report = bench::run_load(options.load, target);
  if (!report) return with_server_log(report.error(), process.log_path);
  if (const Status stopped = (*server)->stop(kServerStopMs); !stopped) {
    return with_server_log(stopped.error(), process.log_path);
  }
  report->notes.push_back("the server touched its memory before anything was timed");
  return report;
}

// Each run against a running server has a seed and a ledger of its own, so that it does not meet
// the accounts and transfers of another.
Result<bench::Report> run_with_given_server(const BenchOptions& options, u32 run) {
  const Result<client::HostPort> address = client::parse_host_port(options.server);
  RETURN_IF_ERROR(address);
  bench::LoadOptions load = options.load;
  load.workload.seed += run;
  load.workload.ledger = static_cast<u32>(load.workload.seed % 0xffff'fffe) + 1;
  const bench::LoadTarget target{.host = address->host,
                                 .port = address->port,
                                 .server_pid = {},
                                 .data_directory = {},
                                 .exclusive = false};
  return bench::run_load(load, target);
}

Status write_json(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
    return {};
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::Io, fmt::format("cannot write {}", path));
  return {};
}

int fail_bench(const Error& error) {
  fmt::print(stderr, "florin bench: {}\n", error.message);
  return kExitFailed;
}

Status check_options(const BenchOptions& options) {
  if (options.runs > 1 && !options.load.timeline.empty()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("a timeline is that of one run; {} were asked for", options.runs));
  }
  return bench::check_load(options.load);
}

int run_bench(const BenchOptions& options) {
  if (const Status possible = check_options(options); !possible) {
    return fail_bench(possible.error());
  }
  raise_descriptor_limit();
  std::vector<bench::Report> runs;
  for (u32 run = 0; run < options.runs; ++run) {
    Result<bench::Report> report =
        options.server.empty() ? run_with_own_server(options) : run_with_given_server(options, run);
    if (!report) return fail_bench(report.error());
    if (options.runs > 1) {
      fmt::print(stderr, "run {} of {}: {} transfers/s\n", run + 1, options.runs,
                 bench::number_text(report->figures.front().value));
    }
    runs.push_back(std::move(*report));
  }
  bench::Report result = bench::median_of(runs);
  if (options.runs > 1) {
    result.notes.push_back(fmt::format("each figure is the median of {} runs", options.runs));
  }
  if (options.json != "-") fmt::print("{}", bench::to_table(result));
  if (!options.json.empty()) {
    if (const Status written = write_json(options.json, bench::to_json(result, runs)); !written) {
      return fail_bench(written.error());
    }
  }
  if (result.problems.empty()) return 0;
  fmt::print(stderr, "florin bench: THE SERVER LOST OR CHANGED WHAT IT HAD ACCEPTED\n");
  return kExitLoss;
}

void add_workload_options(CLI::App& command, bench::WorkloadOptions& workload) {
  using bench::Distribution;
  using bench::IdOrder;
  using bench::WorkloadKind;
  const std::map<std::string, WorkloadKind> kinds = {{"plain", WorkloadKind::Plain},
                                                     {"holds", WorkloadKind::Holds},
                                                     {"chains", WorkloadKind::Chains},
                                                     {"limits", WorkloadKind::Limits},
                                                     {"mixed", WorkloadKind::Mixed}};
  const std::map<std::string, Distribution> distributions = {
      {"uniform", Distribution::Uniform}, {"zipf", Distribution::Zipf}, {"hot", Distribution::Hot}};
  const std::map<std::string, IdOrder> orders = {{"sequential", IdOrder::Sequential},
                                                 {"random", IdOrder::Random}};
  command
      .add_option("--workload", workload.kind,
                  "What the transfers are: plain; holds (half of them hold, half post what is on "
                  "hold); chains (linked by two, three and four; needs --batch 4 or more); limits "
                  "(plain, between accounts with limits, a million at most); or mixed")
      ->transform(CLI::CheckedTransformer(kinds).description(""))
      ->type_name("plain|holds|chains|limits|mixed");
  command.add_option("--accounts", workload.accounts, "Accounts to create")
      ->check(CLI::Range(u64{2}, u64{0xffff'ffff}))
      ->capture_default_str();
  command
      .add_option("--distribution", workload.distribution,
                  "Which accounts take part: uniform, zipf, or hot (one in every transfer)")
      ->transform(CLI::CheckedTransformer(distributions).description(""))
      ->type_name("uniform|zipf|hot");
  command.add_option("--zipf-theta", workload.zipf_theta, "Exponent of Zipf's law")
      ->check(CLI::Range(0.0, 5.0))
      ->capture_default_str();
  command.add_option("--id-order", workload.id_order, "Transfer ids: sequential or random")
      ->transform(CLI::CheckedTransformer(orders).description(""))
      ->type_name("sequential|random");
  command.add_option("--seed", workload.seed,
                     "Determines the accounts and transfers; drawn at random when not given");
}

void add_load_options(CLI::App& command, bench::LoadOptions& load) {
  command.add_option("--transfers", load.transfers, "Transfers to make")
      ->check(CLI::Range(u64{1}, u64{1} << 48))
      ->capture_default_str();
  command.add_option("--batch", load.batch, "Transfers in a request")
      ->check(CLI::Range(1u, ledger::kRequestEventsMax))
      ->capture_default_str();
  command.add_option("--clients", load.connections, "Connections")
      ->check(CLI::Range(1u, bench::kConnectionsMax))
      ->capture_default_str();
  command.add_option("--in-flight", load.in_flight, "Requests in flight per connection")
      ->check(CLI::Range(1u, bench::kInFlightMax))
      ->capture_default_str();
  command
      .add_option("--rate", load.rate,
                  "Transfers a second, sent at even intervals whatever the answers do (open loop); "
                  "0 sends as fast as answers come")
      ->check(CLI::Range(u64{0}, u64{1'000'000'000}))
      ->capture_default_str();
}

void add_observation_options(CLI::App& command, bench::LoadOptions& load) {
  command
      .add_option("--singles", load.singles,
                  "Clients beside the others, each with one transfer a request and one request in "
                  "flight, with latencies of their own in the report")
      ->check(CLI::Range(u32{0}, bench::kConnectionsMax))
      ->capture_default_str();
  command
      .add_option("--singles-alone", load.singles_alone,
                  "So many of the transfers are made by the singles alone, before the others begin")
      ->capture_default_str();
  command.add_option("--timeline", load.timeline,
                     "Write to this file, for each 10 ms, what was answered and with which "
                     "latency, as CSV");
  command
      .add_option("--snapshot-at", load.snapshot_at,
                  "Ask the server for a snapshot so many seconds after the load began")
      ->check(CLI::Range(0.0, 1e6));
}

void add_server_options(CLI::App& command, BenchOptions& options) {
  auto* server = command.add_option("--server", options.server,
                                    "HOST:PORT of a running server; otherwise one is started");
  const auto own = [&](CLI::Option* option) { option->excludes(server); };
  own(command.add_option("--partitions", options.partitions, "Partitions of the started server"));
  own(command.add_option("--mode", options.mode, "Mode of the started server"));
  own(command.add_option("--data", options.data,
                         "Where the started server's temporary directory is made; by default "
                         "$TMPDIR or the current directory"));
  own(command.add_option("--id-window", options.id_window,
                         "Transfers that the started server keeps in memory; 0 = all"));
  own(command.add_option("--server-option", options.server_options,
                         "Passed to `florin serve`, as in --server-option=--name=value; may be "
                         "repeated"));
}

}  // namespace

void add_bench_command(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("bench", "Load a server, measure it, and check that nothing was lost");
  const auto options = std::make_shared<BenchOptions>();
  options->load.workload.seed = entropy_seed() >> 1;
  options->load.show_progress = isatty(STDERR_FILENO) == 1;
  add_workload_options(*command, options->load.workload);
  add_load_options(*command, options->load);
  add_observation_options(*command, options->load);
  add_server_options(*command, *options);
  command->add_option("--json", options->json, "Also write the report to this file; - is stdout");
  command->add_option("--runs", options->runs, "Runs; the report has each figure's median")
      ->check(CLI::Range(1u, kRunsMax))
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = run_bench(*options); });
}

}  // namespace florin::cli
