// An engine of its own whose blocks are made into outcome records, and records as text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "pipeline/outcome_record.h"
#include "tests/support/owned_request.h"

namespace florin::test {

class OutcomeWorld {
 public:
  explicit OutcomeWorld(u32 partitions = 1);

  // Executes the requests as one log block, decided from `time` on: as one block of the engine, or
  // as one for each request.
  pipeline::OutcomeRecord run(std::vector<OwnedRequest>& requests, u64 time, bool divided = false);
  pipeline::OutcomeRecord run(OwnedRequest request, u64 time);
  // Transfers, decided one by one from `time` on.
  pipeline::OutcomeRecord run(const std::vector<ledger::Transfer>& transfers, u64 time);

  engine::Engine& engine() { return *engine_; }

 private:
  void execute();

  std::unique_ptr<engine::Engine> engine_;
  engine::Block block_;
  pipeline::OutcomeComposer composer_;
  u64 engine_sequence_ = 0;
  u64 log_sequence_ = 0;
  u64 position_ = 0;
};

// What a record says but for the counts, such as "refused 1:55; derived 2: amount 7; expired 0:
// 100 by 10". Transfers are created between accounts 1 and 2 of ledger 1, code 1.
std::string text_of(const pipeline::OutcomeRecord& record);

// A transfer of 10 from account 1 to 2.
ledger::Transfer plain_transfer(u64 id);
// Accounts 1 to 4 of ledger 1; debits of account 3 must not exceed its credits.
OwnedRequest four_accounts();

}  // namespace florin::test
