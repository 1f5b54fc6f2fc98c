#include "history/account_listing.h"

#include <algorithm>

#include "history/store_keys.h"

namespace florin::history {

namespace {

bool is_before(const ListedAccount& left, const ListedAccount& right) { return left.id < right.id; }

// Those of the runs in memory, which the view counts as well; all of them, as they are not in
// order.
std::vector<ListedAccount> listed_in_runs(const StoreView& view, u128 after, Position as_of) {
  std::vector<ListedAccount> listed;
  for (const auto& run : view.runs()) {
    for (const ChunkView& chunk : run->chunks()) {
      for (const u32 index : chunk.accounts) {
        const OtherChange& event = chunk.others[index];
        const ledger::Account& account = *event.created();
        if (account.id <= after || event.place.position > as_of.value) continue;
        listed.push_back({account.id, account.timestamp, account.ledger, account.code});
      }
    }
  }
  std::sort(listed.begin(), listed.end(), is_before);
  return listed;
}

}  // namespace

Result<std::vector<ListedAccount>> listed_accounts(const StoreView& view, u128 after, u32 limit,
                                                   Position as_of) {
  std::vector<ListedAccount> listed;
  if (after == kU128Max) return listed;
  const u64 position_max = std::min(as_of.value, view.stored());
  RowCursor cursor = view.tables().cursor(Table::Index, true);
  for (cursor.seek(account_key(after + 1).view()); listed.size() < limit && cursor.valid();
       cursor.next()) {
    if (cursor.key().front() != kAccountRow) break;
    AccountRow row;
    if (!decode(cursor.value(), row)) return StoreView::damaged(Table::Index, cursor.key());
    if (row.place.position > position_max) continue;
    listed.push_back({key_u128(cursor.key(), 1), row.timestamp, row.ledger, row.code});
  }
  RETURN_IF_ERROR(cursor.status());
  const auto in_memory = listed_in_runs(view, after, as_of);
  const auto stored = static_cast<std::ptrdiff_t>(listed.size());
  listed.insert(listed.end(), in_memory.begin(), in_memory.end());
  std::inplace_merge(listed.begin(), listed.begin() + stored, listed.end(), is_before);
  if (listed.size() > limit) listed.resize(limit);
  return listed;
}

}  // namespace florin::history
