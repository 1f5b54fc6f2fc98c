// The client of ordinary programs: each call blocks until it is answered or its deadline passes. A
// lost connection, a busy or a restarting server is retried with the same bytes until then, which
// is safe since an id never takes effect twice. An object belongs to one thread; programs that want
// more requests in flight open more clients or use client/channel.h.
//
// A client remembers the highest position that the server has told it, and what it was told of the
// log's chain, and presents both on every new connection. A server that does not have them, since
// it lost something, was put back from an old copy or is another one, refuses: every call then
// fails with `behind_witness` or `differs_from_witness`, and nothing was sent to that server.
#pragma once

#include <memory>
#include <span>

#include "base/random.h"
#include "client/answers.h"
#include "client/client_error.h"
#include "client/options.h"
#include "client/reversal.h"
#include "protocol/messages.h"

namespace florin::client {

using TransferOptions = protocol::TransferOptions;

class Client {
 public:
  // Connects, trying again until `options.connect_deadline`. `random` makes the pauses between
  // retries differ from client to client.
  static Answer<Client> connect(const ClientOptions& options, Random random);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // One request each: all events are ordered together, at most `ledger::events_max` of them.
  // Conditions share the frame of 1 MiB with the events: with them, fewer fit.
  Answer<AccountResults> create_accounts(std::span<const ledger::Account> events);
  Answer<TransferResults> create_transfers(std::span<const ledger::Transfer> events,
                                           const TransferOptions& options = {});
  Answer<UpdateResults> update_accounts(std::span<const ledger::AccountUpdate> events);
  // Looks the originals up, then creates the transfers that take them back, as one request; each of
  // the two calls has its own deadline. An original that was not found is answered by the ledger
  // like any other transfer: with `debit_account_not_found`, since its accounts are not known
  // either. That consumes the reversal's id.
  Answer<TransferResults> reverse_transfers(std::span<const Reversal> reversals);

  Answer<Accounts> lookup_accounts(std::span<const u128> ids);
  Answer<Transfers> lookup_transfers(std::span<const u128> ids);
  Answer<Limits> lookup_limits(std::span<const u128> ids);
  Answer<AccountPage> query_accounts(const ledger::QueryFilter& filter);
  Answer<TransferPage> query_transfers(const ledger::QueryFilter& filter);
  Answer<AccountChangePage> get_account_changes(const ledger::QueryFilter& filter);

  // These are answered from history, as far back as the ledger goes. A server without history
  // refuses with `history_off`; one whose history is behind for long, with `busy`.
  //
  // The transfers of filter.account_id, which must be given.
  Answer<TransferPage> get_account_transfers(const ledger::QueryFilter& filter);
  // Its balances after each change of them.
  Answer<AccountBalancePage> get_account_balances(const ledger::QueryFilter& filter);
  // The balances of accounts after everything that was decided up to this time, inclusive.
  Answer<AccountBalances> get_balance_at(std::span<const u128> ids, Timestamp at);
  // Everything that happened from filter.cursor on. The server waits up to filter.wait_ms for the
  // first change; that comes on top of the deadline. See also follow_changes.
  Answer<ChangePage> get_change_events(const ledger::QueryFilter& filter);
  // What happened on filter.account_id from timestamp_min to timestamp_max, both inclusive: the
  // balances at either end, and the entries between them; with the flag kHolds what was on hold at
  // the end.
  Answer<StatementPage> get_statement(const ledger::QueryFilter& filter);

  Answer<TrialBalance> get_trial_balance(ledger::TrialBalanceFilter filter);
  // Asks the server about itself; also measures that it is there.
  Answer<protocol::ServerInfo> ping();
  // Where the server's log stands now, to be kept beyond this client: see ClientOptions::witness.
  // Chain 0: the server is of a version that tells none.
  Answer<Witness> witness();
  // Asks for a snapshot and does not wait for it: it is there when ping() tells a snapshot_position
  // not below the durable_position told here, and has failed when snapshot_failures grows.
  Answer<protocol::ServerInfo> take_snapshot();

  // Of the requests that follow.
  void set_deadline(std::chrono::milliseconds deadline);
  void set_trace_id(u128 trace_id);

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace florin::client
