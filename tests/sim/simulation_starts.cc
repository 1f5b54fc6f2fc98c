// Of a simulation: what is done to a disk while no process runs, and how every start is judged.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "tests/sim/simulation.h"
#include "wal/format.h"
#include "wal/marks.h"

namespace florin::test {

namespace {

constexpr u32 kStartsMax = 8;  // Of which the last two are without faults.
constexpr u64 kSectorBytes = storage::kSectorBytes;

const std::string kLogDirectory = std::string(kSimDirectory) + "/log";
const std::string kSnapshotDirectory = std::string(kSimDirectory) + "/snapshots";

bool is_segment(const std::string& path) {
  return path.starts_with(kLogDirectory + "/") && path.ends_with(".log");
}

// The header at this place, if a whole one of this log is there that belongs there.
std::optional<wal::BlockHeader> header_at(const std::string& path,
                                          std::span<const std::byte> content, u64 offset) {
  wal::BlockHeader header;
  if (offset + sizeof(header) > content.size()) return std::nullopt;
  std::memcpy(&header, content.data() + offset, sizeof(header));
  if (header.magic != wal::kBlockMagic || header.log_id != kSimLedgerId) return std::nullopt;
  if (wal::header_checksum(header) != header.header_checksum) return std::nullopt;
  if (path != kLogDirectory + "/" + wal::segment_name(header.segment)) return std::nullopt;
  return header.offset == offset ? std::optional(header) : std::nullopt;
}

// Whether the log is there from its beginning: trimmed segments may be used again in any order.
bool log_is_whole(const DiskImage& image) {
  u64 segments = 0;
  for (const auto& [path, content] : image.files) segments += is_segment(path);
  for (u64 segment = 1; segment <= segments; ++segment) {
    if (!image.files.contains(kLogDirectory + "/" + wal::segment_name(segment))) return false;
  }
  return segments > 0;
}

}  // namespace

// A byte of the header of the newest block, for which the fewest witnesses speak.
std::pair<std::string, u64> Simulation::last_block(const DiskImage& image) {
  std::pair<std::string, u64> place;
  u64 last = 0;
  for (const auto& [path, content] : image.files) {
    if (!is_segment(path)) continue;
    for (u64 offset = 0; offset < content.size(); offset += kSectorBytes) {
      const auto header = header_at(path, content, offset);
      if (!header || header->sequence <= last) continue;
      last = header->sequence;
      place = {path, offset + random_.below(8)};  // The magic: no byte of it is 0.
    }
  }
  return place;
}

std::string Simulation::pick_file(const DiskImage& image) {
  std::vector<std::string> paths;
  for (const auto& [path, content] : image.files) {
    if (!content.empty()) paths.push_back(path);
  }
  return paths.empty() ? "" : paths[random_.below(paths.size())];
}

void Simulation::damage_disk() {
  if (!faults_) return;
  if (scenario_.damage && random_.chance(1, 2)) flip_bit();
  if (scenario_.unreadable && random_.chance(1, 2)) make_unreadable();
  if (scenario_.misdirected && random_.chance(1, 2)) misdirect();
}

void Simulation::flip_bit() {
  const DiskImage image = disk().image();
  const u64 draw = random_.below(4);
  auto [path, offset] = draw == 0 ? last_block(image) : std::pair(pick_file(image), u64{0});
  for (const auto& [each, content] : image.files) {
    // The newest snapshot: it must not be missed.
    if (draw == 1 && each.ends_with(".snapshot") && !content.empty()) path = each;
  }
  if (path.empty()) return;
  const std::vector<std::byte>& content = image.files.at(path);
  if (offset == 0) offset = random_.below(content.size());
  // Most of a log is zeros that nobody has written yet: rather hit what was.
  for (u32 tries = 0; tries < 20 && content[offset] == std::byte{0}; ++tries) {
    offset = random_.below(content.size());
  }
  disk().damage(path, offset, content[offset] ^ static_cast<std::byte>(1U << random_.below(8)));
  note_damage(path, DamageKind::BitFlip);
  exercises_.count(Exercise::BitFlips);
  trace_.note("bit flip", {offset});
  trace_.say(path);
}

void Simulation::make_unreadable() {
  const DiskImage image = disk().image();
  const std::string path = pick_file(image);
  if (path.empty()) return;
  const u64 sectors = image.files.at(path).size() / kSectorBytes;
  if (sectors == 0) return;
  const u64 offset = random_.below(sectors) * kSectorBytes;
  disk().make_unreadable(path, offset);
  note_damage(path, DamageKind::Unreadable);
  exercises_.count(Exercise::UnreadableSectors);
  trace_.note("unreadable", {offset});
  trace_.say(path);
}

// A block of the log that was written where another one belongs.
void Simulation::misdirect() {
  const DiskImage image = disk().image();
  std::vector<std::pair<std::string, u64>> blocks;
  for (const auto& [path, content] : image.files) {
    if (!is_segment(path)) continue;
    for (u64 offset = 0; offset < content.size(); offset += kSectorBytes) {
      if (header_at(path, content, offset)) blocks.emplace_back(path, offset);
    }
  }
  if (blocks.size() < 2) return;
  const auto& [from, from_offset] = blocks[random_.below(blocks.size())];
  const auto& [to, to_offset] = blocks[random_.below(blocks.size())];
  if (from == to && from_offset == to_offset) return;
  const std::vector<std::byte>& source = image.files.at(from);
  const u64 bytes = wal::stored_bytes(header_at(from, source, from_offset)->body_bytes);
  const u64 room = image.files.at(to).size() - to_offset;
  const u64 copied = std::min({bytes, room, source.size() - from_offset});
  disk().damage(to, to_offset, std::span(source).subspan(from_offset, copied));
  note_damage(to, DamageKind::Misdirected);
  exercises_.count(Exercise::MisdirectedWrites);
  trace_.note("misdirected", {from_offset, to_offset, copied});
  trace_.say(from + " to " + to);
}

SimServerOptions Simulation::draw_server_options() {
  std::vector<pipeline::Mode> modes;
  if (scenario_.inline_mode) modes.push_back(pipeline::Mode::Inline);
  if (scenario_.parallel_mode) modes.push_back(pipeline::Mode::Parallel);
  if (scenario_.auto_mode) modes.push_back(pipeline::Mode::Auto);
  SimServerOptions options;
  options.limits = scenario_.limits;
  options.partitions = static_cast<u32>(random_.between(1, scenario_.partitions_max));
  options.hash_seed = random_.next();
  options.mode = modes[random_.below(modes.size())];
  options.snapshots = scenario_.snapshots;
  options.archive = scenario_.archive;
  options.history = store_.get();
  options.recorder = scenario_.recorder;
  options.queries = scenario_.queries;
  options.snapshot_disk = disk_options(false);
  if (scenario_.plant == Plant::SnapshotsUnsynced) options.snapshot_disk.lie_about_syncs = true;
  return options;
}

// Lies begin when there is something to lose.
SimOptions Simulation::disk_options(bool complete_on_poll) const {
  SimOptions options;
  options.complete_on_poll = complete_on_poll;
  if (!served_) return options;
  options.lie_about_syncs = scenario_.lying_disk || scenario_.plant == Plant::SyncsIgnored;
  options.lie_about_durable_writes = scenario_.plant == Plant::EarlyAcknowledgements;
  options.lie_about_directory_syncs = scenario_.plant == Plant::DirectorySyncsIgnored;
  return options;
}

bool Simulation::start_server(bool faults) {
  for (u32 starts = 1; starts <= kStartsMax && !over(); ++starts) {
    if (try_start(faults && starts + 2 <= kStartsMax)) return true;
  }
  if (!over()) fail("it did not start, though nothing was in its way");
  return false;
}

void Simulation::make_server() {
  const auto judged = [this](const char* what, auto judge) {
    return [this, what, judge](const ledger::Request& request) {
      trace_.note(what, {request.position.value, request.timestamp.ns, request.exceptions.size()});
      const std::string wrong = judging_ ? judge(request) : "";
      if (!wrong.empty()) fail(wrong);
    };
  };
  SimServerEvents events;
  events.answered =
      judged("answered", [this](const auto& request) { return history_.check_answer(request); });
  events.deferred =
      judged("deferred", [this](const auto& request) { return history_.defer(request); });
  events.completed = judged("completed", [this](const auto& request) {
    return history_.check_completed(request, *store_);
  });
  server_ = std::make_unique<SimServer>(disk(), clock_, draw_server_options(), std::move(events));
}

// Returns whether the process serves. If not, the next try finds the disk as this one left it.
bool Simulation::try_start(bool faults) {
  if (faults) damage_disk();
  if (faults && scenario_.cuts_in_recovery && random_.chance(1, 3)) {
    disk().lose_power_after(random_.below(100));
  }
  const bool full = faults && scenario_.full_disks && random_.chance(1, 6);
  if (full) disk().limit_space(disk().used_bytes() + random_.below(16 * kKiB));
  make_server();
  disk().set_options(disk_options(true));  // A start waits for its writes.
  const Status started = server_->start(random_);
  served_ = served_ || started;
  disk().set_options(disk_options(false));
  disk().limit_space(std::nullopt);
  if (disk().power_lost()) {
    exercises_.count(Exercise::CutsInRecovery);
    server_.reset();
    disk().crash();
    if (store_) store_->crash();
    trace_.note("cut in recovery", {disk_hash()});
    return false;
  }
  if (!started) {
    server_.reset();
    disk().kill_process();
    if (store_) store_->crash();
    if (full && started.error().code == ErrorCode::NoSpace) {
      exercises_.count(Exercise::StartsOnFullDisks);
    } else {
      judge_refused_start(started.error());
    }
    return false;
  }
  judge_recovery();
  return !over();
}

void Simulation::note_damage(const std::string& path, DamageKind kind) {
  damaged_ = true;
  damages_.emplace_back(path, kind);
}

void Simulation::forget_damage() {
  disk().heal();
  damages_.clear();
  damaged_ = false;
}

// One damage is never too much for what is kept twice: a snapshot that has an older one behind it,
// and a mark. (More than one, and only the product can say what is still enough.)
bool Simulation::refused_needlessly() {
  if (damages_.size() != 1 || scenario_.lying_disk) return false;
  const auto& [damaged, kind] = damages_.front();
  if (damaged == wal::marks_path(kLogDirectory)) return kind == DamageKind::BitFlip;
  u64 snapshots = 0;
  const DiskImage image = disk().image();
  for (const auto& [path, content] : image.files) snapshots += path.ends_with(".snapshot");
  const bool is_snapshot = damaged.starts_with(kSnapshotDirectory + "/");
  return is_snapshot && (snapshots >= 2 || log_is_whole(image));
}

void Simulation::judge_refused_start(const Error& error) {
  trace_.note("start refused", {static_cast<u64>(error.code)});
  trace_.say(error.message);
  if (scenario_.lying_disk && !damaged_) {
    exercises_.count(Exercise::LossesOnLyingDisks);
    lost_ = true;
    return;
  }
  // Where history is behind, the log may need a larger window than it was written with: what a
  // snapshot has of it counts as decided where that was cut, and replay forgets sooner and thus
  // takes more ids back, which stay. The operator is told so.
  const bool history_is_behind = store_ && store_->durable().log.position < history_.acknowledged();
  if (error.code == ErrorCode::Capacity && history_is_behind) {
    scenario_.limits.transfers_max *= 2;
    exercises_.count(Exercise::StartsForWindow);
    return;
  }
  if (!damaged_) {
    return fail(fmt::format("the start was refused without damage: {}: {}",
                            error_code_name(error.code), error.message));
  }
  const bool named = error.message.find(kSimDirectory) != std::string::npos;
  if ((error.code != ErrorCode::Corrupt && error.code != ErrorCode::Io) || !named) {
    return fail(fmt::format("a start beside damage was refused in a wrong way: {}: {}",
                            error_code_name(error.code), error.message));
  }
  if (refused_needlessly()) {
    return fail("a start was refused though all that it needs is there: " + error.message);
  }
  exercises_.count(Exercise::RefusedStarts);
  forget_damage();
}

void Simulation::judge_recovery() {
  const replay::Recovered& recovered = server_->recovered();
  const u64 snapshot = recovered.snapshot ? recovered.snapshot->log.position.value : 0;
  trace_.note("recovered", {recovered.order.position.value, snapshot, recovered.torn_tail.blocks,
                            server_->engine().partitions()});
  for (const auto& rejected : recovered.rejected) trace_.say(rejected.error.message);
  exercises_.count(Exercise::TornTails, recovered.torn_tail.blocks == 0 ? 0 : 1);
  exercises_.count(Exercise::SnapshotLoads, recovered.snapshot ? 1 : 0);
  exercises_.count(Exercise::SnapshotFallbacks, recovered.rejected.size());
  exercises_.count(Exercise::StartsWithDamage, damaged_ ? 1 : 0);
  snapshots_seen_ = snapshot_failures_seen_ = 0;
  first_segment_seen_ = std::max(first_segment_seen_, server_->status().log_first_segment.load());
  operations_at_trim_ = 0;
  if (!recovered.rejected.empty() && !damaged_ && !scenario_.lying_disk) {
    return fail("a snapshot was passed over without damage: " +
                recovered.rejected.front().error.message);
  }
  // A block may be durable without an event in it: clients may have been told the hash of the log
  // with it.
  const bool block_lost = recovered.end.sequence < durable_sequence_;
  const bool excusable = damaged_ || scenario_.lying_disk;
  if (block_lost && !excusable) {
    return fail(fmt::format("the log came back with block {} as its last, {} was durable",
                            recovered.end.sequence, durable_sequence_));
  }
  if (excusable && (block_lost || recovered.order.position < history_.acknowledged())) {
    return judge_loss();
  }
  durable_sequence_ = recovered.end.sequence;
  std::string wrong = history_.check_recovery(std::move(survivors_), recovered.order);
  survivors_.clear();
  if (wrong.empty()) wrong = history_.check_state(server_->engine(), store_.get());
  if (!wrong.empty()) return fail(wrong);
  judge_history();
  if (over()) return;
  if (damaged_) keep_dropped_tail();
  if (scenario_.old_copies && (!old_copy_ || random_.chance(1, 4))) {
    old_copy_ = disk().image();
    if (store_) old_store_ = store_->copy();
    old_copy_position_ = recovered.order.position;
  }
  if (random_.chance(1, 4)) compare_recovery(true);
  if (random_.chance(1, 8)) compare_recovery(false);
}

// It has what it says that it has, and nothing that the log lost.
void Simulation::judge_history() {
  if (!store_) return;
  const Position came_back = server_->recovered().order.position;
  if (store_->readable() > came_back) {
    return fail(fmt::format("history is at position {}, the ledger came back at {}",
                            store_->readable().value, came_back.value));
  }
  const std::string wrong = history_.check_store(*store_);
  if (!wrong.empty()) fail("after a start " + wrong);
}

// What this start found damaged behind the end of the log, and dropped since nobody was told of it,
// must not come back when the damage is put back.
void Simulation::keep_dropped_tail() {
  const wal::LogEnd& end = server_->recovered().end;
  for (const auto& [path, content] : disk().image().files) {
    if (!is_segment(path)) continue;
    const std::string current = kLogDirectory + "/" + wal::segment_name(end.segment);
    if (path >= current) disk().keep_damage(path, path == current ? end.offset : 0);
  }
}

// A disk that lies may lose anything. Damage may, unseen, only where nothing that is left on the
// disk says that it was acknowledged: then a client's witness can tell. Either way the run is over.
void Simulation::judge_loss() {
  const u64 came_back = server_->recovered().end.sequence;
  if (scenario_.lying_disk) {
    exercises_.count(Exercise::LossesOnLyingDisks);
  } else if (const u64 witnessed = witnessed_sequence(); came_back < witnessed) {
    return fail(
        fmt::format("lost in silence: the log came back with block {} as its last, {} was "
                    "durable, and the disk itself says that {} was",
                    came_back, durable_sequence_, witnessed));
  } else {
    exercises_.count(Exercise::LossesWithoutWitness);
  }
  prove_witnesses();
}

// Every client that saw more than came back is refused, if it can tell, and the others are not.
void Simulation::prove_witnesses() {
  const Position came_back = server_->recovered().order.position;
  lost_ = true;
  faults_ = world_.faults = false;
  world_.something_lost = true;
  world_.requests_left = 0;
  for (const auto& client : clients_) {
    // Of an answer it knows only the position, which a ledger that went on may have by now.
    const Position seen = client->seen();
    const bool saw_more = seen > came_back;
    const bool can_tell =
        client->knows_chain() || seen.value > server_->status().durable_position.load();
    client->forget_requests();
    world_.witness_refused = false;
    for (u32 steps = 0; steps < 3'000 && !world_.witness_refused && failure_.empty(); ++steps) {
      pass_time();
      server_->step(random_);
      client->step();
    }
    if (saw_more && can_tell && !world_.witness_refused) {
      return fail(
          fmt::format("a client that saw position {} was not refused by a ledger that came "
                      "back at {}",
                      seen.value, came_back.value));
    }
    // At the very position it may have seen a later block, without events.
    if (seen < came_back && world_.witness_refused) {
      return fail("a client that saw nothing more was refused");
    }
  }
}

// An operator's mistake that the server cannot see by itself: an earlier state of the whole
// directory. Only those who saw more can tell.
void Simulation::put_old_copy_back() {
  if (!old_copy_ || old_copy_position_ >= history_.acknowledged()) return;
  if (server_) end_process(End::Kill);
  exercises_.count(Exercise::OldCopies);
  trace_.note("old copy", {old_copy_position_.value});
  judging_ = false;
  disk_ = std::make_unique<SimStorage>(scenario_.seed, *old_copy_);
  if (store_) store_ = std::move(old_store_);
  make_server();
  const Status started = server_->start(random_);
  if (!started) return fail("an old copy does not start: " + started.error().message);
  if (server_->recovered().order.position != old_copy_position_) {
    return fail("an old copy came back at another position");
  }
  world_.something_lost = true;
  if (random_.chance(1, 2)) go_another_way();
  prove_witnesses();
}

// Somebody who knows nothing of before goes on where the old copy ends.
void Simulation::go_another_way() {
  exercises_.count(Exercise::Forks);
  faults_ = world_.faults = false;
  world_.requests_left = 60;
  SimClient newcomer(random_.next(), world_);
  for (u32 steps = 0; steps < 20'000 && !over(); ++steps) {
    pass_time();
    if (random_.chance(1, 3)) disk().step();
    server_->step(random_);
    newcomer.step();
  }
}

// What the log on the disk says of itself: the marks, and every whole header that is in its place.
u64 Simulation::witnessed_sequence() const {
  const DiskImage image = disk_->image();
  u64 witnessed = 0;
  SimStorage copy(1, image);
  const auto mark = wal::read_marks(copy, kLogDirectory, kSimLedgerId);
  if (mark) witnessed = mark->durable_sequence;
  for (const auto& [path, content] : image.files) {
    if (!is_segment(path)) continue;
    for (u64 offset = 0; offset < content.size(); offset += kSectorBytes) {
      const auto header = header_at(path, content, offset);
      if (header) witnessed = std::max(witnessed, header->durable_sequence);
    }
  }
  return witnessed;
}

// The same disk again, with other partitions; from its snapshots, or from the beginning of the log
// if that is there.
void Simulation::compare_recovery(bool with_snapshots) {
  if (over() || damaged_) return;
  const DiskImage image = disk().image();
  // What a lying disk lost of the log a snapshot may make good.
  if (!with_snapshots && (scenario_.lying_disk || !log_is_whole(image))) return;
  SimStorage copy(1, image);
  ManualClock clock;
  replay::RecoveryOptions options;
  options.log_directory = kLogDirectory;
  options.log_id = kSimLedgerId;
  options.limits = scenario_.limits;
  if (with_snapshots) options.snapshot_directory = kSnapshotDirectory;
  options.partitions = static_cast<u32>(random_.between(1, 16));
  options.hash_seed = random_.next();
  if (store_) {
    options.past = store_.get();
    options.history_durable = store_->durable().log;
    if (random_.chance(1, 2)) {
      options.limits.transfers_max += 1 + random_.below(40'000);
      exercises_.count(Exercise::OtherWindows);
    }
  }
  const auto recovered = replay::recover(copy, clock, options, [](const auto&) {});
  if (!recovered) return fail("a copy of the disk is refused: " + recovered.error().message);
  if (recovered->order.position != server_->recovered().order.position ||
      !(recovered->engine->digest() == server_->engine().digest())) {
    return fail(
        fmt::format("{} with {} partitions gives another state at position {} instead of {}",
                    with_snapshots ? "recovery" : "the whole log", options.partitions,
                    recovered->order.position.value, server_->recovered().order.position.value));
  }
  exercises_.count(with_snapshots ? Exercise::RecoveriesCompared : Exercise::ReplaysCompared);
}

}  // namespace florin::test
