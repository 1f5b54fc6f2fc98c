// A load on a server that remembers every answer outside of the server, so that after a crash it
// can be told what must be there.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "bench/histogram.h"
#include "cli/load_plan.h"
#include "client/client.h"
#include "ledger/outcome.h"

namespace florin::cli {

struct LoadOptions {
  u64 seed = 1;
  u32 accounts = 200;
  u32 connections = 4;
  u32 request_events_max = 64;
  u64 transfers_max = 4'000'000;  // Over all connections; bounds the record's memory.
  u64 deadline_ms = 1000;         // Of one request; also how long a dead server is waited for.
  // On a full disk requests are refused with `no_space`: then go on asking, instead of calling it a
  // problem.
  bool full_disk_expected = false;
  // The server may end before it is connected to: then there is no load, instead of a problem.
  bool early_end_expected = false;
};

enum class RequestState : u8 {
  Acknowledged,  // The server answered: each event has its outcome.
  Unknown,       // Sent, and no answer came.
  Absent,        // It did not happen: never sent, or looked for and not found.
};

// What the server answered for one event. The timestamp counts only for what was created.
struct EventRecord {
  Timestamp timestamp;
  ledger::TransferOutcome outcome = ledger::TransferOutcome::Undecided;
};

struct RequestRecord {
  PlannedRequest planned;
  RequestState state = RequestState::Unknown;
  bool verified = false;  // Compared with the server's data at least once.
};

// An update of an account: a request of its own. Created when acknowledged.
struct UpdateRecord {
  RequestState state = RequestState::Unknown;
  Timestamp timestamp;
};

// The record of one connection. The events of a request are events[first .. first + count).
struct StreamRecord {
  std::vector<EventRecord> events;
  std::vector<RequestRecord> requests;
  std::vector<UpdateRecord> updates;  // By number.
};

struct LoadFigures {
  u64 transfers = 0;  // Acknowledged.
  u64 requests = 0;
  u64 latency_ns_p50 = 0;  // Of a request.
  u64 latency_ns_p99 = 0;
};

// Problems found, for a report: the first few in words, all of them counted. Any thread may add.
class Problems {
 public:
  void add(std::string problem);
  u64 count() const;
  std::vector<std::string> first() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> first_;
  u64 count_ = 0;
};

// One thread uses it; between `start` and `stop` its own threads send, and the records must not be
// looked at.
class RecordedLoad {
 public:
  explicit RecordedLoad(const LoadOptions& options);
  ~RecordedLoad();
  RecordedLoad(const RecordedLoad&) = delete;
  RecordedLoad& operator=(const RecordedLoad&) = delete;

  const LoadPlan& plan() const { return plan_; }
  const LoadOptions& options() const { return options_; }
  std::vector<StreamRecord>& streams() { return streams_; }
  const std::vector<StreamRecord>& streams() const { return streams_; }
  Problems& problems() { return problems_; }

  // Creates the plan's accounts; those that exist already are fine.
  Status create_accounts(client::Client& client);
  // Each connection sends one request after the other, and some a second time.
  void start(const std::string& host, u16 port);
  // Returns once every request in flight was answered or given up.
  void stop();

  // Acknowledged since the beginning.
  u64 acknowledged() const { return acknowledged_.load(std::memory_order_relaxed); }
  // Requests answered a second time, as they must be.
  u64 retried() const { return retried_.load(std::memory_order_relaxed); }
  // Requests refused for want of room, where that is expected.
  u64 refused_for_space() const { return refused_for_space_.load(std::memory_order_relaxed); }
  // Since the last call, or since the beginning.
  LoadFigures take_figures();

 private:
  void run_stream(u32 stream, Random random, const std::string& host, u16 port);
  // Each returns whether the connection can go on.
  bool send_next(u32 stream, Random& random, client::Client& client);
  bool send_transfers(u32 stream, Random& random, client::Client& client);
  bool send_update(u32 stream, client::Client& client);
  bool can_go_on(const client::ClientError& error);
  bool is_expected_refusal(const client::ClientError& error) const;
  void note_latency(u64 latency_ns, u32 transfers);

  LoadOptions options_;
  LoadPlan plan_;
  Random random_;
  std::vector<StreamRecord> streams_;
  std::vector<std::jthread> threads_;
  Problems problems_;
  // Relaxed: figures for display, and a request to stop that orders nothing else; joining the
  // threads orders their records.
  std::atomic<bool> stopping_{false};
  std::atomic<u64> acknowledged_{0};
  std::atomic<u64> retried_{0};
  std::atomic<u64> refused_for_space_{0};
  std::mutex figures_mutex_;
  LoadFigures figures_;
  std::unique_ptr<bench::Histogram> latencies_;
};

client::ClientOptions client_options(const std::string& host, u16 port, u64 deadline_ms);

// Fills the record of a request from the server's answer to it.
void record_answer(const RequestRecord& request, const client::TransferResults& answer,
                   StreamRecord& stream);

// Compares the answer to a request sent again with the record: what was created exists with its
// timestamp, what was refused for a passing reason stays refused.
void check_retry(const std::vector<ledger::Transfer>& events, const RequestRecord& request,
                 const client::TransferResults& answer, const StreamRecord& stream,
                 Problems& problems);

}  // namespace florin::cli
