// The state of accounts that a recorded load's updates must have led to.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "cli/recorded_load.h"
#include "client/client.h"
#include "ledger/account.h"
#include "ledger/account_update.h"

namespace florin::cli {

// What updates decide of one account.
struct UpdatedAccount {
  u16 frozen = 0;  // account_flags
  u64 user_data_64 = 0;
  ledger::AccountLimits limits;  // What is used of them left out.
};

// Every acknowledged update is there, as it was sent and at its time, unanswered ones are there or
// not, and nothing else is. Settles the state of unanswered updates. What does not hold is added to
// the load's problems.
Status check_update_history(RecordedLoad& load, client::Client& client);

// After all updates of the record in the order of their timestamps; by account of the plan.
std::vector<UpdatedAccount> updated_accounts(const RecordedLoad& load);

// Compares the accounts and their limits, as they were looked up, by account of the plan.
void check_updated_accounts(RecordedLoad& load,
                            std::span<const std::optional<ledger::Account>> accounts,
                            std::span<const std::optional<ledger::AccountLimits>> limits);

}  // namespace florin::cli
