#include "tests/importer/memory_receiver.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace florin::test {

using ledger::AccountOutcome;
using ledger::TransferOutcome;

namespace {

tl::unexpected<client::ClientError> gone() {
  client::ClientError error;
  error.effect = client::ClientError::Effect::NotKnown;
  error.code = ErrorCode::Disconnected;
  error.message = "the server is gone";
  return tl::unexpected<client::ClientError>(std::move(error));
}

}  // namespace

MemoryReceiver::Fate MemoryReceiver::fate(usize events) {
  ++requests_;
  largest_request_ = std::max(largest_request_, events);
  if (requests_left_ == ~u64{0} || requests_left_-- > 0) return Fate::Answered;
  requests_left_ = 0;
  return std::exchange(takes_last_, false) ? Fate::Lost : Fate::Refused;
}

const ledger::Account* MemoryReceiver::find_account(u128 id) const {
  const auto found = account_index_.find(id);
  return found == account_index_.end() ? nullptr : &accounts_[found->second];
}

AccountOutcome MemoryReceiver::decide(const ledger::Account& account) {
  EXPECT_TRUE(account.flags & ledger::account_flags::kImported);
  if (const ledger::Account* const there = find_account(account.id)) {
    return there->code == account.code ? AccountOutcome::Exists
                                       : AccountOutcome::ExistsWithDifferentCode;
  }
  if (account.code == 0) return AccountOutcome::CodeMustNotBeZero;
  if (!accounts_.empty() && account.timestamp <= accounts_.back().timestamp) {
    return AccountOutcome::ImportedEventTimestampMustNotRegress;
  }
  account_index_[account.id] = accounts_.size();
  accounts_.push_back(account);
  return AccountOutcome::Created;
}

TransferOutcome MemoryReceiver::decide(const ledger::Transfer& transfer) {
  EXPECT_TRUE(transfer.flags & ledger::transfer_flags::kImported);
  if (const auto there = transfer_index_.find(transfer.id); there != transfer_index_.end()) {
    return transfers_[there->second].amount == transfer.amount
               ? TransferOutcome::Exists
               : TransferOutcome::ExistsWithDifferentAmount;
  }
  const ledger::Account* const debit = find_account(transfer.debit_account_id);
  const ledger::Account* const credit = find_account(transfer.credit_account_id);
  if (debit == nullptr) return TransferOutcome::DebitAccountNotFound;
  if (credit == nullptr) return TransferOutcome::CreditAccountNotFound;
  if (!transfers_.empty() && transfer.timestamp <= transfers_.back().timestamp) {
    return TransferOutcome::ImportedEventTimestampMustNotRegress;
  }
  if (transfer.timestamp <= debit->timestamp) {
    return TransferOutcome::ImportedEventTimestampMustPostdateDebitAccount;
  }
  if (transfer.timestamp <= credit->timestamp) {
    return TransferOutcome::ImportedEventTimestampMustPostdateCreditAccount;
  }
  transfer_index_[transfer.id] = transfers_.size();
  transfers_.push_back(transfer);
  return TransferOutcome::Created;
}

client::Answer<client::AccountResults> MemoryReceiver::create_accounts(
    std::span<const ledger::Account> accounts) {
  const Fate what = fate(accounts.size());
  if (what == Fate::Refused) return gone();
  client::AccountResults answer;
  for (const ledger::Account& account : accounts) answer.results.push_back({decide(account), {}});
  if (what == Fate::Lost) return gone();
  return answer;
}

client::Answer<client::TransferResults> MemoryReceiver::create_transfers(
    std::span<const ledger::Transfer> transfers) {
  const Fate what = fate(transfers.size());
  if (what == Fate::Refused) return gone();
  client::TransferResults answer;
  for (const ledger::Transfer& transfer : transfers) {
    answer.results.push_back({decide(transfer), {}});
  }
  if (what == Fate::Lost) return gone();
  return answer;
}

client::Answer<client::AccountBalances> MemoryReceiver::balances_at(std::span<const u128> ids,
                                                                    Timestamp at) {
  client::AccountBalances answer;
  for (const u128 id : ids) {
    auto& balance = answer.balances.emplace_back();
    if (find_account(id) == nullptr) continue;
    balance.emplace().account_id = id;
    for (const ledger::Transfer& transfer : transfers_) {
      if (transfer.timestamp > at.ns) break;
      if (transfer.debit_account_id == id) balance->debits_posted += transfer.amount;
      if (transfer.credit_account_id == id) balance->credits_posted += transfer.amount;
    }
  }
  return answer;
}

importer::i128 MemoryReceiver::balance(u128 account) const {
  importer::i128 balance = 0;
  for (const ledger::Transfer& transfer : transfers_) {
    const auto amount = static_cast<importer::i128>(transfer.amount);
    if (transfer.debit_account_id == account) balance -= amount;
    if (transfer.credit_account_id == account) balance += amount;
  }
  return balance;
}

}  // namespace florin::test
