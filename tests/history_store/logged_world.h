// Blocks of random requests as the core would log them, each with what became of it by the engine
// and with the changes that the reference ledger makes of it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "history/block_source.h"
#include "history/follower.h"
#include "pipeline/commit_feed.h"
#include "pipeline/outcome_record.h"
#include "pipeline/slot.h"
#include "storage/aligned_buffer.h"
#include "tests/support/reference_changes.h"
#include "tests/support/reference_ledger.h"
#include "tests/support/request_generator.h"
#include "tests/support/sim_storage.h"
#include "wal/writer.h"

namespace florin::test {

struct MadeBlock {
  u64 position_before = 0;
  u64 event_count = 0;
  u64 last_timestamp = 0;
  wal::LogEnd end;  // Behind it: where it would stand in a log, or does.
  storage::AlignedBuffer body;
  u64 body_bytes = 0;
  pipeline::OutcomeRecord outcomes;
  history::ChangeBatch changes;  // With the counts after it.

  std::span<const std::byte> body_span() const { return body.span().first(body_bytes); }
  history::LoggedBlock logged() const;
  pipeline::CommittedBlock committed() const;
};

class LoggedWorld {
 public:
  explicit LoggedWorld(u64 seed, const GeneratorOptions& options = {});

  // Runs so many random requests that are logged, and others that come between them.
  MadeBlock next(u32 requests);
  // The same of these.
  MadeBlock run(std::vector<OwnedRequest> requests, u64 first_timestamp);

  const ReferenceLedger& reference() const { return reference_; }
  const engine::Engine& engine() const { return *engine_; }

 private:
  void add(OwnedRequest request, u64 timestamp);
  MadeBlock finish();

  RequestGenerator generator_;
  ReferenceLedger reference_;
  ReferenceChanges changes_;
  std::unique_ptr<engine::Engine> engine_;
  pipeline::Slot slot_;
  pipeline::OutcomeComposer composer_;
  std::vector<std::unique_ptr<OwnedRequest>> flying_;
  u64 engine_sequence_ = 0;
  u64 position_ = 0;
  u64 last_timestamp_ = 0;
  wal::LogEnd end_;
};

inline constexpr const char* kLogDirectory = "/log";
inline constexpr u128 kLogId = make_u128(0x0102030405060708, 0x090a0b0c0d0e0f10);
// To read that log.
history::BlockSourceOptions source_options();

// A log on a simulated disk, written as the core writes it: outcomes in later blocks, in parts
// where they do not fit, or in blocks of their own.
class BlockLog {
 public:
  BlockLog(u64 seed, SimStorage& disk, Clock& clock, pipeline::CommitFeed* feed);
  ~BlockLog();

  // Appends the block, with outcomes of earlier ones as chance will have it, waits until it is
  // durable and hands it to the feed. Fills in its end.
  void append(MadeBlock& block);
  // The same of a block without events, which takes what outcomes are left.
  void append_outcomes();
  // How many blocks back outcomes may be, at most.
  void let_outcomes_wait(u64 bytes_max) { outcome_bytes_max_ = bytes_max; }
  // Of the records that wait, the first is never logged.
  void lose_outcomes() { outcomes_.clear(); }

  const wal::LogEnd& end() const { return writer_->end(); }
  wal::Writer& writer() { return *writer_; }

 private:
  void write(std::span<const std::byte> body, u64 outcome_room, MadeBlock* block);

  Random random_;
  pipeline::CommitFeed* const feed_;
  std::unique_ptr<wal::Writer> writer_;
  std::deque<storage::AlignedBuffer> images_;
  pipeline::OutcomeQueue outcomes_;
  u64 outcome_bytes_max_ = 512;
  u64 last_timestamp_ = 0;
};

}  // namespace florin::test
