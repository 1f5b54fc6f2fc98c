// What a ledger must have stored after the events of a table that it created.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/transfer.h"

namespace florin::test {

class TableBooks {
 public:
  // An event was created: decided at `timestamp`, which is stored unless the event brought its own.
  void add(const ledger::Account& event, u64 timestamp);
  void add(const ledger::Transfer& event, u64 timestamp);
  void add(const ledger::AccountUpdate& event, u64 timestamp);
  // The amount that the transfer must be stored with, where the event does not tell it.
  void set_amount(u128 transfer_id, u128 amount) { transfers_[transfer_id].amount = amount; }

  const std::map<u128, ledger::Account>& accounts() const { return accounts_; }
  const std::map<u128, ledger::Transfer>& transfers() const { return transfers_; }
  const std::map<u128, ledger::AccountUpdate>& updates() const { return updates_; }

  // Whether the object is what was stored: an account apart from its balances and whether it is
  // closed, which change without an event that names it.
  bool matches(ledger::Account account) const;
  bool matches(const ledger::Transfer& transfer) const;
  bool matches(const ledger::AccountUpdate& update) const;

  // When the stored object with the id of this event was made.
  std::optional<u64> time_of(const ledger::Account& event) const;
  std::optional<u64> time_of(const ledger::Transfer& event) const;
  std::optional<u64> time_of(const ledger::AccountUpdate& event) const;
  // The same by a table's word for it: A1, T1, U1.
  std::optional<u64> time_of(std::string_view word) const;

 private:
  std::map<u128, ledger::Account> accounts_;
  std::map<u128, ledger::Transfer> transfers_;
  std::map<u128, ledger::AccountUpdate> updates_;
};

// The time that an event brings if it is imported, otherwise the time it is given.
u64 stored_timestamp(const ledger::Account& event, u64 timestamp);
u64 stored_timestamp(const ledger::Transfer& event, u64 timestamp);
u64 stored_timestamp(const ledger::AccountUpdate& event, u64 timestamp);

}  // namespace florin::test
