// What the blocking client hands to its caller: one entry for each event or id that was asked, in
// the order of asking.
#pragma once

#include <optional>
#include <vector>

#include "base/types.h"
#include "ledger/account.h"
#include "ledger/operation.h"
#include "ledger/outcome.h"
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

// When an earlier attempt of the same call was lost on the way and had taken effect, its events
// answer `exists` with their original timestamps: that is success.
struct AccountResults {
  Position position;  // Log position of the last event.
  std::vector<AccountResult> results;
};

struct TransferResults {
  Position position;  // Log position of the last event.
  std::vector<TransferResult> results;
};

struct Accounts {
  Position position;  // The last logged event that the answer reflects.
  std::vector<std::optional<ledger::Account>> accounts;  // Nothing where the id is unknown.
};

struct TransferLookup {
  // `created`, the refusal that consumed the id, or Undecided when the id is unknown.
  ledger::TransferOutcome outcome = ledger::TransferOutcome::Undecided;
  std::optional<ledger::Transfer> transfer;  // Only when it was created.
};

struct Transfers {
  Position position;  // The last logged event that the answer reflects.
  std::vector<TransferLookup> transfers;
};

struct TrialBalance {
  Position position;                        // The last logged event that the answer reflects.
  std::vector<ledger::LedgerTotals> lines;  // By ledger.
  bool more = false;  // Further ledgers follow: ask again from the last line's ledger + 1.
};

}  // namespace florin::client
