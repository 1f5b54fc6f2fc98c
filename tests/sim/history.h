// What a ledger under test answered, judged by the reference in the order of positions; and what it
// must still have after it ended, however it ended.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "ledger/request.h"
#include "pipeline/sequencer.h"
#include "tests/sim/exercise.h"
#include "tests/support/owned_request.h"
#include "tests/support/past_judge.h"
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

  // In the order in which the ledger released them: whole answers, and questions that only history
  // can answer, or complete.
  std::string check_answer(const ledger::Request& answered);
  std::string defer(const ledger::Request& released);
  // History answered what was deferred.
  std::string check_completed(const ledger::Request& answered, const MemoryStore& store);
  // The process ended: what was deferred will not be answered.
  void forget_deferred() { deferred_.clear(); }
  // History has the ledger's past, as far as it goes; and a client that followed it was shown all
  // of it up to a place.
  std::string check_store(const MemoryStore& store) { return past_.check_store(store); }
  std::string check_followed(std::span<const history::Place> shown, history::Place end,
                             const MemoryStore& store) {
    return past_.check_followed(shown, end, store);
  }
  // A ledger came back: what was acknowledged is there, and of the survivors those, all of each,
  // that the log kept the place of.
  std::string check_recovery(std::vector<Survivor> survivors,
                             const pipeline::OrderState& recovered);
  // Every account, transfer, limit and consumed id equals the reference's, and there are no others;
  // what is not in memory is in the store, if there is one.
  std::string check_state(const engine::Engine& engine, MemoryStore* store) const;

  Position acknowledged() const { return acknowledged_; }
  const ReferenceLedger& reference() const { return reference_; }

 private:
  std::string come_to(const ledger::Request& answered);
  std::string apply_ticks(Position before, Timestamp time, bool is_last);
  void count(const ledger::Request& answered);

  Exercises& exercises_;
  ReferenceLedger reference_;
  PastJudge past_{reference_};
  std::map<const ledger::Request*, OwnedRequest> deferred_;  // With the answer that is expected.
  Position acknowledged_;
};

}  // namespace florin::test
