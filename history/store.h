// History: everything that ever happened in the ledger, kept for ever and found by account and
// time, by transfer id, by creation and by position. Implemented with RocksDB
// (history/rocks_store.h), and by a plain model in tests.
//
// It grows by batches of whole log blocks. What was appended can be read at once; it is durable
// when the run of it was written. After a crash it stands at a mark again, and the follower goes on
// there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "engine/past.h"
#include "history/change.h"
#include "ledger/request.h"

namespace florin::history {

// The follower's questions, when it meets an account or hold for the first time since it started.
struct KnownAccount {
  u128 balances[4] = {};  // By engine::Counter, as of everything appended.
  bool found = false;     // An account without a change has no balances yet.
};
struct KnownHold {
  ledger::Transfer transfer;
  u128 remaining = 0;
  u64 number = 0;
  bool found = false;  // Whether it is an open hold.
};

// An account as a listing of all of them has it.
struct ListedAccount {
  u128 id = 0;
  u64 timestamp = 0;  // Of its creation.
  u32 ledger = 0;
  u16 code = 0;
  friend bool operator==(const ListedAccount&, const ListedAccount&) = default;
};

// Threads: `append`, `seal` and `known_…` belong to the follower's; `write_run` to the writer's;
// everything else is for any thread, several at once.
class Store : public engine::Past {
 public:
  // Takes what happened next. Errors are final for the process' history, not for the ledger.
  virtual Status append(ChangeBatch&& batch) = 0;
  // Whether a batch can be appended now: runs that wait to be written are bounded.
  virtual bool has_room() const = 0;
  // How many changes the run has that is being filled; and closes it, so that it gets written.
  virtual u64 open_changes() const = 0;
  virtual void seal() = 0;
  // Writes the oldest closed run, if there is one, durably; returns how many changes it had. A full
  // disk (NoSpace) leaves it as it was: try again.
  virtual Result<u64> write_run() = 0;

  virtual Result<KnownAccount> known_account(u128 id) = 0;
  virtual Result<KnownHold> known_hold(u128 id) = 0;

  // Up to where it can be read, and up to where it is durable.
  virtual Position readable() const = 0;
  virtual Mark durable() const = 0;

  // Answers what memory could not: lookup_transfers (only those without an outcome yet),
  // query_transfers, get_account_transfers, get_account_balances, get_balance_at,
  // get_change_events, get_statement; as of request.position, which `readable` has reached. Pages
  // and cursors as ledger/query.h and docs/ledger.md have them. Errors: Io, Corrupt.
  virtual Status answer(ledger::Request& request) = 0;

  // Accounts that were created up to `as_of`, by id, from the one behind `after` on (0: from the
  // first); fewer than `limit` when there are no more. Accounts never go away, so that all pages as
  // of one position are one view. Errors: Io, Corrupt.
  virtual Result<std::vector<ListedAccount>> list_accounts(u128 after, u32 limit,
                                                           Position as_of) = 0;
};

}  // namespace florin::history
