// Cutting frames from received bytes, and answering them.
#include "net/session.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace florin::net {

using ledger::Operation;
using ledger::RefusalCode;
using protocol::kFrameAlignment;
using protocol::kFrameHeaderBytes;

namespace {

// A read with less room than this is not worth a system call: the beginning of the frame moves to
// another chunk instead.
constexpr usize kReadBytesMin = 1024;
// Output storage that an idle connection keeps.
constexpr usize kOutputBytesKept = 64 * kKiB;

constexpr u64 kTransferAnswerBytes = sizeof(ledger::Transfer) + sizeof(ledger::TransferStatus);
// Of the kind of change with the largest objects.
constexpr u64 kChangeAnswerBytes = sizeof(ledger::ChangeEvent) + sizeof(ledger::AccountChange);
static_assert(sizeof(ledger::Transfer) + sizeof(ledger::TransferBalances) <=
                  sizeof(ledger::AccountChange) &&
              sizeof(ledger::Account) <= sizeof(ledger::AccountChange));

// Of the statement's account and of each entry; a hold is smaller.
constexpr u64 kStatementEndsBytes = sizeof(ledger::Account) + 2 * sizeof(ledger::AccountBalance);
constexpr u64 kEntryAnswerBytes = sizeof(ledger::Transfer) + sizeof(ledger::AccountBalance);
static_assert(kTransferAnswerBytes <= kEntryAnswerBytes);

// The largest answer that a request can get, roughly: what is in flight is bounded by what it can
// become.
u64 answer_bytes_max(const ledger::Request& request) {
  const u64 events = request.event_count;
  // Apart, and first: what only reads have is not fetched from memory for a write.
  if (ledger::is_write(request.operation)) {
    CHECK(request.operation != Operation::Tick);
    return events * (sizeof(ledger::EventResult) +
                     (request.wants_balances ? sizeof(ledger::TransferBalances) : 0));
  }
  const u64 limit = request.filter.limit;
  switch (request.operation) {
    case Operation::LookupAccounts: return events * sizeof(ledger::Account);
    case Operation::LookupTransfers: return events * kTransferAnswerBytes;
    case Operation::LookupLimits: return events * sizeof(ledger::AccountLimits);
    case Operation::QueryAccounts: return limit * sizeof(ledger::Account);
    case Operation::QueryTransfers: return limit * kTransferAnswerBytes;
    case Operation::GetAccountChanges: return limit * sizeof(ledger::AccountChange);
    case Operation::GetAccountTransfers: return limit * kTransferAnswerBytes;
    case Operation::GetAccountBalances: return limit * sizeof(ledger::AccountBalance);
    case Operation::GetBalanceAt: return events * sizeof(ledger::AccountBalance);
    case Operation::GetChangeEvents: return limit * kChangeAnswerBytes;
    case Operation::GetStatement: return kStatementEndsBytes + limit * kEntryAnswerBytes;
    case Operation::GetTrialBalance:
      return request.trial_balance_filter.limit * sizeof(ledger::LedgerTotals);
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::UpdateAccounts:
    case Operation::Tick: break;
  }
  CHECK(false);
}

}  // namespace

SessionLimits session_limits(const Limits& limits) {
  SessionLimits result;
  result.requests_max = limits.connection_requests_max;
  result.bytes_max = limits.connection_bytes_max;
  result.frame_bytes_max = limits.frame_bytes_max;
  result.decode.events_max = limits.request_events_max;
  return result;
}

Session::Session(SessionContext& context, void* owner)
    : context_(context),
      owner_(owner),
      chunk_(context.memory.take_chunk(SessionMemory::kSmallChunkBytes)) {}

Session::~Session() { context_.memory.release(chunk_); }

bool Session::at_limit() const {
  return requests_in_flight_ >= context_.limits.requests_max ||
         bytes_in_flight_ + unsent_bytes() >= context_.limits.bytes_max;
}

bool Session::wants_read() const { return !failed_ && !peer_closed_ && !abandoned_ && !at_limit(); }

