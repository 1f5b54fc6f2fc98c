// The course of a seed.
#include "tests/sim/simulation.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace florin::test {

namespace {

constexpr u64 kStartNs = 1'000'000'000'000'000;
constexpr u64 kStopStepsMax = 400'000;
constexpr u64 kLivenessStepsMax = 800'000;

GeneratorOptions generator_options(const Scenario& scenario) {
  GeneratorOptions options = scenario.generator;
  options.start_ns = kStartNs;
  return options;
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, bool verbose)
    : scenario_(scenario),
      random_(scenario.seed),
      trace_(verbose),
      generator_(scenario.seed, generator_options(scenario)),
      history_(exercises_),
      disk_(std::make_unique<SimStorage>(scenario.seed)),
      world_{scenario_, generator_, exercises_, trace_, {}, {}, {}} {
  CHECK(check_limits(scenario_.limits));
  clock_.wall_ns = kStartNs;
  CHECK(disk_->create_directory("/data"));
  world_.pass_time = [this](u64 pause_ns) {
    if (frozen_steps_ == 0) clock_.wall_ns += pause_ns;
  };
  world_.connect = [this] { return server_ ? server_->connect() : nullptr; };
  world_.fail = [this](std::string message) { fail(std::move(message)); };
  if (scenario_.history) {
    store_ = std::make_unique<MemoryStore>(MemoryStoreOptions{.lie = lie_of(scenario_.plant)});
  }
  disk_->set_rename_listener([this](const std::string& from, const std::string& to) {
    const bool recycled = from.ends_with(".log") && to.find("/log/") != std::string::npos;
    if (recycled) exercises_.count(Exercise::SegmentsRecycled);
  });
  for (u32 i = 0; i < scenario_.clients; ++i) {
    clients_.push_back(std::make_unique<SimClient>(random_.next(), world_));
  }
  if (scenario_.lying_disk) exercises_.count(Exercise::LyingDisks);
}

// What a process still has under way must not reach the disk when its objects go.
Simulation::~Simulation() {
  disk_->lose_power_after(0);
  server_.reset();
}

void Simulation::fail(std::string message) {
  if (!failure_.empty()) return;
  failure_ = std::move(message);
  trace_.say("FAILED: " + failure_);
}

SeedResult Simulation::run() {
  for (u32 life = 0; life < scenario_.lives && !over(); ++life) live_one_life();
  if (!over()) prove_liveness();
  if (!over() && scenario_.old_copies) put_old_copy_back();
  return {failure_, trace_.hash(), exercises_};
}

void Simulation::live_one_life() {
  if (!server_) start_server(true);
  if (over()) return;
  const u64 steps = random_.between(scenario_.life_steps_max / 8, scenario_.life_steps_max);
  world_.requests_left = 5 + steps / random_.between(20, 80);
  arm_faults();
  live(steps);
  if (!over()) end_life();
}

void Simulation::live(u64 steps) {
  end_soon_ = false;
  while (steps-- > 0 && !over() && server_ && !end_soon_) step();
}

void Simulation::step() {
  ++exercises_.steps;
  pass_time();
  if (full_disk_steps_ > 0 && --full_disk_steps_ == 0) {
    disk().limit_space(std::nullopt);
    trace_.note("room again");
  }
  if (random_.chance(1, scenario_.disk_pace)) disk().step();
  if (random_.chance(2, 3)) {
    server_->step(random_);
  } else {
    clients_[random_.below(clients_.size())]->step();
  }
  watch_server();
}

void Simulation::pass_time() {
  if (frozen_steps_ > 0) {
    --frozen_steps_;
    return;
  }
  clock_.wall_ns += random_.below(1'000);
  clock_.monotonic += random_.below(100'000);
  if (random_.chance(1, 1'000)) clock_.monotonic += random_.below(2 * kNsPerSecond);
  if (!faults_) return;
  if (scenario_.clock_freezes && random_.chance(1, 1'000)) {
    frozen_steps_ = random_.between(1, 500);
    exercises_.count(Exercise::ClockFreezes);
  }
  if (!scenario_.clock_jumps || !random_.chance(1, 500)) return;
  const u64 jump = random_.below(3'600 * kNsPerSecond);
  if (random_.chance(1, 2)) {
    clock_.wall_ns += jump;
    exercises_.count(Exercise::ClockJumpsForward);
  } else {
    clock_.wall_ns -= std::min(jump, clock_.wall_ns - kStartNs / 2);
    exercises_.count(Exercise::ClockJumpsBack);
  }
}

// Its agents rest, or its store fails some times in a row.
void Simulation::disturb_history() {
  if (!store_ || !faults_) return;
  if (scenario_.history_lags && random_.chance(1, 1'000)) {
    server_->rest_history(random_.between(1, 600));
  }
  if (!scenario_.history_failures || !random_.chance(1, 1'000)) return;
  const u32 times = static_cast<u32>(random_.between(1, 3));
  const ErrorCode code = random_.chance(1, 2) ? ErrorCode::NoSpace : ErrorCode::Io;
  const u64 which = random_.below(20);
  // What it cannot append ends history for this process.
  if (which == 0) store_->fail_appends(times, ErrorCode::Io);
  if (which > 0 && which < 15) store_->fail_writes(times, code);
  if (which >= 15) store_->fail_answers(times, ErrorCode::Io);
}

// Faults that strike at some later operation of the disk.
void Simulation::arm_faults() {
  const u64 nth = random_.between(1, 60);
  if (scenario_.write_errors && random_.chance(1, 3)) {
    disk().fail_nth(SimOperation::Write, nth, EIO);
    write_error_armed_ = true;
  } else if (scenario_.sync_errors && random_.chance(1, 3)) {
    disk().fail_nth(SimOperation::Sync, nth, EIO);
    sync_error_armed_ = true;
  }
}

void Simulation::cut_power_within(u64 operations) {
  if (!disk().power_lost()) disk().lose_power_after(random_.below(operations));
}

void Simulation::begin_full_disk() {
  const u64 room = random_.below(48 * kKiB);
  disk().limit_space(disk().used_bytes() + room);
  full_disk_steps_ = random_.between(500, 6'000);
  exercises_.count(Exercise::FullDisks);
  trace_.note("disk full", {room, full_disk_steps_});
}

// After every step: whether the process goes on, and what it did beside answering.
void Simulation::watch_server() {
  disturb_history();
  const pipeline::CoreStatus& status = server_->status();
  const u64 first_segment = status.log_first_segment.load();
  if (first_segment > first_segment_seen_) {
    exercises_.count(Exercise::SegmentsTrimmed, first_segment - first_segment_seen_);
    first_segment_seen_ = first_segment;
    operations_at_trim_ = disk().operations();
    trace_.note("trimmed before", {first_segment});
    if (faults_ && scenario_.cuts_after_trims && random_.chance(1, 2)) cut_power_within(24);
  }
  if (const u64 taken = status.snapshots_taken.load(); taken > snapshots_seen_) {
    exercises_.count(Exercise::Snapshots, taken - snapshots_seen_);
    snapshots_seen_ = taken;
    trace_.note("snapshot", {status.snapshot_position.load()});
  }
  if (const u64 failures = status.snapshot_failures.load(); failures > snapshot_failures_seen_) {
    exercises_.count(Exercise::SnapshotFailures, failures - snapshot_failures_seen_);
    snapshot_failures_seen_ = failures;
    trace_.note("snapshot failed");
  }
  if (faults_) {
    if (scenario_.power_cuts && server_->snapshot_under_way() && random_.chance(1, 300)) {
      cut_power_within(24);
    }
    if (scenario_.full_disks && full_disk_steps_ == 0 && random_.chance(1, 4'000)) {
      begin_full_disk();
    }
    if (scenario_.plant == Plant::EarlyTrims && random_.chance(1, 500)) {
      server_->log().trim_before(server_->log().end().segment);
    }
  }
  if (disk().power_lost()) return end_process(End::PowerCut);
  if (!server_->failed()) return;
  trace_.say("the log failed: " + server_->failure().message);
  if (!write_error_armed_ && !sync_error_armed_) {
    return fail("the log failed without a fault: " + server_->failure().message);
  }
  exercises_.count(write_error_armed_ ? Exercise::WriteErrors : Exercise::SyncErrors);
  end_process(random_.chance(1, 2) ? End::Kill : End::PowerCut);
}

void Simulation::end_life() {
  if (!server_) return;
  const bool may_stop = full_disk_steps_ == 0 && !write_error_armed_ && !sync_error_armed_;
  if (scenario_.clean_stops && may_stop && random_.chance(1, 3)) {
    stop_cleanly();
  } else if (scenario_.kills && random_.chance(1, 2)) {
    end_process(End::Kill);
  } else if (scenario_.power_cuts && random_.chance(3, 4)) {
    world_.requests_left += 10;
    cut_power_within(60);
    live(2'000);
    if (server_ && !over()) end_process(End::PowerCut);
  }
}

bool Simulation::stop_cleanly() {
  trace_.note("stop");
  server_->begin_stop();
  end_soon_ = false;
  for (u64 steps = 0; server_ && !server_->stopped(); ++steps) {
    if (steps == kStopStepsMax) fail("a stop did not come to its end");
    if (over()) return false;
    step();
  }
  if (!server_) return false;
  const wal::LogEnd& end = server_->log().end();
  std::string wrong = history_.check_recovery({}, {end.position, end.timestamp.ns});
  if (wrong.empty()) wrong = history_.check_state(server_->engine(), store_.get());
  if (!wrong.empty()) fail("at a clean stop " + wrong);
  end_process(End::CleanStop);
  return true;
}

void Simulation::end_process(End end) {
  survivors_ = server_->unanswered();
  durable_sequence_ = std::max(durable_sequence_, server_->log().durable_sequence());
  if (end == End::PowerCut) {
    exercises_.count(Exercise::PowerCuts);
    if (server_->snapshot_under_way()) exercises_.count(Exercise::CutsInSnapshots);
    if (operations_at_trim_ != 0 && disk().operations() - operations_at_trim_ <= 24) {
      exercises_.count(Exercise::CutsAfterTrims);
    }
  }
  exercises_.count(Exercise::Kills, end == End::Kill ? 1 : 0);
  exercises_.count(Exercise::CleanStops, end == End::CleanStop ? 1 : 0);
  const pipeline::CoreStatus& status = server_->status();
  exercises_.count(Exercise::InlineBlocks, status.inline_blocks.load());
  exercises_.count(Exercise::ParallelBlocks, status.blocks.load() - status.inline_blocks.load());
  exercises_.count(Exercise::IdsRetired, status.transfers_retired.load());
  exercises_.count(Exercise::WindowRefusals, status.window_refusals.load());
  end_history();
  disk().clear_faults();
  disk().limit_space(std::nullopt);
  full_disk_steps_ = 0;
  write_error_armed_ = sync_error_armed_ = false;
  disk().lose_power_after(0);
  server_.reset();
  if (store_) store_->crash();
  for (const auto& client : clients_) client->lose_link();
  if (end == End::Kill) {
    disk().kill_process();
  } else {
    disk().crash();  // Also after a clean stop: everything must have been on stable storage.
  }
  trace_.note("end", {static_cast<u64>(end), history_.acknowledged().value, disk_hash()});
  end_soon_ = true;
}

// What history has is judged while all of it is still there: the part that was not written too.
void Simulation::end_history() {
  history_.forget_deferred();
  if (!store_ || !server_->history()) return;
  const SimHistory& parts = *server_->history();
  exercises_.count(Exercise::RunsWritten, parts.run_writer().runs_written());
  exercises_.count(Exercise::BlocksFromFeed, parts.recorder().blocks_from_feed());
  exercises_.count(Exercise::BlocksFromFiles, parts.recorder().blocks_from_files());
  exercises_.count(Exercise::StoreFailures,
                   parts.recorder().status().failures() + parts.run_writer().status().failures());
  exercises_.count(Exercise::IdsFoundInHistory, store_->ids_found() - ids_found_seen_);
  ids_found_seen_ = store_->ids_found();
  const Position durable = store_->durable().log.position;
  exercises_.count(Exercise::ChangesLost, store_->readable() > durable ? 1 : 0);
  if (!judging_) return;
  const std::string wrong = history_.check_store(*store_);
  if (!wrong.empty()) fail("at the end of a process " + wrong);
}

u64 Simulation::disk_hash() const {
  u64 hash = 0;
  for (const auto& [path, content] : disk_->image().files) {
    const u64 both[] = {hash, checksum64(content)};
    hash = checksum64(std::as_bytes(std::span(both)));
  }
  return hash;
}

// All faults end, and what is damaged is put back: now it must serve, whatever was.
void Simulation::heal() {
  faults_ = false;
  disk().lose_power_after(std::nullopt);
  // What already failed this process may not have noticed yet: it would end in a moment.
  if (server_ && (write_error_armed_ || sync_error_armed_)) end_process(End::PowerCut);
  world_.faults = false;
  frozen_steps_ = 0;
  full_disk_steps_ = 0;
  write_error_armed_ = sync_error_armed_ = false;
  disk().clear_faults();
  disk().limit_space(std::nullopt);
  if (store_) {
    // What failed for good is tried again by the next process.
    if (server_ && server_->history()->recorder().status().failing()) end_process(End::Kill);
    if (server_) server_->rest_history(0);
    store_->fail_writes(0, ErrorCode::Io);
    store_->fail_appends(0, ErrorCode::Io);
    store_->fail_answers(0, ErrorCode::Io);
  }
  forget_damage();
  trace_.note("healed");
}

void Simulation::prove_liveness() {
  heal();
  if (!server_ && !start_server(false)) return;
  const u64 accepted_before = world_.writes_accepted;
  world_.requests_left = 30;
  const auto idle = [&] {
    return world_.requests_left == 0 &&
           std::ranges::all_of(clients_, [](const auto& client) { return client->idle(); });
  };
  for (u64 steps = 0; !idle(); ++steps) {
    if (steps == kLivenessStepsMax) fail("not every request was answered after all was healed");
    if (over()) return;
    step();
    if (!server_) return fail("the process ended after all was healed");
  }
  if (world_.writes_accepted == accepted_before && !scenario_.small_capacity) {
    return fail("no write was accepted after all was healed");
  }
  if (random_.chance(1, 2)) {
    if (!stop_cleanly()) return fail("the stop after all was healed came to nothing");
  } else {
    end_process(End::PowerCut);
  }
  if (!start_server(false)) return;
  compare_recovery(true);
  compare_recovery(false);
  for (const auto& client : clients_) {
    if (!store_ || over()) return;
    exercises_.count(Exercise::ChangesFollowed, client->shown().size());
    const std::string wrong =
        history_.check_followed(client->shown(), client->shown_until(), *store_);
    if (!wrong.empty()) fail(wrong);
  }
}

}  // namespace florin::test
