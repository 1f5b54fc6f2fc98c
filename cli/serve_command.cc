#include "cli/serve_command.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "cli/command_output.h"
#include "cli/machine.h"
#include "cli/service.h"
#include "cli/service_options.h"
#include "cli/service_reports.h"
#include "net/address.h"

namespace florin::cli {

namespace {

constexpr int kExitLogFailed = 2;

// The signal handler's only way to the service: the one global, as a handler has no argument.
std::atomic<Service*> g_service{nullptr};

void handle_stop_signal(int) {
  Service* service = g_service.load(std::memory_order_acquire);
  if (service != nullptr) service->request_stop();
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = handle_stop_signal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

Status split_address(const std::string& text, ServiceOptions& options) {
  const usize colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoul(port) > 65'535 || colon == 0) {
    return fail(ErrorCode::InvalidArgument, "--listen is '" + text +
                                                "'; expected HOST:PORT, such as 127.0.0.1:7717 "
                                                "(port 0 = any free one)");
  }
  options.host = text.substr(0, colon);
  if (options.host.front() == '[' && options.host.back() == ']') {
    options.host = options.host.substr(1, options.host.size() - 2);
  }
  options.port = static_cast<u16>(std::stoul(port));
  if (net::is_loopback(options.host)) return {};
  return fail(ErrorCode::InvalidArgument,
              "--listen host '" + options.host +
                  "' can be reached from other machines, and this version has neither TLS nor "
                  "authentication; listen on 127.0.0.1 and put a tunnel before it");
}

void report_start(const Service& service, const ServiceOptions& options, const Topology& topology) {
  constexpr double kGiBytes = static_cast<double>(kGiB);
  if (service.directory().is_new()) {
    spdlog::info("new ledger in {}", options.data_directory);
  } else {
    report_recovered(service.recovered());
  }
  spdlog::info("log: {}", service.storage_description());
  report_snapshot_plan(options);
  const u64 planned = planned_memory_bytes(options.limits, topology.partitions);
  spdlog::info("capacity: {} accounts, {} transfers in memory{}; {:.1f} GiB when full",
               options.limits.accounts_max, options.limits.transfers_max,
               options.no_history ? " and no more, as there is no history" : "",
               static_cast<double>(planned) / kGiBytes);
  if (!options.export_directory.empty()) {
    spdlog::info("export: {} files in {}{}", options.export_format, options.export_directory,
                 options.export_refusals ? ", with refused transfers" : "");
  }
}

std::string topology_text(const Topology& topology) {
  if (topology.workers == 0) {
    return "execution inline, " + std::to_string(topology.partitions) + " partition(s), " +
           std::to_string(topology.threads()) + " thread(s)";
  }
  return "execution by " + std::to_string(topology.workers) + " workers, " +
         std::to_string(topology.threads()) + " threads" +
         (topology.pinned.empty() ? "" : ", pinned");
}

int serve(ServiceOptions options, const std::string& listen, StorageFactory storage_factory) {
  const auto refuse = [](const Error& error) {
    spdlog::error("{}", error.message);
    return kExitFailed;
  };
  if (const Status address = split_address(listen, options); !address) {
    return refuse(address.error());
  }
  if (const Status capacities = choose_capacities(options, memory_bytes()); !capacities) {
    return refuse(capacities.error());
  }
  if (const Status snapshots = choose_snapshots(options); !snapshots) {
    return refuse(snapshots.error());
  }
  if (const Status history = check_history_options(options); !history) {
    return refuse(history.error());
  }
  const auto topology = choose_topology(options, allowed_processors());
  if (!topology) return refuse(topology.error());
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // A file that may not grow is an error of the write, not our end.
  auto service = Service::open(options, *topology, std::move(storage_factory));
  if (!service) return refuse(service.error());
  // Until here a signal ends the process at once, which is as safe as any crash.
  g_service.store(service->get(), std::memory_order_release);
  install_signal_handlers();
  report_start(**service, options, *topology);
  spdlog::info("{}", topology_text(*topology));
  std::printf("listening on %s:%u\n", (*service)->host().c_str(), (*service)->port());
  std::fflush(stdout);
  const Status served = (*service)->run();
  g_service.store(nullptr, std::memory_order_release);
  if (!served) {
    spdlog::critical("{}; stopped at once: what was not durable was not answered",
                     served.error().message);
    spdlog::default_logger()->flush();
    std::_Exit(kExitLogFailed);  // Nothing may be answered any more, destructors included.
  }
  spdlog::info("stopped: all answers are out, the log is synced, position {}",
               (*service)->position().value);
  return 0;
}

void add_snapshot_options(CLI::App& command, ServiceOptions& options) {
  command
      .add_option("--snapshot-log-mib", options.snapshot_log_mib,
                  "Take a snapshot after so many MiB of log")
      ->capture_default_str();
  command
      .add_option("--snapshot-interval", options.snapshot_interval_s,
                  "... or so many seconds after the last one, if anything was logged; 0 = never")
      ->capture_default_str();
  command
      .add_option("--snapshot-rate-mib", options.snapshot_rate_mib,
                  "Write snapshots at so many MiB a second; 0 = as fast as the disk takes them")
      ->capture_default_str();
  command.add_flag("--no-snapshot-at-stop", options.no_snapshot_at_stop,
                   "Stop without a snapshot: faster, and the next start reads more of the log");
  command.add_flag("--archive", options.archive,
                   "Keep the whole log; otherwise what the two newest snapshots do not need is "
                   "written over");
  command
      .add_option("--witness", options.witness_file,
                  "Serve only if the log has what this file tells, made by florin client witness")
      ->type_name("FILE");
}

void add_history_options(CLI::App& command, ServiceOptions& options) {
  command.add_flag("--no-history", options.no_history,
                   "Keep no history: the past cannot be asked, and memory bounds how many "
                   "transfers there can ever be");
  command
      .add_option("--history-cache-mib", options.history_cache_mib,
                  "Memory for what history reads from its disk, in MiB")
      ->capture_default_str();
  command
      .add_option("--export", options.export_directory,
                  "Export every change into dated files in this directory")
      ->type_name("DIR");
  command
      .add_option("--sinks", options.sinks_file,
                  "Databases, message buses and alerts to feed, in a TOML file: see docs/sinks.md")
      ->type_name("FILE");
  command.add_option("--export-format", options.export_format, "ndjson or csv")
      ->capture_default_str();
  command
      .add_option("--export-file-mib", options.export_file_mib,
                  "Close an exported file when it has so many MiB of text")
      ->capture_default_str();
  command.add_flag("--export-refusals", options.export_refusals,
                   "Export refused transfers too, each with its reason");
}

void add_options(CLI::App& command, ServiceOptions& options, std::string& listen) {
  command.add_option("--data", options.data_directory, "Data directory; made if missing")
      ->required()
      ->type_name("DIR");
  command.add_option("--listen", listen, "Address to serve at; port 0 = any free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  command.add_option("--accounts-max", options.accounts_max,
                     "Accounts the ledger can hold; 0 = from the machine's memory");
  command.add_option("--id-window,--transfers-max", options.transfers_max,
                     "Transfers kept in memory, the newest; older ones are in history. Without "
                     "history, all there can be. 0 = from the machine's memory");
  command
      .add_option("--account-updates-max", options.limits.account_updates_max,
                  "Updates of accounts it can remember")
      ->capture_default_str();
  command.add_option("--partitions", options.partitions,
                     "Account partitions, a worker thread each; 0 = from the processors");
  command
      .add_option("--mode", options.mode,
                  "Execution: auto, inline (one thread) or parallel (workers)")
      ->capture_default_str();
  command.add_option("--net-threads", options.net_threads,
                     "Network threads beside the core; 0 = from the processors");
  command
      .add_option("--connections-max", options.limits.connections_max,
                  "Most connections, shared evenly among the network threads")
      ->capture_default_str();
  command
      .add_option("--segment-mib", options.segment_mib,
                  "Size of log segments in MiB, for a new data directory")
      ->capture_default_str();
  command.add_option("--storage", options.storage, "How to write: auto, io_uring or posix")
      ->capture_default_str();
  command
      .add_option("--durability", options.durability,
                  "How a write is made durable: fdatasync (linked) or dsync (RWF_DSYNC)")
      ->capture_default_str();
  add_snapshot_options(command, options);
  add_history_options(command, options);
  command.add_flag("--touch-memory", options.touch_memory,
                   "Make all memory present before serving");
}

}  // namespace

void add_serve_command(CLI::App& app, int& exit_code, StorageFactory storage_factory) {
  auto options = std::make_shared<ServiceOptions>();
  auto listen = std::make_shared<std::string>("127.0.0.1:7717");
  CLI::App* command = app.add_subcommand("serve", "Run a server");
  add_options(*command, *options, *listen);
  command->footer(
      "Examples:\n"
      "  florin serve --data /var/lib/florin\n"
      "  florin serve --data ./bank --listen 127.0.0.1:0 --accounts-max 1000000\n"
      "  florin serve --data ./bank --mode parallel --partitions 8\n"
      "  florin serve --data ./bank --snapshot-log-mib 1024 --snapshot-interval 300\n"
      "  florin serve --data ./bank --archive --witness /mnt/elsewhere/witness.json\n"
      "  florin serve --data ./bank --id-window 50000000 --export /mnt/warehouse\n"
      "  florin serve --config florin.toml            options from a file: name = value\n"
      "SIGTERM stops it cleanly; SIGKILL is safe: what was answered is there at the next start.");
  command->callback([options, listen, &exit_code, storage_factory = std::move(storage_factory)] {
    spdlog::set_default_logger(spdlog::stderr_color_mt("florin"));
    spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    exit_code = serve(*options, *listen, storage_factory);
  });
}

}  // namespace florin::cli
