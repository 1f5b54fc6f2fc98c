#include "engine/update_book.h"

#include "base/check.h"

namespace florin::engine {

using ledger::UpdateOutcome;

UpdateOutcome UpdateBook::outcome(u128 id) const {
  const auto found = ids_.find(id);
  return found == ids_.end() ? UpdateOutcome::Undecided : found->second.outcome;
}

const ledger::AccountChange* UpdateBook::find(u128 id) const {
  const auto found = ids_.find(id);
  if (found == ids_.end() || found->second.outcome != UpdateOutcome::Created) return nullptr;
  return &changes_[found->second.change];
}

void UpdateBook::add(const ledger::AccountChange& change) {
  const bool added = ids_.emplace(change.update.id,
                                  Entry{static_cast<u32>(changes_.size()), UpdateOutcome::Created})
                         .second;
  CHECK(added);
  changes_.push_back(change);
}

void UpdateBook::consume(u128 id, UpdateOutcome outcome) {
  CHECK(ids_.emplace(id, Entry{0, outcome}).second);
  consumed_.push_back({id, outcome});
}

void UpdateBook::undo(u128 id) {
  const auto found = ids_.find(id);
  CHECK(found != ids_.end());
  if (found->second.outcome == UpdateOutcome::Created) {
    changes_.pop_back();
  } else {
    consumed_.pop_back();
  }
  ids_.erase(found);
}

void UpdateBook::keep_creation(u32 account, const ledger::AccountCreation& creation) {
  CHECK(creations_.emplace(account, creation).second);
  created_with_.push_back(account);
}

void UpdateBook::drop_creation(u32 account) {
  CHECK(created_with_.back() == account);
  created_with_.pop_back();
  creations_.erase(account);
}

const ledger::AccountCreation* UpdateBook::creation(u32 account) const {
  const auto found = creations_.find(account);
  return found == creations_.end() ? nullptr : &found->second;
}

}  // namespace florin::engine
