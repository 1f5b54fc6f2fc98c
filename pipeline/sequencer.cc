#include "pipeline/sequencer.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace florin::pipeline {

using ledger::Operation;
using ledger::RefusalCode;
using ledger::Request;
using ledger::RequestSource;

namespace {

constexpr usize kTakenAtOnce = 256;

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
    Request* request = taken_[index];
    RequestSource* source = request->source;
    request->next = nullptr;
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

bool Sequencer::form(Slot& slot) {
  const u64 now = clock_.wall_time().ns;
  large_bytes_ = 0;
  small_bytes_ = 0;
  if (passed_over_ != nullptr) {
    bring_to_front(passed_over_);
    passed_over_ = nullptr;
    take_turn(slot, Share::Any, now);
  }
  fill(slot, Share::Small, now);
  fill(slot, Share::Any, now);
  return !slot.block.requests.empty();
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
  Request* request = source->first;
  const bool refused = refuse_if_needed(request);
  const bool taken = refused || fits(slot, *request, share);
  if (taken) {
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

void Sequencer::bring_to_front(RequestSource* source) {
  if (first_waiting_ == source) return;
  RequestSource* before = first_waiting_;
  while (before->next != source) before = before->next;
  before->next = source->next;
  if (last_waiting_ == source) last_waiting_ = before;
  source->next = first_waiting_;
  first_waiting_ = source;
}

bool Sequencer::fits(const Slot& slot, const Request& request, Share share) const {
  const u64 bytes = logged_bytes(request);
  const bool small = bytes <= limits_.small_request_bytes_max;
  if (!slot.has_room_for(request, limits_.block_bytes_max)) return false;
  if (bytes != 0) {
    // What is in flight may turn out to use less than it may: until that is known, wait.
    const Room room = room_for(request);
    if (room.used + room.in_flight + request.event_count > room.most) return false;
  }
  if (share == Share::Small) return small && small_bytes_ + bytes <= limits_.small_share_bytes;
  return small || large_bytes_ + bytes <= limits_.block_bytes_max - limits_.small_share_bytes;
}

void Sequencer::order_request(Slot& slot, Request* request, u64 now) {
  const u64 bytes = logged_bytes(*request);
  const bool small = bytes <= limits_.small_request_bytes_max;
  (small ? small_bytes_ : large_bytes_) += bytes;
  if (!ledger::is_write(request->operation)) {
    request->position = order_.position;
    request->timestamp = Timestamp{order_.last_timestamp};
    if (request->operation == Operation::LookupAccounts) {
      request->accounts.resize(request->event_count);
    }
    if (request->operation == Operation::LookupTransfers) {
      request->transfers.resize(request->event_count);
      request->transfer_outcomes.resize(request->event_count);
    }
    slot.add(request, order_.position, order_.last_timestamp);
    return;
  }
  const u64 timestamp = std::max(order_.last_timestamp + 1, now);
  slot.add(request, order_.position, timestamp);
  order_.position.value += request->event_count;
  order_.last_timestamp = timestamp + request->event_count - 1;
  request->position = order_.position;
  request->timestamp = Timestamp{timestamp};
  (request->operation == Operation::CreateAccounts ? accounts_in_flight_ : transfers_in_flight_) +=
      request->event_count;
}

void Sequencer::release(const Slot& slot) {
  for (const engine::BlockRequest& request : slot.block.requests) {
    if (request.operation == Operation::CreateAccounts) accounts_in_flight_ -= request.item_count;
    if (request.operation == Operation::CreateTransfers) {
      transfers_in_flight_ -= request.item_count;
    }
  }
}

bool Sequencer::refuse_if_needed(Request* request) {
  if (refusal_ != RefusalCode::None) {
    refuse(request, refusal_, refusal_message_);
    return true;
  }
  if (!ledger::is_write(request->operation)) return false;
  if (write_refusal_ != RefusalCode::None) {
    refuse(request, write_refusal_, write_refusal_message_);
    return true;
  }
  const Room room = room_for(*request);
  if (room.used + request->event_count <= room.most) return false;
  const bool accounts = request->operation == Operation::CreateAccounts;
  refuse(request, RefusalCode::Capacity,
         std::string(accounts ? "accounts" : "remembered transfers") + ": " +
             std::to_string(room.used) + " of " + std::to_string(room.most) + " are used, and " +
             std::to_string(request->event_count) + " more would not fit; restart with a larger " +
             (accounts ? "--accounts-max" : "--transfers-max"));
  return true;
}

Sequencer::Room Sequencer::room_for(const Request& request) const {
  if (request.operation == Operation::CreateAccounts) {
    return {engine_.accounts_used(), accounts_in_flight_, limits_.accounts_max};
  }
  return {engine_.transfers_used(), transfers_in_flight_, limits_.transfers_max};
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
