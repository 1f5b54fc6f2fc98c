// A request that owns the memory of its events, as the network's does: for tests that make requests
// themselves.
#pragma once

#include <span>
#include <vector>

#include "ledger/request.h"

namespace florin::test {

// May be moved until the request is handed on; from then until its answer it must stay in place.
class OwnedRequest {
 public:
  static OwnedRequest create_accounts(std::span<const ledger::Account> accounts);
  static OwnedRequest create_transfers(std::span<const ledger::Transfer> transfers);
  static OwnedRequest lookup_accounts(std::span<const u128> ids);
  static OwnedRequest lookup_transfers(std::span<const u128> ids);
  static OwnedRequest get_trial_balance(ledger::TrialBalanceFilter filter);

  OwnedRequest(OwnedRequest&&) = default;
  OwnedRequest& operator=(OwnedRequest&&) = default;
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;

  ledger::Request& request() { return request_; }
  const ledger::Request& request() const { return request_; }

  // Another request that asks the same, with memory of its own and no answer yet.
  OwnedRequest ask_again() const;

 private:
  struct alignas(16) Unit {
    std::byte bytes[16];
  };

  OwnedRequest(ledger::Operation operation, std::span<const std::byte> events, usize event_bytes);

  ledger::Request request_;
  std::vector<Unit> memory_;
};

}  // namespace florin::test
