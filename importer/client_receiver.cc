#include "importer/client_receiver.h"

namespace florin::importer {

client::Answer<client::AccountResults> ClientReceiver::create_accounts(
    std::span<const ledger::Account> accounts) {
  return client_.create_accounts(accounts);
}

client::Answer<client::TransferResults> ClientReceiver::create_transfers(
    std::span<const ledger::Transfer> transfers) {
  return client_.create_transfers(transfers);
}

client::Answer<client::AccountBalances> ClientReceiver::balances_at(std::span<const u128> ids,
                                                                    Timestamp at) {
  return client_.get_balance_at(ids, at);
}

}  // namespace florin::importer
