// What happened, as history has it, told from the reference ledger's answers: places, balances and
// what became of holds are followed here, from docs/ledger.md, with the reference's outcomes.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/account_state.h"
#include "history/change.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class ReferenceChanges {
 public:
  // What the request, which the reference has just answered, changed. In the order of positions;
  // requests that are not logged change nothing. The list's mark has no LogEnd but its position:
  // what else belongs to one is the log's.
  void follow(const ledger::Request& answered, ReferenceLedger& reference);

  // What came together since the last time.
  history::ChangeBatch take();
  // Where everything stands.
  const history::Mark& end() const { return end_; }

 private:
  struct Hold {
    ledger::Transfer transfer;
    u128 remaining = 0;
    u64 number = 0;
  };
  // The event whose turn it is.
  struct Turn {
    const ledger::Request& request;
    u64 position;
    u64 timestamp;
    u32 changes = 0;  // Of it so far.
  };

  void follow_transfer(Turn& turn, const ledger::Transfer& made);
  void expire_due(Turn& turn);
  void resolve(history::TransferChange& change);
  void move(history::TransferChange& change);
  void refuse(Turn& turn, const ledger::Transfer& event, u32 outcome);
  void add_account(Turn& turn, const ledger::Account& event);
  void add_update(Turn& turn, const ledger::AccountUpdate& event);
  history::TransferChange begin_change(Turn& turn, ledger::ChangeKind kind,
                                       const ledger::Transfer& transfer) const;

  std::map<u128, engine::Balances> balances_;
  std::map<u128, Hold> holds_;                    // Open ones.
  std::map<std::array<u64, 2>, u128> deadlines_;  // As in the reference.
  history::ChangeBatch batch_;
  history::Mark end_;
};

// In words: everything that tells two changes apart.
std::string text_of(const history::TransferChange& change);
std::string text_of(const history::OtherChange& event);
std::string text_of(const history::ConsumedId& consumed);
// The first line in which the lists differ, or nothing.
std::string difference(const history::ChangeBatch& expected, const history::ChangeBatch& actual);

}  // namespace florin::test
