// A client on a blocking socket, for tests of the server. Every call fails after ten seconds.
#pragma once

#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/messages.h"

namespace florin::net {

class TestClient {
 public:
  explicit TestClient(u16 port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit = {.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  TestClient(TestClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient() {
    if (socket_ >= 0) ::close(socket_);
  }

  void send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(count, 0) << std::strerror(errno);
      bytes = bytes.subspan(static_cast<usize>(count));
    }
  }
  void send(const protocol::ByteBuffer& buffer) { send(buffer.bytes()); }
  void end_sending() { shutdown(socket_, SHUT_WR); }

  // Closes so that the peer sees a reset rather than an end.
  void reset() {
    const linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(std::exchange(socket_, -1));
  }

  // The next reply. Its spans are valid until the next call.
  protocol::Reply receive(u64* number = nullptr) {
    frame_.clear();
    receive_bytes(protocol::kFrameHeaderBytes);
    if (testing::Test::HasFatalFailure()) return {};
    const auto header = protocol::parse_header(frame_.bytes().first<protocol::kFrameHeaderBytes>(),
                                               protocol::kReplyFrameBytesMax);
    EXPECT_TRUE(header.has_value());
    receive_bytes(header->body_bytes);
    EXPECT_TRUE(protocol::verify_frame(frame_.bytes()));
    if (number != nullptr) *number = header->request_number;
    auto reply = protocol::decode_reply(frame_.bytes().subspan(protocol::kFrameHeaderBytes));
    EXPECT_TRUE(reply.has_value());
    return reply ? *reply : protocol::Reply{};
  }

  // Whether the server closes without sending anything more.
  bool sees_end() {
    std::byte byte;
    return recv(socket_, &byte, 1, 0) == 0;
  }

 private:
  void receive_bytes(usize bytes) {
    std::byte* to = frame_.extend(bytes);
    while (bytes > 0) {
      const ssize_t count = recv(socket_, to, bytes, 0);
      ASSERT_GT(count, 0) << (count == 0 ? "the server closed" : std::strerror(errno));
      to += count;
      bytes -= static_cast<usize>(count);
    }
  }

  int socket_;
  protocol::ByteBuffer frame_;
};

}  // namespace florin::net
