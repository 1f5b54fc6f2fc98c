// What a statement costs as a PDF: with entries of western names, which Helvetica shows, and with
// Czech, Greek and Cyrillic ones, for which a font is embedded. One iteration is one file; `bytes`
// is its size.
#include <string>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "statement/statement_pdf.h"

namespace florin::statement {
namespace {

constexpr u64 kDayNs = 86'400 * kNsPerSecond;

Entry printed_entry(u64 i, bool is_western, u128 balance) {
  static constexpr const char* kWestern[] = {"Bäckerei Ährenkorn", "Stadtwerke Tübingen GmbH",
                                             "Café Française", "Ida Møller"};
  static constexpr const char* kOther[] = {"Pekařství Žluťoučký kůň", "Αθηναϊκή Ζυθοποιία",
                                           "Булочная «Солнце»", "Zakład Gazowniczy Łódź"};
  Entry entry;
  entry.number = i + 1;
  entry.transfer_id = make_u128(u64{0x0192'f3a4'5b6c'7d8e}, i);
  entry.timestamp = (20'000 + i % 28) * kDayNs;
  entry.booked = {2026, 10, static_cast<u8>(1 + i % 28)};
  entry.amount = 1'299 + i * 7'919 % 40'000;
  entry.credit = true;
  entry.code = 12;
  entry.kind.text = "Card payment";
  entry.counterparty.name = (is_western ? kWestern : kOther)[i % 4];
  entry.counterparty.iban = "DE02120300000000202051";
  entry.balance = {balance + entry.amount};
  return entry;
}

Statement printed_statement(u64 entries, bool is_western) {
  Statement statement;
  statement.bank = {"Florin Bank AG", "FLRNDEFFXXX", {"Taunusanlage 1", "60329 Frankfurt am Main"}};
  statement.account = {.account_id = 101,
                       .name = is_western ? "Erika Mustermann" : "Małgorzata Wójcik",
                       .iban = "DE89370400440532013000",
                       .address = {"Große Straße 17", "10115 Berlin"}};
  statement.currency = "EUR";
  statement.decimals = 2;
  statement.first_day = {2026, 10, 1};
  statement.last_day = {2026, 10, 31};
  statement.number = 22;
  statement.created_at_ns = 20'000 * kDayNs;
  statement.id = "101-2026-10";
  statement.opening = {125'037};
  statement.closing = statement.opening;
  for (u64 i = 0; i < entries; ++i) {
    statement.entries.push_back(printed_entry(i, is_western, statement.closing.magnitude));
    statement.closing = statement.entries.back().balance;
    statement.credits.sum += statement.entries.back().amount;
    ++statement.credits.count;
  }
  statement.available = statement.closing;
  return statement;
}

void print_statement(benchmark::State& state) {
  const Statement statement =
      printed_statement(static_cast<u64>(state.range(0)), state.range(1) != 0);
  usize bytes = 0;
  for (auto _ : state) {
    const auto pdf = pdf_of(statement);
    CHECK(pdf.has_value());
    bytes = pdf->size();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(print_statement)
    ->ArgNames({"entries", "western"})
    ->ArgsProduct({{0, 20, 500}, {1, 0}})
    ->Unit(benchmark::kMicrosecond);
// Two threads, each with statements of its own.
BENCHMARK(print_statement)
    ->ArgNames({"entries", "western"})
    ->Args({20, 1})
    ->Args({20, 0})
    ->Threads(2)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace florin::statement
