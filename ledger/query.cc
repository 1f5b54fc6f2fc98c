// The checks of filters.
#include "ledger/query.h"

#include <array>

#include "base/int128.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::ledger {

namespace {

constexpr u64 kTimestampEnd = u64{1} << 63;

using Wrong = std::optional<std::string>;

Wrong wrong(std::string_view field, u128 value, const std::string& expected) {
  return std::string(field) + " is " + to_decimal(value) + "; expected " + expected;
}

// A field that has no meaning for this kind of object.
struct Inapplicable {
  std::string_view field;
  u128 value;
};

Wrong check_inapplicable(Operation operation, const QueryFilter& filter) {
  const bool transfers = operation == Operation::QueryTransfers;
  const bool changes = operation == Operation::GetAccountChanges;
  const auto of_transfers =
      std::to_array<Inapplicable>({{"amount_min", filter.amount_min},
                                   {"amount_max", filter.amount_max},
                                   {"pending_status", filter.pending_status}});
  const auto of_objects = std::to_array<Inapplicable>({{"user_data_128", filter.user_data_128},
                                                       {"user_data_64", filter.user_data_64},
                                                       {"user_data_32", filter.user_data_32},
                                                       {"ledger", filter.ledger},
                                                       {"code", filter.code},
                                                       {"object_flags", filter.object_flags}});
  const std::string none = "0: " + std::string(name(operation)) + " does not know it";
  if (operation == Operation::QueryAccounts && filter.account_id != 0) {
    return wrong("account_id", filter.account_id, none);
  }
  for (const Inapplicable& each : of_transfers) {
    if (!transfers && each.value != 0) return wrong(each.field, each.value, none);
  }
  for (const Inapplicable& each : of_objects) {
    if (changes && each.value != 0) return wrong(each.field, each.value, none);
  }
  return std::nullopt;
}

Wrong check_flags(Operation operation, const QueryFilter& filter) {
  constexpr u16 kSides = QueryFilter::kDebits | QueryFilter::kCredits;
  if ((filter.flags & ~QueryFilter::kDefined) != 0) {
    return wrong("flags", filter.flags, "none but debits, credits and newest_first");
  }
  if ((filter.flags & kSides) != 0 &&
      (operation != Operation::QueryTransfers || filter.account_id == 0)) {
    return wrong("flags", filter.flags,
                 "debits and credits only in query_transfers and with an account_id");
  }
  const u16 defined =
      operation == Operation::QueryAccounts ? account_flags::kDefined : transfer_flags::kDefined;
  if ((filter.object_flags & ~defined) != 0) {
    return wrong("object_flags", filter.object_flags, "only flags that are defined");
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
  if (filter.cursor.next > filter.cursor.as_of) {
    return wrong("cursor.next", filter.cursor.next, "a cursor that a reply has given");
  }
  return std::nullopt;
}

}  // namespace

u32 query_limit_max(Operation operation) {
  return operation == Operation::GetAccountChanges ? kAccountChangesLimitMax : kQueryLimitMax;
}

std::optional<std::string> check_filter(Operation operation, const QueryFilter& filter) {
  const u32 most = query_limit_max(operation);
  if (filter.limit == 0 || filter.limit > most) {
    return wrong("limit", filter.limit, "1 to " + std::to_string(most));
  }
  if (Wrong found = check_inapplicable(operation, filter)) return found;
  if (Wrong found = check_flags(operation, filter)) return found;
  return check_ranges(filter);
}

}  // namespace florin::ledger
