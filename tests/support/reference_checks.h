// The checks of the reference ledger that need one event alone, or two to compare.
#pragma once

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::test {

// What the checks need to know of the request that an event came with.
struct ReferenceContext {
  bool imported = false;  // Its first event is.
  u64 timestamp = 0;      // That of its first event.
};

// The checks that look at nothing but the event and its request, written from the page: the first
// refusal that the event's own fields cause, all of its list considered, or Undecided.
ledger::AccountOutcome reference_shape(const ledger::Account& event,
                                       const ReferenceContext& context);
ledger::TransferOutcome reference_shape(const ledger::Transfer& event,
                                        const ReferenceContext& context);
ledger::UpdateOutcome reference_shape(const ledger::AccountUpdate& event,
                                      const ReferenceContext& context);

// A stored transfer, and what tells with which words it may have been asked for.
struct ReferenceOriginal {
  ledger::Transfer transfer;
  ledger::Transfer hold;  // Of a post or a void: the transfer that it resolved.
  bool took_all = false;  // Of a post: it took all that was left.
};

// How an event compares with the object of its id: an account as it was created, a transfer, an
// update.
ledger::AccountOutcome reference_compare(const ledger::Account& event,
                                         const ledger::Account& original);
ledger::TransferOutcome reference_compare(const ledger::Transfer& event,
                                          const ReferenceOriginal& original);
ledger::UpdateOutcome reference_compare(const ledger::AccountUpdate& event,
                                        const ledger::AccountUpdate& original);

}  // namespace florin::test
