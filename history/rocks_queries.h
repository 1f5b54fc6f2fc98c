// The questions about the past, answered from one view of the store.
#pragma once

#include "base/result.h"
#include "history/store_view.h"
#include "ledger/request.h"

namespace florin::history {

// As Store::answer has it.
Status answer_from(const StoreView& view, ledger::Request& request);

}  // namespace florin::history
