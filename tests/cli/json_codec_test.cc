// JSON lines both ways: every field, every form of number, and what is refused with which words.
#include "cli/json_codec.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "cli/fields.h"

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
  for (const Field<Object>& field : fields<Object>()) {
    field.set(object, field.name == kFlagsField ? 3 : largest_value(field.bits) - value);
    value += 11;
  }
  return object;
}

template <class Object>
void expect_same(const Object& one, const Object& other) {
  for (const Field<Object>& field : fields<Object>()) {
    EXPECT_EQ(to_decimal(field.get(one)), to_decimal(field.get(other))) << field.name;
  }
}

template <class Object>
std::string as_event(const Object& object, bool hexadecimal) {
  std::string text;
  for (const Field<Object>& field : fields<Object>()) {
    const u128 value = field.get(object);
    const std::string number = hexadecimal
                                   ? fmt::format("0x{:x}{:016x}", high_half(value), low_half(value))
                                   : to_decimal(value);
    text += fmt::format(R"({}"{}":"{}")", text.empty() ? "" : ",", field.name, number);
  }
  return "{" + text + "}";
}

TEST(JsonCodec, reads_every_field_of_accounts_in_decimal_and_hexadecimal) {
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

TEST(JsonCodec, reads_every_field_of_transfers_in_decimal_and_hexadecimal) {
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

TEST(JsonCodec, writes_accounts_so_that_they_can_be_read_again) {
  Answer answer;
  answer.kind = CommandKind::LookupAccounts;
  answer.accounts = {with_all_fields<ledger::Account>()};
  expect_round_trip("create_accounts", to_json(answer), "accounts", answer.accounts[0],
                    &Command::accounts);
}

TEST(JsonCodec, writes_transfers_so_that_they_can_be_read_again) {
  Answer answer;
  answer.kind = CommandKind::LookupTransfers;
  answer.transfers = {with_all_fields<ledger::Transfer>()};
  answer.outcomes = {ledger::TransferOutcome::Created};
  expect_round_trip("create_transfers", to_json(answer), "transfers", answer.transfers[0],
                    &Command::transfers);
}

TEST(JsonCodec, leaves_omitted_fields_zero_and_reads_plain_numbers_exactly) {
  const auto command = parse_json_command(
      R"({"request":"create_transfers","events":[{"id":18446744073709551615,"amount":100}]})");
  ASSERT_TRUE(command) << command.error().message;
  ledger::Transfer expected{};
  expected.id = ~u64{0};
  expected.amount = 100;
  expect_same(command->transfers[0], expected);
}

TEST(JsonCodec, reads_flags_as_names_numbers_and_both) {
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

TEST(JsonCodec, reads_ids_filters_and_ping) {
  const auto lookup = parse_json_command(R"({"request":"lookup_accounts","ids":["1",2,"0xff"]})");
  ASSERT_TRUE(lookup);
  EXPECT_EQ(lookup->ids, (std::vector<u128>{1, 2, 255}));
  const auto balance =
      parse_json_command(R"( {"request":"get_trial_balance","ledger_min":3,"limit":"5"} )");
  ASSERT_TRUE(balance);
  EXPECT_EQ(balance->filter.ledger_min, 3u);
  EXPECT_EQ(balance->filter.limit, 5u);
  const auto all = parse_json_command(R"({"request":"get_trial_balance"})");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->filter.limit, ledger::kTrialBalanceLinesMax);
  const auto ping = parse_json_command(R"({"request":"ping"})");
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->kind, CommandKind::Ping);
}

struct Refusal {
  const char* line;
  const char* message_part;
};

TEST(JsonCodec, refuses_what_it_does_not_know_and_says_what_it_knows) {
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
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_NE(message_of(refusal.line).find(refusal.message_part), std::string::npos)
        << refusal.line << " -> " << message_of(refusal.line);
  }
}

