// The checks of an event that look at nothing but the event itself, in the ledger's precedence.
#pragma once

#include "ledger/account.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::ledger {

// The first refusal that the event's own fields cause, or Undecided when they cause none. A refusal
// that stands before `exists…` in the list applies at once; one that stands after it applies only
// if the id is not taken.
AccountOutcome check_shape(const Account& account);
TransferOutcome check_shape(const Transfer& transfer);

// Whether such a refusal stands before the comparison with an existing object of the same id.
constexpr bool precedes_exists(AccountOutcome outcome) {
  return outcome < AccountOutcome::ExistsWithDifferentFlags;
}
constexpr bool precedes_exists(TransferOutcome outcome) {
  return outcome < TransferOutcome::ExistsWithDifferentFlags;
}

// How an event compares with the object that has its id: `exists` when a retry would send the same,
// otherwise the first field that differs. `original` is the object as it was sent for creation.
AccountOutcome compare_with_existing(const Account& event, const Account& original);
TransferOutcome compare_with_existing(const Transfer& event, const Transfer& original);

}  // namespace florin::ledger
