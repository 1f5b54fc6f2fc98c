// A running server as the receiver of an import.
#pragma once

#include "client/client.h"
#include "importer/receiver.h"

namespace florin::importer {

// The client keeps trying until its deadline, with the same bytes: what was taken answers `exists`.
class ClientReceiver final : public Receiver {
 public:
  explicit ClientReceiver(client::Client client) : client_(std::move(client)) {}

  client::Answer<client::AccountResults> create_accounts(
      std::span<const ledger::Account> accounts) override;
  client::Answer<client::TransferResults> create_transfers(
      std::span<const ledger::Transfer> transfers) override;
  client::Answer<client::AccountBalances> balances_at(std::span<const u128> ids,
                                                      Timestamp at) override;

 private:
  client::Client client_;
};

}  // namespace florin::importer
