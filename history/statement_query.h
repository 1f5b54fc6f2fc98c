// What happened on one account in a period, as get_statement has it.
//
// The period ends, in the order of the ledger, with the account's last change that is not later
// than timestamp_max; it begins behind the last one that is earlier than timestamp_min. Between the
// two stand its entries, each with the counters right after it. Times of expiries and of imported
// transfers may cross; places never do, so opening balance, entries and closing balance always add
// up.
#pragma once

#include "base/result.h"
#include "history/store_view.h"
#include "ledger/request.h"

namespace florin::history {

// The lists of the request's answer are empty, and its filter is right.
Status get_statement(const StoreView& view, ledger::Request& request);

}  // namespace florin::history
