// The client of ordinary programs: each call blocks until it is answered or its deadline passes. A
// lost connection, a busy or a restarting server is retried with the same bytes until then, which
// is safe since an id never takes effect twice. An object belongs to one thread; programs that want
// more requests in flight open more clients or use client/channel.h.
#pragma once

#include <memory>
#include <span>

#include "base/random.h"
#include "client/answers.h"
#include "client/client_error.h"
#include "client/options.h"
#include "protocol/messages.h"

namespace florin::client {

class Client {
 public:
  // Connects, trying again until `options.connect_deadline`. `random` makes the pauses between
  // retries differ from client to client.
  static Answer<Client> connect(const ClientOptions& options, Random random);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // One request each: all events are ordered together, at most `ledger::kRequestEventsMax` of them.
  Answer<AccountResults> create_accounts(std::span<const ledger::Account> events);
  Answer<TransferResults> create_transfers(std::span<const ledger::Transfer> events);

  Answer<Accounts> lookup_accounts(std::span<const u128> ids);
  Answer<Transfers> lookup_transfers(std::span<const u128> ids);
  Answer<TrialBalance> get_trial_balance(ledger::TrialBalanceFilter filter);
  // Asks the server about itself; also measures that it is there.
  Answer<protocol::ServerInfo> ping();

  // Of the requests that follow.
  void set_deadline(std::chrono::milliseconds deadline);
  void set_trace_id(u128 trace_id);

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::client
