// What the follower knows of accounts: their four counters, as of what it has followed. Accounts
// come in when they are first met, and stay. About 100 bytes an account.
#pragma once

#include "base/types.h"
#include "history/id_records.h"

namespace florin::history {

struct AccountBalances {
  u128 id = 0;
  u128 counters[4] = {};  // By engine::Counter.
};
static_assert(sizeof(AccountBalances) == 80);

constexpr u128 id_of(const AccountBalances& account) { return account.id; }

using AccountTable = IdRecords<AccountBalances, 4096, id_of>;

}  // namespace florin::history
