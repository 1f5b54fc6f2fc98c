// The ledger written a second time, plainly: one thread, ordered maps, every rule spelled out as
// docs/ledger.md says it. It is slow and obviously right, and judges the engine and its parts.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "ledger/request.h"
#include "tests/support/reference_checks.h"

namespace florin::test {

// An account as it is, and as it was asked for.
struct ReferenceAccount {
  ledger::Account now;
  ledger::Account creation;
  ledger::AccountLimits limits;  // Without what is used of them.
  usize counted_from = 0;        // Velocity: of the debits charged, those from this place on count.
};

// Objects of one kind.
template <class Object, class Outcome>
struct ReferenceObjects {
  std::map<u128, Object> made;
  std::vector<u128> order;         // Their ids, as they were made.
  std::map<u128, Outcome> failed;  // Ids that a transient refusal consumed, with that refusal.

  // The object, or null.
  const Object* find(u128 id) const {
    const auto found = made.find(id);
    return found == made.end() ? nullptr : &found->second;
  }
};

// Everything that the ledger knows. What changes it goes through these functions, which remember
// how to take the change back.
struct ReferenceState {
  ReferenceObjects<ReferenceAccount, ledger::AccountOutcome> accounts;
  ReferenceObjects<ReferenceTransfer, ledger::TransferOutcome> transfers;
  ReferenceObjects<ledger::AccountChange, ledger::UpdateOutcome> updates;
  // Open holds by deadline, then by their timestamp. (Those of a dry run have the same: none of
  // them expires.)
  std::map<std::array<u64, 2>, u128> deadlines;
  // By account: the debits that were charged while it had a velocity limit, as they were made.
  std::map<u128, std::vector<u128>> charged;
  std::vector<std::function<void()>> undo;

  // Without a value, the entry is erased.
  template <class Map>
  void put(Map& map, typename Map::key_type key, std::optional<typename Map::mapped_type> value) {
    const auto found = map.find(key);
    if (found == map.end()) {
      undo.push_back([&map, key] { map.erase(key); });
    } else {
      undo.push_back([&map, key, before = found->second] { map.insert_or_assign(key, before); });
    }
    if (value.has_value()) map.insert_or_assign(key, *value);
    if (!value.has_value()) map.erase(key);
  }
  template <class Objects, class Object>
  void add(Objects& objects, u128 id, const Object& object) {
    put(objects.made, id, object);
    append(objects.order, id);
  }
  void append(std::vector<u128>& ids, u128 id) {
    ids.push_back(id);
    undo.push_back([&ids] { ids.pop_back(); });
  }
  void take_back(usize changes_kept) {
    for (; undo.size() > changes_kept; undo.pop_back()) undo.back()();
  }
};

inline u64 timestamp_of(const ReferenceAccount& account) { return account.now.timestamp; }
inline u64 timestamp_of(const ReferenceTransfer& record) { return record.transfer.timestamp; }
inline u64 timestamp_of(const ledger::AccountChange& change) { return change.update.timestamp; }

// An event's request, its index there, and the time that it is decided at.
struct ReferencePlace {
  ledger::Request& request;
  usize index;
  u64 timestamp;
};

// The account's limits, with what is used of a velocity limit in the window that ends at `now`.
ledger::AccountLimits reference_limits(const ReferenceState& state, const ReferenceAccount& account,
                                       u64 now);

// Requests that are refused before they are ordered (conditions that cannot be, filters that
// check_filter() refuses, too many events) never reach a ledger: giving one to the reference is a
// mistake of the test.
class ReferenceLedger {
 public:
  // Runs the request and fills its answer. Event i of a logged request is decided at
  // `first_event_timestamp` + i, which must be later than all before; others ignore the timestamp.
  void apply(ledger::Request& request, Timestamp first_event_timestamp);

  // Aborts unless debits equal credits in every ledger, posted counters are the sum of what was
  // posted, pending counters the sum of what is on hold, and what expired is expired.
  void check_invariants() const;

  // Everything the ledger knows, by id.
  std::map<u128, ledger::Account> accounts() const;
  std::map<u128, ledger::Transfer> transfers() const;
  const std::map<u128, ledger::AccountChange>& account_changes() const {
    return state_.updates.made;
  }
  const std::map<u128, ledger::TransferOutcome>& failed_ids() const {
    return state_.transfers.failed;
  }
  const std::map<u128, ledger::UpdateOutcome>& failed_update_ids() const {
    return state_.updates.failed;
  }
  // As look-ups answer them.
  ledger::TransferStatus transfer_status(u128 id) const;
  ledger::AccountLimits account_limits(u128 id) const;
  Position position() const { return position_; }
  // The last logged time, 0 before any.
  Timestamp last_timestamp() const { return Timestamp{last_timestamp_ns_}; }
  // When the next hold expires.
  std::optional<Timestamp> next_deadline() const;

 private:
  void apply_operation(ledger::Request& request);
  template <class Event>
  void apply_write(ledger::Request& request, std::span<const Event> events, u16 imported_flag);
  // The events from `begin` to before `end` succeed or fail together.
  template <class Event>
  void apply_chain(ledger::Request& request, const ReferenceContext& context,
                   std::span<const Event> events, usize begin, usize end);
  // What shape and id alone decide: a refusal, a comparison with the original, or Undecided.
  template <class Event>
  auto judge_by_id(const Event& event, const ReferenceContext& context);
  // Releases the holds that are due.
  void expire_due(u64 now);

  // Decides one event as things stand, of which judge_by_id() had nothing to say. Changes nothing
  // unless the event is created.
  ledger::AccountOutcome perform(const ledger::Account& event, const ReferencePlace& place);
  ledger::TransferOutcome perform(const ledger::Transfer& event, const ReferencePlace& place);
  ledger::UpdateOutcome perform(const ledger::AccountUpdate& event, const ReferencePlace& place);

  void query_accounts(ledger::Request& request) const;
  void query_transfers(ledger::Request& request) const;
  void get_account_changes(ledger::Request& request) const;
  void get_trial_balance(ledger::Request& request) const;
  // The totals of every ledger that has accounts, by ledger.
  std::map<u32, ledger::LedgerTotals> trial_balance() const;

  ReferenceState state_;
  Position position_;
  u64 last_timestamp_ns_ = 0;
};

}  // namespace florin::test
