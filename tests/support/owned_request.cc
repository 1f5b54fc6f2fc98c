#include "tests/support/owned_request.h"

#include <cstring>

namespace florin::test {

using ledger::Operation;

OwnedRequest::OwnedRequest(Operation operation, u32 event_count, std::span<const std::byte> events,
                           std::span<const ledger::Condition> conditions)
    : memory_((events.size() + sizeof(Unit) - 1) / sizeof(Unit)),
      conditions_(conditions.begin(), conditions.end()) {
  if (!events.empty()) std::memcpy(memory_.data(), events.data(), events.size());
  request_.operation = operation;
  request_.event_count = event_count;
  request_.events = reinterpret_cast<const std::byte*>(memory_.data());
  request_.conditions = conditions_.data();
  request_.condition_count = static_cast<u32>(conditions_.size());
}

OwnedRequest OwnedRequest::create_accounts(std::span<const ledger::Account> accounts) {
  return {Operation::CreateAccounts, static_cast<u32>(accounts.size()), std::as_bytes(accounts)};
}

OwnedRequest OwnedRequest::create_transfers(std::span<const ledger::Transfer> transfers,
                                            std::span<const ledger::Condition> conditions) {
  return {Operation::CreateTransfers, static_cast<u32>(transfers.size()), std::as_bytes(transfers),
          conditions};
}

OwnedRequest OwnedRequest::update_accounts(std::span<const ledger::AccountUpdate> updates) {
  return {Operation::UpdateAccounts, static_cast<u32>(updates.size()), std::as_bytes(updates)};
}

OwnedRequest OwnedRequest::lookup_accounts(std::span<const u128> ids) {
  return {Operation::LookupAccounts, static_cast<u32>(ids.size()), std::as_bytes(ids)};
}

OwnedRequest OwnedRequest::lookup_transfers(std::span<const u128> ids) {
  return {Operation::LookupTransfers, static_cast<u32>(ids.size()), std::as_bytes(ids)};
}

OwnedRequest OwnedRequest::lookup_limits(std::span<const u128> ids) {
  return {Operation::LookupLimits, static_cast<u32>(ids.size()), std::as_bytes(ids)};
}

OwnedRequest OwnedRequest::query(Operation operation, const ledger::QueryFilter& filter) {
  OwnedRequest owned{operation, 0, {}};
  owned.request_.filter = filter;
  return owned;
}

OwnedRequest OwnedRequest::query_accounts(const ledger::QueryFilter& filter) {
  return query(Operation::QueryAccounts, filter);
}

OwnedRequest OwnedRequest::query_transfers(const ledger::QueryFilter& filter) {
  return query(Operation::QueryTransfers, filter);
}

OwnedRequest OwnedRequest::get_account_changes(const ledger::QueryFilter& filter) {
  return query(Operation::GetAccountChanges, filter);
}

OwnedRequest OwnedRequest::get_account_transfers(const ledger::QueryFilter& filter) {
  return query(Operation::GetAccountTransfers, filter);
}

OwnedRequest OwnedRequest::get_account_balances(const ledger::QueryFilter& filter) {
  return query(Operation::GetAccountBalances, filter);
}

OwnedRequest OwnedRequest::get_balance_at(std::span<const u128> ids, Timestamp time) {
  OwnedRequest owned{Operation::GetBalanceAt, static_cast<u32>(ids.size()), std::as_bytes(ids)};
  owned.request_.filter.timestamp_max = time.ns;
  return owned;
}

OwnedRequest OwnedRequest::get_change_events(const ledger::QueryFilter& filter) {
  return query(Operation::GetChangeEvents, filter);
}

OwnedRequest OwnedRequest::get_statement(const ledger::QueryFilter& filter) {
  return query(Operation::GetStatement, filter);
}

OwnedRequest OwnedRequest::get_trial_balance(ledger::TrialBalanceFilter filter) {
  OwnedRequest owned{Operation::GetTrialBalance, 0, {}};
  owned.request_.trial_balance_filter = filter;
  return owned;
}

OwnedRequest OwnedRequest::tick() { return {Operation::Tick, 1, {}}; }

OwnedRequest OwnedRequest::copy_of(const ledger::Request& asked) {
  const usize bytes = asked.event_count * ledger::event_bytes(asked.operation);
  OwnedRequest copy{
      asked.operation, asked.event_count, {asked.events, bytes}, asked.all_conditions()};
  copy.request_.dry_run = asked.dry_run;
  copy.request_.wants_balances = asked.wants_balances;
  copy.request_.trial_balance_filter = asked.trial_balance_filter;
  copy.request_.filter = asked.filter;
  copy.request_.trace_id = asked.trace_id;
  copy.request_.principal = asked.principal;
  copy.request_.number = asked.number;
  return copy;
}

ledger::Account simple_account(u128 id) {
  ledger::Account event{};
  event.id = id;
  event.ledger = 1;
  event.code = 1;
  return event;
}

ledger::Transfer simple_transfer(u64 id, u128 amount) {
  ledger::Transfer event{};
  event.id = id;
  event.debit_account_id = 1;
  event.credit_account_id = 2;
  event.amount = amount;
  event.ledger = 1;
  event.code = 1;
  return event;
}

}  // namespace florin::test
