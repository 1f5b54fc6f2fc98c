#include "tests/sim/scenario.h"

#include <algorithm>

#include <fmt/format.h>

namespace florin::test {

const char* name(Plant plant) {
  switch (plant) {
    case Plant::None: return "none";
    case Plant::SyncsIgnored: return "syncs_ignored";
    case Plant::EarlyAcknowledgements: return "early_acknowledgements";
    case Plant::DirectorySyncsIgnored: return "directory_syncs_ignored";
    case Plant::SnapshotsUnsynced: return "snapshots_unsynced";
    case Plant::EarlyTrims: return "early_trims";
    case Plant::HistoryBelievesBeyond: return "history_believes_beyond";
    case Plant::HistoryForgetsConsumed: return "history_forgets_consumed";
    case Plant::HistoryForgetsReversals: return "history_forgets_reversals";
    case Plant::HistoryMistakesClosings: return "history_mistakes_closings";
    case Plant::HistoryLosesLastRun: return "history_loses_last_run";
    case Plant::HistoryCallsUnwrittenDurable: return "history_calls_unwritten_durable";
    case Plant::HistorySkipsChanges: return "history_skips_changes";
    case Plant::HistoryRepeatsChanges: return "history_repeats_changes";
    case Plant::HistoryShowsLaterBalances: return "history_shows_later_balances";
  }
  return "unknown";
}

StoreLie lie_of(Plant plant) {
  switch (plant) {
    case Plant::None:
    case Plant::SyncsIgnored:
    case Plant::EarlyAcknowledgements:
    case Plant::DirectorySyncsIgnored:
    case Plant::SnapshotsUnsynced:
    case Plant::EarlyTrims: break;
    case Plant::HistoryBelievesBeyond: return StoreLie::BelievesBeyondAsOf;
    case Plant::HistoryForgetsConsumed: return StoreLie::ForgetsConsumedIds;
    case Plant::HistoryForgetsReversals: return StoreLie::ForgetsReversals;
    case Plant::HistoryMistakesClosings: return StoreLie::MistakesClosings;
    case Plant::HistoryLosesLastRun: return StoreLie::LosesLastRun;
    case Plant::HistoryCallsUnwrittenDurable: return StoreLie::CallsUnwrittenDurable;
    case Plant::HistorySkipsChanges: return StoreLie::SkipsChanges;
    case Plant::HistoryRepeatsChanges: return StoreLie::RepeatsChanges;
    case Plant::HistoryShowsLaterBalances: return StoreLie::ShowsLaterBalances;
  }
  return StoreLie::None;
}

namespace {

u32 any_of(Random& random, std::initializer_list<u32> values) {
  return values.begin()[random.below(values.size())];
}

Limits draw_limits(Random& random) {
  Limits limits;
  limits.accounts_max = 2'000;
  limits.transfers_max = 40'000;
  limits.account_updates_max = 4'000;
  limits.blocks_in_flight = any_of(random, {2, 4, 8});
  limits.block_requests_max = any_of(random, {1, 4, 8, 32});
  limits.request_events_max = 64;
  limits.small_request_bytes_max = 512;
  limits.small_share_bytes = 2 * kKiB;
  limits.block_bytes_max = 20 * kKiB;
  limits.block_reads_max = 64;
  limits.parallel_events_min = any_of(random, {2, 16, 64});
  limits.segment_bytes = any_of(random, {32, 48, 64}) * kKiB;
  limits.segments_ahead = any_of(random, {1, 2});
  limits.log_writes_in_flight = any_of(random, {1, 2, 3, 4});
  limits.connection_requests_max = any_of(random, {1, 4, 64});
  limits.frame_bytes_max = 32 * kKiB;
  limits.connection_bytes_max = 256 * kKiB;
  limits.snapshot_log_bytes = any_of(random, {32, 64, 128, 512}) * kKiB;
  limits.snapshot_interval_ns = random.chance(1, 3) ? 20'000'000 : 900'000'000'000;
  limits.snapshot_at_stop = random.chance(1, 2);
  return limits;
}

GeneratorOptions draw_generator(Random& random) {
  GeneratorOptions options;
  options.ticks = 0;  // The ledger's own.
  options.accounts = any_of(random, {6, 24, 48});
  options.request_events_max = any_of(random, {1, 6, 24, 60});
  options.pending = any_of(random, {0, 20, 50});
  options.dry_runs = any_of(random, {0, 6, 20});
  options.lookup_requests = any_of(random, {2, 8, 20});
  options.query_requests = any_of(random, {0, 6});
  options.retried_requests = any_of(random, {0, 4, 20});
  options.deadline_pauses = any_of(random, {0, 30});
  if (random.chance(1, 2)) return options;
  // Well-behaved clients: most of what they ask comes to pass, so that the ledger grows.
  options.limited_accounts = 10;
  options.barred_accounts = 0;
  options.chains = 1;
  options.open_chains = 0;
  options.reused_ids = 0;
  options.missing_accounts = 0;
  options.wrong_ledgers = 0;
  options.bad_shapes = 0;
  options.huge_amounts = 0;
  options.resolving = 5;
  options.reversals = 1;
  options.imported_requests = 0;
  return options;
}

// Everything that history can bound is bounded: the window, what is forgotten at once, the way from
// the core, runs. Open holds stay in the window: where they are many, it is larger.
void draw_history(Random& random, Scenario& scenario) {
  Limits& limits = scenario.limits;
  const u32 request_ids = 2 * scenario.generator.request_events_max;
  limits.retire_ids_max = any_of(random, {1, 16, 256, 4'096});
  limits.commit_feed_bytes = any_of(random, {4, 64, 1'024}) * kKiB;
  scenario.history = random.chance(3, 4);
  scenario.history_lags = random.chance(1, 2);
  scenario.history_failures = random.chance(1, 3);
  scenario.recorder.run_changes_max = any_of(random, {1, 60, 1200});
  scenario.recorder.run_age_ns_max = any_of(random, {1'000'000, 50'000'000, 2'000'000'000});
  scenario.recorder.step_changes_max = any_of(random, {1, 50, 1'000});
  scenario.recorder.step_blocks_max = any_of(random, {1, 3, 64});
  scenario.recorder.back_off = {1'000'000, 50'000'000};
  scenario.queries.wait_ns_max = any_of(random, {1'000'000, 500'000'000});
  scenario.queries.requests_max = any_of(random, {1, 8, 64});
  scenario.queries.parked_max = any_of(random, {1, 8});
  if (!scenario.history || random.chance(1, 4)) return;
  const u32 holds = scenario.generator.pending * 6;
  limits.transfers_max =
      holds + std::max(32U, 2 * request_ids) + any_of(random, {0, 0, 100, 1'000});
}

}  // namespace

Scenario draw_scenario(u64 seed, Plant plant) {
  Random random(seed * 0x9e37'79b9'7f4a'7c15 + 1);
  Scenario scenario;
  scenario.seed = seed;
  scenario.plant = plant;
  scenario.limits = draw_limits(random);
  scenario.generator = draw_generator(random);
  scenario.clients = any_of(random, {1, 2, 4, 8});
  scenario.client_requests_in_flight = any_of(random, {1, 3, 8});
  scenario.lives = static_cast<u32>(random.between(1, 8));
  scenario.life_steps_max = any_of(random, {400, 2'000, 8'000});
  scenario.disk_pace = any_of(random, {1, 3, 3, 30});
  scenario.partitions_max = any_of(random, {1, 4, 16});
  scenario.inline_mode = random.chance(1, 2);
  scenario.parallel_mode = random.chance(1, 2);
  scenario.auto_mode = random.chance(1, 2) || (!scenario.inline_mode && !scenario.parallel_mode);
  scenario.archive = random.chance(1, 4);
  scenario.snapshots = random.chance(4, 5);
  scenario.small_capacity = random.chance(1, 20);
  if (scenario.small_capacity) scenario.limits.transfers_max = 400;
  if (!scenario.small_capacity) draw_history(random, scenario);
  bool Scenario::*const faults[] = {
      &Scenario::cuts_in_recovery, &Scenario::cuts_after_trims, &Scenario::kills,
      &Scenario::clean_stops,      &Scenario::write_errors,     &Scenario::sync_errors,
      &Scenario::full_disks,       &Scenario::cut_links,        &Scenario::stalls,
      &Scenario::slow_readers,     &Scenario::changed_retries,  &Scenario::clock_jumps,
      &Scenario::clock_freezes};
  for (bool Scenario::*const fault : faults) scenario.*fault = random.chance(1, 2);
  scenario.power_cuts = random.chance(5, 6);
  for (bool Scenario::*const fault :
       {&Scenario::damage, &Scenario::unreadable, &Scenario::misdirected}) {
    scenario.*fault = random.chance(1, 4);
  }
  scenario.lying_disk = random.chance(1, 15);
  scenario.old_copies = random.chance(1, 6);
  if (plant != Plant::None) {
    // What is planted must be seen without help.
    scenario.damage = scenario.unreadable = scenario.misdirected = scenario.lying_disk = false;
    scenario.power_cuts = true;
    scenario.snapshots = true;
    scenario.archive = false;
  }
  if (lie_of(plant) != StoreLie::None) {
    while (!scenario.history) draw_history(random, scenario);
    scenario.old_copies = false;
  }
  return scenario;
}

std::string Scenario::text() const {
  std::string text = fmt::format(
      "seed {}: {} clients x {} requests, {} lives of at most {} steps, disk 1/{}, partitions "
      "1..{}, "
      "segments {} KiB, {} ahead, {} writes, {} blocks of {} requests, snapshot each {} KiB or {} "
      "ms, a window of {} ids, runs of {} changes\n  with",
      seed, clients, client_requests_in_flight, lives, life_steps_max, disk_pace, partitions_max,
      limits.segment_bytes / kKiB, limits.segments_ahead, limits.log_writes_in_flight,
      limits.blocks_in_flight, limits.block_requests_max, limits.snapshot_log_bytes / kKiB,
      limits.snapshot_interval_ns / 1'000'000, limits.transfers_max, recorder.run_changes_max);
  const std::pair<bool, const char*> features[] = {
      {inline_mode, "inline"},
      {parallel_mode, "parallel"},
      {auto_mode, "auto"},
      {archive, "archive"},
      {snapshots, "snapshots"},
      {small_capacity, "small_capacity"},
      {power_cuts, "power_cuts"},
      {cuts_in_recovery, "cuts_in_recovery"},
      {cuts_after_trims, "cuts_after_trims"},
      {kills, "kills"},
      {clean_stops, "clean_stops"},
      {write_errors, "write_errors"},
      {sync_errors, "sync_errors"},
      {full_disks, "full_disks"},
      {damage, "damage"},
      {unreadable, "unreadable"},
      {misdirected, "misdirected"},
      {lying_disk, "lying_disk"},
      {old_copies, "old_copies"},
      {cut_links, "cut_links"},
      {stalls, "stalls"},
      {slow_readers, "slow_readers"},
      {changed_retries, "changed_retries"},
      {clock_jumps, "clock_jumps"},
      {clock_freezes, "clock_freezes"},
      {history, "history"},
      {history_lags, "history_lags"},
      {history_failures, "history_failures"},
  };
  for (const auto& [on, what] : features) {
    if (on) text += fmt::format(" {}", what);
  }
  if (plant != Plant::None) text += fmt::format("\n  planted: {}", name(plant));
  return text;
}

}  // namespace florin::test
