// Follows everything that happens in a ledger, from any point on and for ever.
#pragma once

#include <functional>

#include "client/client.h"

namespace florin::client {

// Asks for page after page of changes, from filter.cursor on, and hands each to `take`, until that
// returns false; then returns where to go on. Pages without a change are handed over too: when
// filter.wait_ms is over and nothing happened (0: at once, so that it asks without pause).
//
// Whoever keeps page.next_cursor together with what came of the page, goes on there after any end
// of the program, and no change is missed or taken twice. An error ends it, after the client's
// retries.
Answer<ledger::QueryCursor> follow_changes(Client& client, ledger::QueryFilter filter,
                                           const std::function<bool(const ChangePage& page)>& take);

}  // namespace florin::client
