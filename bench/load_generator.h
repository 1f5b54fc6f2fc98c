// Sends a workload to a server over many connections from one thread, and measures how long each
// request took. Some of the connections may be those of singles: one transfer a request, beside the
// batches of the others. Does not allocate memory per request.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/free_slots.h"
#include "bench/histogram.h"
#include "bench/load_options.h"
#include "bench/requests_in_flight.h"
#include "bench/workload.h"
#include "client/channel.h"
#include "client/endpoint.h"
#include "client/loop.h"

namespace florin::bench {

struct LoadResult {
  u64 transfers = 0;  // Answered `created`; those that singles made alone are not among them.
  u64 requests = 0;
  u64 elapsed_ns = 0;           // From the first request to the last answer.
  Histogram latency_ns;         // Of a request, but for the singles'; see LoadGenerator::run.
  Histogram singles_beside_ns;  // Of the singles' requests, beside the others ...
  Histogram singles_alone_ns;   // ... and alone, before the others began.
  u64 singles_alone_elapsed_ns = 0;
  Position position;  // The highest that a reply carried.
};

// Told what happens while it happens. Called once for each request: must be quick.
class LoadObserver {
 public:
  virtual ~LoadObserver() = default;
  // The load begins; what the singles did alone is over and was not told.
  virtual void begun(u64 now_ns) = 0;
  virtual void answered(u64 now_ns, u64 latency_ns, u64 transfers) = 0;
  // Called every few milliseconds while the load goes on; an error ends it.
  virtual Status step(u64 now_ns) = 0;
};

class LoadGenerator final : private client::ReplyHandler {
 public:
  // Called now and then with what was reached so far.
  using Progress = std::function<void(const LoadResult& so_far)>;

  // The workload is made with the options' `send_plan`, and drawn from as it stands. Loop and
  // workload must outlive the generator. check_load must find nothing in the options.
  LoadGenerator(const LoadOptions& options, client::Loop& loop, Workload& workload);

  Status connect(const client::Endpoint& endpoint);
  // From then on `observer` is told; it must outlive the runs.
  void set_observer(LoadObserver* observer) { observer_ = observer; }

  // Sends what the singles make alone, if the options ask for it, and waits for the answers.
  Status run_singles_alone(const Progress& progress);
  // Sends all that is left of the sequence, and waits for the answers. A request that goes on from
  // holds of others is not sent before those are answered: on another connection it might overtake
  // them. Closed loop (rate 0): a request follows when one is answered, and its latency counts from
  // when it was queued. Open loop: requests are due at even intervals whatever the answers do, and
  // latency counts from when the request was due, so that a server that stalls is charged for all
  // who would have waited. Fails at the first answer that is not "all created", when a connection
  // breaks, or when no answer comes for a long time.
  Result<LoadResult> run(const Progress& progress);

 private:
  struct Slot {
    u64 begin_ns = 0;
    u32 events = 0;
  };

  // Connections that do the same. Slot s belongs to connection
  // first_channel + (s - first_slot) / in_flight.
  struct Lane {
    Lane(u32 connection_count, u32 in_flight_each, u32 transfers_each);

    u32 connections;
    u32 in_flight;
    u32 batch;
    u32 first_channel = 0;
    u32 first_slot = 0;
    FreeSlots free;
  };

  void answered(u64 tag, const protocol::Reply& reply) override;
  void lost(u64 tag, const client::Loss& loss) override;

  void open_lane(Lane& lane, u32 first_channel);
  Status await_connections(usize count);
  void begin_phase(bool singles_alone);
  Status run_phase(const Progress& progress);
  bool all_sent() const { return sent_ == sent_end_; }
  bool finished() const { return answered_ == sent_end_; }
  bool is_single(u64 slot) const { return slot >= singles_.first_slot; }
  Lane& lane_of(u64 slot) { return is_single(slot) ? singles_ : batches_; }
  u32 next_events(const Lane& lane) const;
  // Whether the next batch has to wait for answers to earlier ones.
  bool waits_for_answers() const;
  // When the next batch is due, in nanoseconds of the monotonic clock.
  u64 due_ns() const;
  void issue_what_is_due(u64 now_ns);
  void issue_singles();
  void issue_batches(u64 now_ns);
  Slot& issue(Lane& lane);
  u64 wait_ns(u64 now_ns) const;
  void record(u64 slot);
  Histogram& latency_of(u64 slot);
  void observe(u64 now_ns);
  void check_for_stall(u64 now_ns);
  void report_exception(const ledger::EventResult& exception);

  const LoadOptions options_;
  client::Loop& loop_;
  Workload& workload_;
  SystemClock clock_;
  std::vector<std::unique_ptr<client::Channel>> channels_;
  LoadObserver* observer_ = nullptr;

  Lane batches_;
  Lane singles_;
  std::vector<Slot> slots_;
  RequestsInFlight in_flight_;

  // A phase: the singles alone, or everything.
  bool singles_alone_ = false;
  u64 begin_ns_ = 0;
  u64 sent_end_ = 0;  // How many transfers are sent when it ends.

  u64 last_answer_ns_ = 0;
  u64 sent_ = 0;      // Transfers queued so far.
  u64 answered_ = 0;  // Transfers.
  LoadResult result_;
  std::optional<Error> failure_;
};

}  // namespace florin::bench
