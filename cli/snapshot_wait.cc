#include "cli/snapshot_wait.h"

#include <chrono>
#include <thread>

#include <fmt/core.h>

#include "base/clock.h"

namespace florin::cli {

namespace {

using protocol::ServerInfo;

constexpr std::chrono::milliseconds kPause{50};
// A server that does not begin was busy with an earlier one when it was asked, perhaps of an
// earlier position: it is asked again after so many looks.
constexpr u32 kIdleLooksMax = 20;

tl::unexpected<RunFailure> snapshot_failed(const ServerInfo& info) {
  RunFailure failure;
  failure.failure.code = "snapshot_failed";
  failure.failure.message = fmt::format(
      "the server could not make a snapshot; its log tells why. The ledger goes on, the snapshot "
      "before, at position {}, is still there, and it tries again by itself",
      info.snapshot_position.value);
  return tl::unexpected<RunFailure>(std::move(failure));
}

}  // namespace

tl::expected<ServerInfo, RunFailure> wait_for_snapshot(client::Client& client,
                                                       const SnapshotProgress& progress) {
  SystemClock clock;
  const u64 start_ns = clock.monotonic_ns();
  client::Answer<ServerInfo> info = client.take_snapshot();
  if (!info) return tl::unexpected<RunFailure>(run_failure(info.error()));
  const Position wanted = info->durable_position;
  const u64 failures = info->snapshot_failures;
  u32 idle_looks = 0;
  while (info->snapshot_position < wanted) {
    if (info->snapshot_failures > failures) return snapshot_failed(*info);
    if (progress) progress(wanted, clock.monotonic_ns() - start_ns);
    std::this_thread::sleep_for(kPause);
    idle_looks = info->snapshot_under_way ? 0 : idle_looks + 1;
    const bool ask_again = idle_looks > kIdleLooksMax;
    if (ask_again) idle_looks = 0;
    info = ask_again ? client.take_snapshot() : client.ping();
    if (!info) return tl::unexpected<RunFailure>(run_failure(info.error()));
  }
  return *info;
}

}  // namespace florin::cli
