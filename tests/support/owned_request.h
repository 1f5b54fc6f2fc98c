// A request that owns the memory of its events and conditions, as the network's does: for tests
// that make requests themselves.
#pragma once

#include <span>
#include <vector>

#include "ledger/request.h"

namespace florin::test {

// May be moved until the request is handed on; from then until its answer it must stay in place.
class OwnedRequest {
 public:
  static OwnedRequest create_accounts(std::span<const ledger::Account> accounts);
  static OwnedRequest create_transfers(std::span<const ledger::Transfer> transfers,
                                       std::span<const ledger::Condition> conditions = {});
  static OwnedRequest update_accounts(std::span<const ledger::AccountUpdate> updates);
  static OwnedRequest lookup_accounts(std::span<const u128> ids);
  static OwnedRequest lookup_transfers(std::span<const u128> ids);
  static OwnedRequest lookup_limits(std::span<const u128> ids);
  static OwnedRequest query_accounts(const ledger::QueryFilter& filter);
  static OwnedRequest query_transfers(const ledger::QueryFilter& filter);
  static OwnedRequest get_account_changes(const ledger::QueryFilter& filter);
  static OwnedRequest get_account_transfers(const ledger::QueryFilter& filter);
  static OwnedRequest get_account_balances(const ledger::QueryFilter& filter);
  static OwnedRequest get_balance_at(std::span<const u128> ids, Timestamp time);
  static OwnedRequest get_change_events(const ledger::QueryFilter& filter);
  static OwnedRequest get_statement(const ledger::QueryFilter& filter);
  static OwnedRequest get_trial_balance(ledger::TrialBalanceFilter filter);
  static OwnedRequest tick();
  // Asks what the other asks, with memory of its own and no answer yet.
  static OwnedRequest copy_of(const ledger::Request& asked);

  OwnedRequest(OwnedRequest&&) = default;
  OwnedRequest& operator=(OwnedRequest&&) = default;
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;

  ledger::Request& request() { return request_; }
  const ledger::Request& request() const { return request_; }

  OwnedRequest ask_again() const { return copy_of(request_); }

 private:
  struct alignas(16) Unit {
    std::byte bytes[16];
  };

  OwnedRequest(ledger::Operation operation, u32 event_count, std::span<const std::byte> events,
               std::span<const ledger::Condition> conditions = {});
  static OwnedRequest query(ledger::Operation operation, const ledger::QueryFilter& filter);

  ledger::Request request_;
  std::vector<Unit> memory_;
  std::vector<ledger::Condition> conditions_;
};

// An account of ledger 1 without flags, and a plain transfer from account 1 to 2 of it.
ledger::Account simple_account(u128 id);
ledger::Transfer simple_transfer(u64 id, u128 amount = 1);

}  // namespace florin::test
