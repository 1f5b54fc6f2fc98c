// Drives one sink: reads changes out of history from where the sink stands, delivers them, commits,
// and begins again from the sink's own place after a failure, with a pause that grows.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/agent.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/types.h"
#include "exporter/change_filter.h"
#include "exporter/change_reader.h"
#include "exporter/dead_letters.h"
#include "exporter/sink.h"
#include "history/back_off.h"
#include "history/store.h"

namespace florin::exporter {

struct SinkDriverOptions {
  std::string name = "files";
  std::string dead_letter_directory;
  // Changes that it does not want are passed over; refused transfers are not even read.
  ChangeFilter filter;
  u32 page_changes_max = 2048;
  u64 commit_interval_ns = 1'000'000'000;  // At the latest so long after the first change of it.
  u64 commit_changes_max = 100'000;
  history::BackOffOptions back_off;
  u64 look_ns = 1'000'000'000;  // How often it is looked for dead letters to deliver again.
  // A sink that has more than the ledger waits for it, and says so after this long: at a start,
  // history comes up to the ledger first.
  u64 wait_told_ns = 10'000'000'000;
};

// What others may know of a sink.
struct SinkStatus {
  history::Place committed;
  u64 changes = 0;         // Delivered by this process.
  u64 failures = 0;        // Since the start.
  u64 dead_letters = 0;    // Put aside since the start.
  std::string last_error;  // Empty when the last attempt succeeded.
};

// What is worth a line in the log: a failure, its end, a dead letter, a ledger shorter than the
// sink.
struct SinkEvent {
  enum class Kind : u8 { Failed, Recovered, PutAside, DeliveredAgain, Waits };
  Kind kind = Kind::Failed;
  std::string sink;
  std::string message;
  u64 retry_in_ns = 0;
};
using SinkListener = std::function<void(const SinkEvent&)>;

// Belongs to one thread, but for `status`, `stop` and `stopped`. The sink, store and clock outlive
// it.
class SinkDriver final : public Agent {
 public:
  SinkDriver(SinkDriverOptions options, Sink& sink, history::Store& store, Clock& clock,
             Random random, SinkListener listener);

  usize step() override;
  u64 sleep_ns_max() override;

  SinkStatus status() const;
  // Delivers what is durable at this moment, commits, and is stopped then; a sink that fails is not
  // tried again.
  void stop() { stop_requested_.store(true, std::memory_order_release); }
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }

 private:
  Result<usize> work();
  Status open_sink();
  void wait_for_ledger(Position end);
  Status prove_stand();
  Status deliver_page(const ChangePage& page);
  Status deliver_wanted(const ChangePage& page);
  Status deliver_again();
  Result<bool> deliver_letter(const DeadLetter& letter);
  Status put_aside(const history::Place& place, const Error& reason);
  Status commit();
  bool commit_due() const;
  void failed(const Error& error);
  void succeeded();
  void publish();

  const SinkDriverOptions options_;
  const Refusals refusals_;  // What the filter takes of them.
  Sink& sink_;
  history::Store& store_;
  ChangeReader reader_;
  Clock& clock_;
  history::BackOff back_off_;
  SinkListener listener_;
  DeadLetters letters_;
  bool open_ = false;
  SinkStand stand_;      // What was delivered ends here.
  bool proven_ = false;  // History has the last change of it.
  ChangePage wanted_;    // Of a page, with a filter.
  u64 uncommitted_ = 0;  // Changes.
  u64 uncommitted_since_ns_ = 0;
  u64 next_look_ns_ = 0;
  std::optional<u64> waits_since_ns_;  // For the ledger to be as long as the sink's data.
  bool wait_told_ = false;
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> stopped_{false};
  mutable std::mutex status_mutex_;
  SinkStatus status_;
};

}  // namespace florin::exporter
