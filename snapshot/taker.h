// Takes snapshots: writes what the engine copies out of a cut to a file, and makes it the newest of
// those that are kept. On a thread of its own, with a storage of its own, at a bounded rate, so
// that the log does not wait for the disk.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "base/agent.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "base/result.h"
#include "engine/cut_buffer.h"
#include "engine/engine.h"
#include "snapshot/cut_point.h"
#include "snapshot/format.h"
#include "storage/aligned_buffer.h"
#include "storage/storage.h"

namespace florin::snapshot {

struct TakerOptions {
  std::string directory;  // DIRECTORY/snapshots; must exist.
  u128 ledger_id = 0;
  u32 state_machine_version = 0;
  u64 bytes_per_second = 256 * kMiB;  // 0 = as fast as the disk takes it.
  u32 buffers = 16;                   // Of 1 MiB, beside those that each copier may hold.
};

// What became of a snapshot.
struct Taken {
  Status status;  // NoSpace or Io: no snapshot was made, and those before are still there.
  CutPoint point;
  u64 bytes = 0;
  u64 duration_ns = 0;
  // The log before this segment is in the older of the snapshots that are kept; 0 = nothing is.
  u64 segments_needed_from = 0;
};

// `begin`, `taken` and `hurry` belong to the core thread, the agent to its own. Destroyed while a
// snapshot is under way, it leaves writes of its memory to the storage, and an unfinished file that
// the next taker removes.
class Taker final : public Agent {
 public:
  // Removes what earlier crashes left of snapshots in the making.
  Taker(storage::Storage& storage, Clock& clock, engine::Engine& engine, TakerOptions options);
  ~Taker() override;
  Taker(const Taker&) = delete;
  Taker& operator=(const Taker&) = delete;

  bool idle() const;
  // Begins a snapshot of the state as it is now: no block is in flight, and the log is durable up
  // to `point`. Requires idle. Calls Engine::begin_cut; from now on the engine's owners copy
  // (Engine::copy_cut and copy_cut_books), until `taken` gives something: then the core thread
  // calls Engine::end_cut, whatever the status.
  void begin(const CutPoint& point);
  // Once, after a snapshot that was begun has come to an end; the taker is idle again.
  std::optional<Taken> taken();
  // Writes the snapshot under way as fast as the disk takes it.
  void hurry();

  usize step() override;
  u64 sleep_ns_max() override;
  // Rung when there may be something for the agent to do. A parker may watch the storage's
  // completion descriptor beside it.
  Doorbell& bell() { return bell_; }

 private:
  // Where the agent is with a snapshot. Each stage waits for its operations to complete.
  enum class Stage : u8 {
    Waiting,           // For `begin`.
    Copying,           // Chunks are written.
    WritingTable,      // All chunks are written.
    SyncingTable,      // Everything but the last sector, ...
    WritingEnd,        // ... which makes the file whole, durably.
    SyncingDirectory,  // It has its name.
    Abandoning,        // Something failed: what is in flight comes home first.
  };
  enum class State : u8 { Idle, Running, Done };

  static constexpr usize kWritesInFlightMax = 4;

  usize poll_storage();
  void complete(const storage::Completion& completion);
  usize advance();
  void start();
  Status create_file();
  usize copy();
  void write_chunk(engine::CutBuffer* buffer);
  void note_counters(const engine::CutBuffer& buffer);
  void write_table();
  void write_end();
  void publish();
  void finish(Status status);
  void abandon();

  void write(u64 offset, std::span<const std::byte> bytes, storage::Durability durability,
             u64 token);
  void sync_file();
  bool may_write();
  // Nanoseconds until the rate allows the next write.
  u64 pause_ns();
  std::string partial_path() const;

  storage::Storage& storage_;
  Clock& clock_;
  engine::Engine& engine_;
  const TakerOptions options_;
  engine::CutBuffers buffers_;
  Doorbell bell_;

  // Core to agent: Idle to Running, with `point_`. Agent to core: Running to Done, with `result_`.
  std::atomic<State> state_{State::Idle};
  std::atomic<bool> hurry_{false};
  CutPoint point_;
  Taken result_;

  // The agent's.
  Stage stage_ = Stage::Waiting;
  std::optional<Error> failure_;
  std::optional<storage::File> file_;
  HeaderSector header_;
  EndSector end_;
  std::vector<TableEntry> table_;
  storage::AlignedBuffer sector_;        // Of the header, and at the end of the last sector.
  storage::AlignedBuffer table_memory_;  // While it is written.
  u64 offset_ = 0;                       // Where the next bytes go.
  std::array<engine::CutBuffer*, kWritesInFlightMax> writing_{};
  u32 in_flight_ = 0;  // Operations of the storage.
  bool syncing_ = false;
  u64 unsynced_bytes_ = 0;
  u64 started_ns_ = 0;
  u64 write_allowed_ns_ = 0;  // By the rate.
};

}  // namespace florin::snapshot
