// What the blocking client hands to its caller: one entry for each event or id that was asked, in
// the order of asking.
#pragma once

#include <optional>
#include <vector>

#include "base/types.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/change_event.h"
#include "ledger/operation.h"
#include "ledger/outcome.h"
#include "ledger/query.h"
#include "ledger/transfer.h"

namespace florin::client {

struct AccountResult {
  ledger::AccountOutcome outcome = ledger::AccountOutcome::Undecided;
  Timestamp timestamp;  // Of the event; for `exists` that of the original.
};

struct TransferResult {
  ledger::TransferOutcome outcome = ledger::TransferOutcome::Undecided;
  Timestamp timestamp;  // Of the event; for `exists` that of the original.
};

struct UpdateResult {
  ledger::UpdateOutcome outcome = ledger::UpdateOutcome::Undecided;
  Timestamp timestamp;  // Of the event; for `exists` that of the original.
};

// When an earlier attempt of the same call was lost on the way and had taken effect, its events
// answer `exists` with their original timestamps: that is success. An imported event that was
// created has the timestamp that it brought.
struct AccountResults {
  Position position;  // Log position of the last event.
  std::vector<AccountResult> results;
};

struct TransferResults {
  // Log position of the last event. Of a dry run: the last logged event that it reflects.
  Position position;
  std::vector<TransferResult> results;
  // Only when asked for: the balances of both accounts after each event, zeros where it was not
  // created.
  std::vector<ledger::TransferBalances> balances;
};

struct UpdateResults {
  Position position;  // Log position of the last event.
  std::vector<UpdateResult> results;
};

struct Accounts {
  Position position;  // The last logged event that the answer reflects.
  std::vector<std::optional<ledger::Account>> accounts;  // Nothing where the id is unknown.
};

struct TransferLookup {
  std::optional<ledger::Transfer> transfer;  // Only when it was created.
  ledger::TransferStatus status;             // All zero when the id is unknown.

  // `created`, the refusal that consumed the id, or Undecided when the id is unknown.
  ledger::TransferOutcome outcome() const {
    return static_cast<ledger::TransferOutcome>(status.outcome);
  }
};

struct Transfers {
  Position position;  // The last logged event that the answer reflects.
  std::vector<TransferLookup> transfers;
};

struct Limits {
  Position position;  // The last logged event that the answer reflects.
  std::vector<std::optional<ledger::AccountLimits>> limits;  // Nothing where the id is unknown.
};

// A page of a query: what was found, in the order asked for. It may be short, or empty, and yet not
// the last: when `more` is set, the same filter with `next_cursor` as its cursor goes on.
struct AccountPage {
  Position position;  // The last logged event that the answer reflects.
  std::vector<ledger::Account> accounts;
  ledger::QueryCursor next_cursor;
  bool more = false;
};

struct ListedTransfer {
  ledger::Transfer transfer;
  ledger::TransferStatus status;
};

struct TransferPage {
  Position position;  // The last logged event that the answer reflects.
  std::vector<ListedTransfer> transfers;
  ledger::QueryCursor next_cursor;
  bool more = false;
};

struct AccountChangePage {
  Position position;  // The last logged event that the answer reflects.
  std::vector<ledger::AccountChange> changes;
  ledger::QueryCursor next_cursor;
  bool more = false;
};

struct AccountBalancePage {
  Position position;  // The last logged event that the answer reflects.
  std::vector<ledger::AccountBalance> balances;
  ledger::QueryCursor next_cursor;
  bool more = false;
};

struct AccountBalances {
  Position position;  // The last logged event that the answer reflects.
  // Nothing where there was no such account at that time.
  std::vector<std::optional<ledger::AccountBalance>> balances;
};

struct StatementEntry {
  ledger::Transfer transfer;
  ledger::AccountBalance balance;  // Right after it.
};

// A page of what happened on an account in a period: of its entries, or of the holds that were open
// at its end, as was asked. Account and balances are the same on each page.
struct StatementPage {
  Position position;  // The last logged event that the answer reflects.
  // As it was created, with its counters at the end of the period. Nothing when it was not there
  // by then; so is everything else.
  std::optional<ledger::Account> account;
  ledger::AccountBalance opening;  // Right before the period.
  ledger::AccountBalance closing;  // At its end.
  std::vector<StatementEntry> entries;
  std::vector<ListedTransfer> holds;  // Newest first, with their status as of the end.
  ledger::QueryCursor next_cursor;
  bool more = false;
};

// What happened, in the order of the ledger. The object of an event stands in the list of its kind,
// at the index `object`.
struct ChangePage {
  Position position;  // The last logged event that the answer reflects.
  std::vector<ledger::ChangeEvent> events;
  std::vector<ledger::Transfer> transfers;         // Created; and holds that expired.
  std::vector<ledger::TransferBalances> balances;  // Right after each of `transfers`.
  std::vector<ledger::Account> accounts;           // Created.
  std::vector<ledger::AccountChange> changes;      // Updates of accounts.
  ledger::QueryCursor next_cursor;  // Always leads on, also when there is no more now.
  bool more = false;
};

struct TrialBalance {
  Position position;                        // The last logged event that the answer reflects.
  std::vector<ledger::LedgerTotals> lines;  // By ledger.
  bool more = false;  // Further ledgers follow: ask again from the last line's ledger + 1.
};

}  // namespace florin::client
