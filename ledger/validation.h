// The checks of an event that look at nothing but the event itself and its request, in the ledger's
// precedence.
#pragma once

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::ledger {

// What the checks need to know of the request: it is imported as a whole if its first event is.
struct ShapeContext {
  bool imported = false;
  u64 timestamp = 0;  // Of the request's first event: imported events lie before it.
};

// The first refusal that the event's own fields cause, or Undecided when they cause none. A refusal
// that stands before `exists…` in the list applies at once; one that stands after it applies only
// if the id is not taken.
AccountOutcome check_shape(const Account& account, const ShapeContext& context);
TransferOutcome check_shape(const Transfer& transfer, const ShapeContext& context);
UpdateOutcome check_shape(const AccountUpdate& update, const ShapeContext& context);

// Whether such a refusal stands before the comparison with an existing object of the same id.
constexpr bool precedes_exists(AccountOutcome outcome) {
  return outcome < AccountOutcome::ExistsWithDifferentFlags;
}
constexpr bool precedes_exists(TransferOutcome outcome) {
  return outcome < TransferOutcome::ExistsWithDifferentFlags;
}
constexpr bool precedes_exists(UpdateOutcome outcome) {
  return outcome < UpdateOutcome::ExistsWithDifferentFlags;
}

// What an account was created with, as far as a retry is compared with it.
struct AccountCreation {
  u128 user_data_128 = 0;
  u64 user_data_64 = 0;
  u32 user_data_32 = 0;
  u32 ledger = 0;
  u16 code = 0;
  u16 flags = 0;
};

// A stored transfer, with what is needed to tell what its event said.
struct StoredTransfer {
  const Transfer& transfer;
  const Transfer* earlier = nullptr;  // The one that `pending_id` names, if it resolves one.
  bool took_all = false;              // A post that took all that was left.
};

// How an event compares with the object that has its id: `exists` when a retry would send the same,
// otherwise the first field that differs.
AccountOutcome compare_with_existing(const Account& event, const AccountCreation& original);
TransferOutcome compare_with_existing(const Transfer& event, const StoredTransfer& original);
UpdateOutcome compare_with_existing(const AccountUpdate& event, const AccountUpdate& original);

}  // namespace florin::ledger