std::span<std::byte> Session::receive_space() {
  const usize frame =
      header_ ? static_cast<usize>(protocol::frame_bytes(*header_)) : usize{kFrameHeaderBytes};
  const bool large = frame > SessionMemory::kSmallChunkBytes;
  const usize needed = large ? frame : std::max(frame, kReadBytesMin);
  const bool leaves_large_chunk =
      unread_bytes() == 0 && chunk_->capacity != SessionMemory::kSmallChunkBytes;
  const bool only_reference = chunk_->references == 1;
  if (unread_bytes() == 0 && only_reference) frame_begin_ = received_end_ = 0;
  if (leaves_large_chunk || frame_begin_ + needed > chunk_->capacity) move_to_chunk(needed);
  // A large frame is read exactly to its end, so that the next one does not begin behind it, where
  // it would have to be moved.
  const usize end = large ? frame_begin_ + frame : chunk_->capacity;
  return {chunk_->data + received_end_, end - received_end_};
}

// Continues in another chunk, or at the beginning of this one when no request points into it.
void Session::move_to_chunk(usize bytes) {
  const usize unread = unread_bytes();
  const std::byte* const from = chunk_->data + frame_begin_;
  const bool right_size = bytes > SessionMemory::kSmallChunkBytes ||
                          chunk_->capacity == SessionMemory::kSmallChunkBytes;
  if (chunk_->references == 1 && bytes <= chunk_->capacity && right_size) {
    std::memmove(chunk_->data, from, unread);
  } else {
    ReceiveChunk* const next = context_.memory.take_chunk(bytes);
    std::memcpy(next->data, from, unread);
    context_.memory.release(chunk_);
    chunk_ = next;
  }
  frame_begin_ = 0;
  received_end_ = unread;
}

void Session::received(usize bytes) {
  CHECK(bytes <= chunk_->capacity - received_end_);
  received_end_ += bytes;
  cut_frames();
}

void Session::peer_closed() { peer_closed_ = true; }

void Session::cut_frames() {
  while (!failed_ && !abandoned_ && !at_limit() && read_header() &&
         unread_bytes() >= protocol::frame_bytes(*header_)) {
    take_frame();
  }
}

// Whether the header of the next frame is there and right.
bool Session::read_header() {
  if (header_) return true;
  if (unread_bytes() < kFrameHeaderBytes) return false;
  const std::span<const std::byte, kFrameHeaderBytes> bytes(chunk_->data + frame_begin_,
                                                            kFrameHeaderBytes);
  auto header = protocol::parse_header(bytes, context_.limits.frame_bytes_max);
  if (header) {
    header_ = *header;
    return true;
  }
  // Only the number of a header that is right but for its size is worth returning.
  u64 number = 0;
  if (header.error().code == RefusalCode::FrameTooLarge) {
    std::memcpy(&number, bytes.data() + offsetof(protocol::FrameHeader, request_number),
                sizeof(number));
  }
  fail(number, header.error());
  return false;
}

void Session::take_frame() {
  const std::span<std::byte> frame(chunk_->data + frame_begin_,
                                   static_cast<usize>(protocol::frame_bytes(*header_)));
  const u64 number = header_->request_number;
  if (!protocol::verify_frame(frame)) {
    fail(0, {RefusalCode::BadChecksum, "the checksum of the frame is not that of its bytes"});
    return;
  }
  header_.reset();
  frame_begin_ += frame.size();
  ++frames_received_;
  SessionRequest* const request = context_.memory.take_request();
  protocol::Witness witness;
  const auto kind = protocol::decode_request(frame.subspan(kFrameHeaderBytes),
                                             context_.limits.decode, *request, &witness);
  if (kind && *kind == protocol::RequestKind::Ledger && !shutting_down_) {
    request->cost_bytes = std::max<u64>(frame.size(), answer_bytes_max(*request));
    submit(request, number);
    return;
  }
  context_.memory.recycle(request);
  if (!kind) {
    answer_error(number, kind.error().code, kind.error().message);
  } else if (*kind != protocol::RequestKind::Ledger) {
    answer_at_once(*kind, number, witness);
  } else {
    answer_error(number, RefusalCode::ShuttingDown, "the server is stopping");
  }
}

