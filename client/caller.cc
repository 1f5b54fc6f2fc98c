// Attempts, pauses and the verdict on a call that was not answered.
#include "client/caller.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/check.h"

namespace florin::client {
namespace {

using ledger::RefusalCode;

// How long to wait for a connection to be made before the host's next address is tried.
constexpr u64 kConnectAttemptNs = 2'000'000'000;

// What is in flight: the call, or the witness before it.
constexpr u64 kCall = 0;
constexpr u64 kWitness = 1;
// Of the frame of a witness; calls count from 1.
constexpr u64 kWitnessNumber = ~u64{0};

u64 to_ns(std::chrono::milliseconds duration) {
  return static_cast<u64>(std::max<i64>(duration.count(), 0)) * 1'000'000;
}

// Whether the same request may be accepted later.
bool is_passing(RefusalCode code) {
  switch (code) {
    case RefusalCode::Busy:
    case RefusalCode::ShuttingDown:
    case RefusalCode::TooManyConnections:
    case RefusalCode::BadChecksum: return true;
    case RefusalCode::None:
    case RefusalCode::BadFrame:
    case RefusalCode::UnsupportedVersion:
    case RefusalCode::FrameTooLarge:
    case RefusalCode::MalformedMessage:
    case RefusalCode::UnknownRequest:
    case RefusalCode::EmptyRequest:
    case RefusalCode::TooManyEvents:
    case RefusalCode::InvalidCondition:
    case RefusalCode::Capacity:
    case RefusalCode::NoSpace:
    case RefusalCode::InvalidFilter:
    case RefusalCode::BehindWitness:
    case RefusalCode::DiffersFromWitness:
    case RefusalCode::HistoryOff:
    case RefusalCode::HistoryFailed: return false;
  }
  return false;
}

}  // namespace

Caller::Caller(const ClientOptions& options, Random random, std::unique_ptr<Loop> loop)
    : options_(options), random_(random), loop_(std::move(loop)), known_(options.witness) {}

void Caller::start(std::chrono::milliseconds deadline) {
  deadline_ns_ = clock_.monotonic_ns() + to_ns(deadline);
  pause_ns_ = to_ns(options_.backoff_min);
  may_have_happened_ = false;
  last_error_ = {ErrorCode::Timeout, "no answer came"};
  last_refusal_ = RefusalCode::None;
}

Answer<void> Caller::connect() {
  start(options_.connect_deadline);
  do {
    if (open_channel()) {
      progress_ = Progress::Waiting;
      run_while_waiting();
      if (channel_->state() == Channel::State::Open) return {};
      last_error_ = channel_->error();
    }
    if (last_error_.code == ErrorCode::NotFound) break;
    back_off();
  } while (clock_.monotonic_ns() < deadline_ns_);
  return tl::unexpected(ClientError{ClientError::Effect::DidNotHappen, last_error_.code,
                                    last_refusal_, last_error_.message});
}

Answer<void> Caller::call(const Call& call, const TakeReply& take_reply) {
  start(options_.deadline + call.wait);
  take_reply_ = &take_reply;
  do {
    attempt(call);
    if (progress_ == Progress::Answered) return std::move(result_);
    if (!goes_on()) break;
    back_off();
  } while (clock_.monotonic_ns() < deadline_ns_);
  return tl::unexpected(failure(call));
}

// What the server closed in the meantime is noticed before anything is sent, so that a restart of
// an idle client's server does not leave it in doubt.
void Caller::attempt(const Call& call) {
  progress_ = Progress::Lost;
  if (channel_ != nullptr) loop_->run_once(0);
  if (!open_channel()) return;
  if (!witnesses_presented_ && !present_witnesses()) return;
  exchange(call.frame, kCall);
}

// Whether the server has what others, or it, said before. An older server does not know what is
// asked, and is believed as it always was.
bool Caller::present_witnesses() {
  for (const Witness& witness : known_.to_present()) {
    witness_frame_.clear();
    protocol::encode_present_witness({.number = kWitnessNumber}, witness, witness_frame_);
    if (!exchange(witness_frame_.bytes(), kWitness)) return false;
  }
  witnesses_presented_ = true;
  return true;
}

// Sends one frame and waits; `progress_` says what became of it. Whether it was answered.
bool Caller::exchange(std::span<const std::byte> frame, u64 tag) {
  progress_ = Progress::Waiting;
  channel_->send(frame, tag);
  run_while_waiting();
  if (progress_ == Progress::Waiting) channel_->abandon({ErrorCode::Timeout, "no answer came"});
  return progress_ == Progress::Answered;
}

bool Caller::open_channel() {
  if (channel_ != nullptr && channel_->state() != Channel::State::Closed) return true;
  if (next_endpoint_ == endpoints_.size()) {
    Result<std::vector<Endpoint>> found = resolve(options_.host, options_.port);
    if (!found) {
      last_error_ = std::move(found).error();
      return false;
    }
    endpoints_ = std::move(*found);
    next_endpoint_ = 0;
  }
  const ChannelOptions channel_options{.requests_in_flight_max = 1,
                                       .reply_bytes_max = options_.reply_bytes_max};
  ReplyHandler& handler = *this;
  witnesses_presented_ = false;
  channel_ =
      std::make_unique<Channel>(*loop_, endpoints_[next_endpoint_++], handler, channel_options);
  if (channel_->state() != Channel::State::Closed) return true;
  last_error_ = channel_->error();
  return false;
}

// Until the request in progress is decided or, when there is none, the connection is made; not
// beyond the deadline.
void Caller::run_while_waiting() {
  const u64 connect_deadline_ns = std::min(deadline_ns_, clock_.monotonic_ns() + kConnectAttemptNs);
  const bool waits_for_answer = channel_->in_flight() > 0;
  while (progress_ == Progress::Waiting && channel_->state() != Channel::State::Closed) {
    const bool connecting = channel_->state() == Channel::State::Connecting;
    if (!connecting && !waits_for_answer) return;
    const u64 until_ns = connecting ? connect_deadline_ns : deadline_ns_;
    const u64 now_ns = clock_.monotonic_ns();
    if (now_ns >= until_ns) {
      if (connecting) channel_->abandon({ErrorCode::Timeout, "the connection was not accepted"});
      return;
    }
    loop_->run_once(until_ns - now_ns);
  }
}

void Caller::answered(u64 tag, const protocol::Reply& reply) {
  const bool is_old_server =
      tag == kWitness && reply.refusal == ledger::RefusalCode::UnknownRequest;
  if (reply.kind == protocol::ReplyKind::Error && !is_old_server) return refused(reply);
  known_.saw(Witness{reply.position, 0});
  if (reply.kind == protocol::ReplyKind::ServerInfo) known_.saw(reply.server_info);
  progress_ = Progress::Answered;
  if (tag == kCall) result_ = (*take_reply_)(reply);
}

void Caller::refused(const protocol::Reply& reply) {
  progress_ = Progress::Refused;
  last_error_ = {ErrorCode::Refused, reply.refusal_message};
  last_refusal_ = reply.refusal;
}

// A server that closes a connection with a reason has not taken the request on it: there is only
// the one.
void Caller::lost(u64 tag, const Loss& loss) {
  progress_ = Progress::Lost;
  last_error_ = loss.error;
  last_refusal_ = loss.refusal;
  may_have_happened_ |= tag == kCall && loss.may_have_arrived && loss.refusal == RefusalCode::None;
}

bool Caller::goes_on() const {
  if (last_refusal_ != RefusalCode::None) return is_passing(last_refusal_);
  return last_error_.code != ErrorCode::Protocol;
}

// The host's further addresses are tried without a pause.
void Caller::back_off() {
  const bool busy = last_refusal_ != RefusalCode::None;
  if (!busy && next_endpoint_ < endpoints_.size()) return;
  const u64 pause_ns = pause_ns_ - random_.below(pause_ns_ / 2 + 1);
  const u64 until_ns = std::min(clock_.monotonic_ns() + pause_ns, deadline_ns_);
  for (u64 now_ns = clock_.monotonic_ns(); now_ns < until_ns; now_ns = clock_.monotonic_ns()) {
    loop_->run_once(until_ns - now_ns);
  }
  pause_ns_ = std::min(pause_ns_ * 2, to_ns(options_.backoff_max));
}

// A refusal speaks of its own attempt only: an earlier one that was lost may have happened.
ClientError Caller::failure(const Call& call) const {
  const bool in_doubt = call.changes_state && may_have_happened_;
  ClientError error;
  error.effect = in_doubt ? ClientError::Effect::NotKnown : ClientError::Effect::DidNotHappen;
  error.code = last_error_.code;
  error.refusal = last_refusal_;
  error.message = fmt::format("{}: {}", call.name, last_error_.message);
  if (goes_on()) {
    error.code = last_refusal_ != RefusalCode::None ? ErrorCode::Refused : ErrorCode::Timeout;
    error.message += fmt::format(" (gave up after {} ms)", (options_.deadline + call.wait).count());
  }
  return error;
}

}  // namespace florin::client
