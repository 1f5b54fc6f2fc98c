// Who takes what is imported: a server, or a test's stand-in for one.
#pragma once

#include <span>

#include "client/answers.h"
#include "client/client_error.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::importer {

// Each call is one request, and is answered before the next one is made. Belongs to one thread.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual client::Answer<client::AccountResults> create_accounts(
      std::span<const ledger::Account> accounts) = 0;
  virtual client::Answer<client::TransferResults> create_transfers(
      std::span<const ledger::Transfer> transfers) = 0;
  virtual client::Answer<client::AccountBalances> balances_at(std::span<const u128> ids,
                                                              Timestamp at) = 0;
};

}  // namespace florin::importer
