// The checks of the reference ledger that need one event alone, or two to compare.
#pragma once

#include <initializer_list>

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::test {

inline bool has(u32 bits, u32 wanted) { return (bits & wanted) != 0; }

// What the checks need to know of the request that an event came with.
struct ReferenceContext {
  bool imported = false;  // Its first event is.
  u64 timestamp = 0;      // That of its first event.
};

// The checks that look at nothing but the event and its request, written from the page: the first
// refusal that the event's own fields cause, all of its list considered, or Undecided.
ledger::AccountOutcome reference_shape(const ledger::Account&, const ReferenceContext&);
ledger::TransferOutcome reference_shape(const ledger::Transfer&, const ReferenceContext&);
ledger::UpdateOutcome reference_shape(const ledger::AccountUpdate&, const ReferenceContext&);

// A stored transfer and what became of it.
struct ReferenceTransfer {
  ledger::Transfer transfer{};
  ledger::Transfer hold{};  // Of a post or a void: the transfer that it resolved.
  bool took_all = false;    // Of a post: it took what was left.
  bool reversed = false;
  ledger::PendingStatus status = ledger::PendingStatus::None;
  u128 remaining = 0;  // Of a hold: still there.
  u128 captured = 0;   // Of a hold: the sum of its posts.
  u64 deadline = 0;    // Of a hold, 0 = never.
};

// How an event compares with the object of its id: an account as it was created, a transfer, an
// update.
ledger::AccountOutcome reference_compare(const ledger::Account& event, const ledger::Account&);
ledger::TransferOutcome reference_compare(const ledger::Transfer& event, const ReferenceTransfer&);
ledger::UpdateOutcome reference_compare(const ledger::AccountUpdate& event,
                                        const ledger::AccountUpdate&);

// A post or a void with what it left to its hold filled in.
ledger::Transfer reference_inherit(const ledger::Transfer& event, const ledger::Transfer& hold);

// A reason to refuse an event.
template <class Outcome>
struct ReferenceCheck {
  bool applies;
  Outcome outcome;
};

// The first of the checks, in the order of the outcomes, that applies; Undecided if none does.
template <class Outcome>
Outcome reference_first(std::initializer_list<ReferenceCheck<Outcome>> checks) {
  for (const ReferenceCheck<Outcome>& check : checks) {
    if (check.applies) return check.outcome;
  }
  return Outcome::Undecided;
}

}  // namespace florin::test
