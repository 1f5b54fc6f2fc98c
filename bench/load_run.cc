// The steps of a run and the figures made of them.
#include "bench/load_run.h"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "base/clock.h"
#include "bench/client_failure.h"
#include "bench/load_accounts.h"
#include "bench/load_anchors.h"
#include "bench/load_generator.h"
#include "bench/load_process.h"
#include "bench/load_progress.h"
#include "bench/load_verification.h"
#include "client/client.h"

namespace florin::bench {
namespace {

constexpr double kMiBAsDouble = 1024.0 * 1024.0;

// What was measured, before it is made into figures.
struct Measurements {
  Histogram ping_ns;
  std::optional<DurableWrites> durable_writes;
  LoadResult load;
  u64 load_cpu_ns = 0;
  std::optional<ProcessUsage> server_before;
  std::optional<ProcessUsage> server_after;
};

Result<std::optional<ProcessUsage>> server_usage(const LoadTarget& target) {
  if (!target.server_pid) return std::optional<ProcessUsage>();
  const Result<ProcessUsage> usage = process_usage(*target.server_pid);
  RETURN_IF_ERROR(usage);
  return std::optional<ProcessUsage>(*usage);
}

Status send_load(const LoadOptions& options, const LoadTarget& target, Measurements& measured) {
  const Result<std::vector<client::Endpoint>> endpoints = client::resolve(target.host, target.port);
  RETURN_IF_ERROR(endpoints);
  Result<std::unique_ptr<client::Loop>> loop = client::Loop::open();
  if (!loop) return tl::unexpected(std::move(loop).error());
  Workload workload(options.workload, options.send_plan());
  LoadGenerator generator(options, **loop, workload);
  RETURN_IF_ERROR(generator.connect(endpoints->front()));
  const auto before = server_usage(target);
  RETURN_IF_ERROR(before);
  measured.server_before = *before;
  const u64 cpu_before_ns = thread_cpu_ns();
  ProgressLine progress(options.show_progress, options.transfers);
  const Result<LoadResult> load =
      generator.run([&](const LoadResult& so_far) { progress.show(so_far); });
  progress.finish();
  RETURN_IF_ERROR(load);
  measured.load = *load;
  measured.load_cpu_ns = thread_cpu_ns() - cpu_before_ns;
  const auto after = server_usage(target);
  RETURN_IF_ERROR(after);
  measured.server_after = *after;
  return {};
}

std::vector<Setting> settings_of(const LoadOptions& options) {
  const WorkloadOptions& workload = options.workload;
  std::vector<Setting> settings = {{"workload", std::string(name(workload.kind))},
                                   {"accounts", workload.accounts},
                                   {"transfers", options.transfers},
                                   {"batch", u64{options.batch}},
                                   {"clients", u64{options.connections}},
                                   {"in_flight", u64{options.in_flight}},
                                   {"rate", options.rate},
                                   {"distribution", std::string(name(workload.distribution))}};
  if (workload.distribution == Distribution::Zipf) {
    settings.push_back({"zipf_theta", workload.zipf_theta});
  }
  settings.push_back({"id_order", std::string(name(workload.id_order))});
  settings.push_back({"seed", std::to_string(workload.seed)});
  return settings;
}

void add_latency(const Histogram& latency_ns, std::vector<Figure>& figures) {
  const auto us = [](u64 ns) { return static_cast<double>(ns) * 1e-3; };
  figures.push_back(
      {"latency_us.p50", "latency of a request, p50", "us", us(latency_ns.quantile(0.50))});
  figures.push_back(
      {"latency_us.p99", "latency of a request, p99", "us", us(latency_ns.quantile(0.99))});
  figures.push_back(
      {"latency_us.p999", "latency of a request, p99.9", "us", us(latency_ns.quantile(0.999))});
  figures.push_back({"latency_us.max", "latency of a request, max", "us", us(latency_ns.max())});
}

void add_anchors(const Measurements& measured, std::vector<Figure>& figures) {
  figures.push_back({"ping_us.p50", "round trip of a ping, p50", "us",
                     static_cast<double>(measured.ping_ns.quantile(0.5)) * 1e-3});
  if (!measured.durable_writes) return;
  figures.push_back(
      {"durable_write_us.p50", "durable write of 4 KiB, p50", "us",
       static_cast<double>(measured.durable_writes->latency_ns.quantile(0.5)) * 1e-3});
}

void add_server(const Measurements& measured, std::vector<Figure>& figures) {
  if (!measured.server_before || !measured.server_after) return;
  const ProcessUsage& before = *measured.server_before;
  const ProcessUsage& after = *measured.server_after;
  const double written = static_cast<double>(after.written_bytes - before.written_bytes);
  figures.push_back({"server_memory_mib.peak", "server memory, peak", "MiB",
                     static_cast<double>(after.memory_peak_bytes) / kMiBAsDouble});
  figures.push_back({"server_memory_mib.resident", "server memory, now", "MiB",
                     static_cast<double>(after.memory_bytes) / kMiBAsDouble});
  figures.push_back({"server_written_mib", "written by the server", "MiB", written / kMiBAsDouble});
  figures.push_back({"server_written_bytes_per_transfer", "written per transfer", "bytes",
                     written / static_cast<double>(measured.load.transfers)});
  figures.push_back({"cpu_s.server", "processor time, server", "s",
                     static_cast<double>(after.cpu_ns - before.cpu_ns) * 1e-9});
}

std::vector<Figure> figures_of(const Measurements& measured) {
  const double seconds = static_cast<double>(measured.load.elapsed_ns) * 1e-9;
  std::vector<Figure> figures;
  figures.push_back({"transfers_per_s", "transfers per second", "1/s",
                     static_cast<double>(measured.load.transfers) / seconds});
  figures.push_back({"requests_per_s", "requests per second", "1/s",
                     static_cast<double>(measured.load.requests) / seconds});
  figures.push_back({"elapsed_s", "time", "s", seconds});
  add_latency(measured.load.latency_ns, figures);
  add_anchors(measured, figures);
  add_server(measured, figures);
  figures.push_back({"cpu_s.load_generator", "processor time, load generator", "s",
                     static_cast<double>(measured.load_cpu_ns) * 1e-9});
  return figures;
}

// What a reader of the figures should know of the workload; null if nothing.
const char* note_on(WorkloadKind kind) {
  switch (kind) {
    case WorkloadKind::Plain: return nullptr;
    case WorkloadKind::Holds:
      return "half of the transfers are holds, the other half posts of all that they hold";
    case WorkloadKind::Chains: return "the transfers are linked in chains of two, three and four";
    case WorkloadKind::Limits:
      return "each account has an overdraft, a transfer and a velocity limit, and is flagged "
             "debits_must_not_exceed_credits";
    case WorkloadKind::Mixed:
      return "of 20 transfers 10 are plain, 3 hold, 4 post, void or capture in part, 2 make a "
             "chain, 1 is balancing; every tenth account has limits";
  }
  return nullptr;
}

Report report_of(const LoadOptions& options, const Measurements& measured,
                 const Verification& verification) {
  Report report;
  report.settings = settings_of(options);
  report.figures = figures_of(measured);
  report.problems = verification.problems;
  if (const char* note = note_on(options.workload.kind)) report.notes.emplace_back(note);
  if (options.rate > 0) {
    report.notes.push_back("open loop: latency counts from when a request was due");
  }
  if (measured.durable_writes) {
    report.notes.push_back("durable writes were measured with " + measured.durable_writes->method);
  }
  report.notes.push_back(fmt::format(
      "compared with the server afterwards: the trial balance, {} accounts, {} transfers",
      verification.accounts_checked, verification.transfers_checked));
  return report;
}

}  // namespace

Result<Report> run_load(const LoadOptions& options, const LoadTarget& target) {
  client::ClientOptions client_options;
  client_options.host = target.host;
  client_options.port = target.port;
  client_options.deadline = std::chrono::seconds(60);
  auto client = client::Client::connect(client_options, Random(options.workload.seed));
  if (!client) return fail_client(client.error());
  RETURN_IF_ERROR(prepare_accounts(*client, Workload(options.workload, options.send_plan())));
  Measurements measured;
  const Result<Histogram> ping_ns = measure_pings(*client);
  RETURN_IF_ERROR(ping_ns);
  measured.ping_ns = *ping_ns;
  if (!target.data_directory.empty()) {
    Result<DurableWrites> durable_writes = measure_durable_writes(target.data_directory);
    RETURN_IF_ERROR(durable_writes);
    measured.durable_writes = std::move(*durable_writes);
  }
  RETURN_IF_ERROR(send_load(options, target, measured));
  const Result<Verification> verification = verify(*client, options, target.exclusive);
  RETURN_IF_ERROR(verification);
  return report_of(options, measured, *verification);
}

}  // namespace florin::bench
