#include "client/change_follower.h"

namespace florin::client {

Answer<ledger::QueryCursor> follow_changes(
    Client& client, ledger::QueryFilter filter,
    const std::function<bool(const ChangePage& page)>& take) {
  while (true) {
    const Answer<ChangePage> page = client.get_change_events(filter);
    if (!page) return tl::unexpected(page.error());
    filter.cursor = page->next_cursor;
    if (!take(*page)) return filter.cursor;
  }
}

}  // namespace florin::client
