// The reference ledger and any number of engines that are asked the same; their answers are
// compared.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/engine/staged_engine.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class ComparedLedgers {
 public:
  // How one of the engines runs.
  struct Way {
    u32 partitions;
    StagedEngine::Mode mode;
  };

  ComparedLedgers(const Limits& limits, const std::vector<Way>& ways, u64 seed);

  // The first event of a request that is logged is decided at `first_timestamp`.
  void ask(OwnedRequest asked, u64 first_timestamp);
  // The reference's answer to the last request, valid until the next.
  const ledger::Request& answer() const { return asked_.back().expected.request(); }

  // Finishes what was asked since the last comparison, and compares answers, invariants and books.
  // Returns what differs first, with the request; or nothing.
  std::string compare();

 private:
  struct Asked {
    OwnedRequest expected;
    std::vector<OwnedRequest> actual;  // By engine.
  };

  std::string compare_answers() const;

  ReferenceLedger reference_;
  std::vector<std::unique_ptr<StagedEngine>> engines_;
  std::deque<Asked> asked_;  // Requests stay where they are while the engines work on them.
};

}  // namespace florin::test
