#include "pipeline/sequencer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"

namespace florin::pipeline {

using ledger::Operation;
using ledger::RefusalCode;
using ledger::Request;
using ledger::RequestSource;

namespace {

constexpr usize kTakenAtOnce = 256;
// How far ahead requests are fetched into the cache: of those taken, and by turns; an event can be
// fetched when its request is there.
constexpr usize kTakenAhead = 8;
constexpr u32 kRequestTurnsAhead = 12;
constexpr u32 kEventTurnsAhead = 6;

bool takes_ids(Operation operation) { return operation == Operation::CreateTransfers; }

}  // namespace

Sequencer::Sequencer(const Limits& limits, engine::Engine& engine, Clock& clock,
                     ledger::ReplySink& sink, u32 channels, OrderState start)
    : limits_(limits),
      engine_(engine),
      clock_(clock),
      sink_(sink),
      consumer_(queue_),
      taken_(kTakenAtOnce),
      order_(start) {
  tick_.operation = Operation::Tick;
  tick_.event_count = 1;
  for (u32 channel = 0; channel < channels; ++channel) {
    producers_.push_back(std::make_unique<moodycamel::ProducerToken>(queue_));
  }
}

void Sequencer::submit(u32 channel, Request* request) {
  CHECK(queue_.enqueue(*producers_[channel], request));
}

usize Sequencer::take_submitted() {
  const usize count = queue_.try_dequeue_bulk(consumer_, taken_.begin(), kTakenAtOnce);
  for (usize index = 0; index < count; ++index) {
    if (index + kTakenAhead < count) ledger::fetch_small(*taken_[index + kTakenAhead]);
    Request* request = taken_[index];
    RequestSource* source = request->source;
    request->next = nullptr;
    count_waiting(*request, true);
    if (source->first == nullptr) {
      source->first = request;
    } else {
      source->last->next = request;
    }
    source->last = request;
    if (!source->waiting) push_waiting(source);
  }
  return count;
}

void Sequencer::count_waiting(const Request& request, bool comes) {
  const u64 bytes = logged_bytes(request);
  const u64 large = is_small(bytes) ? 0 : 1;
  waiting_bytes_ = comes ? waiting_bytes_ + bytes : waiting_bytes_ - bytes;
  waiting_large_ = comes ? waiting_large_ + large : waiting_large_ - large;
}

bool Sequencer::form(Slot& slot) {
  const u64 now = clock_.wall_time().ns;
  large_bytes_ = 0;
  small_bytes_ = 0;
  // Where transfers wait for room small ones would take it away from a large one, time and again.
  const bool in_turn = std::exchange(starved_, false);
  room_awaited_ = false;
  slot.block.position_before = order_.position;
  if (tick_passed_over_ && tick_due()) order_tick(slot);
  tick_passed_over_ = false;
  const bool small_went_first = std::exchange(small_went_first_, false);
  const bool small_may_go_first = small_go_first_ && !small_went_first && !in_turn;
  if (!small_may_go_first) take_passed_over(slot, now);
  fill(slot, Share::Small, now);
  small_went_first_ = small_may_go_first && waiting_large_ != 0 && !slot.block.requests.empty();
  if (!small_went_first_) {
    if (small_may_go_first) take_passed_over(slot, now);
    fill(slot, Share::Any, now);
  } else if (passed_over_ == nullptr) {
    passed_over_ = first_large();
  }
  if (!slot.is_logged() && tick_due()) {
    tick_passed_over_ = !slot.has_room_for(tick_, limits_.block_bytes_max);
    if (!tick_passed_over_) order_tick(slot);
  }
  return !slot.block.requests.empty();
}

// The first source whose next request is a large one; it may be behind small ones.
RequestSource* Sequencer::first_large() const {
  RequestSource* source = first_waiting_;
  while (source != nullptr && is_small(logged_bytes(*source->first))) source = source->next;
  return source;
}

void Sequencer::take_passed_over(Slot& slot, u64 now) {
  if (passed_over_ == nullptr) return;
  bring_to_front(passed_over_);
  passed_over_ = nullptr;
  take_turn(slot, Share::Any, now);
}

void Sequencer::fill(Slot& slot, Share share, u64 now) {
  u64 in_vain = 0;  // Turns in a row that added nothing.
  while (first_waiting_ != nullptr && in_vain < waiting_sources_) {
    in_vain = take_turn(slot, share, now) ? 0 : in_vain + 1;
  }
}

// The turn of the first source. Nothing touches a source after its request was delivered: its
// connection may be gone by then.
bool Sequencer::take_turn(Slot& slot, Share share, u64 now) {
  RequestSource* source = pop_waiting();
  fetch_ahead();
  Request* request = source->first;
  const bool refused = refuse_if_needed(request);
  const bool taken = refused || fits(slot, *request, share);
  if (taken) {
    count_waiting(*request, false);
    source->first = request->next;
    if (source->first == nullptr) source->last = nullptr;
    if (passed_over_ == source) passed_over_ = nullptr;
  } else if (share == Share::Any && passed_over_ == nullptr) {
    passed_over_ = source;
  }
  if (source->first != nullptr) push_waiting(source);
  if (refused) {
    sink_.deliver(request);
  } else if (taken) {
    order_request(slot, request, now);
  }
  return taken;
}

// Thousands of small requests do not stay in the cache between receiving and ordering.
void Sequencer::fetch_ahead() const {
  const RequestSource* source = first_waiting_;
  for (u32 turns = 1; source != nullptr; source = source->next, ++turns) {
    if (turns == kEventTurnsAhead && source->first->events != nullptr) {
      const std::byte* const event = source->first->events;
      prefetch_line(event);
      prefetch_line(event + sizeof(ledger::Transfer) / 2);
      prefetch_line(event + sizeof(ledger::Transfer) - 1);
    }
    if (turns == kRequestTurnsAhead) {
      ledger::fetch_small(*source->first);
      return;
    }
  }
}

void Sequencer::bring_to_front(RequestSource* source) {
  if (first_waiting_ == source) return;
  RequestSource* before = first_waiting_;
  while (before->next != source) before = before->next;
  before->next = source->next;
  if (last_waiting_ == source) last_waiting_ = before;
  source->next = first_waiting_;
  first_waiting_ = source;
}

bool Sequencer::fits(const Slot& slot, const Request& request, Share share) {
  const u64 bytes = logged_bytes(request);
  const bool small = is_small(bytes);
  if (!slot.has_room_for(request, limits_.block_bytes_max)) return false;
  if (needs_room(request) && !has_room(request)) return false;
  if (share == Share::Small) return small && small_bytes_ + bytes <= limits_.small_share_bytes;
  return small || large_bytes_ + bytes <= limits_.block_bytes_max - limits_.small_share_bytes;
}

// A dry run leaves in memory what it brought back from the past.
bool Sequencer::needs_room(const Request& request) const {
  return request.is_logged() || (window_ != nullptr && takes_ids(request.operation));
}

// What is in flight may turn out to use less than it may: until that is known, wait. Once transfers
// wait for room, those behind them do too, or a large request would wait for ever.
bool Sequencer::has_room(const Request& request) {
  if (takes_ids(request.operation) && room_awaited_) return false;
  const Room room = room_for(request);
  const u64 free = room.left_beside(room.used + room.in_flight);
  if (request.event_count <= free && objects_of(request, free) <= free) return true;
  if (takes_ids(request.operation)) starved_ = room_awaited_ = true;
  return false;
}

void Sequencer::keep_room(Slot& slot, const Request& request) {
  if (!needs_room(request)) return;
  if (!takes_ids(request.operation)) {
    in_flight(request.operation) += request.event_count;
    return;
  }
  const Room room = room_for(request);
  const u64 ids = objects_of(request, room.left_beside(room.used + room.in_flight));
  slot.ids_max += ids;
  transfers_in_flight_ += ids;
}

// Beside its own id an event may bring back that of an earlier transfer. Which of them name one is
// looked at only when it matters, as it takes a walk through all. A request that could bring back
// more than half of the window still gets its turn: the tables have room for as many earlier ones
// as there are items in flight.
u64 Sequencer::objects_of(const Request& request, u64 free) const {
  const u64 own = request.event_count;
  if (window_ == nullptr || !takes_ids(request.operation)) return own;
  if (2 * own <= free) return 2 * own;
  u64 all = own;
  for (const ledger::Transfer& event : request.transfer_events()) {
    if ((event.flags & ledger::transfer_flags::kNamesEarlier) != 0) ++all;
  }
  return std::max(own, std::min(all, limits_.transfers_max / 2));
}

void Sequencer::order_request(Slot& slot, Request* request, u64 now) {
  const u64 bytes = logged_bytes(*request);
  const bool small = is_small(bytes);
  (small ? small_bytes_ : large_bytes_) += bytes;
  if (request->is_logged()) {
    order_write(slot, request, now);
    return;
  }
  request->position = order_.position;
  request->timestamp = Timestamp{order_.last_timestamp};
  keep_room(slot, *request);
  slot.add(request, order_.position, order_.last_timestamp);
}

void Sequencer::order_write(Slot& slot, Request* request, u64 now) {
  const u64 timestamp = std::max(order_.last_timestamp + 1, now);
  slot.add(request, order_.position, timestamp);
  order_.position.value += request->event_count;
  order_.last_timestamp = timestamp + request->event_count - 1;
  request->position = order_.position;
  request->timestamp = Timestamp{timestamp};
  keep_room(slot, *request);
}

// Not before the deadline, should the clock have gone back since: it would release nothing.
void Sequencer::order_tick(Slot& slot) {
  tick_in_flight_ = true;
  tick_.clear_answer();
  order_write(slot, &tick_, std::max(clock_.wall_time().ns, deadline_));
}

void Sequencer::release(const Slot& slot) {
  transfers_in_flight_ -= slot.ids_max;
  for (const engine::BlockRequest& request : slot.block.requests) {
    const bool is_logged = is_write(request.operation) && !request.dry_run;
    if (!is_logged || takes_ids(request.operation)) continue;
    in_flight(request.operation) -= request.item_count;
    if (request.operation == Operation::Tick) tick_in_flight_ = false;
  }
}

// Without room in the log, or when the server stops, holds wait.
u64 Sequencer::tick_due_in() const {
  const bool possible = deadline_ != engine::kNoDeadline && !tick_in_flight_ && ticks_allowed_ &&
                        refusal_ == RefusalCode::None;
  if (!possible || order_.last_timestamp >= deadline_) return kNeverDue;
  const u64 now = clock_.wall_time().ns;
  return deadline_ > now ? deadline_ - now : 0;
}

bool Sequencer::refuse_if_needed(Request* request) {
  if (refusal_ != RefusalCode::None) {
    refuse(request, refusal_, refusal_message_);
    return true;
  }
  if (!request->is_logged()) return needs_room(*request) && refuse_beyond_room(request);
  if (write_refusal_ != RefusalCode::None) {
    refuse(request, write_refusal_, write_refusal_message_);
    return true;
  }
  const u64 bytes_max = limits_.block_bytes_max - limits_.small_share_bytes;
  if (logged_bytes(*request) > bytes_max) {
    refuse(request, RefusalCode::TooManyEvents,
           "the request takes " + std::to_string(logged_bytes(*request)) +
               " bytes of log, its conditions included; at most " + std::to_string(bytes_max) +
               " are accepted");
    return true;
  }
  return refuse_beyond_room(request);
}

bool Sequencer::refuse_beyond_room(Request* request) {
  const Room room = room_for(*request);
  const u64 free = room.left_beside(room.used);
  const bool waits =
      takes_ids(request->operation) && room_awaited_;  // Behind others, whatever it needs.
  if (request->event_count <= free && (waits || objects_of(*request, free) <= free)) return false;
  const bool in_window = window_ != nullptr && takes_ids(request->operation);
  if (in_window && request->event_count <= room.most) {
    starved_ = true;
    if (window_->refusal == RefusalCode::None) return false;
    refuse(request, window_->refusal, window_->message);
    ++window_refusals_;
    return true;
  }
  refuse(request, RefusalCode::Capacity,
         std::string(room.objects) + ": " + std::to_string(room.used) + " of " +
             std::to_string(room.most) + " are used, and " + std::to_string(request->event_count) +
             " more would not fit; restart with a larger " + std::string(room.option));
  return true;
}

Sequencer::Room Sequencer::room_for(const Request& request) const {
  if (request.operation == Operation::CreateAccounts) {
    return {engine_.accounts_used(), accounts_in_flight_, limits_.accounts_max, "accounts",
            "--accounts-max"};
  }
  if (request.operation == Operation::UpdateAccounts) {
    return {engine_.updates_used(), updates_in_flight_, limits_.account_updates_max,
            "remembered updates of accounts", "--account-updates-max"};
  }
  return {engine_.transfers_in_memory(), transfers_in_flight_, limits_.transfers_max,
          "remembered transfers", window_ != nullptr ? "--id-window" : "--transfers-max"};
}

u64& Sequencer::in_flight(Operation operation) {
  if (operation == Operation::CreateAccounts) return accounts_in_flight_;
  if (operation == Operation::UpdateAccounts) return updates_in_flight_;
  return no_limit_;
}

void Sequencer::refuse(Request* request, RefusalCode code, const std::string& message) {
  request->refusal = code;
  request->refusal_message = message;
  request->position = order_.position;
}

void Sequencer::refuse_writes(RefusalCode code, std::string message) {
  write_refusal_ = code;
  write_refusal_message_ = std::move(message);
}

void Sequencer::refuse_all(RefusalCode code, std::string message) {
  refusal_ = code;
  refusal_message_ = std::move(message);
}

void Sequencer::push_waiting(RequestSource* source) {
  source->waiting = true;
  source->next = nullptr;
  if (first_waiting_ == nullptr) {
    first_waiting_ = source;
  } else {
    last_waiting_->next = source;
  }
  last_waiting_ = source;
  ++waiting_sources_;
}

RequestSource* Sequencer::pop_waiting() {
  RequestSource* source = first_waiting_;
  first_waiting_ = source->next;
  if (first_waiting_ == nullptr) last_waiting_ = nullptr;
  source->waiting = false;
  --waiting_sources_;
  return source;
}

}  // namespace florin::pipeline
