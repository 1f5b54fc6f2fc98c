// What a recorded load sends: accounts and transfers that are functions of a seed, so that whoever
// checks what a server kept need only remember what the server answered.
#pragma once

#include <vector>

#include "base/random.h"
#include "base/types.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/transfer.h"

namespace florin::cli {

// Requests of one connection are one stream; its transfers are numbered from 0.
struct PlannedRequest {
  u32 stream = 0;
  u32 count = 0;
  u64 first = 0;  // Number of its first transfer within the stream.
};

// Immutable: any number of threads may ask it.
class LoadPlan {
 public:
  // Half of the accounts are in ledger 1, half in ledger 2; a quarter may not be overdrawn. At
  // least 8 accounts.
  LoadPlan(u64 seed, u32 account_count);

  const std::vector<ledger::Account>& accounts() const { return accounts_; }

  // The transfers of a request, in order. Most are plain; some are holds, with or without an end,
  // captures in part or whole, voids and reversals of earlier transfers of the stream; some exceed
  // the balance of an account that may not be overdrawn, some name an account that does not exist,
  // some are linked. The first is plain and never part of a chain, so that it always tells whether
  // the request was decided.
  void make_request(const PlannedRequest& request, std::vector<ledger::Transfer>& events) const;
  // What the ledger keeps of an event that was created: what it inherits is filled in. The amount
  // of a post of all that is left stays kAmountMax.
  ledger::Transfer stored_form(const ledger::Transfer& sent) const;
  // Updates of a stream are numbered from 0 too: of user data, limits and freezes.
  ledger::AccountUpdate make_update(u32 stream, u64 number) const;

  static u128 transfer_id(u32 stream, u64 number);
  static u128 update_id(u32 stream, u64 number);
  // The number within its stream of a transfer's id.
  static u64 transfer_number(u128 id) { return low_half(id) - 1; }
  static u32 transfer_stream(u128 id) { return static_cast<u32>(high_half(id)); }
  // The highest overdraft limit that an update sets.
  static constexpr u128 kOverdraftMax = 1000;
  // Of an id of accounts().
  static usize account_index(u128 account_id);

 private:
  ledger::Transfer make_plain(u32 stream, u64 number, Random& random) const;
  ledger::Transfer make_transfer(u32 stream, u64 number) const;
  ledger::Transfer make_resolution(ledger::Transfer event, u64 hold_number, Random& random) const;
  ledger::Transfer make_reversal(ledger::Transfer event, u64 original_number) const;
  // Whether it is created as a hold if it does not come first in its request.
  static bool is_hold(u64 number) { return number % kRound == 2; }
  Random random_of(u32 stream, u64 number) const;

  static constexpr u64 kRound = 8;  // Transfers of a stream come in rounds of holds and captures.

  u64 seed_;
  std::vector<ledger::Account> accounts_;
};

// Whether the event is a member of a chain of the request.
bool in_chain(const std::vector<ledger::Transfer>& events, usize index);

}  // namespace florin::cli
