// What is remembered of update_accounts: every id for ever, every change for the audit, and what
// changed accounts were created with, which a retried creation is compared with.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "engine/id_hash.h"
#include "engine/tables.h"
#include "ledger/account_update.h"
#include "ledger/outcome.h"
#include "ledger/validation.h"

namespace florin::engine {

// Memory of one update: its line in the audit, and its id.
inline constexpr u64 kUpdateBytes = sizeof(ledger::AccountChange) + 64;

// Belongs to the authorising thread.
class UpdateBook {
 public:
  explicit UpdateBook(HashSeed seed) : ids_(0, IdHasher{seed}) {}

  // How the id was decided, or Undecided; the change that it made, or null.
  ledger::UpdateOutcome outcome(u128 id) const;
  const ledger::AccountChange* find(u128 id) const;

  void add(const ledger::AccountChange& change);
  void consume(u128 id, ledger::UpdateOutcome outcome);
  // Forgets the newest id.
  void undo(u128 id);

  u64 id_count() const { return ids_.size(); }
  // By the order in which they were made.
  const std::deque<ledger::AccountChange>& changes() const { return changes_; }

  // Ids that were consumed without a change, in that order.
  struct Consumed {
    u128 id;
    ledger::UpdateOutcome outcome;
  };
  const std::deque<Consumed>& consumed() const { return consumed_; }

  // What the account was created with, if that was kept.
  const ledger::AccountCreation* creation(u32 account) const;
  void keep_creation(u32 account, const ledger::AccountCreation& creation);
  // Forgets the newest.
  void drop_creation(u32 account);
  // The accounts for which it was kept, by slot, in that order.
  const std::deque<u32>& created_with() const { return created_with_; }

  template <class Visit>
  void for_each_id(Visit&& visit) const {
    for (const auto& [id, entry] : ids_) visit(id, entry.outcome);
  }

 private:
  struct IdHasher {
    HashSeed seed;
    usize operator()(u128 id) const {
      return multiply_fold(low_half(id) ^ seed.low, high_half(id) ^ seed.high);
    }
  };
  struct Entry {
    u32 change;  // Its place among the changes, if it was created.
    ledger::UpdateOutcome outcome;
  };

  std::unordered_map<u128, Entry, IdHasher> ids_;
  std::deque<ledger::AccountChange> changes_;
  std::deque<Consumed> consumed_;
  std::unordered_map<u32, ledger::AccountCreation> creations_;  // By account slot.
  std::deque<u32> created_with_;
};

}  // namespace florin::engine
