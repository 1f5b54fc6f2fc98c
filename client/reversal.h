// Taking transfers back: what the caller names, and the transfer that is sent for it.
#pragma once

#include <optional>

#include "base/types.h"
#include "ledger/transfer.h"

namespace florin::client {

struct Reversal {
  u128 id = 0;             // Of the new transfer.
  u128 original_id = 0;    // Of the transfer that it takes back.
  u128 user_data_128 = 0;  // The caller's own, as are the next two.
  u64 user_data_64 = 0;
  u32 user_data_32 = 0;
  u16 code = 0;  // Why it is made, not 0.
};

// The transfer flagged `reversal`: from the account that the original credited to the one that it
// debited, in its ledger and with its amount. Nothing is known of an original that was not found:
// then it names the accounts 2^128-3 and 2^128-2, ledger 1 and "all of it", so that its shape is
// right and the ledger decides.
ledger::Transfer reversing_transfer(const Reversal& reversal,
                                    const std::optional<ledger::Transfer>& original);

}  // namespace florin::client
