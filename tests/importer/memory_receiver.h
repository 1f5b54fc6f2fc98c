// A stand-in for a server that knows the rules of imported events, and can stop answering.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "importer/balance_check.h"
#include "importer/receiver.h"

namespace florin::test {

class MemoryReceiver final : public importer::Receiver {
 public:
  client::Answer<client::AccountResults> create_accounts(
      std::span<const ledger::Account> accounts) override;
  client::Answer<client::TransferResults> create_transfers(
      std::span<const ledger::Transfer> transfers) override;
  client::Answer<client::AccountBalances> balances_at(std::span<const u128> ids,
                                                      Timestamp at) override;

  // So many more requests are taken; the one after them is, too, when `takes_last`, but nobody
  // hears of it.
  void fail_after(u64 requests, bool takes_last) {
    requests_left_ = requests;
    takes_last_ = takes_last;
  }
  void heal() { requests_left_ = ~u64{0}; }

  const std::vector<ledger::Account>& accounts() const { return accounts_; }
  const std::vector<ledger::Transfer>& transfers() const { return transfers_; }
  // Credits less debits.
  importer::i128 balance(u128 account) const;
  usize requests() const { return requests_; }
  usize largest_request() const { return largest_request_; }

 private:
  enum class Fate : u8 { Answered, Lost, Refused };
  Fate fate(usize events);
  ledger::AccountOutcome decide(const ledger::Account& account);
  ledger::TransferOutcome decide(const ledger::Transfer& transfer);
  const ledger::Account* find_account(u128 id) const;

  std::vector<ledger::Account> accounts_;
  std::vector<ledger::Transfer> transfers_;
  std::map<u128, usize> account_index_;
  std::map<u128, usize> transfer_index_;
  u64 requests_left_ = ~u64{0};
  bool takes_last_ = false;
  usize requests_ = 0;
  usize largest_request_ = 0;
};

}  // namespace florin::test
