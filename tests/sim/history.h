// What a ledger under test answered, judged by the reference in the order of positions; and what it
// must still have after it ended, however it ended.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "ledger/request.h"
#include "pipeline/sequencer.h"
#include "tests/sim/exercise.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

// A write that had its place in the order when its ledger ended, without an answer.
struct Survivor {
  OwnedRequest request;
  Position position;  // After it.
  Timestamp timestamp;
};

// The members that judge say what is wrong, or nothing.
class History {
 public:
  explicit History(Exercises& exercises) : exercises_(exercises) {}

  // In the order in which the ledger released them.
  std::string check_answer(const ledger::Request& answered);
  // A ledger came back: what was acknowledged is there, and of the survivors those, all of each,
  // that the log kept the place of.
  std::string check_recovery(std::vector<Survivor> survivors,
                             const pipeline::OrderState& recovered);
  // Every account, transfer, limit and consumed id equals the reference's, and there are no others.
  std::string check_state(const engine::Engine& engine) const;

  Position acknowledged() const { return acknowledged_; }
  const ReferenceLedger& reference() const { return reference_; }

 private:
  std::string apply_ticks(Position before, Timestamp time, bool is_last);
  void count(const ledger::Request& answered);

  Exercises& exercises_;
  ReferenceLedger reference_;
  Position acknowledged_;
};

}  // namespace florin::test
