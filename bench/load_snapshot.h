// A snapshot that is asked for in the middle of a load, on a connection of its own, and how long it
// takes.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "client/channel.h"
#include "client/endpoint.h"
#include "client/loop.h"

namespace florin::bench {

// Belongs to the thread of the loop, which must outlive it.
class SnapshotDuringLoad final : private client::ReplyHandler {
 public:
  // Told when the snapshot is asked for and when it is complete.
  using Observer = std::function<void(u64 now_ns, const std::string& event)>;

  SnapshotDuringLoad(client::Loop& loop, const client::Endpoint& endpoint, Observer observer);

  // Asks at the given time of the monotonic clock; from then on asks now and then whether the
  // snapshot is there. To be called every few milliseconds. Fails when the snapshot did.
  Status step(u64 now_ns, u64 ask_at_ns);
  bool asked() const { return asked_ns_ > 0; }
  bool done() const { return done_ns_ > 0; }
  // Drives the loop until the snapshot is there. It must have been asked for.
  Status finish();
  // From the question until it was told complete.
  u64 took_ns() const { return done_ns_ - asked_ns_; }

 private:
  void answered(u64 tag, const protocol::Reply& reply) override;
  void lost(u64 tag, const client::Loss& loss) override;
  void ask(u64 now_ns);
  void ask_for_progress(u64 now_ns);

  client::Loop& loop_;
  Observer observer_;
  SystemClock clock_;
  client::Channel channel_;
  u64 asked_ns_ = 0;
  u64 progress_asked_ns_ = 0;
  u64 done_ns_ = 0;
  u64 requests_ = 0;
  std::optional<Position> wanted_;  // The snapshot is there when it reaches this.
  u64 failures_before_ = 0;
  std::optional<Error> failure_;
};

}  // namespace florin::bench
