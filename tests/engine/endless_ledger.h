// The truth about a ledger whose engine keeps only a window of its ids in memory: the reference
// ledger and an engine that forget nothing, and history as it follows from what they did.
#pragma once

#include <deque>

#include "tests/engine/staged_engine.h"
#include "tests/support/memory_store.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_changes.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class EndlessLedger {
 public:
  EndlessLedger(const Limits& limits, u64 seed);

  // Decides the request, of which it makes a copy, before any other engine does: so history is
  // always ahead of those. Returns the answer, which stays.
  const ledger::Request& ask(const ledger::Request& asked, u64 first_timestamp);
  // What is otherwise in the actual answer, completed from history where it says so; or nothing.
  std::string compare(const ledger::Request& expected, ledger::Request& actual);

  engine::Past& past() { return store_; }
  Position position() const { return reference_.position(); }
  // Of the state now.
  engine::StateDigest digest();
  // How many answers history has completed.
  u64 completed() const { return completed_; }

 private:
  struct Answered {
    OwnedRequest expected;
    OwnedRequest whole;  // As the engine answers it.
  };

  ReferenceLedger reference_;
  ReferenceChanges changes_;
  MemoryStore store_;
  StagedEngine whole_;
  std::deque<Answered> answered_;
  u64 completed_ = 0;
};

}  // namespace florin::test
