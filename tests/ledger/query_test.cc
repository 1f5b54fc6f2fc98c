// Which filters can be, and what is said of those that cannot.
#include "ledger/query.h"

#include <gtest/gtest.h>

#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::ledger {
namespace {

// In the order of the letters in a Case.
constexpr Operation kQueries[] = {Operation::QueryAccounts,      Operation::QueryTransfers,
                                  Operation::GetAccountChanges,  Operation::GetAccountTransfers,
                                  Operation::GetAccountBalances, Operation::GetChangeEvents,
                                  Operation::GetStatement};

QueryFilter any(Operation operation) {
  QueryFilter filter;
  filter.limit = 1;
  const bool of_period = operation == Operation::GetStatement;
  const bool of_account = operation == Operation::GetAccountTransfers ||
                          operation == Operation::GetAccountBalances || of_period;
  filter.account_id = of_account ? 5 : 0;
  filter.timestamp_min = of_period ? 1 : 0;
  filter.timestamp_max = of_period ? kTimestampEnd - 1 : 0;
  return filter;
}

// The field that is wrong, or nothing.
std::string wrong_field(Operation operation, const QueryFilter& filter) {
  const std::string message = check_filter(operation, filter).value_or("");
  return message.substr(0, message.find(' '));
}

TEST(CheckFilter, takes_a_filter_that_asks_for_anything) {
  for (const Operation operation : kQueries) {
    EXPECT_EQ(check_filter(operation, any(operation)), std::nullopt) << name(operation);
  }
}

TEST(CheckFilter, bounds_the_limit) {
  for (const Operation operation : kQueries) {
    const bool large_objects =
        operation == Operation::GetAccountChanges || operation == Operation::GetChangeEvents;
    const u32 most = operation == Operation::GetStatement ? 4090 : large_objects ? 3600 : 8189;
    EXPECT_EQ(query_limit_max(operation), most);
    QueryFilter filter = any(operation);
    for (const u32 limit : {u32{0}, most + 1, ~u32{0}}) {
      filter.limit = limit;
      EXPECT_EQ(wrong_field(operation, filter), "limit") << limit;
    }
    filter.limit = most;
    EXPECT_EQ(check_filter(operation, filter), std::nullopt);
  }
  QueryFilter filter = any(Operation::QueryAccounts);
  filter.limit = 8190;
  EXPECT_EQ(check_filter(Operation::QueryAccounts, filter), "limit is 8190; expected 1 to 8189");
}

// A change of a filter, the field that it concerns, and the kinds of query that take it: Accounts,
// Transfers, Changes of accounts, transfers Of an account, its Balances, change Events,
// Statements.
struct Case {
  std::string_view field;
  void (*change)(QueryFilter&);
  std::string_view taken_by;
};

constexpr std::string_view kLetters = "ATCOBES";
static_assert(kLetters.size() == std::size(kQueries));

const Case kCases[] = {
    {"account_id", [](QueryFilter& filter) { filter.account_id = 1; }, "TCOBES"},
    {"user_data_128", [](QueryFilter& filter) { filter.user_data_128 = kU128Max; }, "ATO"},
    {"user_data_64", [](QueryFilter& filter) { filter.user_data_64 = 1; }, "ATO"},
    {"user_data_32", [](QueryFilter& filter) { filter.user_data_32 = 1; }, "ATO"},
    {"ledger", [](QueryFilter& filter) { filter.ledger = 1; }, "ATOE"},
    {"code", [](QueryFilter& filter) { filter.code = 1; }, "ATOE"},
    {"object_flags", [](QueryFilter& filter) { filter.object_flags = 1 << 7; }, "ATO"},
    {"object_flags", [](QueryFilter& filter) { filter.object_flags = 1 << 8; }, "TO"},
    {"object_flags", [](QueryFilter& filter) { filter.object_flags = 1 << 11; }, ""},
    {"amount_max", [](QueryFilter& filter) { filter.amount_max = 1; }, "TO"},
    {"amount_min", [](QueryFilter& filter) { filter.amount_min = kU128Max; }, "TO"},
    {"pending_status", [](QueryFilter& filter) { filter.pending_status = 4; }, "TO"},
    {"pending_status", [](QueryFilter& filter) { filter.pending_status = 5; }, ""},
    {"flags", [](QueryFilter& filter) { filter.flags = QueryFilter::kNewestFirst; }, "ATCOB"},
    // Sides are those of an account, which is there where it must be.
    {"flags", [](QueryFilter& filter) { filter.flags = QueryFilter::kDebits; }, "O"},
    {"flags", [](QueryFilter& filter) { filter.flags = QueryFilter::kCredits; }, "O"},
    {"flags", [](QueryFilter& filter) { filter.flags = QueryFilter::kHolds; }, "S"},
    {"flags", [](QueryFilter& filter) { filter.flags = 1 << 4; }, ""},
    {"flags", [](QueryFilter& filter) { filter.flags = 1 << 15; }, ""},
    {"timestamp_min", [](QueryFilter& filter) { filter.timestamp_min = (u64{1} << 63) - 1; },
     "ATCOBS"},
    {"timestamp_min", [](QueryFilter& filter) { filter.timestamp_min = u64{1} << 63; }, ""},
    {"timestamp_max", [](QueryFilter& filter) { filter.timestamp_max = (u64{1} << 63) - 1; },
     "ATCOBS"},
    {"timestamp_max", [](QueryFilter& filter) { filter.timestamp_max = u64{1} << 63; }, ""},
    {"kinds", [](QueryFilter& filter) { filter.kinds = 0x02; }, "E"},
    {"kinds", [](QueryFilter& filter) { filter.kinds = 0x3e; }, "E"},
    {"kinds", [](QueryFilter& filter) { filter.kinds = 0x01; }, ""},
    {"kinds", [](QueryFilter& filter) { filter.kinds = 0x40; }, ""},
    {"wait_ms", [](QueryFilter& filter) { filter.wait_ms = 60'000; }, "E"},
    {"wait_ms", [](QueryFilter& filter) { filter.wait_ms = 60'001; }, ""},
    {"cursor.next",
     [](QueryFilter& filter) {
       filter.cursor = {7, 7};
     },
     "ATCOBS"},
    // Behind the last change that the first page could see.
    {"cursor.next",
     [](QueryFilter& filter) {
       filter.cursor = {8, 7};
     },
     "OBS"},
    {"cursor.next",
     [](QueryFilter& filter) {
       filter.cursor = {9, 7};
     },
     ""},
    {"cursor.index",
     [](QueryFilter& filter) {
       filter.cursor = {0, 0, 1};
     },
     "OBES"},
    {"cursor.index",
     [](QueryFilter& filter) {
       filter.cursor = {0, 0, u64{1} << 32};
     },
     ""},
};

TEST(CheckFilter, names_the_field_that_cannot_be) {
  for (const Case& each : kCases) {
    for (usize kind = 0; kind < std::size(kQueries); ++kind) {
      const Operation operation = kQueries[kind];
      SCOPED_TRACE(std::string(each.field) + " in " + std::string(name(operation)));
      QueryFilter filter = any(operation);
      each.change(filter);
      const std::string wrong = wrong_field(operation, filter);
      if (each.taken_by.find(kLetters[kind]) != std::string_view::npos) {
        EXPECT_EQ(wrong, "");
      } else if (operation == Operation::GetChangeEvents && each.field == "cursor.next") {
        EXPECT_EQ(wrong, "cursor.as_of");  // Of these cursors the next of all can be.
      } else {
        EXPECT_EQ(wrong, each.field);
      }
    }
  }
}

TEST(CheckFilter, takes_times_only_in_order) {
  for (const Operation operation : kQueries) {
    if (operation == Operation::GetChangeEvents) continue;  // It knows no times.
    QueryFilter filter = any(operation);
    filter.timestamp_min = filter.timestamp_max = 8;
    EXPECT_EQ(check_filter(operation, filter), std::nullopt);
    filter.timestamp_max = 7;
    EXPECT_EQ(wrong_field(operation, filter), "timestamp_max");
  }
}

TEST(CheckFilter, takes_sides_only_of_an_account_and_amounts_only_in_order) {
  QueryFilter filter = any(Operation::QueryTransfers);
  filter.account_id = 5;
  for (const u16 sides : {QueryFilter::kDebits, QueryFilter::kCredits,
                          static_cast<u16>(QueryFilter::kDebits | QueryFilter::kCredits)}) {
    filter.flags = sides;
    EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
    EXPECT_EQ(check_filter(Operation::GetAccountTransfers, filter), std::nullopt);
    for (const Operation operation : {Operation::GetAccountChanges, Operation::GetAccountBalances,
                                      Operation::GetChangeEvents}) {
      EXPECT_EQ(wrong_field(operation, filter), "flags") << name(operation);
    }
  }
  filter.amount_min = filter.amount_max = 5;
  EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
  filter.amount_min = 6;
  EXPECT_EQ(wrong_field(Operation::QueryTransfers, filter), "amount_max");
  filter.amount_max = 0;
  EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
}

TEST(CheckFilter, wants_the_account_that_a_query_is_about) {
  QueryFilter filter;
  filter.limit = 1;
  EXPECT_EQ(check_filter(Operation::GetAccountTransfers, filter),
            "account_id is 0; expected the account that get_account_transfers is about");
  EXPECT_EQ(wrong_field(Operation::GetAccountBalances, filter), "account_id");
  EXPECT_EQ(check_filter(Operation::QueryTransfers, filter), std::nullopt);
}

TEST(CheckFilter, changes_go_on_from_any_place_for_ever) {
  QueryFilter filter = any(Operation::GetChangeEvents);
  filter.cursor = {.next = ~u64{0}, .as_of = 0, .index = (u64{1} << 32) - 1};
  EXPECT_EQ(check_filter(Operation::GetChangeEvents, filter), std::nullopt);
  filter.cursor.as_of = 1;
  EXPECT_EQ(check_filter(Operation::GetChangeEvents, filter), "cursor.as_of is 1; expected 0");
  filter.cursor = {};
  filter.flags = QueryFilter::kNewestFirst;
  EXPECT_EQ(check_filter(Operation::GetChangeEvents, filter),
            "flags is 4; expected no newest_first: get_change_events has an order of its own");
}

TEST(CheckFilter, a_statement_is_of_a_period_with_two_ends) {
  constexpr Operation kStatement = Operation::GetStatement;
  QueryFilter filter = any(kStatement);
  filter.timestamp_min = filter.timestamp_max = 1;
  EXPECT_EQ(check_filter(kStatement, filter), std::nullopt);
  filter.timestamp_min = 0;
  EXPECT_EQ(check_filter(kStatement, filter),
            "timestamp_min is 0; expected the first moment of the period, above 0");
  filter.timestamp_min = 5;
  EXPECT_EQ(check_filter(kStatement, filter),
            "timestamp_max is 1; expected the last moment of the period, no less than "
            "timestamp_min");
  filter.timestamp_max = 0;
  EXPECT_EQ(check_filter(kStatement, filter),
            "timestamp_max is 0; expected the last moment of the period, no less than "
            "timestamp_min");
  filter = any(kStatement);
  filter.account_id = 0;
  EXPECT_EQ(check_filter(kStatement, filter),
            "account_id is 0; expected the account that get_statement is about");
  filter = any(Operation::GetAccountBalances);
  filter.flags = QueryFilter::kHolds;
  EXPECT_EQ(check_filter(Operation::GetAccountBalances, filter),
            "flags is 8; expected holds only in get_statement");
}

TEST(CheckTime, wants_one_that_can_be) {
  for (const u64 ns : {u64{1}, (u64{1} << 63) - 1}) {
    EXPECT_EQ(check_time(Timestamp{ns}), std::nullopt) << ns;
  }
  EXPECT_EQ(check_time(Timestamp{0}),
            "timestamp is 0; expected a time: nanoseconds since 1970, above 0 and below 2^63");
  for (const u64 ns : {u64{1} << 63, ~u64{0}}) EXPECT_TRUE(check_time(Timestamp{ns})) << ns;
}

TEST(CheckCursorReached, does_not_take_one_from_beyond_the_ledger) {
  const auto wrong = [](Operation operation, const QueryCursor& cursor) {
    return check_cursor_reached(operation, cursor, Position{10}).value_or("");
  };
  for (const Operation operation :
       {Operation::GetAccountTransfers, Operation::GetAccountBalances, Operation::GetStatement}) {
    EXPECT_EQ(wrong(operation, {}), "");
    EXPECT_EQ(wrong(operation, {.next = 11, .as_of = 10}), "");
    EXPECT_EQ(wrong(operation, {.next = 5, .as_of = 11}),
              "cursor.as_of is 11; expected a cursor that this ledger has given: it stands at "
              "position 10");
  }
  EXPECT_EQ(wrong(Operation::GetChangeEvents, {}), "");
  EXPECT_EQ(wrong(Operation::GetChangeEvents, {.next = 11}), "");
  EXPECT_EQ(wrong(Operation::GetChangeEvents, {.next = 12}),
            "cursor.next is 12; expected a cursor that this ledger has given: it stands at "
            "position 10");
  EXPECT_NE(wrong(Operation::GetChangeEvents, {.next = ~u64{0}}), "");
}

}  // namespace
}  // namespace florin::ledger
