// A ledger on one thread that logs every request as a block and takes snapshots in between, over a
// simulated disk: what the core does, without its order, batches and threads. Every step is drawn
// from a seed.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/block.h"
#include "engine/engine.h"
#include "pipeline/outcome_record.h"
#include "replay/recovery.h"
#include "snapshot/taker.h"
#include "storage/aligned_buffer.h"
#include "storage/data_directory.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_past.h"
#include "tests/support/owned_request.h"
#include "tests/support/request_generator.h"
#include "tests/support/sim_storage.h"
#include "tests/support/test_size.h"
#include "wal/writer.h"

namespace florin::test {

inline constexpr const char* kLedgerDirectory = "/data";
inline constexpr const char* kSnapshots = "/data/snapshots";
inline constexpr u128 kLedgerId = 0xf10f10f10f10;

Limits ledger_limits();

struct LoggedLedgerOptions {
  u32 partitions = 1;
  bool archive = false;   // Keeps the whole log.
  u32 requests_max = 12;  // Events of a request.
  // Memory is a window: what the past knows durably leaves it now and then. It learns everything
  // that happens, but may not be asked about a ledger that lost something in a crash.
  MemoryPast* past = nullptr;
  std::string directory = kLedgerDirectory;
};

replay::RecoveryOptions recovery_options(u32 partitions = 1, u32 threads = 1,
                                         const std::string& directory = kLedgerDirectory);
Result<replay::Recovered> recover_from(storage::Storage& disk,
                                       const replay::RecoveryOptions& options);

class LoggedLedger {
 public:
  LoggedLedger(SimStorage& disk, u64 seed, LoggedLedgerOptions options = {});
  ~LoggedLedger();

  // Recovers from what is on the disk. `digests` then has the state at the end.
  Status start();
  // Random requests, each durable afterwards. False when the log failed.
  bool run(u32 requests);
  // Takes a snapshot while so many random requests run, and says what became of it; nothing when
  // the log failed.
  std::optional<snapshot::Taken> take_snapshot(u32 requests_meanwhile);
  // Marks the log's end, as a clean stop does.
  void finish();
  // The power fails: nothing is left but the disk.
  void crash();

  engine::Engine& engine() { return *engine_; }
  Position position() const { return Position{position_}; }
  u64 last_timestamp() const { return last_timestamp_; }
  const replay::Recovered& recovered() const { return recovered_; }
  // The state after every position at which a request ended.
  const std::map<u64, engine::StateDigest>& digests() const { return digests_; }
  // When the last event before each of these positions was decided.
  const std::map<u64, u64>& timestamps() const { return timestamps_; }
  u64 durable_position() const { return log_->durable_position().value; }
  // Up to where the past is durable.
  const wal::LogEnd& history_end() const { return history_end_; }
  // How many ids have left memory.
  u64 retired() const { return retired_; }

 private:
  bool poll_log();
  bool log(const ledger::Request& request, u64 timestamp);
  bool run_one();
  void retire_some();
  void copy_some();

  SimStorage& disk_;
  Random random_;
  LoggedLedgerOptions options_;
  RequestGenerator generator_;
  ManualClock clock_;
  std::unique_ptr<storage::Storage> snapshot_disk_;
  replay::Recovered recovered_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Block> block_;
  std::unique_ptr<wal::Writer> log_;
  std::unique_ptr<snapshot::Taker> taker_;
  std::unique_ptr<pipeline::OutcomeComposer> composer_;
  pipeline::OutcomeQueue outcomes_;
  std::deque<storage::AlignedBuffer> images_;
  u64 block_sequence_ = 0;
  u64 position_ = 0;
  u64 last_timestamp_ = 0;
  wal::LogEnd history_end_;
  u64 retired_ = 0;
  std::map<u64, engine::StateDigest> digests_;
  std::map<u64, u64> timestamps_;
};

}  // namespace florin::test
