// All accounts of the ledger, a page at a time, in the order of their ids.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/store.h"
#include "history/store_view.h"

namespace florin::history {

// As Store::list_accounts has it.
Result<std::vector<ListedAccount>> listed_accounts(const StoreView& view, u128 after, u32 limit,
                                                   Position as_of);

}  // namespace florin::history
