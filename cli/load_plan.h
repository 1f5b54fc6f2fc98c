// What a recorded load sends: accounts and transfers that are functions of a seed, so that whoever
// checks what a server kept need only remember what the server answered.
#pragma once

#include <vector>

#include "base/types.h"
#include "ledger/account.h"
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

  // The transfers of a request, in order. Most are plain; some exceed the balance of an account
  // that may not be overdrawn, some name an account that does not exist, some are linked. The first
  // is never part of a chain, so that it always tells whether the request was decided.
  void make_request(const PlannedRequest& request, std::vector<ledger::Transfer>& events) const;

  static u128 transfer_id(u32 stream, u64 number);
  // Of an id of accounts().
  static usize account_index(u128 account_id);

 private:
  ledger::Transfer make_transfer(u32 stream, u64 number) const;

  u64 seed_;
  std::vector<ledger::Account> accounts_;
};

// Whether the event is a member of a chain of the request.
bool in_chain(const std::vector<ledger::Transfer>& events, usize index);

}  // namespace florin::cli