TEST(JsonCodec, never_rounds_a_number) {
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

TEST(JsonCodec, refuses_a_value_that_its_field_cannot_hold) {
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

TEST(JsonCodec, refuses_more_events_than_a_request_takes) {
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

TEST(JsonCodec, writes_results_of_creations) {
  Answer answer;
  answer.kind = CommandKind::CreateAccounts;
  answer.position = {42};
  answer.results = {{1732147200000000001, 0, 1},
                    {5, 1, static_cast<u32>(ledger::AccountOutcome::Exists)}};
  EXPECT_EQ(to_json(answer), R"({"request":"create_accounts","position":"42","results":[)"
                             R"({"status":"created","timestamp":"1732147200000000001"},)"
                             R"({"status":"exists","timestamp":"5"}]})");
}

TEST(JsonCodec, writes_all_fields_of_an_account_and_null_for_a_missing_one) {
  Answer answer;
  answer.kind = CommandKind::LookupAccounts;
  answer.position = {7};
  ledger::Account account{};
  account.id = kU128Max - 1;
  account.credits_posted = 100;
  account.ledger = 978;
  account.code = 200;
  account.flags = ledger::account_flags::kDebitsMustNotExceedCredits | 0x8000;
  account.timestamp = 9;
  answer.accounts = {account, ledger::Account{}};
  EXPECT_EQ(to_json(answer),
            R"({"request":"lookup_accounts","position":"7","accounts":[)"
            R"({"id":"340282366920938463463374607431768211454","debits_pending":"0",)"
            R"("debits_posted":"0","credits_pending":"0","credits_posted":"100",)"
            R"("user_data_128":"0","user_data_64":"0","user_data_32":0,"reserved":0,)"
            R"("ledger":978,"code":200,"flags":["debits_must_not_exceed_credits",32768],)"
            R"("timestamp":"9"},null]})");
}

TEST(JsonCodec, writes_the_outcomes_beside_looked_up_transfers) {
  Answer answer;
  answer.kind = CommandKind::LookupTransfers;
  answer.transfers.resize(2);
  answer.outcomes = {ledger::TransferOutcome::ExceedsCredits, ledger::TransferOutcome::Undecided};
  EXPECT_EQ(to_json(answer), R"({"request":"lookup_transfers","position":"0",)"
                             R"("transfers":[null,null],"outcomes":["exceeds_credits",null]})");
}

TEST(JsonCodec, writes_the_trial_balance_with_sums_beyond_128_bits) {
  Answer answer;
  answer.kind = CommandKind::GetTrialBalance;
  answer.position = {3};
  ledger::LedgerTotals totals;
  totals.accounts = 2;
  totals.ledger = 1;
  totals.debits_posted.add(kU128Max);
  totals.debits_posted.add(1);
  totals.credits_posted.words[2] = 1ull << 63;
  answer.totals = {totals};
  answer.more_totals = true;
  EXPECT_EQ(
      to_json(answer),
      R"({"request":"get_trial_balance","position":"3","ledgers":[{"ledger":1,"accounts":"2",)"
      R"("debits_pending":"0","debits_posted":"340282366920938463463374607431768211456",)"
      R"("credits_pending":"0",)"
      R"("credits_posted":"3138550867693340381917894711603833208051177722232017256448"}],)"
      R"("more":true})");
}

TEST(JsonCodec, writes_the_server_and_errors) {
  Answer answer;
  answer.server = {{"version", "0.1.0", false}, {"workers", "2", true}};
  EXPECT_EQ(to_json(answer), R"({"request":"ping","server":{"version":"0.1.0","workers":2}})");
  EXPECT_EQ(to_json(Failure{"busy", "say \"please\""}),
            R"({"error":{"code":"busy","message":"say \"please\""}})");
}

TEST(JsonCodec, writes_an_error_about_bytes_that_are_not_utf8) {
  const auto command = parse_json_command("{\"request\":\"\xff\"}");
  ASSERT_FALSE(command);
  EXPECT_FALSE(to_json(Failure{"invalid_request", command.error().message}).empty());
}

}  // namespace
}  // namespace florin::cli