void Session::answer_at_once(protocol::RequestKind kind, u64 number,
                             const protocol::Witness& witness) {
  switch (kind) {
    case protocol::RequestKind::Ping: return answer_server_info(number);
    case protocol::RequestKind::TakeSnapshot:
      if (!context_.voice.take_snapshot) {
        answer_error(number, RefusalCode::UnknownRequest, "this server takes no snapshots");
        return;
      }
      context_.voice.take_snapshot();
      return answer_server_info(number);
    case protocol::RequestKind::PresentWitness: return answer_witness(number, witness);
    case protocol::RequestKind::Ledger: break;
  }
  CHECK(false);
}

// After a refusal nothing that this server says may be believed: it says nothing more.
void Session::answer_witness(u64 number, const protocol::Witness& witness) {
  if (!context_.voice.check_witness) {
    answer_error(number, RefusalCode::UnknownRequest, "this server compares no witnesses");
    return;
  }
  const auto refusal = context_.voice.check_witness(witness);
  if (!refusal) return answer_server_info(number);
  fail(number, *refusal);
  silent_ = true;
}

void Session::answer_server_info(u64 number) {
  protocol::encode_server_info(number, context_.voice.server_info(), output_);
  ++frames_sent_;
}

void Session::submit(SessionRequest* request, u64 number) {
  request->number = number;
  request->source = &source_;
  request->owner = owner_;
  request->reply_channel = context_.channel;
  request->chunk = chunk_;
  ++chunk_->references;
  ++requests_in_flight_;
  bytes_in_flight_ += request->cost_bytes;
  context_.queue.submit(context_.channel, request);
}

void Session::deliver(ledger::Request* answered) {
  auto* const request = static_cast<SessionRequest*>(answered);
  CHECK(requests_in_flight_ > 0 && request->source == &source_);
  if (!abandoned_ && !silent_) {
    protocol::encode_reply(*request, output_);
    ++frames_sent_;
  }
  --requests_in_flight_;
  bytes_in_flight_ -= request->cost_bytes;
  context_.memory.recycle(request);
  cut_frames();
}

std::span<const std::byte> Session::output() const { return output_.bytes().subspan(sent_bytes_); }

void Session::sent(usize bytes) {
  CHECK(bytes <= unsent_bytes());
  sent_bytes_ += bytes;
  if (unsent_bytes() == 0) {
    output_.clear(kOutputBytesKept);
    sent_bytes_ = 0;
  } else if (sent_bytes_ > unsent_bytes()) {
    // A reader that is always a little behind must not make the storage grow without bound.
    const usize whole = sent_bytes_ / kFrameAlignment * kFrameAlignment;
    output_.drop_front(whole);
    sent_bytes_ -= whole;
  }
  cut_frames();
}

void Session::answer_error(u64 number, RefusalCode code, std::string_view message) {
  protocol::encode_error(number, code, message, output_);
  ++frames_sent_;
}

void Session::fail(u64 number, const protocol::Refusal& refusal) {
  answer_error(number, refusal.code, refusal.message);
  failed_ = true;
}

void Session::refuse(RefusalCode code, std::string_view message) {
  if (failed_ || abandoned_) return;
  answer_error(0, code, message);
  failed_ = true;
}

void Session::shut_down() { shutting_down_ = true; }

void Session::abandon() {
  abandoned_ = true;
  output_.clear(0);
  sent_bytes_ = 0;
}

bool Session::finished() const {
  return requests_in_flight_ == 0 && unsent_bytes() == 0 &&
         (failed_ || peer_closed_ || shutting_down_ || abandoned_);
}

bool Session::frame_begun() const { return unread_bytes() > 0 && wants_read(); }

}  // namespace florin::net
