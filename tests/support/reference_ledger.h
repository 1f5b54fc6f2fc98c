// The ledger written a second time, plainly: one thread, ordered maps, every rule spelled out as
// docs/ledger.md says it. It is slow and obviously right, and judges the engine and its parts.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "tests/support/reference_checks.h"
#include "tests/support/reference_state.h"

namespace florin::test {

// Requests that are refused before they are ordered (conditions that cannot be, filters that
// check_filter() refuses, too many events) never reach a ledger: giving one to the reference is a
// mistake of the test.
class ReferenceLedger {
 public:
  // Runs the request and fills its answer. Event i of a logged request is decided at
  // `first_event_timestamp` + i, which must be later than all before; others ignore the timestamp.
  void apply(ledger::Request& request, Timestamp first_event_timestamp);

  // Aborts unless debits equal credits in every ledger, posted counters are the sum of what was
  // posted, pending counters the sum of what is on hold, and what expired is expired. That no
  // transfer exceeds a limit is checked whenever one was made.
  void check_invariants() const;

  // Everything the ledger knows, by id.
  std::map<u128, ledger::Account> accounts() const;
  std::map<u128, ledger::Transfer> transfers() const;
  // Ids that a transient refusal consumed, with that refusal.
  const std::map<u128, ledger::TransferOutcome>& failed_ids() const {
    return state_.failed_transfers.all();
  }
  const std::map<u128, ledger::UpdateOutcome>& failed_update_ids() const {
    return state_.failed_updates.all();
  }
  // Updates that were made, in that order.
  const std::vector<ledger::AccountChange>& account_changes() const { return state_.changes; }
  // As look-ups answer them.
  ledger::TransferStatus transfer_status(u128 id) const;
  ledger::AccountLimits account_limits(u128 id) const;
  Position position() const { return position_; }
  // The last logged time, 0 before any.
  Timestamp last_timestamp() const { return Timestamp{last_timestamp_ns_}; }
  // When the next hold expires.
  std::optional<Timestamp> next_deadline() const;

 private:
  // An event's request, place in it, and the time that it is decided at.
  struct Place {
    ledger::Request& request;
    ReferenceContext context;
    usize index;
    u64 timestamp;
  };
  // Events of one request that succeed or fail together.
  template <class Event>
  struct Chain {
    std::span<const Event> events;
    ledger::Request& request;
    ReferenceContext context;
    usize first;  // The place of the first in the request.
    bool open;    // The request ended before the chain did.

    Place place(usize index) const {
      const u64 later = request.dry_run ? 0 : first + index;
      return {request, context, first + index, request.timestamp.ns + later};
    }
  };
  struct VelocityUse {
    u128 sum = 0;
    u64 count = 0;
  };

  void apply_operation(ledger::Request& request);
  template <class Event>
  void apply_write(std::span<const Event> events, bool imported, ledger::Request& request);
  template <class Event>
  void apply_chain(const Chain<Event>& chain);
  template <class Event>
  bool exists_whole(const Chain<Event>& chain) const;
  // Releases the holds that are due at the place's time; a dry run expires none.
  void expire_due(const Place& place);

  // What shape and id alone decide: a refusal, a comparison with the original, or Undecided.
  template <class Event>
  auto judge_by_id(const Event& event, const ReferenceContext& context) const;
  ledger::AccountOutcome compare_with_original(const ledger::Account& event) const;
  ledger::TransferOutcome compare_with_original(const ledger::Transfer& event) const;
  ledger::UpdateOutcome compare_with_original(const ledger::AccountUpdate& event) const;
  bool has_failed(const ledger::Transfer& event) const;
  bool has_failed(const ledger::AccountUpdate& event) const;
  u64 original_timestamp(const ledger::Account& event) const;
  u64 original_timestamp(const ledger::Transfer& event) const;
  u64 original_timestamp(const ledger::AccountUpdate& event) const;
  // To be called after a rollback: a transient refusal consumes the id for ever.
  void consume_id(const ledger::Account& event, ledger::AccountOutcome outcome);
  void consume_id(const ledger::Transfer& event, ledger::TransferOutcome outcome);
  void consume_id(const ledger::AccountUpdate& event, ledger::UpdateOutcome outcome);

  // Decides one event as things stand, of which judge_by_id() had nothing to say, and makes it
  // happen if nothing refuses it.
  ledger::AccountOutcome perform(const ledger::Account& event, const Place& place);
  ledger::TransferOutcome perform(const ledger::Transfer& event, const Place& place);
  ledger::UpdateOutcome perform(const ledger::AccountUpdate& event, const Place& place);

  // Transfers: the checks in their order. Undecided means that the check has no objection.
  ledger::TransferOutcome move_money(const ledger::Transfer& event, const Place& place);
  ledger::TransferOutcome resolve_hold(const ledger::Transfer& event, const Place& place);
  ledger::TransferOutcome check_accounts(const ledger::Transfer& event) const;
  ledger::TransferOutcome check_original(const ledger::Transfer& event) const;
  ledger::TransferOutcome check_hold(const ledger::Transfer& event) const;
  ledger::TransferOutcome check_import(const ledger::Transfer& transfer) const;
  ledger::TransferOutcome check_open(const ledger::Transfer& transfer) const;
  ledger::TransferOutcome check_frozen(const ledger::Transfer& transfer) const;
  ledger::TransferOutcome check_overflow(const ledger::Transfer& transfer) const;
  // From here on: the accounts as the transfer would leave them.
  ledger::TransferOutcome check_limits(const ledger::Transfer& transfer,
                                       const ReferenceAccount& debit,
                                       const ReferenceAccount& credit, u64 now) const;
  ledger::TransferOutcome check_conditions(const Place& place, const ReferenceAccount& debit,
                                           const ReferenceAccount& credit) const;
  u128 balanced_amount(const ledger::Transfer& event) const;
  void store(const ReferenceTransfer& record, const ReferenceAccount& debit,
             const ReferenceAccount& credit, const Place& place);
  // What is left of the hold returns, and what it closed opens.
  void release_hold(u128 id, ledger::PendingStatus status);
  // What is charged within the window that ends at `now`.
  VelocityUse velocity_used(const ReferenceAccount& account, u64 now) const;
  void check_limits_held(const ledger::Transfer& transfer, u64 now) const;

  void lookup_accounts(ledger::Request& request) const;
  void lookup_transfers(ledger::Request& request) const;
  void lookup_limits(ledger::Request& request) const;
  void get_trial_balance(ledger::Request& request) const;
  void query_accounts(ledger::Request& request) const;
  void query_transfers(ledger::Request& request) const;
  void get_account_changes(ledger::Request& request) const;
  // The totals of every ledger that has accounts, ascending.
  std::vector<ledger::LedgerTotals> trial_balance() const;

  ReferenceState state_;
  Position position_;
  u64 last_timestamp_ns_ = 0;
};

}  // namespace florin::test
