// What happened in the ledger, as history keeps it and as everything downstream gets it: one change
// after the other, in the order of the ledger, with what both accounts had after it.
//
// A change has a place: the position of the logged event that made it, and its index among the
// changes of that event (holds that expired before the event was decided come first). Places
// ascend; a place never means anything else.
#pragma once

#include <compare>
#include <variant>
#include <vector>

#include "base/types.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/change_event.h"
#include "ledger/transfer.h"
#include "wal/format.h"

namespace florin::history {

struct Place {
  u64 position = 0;
  u32 index = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

// A transfer that was created, or a hold that expired (then `transfer` is the pending one).
struct TransferChange {
  ledger::Transfer transfer;          // As the ledger has it: amounts, accounts and all as decided.
  ledger::TransferBalances balances;  // Of both accounts, right after the change.
  u128 released = 0;   // What left the pending counters: by a post, a void, an expiry.
  u128 remaining = 0;  // Of the hold concerned, after it: the own one, or that of `pending_id`.
  Place place;
  u64 decided = 0;  // Timestamp of the event; that of an imported transfer is another.
  u64 number = 0;   // Created: of its creation, from 0. Expired: that of the hold.
  u128 trace_id = 0;
  u64 principal = 0;
  ledger::ChangeKind kind = ledger::ChangeKind::TransferCreated;
  bool took_all = false;  // engine::TransferState::kTookAll
  // What a post or void made of its hold (Pending: a part of it was captured, the rest stays), or
  // an expiry of its own. None for everything else, the creation of a hold included.
  ledger::PendingStatus hold_status = ledger::PendingStatus::None;
};

struct RefusedTransfer {
  ledger::Transfer transfer;  // As it was asked for.
  u128 trace_id = 0;
  u64 principal = 0;
  u8 outcome = 0;  // ledger::TransferOutcome
};

// A change that moved no money: an account was created (as of then, without its first balances,
// which are zero) or updated, or a transfer refused, for whatever reason. A transfer that exists
// already is not refused: asking for it again changes nothing.
struct OtherChange {
  Place place;  // Of a refusal: behind the holds that expired before its event.
  u64 decided = 0;
  std::variant<ledger::Account, ledger::AccountChange, RefusedTransfer> what;

  const ledger::Account* created() const { return std::get_if<ledger::Account>(&what); }
  const ledger::AccountChange* updated() const { return std::get_if<ledger::AccountChange>(&what); }
  const RefusedTransfer* refused() const { return std::get_if<RefusedTransfer>(&what); }
};

ledger::ChangeKind kind_of(const OtherChange& change);

// An id of a transfer that was consumed by a refusal.
struct ConsumedId {
  u128 id = 0;
  Place place;  // Of the refusal.
  u64 decided = 0;
  u64 number = 0;  // Among consumed ids, from 0.
  u8 outcome = 0;  // ledger::TransferOutcome
};

// How far a follower of the log is: behind whole log blocks only. Stored together with what came of
// them, it makes every effect happen exactly once.
struct Mark {
  wal::LogEnd log;         // Behind the last block; log.position is the last position of it.
  u64 last_timestamp = 0;  // Of the last logged event, nanoseconds.
  u64 created = 0;         // Transfers.
  u64 consumed = 0;        // Ids without a transfer.
  u64 accounts = 0;        // Created.
  u64 updates = 0;         // Ids of updates of accounts, created or consumed.
  friend bool operator==(const Mark&, const Mark&) = default;
};

// What one or several whole log blocks did, each list ascending by place.
struct ChangeBatch {
  std::vector<TransferChange> transfers;
  std::vector<OtherChange> others;
  std::vector<ConsumedId> consumed;
  Mark end;
  void clear();
};

}  // namespace florin::history
