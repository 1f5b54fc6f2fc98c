// The checks of filters.
#include "ledger/query.h"

#include <array>

#include "base/int128.h"
#include "ledger/account.h"
#include "ledger/change_event.h"
#include "ledger/transfer.h"

namespace florin::ledger {

namespace {

using Wrong = std::optional<std::string>;

Wrong wrong(std::string_view field, u128 value, const std::string& expected) {
  return std::string(field) + " is " + to_decimal(value) + "; expected " + expected;
}

// What a filter can speak of.
enum Subject : u32 {
  kAccount = 1 << 0,  // account_id
  kObject = 1 << 1,   // User data and object_flags.
  kClass = 1 << 2,    // ledger and code
  kAmounts = 1 << 3,  // Amounts and pending_status.
  kTimes = 1 << 4,
  kChange = 1 << 5,  // kinds and wait_ms
  kSides = 1 << 6,   // debits and credits
  kOrder = 1 << 7,   // newest_first
  kEnd = 1 << 8,     // holds
};

// Of what the filter of this kind of query speaks.
u32 subjects_of(Operation operation) {
  switch (operation) {
    case Operation::QueryAccounts: return kObject | kClass | kTimes | kOrder;
    case Operation::QueryTransfers:
    case Operation::GetAccountTransfers:
      return kAccount | kObject | kClass | kAmounts | kTimes | kSides | kOrder;
    case Operation::GetAccountChanges:
    case Operation::GetAccountBalances: return kAccount | kTimes | kOrder;
    case Operation::GetChangeEvents: return kAccount | kClass | kChange;
    case Operation::GetStatement: return kAccount | kTimes | kEnd;
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::UpdateAccounts:
    case Operation::LookupAccounts:
    case Operation::LookupTransfers:
    case Operation::LookupLimits:
    case Operation::GetTrialBalance:
    case Operation::GetBalanceAt:
    case Operation::Tick: break;
  }
  return 0;
}

Wrong check_inapplicable(Operation operation, const QueryFilter& filter) {
  struct Said {
    Subject subject;
    std::string_view field;
    u128 value;
  };
  const auto said = std::to_array<Said>({{kAccount, "account_id", filter.account_id},
                                         {kAmounts, "amount_min", filter.amount_min},
                                         {kAmounts, "amount_max", filter.amount_max},
                                         {kAmounts, "pending_status", filter.pending_status},
                                         {kObject, "user_data_128", filter.user_data_128},
                                         {kObject, "user_data_64", filter.user_data_64},
                                         {kObject, "user_data_32", filter.user_data_32},
                                         {kClass, "ledger", filter.ledger},
                                         {kClass, "code", filter.code},
                                         {kObject, "object_flags", filter.object_flags},
                                         {kTimes, "timestamp_min", filter.timestamp_min},
                                         {kTimes, "timestamp_max", filter.timestamp_max},
                                         {kChange, "kinds", filter.kinds},
                                         {kChange, "wait_ms", filter.wait_ms}});
  const u32 subjects = subjects_of(operation);
  for (const Said& each : said) {
    if ((subjects & each.subject) != 0 || each.value == 0) continue;
    return wrong(each.field, each.value,
                 "0: " + std::string(name(operation)) + " does not know it");
  }
  return std::nullopt;
}

bool needs_account(Operation operation) {
  return operation == Operation::GetAccountTransfers ||
         operation == Operation::GetAccountBalances || operation == Operation::GetStatement;
}

Wrong check_account(Operation operation, const QueryFilter& filter) {
  if (!needs_account(operation) || filter.account_id != 0) return std::nullopt;
  return wrong("account_id", 0, "the account that " + std::string(name(operation)) + " is about");
}

Wrong check_flags(Operation operation, const QueryFilter& filter) {
  constexpr u16 kDebitsCredits = QueryFilter::kDebits | QueryFilter::kCredits;
  const u32 subjects = subjects_of(operation);
  if ((filter.flags & ~QueryFilter::kDefined) != 0) {
    return wrong("flags", filter.flags, "none but debits, credits, newest_first and holds");
  }
  if ((filter.flags & kDebitsCredits) != 0 &&
      ((subjects & kSides) == 0 || filter.account_id == 0)) {
    return wrong("flags", filter.flags,
                 "debits and credits only in query_transfers and get_account_transfers, and with "
                 "an account_id");
  }
  if ((filter.flags & QueryFilter::kNewestFirst) != 0 && (subjects & kOrder) == 0) {
    return wrong("flags", filter.flags,
                 "no newest_first: " + std::string(name(operation)) + " has an order of its own");
  }
  if ((filter.flags & QueryFilter::kHolds) != 0 && (subjects & kEnd) == 0) {
    return wrong("flags", filter.flags, "holds only in get_statement");
  }
  const u16 defined =
      operation == Operation::QueryAccounts ? account_flags::kDefined : transfer_flags::kDefined;
  if ((filter.object_flags & ~defined) != 0) {
    return wrong("object_flags", filter.object_flags, "only flags that are defined");
  }
  return std::nullopt;
}

// A statement is of a period, which has two ends.
Wrong check_period(Operation operation, const QueryFilter& filter) {
  if (operation != Operation::GetStatement) return std::nullopt;
  if (filter.timestamp_min == 0) {
    return wrong("timestamp_min", 0, "the first moment of the period, above 0");
  }
  if (filter.timestamp_max < filter.timestamp_min && filter.timestamp_min < kTimestampEnd) {
    return wrong("timestamp_max", filter.timestamp_max,
                 "the last moment of the period, no less than timestamp_min");
  }
  return std::nullopt;
}

Wrong check_ranges(const QueryFilter& filter) {
  if (filter.timestamp_min >= kTimestampEnd) {
    return wrong("timestamp_min", filter.timestamp_min, "nanoseconds below 2^63");
  }
  if (filter.timestamp_max >= kTimestampEnd) {
    return wrong("timestamp_max", filter.timestamp_max, "nanoseconds below 2^63");
  }
  if (filter.timestamp_max != 0 && filter.timestamp_max < filter.timestamp_min) {
    return wrong("timestamp_max", filter.timestamp_max, "0 or no less than timestamp_min");
  }
  if (filter.amount_max != 0 && filter.amount_max < filter.amount_min) {
    return wrong("amount_max", filter.amount_max, "0 or no less than amount_min");
  }
  if (filter.pending_status > static_cast<u8>(PendingStatus::Expired)) {
    return wrong("pending_status", filter.pending_status, "0 to 4");
  }
  if ((filter.kinds & ~kChangeKindsDefined) != 0) {
    return wrong("kinds", filter.kinds,
                 "only bits of kinds that are defined: 2 account_created, 4 account_updated, "
                 "8 transfer_created, 16 hold_expired, 32 transfer_refused; 0 = all but refused");
  }
  if (filter.wait_ms > kQueryWaitMsMax) {
    return wrong("wait_ms", filter.wait_ms, "at most " + std::to_string(kQueryWaitMsMax));
  }
  return std::nullopt;
}

// Cursors of places have an index; those of get_change_events have nothing else to remember.
Wrong check_cursor(Operation operation, const QueryCursor& cursor) {
  const std::string given = "a cursor that a reply has given";
  if (!is_of_history(operation)) {
    if (cursor.next > cursor.as_of) return wrong("cursor.next", cursor.next, given);
    if (cursor.index != 0) return wrong("cursor.index", cursor.index, given + ", or 0");
    return std::nullopt;
  }
  // An index is of 32 bits.
  if (cursor.index >= u64{1} << 32) return wrong("cursor.index", cursor.index, given);
  if (operation == Operation::GetChangeEvents) {
    if (cursor.as_of != 0) return wrong("cursor.as_of", cursor.as_of, "0");
    return std::nullopt;
  }
  // Behind the last page of the oldest first: the place after everything that was there then.
  if (cursor.next != 0 && cursor.next - 1 > cursor.as_of) {
    return wrong("cursor.next", cursor.next, given);
  }
  return std::nullopt;
}

}  // namespace

u32 query_limit_max(Operation operation) {
  if (operation == Operation::GetAccountChanges) return kAccountChangesLimitMax;
  if (operation == Operation::GetChangeEvents) return kChangeEventsLimitMax;
  if (operation == Operation::GetStatement) return kStatementLimitMax;
  return kQueryLimitMax;
}

std::optional<std::string> check_filter(Operation operation, const QueryFilter& filter) {
  const u32 most = query_limit_max(operation);
  if (filter.limit == 0 || filter.limit > most) {
    return wrong("limit", filter.limit, "1 to " + std::to_string(most));
  }
  if (Wrong found = check_account(operation, filter)) return found;
  if (Wrong found = check_inapplicable(operation, filter)) return found;
  if (Wrong found = check_flags(operation, filter)) return found;
  if (Wrong found = check_period(operation, filter)) return found;
  if (Wrong found = check_ranges(filter)) return found;
  return check_cursor(operation, filter.cursor);
}

std::optional<std::string> check_time(Timestamp time) {
  if (time.ns != 0 && time.ns < kTimestampEnd) return std::nullopt;
  return wrong("timestamp", time.ns, "a time: nanoseconds since 1970, above 0 and below 2^63");
}

std::optional<std::string> check_cursor_reached(Operation operation, const QueryCursor& cursor,
                                                Position position) {
  const std::string reached = "a cursor that this ledger has given: it stands at position " +
                              std::to_string(position.value);
  if (operation == Operation::GetChangeEvents) {
    if (cursor.next == 0 || cursor.next - 1 <= position.value) return std::nullopt;
    return wrong("cursor.next", cursor.next, reached);
  }
  if (cursor.as_of <= position.value) return std::nullopt;
  return wrong("cursor.as_of", cursor.as_of, reached);
}

}  // namespace florin::ledger
