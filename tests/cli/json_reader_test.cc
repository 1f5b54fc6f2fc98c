// JSON lines in: every field, every form of number, and what is refused with which words.
#include "cli/json_reader.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "cli/fields.h"
#include "cli/json_writer.h"

namespace florin::cli {
namespace {

std::string message_of(std::string_view line) {
  const auto command = parse_json_command(line);
  return command ? "accepted" : command.error().message;
}

// Each field gets a value of its own, as large as its bits allow in part.
template <class Object>
Object with_all_fields() {
  Object object{};
  u128 value = 7;
  for (const Field<Object>& field : schema<Object>().fields) {
    field.set(object, field.form == FieldForm::Flags ? 3 : largest_value(field.bits) - value);
    value += 11;
  }
  return object;
}

template <class Object>
void expect_same(const Object& one, const Object& other) {
  for (const Field<Object>& field : schema<Object>().fields) {
    EXPECT_EQ(to_decimal(field.get(one)), to_decimal(field.get(other))) << field.name;
  }
}

template <class Object>
std::string as_event(const Object& object, bool hexadecimal) {
  std::string text;
  for (const Field<Object>& field : schema<Object>().fields) {
    const u128 value = field.get(object);
    const std::string number = hexadecimal
                                   ? fmt::format("0x{:x}{:016x}", high_half(value), low_half(value))
                                   : to_decimal(value);
    text += fmt::format(R"({}"{}":"{}")", text.empty() ? "" : ",", field.name, number);
  }
  return "{" + text + "}";
}

TEST(JsonReader, reads_every_field_of_accounts_in_decimal_and_hexadecimal) {
  const auto account = with_all_fields<ledger::Account>();
  for (const bool hexadecimal : {false, true}) {
    const auto command = parse_json_command(R"({"request":"create_accounts","events":[)" +
                                            as_event(account, hexadecimal) + "]}");
    ASSERT_TRUE(command) << command.error().message;
    ASSERT_EQ(command->kind, CommandKind::CreateAccounts);
    ASSERT_EQ(command->accounts.size(), 1u);
    expect_same(command->accounts[0], account);
  }
}

TEST(JsonReader, reads_every_field_of_transfers_in_decimal_and_hexadecimal) {
  const auto transfer = with_all_fields<ledger::Transfer>();
  for (const bool hexadecimal : {false, true}) {
    const auto command = parse_json_command(R"({"request":"create_transfers","events":[)" +
                                            as_event(transfer, hexadecimal) + "]}");
    ASSERT_TRUE(command) << command.error().message;
    ASSERT_EQ(command->transfers.size(), 1u);
    expect_same(command->transfers[0], transfer);
  }
}

// What is written can be read again: a looked-up object sent as an event is the same object.
template <class Object>
void expect_round_trip(std::string_view request, const std::string& line, std::string_view member,
                       const Object& object, std::vector<Object> Command::*events) {
  const std::string key = fmt::format(R"("{}":[)", member);
  const usize begin = line.find(key) + key.size();
  const std::string event = line.substr(begin, line.find('}', begin) + 1 - begin);
  const auto command =
      parse_json_command(fmt::format(R"({{"request":"{}","events":[{}]}})", request, event));
  ASSERT_TRUE(command) << command.error().message;
  expect_same((*command.*events)[0], object);
}

TEST(JsonReader, writes_accounts_so_that_they_can_be_read_again) {
  Answer answer;
  answer.kind = CommandKind::LookupAccounts;
  answer.accounts = {with_all_fields<ledger::Account>()};
  expect_round_trip("create_accounts", to_json(answer), "accounts", answer.accounts[0],
                    &Command::accounts);
}

TEST(JsonReader, writes_transfers_so_that_they_can_be_read_again) {
  Answer answer;
  answer.kind = CommandKind::LookupTransfers;
  answer.transfers = {with_all_fields<ledger::Transfer>()};
  answer.statuses.resize(1);
  expect_round_trip("create_transfers", to_json(answer), "transfers", answer.transfers[0],
                    &Command::transfers);
}

TEST(JsonReader, leaves_omitted_fields_zero_and_reads_plain_numbers_exactly) {
  const auto command = parse_json_command(
      R"({"request":"create_transfers","events":[{"id":18446744073709551615,"amount":100}]})");
  ASSERT_TRUE(command) << command.error().message;
  ledger::Transfer expected{};
  expected.id = ~u64{0};
  expected.amount = 100;
  expect_same(command->transfers[0], expected);
}

TEST(JsonReader, reads_flags_as_names_numbers_and_both) {
  const auto flags_of = [](std::string_view flags) {
    const auto command = parse_json_command(
        fmt::format(R"({{"request":"create_accounts","events":[{{"flags":{}}}]}})", flags));
    return command ? int{command->accounts.at(0).flags} : -1;
  };
  EXPECT_EQ(flags_of("[]"), 0);
  EXPECT_EQ(flags_of(R"(["debits_must_not_exceed_credits"])"), 2);
  EXPECT_EQ(flags_of(R"(["linked","history"])"), 1 | 8);
  EXPECT_EQ(flags_of(R"(["linked",256])"), 1 | 256);
  EXPECT_EQ(flags_of("9"), 9);
  EXPECT_EQ(flags_of(R"("0xffff")"), 0xffff);
  EXPECT_EQ(flags_of("65536"), -1);
  EXPECT_EQ(flags_of(R"(["Linked"])"), -1);
}

TEST(JsonReader, reads_ids_filters_and_ping) {
  const auto lookup = parse_json_command(R"({"request":"lookup_accounts","ids":["1",2,"0xff"]})");
  ASSERT_TRUE(lookup);
  EXPECT_EQ(lookup->ids, (std::vector<u128>{1, 2, 255}));
  const auto balance =
      parse_json_command(R"( {"request":"get_trial_balance","ledger_min":3,"limit":"5"} )");
  ASSERT_TRUE(balance);
  EXPECT_EQ(balance->trial_balance.ledger_min, 3u);
  EXPECT_EQ(balance->trial_balance.limit, 5u);
  const auto all = parse_json_command(R"({"request":"get_trial_balance"})");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->trial_balance.limit, ledger::kTrialBalanceLinesMax);
  const auto ping = parse_json_command(R"({"request":"ping"})");
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->kind, CommandKind::Ping);
}

