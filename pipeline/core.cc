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
      sink_(sink),
      mode_(mode),
      sequencer_(limits, engine, clock, sink, channels, start) {
  CHECK(mode == Mode::Inline || stages.worker_count() == engine.partitions());
  for (u32 index = 0; index < limits.blocks_in_flight; ++index) {
    slots_.push_back(std::make_unique<Slot>(limits, engine.partitions()));
  }
  status_.durable_position.store(start.position.value, std::memory_order_relaxed);
  status_.accounts.store(engine.accounts_used(), std::memory_order_relaxed);
  status_.transfers.store(engine.transfers_used(), std::memory_order_relaxed);
}

void Core::submit(u32 channel, ledger::Request* request) {
  sequencer_.submit(channel, request);
  stages_.core_bell.ring();
}

void Core::stop() {
  stop_requested_.store(true, std::memory_order_release);
  stages_.core_bell.ring();
}

usize Core::step() {
  if (status_.failed.load(std::memory_order_relaxed)) return 0;
  if (!stopping_ && stop_requested_.load(std::memory_order_acquire)) {
    stopping_ = true;
    sequencer_.refuse_all(RefusalCode::ShuttingDown, "the server is stopping");
  }
  usize work = drive_log();
  work += release_blocks();
  work += append_blocks();
  work += sequencer_.take_submitted();
  follow_disk_space();
  work += form_blocks();
  if (stopping_ && work == 0 && released_ == formed_ && !sequencer_.has_waiting() && log_.idle()) {
    status_.drained.store(true, std::memory_order_release);
  }
  return work;
}

// A clock that is set while the thread sleeps delays a tick by no more than the longest sleep. A
// tick that is due but has no room in the log yet is not worth spinning for.
u64 Core::sleep_ns_max() {
  follow_deadline();
  constexpr u64 kSleepLeast = 1'000'000;
  constexpr u64 kSleepMost = 1'000'000'000;
  const u64 due_in = sequencer_.tick_due_in();
  return due_in == kNeverDue ? due_in : std::clamp(due_in, kSleepLeast, kSleepMost);
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
  if (work != 0) sink_.flush();
  return work;
}

void Core::release(Slot& slot) {
  engine_.finish(slot.block);
  sequencer_.release(slot);
  if (slot.is_logged()) {
    --logged_in_flight_;
    status_.accounts.store(slot.block.accounts_after, std::memory_order_relaxed);
    status_.transfers.store(slot.block.transfers_after, std::memory_order_relaxed);
    status_.durable_position.store(slot.position_before.value + slot.event_count,
                                   std::memory_order_release);
    if (toucher_ != nullptr) {
      toucher_->follow(slot.block.accounts_after, slot.block.transfers_after);
    }
  }
  status_.blocks.fetch_add(1, std::memory_order_relaxed);
  if (slot.ticket == 0) status_.inline_blocks.fetch_add(1, std::memory_order_relaxed);
  for (const engine::BlockRequest& request : slot.block.requests) {
    if (request.operation != ledger::Operation::Tick) sink_.deliver(request.request);
  }
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
// disk writes are refused, so that the blocks formed then have nothing to log.
bool Core::can_form() const {
  return formed_ - released_ < slots_.size() && appended_ == formed_ &&
         logged_in_flight_ < limits_.log_writes_in_flight &&
         (out_of_space_ || log_.can_append(limits_.block_bytes_max));
}

// What is waiting becomes a block as soon as the log has room for one more write: while it has not,
// more requests gather. That is all of group commit.
usize Core::form_blocks() {
  usize work = 0;
  follow_deadline();
  while (sequencer_.has_waiting() || sequencer_.tick_due()) {
    if (!can_form()) break;
    Slot& slot = slot_of(formed_ + 1);
    slot.clear(formed_ + 1);
    const bool formed = sequencer_.form(slot);
    sink_.flush();  // What was refused does not wait for what was ordered.
    if (!formed) break;
    ++formed_;
    ++work;
    if (slot.is_logged()) ++logged_in_flight_;
    execute(slot);
    follow_deadline();
  }
  return work;
}

void Core::execute(Slot& slot) {
  const bool workers_idle = stages_.posted() >= tickets_;
  const bool small = slot.block.item_count() < limits_.parallel_events_min;
  const bool run_inline = mode_ == Mode::Inline || (mode_ == Mode::Auto && small && workers_idle);
  if (!run_inline) {
    slot.ticket = ++tickets_;
    if (slot.is_logged()) last_logged_ticket_ = slot.ticket;
    stages_.slot_of(slot.ticket) = &slot;
    stages_.dispatched.publish(slot.ticket);
    stages_.ring_workers();
    return;
  }
  CHECK(workers_idle);
  slot.prepare(0, 1);
  append_blocks();  // The disk works while the engine does.
  engine_.run_inline(slot.block);
}

// While a block is on its way to the lane, the soonest deadline may still be that of a hold which
// it resolves.
void Core::follow_deadline() {
  const bool settled = stages_.authorised.get() >= last_logged_ticket_;
  sequencer_.set_deadline(settled ? engine_.next_deadline() : engine::kNoDeadline);
}

void Core::follow_disk_space() {
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
