// Which filters can be, and what is said of those that cannot.
#include "ledger/query.h"

#include <gtest/gtest.h>

#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::ledger {
namespace {

constexpr Operation kQueries[] = {Operation::QueryAccounts, Operation::QueryTransfers,
                                  Operation::GetAccountChanges};

QueryFilter any() {
  QueryFilter filter;
  filter.limit = 1;
  return filter;
}

// The field that is wrong, or nothing.
std::string wrong_field(Operation operation, const QueryFilter& filter) {
  const std::string message = check_filter(operation, filter).value_or("");
  return message.substr(0, message.find(' '));
}

TEST(CheckFilter, takes_a_filter_that_asks_for_anything) {
  for (const Operation operation : kQueries) {
    EXPECT_EQ(check_filter(operation, any()), std::nullopt) << name(operation);
  }
}

TEST(CheckFilter, bounds_the_limit) {
  for (const Operation operation : kQueries) {
    const u32 most = operation == Operation::GetAccountChanges ? 3600 : 8189;
    EXPECT_EQ(query_limit_max(operation), most);
    QueryFilter filter = any();
    for (const u32 limit : {u32{0}, most + 1, ~u32{0}}) {
      filter.limit = limit;
      EXPECT_EQ(wrong_field(operation, filter), "limit") << limit;
    }
    filter.limit = most;
    EXPECT_EQ(check_filter(operation, filter), std::nullopt);
  }
  QueryFilter filter = any();
  filter.limit = 8190;
  EXPECT_EQ(check_filter(Operation::QueryAccounts, filter), "limit is 8190; expected 1 to 8189");
}

// A change of a filter, the field that it concerns, and the kinds of query that know it.
struct Case {
  std::string_view field;
  void (*change)(QueryFilter&);
  bool accounts, transfers, changes;
};

const Case kCases[] = {
    {"account_id", [](QueryFilter& filter) { filter.account_id = 1; }, false, true, true},
    {"user_data_128", [](QueryFilter& filter) { filter.user_data_128 = kU128Max; }, true, true,
     false},
    {"user_data_64", [](QueryFilter& filter) { filter.user_data_64 = 1; }, true, true, false},
    {"user_data_32", [](QueryFilter& filter) { filter.user_data_32 = 1; }, true, true, false},
    {"ledger", [](QueryFilter& filter) { filter.ledger = 1; }, true, true, false},
    {"code", [](QueryFilter& filter) { filter.code = 1; }, true, true, false},
    {"object_flags", [](QueryFilter& filter) { filter.object_flags = 1 << 7; }, true, true, false},
    {"object_flags", [](QueryFilter& filter) { filter.object_flags = 1 << 8; }, false, true, false},
    {"object_flags", [](QueryFilter& filter) { filter.object_flags = 1 << 11; }, false, false,
     false},
    {"amount_max", [](QueryFilter& filter) { filter.amount_max = 1; }, false, true, false},
    {"amount_min", [](QueryFilter& filter) { filter.amount_min = kU128Max; }, false, true, false},
    {"pending_status", [](QueryFilter& filter) { filter.pending_status = 4; }, false, true, false},
    {"pending_status", [](QueryFilter& filter) { filter.pending_status = 5; }, false, false, false},
    {"flags", [](QueryFilter& filter) { filter.flags = QueryFilter::kNewestFirst; }, true, true,
     true},
    {"flags", [](QueryFilter& filter) { filter.flags = QueryFilter::kDebits; }, false, false,
     false},
    {"flags", [](QueryFilter& filter) { filter.flags = 1 << 3; }, false, false, false},
    {"flags", [](QueryFilter& filter) { filter.flags = 1 << 15; }, false, false, false},
    {"timestamp_min", [](QueryFilter& filter) { filter.timestamp_min = (u64{1} << 63) - 1; }, true,
     true, true},
    {"timestamp_min", [](QueryFilter& filter) { filter.timestamp_min = u64{1} << 63; }, false,
     false, false},
    {"timestamp_max", [](QueryFilter& filter) { filter.timestamp_max = (u64{1} << 63) - 1; }, true,
     true, true},
    {"timestamp_max", [](QueryFilter& filter) { filter.timestamp_max = u64{1} << 63; }, false,
     false, false},
    {"timestamp_max",
     [](QueryFilter& filter) {
       filter.timestamp_min = 8;
       filter.timestamp_max = 8;
     },
     true, true, true},
    {"timestamp_max",
     [](QueryFilter& filter) {
       filter.timestamp_min = 8;
       filter.timestamp_max = 7;
     },
     false, false, false},
    {"cursor.next",
     [](QueryFilter& filter) {
       filter.cursor = {7, 7};
     },
     true, true, true},
    {"cursor.next",
     [](QueryFilter& filter) {
       filter.cursor = {8, 7};
     },
     false, false, false},
    {"reserved", [](QueryFilter& filter) { filter.reserved[0] = 1; }, false, false, false},
    {"reserved", [](QueryFilter& filter) { filter.reserved[4] = 1; }, false, false, false},
};

TEST(CheckFilter, names_the_field_that_cannot_be) {
  for (const Case& each : kCases) {
    QueryFilter filter = any();
    each.change(filter);
    const bool known[] = {each.accounts, each.transfers, each.changes};
    for (usize kind = 0; kind < std::size(kQueries); ++kind) {
      SCOPED_TRACE(std::string(each.field) + " in " + std::string(name(kQueries[kind])));
      EXPECT_EQ(wrong_field(kQueries[kind], filter), known[kind] ? "" : each.field);
    }
  }
}

TEST(CheckFilter, takes_sides_only_of_an_account_and_amounts_only_in_order) {
  QueryFilter filter = any();
  filter.account_id = 5;
  for (const u16 sides : {QueryFilter::kDebits, QueryFilter::kCredits,
                          static_cast<u16>(QueryFilter::kDebits | QueryFilter::kCredits)}) {
    filter.flags = sides;
    EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
    EXPECT_EQ(wrong_field(Operation::GetAccountChanges, filter), "flags");
  }
  filter.amount_min = filter.amount_max = 5;
  EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
  filter.amount_min = 6;
  EXPECT_EQ(wrong_field(Operation::QueryTransfers, filter), "amount_max");
  filter.amount_max = 0;
  EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
}

}  // namespace
}  // namespace florin::ledger
