// The checks of the reference ledger that need one event alone, or two to compare.
#pragma once

#include "ledger/account.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::test {

// The checks that look at nothing but the event, written from the page: the first refusal that the
// event's own fields cause, all of its list considered, or Undecided.
ledger::AccountOutcome reference_shape(const ledger::Account& event);
ledger::TransferOutcome reference_shape(const ledger::Transfer& event);

// How an event compares with the stored object of its id.
ledger::AccountOutcome reference_compare(const ledger::Account& event,
                                         const ledger::Account& original);
ledger::TransferOutcome reference_compare(const ledger::Transfer& event,
                                          const ledger::Transfer& original);

}  // namespace florin::test
