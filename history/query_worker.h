// One of the threads that answer requests from history: in the order in which they came, each once
// history can be read up to its position. It never waits for one request while another could be
// answered, but for the store itself.
//
// A get_change_events that found nothing and may wait is parked and costs nothing until there is
// more to read; then it is looked at again, but not twice within kParkedPauseNs, so that a thousand
// who wait beside a busy ledger do not take a processor.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/agent.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "base/result.h"
#include "base/types.h"
#include "history/store.h"
#include "history/waiters.h"
#include "ledger/request.h"

namespace florin::history {

struct QueryServiceOptions {
  u64 wait_ns_max = 5'000'000'000;  // For history to come up to a request; then `busy`.
  u32 requests_max = 4096;          // With one query thread at a time; then `busy`.
  u32 parked_max = 1024;            // Of these get_change_events that wait for more; likewise.
};

// How many requests there are, and what became of the others. Read by any thread.
struct QueryServiceStatus {
  std::atomic<u64> in_flight{0};  // With a query thread.
  std::atomic<u64> parked{0};     // Of these.
  std::atomic<u64> answered{0};   // From history.
  std::atomic<u64> behind{0};     // Refused: history did not come up in time.
  std::atomic<u64> too_many{0};   // Refused: there were too many.
  std::atomic<u64> failed{0};     // Refused: the store could not be read.
};

using QueryErrorListener = std::function<void(const Error&)>;

class QueryWorker final : public Agent {
 public:
  // Between two looks at the same parked request.
  static constexpr u64 kParkedPauseNs = 1'000'000;
  // Of one step, so that a stop is seen soon.
  static constexpr usize kAnswersPerStep = 16;

  // `sink` is used by this worker alone. All must outlive it.
  QueryWorker(const QueryServiceOptions& options, Store& store, Clock& clock,
              ledger::ReplySink& sink, QueryServiceStatus& status);
  ~QueryWorker() override;

  // Before the thread starts.
  void set_error_listener(QueryErrorListener listener) { error_listener_ = std::move(listener); }
  Waiter& waiter() { return waiter_; }

  // The core's thread. `now_ns` by the monotonic clock. Flush wakes the worker if something was
  // given since the last time.
  bool full() const;
  void give(ledger::Request& request, u64 now_ns);
  void flush();
  // Any thread.
  void stop();
  Doorbell& bell() { return bell_; }

  usize step() override;
  u64 sleep_ns_max() override;

 private:
  struct Inbox;
  struct Waiting {
    ledger::Request* request = nullptr;
    u64 deadline_ns = 0;
    u64 look_again_ns = 0;  // Parked: not before this.
  };

  void take_new();
  void say_what_is_wanted(u64 now_ns);
  usize answer_waiting(u64 now_ns);
  usize look_at_parked(u64 now_ns);
  usize expire_parked(u64 now_ns);
  usize refuse_all();
  bool answer(ledger::Request& request, Position readable);
  void park(Waiting waiting, u64 now_ns);
  void refuse(ledger::Request& request, ledger::RefusalCode code, std::string message);
  void refuse_behind(ledger::Request& request, Position readable);
  void send(ledger::Request& request);

  const QueryServiceOptions options_;
  Store& store_;
  Clock& clock_;
  ledger::ReplySink& sink_;
  QueryServiceStatus& status_;
  QueryErrorListener error_listener_;
  Doorbell bell_;
  Waiter waiter_{bell_};
  std::unique_ptr<Inbox> inbox_;
  bool given_ = false;  // The core's: since the last flush.
  std::atomic<bool> stopping_{false};
  std::atomic<u64> in_flight_{0};  // Here: given, and not sent yet.

  std::deque<Waiting> waiting_;  // Positions ascend, and so do deadlines.
  // What each was answered as of ascends, and so does when it may be looked at again.
  std::deque<Waiting> parked_;
  u64 first_expiry_ns_ = ~u64{0};  // Not later than the first of theirs.
};

}  // namespace florin::history