TEST(JsonReader, reads_conditions_and_what_else_is_asked_of_transfers) {
  const auto command = parse_json_command(
      R"({"request":"create_transfers","events":[{"id":1},{"id":2}],)"
      R"("dry_run":true,"balances":true,)"
      R"("conditions":[{"index":0,"side":"debit","at_least":"-5","at_most":100},)"
      R"({"index":1,"side":"credit","at_least":-1}]})");
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_TRUE(command->dry_run);
  EXPECT_TRUE(command->balances);
  ASSERT_EQ(command->conditions.size(), 2u);
  const ledger::Condition& debit = command->conditions[0];
  EXPECT_EQ(debit.index, 0u);
  EXPECT_EQ(debit.side, static_cast<u16>(ledger::Condition::Side::Debit));
  EXPECT_EQ(debit.bounds, ledger::Condition::kAtLeast | ledger::Condition::kAtMost);
  EXPECT_EQ(debit.minimum, ~u128{0} - 4);
  EXPECT_EQ(debit.maximum, 100u);
  const ledger::Condition& credit = command->conditions[1];
  EXPECT_EQ(credit.index, 1u);
  EXPECT_EQ(credit.side, static_cast<u16>(ledger::Condition::Side::Credit));
  EXPECT_EQ(credit.bounds, ledger::Condition::kAtLeast);
  EXPECT_EQ(credit.minimum, ~u128{0});
}

