// Compares what a server has with what it had acknowledged to a recorded load: the proof that a
// crash lost nothing, made nothing up and tore nothing apart.
#pragma once

#include "base/result.h"
#include "cli/recorded_load.h"
#include "client/client.h"

namespace florin::cli {

enum class VerificationScope : u8 {
  Recent,  // Requests not verified before, and a sample of the others.
  All,
};

struct VerificationFigures {
  u64 transfers_checked = 0;  // Looked up and compared, one by one.
  u64 requests_found = 0;     // Unanswered ones that turned out to have happened, whole ...
  u64 requests_absent = 0;    // ... and that turned out not to have happened at all.
  u64 requests_retried = 0;   // Sent again, and answered as they must be.
};

// Every acknowledged transfer is there with its outcome and timestamp, every unanswered request is
// there whole or not at all, requests sent again answer that they exist, the balances of the
// accounts are the sums of the transfers, no limit is exceeded, the trial balance balances. What
// does not hold is added to the load's problems. Settles the state of unanswered requests in the
// record. Holds have what is left of them, unless they have an end and it has passed; updates of
// accounts are there, and limits and freezes are as they made them. The load must be stopped. An
// error means that the server could not be asked.
Result<VerificationFigures> verify(RecordedLoad& load, client::Client& client,
                                   VerificationScope scope, Random& random);

}  // namespace florin::cli
