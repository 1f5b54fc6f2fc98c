// What clients send a ledger that crashes: new requests, and those that were left without an answer
// once more, as they were.
#pragma once

#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {

class RetriedRequests {
 public:
  void keep(const OwnedRequest& unanswered) { retries_.push_back(unanswered.ask_again()); }

  // Half of the time what is to be sent again. The ledger's clock goes on before a new one.
  OwnedRequest next(Random& random, RequestGenerator& generator, SimLedger& ledger) {
    if (!retries_.empty() && random.chance(1, 2)) {
      OwnedRequest retry = std::move(retries_.back());
      retries_.pop_back();
      return retry;
    }
    OwnedRequest request = generator.next();
    ledger.clock().wall_ns += generator.pause_ns();
    return request;
  }

 private:
  std::vector<OwnedRequest> retries_;
};

}  // namespace florin::test
