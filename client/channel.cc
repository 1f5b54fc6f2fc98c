// Sending, receiving and matching of one connection.
#include "client/channel.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "protocol/frame.h"

namespace florin::client {
namespace {

using protocol::kFrameAlignment;
using protocol::kFrameHeaderBytes;

constexpr usize kOutputKeepBytes = 8 * kMiB;  // Enough for the large requests of a load generator.
constexpr usize kPartialKeepBytes = 64 * kKiB;  // A thousand connections must not hold much each.

// Whatever the system calls it, the connection is gone.
Error connection_error(int error_number, std::string_view action) {
  Error error = fail_errno(error_number, action).value();
  error.code = ErrorCode::Disconnected;
  return error;
}

}  // namespace

Channel::Channel(Loop& loop, const Endpoint& endpoint, ReplyHandler& handler,
                 const ChannelOptions& options)
    : loop_(loop), handler_(handler), options_(options), peer_(endpoint.text) {
  CHECK(options.requests_in_flight_max > 0);
  pending_.resize(std::bit_ceil(options.requests_in_flight_max));
  if (Status status = begin_connect(endpoint); !status) {
    break_connection(std::move(status).error());
  }
}

Channel::~Channel() { close(); }

Status Channel::begin_connect(const Endpoint& endpoint) {
  sockaddr_storage address{};
  static_assert(sizeof(address) == sizeof(endpoint.address));
  std::memcpy(&address, endpoint.address.data(), sizeof(address));
  const int descriptor =
      socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return fail_errno(errno, "create a socket");
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (connect(descriptor, generic, endpoint.address_bytes) != 0 && errno != EINPROGRESS) {
    const int error_number = errno;
    ::close(descriptor);
    return tl::unexpected(connection_error(error_number, fmt::format("connect to {}", peer_)));
  }
  if (Status status = loop_.add(descriptor, this, true); !status) {
    ::close(descriptor);
    return status;
  }
  descriptor_ = descriptor;
  return {};
}

bool Channel::finish_connect() {
  int error_number = 0;
  socklen_t length = sizeof(error_number);
  CHECK(getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error_number, &length) == 0);
  if (error_number != 0) {
    break_connection(connection_error(error_number, fmt::format("connect to {}", peer_)));
    return false;
  }
  state_ = State::Open;
  return true;
}

void Channel::close() {
  if (descriptor_ >= 0) {
    loop_.remove(descriptor_, this);
    ::close(descriptor_);
    descriptor_ = -1;
  }
  if (state_ != State::Closed) {
    state_ = State::Closed;
    error_ = Error{ErrorCode::Disconnected, "the connection was closed by this program"};
  }
  head_ = tail_;
  in_flight_ = 0;
}

// The unanswered requests are taken out before the handler is called, so that it may do as it likes
// with this channel. Breaking happens once in a connection's life: it may allocate.
void Channel::break_connection(Error error, ledger::RefusalCode refusal) {
  std::vector<Pending> unanswered;
  for (u64 index = head_; index < tail_; ++index) {
    const Pending& pending = pending_[index % pending_.size()];
    if (!pending.answered) unanswered.push_back(pending);
  }
  const u64 sent_offset = output_base_ + output_sent_;
  close();
  error_ = std::move(error);
  for (const Pending& pending : unanswered) {
    handler_.lost(pending.tag, Loss{error_, refusal, pending.end_offset <= sent_offset});
  }
}

void Channel::queued(u64 number, u64 tag) {
  CHECK(state_ != State::Closed && !full());
  pending_[tail_++ % pending_.size()] = {number, tag, output_base_ + output_.size(), false};
  ++in_flight_;
  if (!send_is_due_ && !wants_write_) {
    send_is_due_ = true;
    loop_.send_soon(this);
  }
}

void Channel::send(std::span<const std::byte> frame, u64 tag) {
  CHECK(frame.size() >= kFrameHeaderBytes);
  protocol::FrameHeader header;
  std::memcpy(&header, frame.data(), sizeof(header));
  output_.append(frame);
  queued(header.request_number, tag);
}

void Channel::ready(bool readable, bool writable) {
  if (state_ == State::Connecting && !finish_connect()) return;
  if (readable) receive();
  if (writable && state_ == State::Open) flush();
}

