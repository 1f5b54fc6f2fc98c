// The ledger written a second time, plainly: one thread, ordered maps, every rule spelled out as
// docs/LEDGER.md says it. It is slow and obviously right, and judges the engine and its parts.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "ledger/request.h"

namespace florin::test {

// Requests with defined flags that this version does not build never reach a ledger: giving one to
// the reference is a mistake of the test, and a failed CHECK.
class ReferenceLedger {
 public:
  // Runs the request and fills its answer. Event i of a write is decided at
  // `first_event_timestamp` + i, which must be later than all before; reads ignore the timestamp.
  void apply(ledger::Request& request, Timestamp first_event_timestamp);

  // Aborts unless debits equal credits in every ledger, every balance is the sum of the stored
  // transfers, and no account exceeds its limit.
  void check_invariants() const;

  // Everything the ledger knows, by id.
  const std::map<u128, ledger::Account>& accounts() const { return accounts_; }
  const std::map<u128, ledger::Transfer>& transfers() const { return transfers_; }
  // Transfer ids that a transient refusal consumed, with that refusal.
  const std::map<u128, ledger::TransferOutcome>& failed_ids() const { return failed_ids_; }
  Position position() const { return position_; }

 private:
  // What a chain did so far, so that it can be undone.
  struct Scope {
    std::vector<u128> created_accounts;
    std::vector<u128> created_transfers;
  };
  // Events of one request that succeed or fail together.
  template <class Event>
  struct Chain {
    std::span<const Event> events;
    Timestamp first;  // The first event is decided at this time, each other 1 ns after the last.
    bool open;        // The request ended before the chain did.
  };

  template <class Event>
  void apply_write(std::span<const Event> events, ledger::Request& request);
  // The answers of the chain's events, `created` included, with indexes that count from the chain's
  // first event.
  template <class Event>
  std::vector<ledger::EventResult> apply_chain(const Chain<Event>& chain);
  template <class Event>
  bool exists_whole(const Chain<Event>& chain) const;
  void undo(const Scope& scope);

  void create(const ledger::Account& event, Timestamp at, Scope& scope);
  void create(const ledger::Transfer& event, Timestamp at, Scope& scope);
  // The outcome of one event on its own, as things stand.
  ledger::AccountOutcome decide(const ledger::Account& event) const;
  ledger::TransferOutcome decide(const ledger::Transfer& event) const;
  ledger::TransferOutcome decide_between_accounts(const ledger::Transfer& event) const;
  // To be called after a rollback: a transient refusal consumes the id for ever.
  void consume_id(const ledger::Account& event, ledger::AccountOutcome outcome);
  void consume_id(const ledger::Transfer& event, ledger::TransferOutcome outcome);
  // The stored object with this event's id, or null.
  const ledger::Account* find_original(const ledger::Account& event) const;
  const ledger::Transfer* find_original(const ledger::Transfer& event) const;

  void lookup_accounts(ledger::Request& request) const;
  void lookup_transfers(ledger::Request& request) const;
  void get_trial_balance(ledger::Request& request) const;
  // The totals of every ledger that has accounts, ascending.
  std::vector<ledger::LedgerTotals> trial_balance() const;

  std::map<u128, ledger::Account> accounts_;
  std::map<u128, ledger::Transfer> transfers_;
  std::map<u128, ledger::TransferOutcome> failed_ids_;
  Position position_;
  u64 last_timestamp_ns_ = 0;
};

}  // namespace florin::test
