// The network thread: accepts connections, moves bytes between sockets and sessions, and answers
// requests that the ledger has decided. One Server per network thread, driven as an agent: step()
// does what is there without waiting, park() waits until there is something. Unless a comment says
// otherwise, members are called on that thread, or before it starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/types.h"
#include "ledger/request.h"
#include "net/session.h"

namespace florin::net {

struct ServerOptions {
  u32 channel = 0;  // This thread's number: its requests carry it as their reply channel.
  u32 connections_max = 4096;  // Of this server; beyond it, too_many_connections.
  SessionLimits session;
  u64 frame_deadline_ns = 30'000'000'000;  // From the first byte of a frame to its last.
  u64 linger_ns = 1'000'000'000;  // How long a peer may take to close after the last reply.
};

ServerOptions server_options(const Limits& limits, u32 channel);

// What a server has done so far.
struct ServerCounters {
  u64 connections_open = 0;
  u64 connections_accepted = 0;  // Those open or closed since.
  u64 connections_refused = 0;   // Too many.
  u64 bytes_received = 0;
  u64 bytes_sent = 0;
  u64 frames_received = 0;
  u64 frames_sent = 0;
};

class Server final : public ledger::ReplySink {
 public:
  // `queue` must outlive the server. The voice is asked on this server's thread.
  Server(const ServerOptions& options, ledger::RequestQueue& queue, ServerVoice voice);
  // Closes all connections at once. Nobody may deliver any more; requests that were not delivered
  // are freed.
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts connections at a numeric address or "localhost" (127.0.0.1). Port 0: the system picks
  // one, and port() tells which.
  Status listen(const std::string& host, u16 port);
  u16 port() const;
  // New connections are handed to these servers in turn; this one may be among them. They must
  // outlive this server's thread. Without a call, this server keeps them all.
  void share_with(std::vector<Server*> servers);

  // Moves bytes, cuts frames, sends replies, as far as that is possible now, within bounds. Returns
  // how much was done, 0 = nothing.
  usize step();
  // Waits until step() has something to do, wake() is called, a watched descriptor is readable, or
  // so many nanoseconds have passed; a second at most.
  void park(u64 sleep_ns_max = ~u64{0});
  // Ends the park() that is going on, or the next one at once. Any thread.
  void wake();
  // Ends park() when `descriptor` is readable. It must stay open as long as the server.
  void watch(int descriptor);

  // The ledger's side: on the thread of the release stage.
  void deliver(ledger::Request* request) override;
  void flush() override;
  // The same for one more thread, which has this sink for itself. Before this server's thread and
  // that one start; as long as the server. Replies of one thread keep their order.
  ledger::ReplySink& add_outbox();

  // Accepts no further connection. Any thread.
  void stop_accepting();
  // Accepts no further connection, refuses new requests with shutting_down, and closes each
  // connection once its requests are answered and the answers sent. Any thread.
  void drain();
  // Whether a drain is over: no connection is left. Any thread.
  bool drained() const;

  // Any thread.
  ServerCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::net