TEST(JsonReader, reads_bounds_up_to_their_edges) {
  const auto minimum_of = [](std::string_view bound) -> std::optional<u128> {
    const auto command = parse_json_command(
        fmt::format(R"({{"request":"create_transfers","events":[{{}}],"conditions":)"
                    R"([{{"side":"debit","at_least":{}}}]}})",
                    bound));
    return command ? std::optional(command->conditions.at(0).minimum) : std::nullopt;
  };
  EXPECT_EQ(minimum_of(R"("170141183460469231731687303715884105727")"), (u128{1} << 127) - 1);
  EXPECT_EQ(minimum_of(R"("170141183460469231731687303715884105728")"), std::nullopt);
  EXPECT_EQ(minimum_of(R"("-170141183460469231731687303715884105728")"), u128{1} << 127);
  EXPECT_EQ(minimum_of(R"("-170141183460469231731687303715884105729")"), std::nullopt);
  EXPECT_EQ(minimum_of("-9223372036854775808"), ~u128{0} - (u128{1} << 63) + 1);
  EXPECT_EQ(minimum_of("18446744073709551615"), u128{~u64{0}});
  EXPECT_EQ(minimum_of("-0"), u128{0});
  for (const char* none : {"1.5", "1e3", R"("--1")", R"("")", R"("-")", "null", "true"}) {
    EXPECT_EQ(minimum_of(none), std::nullopt) << none;
  }
}

TEST(JsonReader, derives_the_changes_of_an_update_from_what_is_given) {
  const auto command = parse_json_command(
      R"({"request":"update_accounts","events":[{"id":"1","account_id":"101","freeze_debits":true,)"
      R"("unfreeze_credits":false,"overdraft_limit":"500","user_data_64":0,)"
      R"("reason":"court \u00a7 12"},)"
      R"({"id":"2","account_id":"101","clear_balance_limit":true,"flags":["linked"]}]})");
  ASSERT_TRUE(command) << command.error().message;
  ASSERT_EQ(command->updates.size(), 2u);
  const ledger::AccountUpdate& first = command->updates[0];
  namespace changes = ledger::account_changes;
  EXPECT_EQ(first.changes,
            changes::kFreezeDebits | changes::kSetOverdraftLimit | changes::kSetUserData64);
  EXPECT_EQ(first.account_id, 101u);
  EXPECT_EQ(first.overdraft_limit, 500u);
  EXPECT_EQ(first.velocity_sum_limit, 0u);
  EXPECT_EQ(first.velocity_count_limit, 0u);
  EXPECT_EQ(std::string_view(first.reason, first.reason_length), "court \u00a7 12");
  EXPECT_EQ(first.reason_length, 11);
  EXPECT_EQ(command->updates[1].changes, changes::kClearBalanceLimit);
  EXPECT_EQ(command->updates[1].flags, ledger::AccountUpdate::kLinked);
  EXPECT_EQ(command->updates[1].reason_length, 0);
}

