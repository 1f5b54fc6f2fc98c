// What a seed draws: which features and which faults take part, and how tight every limit is. Each
// seed has a random subset of them (a swarm), since faults that always come together hide each
// other.
#pragma once

#include <string>

#include "base/limits.h"
#include "base/random.h"
#include "history/query_service.h"
#include "history/recorder.h"
#include "tests/support/memory_store.h"
#include "tests/support/request_generator.h"

namespace florin::test {

// A defect that is planted, so that one sees whether it would be found.
enum class Plant : u8 {
  None,
  SyncsIgnored,           // The disk's user forgets to sync files.
  EarlyAcknowledgements,  // Writes count as durable when they are merely written.
  DirectorySyncsIgnored,
  SnapshotsUnsynced,  // Snapshots are published before they are on stable storage.
  EarlyTrims,         // The log is trimmed before a snapshot holds what was in it.
  // The store of history lies: tests/support/memory_store.h says how.
  HistoryBelievesBeyond,
  HistoryForgetsConsumed,
  HistoryForgetsReversals,
  HistoryMistakesClosings,
  HistoryLosesLastRun,
  HistoryCallsUnwrittenDurable,
  HistorySkipsChanges,
  HistoryRepeatsChanges,
  HistoryShowsLaterBalances,
};

inline constexpr Plant kPlants[] = {Plant::SyncsIgnored,
                                    Plant::EarlyAcknowledgements,
                                    Plant::DirectorySyncsIgnored,
                                    Plant::SnapshotsUnsynced,
                                    Plant::EarlyTrims,
                                    Plant::HistoryBelievesBeyond,
                                    Plant::HistoryForgetsConsumed,
                                    Plant::HistoryForgetsReversals,
                                    Plant::HistoryMistakesClosings,
                                    Plant::HistoryLosesLastRun,
                                    Plant::HistoryCallsUnwrittenDurable,
                                    Plant::HistorySkipsChanges,
                                    Plant::HistoryRepeatsChanges,
                                    Plant::HistoryShowsLaterBalances};

const char* name(Plant plant);
// The lie that is planted, or none.
StoreLie lie_of(Plant plant);

struct Scenario {
  u64 seed = 0;
  Limits limits;
  GeneratorOptions generator;
  u32 clients = 4;
  u32 client_requests_in_flight = 4;
  u32 lives = 4;              // Processes of the safety phase.
  u64 life_steps_max = 4000;  // The longest of them.
  u64 disk_pace = 3;          // The disk completes something in one of so many steps.
  u32 partitions_max = 16;    // Each start draws how many.
  bool inline_mode = true;
  bool parallel_mode = true;
  bool auto_mode = true;
  bool archive = false;  // The log is never trimmed.
  bool snapshots = true;
  bool small_capacity = false;
  bool history = false;
  history::RecorderOptions recorder;
  history::QueryServiceOptions queries;

  // Faults.
  bool power_cuts = true;
  bool cuts_in_recovery = false;
  bool cuts_after_trims = false;
  bool kills = false;
  bool clean_stops = false;
  bool write_errors = false;
  bool sync_errors = false;
  bool full_disks = false;
  bool damage = false;      // Bit flips at rest.
  bool unreadable = false;  // Sectors at rest.
  bool misdirected = false;
  bool lying_disk = false;
  bool old_copies = false;  // At the end an earlier state of the disk is put back.
  bool cut_links = false;
  bool stalls = false;
  bool slow_readers = false;
  bool changed_retries = false;
  bool clock_jumps = false;
  bool clock_freezes = false;
  bool history_lags = false;      // Its agents rest for a while, now and then.
  bool history_failures = false;  // Its store fails to write or to read, now and then.
  Plant plant = Plant::None;

  // Everything that matters for whoever reads a failure.
  std::string text() const;
};

Scenario draw_scenario(u64 seed, Plant plant = Plant::None);

}  // namespace florin::test
