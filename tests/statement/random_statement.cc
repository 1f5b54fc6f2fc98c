#include "tests/statement/random_statement.h"

#include <chrono>

#include <fmt/format.h>

#include "base/check.h"
#include "base/int128.h"

namespace florin::test {

namespace {

using statement::Day;
using statement::Entry;
using statement::Party;
using statement::Statement;
using statement::TransactionKind;

constexpr u64 kSecondsPerDay = 86'400;

std::chrono::sys_days sys_days_of(const Day& day) {
  using namespace std::chrono;
  return sys_days(year{day.year} / month{day.month} / std::chrono::day{day.day});
}

Day day_of(std::chrono::sys_days days) {
  const std::chrono::year_month_day date(days);
  return {.year = static_cast<u16>(static_cast<int>(date.year())),
          .month = static_cast<u8>(static_cast<unsigned>(date.month())),
          .day = static_cast<u8>(static_cast<unsigned>(date.day()))};
}

Day days_after(const Day& day, u64 days) {
  return day_of(sys_days_of(day) + std::chrono::days(days));
}

constexpr const char* kNames[] = {
    "Alice & Co",
    "Müller-Lüdenscheidt",
    "Søren Ångström <soren@example.org>",
    "Κωνσταντίνος Παπαδόπουλος",
    "Тодор Живков",
    "日本銀行",
    "O'Neill \"the\" Third; #3",
    "line\r\nbreak\tand tab",
    "\x01\x02 control \x7f",
    "no text: \xff\xfe\xc3",
    "surrogate \xed\xa0\x80 and \xef\xbf\xbf",
    ":86: - : - :20:",
    "-------------------------------------------------------------------------------------------",
    "::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::",
    "]]> <!-- & --> <?xml?>",
    "/slashes//and/IBAN/DE00",
    " ",
    "€uro 🏦 bank",
};

std::string random_name(Random& random) {
  if (random.chance(1, 6)) return "";
  std::string name = pick(random, kNames);
  while (random.chance(1, 3)) name += std::string(" ") + pick(random, kNames);
  return name;
}

u128 random_id(Random& random) {
  if (random.chance(1, 2)) return random.between(1, 1'000'000);
  const u128 id = random.next_u128();
  return id == 0 || id == kU128Max ? u128{1} : id;
}

Party random_party(Random& random) {
  constexpr const char* kIbans[] = {"DE89370400440532013000", "FI7433010001222090",
                                    "MT84MALT011000012345MTLCAST001S"};
  Party party{
      .account_id = random_id(random), .name = random_name(random), .iban = {}, .address = {}};
  if (random.chance(1, 2)) party.iban = pick(random, kIbans);
  return party;
}

TransactionKind random_kind(Random& random) {
  constexpr const char* kSubFamilies[] = {"BOOK", "ESCT", "POSD", "CWDL"};
  TransactionKind kind;
  kind.text = random_name(random);
  if (random.chance(2, 3)) {
    kind.domain = "PMNT";
    kind.family = random.chance(1, 2) ? "RCDT" : "ICDT";
    kind.sub_family = pick(random, kSubFamilies);
  }
  if (random.chance(2, 3)) kind.mt940 = random.chance(1, 2) ? "TRF" : "INT";
  return kind;
}

Entry random_entry(Random& random, const Statement& statement, u64 number) {
  Entry entry;
  entry.number = number;
  entry.transfer_id = random_id(random);
  entry.place = {.position = random.chance(1, 8) ? random.next() : random.below(1'000'000),
                 .index = static_cast<u32>(random.below(3))};
  entry.timestamp = random.between(statement.first_ns, statement.last_ns);
  const u64 days = static_cast<u64>(
      (sys_days_of(statement.last_day) - sys_days_of(statement.first_day)).count());
  entry.booked = days_after(statement.first_day, random.below(days + 1));
  entry.amount = random.chance(1, 20) ? 0 : random.below(1'000'000'000);
  entry.credit = random.chance(1, 2);
  entry.reversal = random.chance(1, 8);
  entry.reverses_or_posts = entry.reversal || random.chance(1, 8) ? random_id(random) : 0;
  entry.code = static_cast<u16>(random.between(1, 0xffff));
  entry.kind = random_kind(random);
  entry.counterparty = random_party(random);
  entry.user_data_128 = random.chance(1, 2) ? random.next_u128() : 0;
  entry.user_data_64 = random.chance(1, 4) ? random.next() : 0;
  entry.user_data_32 = random.chance(1, 4) ? static_cast<u32>(random.next()) : 0;
  return entry;
}

void fill(Random& random, Statement& statement, u32 entries_max) {
  i128 balance = value_of(statement.opening);
  const u64 entries = random.chance(1, 8) ? 0 : random.below(entries_max + 1);
  for (u64 number = 1; number <= entries; ++number) {
    Entry entry = random_entry(random, statement, number);
    balance += entry.credit ? static_cast<i128>(entry.amount) : -static_cast<i128>(entry.amount);
    entry.balance = signed_of(balance);
    statement::SideTotals& side = entry.credit ? statement.credits : statement.debits;
    ++side.count;
    side.sum += entry.amount;
    statement.entries.push_back(entry);
  }
  statement.closing = signed_of(balance);
  statement.available = signed_of(balance - static_cast<i128>(random.below(1'000'000)));
}

void set_period(Random& random, Statement& statement, const Day& first_day) {
  constexpr i64 kOffsets[] = {0, 3600, 7200, -12'600, 20'700, 50'400, -36'000};
  constexpr u64 kDays[] = {1, 1, 7, 30, 365};
  statement.first_day = first_day;
  statement.last_day = days_after(first_day, pick(random, kDays) - 1);
  const i64 offset_first = pick(random, kOffsets);
  const i64 offset_last =
      random.chance(1, 4) && offset_first != 0 ? offset_first - 3600 : offset_first;
  statement.first_ns = midnight_ns(first_day, offset_first);
  statement.created_at_ns = midnight_ns(days_after(statement.last_day, 1), offset_last);
  statement.last_ns = statement.created_at_ns - 1;
  statement.period =
      fmt::format("{:04}-{:02}-{:02}", first_day.year, first_day.month, first_day.day);
  statement.id = fmt::format("{}-{}", to_decimal(statement.account.account_id), statement.period);
}

}  // namespace

statement::Signed signed_of(i128 value) {
  return {.magnitude = static_cast<u128>(value < 0 ? -value : value), .negative = value < 0};
}

i128 value_of(const statement::Signed& value) {
  return value.negative ? -static_cast<i128>(value.magnitude) : static_cast<i128>(value.magnitude);
}

u64 midnight_ns(const Day& day, i64 offset_seconds) {
  const i64 seconds =
      i64{sys_days_of(day).time_since_epoch().count()} * static_cast<i64>(kSecondsPerDay);
  return static_cast<u64>(seconds - offset_seconds) * kNsPerSecond;
}

Statement random_statement(Random& random, u32 entries_max) {
  constexpr const char* kCurrencies[] = {"EUR", "JPY", "KWD", "CLF"};
  constexpr u32 kDecimals[] = {2, 0, 3, 4};
  Statement statement;
  statement.bank.name = random_name(random);
  if (random.chance(1, 2)) statement.bank.bic = random.chance(1, 2) ? "DEUTDEFF" : "DEUTDEFF500";
  statement.account = random_party(random);
  const u64 currency = random.below(4);
  statement.ledger = static_cast<u32>(currency + 1);
  statement.currency = kCurrencies[currency];
  statement.decimals = kDecimals[currency];
  statement.time_zone = "Europe/Berlin";
  set_period(random, statement,
             days_after({.year = 2026, .month = 1, .day = 1}, random.below(3000)));
  if (random.chance(3, 4)) {
    statement.number = random.between(1, 99'999);
    statement.number_in_year = random.between(1, 366);
  }
  statement.opening = signed_of(static_cast<i128>(random.below(1'000'000'000)) - 500'000'000);
  fill(random, statement, entries_max);
  return statement;
}

Statement random_statement_after(Random& random, const Statement& before, u32 entries_max) {
  Statement statement = before;
  set_period(random, statement, days_after(before.last_day, 1));
  if (before.number != 0) {
    ++statement.number;
    ++statement.number_in_year;
  }
  statement.opening = before.closing;
  statement.credits = {};
  statement.debits = {};
  statement.entries.clear();
  fill(random, statement, entries_max);
  return statement;
}

Statement known_statement() {
  Statement statement;
  statement.bank = {.name = "Bank of Florence", .bic = "FLORITMM", .address = {"Piazza 1"}};
  statement.account = {
      .account_id = 101, .name = "Alice & Co", .iban = "DE89370400440532013000", .address = {}};
  statement.ledger = 978;
  statement.currency = "EUR";
  statement.decimals = 2;
  statement.time_zone = "Europe/Berlin";
  statement.period = "2026-10";
  statement.first_day = {.year = 2026, .month = 10, .day = 1};
  statement.last_day = {.year = 2026, .month = 10, .day = 31};
  statement.first_ns = midnight_ns(statement.first_day, 7200);
  statement.created_at_ns = midnight_ns({.year = 2026, .month = 11, .day = 1}, 3600);
  statement.last_ns = statement.created_at_ns - 1;
  statement.number = 7;
  statement.number_in_year = 3;
  statement.id = "101-2026-10";
  statement.opening = signed_of(10'000);
  const Party shop{.account_id = 202, .name = "Müller", .iban = {}, .address = {}};
  const Party employer{
      .account_id = 303, .name = "Works", .iban = "FI7433010001222090", .address = {}};
  const TransactionKind card{.text = "Card payment",
                             .domain = "PMNT",
                             .family = "CCRD",
                             .sub_family = "POSD",
                             .mt940 = "CRD"};
  const TransactionKind other{
      .text = "Other", .domain = {}, .family = {}, .sub_family = {}, .mt940 = {}};
  struct Line {
    u128 id;
    i128 amount;
    bool reversal;
    u128 original;
    const TransactionKind& kind;
    const Party& counterparty;
    u128 user_data;
  };
  const Line lines[] = {
      {1001, -1250, false, 0, card, shop, 0},
      {1002, 250'000, false, 0, other, employer,
       make_u128(0x97ed'4827'7b6f'4491, 0xa06f'b548'd5a7'512d)},
      {1003, 1250, true, 1001, card, shop, 42},
      {1004, -30'000, false, 77, card, shop, 0},
      {1005, -300'000, true, 1002, other, employer, 0},
  };
  i128 balance = value_of(statement.opening);
  for (const Line& line : lines) {
    Entry entry;
    entry.number = statement.entries.size() + 1;
    entry.transfer_id = line.id;
    entry.place = {.position = 5000 + entry.number, .index = 0};
    entry.booked = {.year = 2026, .month = 10, .day = static_cast<u8>(entry.number * 5)};
    entry.timestamp = midnight_ns(entry.booked, 7200) + 1;
    entry.amount = static_cast<u128>(line.amount < 0 ? -line.amount : line.amount);
    entry.credit = line.amount > 0;
    entry.reversal = line.reversal;
    entry.reverses_or_posts = line.original;
    entry.code = line.kind.domain.empty() ? 900 : 200;
    entry.kind = line.kind;
    entry.counterparty = line.counterparty;
    entry.user_data_128 = line.user_data;
    entry.user_data_32 = line.user_data == 42 ? 5 : 0;
    balance += line.amount;
    entry.balance = signed_of(balance);
    statement::SideTotals& side = entry.credit ? statement.credits : statement.debits;
    ++side.count;
    side.sum += entry.amount;
    statement.entries.push_back(entry);
  }
  statement.closing = signed_of(balance);
  statement.available = signed_of(balance - 1000);
  return statement;
}

}  // namespace florin::test
