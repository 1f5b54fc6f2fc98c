// The engine as the tables of rules see a ledger.
#pragma once

#include "tests/engine/staged_engine.h"
#include "tests/support/ledger_tables.h"

namespace florin::test {

// Room for requests of any size, in tables of a few thousand accounts.
inline Limits table_limits() {
  Limits limits;
  limits.accounts_max = 20'000;
  limits.transfers_max = 100'000;
  limits.blocks_in_flight = 2;
  return limits;
}

class EngineLedger final : public LedgerUnderTest {
 public:
  EngineLedger(u32 partitions, StagedEngine::Mode mode)
      : engine_(table_limits(), partitions, mode, partitions + 1) {}

  void run(ledger::Request& request, Timestamp time) override {
    request.clear_answer();
    request.timestamp = time;
    if (request.is_logged()) position_ += request.event_count;
    request.position = Position{position_};
    engine_.run(request, time.ns);
    engine_.drain();
  }

  Status verify() { return engine_.engine().verify(); }

 private:
  StagedEngine engine_;
  u64 position_ = 0;
};

}  // namespace florin::test
