#include "tests/statement/pdf_samples.h"

#include <array>

namespace florin::statement {
namespace {

constexpr u64 kFirstNs = 1'790'805'600'000'000'000;  // 2026-10-01 in Berlin.
constexpr u64 kDayNs = 86'400 * kNsPerSecond;

struct Shop {
  const char* name;
  const char* iban;
  const char* kind;
};

constexpr std::array<Shop, 7> kLatin = {{
    {"Bäckerei Ährenkorn", "DE02120300000000202051", "Card payment"},
    {"Stadtwerke Tübingen GmbH", "DE02500105170137075030", "Direct debit"},
    {"Café Française", "FR7630006000011234567890189", "Card payment"},
    {"Contoso Wholesale and Retail Trading Company (Europe) Limited, Branch Office West",
     "GB33BUKB20201555555555", "Credit transfer"},
    {"Muster & Söhne", "DE02100500000054540402", "Salary"},
    {"", "", "Account fee"},
    {"Ida Møller", "DK5000400440116243", "Instant payment"},
}};

constexpr std::array<Shop, 7> kOther = {{
    {"Pekařství Žluťoučký kůň", "CZ6508000000192000145399", "Card payment"},
    {"Zakład Gazowniczy Łódź", "PL61109010140000071219812874", "Direct debit"},
    {"Αθηναϊκή Ζυθοποιία", "GR1601101250000000012300695", "Credit transfer"},
    {"Булочная «Солнце»", "BG80BNBG96611020345678", "Card payment"},
    {"Українська залізниця", "UA213223130000026007233566001", "Card payment"},
    {"Nguyễn Thị Hương", "", "Instant payment"},
    {"İstanbul Çiçekçilik", "TR330006100519786457841326", "Credit transfer"},
}};

Signed plus(const Signed& balance, u128 amount, bool credit) {
  const bool grows = balance.negative != credit;
  if (grows) return {balance.magnitude + amount, balance.negative};
  if (amount < balance.magnitude) return {balance.magnitude - amount, balance.negative};
  const u128 rest = amount - balance.magnitude;
  return {rest, rest != 0 && !balance.negative};
}

Party party_of(const Shop& shop, u64 i) {
  return {.account_id = 5'000 + i, .name = shop.name, .iban = shop.iban, .address = {}};
}

Entry entry_of(const Sample& sample, u64 i, Signed& balance) {
  const Shop& shop = (sample.beyond_latin ? kOther : kLatin)[i % kLatin.size()];
  Entry entry;
  entry.number = i + 1;
  entry.transfer_id = make_u128(i % 3 == 0 ? 0x0192'f3a4'5b6c'7d8e : 0, 7'000'000 + i);
  entry.place = {.position = 1'000 + i, .index = 0};
  entry.timestamp = kFirstNs + i * kDayNs * 31 / (sample.entries + 1);
  entry.booked = {2026, 10, static_cast<u8>(1 + i * 31 / (sample.entries + 1))};
  entry.credit = i % 5 == 4;
  entry.amount = sample.scale * (entry.credit ? 284'713 + i : 1'299 + i * 7'919 % 40'000);
  entry.reversal = i % 11 == 10;
  entry.reverses_or_posts = entry.reversal ? 6'999'990 + i : 0;
  entry.code = 12;
  entry.kind = {shop.kind, "PMNT", "RCDT", "ESCT", "TRF"};
  entry.counterparty = party_of(shop, i);
  entry.user_data_128 = i % 4 == 1 ? 20'261'000 + i : 0;
  balance = plus(balance, entry.amount, entry.credit);
  entry.balance = balance;
  return entry;
}

Hold hold_of(const Sample& sample, u64 i) {
  const Shop& shop = (sample.beyond_latin ? kOther : kLatin)[(i + 2) % kLatin.size()];
  Hold hold;
  hold.transfer_id = 8'000'000 + i;
  hold.timestamp = kFirstNs + 30 * kDayNs;
  hold.made = {2026, 10, static_cast<u8>(31 - i % 5)};
  hold.expires_at = i % 3 == 2 ? 0 : kFirstNs + (33 + i) * kDayNs;
  hold.amount = sample.scale * (4'500 + 100 * i);
  hold.credit = i % 4 == 3;
  hold.code = 12;
  hold.kind.text = "Card authorisation";
  hold.counterparty = party_of(shop, i);
  return hold;
}

void add_parties(Statement& statement, bool beyond_latin) {
  statement.bank = {"Florin Bank AG", "FLRNDEFFXXX", {"Taunusanlage 1", "60329 Frankfurt am Main"}};
  statement.account = {.account_id = 101,
                       .name = "Erika Mustermann",
                       .iban = "DE89370400440532013000",
                       .address = {"Große Straße 17", "10115 Berlin", "Germany"}};
  if (!beyond_latin) return;
  statement.bank.name = "Česká banka Příkopy";
  statement.account.name = "Małgorzata Wójcik-Świętochłowska";
  statement.account.address = {"ul. Żółwia 3", "90-001 Łódź", "Polska"};
}

}  // namespace

Statement sample_statement(const Sample& sample) {
  Statement statement;
  add_parties(statement, sample.beyond_latin);
  statement.ledger = 978;
  statement.currency = sample.currency;
  statement.decimals = sample.decimals;
  statement.time_zone = "Europe/Berlin";
  statement.period = "2026-10";
  statement.first_ns = kFirstNs;
  statement.created_at_ns = kFirstNs + 31 * kDayNs + 3'600 * kNsPerSecond;  // Winter time by then.
  statement.last_ns = statement.created_at_ns - 1;
  statement.first_day = {2026, 10, 1};
  statement.last_day = {2026, 10, 31};
  statement.number = 22;
  statement.number_in_year = 10;
  statement.id = "101-2026-10";
  statement.opening = sample.opening;
  Signed balance = sample.opening;
  for (u64 i = 0; i < sample.entries; ++i) {
    statement.entries.push_back(entry_of(sample, i, balance));
    const Entry& entry = statement.entries.back();
    SideTotals& totals = entry.credit ? statement.credits : statement.debits;
    ++totals.count;
    totals.sum += entry.amount;
  }
  statement.closing = balance;
  statement.available = balance;
  for (u64 i = 0; i < sample.holds; ++i) {
    const Hold hold = hold_of(sample, i);
    if (!hold.credit) statement.available = plus(statement.available, hold.amount, false);
    statement.holds.push_back(hold);
  }
  return statement;
}

}  // namespace florin::statement