// Hands the kernel what is queued. When the peer is gone, what it said before is read first: the
// reason may be there.
void Channel::flush() {
  send_is_due_ = false;
  while (state_ == State::Open && output_sent_ < output_.size()) {
    const ssize_t count = ::send(descriptor_, output_.data() + output_sent_,
                                 output_.size() - output_sent_, MSG_NOSIGNAL);
    if (count >= 0) {
      output_sent_ += static_cast<usize>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      const int error_number = errno;
      receive();
      if (state_ == State::Closed) return;
      break_connection(connection_error(error_number, fmt::format("send to {}", peer_)));
    }
  }
  if (state_ != State::Open) return;
  drop_sent_bytes();
  set_wants_write(!output_.empty());
}

// Moves by whole multiples of the alignment, so that frames stay aligned.
void Channel::drop_sent_bytes() {
  const usize unsent = output_.size() - output_sent_;
  if (unsent == 0) {
    output_base_ += output_sent_;
    output_sent_ = 0;
    output_.clear(kOutputKeepBytes);
  } else if (output_sent_ > kOutputKeepBytes / 2 && output_sent_ > unsent) {
    const usize dropped = output_sent_ / kFrameAlignment * kFrameAlignment;
    output_.drop_front(dropped);
    output_base_ += dropped;
    output_sent_ -= dropped;
  }
}

void Channel::set_wants_write(bool wants_write) {
  if (wants_write == wants_write_) return;
  wants_write_ = wants_write;
  loop_.change(descriptor_, this, wants_write);
}

// Reads once, into the loop's buffer. Whole frames are taken there; only the beginning of an
// unfinished one is kept here, and joined with what follows it.
void Channel::receive() {
  const std::span<std::byte> space = loop_.scratch_.bytes();
  const ssize_t count = recv(descriptor_, space.data(), space.size(), 0);
  if (received_nothing(count)) return;
  const std::span<std::byte> bytes = space.first(static_cast<usize>(count));
  if (partial_.empty()) {
    const usize taken = take_frames(bytes);
    partial_.append(bytes.subspan(taken));
    return;
  }
  partial_.append(bytes);
  partial_.drop_front(take_frames(partial_.bytes()));
  if (partial_.empty()) partial_.clear(kPartialKeepBytes);
}

bool Channel::received_nothing(i64 count) {
  if (count > 0) return false;
  if (count == 0) {
    break_connection(
        {ErrorCode::Disconnected, fmt::format("the server {} closed the connection", peer_)});
  } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    break_connection(connection_error(errno, fmt::format("receive from {}", peer_)));
  }
  return true;
}

// Hands the whole frames at the beginning of `bytes` to their handlers; returns how many bytes they
// were. Stops when the connection breaks or is closed.
usize Channel::take_frames(std::span<std::byte> bytes) {
  usize offset = 0;
  while (bytes.size() - offset >= kFrameHeaderBytes) {
    const auto rest = bytes.subspan(offset);
    const auto header =
        protocol::parse_header(rest.first<kFrameHeaderBytes>(), options_.reply_bytes_max);
    if (!header) {
      break_connection({ErrorCode::Protocol, fmt::format("the server {} did not send a reply: {}",
                                                         peer_, header.error().message)});
      return offset;
    }
    const usize frame_bytes = protocol::frame_bytes(*header);
    if (rest.size() < frame_bytes) return offset;
    if (!protocol::verify_frame(rest.first(frame_bytes))) {
      break_connection({ErrorCode::Protocol,
                        fmt::format("a reply of the server {} has a wrong checksum", peer_)});
      return offset;
    }
    offset += frame_bytes;
    const auto body = rest.subspan(kFrameHeaderBytes, header->body_bytes);
    if (!take_reply(header->request_number, body)) return offset;
  }
  return offset;
}

// Whether the connection goes on.
bool Channel::take_reply(u64 number, std::span<const std::byte> body) {
  const Result<protocol::Reply> reply = protocol::decode_reply(body);
  if (!reply) {
    break_connection(reply.error());
    return false;
  }
  Pending* pending = find_pending(number);
  if (pending != nullptr) {
    pending->answered = true;
    --in_flight_;
    const u64 tag = pending->tag;
    while (head_ < tail_ && pending_[head_ % pending_.size()].answered) ++head_;
    handler_.answered(tag, *reply);
  } else if (reply->kind == protocol::ReplyKind::Error) {
    break_connection({ErrorCode::Refused, reply->refusal_message}, reply->refusal);
  } else {
    break_connection(
        {ErrorCode::Protocol,
         fmt::format("the server {} answered request {}, which is not in flight", peer_, number)});
  }
  return state_ == State::Open;
}

Channel::Pending* Channel::find_pending(u64 number) {
  for (u64 index = head_; index < tail_; ++index) {
    Pending& pending = pending_[index % pending_.size()];
    if (!pending.answered && pending.number == number) return &pending;
  }
  return nullptr;
}

}  // namespace florin::client
