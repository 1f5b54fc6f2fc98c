// A witness as text: what `florin client --execute witness` prints, and what a file for `florin
// serve --witness` holds.
#pragma once

#include <string>

#include "base/result.h"
#include "base/types.h"
#include "protocol/messages.h"

namespace florin::cli {

struct LedgerWitness {
  protocol::Witness witness;
  u128 ledger_id = 0;  // 0 = not told.
};

// "0x" and 32 digits.
std::string chain_text(u128 chain);

// Reads a file with one JSON object: `position` and `chain`, and `ledger_id` if it is told. Further
// members are let be. The error names the file, and what was expected.
Result<LedgerWitness> read_witness_file(const std::string& path);

}  // namespace florin::cli
