// What a run really exercised: a fault that was never injected proves nothing, so that a run over
// many seeds fails when one of these stayed at zero.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/types.h"

namespace florin::test {

enum class Exercise : u8 {
  // How processes ended.
  PowerCuts,
  CutsInRecovery,   // Before the ledger served again.
  CutsInSnapshots,  // While one was being taken.
  CutsAfterTrims,   // Within a few operations of the disk after the log was trimmed.
  Kills,
  CleanStops,
  WriteErrors,  // The process ended since a write of its log failed, ...
  SyncErrors,   // ... or a sync.
  // Disks.
  TornTails,
  FullDisks,
  RefusalsForSpace,
  StartsOnFullDisks,  // Refused for that.
  WritesAfterFullDisk,
  BitFlips,
  UnreadableSectors,
  MisdirectedWrites,
  RefusedStarts,     // Since something acknowledged was damaged, ...
  StartsWithDamage,  // ... or nothing that was needed.
  LyingDisks,
  LossesOnLyingDisks,
  LossesWithoutWitness,  // Damage to what nothing on the disk says was acknowledged.
  OldCopies,             // The disk was put back to an earlier state ...
  Forks,                 // ... and went on from there another way.
  // Snapshots and the log.
  Snapshots,
  SnapshotFailures,
  SnapshotLoads,
  SnapshotFallbacks,  // A damaged one was passed over.
  SegmentsTrimmed,
  SegmentsRecycled,
  RecoveriesCompared,  // With other partitions, from the same disk.
  ReplaysCompared,     // Snapshots aside, from the beginning of the log.
  // Clients.
  Reconnections,
  CutLinks,
  HalfFramesCut,  // A link ended within a frame.
  HalfClosed,     // A client said that it will send nothing more.
  Stalls,
  SlowReaders,
  RetriesSame,
  RetriesOther,
  ClosedByServer,
  WitnessesAccepted,
  WitnessesRefused,
  DryRuns,
  Reads,
  // History.
  RunsWritten,
  ChangesLost,  // Appended, but not written when the process ended.
  BlocksFromFeed,
  BlocksFromFiles,
  StoreFailures,
  IdsRetired,
  IdsFoundInHistory,
  WindowRefusals,
  StartsForWindow,  // Refused, as the window was too small for what history lacked.
  OtherWindows,     // A recovery was compared with one.
  AnswersFromHistory,
  AnswersCompleted,  // Begun by memory.
  QueriesRefused,    // As history was behind, failed or stopped.
  ChangesFollowed,
  // Time and order.
  Ticks,
  ClockJumpsForward,
  ClockJumpsBack,
  ClockFreezes,
  InlineBlocks,
  ParallelBlocks,
};
inline constexpr usize kExercises = static_cast<usize>(Exercise::ParallelBlocks) + 1;

const char* name(Exercise exercise);

struct Exercises {
  std::array<u64, kExercises> counts{};
  u64 requests = 0;  // Answered by the ledger, ...
  u64 accepted = 0;  // ... and not refused as a whole, by full disks, capacities and stops.
  u64 events = 0;    // Of writes, decided, ...
  u64 created = 0;   // ... and created.
  u64 steps = 0;

  void count(Exercise exercise, u64 times = 1) { counts[static_cast<usize>(exercise)] += times; }
  u64 of(Exercise exercise) const { return counts[static_cast<usize>(exercise)]; }
  void add(const Exercises& other);
  std::vector<Exercise> missing() const;
  u64 accepted_percent() const { return requests == 0 ? 100 : accepted * 100 / requests; }
  // A line for each.
  std::string text() const;
};

}  // namespace florin::test
