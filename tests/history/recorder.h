// Clients of a real server, each on a thread of its own, that write down what they ask and what
// they are answered, through as many ends of the server as there are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/random.h"
#include "client/endpoint.h"
#include "tests/history/bank_workload.h"
#include "tests/history/history.h"

namespace florin::test {

struct RecorderOptions {
  u64 seed = 1;
  u32 clients = 4;
  u32 in_flight = 4;           // Of each client, at most.
  u32 disconnect_every = 400;  // Calls of a client, about: it leaves without waiting for answers.
  BankOptions bank;
};

class Recorder {
 public:
  explicit Recorder(const RecorderOptions& options);
  ~Recorder();  // Ends the clients.
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Creates the accounts; the first thing to do, before start(). Throws when it fails.
  void create_accounts(const client::Endpoint& server);
  void start();
  // Where the server is from now on. Clients that have lost theirs wait for this.
  void serve_at(const client::Endpoint& server);
  // Ends the clients; what has no answer by then is cut off.
  void stop();
  // The final reads, from a server that is idle. Throws when they fail.
  void read_all(const client::Endpoint& server);

  // Calls that were answered so far.
  u64 answered() const { return answered_; }
  // After stop().
  History& history() { return history_; }

 private:
  class Client;
  friend class Client;

  // The next server after the one of this number, or nothing when there will be none.
  std::optional<client::Endpoint> wait_for_server(u64& number);
  u64 new_session() { return sessions_++; }
  void ask_finally(const client::Endpoint& server, std::vector<OwnedRequest> requests);

  const RecorderOptions options_;
  std::atomic<u64> answered_ = 0;
  std::atomic<u64> sessions_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<client::Endpoint> server_;
  u64 server_number_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::thread> threads_;
  History history_;
};

}  // namespace florin::test
