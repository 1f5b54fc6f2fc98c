// The life of one connection: open, then lingering until the peer has read the last reply, closed.
#include "net/connection.h"

#include <cerrno>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace florin::net {

Connection::Connection(ConnectionContext& context, int socket)
    : context_(context), socket_(socket), session_(context.session, this) {
  // Without them the connection works all the same, only slower to answer or to notice a dead peer.
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
  if (!context_.readiness.add(socket_, this)) close();
}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

void Connection::note(u32 events) {
  constexpr u32 kEnds = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if ((events & (EPOLLIN | kEnds)) != 0) readable_ = true;
  if ((events & kEnds) != 0) ends_ = true;
  // A write is told of an error too.
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) waiting_to_send_ = false;
  touch();
}

void Connection::touch() {
  if (touched_) return;
  touched_ = true;
  context_.touched.push_back(this);
}

void Connection::take_answer(ledger::Request* request) {
  answered_.push_back(request);
  touch();
}

void Connection::deliver_answers() {
  constexpr usize kAhead = 4;  // Fetched into the cache so many before they are encoded.
  for (usize index = 0; index < answered_.size(); ++index) {
    if (index + kAhead < answered_.size()) ledger::fetch_small(*answered_[index + kAhead]);
    session_.deliver(answered_[index]);
  }
  answered_.clear();
}

void Connection::service() {
  touched_ = false;
  deliver_answers();
  if (state_ == State::Lingering) discard();
  if (state_ != State::Open) return;
  receive();
  if (state_ != State::Open) return;
  // Before as well: whoever has an answer finds it counted.
  count_frames();
  send();
  count_frames();
  watch_frame();
  if (state_ != State::Open) return;
  if (session_.finished()) {
    linger();
  } else if (readable_ && session_.wants_read()) {
    touch();
  }
}

// One system call as a rule: everything that was answered since the last one goes together.
void Connection::send() {
  while (!waiting_to_send_ && !session_.output().empty()) {
    const auto output = session_.output();
    const ssize_t bytes =
        ::send(socket_, output.data(), output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes < 0 && errno == EINTR) continue;
    const bool full = bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (bytes < 0 && (!full || !wait_to_send())) return close();
    if (full) return;
    context_.counters.bytes_sent.add(static_cast<u64>(bytes));
    session_.sent(static_cast<usize>(bytes));
  }
}

bool Connection::wait_to_send() {
  waiting_to_send_ = true;
  if (told_of_writing_) return true;
  told_of_writing_ = true;
  return context_.readiness.add_writing(socket_, this);
}

// Returns how many bytes there were, 0 when there was nothing. Closes on an error.
usize Connection::read_into(std::span<std::byte> space) {
  const ssize_t bytes = ::recv(socket_, space.data(), space.size(), MSG_DONTWAIT);
  if (bytes < 0) {
    if (errno == EINTR) return 0;
    readable_ = false;
    if (errno != EAGAIN && errno != EWOULDBLOCK) close();
    return 0;
  }
  if (bytes == 0) {
    readable_ = false;
    peer_closed_ = true;
    return 0;
  }
  // Less than there was room for is all that there was: epoll tells when there is more.
  readable_ = ends_ || static_cast<usize>(bytes) == space.size();
  return static_cast<usize>(bytes);
}

void Connection::receive() {
  if (!readable_ || !session_.wants_read()) return;
  const usize bytes = read_into(session_.receive_space());
  if (peer_closed_) session_.peer_closed();
  if (bytes == 0) return;
  context_.counters.bytes_received.add(bytes);
  session_.received(bytes);
}

void Connection::count_frames() {
  context_.counters.frames_received.add(session_.frames_received() - counted_received_);
  context_.counters.frames_sent.add(session_.frames_sent() - counted_sent_);
  counted_received_ = session_.frames_received();
  counted_sent_ = session_.frames_sent();
}

void Connection::watch_frame() {
  if (!session_.frame_begun()) {
    frame_begun_ns_ = 0;
  } else if (frame_begun_ns_ == 0 || frame_begun_index_ != session_.frames_received()) {
    frame_begun_ns_ = context_.now_ns;
    frame_begun_index_ = session_.frames_received();
  }
}

void Connection::enforce_deadlines() {
  const u64 now = context_.now_ns;
  if (state_ == State::Open && frame_begun_ns_ != 0 &&
      now - frame_begun_ns_ > context_.options.frame_deadline_ns) {
    frame_begun_ns_ = 0;
    session_.refuse(ledger::RefusalCode::BadFrame,
                    "the frame did not arrive wholly within the deadline");
    touch();
  } else if (state_ == State::Lingering &&
             (now - linger_begun_ns_ > context_.options.linger_ns || may_close_at_once())) {
    close();
    touch();
  }
}

// Whether the peer has received every reply, and nothing of it waits to be read: what a server that
// stops finds at connections that were idle.
bool Connection::may_close_at_once() {
  if (session_.failed()) return false;
  int unacknowledged_bytes = 0;
  int unread_bytes = 0;
  return ioctl(socket_, SIOCOUTQ, &unacknowledged_bytes) == 0 && unacknowledged_bytes == 0 &&
         ioctl(socket_, FIONREAD, &unread_bytes) == 0 && unread_bytes == 0;
}

// Ends the sending direction and waits for the peer to close. If bytes of the peer that nobody read
// were still waiting, closing at once would make the system reset the connection, and the last
// reply could be lost on its way.
void Connection::linger() {
  if (peer_closed_ || may_close_at_once()) {
    close();
    return;
  }
  if (shutdown(socket_, SHUT_WR) != 0) {
    close();
    return;
  }
  state_ = State::Lingering;
  linger_begun_ns_ = context_.now_ns;
  discard();
}

void Connection::discard() {
  if (!readable_) return;
  read_into(context_.discarded);
  if (peer_closed_) close();
  if (readable_ && state_ == State::Lingering) touch();
}

void Connection::close() {
  state_ = State::Closed;
  session_.abandon();
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool Connection::gone() const {
  return state_ == State::Closed && !touched_ && session_.requests_in_flight() == 0;
}

}  // namespace florin::net
