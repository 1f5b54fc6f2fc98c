// Filters and cursors of the requests that list accounts, transfers, and changes of them.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "base/types.h"
#include "ledger/operation.h"

namespace florin::ledger {

// Where a listing goes on. Objects of a kind are numbered by their creation, from 0; the numbers
// are part of what replay makes again, so that a cursor is exact for ever. All zero: from the
// beginning.
struct QueryCursor {
  u64 next = 0;   // Newest first: objects below this number remain. Oldest first: from it on.
  u64 as_of = 0;  // Objects created since the first page are left out: those from this number on.
  // Of get_account_transfers, get_account_balances, get_statement and get_change_events, which list
  // changes by their place (see ledger/change_event.h): `next` is a position, `index` the place
  // within it, and `as_of` the position of the first page; get_change_events has none, it goes on
  // for ever.
  u64 index = 0;
  friend bool operator==(const QueryCursor&, const QueryCursor&) = default;
};

// Zero means "any", in every field but `limit`. Conditions that apply to accounts, transfers or
// changes only must be zero for the others.
struct QueryFilter {
  static constexpr u16 kDebits = 1 << 0;       // With `account_id`: where it is debited ...
  static constexpr u16 kCredits = 1 << 1;      // ... or credited; neither or both = either.
  static constexpr u16 kNewestFirst = 1 << 2;  // Otherwise oldest first.
  // Get_statement: the holds that were open at its end, in place of its entries.
  static constexpr u16 kHolds = 1 << 3;
  static constexpr u16 kDefined = 0x000f;

  u128 account_id = 0;  // Transfers: one of the sides. Changes: the account changed.
  u128 user_data_128 = 0;
  u128 amount_min = 0;  // Transfers, as is the next; inclusive.
  u128 amount_max = 0;
  u64 user_data_64 = 0;
  u64 timestamp_min = 0;  // Nanoseconds, inclusive, as is the next.
  u64 timestamp_max = 0;
  QueryCursor cursor;
  u32 user_data_32 = 0;
  u32 ledger = 0;
  u32 limit = 0;  // Objects in a page, at least 1.
  u16 code = 0;
  u16 object_flags = 0;   // Objects that have all of these flags (of their kind).
  u16 flags = 0;          // kDebits, kCredits, kNewestFirst, kHolds
  u8 pending_status = 0;  // Transfers: PendingStatus.
  u8 kinds = 0;     // Get_change_events: 1 << ChangeKind of those wanted; 0 = all but refused.
  u32 wait_ms = 0;  // The same: how long to wait for the first when there is none yet.
  friend bool operator==(const QueryFilter&, const QueryFilter&) = default;
};

// Whether a field of a filter takes an object with this value.
constexpr bool wants(u128 wanted, u128 value) { return wanted == 0 || wanted == value; }

// The most objects in a page, and the most that one page looks at: a page may come back short, or
// empty, with a cursor to go on from.
inline constexpr u32 kQueryLimitMax = 8189;
inline constexpr u32 kAccountChangesLimitMax = 3600;  // Larger objects: so many fit a reply.
inline constexpr u32 kChangeEventsLimitMax = 3600;    // Likewise, of the largest kind.
inline constexpr u32 kStatementLimitMax = 4090;       // Likewise, of entries with their balances.
inline constexpr u32 kQueryExaminedMax = 16'384;
// The longest wait of a get_change_events.
inline constexpr u32 kQueryWaitMsMax = 60'000;

// The largest `limit` of this kind of query.
u32 query_limit_max(Operation operation);

// What is wrong with the filter, naming the field, what it is and what was expected; or nothing.
std::optional<std::string> check_filter(Operation operation, const QueryFilter& filter);
// The same for the time of a get_balance_at.
std::optional<std::string> check_time(Timestamp time);
// The same for the cursor of a request that history answers and whose filter is right, once it is
// known where the ledger stands: a cursor from beyond that is not of this ledger, or of one that
// has lost something since.
std::optional<std::string> check_cursor_reached(Operation operation, const QueryCursor& cursor,
                                                Position position);

}  // namespace florin::ledger
