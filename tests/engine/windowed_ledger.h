// An engine that forgets everything after each request, as the tables of rules see a ledger: what
// they ask about comes from the past, but for open holds.
#pragma once

#include "tests/engine/endless_ledger.h"
#include "tests/engine/engine_ledger.h"

namespace florin::test {

class WindowedLedger final : public LedgerUnderTest {
 public:
  WindowedLedger(u32 partitions, StagedEngine::Mode mode)
      : endless_(table_limits(), partitions + 2),
        engine_(table_limits(), partitions, mode, partitions + 1) {
    engine_.engine().set_past(&endless_.past());
  }

  void run(ledger::Request& request, Timestamp time) override {
    request.clear_answer();
    const ledger::Request& expected = endless_.ask(request, time.ns);
    request.timestamp = expected.timestamp;
    request.position = expected.position;
    engine_.run(request, request.timestamp.ns);
    engine_.drain();
    if (differs_.empty()) differs_ = endless_.compare(expected, request);
    engine::Engine& engine = engine_.engine();
    retired_ += engine.retire(engine_.position(), engine.transfers_in_memory() + 1);
    if (engine.transfers_in_memory() != engine.books().holds.open_count()) {
      differs_ = "not everything has left memory";
    }
  }

  Status verify() { return engine_.engine().verify(); }
  // What differed from the reference ledger first, or nothing.
  const std::string& difference() const { return differs_; }
  u64 retired() const { return retired_; }

 private:
  EndlessLedger endless_;
  StagedEngine engine_;
  std::string differs_;
  u64 retired_ = 0;
};

}  // namespace florin::test
