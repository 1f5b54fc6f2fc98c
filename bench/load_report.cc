// Making of figures and notes.
#include "bench/load_report.h"

#include <algorithm>

#include <fmt/core.h>

namespace florin::bench {
namespace {

constexpr double kMiBAsDouble = 1024.0 * 1024.0;

double as_us(u64 ns) { return static_cast<double>(ns) * 1e-3; }

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
  if (options.singles > 0) {
    settings.push_back({"singles", u64{options.singles}});
    settings.push_back({"singles_alone", options.singles_alone});
  }
  if (options.snapshot_at) settings.push_back({"snapshot_at_s", *options.snapshot_at});
  settings.push_back({"id_order", std::string(name(workload.id_order))});
  settings.push_back({"seed", std::to_string(workload.seed)});
  return settings;
}

// `key` names the group, `label` whose latency it is.
void add_latency(const Histogram& latency_ns, const std::string& key, const std::string& label,
                 std::vector<Figure>& figures) {
  if (latency_ns.count() == 0) return;
  const auto add = [&](const char* name, const char* what, u64 ns) {
    figures.push_back({key + "." + name, label + ", " + what, "us", as_us(ns)});
  };
  add("p50", "p50", latency_ns.quantile(0.50));
  add("p99", "p99", latency_ns.quantile(0.99));
  add("p999", "p99.9", latency_ns.quantile(0.999));
  add("max", "max", latency_ns.max());
}

void add_singles(const LoadResult& load, std::vector<Figure>& figures) {
  const auto add = [&](const std::string& when, const Histogram& latency_ns, u64 elapsed_ns) {
    if (latency_ns.count() == 0) return;
    figures.push_back(
        {"singles_" + when + "_per_s", "singles " + when + ", per second", "1/s",
         static_cast<double>(latency_ns.count()) * 1e9 / static_cast<double>(elapsed_ns)});
    add_latency(latency_ns, "singles_" + when + "_us", "latency of singles " + when, figures);
  };
  add("alone", load.singles_alone_ns, load.singles_alone_elapsed_ns);
  add("beside", load.singles_beside_ns, load.elapsed_ns);
}

void add_anchors(const Measurements& measured, std::vector<Figure>& figures) {
  figures.push_back(
      {"ping_us.p50", "round trip of a ping, p50", "us", as_us(measured.ping_ns.quantile(0.5))});
  if (!measured.durable_writes) return;
  figures.push_back({"durable_write_us.p50", "durable write of 4 KiB, p50", "us",
                     as_us(measured.durable_writes->latency_ns.quantile(0.5))});
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

// How far history was behind when the last answer came.
void add_history(const protocol::ServerInfo& info, std::vector<Figure>& figures) {
  if (!info.history_enabled) return;
  const u64 durable = info.durable_position.value;
  const u64 behind = durable - std::min(durable, info.history_position.value);
  figures.push_back({"history_lag_ms", "history behind, at the end", "ms",
                     static_cast<double>(info.history_lag_ns) * 1e-6});
  figures.push_back(
      {"history_events_behind", "history behind, events", "", static_cast<double>(behind)});
}

void add_generator(const Measurements& measured, std::vector<Figure>& figures) {
  figures.push_back({"cpu_s.load_generator", "processor time, load generator", "s",
                     static_cast<double>(measured.load_cpu_ns) * 1e-9});
  figures.push_back(
      {"load_generator_ns_per_transfer", "load generator, per transfer", "ns",
       static_cast<double>(measured.load_cpu_ns) / static_cast<double>(measured.load.transfers)});
}

std::vector<Figure> figures_of(const Measurements& measured) {
  const double seconds = static_cast<double>(measured.load.elapsed_ns) * 1e-9;
  std::vector<Figure> figures;
  figures.push_back({"transfers_per_s", "transfers per second", "1/s",
                     static_cast<double>(measured.load.transfers) / seconds});
  figures.push_back({"requests_per_s", "requests per second", "1/s",
                     static_cast<double>(measured.load.requests) / seconds});
  figures.push_back({"elapsed_s", "time", "s", seconds});
  add_latency(measured.load.latency_ns, "latency_us", "latency of a request", figures);
  add_singles(measured.load, figures);
  add_anchors(measured, figures);
  add_server(measured, figures);
  add_history(measured.server_info, figures);
  if (measured.snapshot_ns) {
    figures.push_back({"snapshot_s", "time that the snapshot took", "s",
                       static_cast<double>(*measured.snapshot_ns) * 1e-9});
  }
  add_generator(measured, figures);
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

}  // namespace

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
  if (options.singles > 0) {
    report.notes.push_back(
        "singles: clients with one transfer a request and one request in flight, beside the "
        "batches");
  }
  if (measured.durable_writes) {
    report.notes.push_back("durable writes were measured with " + measured.durable_writes->method);
  }
  report.notes.push_back(fmt::format(
      "compared with the server afterwards: the trial balance, {} accounts, {} transfers",
      verification.accounts_checked, verification.transfers_checked));
  return report;
}

}  // namespace florin::bench
