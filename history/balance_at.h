// The counters of an account as they were at a time.
#pragma once

#include "base/result.h"
#include "base/types.h"
#include "history/store_view.h"
#include "ledger/change_event.h"

namespace florin::history {

// Of an account without a change.
ledger::AccountBalance no_balance(u128 account, u32 ledger);

// Those after the last change, by place, that is not later than `time` and not behind `as_of`; all
// zero, but for account and ledger, when there is none. The account is one of `ledger`.
Result<ledger::AccountBalance> balance_at(const StoreView& view, u128 account, u32 ledger,
                                          Timestamp time, Position as_of);

}  // namespace florin::history
