#include "tests/support/owned_request.h"

#include <cstring>

namespace florin::test {

OwnedRequest::OwnedRequest(ledger::Operation operation, std::span<const std::byte> events,
                           usize event_bytes)
    : memory_((events.size() + sizeof(Unit) - 1) / sizeof(Unit)) {
  if (!events.empty()) std::memcpy(memory_.data(), events.data(), events.size());
  request_.operation = operation;
  request_.event_count = static_cast<u32>(events.size() / event_bytes);
  request_.events = reinterpret_cast<const std::byte*>(memory_.data());
}

OwnedRequest OwnedRequest::create_accounts(std::span<const ledger::Account> accounts) {
  return {ledger::Operation::CreateAccounts, std::as_bytes(accounts), sizeof(ledger::Account)};
}

OwnedRequest OwnedRequest::create_transfers(std::span<const ledger::Transfer> transfers) {
  return {ledger::Operation::CreateTransfers, std::as_bytes(transfers), sizeof(ledger::Transfer)};
}

OwnedRequest OwnedRequest::lookup_accounts(std::span<const u128> ids) {
  return {ledger::Operation::LookupAccounts, std::as_bytes(ids), sizeof(u128)};
}

OwnedRequest OwnedRequest::lookup_transfers(std::span<const u128> ids) {
  return {ledger::Operation::LookupTransfers, std::as_bytes(ids), sizeof(u128)};
}

OwnedRequest OwnedRequest::get_trial_balance(ledger::TrialBalanceFilter filter) {
  OwnedRequest owned{ledger::Operation::GetTrialBalance, {}, sizeof(u128)};
  owned.request_.trial_balance_filter = filter;
  return owned;
}

OwnedRequest OwnedRequest::ask_again() const {
  const usize unit = memory_.empty() ? sizeof(Unit) : memory_.size() * sizeof(Unit);
  const usize event_bytes = request_.event_count == 0 ? unit : unit / request_.event_count;
  OwnedRequest copy{request_.operation, std::as_bytes(std::span(memory_)), event_bytes};
  copy.request_.event_count = request_.event_count;
  copy.request_.trial_balance_filter = request_.trial_balance_filter;
  return copy;
}

}  // namespace florin::test
