// Stands between the core and those who send replies. A request that memory could answer passes at
// once; one that history has to answer, or to complete, is handed to a query thread, which waits
// until history can be read up to the request's position, has the store answer, and sends the
// reply. So such replies may overtake others and be overtaken: clients know them by number.
//
// Costs the core a branch for a request that passes, and some 100 ns for one that does not: a look
// at the clock and a queue, and a wake-up when the query thread sleeps.
#pragma once

#include <memory>
#include <vector>

#include "base/agent.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "base/types.h"
#include "history/query_worker.h"
#include "history/store.h"
#include "history/waiters.h"
#include "ledger/request.h"

namespace florin::history {

class QueryService final : public ledger::ReplySink {
 public:
  // `store` null: history is off, requests for it are refused, there are no query threads, and
  // `readable` may be null as well.
  // `next` sends the replies of the core's thread; `next_of_threads` has one for each query thread,
  // used by it alone (see net::Server::add_outbox). The query threads are among those told of what
  // is `readable`. All of them must outlive the service.
  QueryService(const QueryServiceOptions& options, Store* store, Waiters* readable, Clock& clock,
               ledger::ReplySink& next, std::vector<ledger::ReplySink*> next_of_threads);
  ~QueryService() override;

  // Told of each error of the store, on a query thread. Before the threads start.
  void set_error_listener(QueryErrorListener listener);

  // The core's side, on the thread of the release stage.
  void deliver(ledger::Request* request) override;
  void flush() override;

  // The query threads: what each runs, and what wakes it.
  u32 threads() const { return static_cast<u32>(workers_.size()); }
  Agent& agent(u32 thread) { return *workers_[thread]; }
  Doorbell& bell(u32 thread) { return workers_[thread]->bell(); }

  // Any thread: from now on everything that is here, or comes, is answered at once with
  // shutting_down. The query threads must go on until nothing is in flight.
  void stop();
  const QueryServiceStatus& status() const { return status_; }

 private:
  bool take(ledger::Request& request);
  void refuse(ledger::Request& request, ledger::RefusalCode code, std::string message);

  const QueryServiceOptions options_;
  Clock& clock_;
  ledger::ReplySink& next_;
  QueryServiceStatus status_;
  std::vector<std::unique_ptr<QueryWorker>> workers_;
  usize next_worker_ = 0;
};

}  // namespace florin::history
