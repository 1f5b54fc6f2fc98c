// A server that does what a test wants: it cuts frames from its loopback connections, on a thread
// of its own, and hands each to the test's behaviour, which answers, keeps silent, or closes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/types.h"

namespace florin::test {

class FakeConnection {
 public:
  FakeConnection(int descriptor, u32 number) : descriptor_(descriptor), number_(number) {}
  ~FakeConnection();
  FakeConnection(const FakeConnection&) = delete;
  FakeConnection& operator=(const FakeConnection&) = delete;

  // Sends bytes, whatever they are. A peer that is gone is not an error.
  void send(std::span<const std::byte> bytes);
  // Closes after the behaviour has returned.
  void close_soon() { closing_ = true; }
  // How many connections came before this one.
  u32 number() const { return number_; }

 private:
  friend class FakeServer;

  bool receive();

  int descriptor_;
  u32 number_;
  bool closing_ = false;
  std::vector<std::byte> received_;
};

struct FakeFrame {
  u64 number = 0;  // The request's.
  std::vector<std::byte> bytes;
};

struct FakeServerOptions {
  bool reads = true;          // Whether it takes bytes from its connections at all.
  bool accepts_again = true;  // Whether it goes on listening after its first connection.
  // Whether every witness is accepted, without the behaviour's or the test's seeing the frame.
  bool accepts_witnesses = true;
};

class FakeServer {
 public:
  // Called on the server's thread for each whole frame, in the order of arrival.
  using Behaviour = std::function<void(FakeConnection&, const FakeFrame&)>;
  using Greeting = std::function<void(FakeConnection&)>;

  explicit FakeServer(Behaviour behaviour, FakeServerOptions options = {}, Greeting greeting = {});
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  u16 port() const { return port_; }
  // The frames that came so far.
  std::vector<FakeFrame> frames() const;

 private:
  void run();
  bool wait(std::vector<bool>& readable);
  void accept_one();
  void serve(FakeConnection& connection);
  bool accept_witness(FakeConnection& connection, FakeFrame& frame) const;

  Behaviour behaviour_;
  FakeServerOptions options_;
  Greeting greeting_;
  int listener_ = -1;
  int stop_ = -1;
  u16 port_ = 0;
  u32 accepted_ = 0;
  std::vector<std::unique_ptr<FakeConnection>> connections_;
  mutable std::mutex frames_mutex_;
  std::vector<FakeFrame> frames_;
  std::thread thread_;
};

}  // namespace florin::test
