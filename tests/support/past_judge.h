// Judges what a ledger's history says: follows the reference ledger's answers, and knows from them
// every change at its place. What is asked about the past is asked of this truth too.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "tests/support/memory_store.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_changes.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

// The members that judge say what is wrong, or nothing.
class PastJudge {
 public:
  explicit PastJudge(ReferenceLedger& reference) : reference_(reference) {}

  // The reference answered this request, in the order of positions. Ticks as well: of those only
  // the position matters. When they really were, nobody but the ledger's log says: that is taken
  // from the store under test, and must lie between the events before and behind it.
  void note(OwnedRequest answered);

  // A question about the past was answered, as of its position. It is judged when the reference has
  // come there, which may be later.
  std::string check(const ledger::Request& answered, const MemoryStore& tested);
  // The store has every change up to its end, and no other. What it has beyond the reference's
  // position, which is durable and not answered yet, is not looked at.
  std::string check_store(const MemoryStore& tested);

  // A client that followed all changes from the beginning, page by page, was shown every change
  // once, in order, up to the place `end`.
  std::string check_followed(std::span<const history::Place> shown, history::Place end,
                             const MemoryStore& tested);

  u64 answers_judged() const { return answers_judged_; }

 private:
  std::string advance(Position position, const MemoryStore& tested);
  std::string set_time_of_tick(ledger::Request& tick, const MemoryStore& tested) const;
  std::string judge_answers(const MemoryStore& tested);
  std::string judge_answer(const ledger::Request& answered);

  ReferenceLedger& reference_;
  std::deque<OwnedRequest> noted_;     // Not in the truth yet.
  std::vector<OwnedRequest> answers_;  // Not judged yet.
  ReferenceChanges changes_;
  MemoryStore truth_;
  u64 answers_judged_ = 0;
};

}  // namespace florin::test
