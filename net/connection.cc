// The life of one connection: open, then lingering until the peer has read the last reply, closed.
#include "net/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace florin::net {

namespace asio = boost::asio;
using boost::system::error_code;

Connection::Connection(ConnectionContext& context, asio::ip::tcp::socket socket)
    : context_(context), socket_(std::move(socket)), session_(context.session, this) {
  error_code ignored;
  // Without them the connection works all the same, only slower to answer or to notice a dead peer.
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  error_code failed;
  socket_.non_blocking(true, failed);
  if (failed) close();
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
  if (state_ == State::Open) {
    // Before as well: whoever has an answer finds it counted.
    count_frames();
    send();
    count_frames();
    watch_frame();
  }
  if (state_ == State::Open && session_.finished()) linger();
  if (state_ == State::Open) receive();
}

// One system call as a rule: everything that was answered since the last one goes together.
void Connection::send() {
  while (!waiting_to_send_ && !session_.output().empty()) {
    const auto output = session_.output();
    error_code error;
    const usize bytes = socket_.write_some(asio::buffer(output.data(), output.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      waiting_to_send_ = true;
      socket_.async_wait(asio::socket_base::wait_write, [this](const error_code&) {
        waiting_to_send_ = false;
        touch();
      });
      return;
    }
    if (error) {
      close();
      return;
    }
    context_.counters.bytes_sent.add(bytes);
    session_.sent(bytes);
  }
}

void Connection::receive() {
  if (receiving_ || !session_.wants_read()) return;
  const auto space = session_.receive_space();
  receiving_ = true;
  socket_.async_read_some(
      asio::buffer(space.data(), space.size()),
      [this](const error_code& error, usize bytes) { on_received(error, bytes); });
}

void Connection::on_received(const error_code& error, usize bytes) {
  receiving_ = false;
  touch();
  if (state_ == State::Lingering) {
    if (error) {
      close();
    } else {
      discard();
    }
    return;
  }
  if (state_ == State::Closed) return;
  if (error == asio::error::eof) {
    peer_closed_ = true;
    session_.peer_closed();
  } else if (error) {
    close();
  } else {
    context_.counters.bytes_received.add(bytes);
    session_.received(bytes);
  }
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
  const int descriptor = socket_.native_handle();
  return ioctl(descriptor, SIOCOUTQ, &unacknowledged_bytes) == 0 && unacknowledged_bytes == 0 &&
         ioctl(descriptor, FIONREAD, &unread_bytes) == 0 && unread_bytes == 0;
}

// Ends the sending direction and waits for the peer to close. If bytes of the peer that nobody read
// were still waiting, closing at once would make the system reset the connection, and the last
// reply could be lost on its way.
void Connection::linger() {
  if (peer_closed_ || may_close_at_once()) {
    close();
    return;
  }
  error_code error;
  socket_.shutdown(asio::socket_base::shutdown_send, error);
  if (error) {
    close();
    return;
  }
  state_ = State::Lingering;
  linger_begun_ns_ = context_.now_ns;
  // A read into the session that is pending becomes the first that is discarded.
  if (!receiving_) discard();
}

void Connection::discard() {
  receiving_ = true;
  socket_.async_read_some(asio::buffer(context_.discarded), [this](const error_code& error, usize) {
    receiving_ = false;
    touch();
    if (state_ != State::Lingering) return;
    if (error) {
      close();
    } else {
      discard();
    }
  });
}

void Connection::close() {
  state_ = State::Closed;
  session_.abandon();
  error_code ignored;
  socket_.close(ignored);
}

bool Connection::gone() const {
  return state_ == State::Closed && !touched_ && !receiving_ && !waiting_to_send_ &&
         session_.requests_in_flight() == 0;
}

}  // namespace florin::net
