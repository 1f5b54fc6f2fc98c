// Asking for a snapshot, and again until it is there.
#include "bench/load_snapshot.h"

#include <utility>

#include <fmt/core.h>

#include "protocol/messages.h"

namespace florin::bench {
namespace {

constexpr u64 kSnapshotLookNs = 10'000'000;
constexpr u64 kSnapshotDeadlineNs = 120 * kNsPerSecond;

}  // namespace

SnapshotDuringLoad::SnapshotDuringLoad(client::Loop& loop, const client::Endpoint& endpoint,
                                       Observer observer)
    : loop_(loop),
      observer_(std::move(observer)),
      channel_(loop, endpoint, static_cast<client::ReplyHandler&>(*this)) {}

Status SnapshotDuringLoad::step(u64 now_ns, u64 ask_at_ns) {
  if (failure_) return tl::unexpected(*failure_);
  if (done() || now_ns < ask_at_ns) return {};
  if (!asked()) {
    ask(now_ns);
  } else if (now_ns > asked_ns_ + kSnapshotDeadlineNs) {
    return fail(ErrorCode::Timeout, fmt::format("the snapshot was not complete after {} s",
                                                kSnapshotDeadlineNs / kNsPerSecond));
  } else if (channel_.in_flight() == 0 && now_ns >= progress_asked_ns_ + kSnapshotLookNs) {
    ask_for_progress(now_ns);
  }
  return {};
}

Status SnapshotDuringLoad::finish() {
  while (!done()) {
    RETURN_IF_ERROR(step(clock_.monotonic_ns(), asked_ns_));
    loop_.run_once(kSnapshotLookNs);
  }
  return {};
}

void SnapshotDuringLoad::ask(u64 now_ns) {
  asked_ns_ = now_ns;
  progress_asked_ns_ = now_ns;
  protocol::encode_take_snapshot({.number = ++requests_, .trace_id = 0}, channel_.output());
  channel_.queued(requests_, 0);
  observer_(now_ns, "snapshot asked for");
}

void SnapshotDuringLoad::ask_for_progress(u64 now_ns) {
  progress_asked_ns_ = now_ns;
  protocol::encode_ping({.number = ++requests_, .trace_id = 0}, channel_.output());
  channel_.queued(requests_, 0);
}

// The first answer says which position the snapshot must reach.
void SnapshotDuringLoad::answered(u64, const protocol::Reply& reply) {
  if (reply.kind != protocol::ReplyKind::ServerInfo) {
    failure_ = Error{ErrorCode::Refused,
                     fmt::format("the server did not take a snapshot: {}", reply.refusal_message)};
    return;
  }
  const protocol::ServerInfo& info = reply.server_info;
  if (!wanted_) {
    wanted_ = info.durable_position;
    failures_before_ = info.snapshot_failures;
  } else if (info.snapshot_failures > failures_before_) {
    failure_ = Error{ErrorCode::Io, "the server could not write the snapshot"};
  } else if (info.snapshot_position >= *wanted_) {
    done_ns_ = clock_.monotonic_ns();
    observer_(done_ns_, "snapshot complete");
  }
}

void SnapshotDuringLoad::lost(u64, const client::Loss& loss) { failure_ = loss.error; }

}  // namespace florin::bench
