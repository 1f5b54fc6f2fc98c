// A NATS server with JetStream, on loopback and a port that the system picks, in a directory of its
// own; and what a receiver reads from it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/types.h"
#include "sinks/sink_settings.h"
#include "tests/exporter/made_changes.h"
#include "tests/sinks/child_process.h"

namespace florin::test {

// A message as it is stored.
struct ReceivedMessage {
  std::string subject;
  std::string id;  // Its Nats-Msg-Id.
  std::string body;
};

class NatsServer {
 public:
  // Where the program is; empty when this machine has none.
  static std::string program();

  // Starts it, and waits until it answers. `options` are lines of its configuration.
  explicit NatsServer(const std::string& options = "");

  // SIGKILL, as a crash of the process; what it wrote stays in the page cache.
  void kill() { process_.reset(); }
  // Again, on the same port and directory.
  void start();
  int port() const { return port_; }
  std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  sinks::NatsSettings settings() const;

  // Everything that the stream has on the subject (wildcards are allowed), in order.
  std::vector<ReceivedMessage> messages(const std::string& subject,
                                        const std::string& stream = "FLORIN") const;
  // Stores a message as anybody may.
  void publish(const std::string& subject, const std::string& body) const;
  // Makes a stream as an operator may: with these subjects only.
  void make_stream(const std::string& name, const std::string& subject, bool work_queue) const;

 private:
  int read_port() const;

  ScratchDirectory directory_;
  std::string options_;
  int port_ = -1;  // Of the system's choice.
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace florin::test
