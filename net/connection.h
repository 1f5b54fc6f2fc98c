// One socket and its session, within a network thread. Internal to this folder.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "base/types.h"
#include "net/readiness.h"
#include "net/server.h"
#include "net/session.h"

namespace florin::net {

// Counts of one server; written by its thread, read by any.
class Counter {
 public:
  void add(u64 count) {
    // Only one thread writes, and readers need no order with anything else.
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void subtract(u64 count) { add(~count + 1); }
  u64 value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<u64> value_{0};
};

struct ConnectionCounters {
  Counter bytes_received;
  Counter bytes_sent;
  Counter frames_received;
  Counter frames_sent;
};

class Connection;

// What the connections of one server share.
struct ConnectionContext {
  SessionContext session;
  const ServerOptions& options;
  ConnectionCounters counters;
  Readiness readiness;
  // Connections that something happened to; the server services each before it waits.
  std::vector<Connection*> touched;
  // The step's time, so that not every read asks the clock.
  u64 now_ns = 0;
  // Where bytes go that nobody will read.
  std::array<std::byte, 16 * 1024> discarded{};
};

class Connection {
 public:
  // Takes the socket, connected, over.
  Connection(ConnectionContext& context, int socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Session& session() { return session_; }
  // Marks this connection for the next service().
  void touch();
  // An answer to a request of this connection. All that there are by the next service() are encoded
  // then, one behind the other: blocks have the requests of many connections by turns.
  void take_answer(ledger::Request* request);
  // What epoll tells of the socket, for the next service().
  void note(u32 events);
  // Encodes answers, reads once if there is something, sends what can be sent, closes when the
  // session is over. Touches itself when there may be more to read.
  void service();
  // Closes it if a frame takes too long to arrive, or the peer to close.
  void enforce_deadlines();
  // Whether it can be destroyed: closed, no request unanswered.
  bool gone() const;

 private:
  enum class State : u8 { Open, Lingering, Closed };

  void deliver_answers();
  void send();
  bool wait_to_send();
  void receive();
  usize read_into(std::span<std::byte> space);
  void count_frames();
  void watch_frame();
  void linger();
  bool may_close_at_once();
  void discard();
  void close();

  ConnectionContext& context_;
  int socket_;  // -1 once it is closed.
  Session session_;
  std::vector<ledger::Request*> answered_;
  State state_ = State::Open;
  bool touched_ = false;
  bool readable_ = false;  // There may be something to read, or the end.
  bool ends_ = false;      // The peer sends nothing any more, or an error waits behind the rest.
  bool waiting_to_send_ = false;  // The socket took less than the output.
  bool told_of_writing_ = false;  // It was so before.
  bool peer_closed_ = false;
  u64 counted_received_ = 0;  // Frames of the session that are in the counters.
  u64 counted_sent_ = 0;
  u64 frame_begun_ns_ = 0;     // When the frame that is arriving began, 0 = none is.
  u64 frame_begun_index_ = 0;  // Which frame of the connection it is.
  u64 linger_begun_ns_ = 0;
};

}  // namespace florin::net
