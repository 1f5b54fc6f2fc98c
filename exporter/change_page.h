// Some changes in a row, as they come out of history and go into sinks.
#pragma once

#include <vector>

#include "base/types.h"
#include "history/change.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/change_event.h"
#include "ledger/transfer.h"

namespace florin::exporter {

// Whether refused transfers are among the changes. Most readers want what moved money, and need not
// look through what did not.
enum class Refusals : u8 { LeftOut, Included };

// `events` in order, each with its object in the list of its kind (see ledger::ChangeEvent).
struct ChangePage {
  std::vector<ledger::ChangeEvent> events;
  std::vector<ledger::Transfer> transfers;
  std::vector<ledger::TransferBalances> balances;  // One for each of `transfers`.
  std::vector<ledger::Account> accounts;
  std::vector<ledger::AccountChange> account_changes;
  // Where the page after it begins: behind the last change that was looked at, which may be a
  // refused transfer that was left out; and when that one's event was logged (nanoseconds; 0:
  // nothing was looked at).
  history::Place next;
  u64 last_logged_at = 0;
};

// Appends a change of one page to another one, with its object; `next` stays as it is.
void append_change(const ChangePage& from, const ledger::ChangeEvent& event, ChangePage& to);

inline history::Place place_of(const ledger::ChangeEvent& event) {
  return {event.position, event.index};
}

// The change that a page's `next` stands behind.
inline history::Place place_before(const history::Place& next) {
  return {next.position, next.index - 1};
}

// The first place behind a change.
inline history::Place place_after(const ledger::ChangeEvent& event) {
  return {event.position, event.index + 1};
}

}  // namespace florin::exporter
