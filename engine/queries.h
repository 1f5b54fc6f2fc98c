// Listings of transfers and of changes of accounts, which the authoriser answers at their place in
// the order, and of accounts, which their owners answer.
#pragma once

#include "engine/books.h"

namespace florin::engine {

// Whether the cursor can be; otherwise the request is refused. On the authorising thread.
bool check_cursor(ledger::Request& request, u64 count);

// On the authorising thread.
void query_transfers(const Books& books, ledger::Request& request);
void get_account_changes(const Books& books, ledger::Request& request);

// Accounts: one partition's part, on the thread that owns it, then all of it put together.
void query_accounts_part(const Tables& tables, const ledger::Request& request, u32 partition,
                         QueryPart& part);
void merge_query_accounts(const Tables& tables, Block& block, ledger::Request& request, u32 query,
                          u32 partitions);

}  // namespace florin::engine