TEST(JsonReader, takes_bounds_of_a_velocity_limit_that_are_left_out_for_any) {
  const auto update_of = [](std::string_view values) {
    const auto command = parse_json_command(
        fmt::format(R"({{"request":"update_accounts","events":[{{"id":"1",{}}}]}})", values));
    return command ? command->updates.at(0) : ledger::AccountUpdate{};
  };
  const auto sum = update_of(R"("velocity_window":86400,"velocity_sum_limit":"1000")");
  EXPECT_EQ(sum.changes, ledger::account_changes::kSetVelocityLimit);
  EXPECT_EQ(sum.velocity_window, 86'400u);
  EXPECT_EQ(sum.velocity_sum_limit, 1000u);
  EXPECT_EQ(sum.velocity_count_limit, ~u32{0});
  const auto count = update_of(R"("velocity_window":60,"velocity_count_limit":0)");
  EXPECT_EQ(count.velocity_sum_limit, kU128Max);
  EXPECT_EQ(count.velocity_count_limit, 0u);
}

TEST(JsonReader, knows_a_word_or_value_for_every_change) {
  const Schema<ledger::AccountUpdate>& known = schema<ledger::AccountUpdate>();
  ledger::AccountUpdate update{};
  for (const FlagName& word : known.words) known.set_word(update, word.bit);
  for (const auto& field : known.fields) {
    if (field.set != nullptr) field.set(update, 1);
  }
  EXPECT_EQ(update.changes, ledger::account_changes::kDefined);
  u32 named = 0;
  for (const FlagName& change : change_names()) named |= change.bit;
  EXPECT_EQ(named, ledger::account_changes::kDefined);
}

TEST(JsonReader, reads_reversals) {
  const auto command = parse_json_command(
      R"({"request":"reverse_transfers","events":[{"id":"9","original_id":"7","code":2,)"
      R"("user_data_32":3}]})");
  ASSERT_TRUE(command) << command.error().message;
  ASSERT_EQ(command->reversals.size(), 1u);
  EXPECT_EQ(command->reversals[0].id, 9u);
  EXPECT_EQ(command->reversals[0].original_id, 7u);
  EXPECT_EQ(command->reversals[0].code, 2);
  EXPECT_EQ(command->reversals[0].user_data_32, 3u);
}

TEST(JsonReader, reads_every_member_of_a_filter) {
  const auto command = parse_json_command(
      R"({"request":"query_transfers","account_id":"101","debits":true,"credits":false,)"
      R"("newest_first":true,"user_data_128":"1","user_data_64":"2","user_data_32":3,"ledger":978,)"
      R"("code":5,"object_flags":["pending","linked"],"amount_min":"10","amount_max":20,)"
      R"("timestamp_min":"2026-10-01","timestamp_max":"2026-10-01","pending_status":"expired",)"
      R"("limit":7,"cursor":"100:250"})");
  ASSERT_TRUE(command) << command.error().message;
  const ledger::QueryFilter& filter = command->filter;
  EXPECT_EQ(filter.account_id, 101u);
  EXPECT_EQ(filter.flags, ledger::QueryFilter::kDebits | ledger::QueryFilter::kNewestFirst);
  EXPECT_EQ(filter.user_data_128, 1u);
  EXPECT_EQ(filter.user_data_64, 2u);
  EXPECT_EQ(filter.user_data_32, 3u);
  EXPECT_EQ(filter.ledger, 978u);
  EXPECT_EQ(filter.code, 5);
  EXPECT_EQ(filter.object_flags, 3);
  EXPECT_EQ(filter.amount_min, 10u);
  EXPECT_EQ(filter.amount_max, 20u);
  EXPECT_EQ(filter.timestamp_min, 1'790'812'800'000'000'000u);
  EXPECT_EQ(filter.timestamp_max, 1'790'899'199'999'999'999u);
  EXPECT_EQ(filter.pending_status, 4);
  EXPECT_EQ(filter.limit, 7u);
  EXPECT_EQ(filter.cursor, (ledger::QueryCursor{100, 250}));
}

TEST(JsonReader, asks_for_a_page_of_a_hundred_when_no_limit_is_given) {
  for (const char* request : {"query_accounts", "query_transfers", "get_account_changes"}) {
    const auto command = parse_json_command(fmt::format(R"({{"request":"{}"}})", request));
    ASSERT_TRUE(command) << request;
    EXPECT_EQ(command->filter.limit, 100u);
    EXPECT_EQ(command->filter.cursor, ledger::QueryCursor{});
  }
}

TEST(JsonReader, reads_questions_about_the_past) {
  const auto transfers = parse_json_command(
      R"({"request":"get_account_transfers","account_id":"101","credits":true,"code":4,)"
      R"("amount_min":"10","cursor":"100:250:3"})");
  ASSERT_TRUE(transfers) << transfers.error().message;
  EXPECT_EQ(transfers->kind, CommandKind::GetAccountTransfers);
  EXPECT_EQ(transfers->filter.flags, ledger::QueryFilter::kCredits);
  EXPECT_EQ(transfers->filter.cursor, (ledger::QueryCursor{100, 250, 3}));
  EXPECT_EQ(transfers->filter.limit, 100u);
  const auto balances = parse_json_command(
      R"({"request":"get_account_balances","account_id":101,"newest_first":true,"limit":5})");
  ASSERT_TRUE(balances) << balances.error().message;
  EXPECT_EQ(balances->filter.account_id, 101u);
  EXPECT_EQ(balances->filter.flags, ledger::QueryFilter::kNewestFirst);
  const auto at =
      parse_json_command(R"({"request":"get_balance_at","ids":["1",2],"at":"2026-10-01"})");
  ASSERT_TRUE(at) << at.error().message;
  EXPECT_EQ(at->ids, (std::vector<u128>{1, 2}));
  EXPECT_EQ(at->at.ns, 1'790'899'199'999'999'999u);  // The last moment of the day.
  EXPECT_EQ(parse_json_command(R"({"request":"get_balance_at","ids":["1"],"at":7})")->at.ns, 7u);
  const auto statement = parse_json_command(
      R"({"request":"get_statement","account_id":"101","timestamp_min":"2026-10-01",)"
      R"("timestamp_max":"2026-10-01","holds":true,"limit":7})");
  ASSERT_TRUE(statement) << statement.error().message;
  EXPECT_EQ(statement->kind, CommandKind::GetStatement);
  EXPECT_EQ(statement->filter.account_id, 101u);
  EXPECT_EQ(statement->filter.timestamp_min, 1'790'812'800'000'000'000u);
  EXPECT_EQ(statement->filter.timestamp_max, 1'790'899'199'999'999'999u);
  EXPECT_EQ(statement->filter.flags, ledger::QueryFilter::kHolds);
  EXPECT_EQ(statement->filter.limit, 7u);
}

TEST(JsonReader, reads_from_where_changes_are_wanted) {
  const auto changes = parse_json_command(
      R"({"request":"get_change_events","from":1000,"kinds":["account_created","hold_expired"],)"
      R"("account_id":"7","ledger":978,"code":2,"limit":9,"wait_ms":500})");
  ASSERT_TRUE(changes) << changes.error().message;
  const ledger::QueryFilter& filter = changes->filter;
  EXPECT_EQ(filter.cursor, (ledger::QueryCursor{1000, 0, 0}));
  EXPECT_EQ(filter.kinds, 0x12);
  EXPECT_EQ(filter.account_id, 7u);
  EXPECT_EQ(filter.ledger, 978u);
  EXPECT_EQ(filter.code, 2);
  EXPECT_EQ(filter.limit, 9u);
  EXPECT_EQ(filter.wait_ms, 500u);
  const auto from = [](std::string_view value) {
    return parse_json_command(fmt::format(R"({{"request":"get_change_events","from":{}}})", value))
        ->filter.cursor;
  };
  EXPECT_EQ(from(R"("1000")"), (ledger::QueryCursor{1000, 0, 0}));
  EXPECT_EQ(from(R"("1000:0:4")"), (ledger::QueryCursor{1000, 0, 4}));
  EXPECT_EQ(from("18446744073709551615"), (ledger::QueryCursor{~u64{0}, 0, 0}));
}

struct Refusal {
  const char* line;
  const char* message_part;
};

TEST(JsonReader, refuses_what_it_does_not_know_and_says_what_it_knows) {
  const Refusal refusals[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {R"({"request":"ping"} x)", "not JSON"},
      {"[]", "expected an object"},
      {"{}", "expected a string 'request': one of create_accounts"},
      {R"({"request":1})", "expected a string 'request'"},
      {R"({"request":"drop_accounts"})",
       R"("drop_accounts" is unknown; known are create_accounts)"},
      {R"({"request":"ping","ids":[]})", "unknown field 'ids'; ping knows request"},
      {R"({"request":"ping","request":"ping"})", "'request' stands twice"},
      {R"({"request":"create_accounts"})", "expected an array 'events'"},
      {R"({"request":"create_accounts","events":{}})", "expected an array 'events'"},
      {R"({"request":"create_accounts","events":[1]})", "events[0] is number; expected an object"},
      {R"({"request":"create_accounts","events":[{},{"idd":1}]})",
       "events[1] has the unknown field 'idd'; known are id, debits_pending"},
      {R"({"request":"create_accounts","events":[{"id":1,"id":2}]})", "'id' stands twice"},
      {R"({"request":"create_transfers","events":[{"flags":["link"]}]})",
       R"(events[0].flags has the unknown flag "link"; known are linked, pending)"},
      {R"({"request":"lookup_accounts","ids":"1"})", "expected an array 'ids'"},
      {R"({"request":"lookup_accounts","ids":[null]})", "ids[0] is null; expected a number"},
      {R"({"request":"lookup_accounts","ids":[true]})", "ids[0] is boolean"},
      {R"({"request":"get_trial_balance","limit":4294967296})", "limit is 4294967296"},
      {R"({"request":"create_accounts","events":[],"dry_run":true})",
       "unknown field 'dry_run'; create_accounts knows request, events"},
      {R"({"request":"create_transfers","events":[],"dry_run":1})",
       "dry_run is 1; expected true or false"},
      {R"({"request":"create_transfers","events":[],"conditions":[{"index":0}]})",
       R"(conditions[0] has no side; expected "debit" or "credit")"},
      {R"({"request":"create_transfers","events":[],"conditions":[{"side":"left"}]})",
       R"(conditions[0].side is "left"; expected "debit" or "credit")"},
      {R"({"request":"create_transfers","events":[],"conditions":[{"minimum":1}]})",
       "conditions[0].minimum is unknown; known are index, side, at_least, at_most"},
      {R"({"request":"create_transfers","events":[],"conditions":[3]})",
       "conditions[0] is number; expected an object"},
      {R"({"request":"update_accounts","events":[{"freeze_debits":"yes"}]})",
       R"(events[0].freeze_debits is "yes"; expected true or false)"},
      {R"({"request":"update_accounts","events":[{"freeze":true}]})",
       "events[0] has the unknown field 'freeze'; known are id, account_id"},
      {R"({"request":"update_accounts","events":[{"reason":7}]})",
       "events[0].reason is 7; expected a string"},
      {R"({"request":"update_accounts","events":[{"flags":["pending"]}]})",
       R"(events[0].flags has the unknown flag "pending"; known are linked)"},
      {R"({"request":"reverse_transfers","events":[{"amount":1}]})", "unknown field 'amount'"},
      {R"({"request":"query_accounts","account_id":"1"})", "unknown field 'account_id'"},
      {R"({"request":"query_accounts","debits":true})", "unknown field 'debits'"},
      {R"({"request":"query_accounts","object_flags":["pending"]})", R"(unknown flag "pending")"},
      {R"({"request":"get_account_changes","ledger":1})", "unknown field 'ledger'"},
      {R"({"request":"query_transfers","pending_status":"open"})",
       R"(pending_status is "open"; expected pending, posted, voided or expired)"},
      {R"({"request":"query_transfers","timestamp_min":"2026-02-30"})",
       R"(timestamp_min is "2026-02-30"; expected nanoseconds, a date)"},
      {R"({"request":"query_transfers","cursor":null})",
       "cursor is null; expected a cursor that an answer has given"},
      {R"({"request":"query_transfers","cursor":5})", "cursor is 5; expected a cursor"},
      {R"({"request":"query_transfers","cursor":"1:2:3:4"})", "expected a cursor"},
      {R"({"request":"query_transfers","kinds":["account_created"]})", "unknown field 'kinds'"},
      {R"({"request":"get_account_balances","code":1})", "unknown field 'code'"},
      {R"({"request":"get_balance_at","ids":["1"]})",
       "expected a time 'at': nanoseconds, a date such as 2026-10-01"},
      {R"({"request":"get_balance_at","ids":["1"],"at":"noon"})", R"(at is "noon"; expected nano)"},
      {R"({"request":"get_balance_at","at":"2026-10-01"})", "expected an array 'ids'"},
      {R"({"request":"get_balance_at","ids":["1"],"at":1,"limit":1})",
       "unknown field 'limit'; get_balance_at knows request, ids, at"},
      {R"({"request":"get_change_events","cursor":"1:0"})", "unknown field 'cursor'"},
      {R"({"request":"get_change_events","from":-1})",
       "from is -1; expected a position, or a cursor that an answer has given"},
      {R"({"request":"get_change_events","from":18446744073709551616})", "expected a position"},
      {R"({"request":"get_change_events","kinds":["deleted"]})",
       R"(kinds has the unknown flag "deleted"; known are account_created, account_updated)"},
      {R"({"request":"get_change_events","kinds":256})", "kinds is 256; it must be below 2^8"},
      {R"({"request":"get_change_events","newest_first":true})", "unknown field 'newest_first'"},
      {R"({"request":"get_statement","newest_first":true})",
       "unknown field 'newest_first'; get_statement knows request, timestamp_min, timestamp_max, "
       "limit, cursor, account_id, holds"},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_NE(message_of(refusal.line).find(refusal.message_part), std::string::npos)
        << refusal.line << " -> " << message_of(refusal.line);
  }
}

TEST(JsonReader, never_rounds_a_number) {
  const auto message = [](std::string_view value) {
    return message_of(
        fmt::format(R"({{"request":"create_transfers","events":[{{"amount":{}}}]}})", value));
  };
  EXPECT_EQ(message(R"("340282366920938463463374607431768211455")"), "accepted");
  EXPECT_EQ(message("18446744073709551615"), "accepted");
  for (const char* value : {"18446744073709551616", "1e30", "1.0", "0.5", "1e2"}) {
    EXPECT_NE(message(value).find("events[0].amount is not a whole number below 2^64"),
              std::string::npos)
        << value << " -> " << message(value);
  }
  EXPECT_NE(message("-1").find("cannot be negative"), std::string::npos);
  EXPECT_NE(message("-9223372036854775809").find("not a whole number"), std::string::npos);
  for (const char* value : {R"("-1")", R"("1.0")", R"("")", R"(" 1")", R"("1,000")", R"("0x")",
                            R"("ff")", R"("340282366920938463463374607431768211456")"}) {
    EXPECT_NE(message(value).find("expected decimal digits"), std::string::npos)
        << value << " -> " << message(value);
  }
}

TEST(JsonReader, refuses_a_value_that_its_field_cannot_hold) {
  const auto message = [](std::string_view event) {
    return message_of(fmt::format(R"({{"request":"create_accounts","events":[{}]}})", event));
  };
  EXPECT_EQ(message(R"({"code":65535,"ledger":4294967295})"), "accepted");
  EXPECT_NE(message(R"({"code":65536})").find("events[0].code is 65536; it must be below 2^16"),
            std::string::npos);
  EXPECT_NE(message(R"({"ledger":"4294967296"})").find("below 2^32"), std::string::npos);
  EXPECT_NE(message(R"({"user_data_64":"18446744073709551616"})").find("below 2^64"),
            std::string::npos);
}

TEST(JsonReader, refuses_more_events_than_a_request_takes) {
  std::string ids = "1";
  for (u32 i = 1; i < ledger::kRequestEventsMax; ++i) ids += ",1";
  const auto line = [&] {
    return fmt::format(R"({{"request":"lookup_accounts","ids":[{}]}})", ids);
  };
  EXPECT_EQ(message_of(line()), "accepted");
  ids += ",1";
  EXPECT_NE(message_of(line()).find("'ids' has 8190 elements; a request takes at most 8189"),
            std::string::npos);
}

TEST(JsonReader, refuses_a_reason_that_is_too_long) {
  const auto message = [](usize length) {
    return message_of(
        fmt::format(R"({{"request":"update_accounts","events":[{{"id":1,"reason":"{}"}}]}})",
                    std::string(length, 'x')));
  };
  EXPECT_EQ(message(104), "accepted");
  EXPECT_EQ(message(105),
            "events[0].reason has 105 bytes; expected why, for the auditor; 1 to 104 bytes");
}

}  // namespace
}  // namespace florin::cli
