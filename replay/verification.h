// Proves a data directory against itself: the log is executed from as early as it reaches, its
// outcomes are compared with those that were logged, and the state at the cut of each snapshot with
// what is in the snapshot.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "engine/engine.h"
#include "replay/recovery.h"
#include "storage/storage.h"

namespace florin::replay {

// A snapshot, compared with the replayed state at its cut.
struct VerifiedSnapshot {
  std::string name;
  Position position;
  bool compared = false;         // False also of the one that the replay had to begin with.
  std::optional<Error> problem;  // Damaged, or another state.
};

struct Verification {
  Position begin;  // Where the replay began: 0 with the log, otherwise with the oldest snapshot.
  wal::LogEnd end;
  u64 blocks = 0;
  u64 events = 0;
  u64 blocks_compared = 0;                  // Whose outcomes are in the log.
  std::vector<VerifiedSnapshot> snapshots;  // Oldest first.
  engine::StateDigest digest;               // At the end.
  std::unique_ptr<engine::Engine> engine;
  u64 duration_ns = 0;

  // Whether every snapshot is whole and says the same.
  bool all_agree() const;
};

// `options.until` and `set_aside_damaged` are not looked at; nothing is written. The memory of two
// engines is needed where there is a snapshot. Errors: those of recover(), and Corrupt when what
// the log decides differs from what it says, or the books do not balance at the end.
Result<Verification> verify(storage::Storage& storage, Clock& clock, const RecoveryOptions& options,
                            const std::function<void(const RecoveryProgress&)>& report);

}  // namespace florin::replay
