// The poll loop of the fake server.
#include "tests/client/fake_server.h"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "protocol/messages.h"

namespace florin::test {

namespace {

int listen_on_loopback(bool small_buffers) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(listener >= 0);
  if (small_buffers) {
    const int bytes = 4096;
    CHECK(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) == 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(listen(listener, 1024) == 0);
  return listener;
}

u16 port_of(int listener) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  CHECK(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

}  // namespace

FakeConnection::~FakeConnection() { ::close(descriptor_); }

void FakeConnection::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes = bytes.subspan(static_cast<usize>(count));
  }
}

bool FakeConnection::receive() {
  constexpr usize kChunk = 64 * kKiB;
  const usize before = received_.size();
  received_.resize(before + kChunk);
  const ssize_t count = recv(descriptor_, received_.data() + before, kChunk, 0);
  received_.resize(before + static_cast<usize>(std::max<ssize_t>(count, 0)));
  return count > 0;
}

FakeServer::FakeServer(Behaviour behaviour, FakeServerOptions options, Greeting greeting)
    : behaviour_(std::move(behaviour)), options_(options), greeting_(std::move(greeting)) {
  listener_ = listen_on_loopback(!options.reads);
  port_ = port_of(listener_);
  stop_ = eventfd(0, EFD_CLOEXEC);
  CHECK(stop_ >= 0);
  thread_ = std::thread([this] { run(); });
}

FakeServer::~FakeServer() {
  const u64 one = 1;
  CHECK(write(stop_, &one, sizeof(one)) == sizeof(one));
  thread_.join();
  connections_.clear();
  if (listener_ >= 0) ::close(listener_);
  ::close(stop_);
}

std::vector<FakeFrame> FakeServer::frames() const {
  const std::lock_guard lock(frames_mutex_);
  return frames_;
}

void FakeServer::run() {
  std::vector<bool> readable;
  while (wait(readable)) {
    for (usize index = 0; index < readable.size(); ++index) {
      if (!readable[index]) continue;
      FakeConnection& connection = *connections_[index];
      if (!connection.receive()) connection.closing_ = true;
      serve(connection);
    }
    std::erase_if(connections_, [](const auto& connection) { return connection->closing_; });
  }
}

// Waits for the stop, for a new connection (taken at once) or for bytes; `readable` tells which
// connections have some. False at the stop.
bool FakeServer::wait(std::vector<bool>& readable) {
  std::vector<pollfd> wanted = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
  for (const auto& connection : connections_) {
    wanted.push_back({options_.reads ? connection->descriptor_ : -1, POLLIN, 0});
  }
  CHECK(poll(wanted.data(), wanted.size(), -1) > 0);
  readable.clear();
  for (usize index = 2; index < wanted.size(); ++index) {
    readable.push_back(wanted[index].revents != 0);
  }
  if (wanted[1].revents != 0) accept_one();
  return wanted[0].revents == 0;
}

void FakeServer::accept_one() {
  const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return;
  const int on = 1;
  CHECK(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  CHECK(setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0);
  connections_.push_back(std::make_unique<FakeConnection>(descriptor, accepted_++));
  if (greeting_) greeting_(*connections_.back());
  if (!options_.accepts_again) {
    ::close(listener_);
    listener_ = -1;
  }
}

void FakeServer::serve(FakeConnection& connection) {
  usize offset = 0;
  while (!connection.closing_) {
    const usize rest = connection.received_.size() - offset;
    if (rest < protocol::kFrameHeaderBytes) break;
    protocol::FrameHeader header;
    std::memcpy(&header, connection.received_.data() + offset, sizeof(header));
    const usize bytes = protocol::frame_bytes(header);
    if (rest < bytes) break;
    FakeFrame frame;
    frame.number = header.request_number;
    frame.bytes.assign(connection.received_.begin() + static_cast<i64>(offset),
                       connection.received_.begin() + static_cast<i64>(offset + bytes));
    offset += bytes;
    if (options_.accepts_witnesses && accept_witness(connection, frame)) continue;
    {
      const std::lock_guard lock(frames_mutex_);
      frames_.push_back(frame);
    }
    behaviour_(connection, frame);
  }
  connection.received_.erase(connection.received_.begin(),
                             connection.received_.begin() + static_cast<i64>(offset));
}

// What comes may be damaged: tests send all kinds of bytes.
bool FakeServer::accept_witness(FakeConnection& connection, FakeFrame& frame) const {
  ledger::Request request;
  const auto kind = protocol::decode_request(
      std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
  if (kind != protocol::RequestKind::PresentWitness) return false;
  protocol::ByteBuffer out;
  protocol::encode_server_info(frame.number, {}, out);
  connection.send(out.bytes());
  return true;
}

}  // namespace florin::test
