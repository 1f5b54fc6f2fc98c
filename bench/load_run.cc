// The steps of a run.
#include "bench/load_run.h"

#include <optional>
#include <utility>

#include "bench/client_failure.h"
#include "bench/load_accounts.h"
#include "bench/load_observation.h"
#include "bench/load_progress.h"
#include "bench/load_report.h"
#include "bench/load_verification.h"
#include "client/client.h"

namespace florin::bench {
namespace {

Result<std::optional<ProcessUsage>> server_usage(const LoadTarget& target) {
  if (!target.server_pid) return std::optional<ProcessUsage>();
  const Result<ProcessUsage> usage = process_usage(*target.server_pid);
  RETURN_IF_ERROR(usage);
  return std::optional<ProcessUsage>(*usage);
}

Status send_load(const LoadOptions& options, const LoadTarget& target, client::Client& client,
                 Measurements& measured) {
  const Result<std::vector<client::Endpoint>> endpoints = client::resolve(target.host, target.port);
  RETURN_IF_ERROR(endpoints);
  Result<std::unique_ptr<client::Loop>> loop = client::Loop::open();
  if (!loop) return tl::unexpected(std::move(loop).error());
  Workload workload(options.workload, options.send_plan());
  LoadObservation observation(options, **loop, endpoints->front());
  LoadGenerator generator(options, **loop, workload);
  generator.set_observer(&observation);
  RETURN_IF_ERROR(generator.connect(endpoints->front()));
  ProgressLine alone(options.show_progress, options.singles_alone);
  RETURN_IF_ERROR(
      generator.run_singles_alone([&](const LoadResult& so_far) { alone.show(so_far); }));
  alone.finish();
  const auto before = server_usage(target);
  RETURN_IF_ERROR(before);
  measured.server_before = *before;
  const u64 cpu_before_ns = thread_cpu_ns();
  ProgressLine progress(options.show_progress, options.transfers);
  const Result<LoadResult> load =
      generator.run([&](const LoadResult& so_far) { progress.show(so_far); });
  measured.load_cpu_ns = thread_cpu_ns() - cpu_before_ns;
  progress.finish();
  RETURN_IF_ERROR(load);
  measured.load = *load;
  const auto after = server_usage(target);
  RETURN_IF_ERROR(after);
  measured.server_after = *after;
  auto info = client.ping();
  if (!info) return fail_client(info.error());
  measured.server_info = std::move(*info);
  RETURN_IF_ERROR(observation.finish());
  measured.snapshot_ns = observation.snapshot_ns();
  return {};
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
  RETURN_IF_ERROR(send_load(options, target, *client, measured));
  const Result<Verification> verification = verify(*client, options, target.exclusive);
  RETURN_IF_ERROR(verification);
  return report_of(options, measured, *verification);
}

}  // namespace florin::bench
