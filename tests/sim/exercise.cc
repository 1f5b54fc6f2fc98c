#include "tests/sim/exercise.h"

#include <fmt/format.h>

namespace florin::test {

const char* name(Exercise exercise) {
  switch (exercise) {
    case Exercise::PowerCuts: return "power cuts";
    case Exercise::CutsInRecovery: return "power cuts in recovery";
    case Exercise::CutsInSnapshots: return "power cuts in snapshots";
    case Exercise::CutsAfterTrims: return "power cuts right after trimming";
    case Exercise::Kills: return "kills";
    case Exercise::CleanStops: return "clean stops";
    case Exercise::WriteErrors: return "ends by write errors";
    case Exercise::SyncErrors: return "ends by sync errors";
    case Exercise::TornTails: return "torn tails dropped";
    case Exercise::FullDisks: return "full disks";
    case Exercise::RefusalsForSpace: return "writes refused for space";
    case Exercise::StartsOnFullDisks: return "starts refused on full disks";
    case Exercise::WritesAfterFullDisk: return "writes resumed after a full disk";
    case Exercise::BitFlips: return "bit flips";
    case Exercise::UnreadableSectors: return "unreadable sectors";
    case Exercise::MisdirectedWrites: return "misdirected writes";
    case Exercise::RefusedStarts: return "starts refused for damage";
    case Exercise::StartsWithDamage: return "starts beside damage";
    case Exercise::LyingDisks: return "lying disks";
    case Exercise::LossesOnLyingDisks: return "losses on lying disks";
    case Exercise::LossesWithoutWitness: return "damage that nothing bore witness against";
    case Exercise::OldCopies: return "old copies put back";
    case Exercise::Forks: return "old copies that went another way";
    case Exercise::Snapshots: return "snapshots";
    case Exercise::SnapshotFailures: return "failed snapshots";
    case Exercise::SnapshotLoads: return "recoveries from snapshots";
    case Exercise::SnapshotFallbacks: return "damaged snapshots passed over";
    case Exercise::SegmentsTrimmed: return "segments trimmed";
    case Exercise::SegmentsRecycled: return "segments recycled";
    case Exercise::RecoveriesCompared: return "recoveries compared";
    case Exercise::ReplaysCompared: return "whole replays compared";
    case Exercise::Reconnections: return "reconnections";
    case Exercise::CutLinks: return "links cut";
    case Exercise::HalfFramesCut: return "links cut within a frame";
    case Exercise::HalfClosed: return "links closed by half";
    case Exercise::Stalls: return "stalls";
    case Exercise::SlowReaders: return "slow readers";
    case Exercise::RetriesSame: return "retries, same content";
    case Exercise::RetriesOther: return "retries, other content";
    case Exercise::ClosedByServer: return "links closed by the server";
    case Exercise::WitnessesAccepted: return "witnesses accepted";
    case Exercise::WitnessesRefused: return "witnesses refused";
    case Exercise::DryRuns: return "dry runs";
    case Exercise::Reads: return "reads";
    case Exercise::RunsWritten: return "runs of history written";
    case Exercise::ChangesLost: return "changes not written when a process ended";
    case Exercise::BlocksFromFeed: return "blocks followed from memory";
    case Exercise::BlocksFromFiles: return "blocks followed from files";
    case Exercise::StoreFailures: return "failures of the history store";
    case Exercise::IdsRetired: return "ids that left memory";
    case Exercise::IdsFoundInHistory: return "ids found in history";
    case Exercise::WindowRefusals: return "requests refused for a full window";
    case Exercise::StartsForWindow: return "starts refused for a small window";
    case Exercise::OtherWindows: return "recoveries with another window";
    case Exercise::AnswersFromHistory: return "answers from history";
    case Exercise::AnswersCompleted: return "answers completed from history";
    case Exercise::QueriesRefused: return "questions about the past refused";
    case Exercise::ChangesFollowed: return "changes followed by clients";
    case Exercise::Ticks: return "ticks";
    case Exercise::ClockJumpsForward: return "clock jumps forward";
    case Exercise::ClockJumpsBack: return "clock jumps back";
    case Exercise::ClockFreezes: return "clock freezes";
    case Exercise::InlineBlocks: return "blocks inline";
    case Exercise::ParallelBlocks: return "blocks in parallel";
  }
  return "unknown";
}

void Exercises::add(const Exercises& other) {
  for (usize i = 0; i < kExercises; ++i) counts[i] += other.counts[i];
  requests += other.requests;
  accepted += other.accepted;
  events += other.events;
  created += other.created;
  steps += other.steps;
}

std::vector<Exercise> Exercises::missing() const {
  std::vector<Exercise> missing;
  for (usize i = 0; i < kExercises; ++i) {
    if (counts[i] == 0) missing.push_back(static_cast<Exercise>(i));
  }
  return missing;
}

std::string Exercises::text() const {
  std::string text = fmt::format("{:>10}  steps\n{:>10}  requests answered, {} % accepted\n", steps,
                                 requests, accepted_percent());
  text += fmt::format("{:>10}  events decided, {} % created\n", events,
                      events == 0 ? 0 : created * 100 / events);
  for (usize i = 0; i < kExercises; ++i) {
    text += fmt::format("{:>10}  {}\n", counts[i], name(static_cast<Exercise>(i)));
  }
  return text;
}

}  // namespace florin::test
