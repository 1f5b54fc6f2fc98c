// Waiting, answering and parking.
#include "history/query_worker.h"

#include <algorithm>

#include <concurrentqueue/concurrentqueue.h>
#include <fmt/core.h>

#include "base/check.h"
#include "ledger/query.h"

namespace florin::history {

using ledger::Operation;
using ledger::RefusalCode;
using ledger::Request;

namespace {

// Whether it waits for the first change, and there was none.
bool wants_to_wait(const Request& request) {
  return request.operation == Operation::GetChangeEvents && request.filter.wait_ms != 0 &&
         request.refusal == RefusalCode::None && request.change_events.empty() && !request.more;
}

}  // namespace

struct QueryWorker::Inbox {
  moodycamel::ConcurrentQueue<Waiting> queue;
  moodycamel::ProducerToken producer{queue};
  moodycamel::ConsumerToken consumer{queue};
};

QueryWorker::QueryWorker(const QueryServiceOptions& options, Store& store, Clock& clock,
                         ledger::ReplySink& sink, QueryServiceStatus& status)
    : options_(options),
      store_(store),
      clock_(clock),
      sink_(sink),
      status_(status),
      inbox_(std::make_unique<Inbox>()) {}

QueryWorker::~QueryWorker() = default;

// Only the core adds: what it reads can only be too large.
bool QueryWorker::full() const {
  return in_flight_.load(std::memory_order_relaxed) >= options_.requests_max;
}

void QueryWorker::give(Request& request, u64 now_ns) {
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  status_.in_flight.fetch_add(1, std::memory_order_relaxed);
  CHECK(inbox_->queue.enqueue(
      inbox_->producer,
      Waiting{.request = &request, .deadline_ns = now_ns + options_.wait_ns_max}));
  given_ = true;
}

void QueryWorker::flush() {
  if (given_) bell_.ring();
  given_ = false;
}

void QueryWorker::stop() {
  // Published by the bell: no other memory depends on it.
  stopping_.store(true, std::memory_order_relaxed);
  bell_.ring();
}

usize QueryWorker::step() {
  take_new();
  usize work = 0;
  if (stopping_.load(std::memory_order_relaxed)) {
    work = refuse_all();
  } else if (!waiting_.empty() || !parked_.empty()) {
    const u64 now_ns = clock_.monotonic_ns();
    say_what_is_wanted(now_ns);
    work = answer_waiting(now_ns) + look_at_parked(now_ns) + expire_parked(now_ns);
  } else {
    waiter_.rest();
  }
  if (work != 0) sink_.flush();
  return work;
}

u64 QueryWorker::sleep_ns_max() {
  u64 wake_ns = first_expiry_ns_;
  if (!waiting_.empty()) wake_ns = std::min(wake_ns, waiting_.front().deadline_ns);
  if (!parked_.empty() && parked_.front().request->position < store_.readable()) {
    wake_ns = std::min(wake_ns, parked_.front().look_again_ns);
  }
  if (wake_ns == ~u64{0}) return wake_ns;
  const u64 now_ns = clock_.monotonic_ns();
  return wake_ns > now_ns ? wake_ns - now_ns : 0;
}

void QueryWorker::take_new() {
  Waiting waiting;
  while (inbox_->queue.try_dequeue(inbox_->consumer, waiting)) waiting_.push_back(waiting);
}

// Before the last look at what is readable: see Waiters.
void QueryWorker::say_what_is_wanted(u64 now_ns) {
  Position wanted{~u64{0}};
  if (!waiting_.empty()) wanted = waiting_.front().request->position;
  if (!parked_.empty()) {
    const Waiting& first = parked_.front();
    const Position more{first.request->position.value + 1};
    // When there is more already, and only the pause is not over, the clock wakes.
    const bool pauses = more <= store_.readable() && now_ns < first.look_again_ns;
    if (!pauses) wanted = std::min(wanted, more);
  }
  waiter_.want(wanted);
}

usize QueryWorker::answer_waiting(u64 now_ns) {
  usize done = 0;
  while (!waiting_.empty() && done < kAnswersPerStep) {
    const Waiting waiting = waiting_.front();
    const Position readable = store_.readable();
    const bool is_there = waiting.request->position <= readable;
    if (!is_there && now_ns < waiting.deadline_ns) break;
    waiting_.pop_front();
    ++done;
    if (!is_there) {
      refuse_behind(*waiting.request, readable);
    } else if (!answer(*waiting.request, readable)) {
      park(waiting, now_ns);
    }
  }
  return done;
}

usize QueryWorker::look_at_parked(u64 now_ns) {
  usize done = 0;
  while (!parked_.empty() && done < kAnswersPerStep) {
    Waiting waiting = parked_.front();
    const Position readable = store_.readable();
    if (waiting.request->position >= readable || now_ns < waiting.look_again_ns) break;
    parked_.pop_front();
    status_.parked.fetch_sub(1, std::memory_order_relaxed);
    ++done;
    if (!answer(*waiting.request, readable)) park(waiting, now_ns);
  }
  return done;
}

// Those whose time is over are told that there is nothing, and where to go on.
usize QueryWorker::expire_parked(u64 now_ns) {
  if (now_ns < first_expiry_ns_) return 0;
  first_expiry_ns_ = ~u64{0};
  return std::erase_if(parked_, [&](const Waiting& waiting) {
    if (now_ns < waiting.deadline_ns) {
      first_expiry_ns_ = std::min(first_expiry_ns_, waiting.deadline_ns);
      return false;
    }
    status_.parked.fetch_sub(1, std::memory_order_relaxed);
    status_.answered.fetch_add(1, std::memory_order_relaxed);
    send(*waiting.request);
    return true;
  });
}

usize QueryWorker::refuse_all() {
  const usize count = waiting_.size() + parked_.size();
  for (auto* const list : {&waiting_, &parked_}) {
    for (const Waiting& each : *list) {
      refuse(*each.request, RefusalCode::ShuttingDown, "the server is stopping");
    }
  }
  status_.parked.fetch_sub(parked_.size(), std::memory_order_relaxed);
  waiting_.clear();
  parked_.clear();
  first_expiry_ns_ = ~u64{0};
  waiter_.rest();
  return count;
}

// Returns false when the request is to be parked; otherwise its reply was sent.
bool QueryWorker::answer(Request& request, Position readable) {
  // Changes are told as far as history goes, which is never beyond the durable log.
  if (request.operation == Operation::GetChangeEvents) request.position = readable;
  if (ledger::is_of_history(request.operation)) {
    auto wrong = check_cursor_reached(request.operation, request.filter.cursor, request.position);
    if (wrong) {
      refuse(request, RefusalCode::InvalidFilter, std::move(*wrong));
      return true;
    }
  }
  if (const Status answered = store_.answer(request); !answered) {
    status_.failed.fetch_add(1, std::memory_order_relaxed);
    if (error_listener_) error_listener_(answered.error());
    refuse(request, RefusalCode::HistoryFailed,
           fmt::format("history could not be read: {}", answered.error().message));
    return true;
  }
  if (wants_to_wait(request)) {
    // What was looked at in vain need not be looked at again.
    request.filter.cursor = request.next_cursor;
    return false;
  }
  status_.answered.fetch_add(1, std::memory_order_relaxed);
  send(request);
  return true;
}

void QueryWorker::park(Waiting waiting, u64 now_ns) {
  Request& request = *waiting.request;
  const bool is_new = waiting.look_again_ns == 0;
  if (is_new && parked_.size() >= options_.parked_max) {
    status_.too_many.fetch_add(1, std::memory_order_relaxed);
    return refuse(request, RefusalCode::Busy,
                  fmt::format("{} get_change_events wait already; ask again without wait_ms",
                              parked_.size()));
  }
  if (is_new) waiting.deadline_ns = now_ns + request.filter.wait_ms * kNsPerMs;
  waiting.look_again_ns = now_ns + kParkedPauseNs;
  first_expiry_ns_ = std::min(first_expiry_ns_, waiting.deadline_ns);
  parked_.push_back(waiting);
  status_.parked.fetch_add(1, std::memory_order_relaxed);
}

void QueryWorker::refuse(Request& request, RefusalCode code, std::string message) {
  request.refusal = code;
  request.refusal_message = std::move(message);
  send(request);
}

void QueryWorker::refuse_behind(Request& request, Position readable) {
  status_.behind.fetch_add(1, std::memory_order_relaxed);
  refuse(request, RefusalCode::Busy,
         fmt::format("history is behind: it can be read up to position {}, the request is of "
                     "position {}, and {} ms were not enough; ask again, and if it goes on, the "
                     "server's log tells why",
                     readable.value, request.position.value, options_.wait_ns_max / kNsPerMs));
}

void QueryWorker::send(Request& request) {
  request.needs_history = false;
  sink_.deliver(&request);  // From here on it is not ours.
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  // Whoever sees that nothing is in flight may rely on its having been sent.
  status_.in_flight.fetch_sub(1, std::memory_order_release);
}

}  // namespace florin::history
