// Sends a workload to a server over many connections from one thread, and measures how long each
// request took. Does not allocate memory per request.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/histogram.h"
#include "bench/load_options.h"
#include "bench/requests_in_flight.h"
#include "bench/workload.h"
#include "client/channel.h"
#include "client/endpoint.h"
#include "client/loop.h"

namespace florin::bench {

struct LoadResult {
  u64 transfers = 0;  // Answered `created`.
  u64 requests = 0;
  u64 elapsed_ns = 0;    // From the first request to the last answer.
  Histogram latency_ns;  // Of a request; see LoadGenerator::run.
  Position position;     // The highest that a reply carried.
};

class LoadGenerator final : private client::ReplyHandler {
 public:
  // Called now and then with what was reached so far.
  using Progress = std::function<void(const LoadResult& so_far)>;

  // The workload is made with the options' `send_plan`, and drawn from as it stands. Loop and
  // workload must outlive the generator.
  LoadGenerator(const LoadOptions& options, client::Loop& loop, Workload& workload);

  Status connect(const client::Endpoint& endpoint);

  // Sends everything and waits for the answers. A request that goes on from holds of others is not
  // sent before those are answered: on another connection it might overtake them. Closed loop (rate
  // 0): a request follows when one is answered, and its latency counts from when it was queued.
  // Open loop: requests are due at even intervals whatever the answers do, and latency counts from
  // when the request was due, so that a server that stalls is charged for all who would have
  // waited. Fails at the first answer that is not "all created", when a connection breaks, or when
  // no answer comes for a long time.
  Result<LoadResult> run(const Progress& progress);

 private:
  struct Slot {
    u64 begin_ns = 0;
    u32 events = 0;
  };

  void answered(u64 tag, const protocol::Reply& reply) override;
  void lost(u64 tag, const client::Loss& loss) override;

  Status await_connections(usize count);
  bool all_sent() const { return sent_ == options_.transfers; }
  bool finished() const { return result_.transfers == options_.transfers; }
  u32 next_events() const;
  // Whether the next request has to wait for answers to earlier ones.
  bool waits_for_answers() const;
  // When the next request is due, in nanoseconds of the monotonic clock.
  u64 due_ns() const;
  void issue_what_is_due(u64 now_ns);
  Slot& issue(u32 slot_index);
  u64 wait_ns(u64 now_ns) const;
  void record(Slot& slot);
  void check_for_stall(u64 now_ns);
  void report_exception(const ledger::EventResult& exception);
  u32 take_slot();
  void return_slot(u32 slot);

  const LoadOptions options_;
  client::Loop& loop_;
  Workload& workload_;
  SystemClock clock_;
  std::vector<std::unique_ptr<client::Channel>> channels_;

  // Slot s belongs to connection s / in_flight. The free ones are a ring, so that the connections
  // take turns.
  std::vector<Slot> slots_;
  std::vector<u32> free_slots_;
  u64 free_head_ = 0;
  u64 free_tail_ = 0;
  RequestsInFlight in_flight_;

  u64 begin_ns_ = 0;
  u64 last_answer_ns_ = 0;
  u64 sent_ = 0;  // Transfers queued so far.
  LoadResult result_;
  std::optional<Error> failure_;
};

}  // namespace florin::bench
