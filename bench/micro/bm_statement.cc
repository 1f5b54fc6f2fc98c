// Statements by themselves: how many of them each format writes in a second on one core, with 10
// entries and with 10,000. The statements are ready made; what building them costs is not in here.
// A further format is a further function that returns a Result of bytes, and a line at the end.
#include <string>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "statement/camt053.h"
#include "statement/camt054.h"
#include "statement/mt940.h"
#include "statement/statement.h"

namespace {

using florin::Result;
using florin::u64;
using florin::u8;
namespace statement = florin::statement;

// Of a month, in Berlin; every entry has a counterparty with a name, an IBAN and a reference.
statement::Statement made_statement(u64 entries) {
  statement::Statement made;
  made.bank = {.name = "Bank of Florence", .bic = "FLORITMM", .address = {}};
  made.account = {
      .account_id = 101, .name = "Alice & Co", .iban = "DE89370400440532013000", .address = {}};
  made.ledger = 978;
  made.currency = "EUR";
  made.decimals = 2;
  made.time_zone = "Europe/Berlin";
  made.period = "2026-10";
  made.id = "101-2026-10";
  made.first_day = {.year = 2026, .month = 10, .day = 1};
  made.last_day = {.year = 2026, .month = 10, .day = 31};
  made.first_ns = 1'790'805'600'000'000'000;
  made.created_at_ns = 1'793'487'600'000'000'000;
  made.last_ns = made.created_at_ns - 1;
  made.number = 7;
  made.number_in_year = 7;
  for (u64 number = 1; number <= entries; ++number) {
    statement::Entry entry;
    entry.number = number;
    entry.transfer_id = florin::make_u128(number, number);
    entry.place = {.position = 1'000'000 + number, .index = 0};
    entry.timestamp = made.first_ns + number;
    entry.booked = {.year = 2026, .month = 10, .day = static_cast<u8>(1 + number % 31)};
    entry.amount = 1250 + number;
    entry.credit = true;
    entry.code = 200;
    entry.kind = {.text = "Card payment",
                  .domain = "PMNT",
                  .family = "CCRD",
                  .sub_family = "POSD",
                  .mt940 = "CRD"};
    entry.counterparty = {
        .account_id = 202, .name = "Müller & Söhne", .iban = "FI7433010001222090", .address = {}};
    entry.user_data_128 = florin::make_u128(0x97ed'4827'7b6f'4491, 0xa06f'b548'd5a7'512d);
    made.credits.sum += entry.amount;
    entry.balance = {.magnitude = made.credits.sum, .negative = false};
    made.entries.push_back(entry);
  }
  made.credits.count = entries;
  made.closing = made.available = {.magnitude = made.credits.sum, .negative = false};
  return made;
}

using Format = Result<std::string> (*)(const statement::Statement&);

Result<std::string> camt054_of(const statement::Statement& made) {
  return statement::write_camt054(statement::notified_account(made), made.entries);
}

void write_statements(benchmark::State& state, Format format) {
  const statement::Statement made = made_statement(static_cast<u64>(state.range(0)));
  u64 bytes = 0;
  for (auto _ : state) {
    const Result<std::string> written = format(made);
    CHECK(written.has_value());
    bytes += written->size();
  }
  const auto statements = static_cast<double>(state.iterations());
  state.counters["statements/s"] = benchmark::Counter(statements, benchmark::Counter::kIsRate);
  state.counters["entries/s"] = benchmark::Counter(
      statements * static_cast<double>(made.entries.size()), benchmark::Counter::kIsRate);
  state.counters["bytes"] = static_cast<double>(bytes) / statements;
}

void camt053(benchmark::State& state) { write_statements(state, &statement::write_camt053); }
void camt054(benchmark::State& state) { write_statements(state, &camt054_of); }
void mt940(benchmark::State& state) { write_statements(state, &statement::write_mt940); }

BENCHMARK(camt053)->Arg(10)->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(camt054)->Arg(10)->Unit(benchmark::kMicrosecond);
BENCHMARK(mt940)->Arg(10)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
