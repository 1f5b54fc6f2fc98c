// What passes, and what goes to the query threads.
#include "history/query_service.h"

#include <fmt/core.h>

#include "base/check.h"

namespace florin::history {

using ledger::RefusalCode;
using ledger::Request;

QueryService::QueryService(const QueryServiceOptions& options, Store* store, Waiters* readable,
                           Clock& clock, ledger::ReplySink& next,
                           std::vector<ledger::ReplySink*> next_of_threads)
    : options_(options), clock_(clock), next_(next) {
  if (store == nullptr) return;
  CHECK(readable != nullptr && !next_of_threads.empty());
  for (ledger::ReplySink* const sink : next_of_threads) {
    workers_.push_back(std::make_unique<QueryWorker>(options, *store, clock, *sink, status_));
    readable->add(workers_.back()->waiter());
  }
}

QueryService::~QueryService() = default;

void QueryService::set_error_listener(QueryErrorListener listener) {
  for (const auto& worker : workers_) worker->set_error_listener(listener);
}

void QueryService::deliver(Request* request) {
  const bool for_history = request->needs_history || ledger::is_of_history(request->operation);
  if (!for_history || request->refusal != RefusalCode::None || !take(*request)) {
    next_.deliver(request);
  }
}

// Whether a query thread has it now; if not, it is refused.
bool QueryService::take(Request& request) {
  if (workers_.empty()) {
    refuse(request, RefusalCode::HistoryOff,
           fmt::format("{} is answered from history, and this server keeps none: it was started "
                       "with --no-history",
                       name(request.operation)));
    return false;
  }
  QueryWorker& worker = *workers_[next_worker_];
  next_worker_ = (next_worker_ + 1) % workers_.size();
  if (worker.full()) {
    status_.too_many.fetch_add(1, std::memory_order_relaxed);
    refuse(request, RefusalCode::Busy,
           fmt::format("{} requests wait for history already; ask again later",
                       options_.requests_max));
    return false;
  }
  worker.give(request, clock_.monotonic_ns());
  return true;
}

void QueryService::refuse(Request& request, RefusalCode code, std::string message) {
  request.refusal = code;
  request.refusal_message = std::move(message);
}

void QueryService::flush() {
  for (const auto& worker : workers_) worker->flush();
  next_.flush();
}

void QueryService::stop() {
  for (const auto& worker : workers_) worker->stop();
}

}  // namespace florin::history
