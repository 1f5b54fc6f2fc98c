#include "pipeline/core.h"

#include <algorithm>

#include "base/check.h"

namespace florin::pipeline {

using ledger::RefusalCode;

Core::Core(const Limits& limits, engine::Engine& engine, wal::Writer& log, Stages& stages,
           Clock& clock, ledger::ReplySink& sink, Mode mode, u32 channels, OrderState start)
    : limits_(limits),
      engine_(engine),
      log_(log),
      stages_(stages),
      clock_(clock),
      sink_(sink),
      mode_(mode),
      sequencer_(limits, engine, clock, sink, channels, start),
      snapshots_(limits, engine, log, clock, status_),
      window_(limits, engine, clock, status_),
      composer_(engine.tables()) {
  CHECK(mode == Mode::Inline || stages.worker_count() == engine.partitions());
  for (u32 index = 0; index < limits.blocks_in_flight; ++index) {
    slots_.push_back(std::make_unique<Slot>(limits, engine.partitions()));
  }
  if (mode == Mode::Inline) sequencer_.let_small_go_first();
  const ChainPoint end[] = {{start.position, log.chain()}};
  history_.restart(end);
  status_.durable_position.store(start.position.value, std::memory_order_relaxed);
  status_.log_last_segment.store(log.end().segment, std::memory_order_relaxed);
  status_.accounts.store(engine.accounts_used(), std::memory_order_relaxed);
  status_.transfers.store(engine.transfers_used(), std::memory_order_relaxed);
  status_.transfers_in_memory.store(engine.transfers_in_memory(), std::memory_order_relaxed);
}

void Core::submit(u32 channel, ledger::Request* request) {
  sequencer_.submit(channel, request);
  stages_.core_bell.ring();
}

void Core::stop() {
  stop_requested_.store(true, std::memory_order_release);
  stages_.core_bell.ring();
}

void Core::request_snapshot() {
  snapshots_.request();
  stages_.core_bell.ring();
}

void Core::log_outcomes(OutcomeQueue outcomes) {
  outcomes_ = std::move(outcomes);
  outcomes_since_ns_ = clock_.monotonic_ns();
}

void Core::set_history(HistoryGate* gate) {
  window_.set_gate(gate);
  snapshots_.set_gate(gate);
  sequencer_.set_window(gate != nullptr ? &window_.finding() : nullptr);
}

void Core::set_commit_feed(CommitFeed* feed) {
  feed_ = feed;
  feed_->commit(log_.appended_sequence());  // What recovery read.
}

usize Core::step() {
  if (status_.failed.load(std::memory_order_relaxed)) return 0;
  if (!stopping_ && stop_requested_.load(std::memory_order_acquire)) begin_stop();
  usize work = drive_log();
  work += release_blocks();
  tell_follower();
  work += append_blocks();
  const usize submitted = sequencer_.take_submitted();
  work += submitted;
  follow_disk_space();
  work += drive_snapshots();
  work += drive_window();
  work += form_blocks(submitted);
  if (stopping_ && work == 0 && is_drained()) {
    status_.drained.store(true, std::memory_order_release);
  }
  return work;
}

void Core::begin_stop() {
  stopping_ = true;
  sequencer_.refuse_all(RefusalCode::ShuttingDown, "the server is stopping");
  snapshots_.begin_stop();
  log_.finish();
}

// Outcomes that a full disk has no room for stay out of the log: replay does without.
bool Core::is_drained() const {
  const bool outcomes_done = outcomes_.empty() || !log_has_room();
  return is_quiet() && !sequencer_.has_waiting() && outcomes_done && snapshots_.stopped() &&
         log_.idle();
}

// A clock that is set while the thread sleeps delays a tick by no more than the longest sleep. What
// is due but has no room in the log yet is not worth spinning for: the log rings when it has.
u64 Core::sleep_ns_max() {
  follow_deadline();
  constexpr u64 kSleepLeast = 1'000'000;
  constexpr u64 kSleepMost = 1'000'000'000;
  const u64 tick_in = sequencer_.tick_due_in();
  u64 due_in = tick_in == kNeverDue ? tick_in : std::min(tick_in, kSleepMost);
  due_in = std::min({due_in, snapshots_.due_in_ns(), window_.due_in_ns(), feed_news_due_in_ns()});
  if (can_form()) due_in = std::min(due_in, outcomes_due_in_ns());
  due_in = std::max(due_in, kSleepLeast);
  return std::min(due_in, log_.sleep_ns_max());
}

usize Core::drive_log() {
  auto work = log_.poll();
  if (work) return *work;
  failure_ = std::move(work).error();
  status_.failed.store(true, std::memory_order_release);
  return 1;
}

bool Core::is_done(const Slot& slot) {
  if (!slot.appended || log_.durable_sequence() < slot.log_sequence) return false;
  return slot.ticket == 0 || stages_.posted() >= slot.ticket;
}

usize Core::release_blocks() {
  usize work = 0;
  while (released_ < appended_ && is_done(slot_of(released_ + 1))) {
    release(slot_of(released_ + 1));
    ++released_;
    ++work;
  }
  if (work == 0) return 0;
  sink_.flush();
  if (feed_ != nullptr) {
    feed_->commit_quietly(slot_of(released_).log_sequence);
    if (!feed_has_news_) feed_news_since_ns_ = clock_.monotonic_ns();
    feed_has_news_ = true;
  }
  return work;
}

// To wake the follower for every small block would cost more than the block, and the processor that
// the one who is answered needs just then.
void Core::tell_follower() {
  if (!feed_has_news_ || (feed_news_due_in_ns() != 0 && feed_->bytes_used() < kFeedBytesUntold)) {
    return;
  }
  feed_has_news_ = false;
  feed_->wake();
}

u64 Core::feed_news_due_in_ns() const {
  if (!feed_has_news_) return ~u64{0};
  const u64 age = clock_.monotonic_ns() - feed_news_since_ns_;
  return stopping_ || age >= kFeedDelayNs ? 0 : kFeedDelayNs - age;
}

void Core::release(Slot& slot) {
  if (slot.has_requests()) {
    engine_.finish(slot.block);
    sequencer_.release(slot);
    follow_memory(slot);
    status_.blocks.fetch_add(1, std::memory_order_relaxed);
    if (slot.ticket == 0) status_.inline_blocks.fetch_add(1, std::memory_order_relaxed);
  }
  if (slot.is_logged()) {
    --logged_in_flight_;
    const Position position{slot.position_before.value + slot.event_count};
    history_.add({position, slot.log_end.chain});
    keep_outcomes(slot);
    status_.log_last_segment.store(log_.end().segment, std::memory_order_relaxed);
    status_.durable_position.store(position.value, std::memory_order_release);
  }
  constexpr usize kAhead = 8;
  const auto& requests = slot.block.requests;
  for (usize index = 0; index < requests.size(); ++index) {
    if (index + kAhead < requests.size()) ledger::fetch_small(*requests[index + kAhead].request);
    if (requests[index].operation != ledger::Operation::Tick) {
      sink_.deliver(requests[index].request);
    }
  }
}

// Dry runs bring ids back into memory too.
void Core::follow_memory(const Slot& slot) {
  const u64 transfers = engine_.transfers_in_memory();
  status_.accounts.store(slot.block.accounts_after, std::memory_order_relaxed);
  status_.transfers.store(slot.block.transfers_after, std::memory_order_relaxed);
  status_.transfers_in_memory.store(transfers, std::memory_order_relaxed);
  if (toucher_ != nullptr) toucher_->follow(slot.block.accounts_after, transfers);
}

// Before its requests are delivered, and with them their memory.
void Core::keep_outcomes(const Slot& slot) {
  CommittedBlock committed;
  committed.end = slot.log_end;
  committed.event_count = slot.event_count;
  committed.position_before = slot.position_before.value;
  if (slot.event_count == 0) {
    if (feed_ != nullptr) feed_->push(committed);
    return;
  }
  if (outcomes_.empty()) outcomes_since_ns_ = clock_.monotonic_ns();
  composer_.begin(slot.log_sequence, slot.position_before);
  composer_.add(slot.block);
  OutcomeRecord record = composer_.finish();
  if (feed_ != nullptr) {
    committed.body = slot.requests_body();
    committed.outcomes = record.header;
    committed.outcome_content = record.content;
    feed_->push(committed);
  }
  outcomes_.push(std::move(record));
}

// The log takes blocks in their order, as soon as their image is ready.
usize Core::append_blocks() {
  usize work = 0;
  while (appended_ < formed_) {
    Slot& slot = slot_of(appended_ + 1);
    if (slot.ticket != 0 && stages_.prepared() < slot.ticket) break;
    if (slot.is_logged()) {
      if (!log_.can_append(slot.body_bytes())) break;
      wal::Append block;
      block.image = slot.image();
      block.body_bytes = slot.body_bytes();
      block.body_checksum = slot.body_checksum();
      block.position_before = slot.position_before;
      block.event_count = slot.event_count;
      block.timestamp = Timestamp{slot.last_timestamp};
      log_.append(block);
      slot.log_end = log_.end();
    }
    // A block of reads waits for the writes before it: they may have seen them.
    slot.log_sequence = log_.appended_sequence();
    slot.appended = true;
    ++appended_;
    ++work;
  }
  return work;
}

// A block is formed only if the log is sure to take it: what was executed must be logged. On a full
// disk writes are refused, so that the blocks formed then have a tick to log, or nothing.
bool Core::can_form() const {
  return formed_ - released_ < slots_.size() && appended_ == formed_ &&
         logged_in_flight_ < limits_.log_writes_in_flight &&
         (out_of_space_ || log_.can_append(limits_.block_bytes_max));
}

u64 Core::body_bytes_max() const {
  return log_.can_append(limits_.block_bytes_max) ? limits_.block_bytes_max : kSectorBodyBytes;
}

// Small requests that went before large ones are answered before the large ones are executed, or
// they would not have gained. And while a write is on its way, requests that still keep coming
// share the next one: a block costs more than a small request. Ends with the first step that brings
// nothing, or with that write.
bool Core::gathers(usize submitted) const {
  if (released_ < answered_first_) return true;
  return submitted != 0 && logged_in_flight_ != 0 && sequencer_.waiting_bytes() < kGatheredBytes;
}

// What is waiting becomes a block as soon as the log has room for one more write: while it has not,
// more requests gather. That is all of group commit.
usize Core::form_blocks(usize submitted) {
  if (snapshots_.wants_quiet()) return 0;
  if (!stopping_ && window_.wants_quiet() && !workers_idle()) return 0;
  usize work = 0;
  follow_deadline();
  while (sequencer_.has_waiting() || sequencer_.tick_due()) {
    if (!can_form() || gathers(submitted)) break;
    // Requests that never cease would leave too little room for the outcomes of those before them.
    const u64 executed_before = items_executed_;
    const bool formed = outcomes_gather() && log_has_room() ? form_outcomes() : form_requests();
    if (!formed) break;
    ++work;
    follow_deadline();
    // A large block took this thread milliseconds: replies of others may leave, and small requests
    // may have come, before it executes the next one.
    if (items_executed_ - executed_before >= limits_.parallel_events_min) break;
  }
  if (outcomes_due_in_ns() == 0 && can_form() && form_outcomes()) ++work;
  if (window_asks_again()) ++work;
  return work;
}

bool Core::form_requests() {
  Slot& slot = slot_of(formed_ + 1);
  slot.clear(formed_ + 1);
  const bool formed = sequencer_.form(slot);
  status_.window_refusals.store(sequencer_.window_refusals(), std::memory_order_relaxed);
  sink_.flush();  // What was refused does not wait for what was ordered.
  if (!formed) return false;
  ++formed_;
  if (sequencer_.small_went_first()) answered_first_ = formed_;
  if (slot.is_logged()) {
    ++logged_in_flight_;
    take_outcomes(slot);
  }
  window_.note_formed(slot.block.item_count());
  execute(slot);
  return true;
}

// Outcomes of earlier blocks alone; it has none itself.
bool Core::form_outcomes() {
  if (!log_has_room()) return false;
  Slot& slot = slot_of(formed_ + 1);
  slot.clear(formed_ + 1);
  slot.position_before = sequencer_.order().position;
  slot.last_timestamp = sequencer_.order().last_timestamp;
  take_outcomes(slot);
  ++formed_;
  ++logged_in_flight_;
  slot.prepare(0, 1);
  append_blocks();
  return true;
}

void Core::take_outcomes(Slot& slot) {
  if (outcomes_.empty()) return;
  const std::span<std::byte> room = slot.outcome_room(body_bytes_max());
  slot.add_outcomes(outcomes_.take(room.data(), room.size()));
}

bool Core::outcomes_gather() const { return outcomes_.bytes() > limits_.small_share_bytes; }

// At a stop, when all of them are there. And at once when they gather.
u64 Core::outcomes_due_in_ns() const {
  if (outcomes_.empty()) return ~u64{0};
  if (outcomes_gather() || (stopping_ && is_quiet())) return 0;
  const u64 due_at = outcomes_since_ns_ + limits_.outcome_delay_ns;
  const u64 now = clock_.monotonic_ns();
  return due_at > now ? due_at - now : 0;
}

// A stop needs no room any more.
usize Core::drive_window() {
  if (!window_.follows_history() || stopping_) return 0;
  return window_.drive(pressure(), workers_idle()) ? 1 : 0;
}

WindowDriver::Pressure Core::pressure() const {
  return {sequencer_.transfers_in_flight(), sequencer_.starved(), sequencer_.order().position};
}

// Transfers found no room just now: whether there is some to be made is the next step's to see.
bool Core::window_asks_again() const {
  return window_.follows_history() && !stopping_ && sequencer_.starved() &&
         !window_.knows_starved();
}

// How much is copied at once: little where it keeps somebody waiting.
usize Core::drive_snapshots() {
  if (!snapshots_.has_taker()) return 0;
  snapshots_.trim();
  snapshots_.hold_back(!outcomes_.empty() && !log_has_room());
  usize work = snapshots_.follow(is_quiet()) ? 1 : 0;
  if (is_quiet() && snapshots_.wants_quiet()) {
    // First the outcomes of what is in the snapshot, or a crash could leave some out of the log.
    if (!outcomes_.empty()) return work + (can_form() && form_outcomes() ? 1 : 0);
    snapshots_.cut(sequencer_.order().last_timestamp);
    return work + 1;
  }
  if (!snapshots_.copying() || !workers_idle()) return work;
  constexpr u64 kIdleBytes = 64 * kKiB;
  const bool busy = items_executed_ != 0 || sequencer_.has_waiting();
  const u64 bytes = busy ? cut_bytes_beside(items_executed_) : kIdleBytes;
  items_executed_ = 0;
  return work + (snapshots_.copy(bytes) != 0 ? 1 : 0);
}

void Core::execute(Slot& slot) {
  const bool small = slot.block.item_count() < limits_.parallel_events_min;
  const bool run_inline = mode_ == Mode::Inline || (mode_ == Mode::Auto && small && workers_idle());
  if (!run_inline) {
    slot.ticket = ++tickets_;
    if (slot.is_logged()) last_logged_ticket_ = slot.ticket;
    stages_.slot_of(slot.ticket) = &slot;
    stages_.dispatched.publish(slot.ticket);
    stages_.ring_workers();
    return;
  }
  CHECK(workers_idle());
  slot.prepare(0, 1);
  append_blocks();  // The disk works while the engine does.
  engine_.run_inline(slot.block);
  items_executed_ += slot.block.item_count();
}

// While a block is on its way to the lane, the soonest deadline may still be that of a hold which
// it resolves.
void Core::follow_deadline() {
  const bool settled = stages_.authorised.get() >= last_logged_ticket_;
  sequencer_.set_deadline(settled ? engine_.next_deadline() : engine::kNoDeadline);
}

// Ticks go on as long as the log's reserve lasts.
void Core::follow_disk_space() {
  sequencer_.allow_ticks(log_has_room());
  if (log_.out_of_space() == out_of_space_) return;
  out_of_space_ = log_.out_of_space();
  if (out_of_space_) {
    sequencer_.refuse_writes(RefusalCode::NoSpace,
                             "the disk is full: the log cannot grow; reads go on, and writes will "
                             "resume when there is room");
  } else {
    sequencer_.refuse_writes(RefusalCode::None, "");
  }
}

}  // namespace florin::pipeline
