// A request on its way: what a client asked, filled by the network (or a test); and what the ledger
// answered, filled by the engine. One object travels from the connection through the order, the
// engine and the log back to the connection; at any moment it belongs to exactly one of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/prefetch.h"
#include "base/types.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/change_event.h"
#include "ledger/condition.h"
#include "ledger/operation.h"
#include "ledger/outcome.h"
#include "ledger/query.h"
#include "ledger/transfer.h"

namespace florin::ledger {

// Why a request was refused as a whole, before it was ordered: nothing of it happened, no id of it
// was consumed. The numbers travel on the wire and are stable from the first release on.
enum class RefusalCode : u16 {
  None = 0,
  BadFrame = 1,             // The bytes are not a frame of this protocol. The connection is closed.
  UnsupportedVersion = 2,   // Another protocol version. The connection is closed.
  FrameTooLarge = 3,        // The connection is closed.
  BadChecksum = 4,          // The bytes changed on the way. The connection is closed.
  MalformedMessage = 5,     // A whole frame, but its body does not verify.
  UnknownRequest = 6,       // A kind of request that this version does not know.
  EmptyRequest = 7,         // No events.
  TooManyEvents = 8,        // More than the request maximum.
  InvalidCondition = 9,     // A condition of a transfer cannot be; the message names it.
  Capacity = 10,            // The ledger's configured capacity would be exceeded.
  Busy = 11,                // Too much is in flight; try again later.
  NoSpace = 12,             // The disk is full; reads go on, writes resume when there is room.
  ShuttingDown = 13,        // The server is stopping.
  TooManyConnections = 14,  // The connection is closed.
  InvalidFilter = 15,       // A field of a query's filter cannot be; the message names it.
  BehindWitness = 16,       // The client saw more than this server has. The connection is closed.
  DiffersFromWitness = 17,  // The client saw another history. The connection is closed.
  HistoryOff = 18,          // The server keeps no history, which alone could answer.
  HistoryFailed = 19,       // History could not be read; the message tells why.
};

std::string_view name(RefusalCode code);

// Where a request came from. The ordering stage keeps its waiting requests of one source here, so
// that they are ordered as they were sent and no source starves another. Owned by the connection,
// touched only by the sequencer, and must outlive the source's requests.
struct Request;
struct RequestSource {
  Request* first = nullptr;
  Request* last = nullptr;
  RequestSource* next = nullptr;
  bool waiting = false;
};

// What every small write touches stands first: thousands of them are in flight at once, and should
// share the cache with the ledger.
struct Request {
  // What was asked.
  Operation operation = Operation::CreateAccounts;
  bool dry_run = false;         // Create_transfers: say what would happen, change and log nothing.
  bool wants_balances = false;  // Create_transfers: fill `balances`.
  bool more = false;            // An answer, as are the next two: see below.
  bool needs_history = false;
  RefusalCode refusal = RefusalCode::None;
  u32 event_count = 0;
  u32 condition_count = 0;
  u32 reply_channel = 0;  // Which network thread answers.
  // `event_count` accounts, transfers, updates, or 16-byte ids, by operation; aligned to 16 bytes.
  // Must stay valid until the request is answered, as must the conditions.
  const std::byte* events = nullptr;
  // Of the transfers of create_transfers: by ascending index and side, each once. Aligned to 16.
  const Condition* conditions = nullptr;

  // Where it goes back to; not touched on the way.
  RequestSource* source = nullptr;
  void* owner = nullptr;    // The connection.
  Request* next = nullptr;  // In the source's line of waiting requests.

  u64 number = 0;     // The caller's number for it, returned with the answer.
  u64 principal = 0;  // Who asked; 0 = not authenticated.
  u128 trace_id = 0;  // The caller's, stored in the log with the request; 0 = none.

  // What was answered. Vectors keep their storage when the object is used again.
  Position position;                    // Write: of its last event. Read: the last before it.
  Timestamp timestamp;                  // Write: of its first event.
  std::vector<EventResult> exceptions;  // Writes: the events that were not `created`, by index.
  // Create_transfers that want them: by index of the event. Get_change_events: one for each of
  // `transfers`.
  std::vector<TransferBalances> balances;
  std::string refusal_message;

  // Asked of reads alone.
  TrialBalanceFilter trial_balance_filter;
  // Query_accounts, query_transfers, get_account_changes, get_account_transfers,
  // get_account_balances, get_change_events, get_statement; of get_balance_at `timestamp_max`, the
  // time.
  QueryFilter filter;

  // Answered by reads alone. `more`: of queries and the trial balance, there may be more behind the
  // last of these. `needs_history` is set by the engine: memory does not hold (all of) the answer,
  // history completes it, as of `position`, before the reply leaves.
  //
  // Look-ups: by index of the id; id 0 = not found. Queries: those found, in the order asked for.
  // Get_statement: the account as it was created, with its counters at the end of the period, or
  // nothing at all; the entries or the holds of the page; see `account_balances`.
  std::vector<Account> accounts;
  std::vector<Transfer> transfers;
  std::vector<TransferStatus> transfer_statuses;  // One for each of `transfers`, but for entries.
  std::vector<AccountLimits> limits;              // By index of the id; account_id 0 = not found.
  std::vector<AccountChange> changes;             // Get_account_changes, get_change_events.
  std::vector<ChangeEvent> change_events;         // Their objects are in the lists above and below.
  // Get_account_balances; get_balance_at: by index of the id. Get_statement: at the beginning and
  // at the end of the period, then right after each of the page's entries.
  std::vector<AccountBalance> account_balances;
  QueryCursor next_cursor;           // Queries: where the next page begins.
  std::vector<LedgerTotals> totals;  // Trial balance, by ledger.

  std::span<const Account> account_events() const {
    return {reinterpret_cast<const Account*>(events), event_count};
  }
  std::span<const Transfer> transfer_events() const {
    return {reinterpret_cast<const Transfer*>(events), event_count};
  }
  std::span<const AccountUpdate> update_events() const {
    return {reinterpret_cast<const AccountUpdate*>(events), event_count};
  }
  std::span<const Condition> all_conditions() const { return {conditions, condition_count}; }
  // Whether it takes a position, and is written to the log.
  bool is_logged() const { return is_write(operation) && !dry_run; }
  std::span<const u128> ids() const { return {reinterpret_cast<const u128*>(events), event_count}; }
  // Forgets the answer, keeping its storage.
  void clear_answer();
  // The same when the answer can only be that of a write.
  void clear_write_answer();
};

// Brings what a small write touches of it into the cache, ahead of use.
inline void fetch_small(const Request& request) {
  prefetch_line(&request);
  prefetch_line(&request.next);
  prefetch_line(&request.exceptions);
}

// Where finished requests go. Implemented by the network and by tests; called on the thread that
// runs the release stage, in the order of the blocks.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void deliver(Request* request) = 0;
  // No more replies for now: wake whoever sends them.
  virtual void flush() = 0;
};

// Where new requests come from. Implemented by the pipeline; `submit` may be called by any number
// of network threads at once. `channel` is the caller's network thread, for order per thread.
class RequestQueue {
 public:
  virtual ~RequestQueue() = default;
  virtual void submit(u32 channel, Request* request) = 0;
};

}  // namespace florin::ledger
