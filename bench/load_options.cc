// What the options of a run must not be.
#include "bench/load_options.h"

#include <fmt/core.h>

namespace florin::bench {
namespace {

Status check_singles(const LoadOptions& options) {
  const WorkloadKind kind = options.workload.kind;
  if (options.singles == 0) {
    if (options.singles_alone == 0) return {};
    return fail(ErrorCode::InvalidArgument,
                "transfers of the singles alone were asked for, but no singles");
  }
  if (kind != WorkloadKind::Plain && kind != WorkloadKind::Limits) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("singles need transfers that do not depend on each other, as those of "
                            "the workloads plain and limits; the workload is {}",
                            name(kind)));
  }
  if (options.rate > 0) {
    return fail(ErrorCode::InvalidArgument, "singles follow answers: they have no rate");
  }
  if (options.singles_alone >= options.transfers) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the singles alone make {} transfers, which leaves none of {}",
                            options.singles_alone, options.transfers));
  }
  return {};
}

}  // namespace

Status check_load(const LoadOptions& options) {
  RETURN_IF_ERROR(check_workload(options.workload, options.send_plan()));
  const u64 connections = u64{options.connections} + options.singles;
  if (connections > kConnectionsMax) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} connections with the singles; at most {} are possible", connections,
                            kConnectionsMax));
  }
  return check_singles(options);
}

}  // namespace florin::bench
