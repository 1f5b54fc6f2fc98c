// The PostgreSQL sink with a real server: contents, refusals, versions, views.
#include "sinks/postgres_sink.h"

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/int128.h"
#include "ledger/outcome.h"
#include "sinks/postgres_schema.h"
#include "tests/sinks/postgres_bed.h"

namespace florin::test {

using exporter::ChangePage;
using ledger::ChangeEvent;
using ledger::ChangeKind;
using sinks::PostgresSink;

namespace {

// Changes of all kinds that follow no rules of a ledger, as the sink knows none.
class PageMaker {
 public:
  explicit PageMaker(u64 seed) : random_(seed) {}

  ledger::Account& account(u128 id) {
    ledger::Account& account = page.accounts.emplace_back();
    account.id = id;
    account.ledger = ~u32{0};
    account.code = 0xffff;
    account.timestamp = event(ChangeKind::AccountCreated, page.accounts.size()).timestamp;
    return account;
  }
  ledger::AccountUpdate& update(u128 account_id, u32 changes) {
    ledger::AccountChange& change = page.account_changes.emplace_back();
    change.trace_id = number();
    change.principal = random_.next();
    ledger::AccountUpdate& update = change.update;
    update.id = number();
    update.account_id = account_id;
    update.changes = changes;
    update.user_data_128 = number();
    update.user_data_64 = random_.next();
    update.user_data_32 = static_cast<u32>(random_.next());
    for (u128* limit : {&update.overdraft_limit, &update.balance_limit, &update.transfer_limit,
                        &update.velocity_sum_limit}) {
      *limit = number();
    }
    update.velocity_window = static_cast<u32>(random_.next());
    update.velocity_count_limit = static_cast<u32>(random_.next());
    reason(update, "asked \"for\"\tby \\ letter");
    event(ChangeKind::AccountUpdated, page.account_changes.size());
    return update;
  }
  static void reason(ledger::AccountUpdate& update, std::string_view text) {
    std::copy(text.begin(), text.end(), std::begin(update.reason));
    update.reason_length = static_cast<u16>(text.size());
  }
  ledger::Transfer& transfer(u128 debit, u128 credit, u16 flags = 0) {
    return add(ChangeKind::TransferCreated, debit, credit, flags);
  }
  ledger::Transfer& expiry(const ledger::Transfer& hold) {
    const ledger::Transfer copy = hold;
    ledger::Transfer& expired =
        add(ChangeKind::HoldExpired, copy.debit_account_id, copy.credit_account_id, copy.flags);
    expired = copy;
    return expired;
  }
  // As it was asked for: anything at all.
  ledger::Transfer& refusal(u128 debit, u128 credit, ledger::TransferOutcome outcome) {
    const u16 flags = static_cast<u16>(random_.next());
    ledger::Transfer& refused = add(ChangeKind::TransferRefused, debit, credit, flags);
    refused.timestamp = 0;
    page.balances.back() = {};
    ChangeEvent& at = page.events.back();
    at.released = 0;
    at.remaining = 0;
    at.pending_status = 0;
    at.outcome = static_cast<u8>(outcome);
    return refused;
  }
  // Of any magnitude.
  u128 number() { return make_u128(random_.next(), random_.next()) >> random_.below(128); }

  ChangePage page;

 private:
  ChangeEvent& event(ChangeKind kind, usize objects) {
    ChangeEvent event;
    event.kind = static_cast<u8>(kind);
    event.object = static_cast<u32>(objects - 1);
    event.position = position_;
    event.index = index_;
    event.timestamp = time_ns_;
    random_.chance(1, 4) ? ++index_ : (++position_, index_ = 0);
    time_ns_ += 1 + random_.below(40'000 * kNsPerSecond);
    page.events.push_back(event);
    page.next = exporter::place_after(event);
    return page.events.back();
  }
  ledger::Transfer& add(ChangeKind kind, u128 debit, u128 credit, u16 flags) {
    ledger::Transfer& made = page.transfers.emplace_back();
    ledger::TransferBalances& after = page.balances.emplace_back();
    u128* const counters = &after.debit_account_debits_pending;
    for (usize counter = 0; counter < 8; ++counter) counters[counter] = number();
    made.id = number();
    made.debit_account_id = debit;
    made.credit_account_id = credit;
    made.amount = number();
    made.pending_id = random_.chance(1, 2) ? number() : 0;
    made.user_data_128 = number();
    made.user_data_64 = random_.next();
    made.user_data_32 = static_cast<u32>(random_.next());
    made.timeout = static_cast<u32>(random_.below(3));
    made.ledger = 978;
    made.code = 7;
    made.flags = flags;
    ChangeEvent& at = event(kind, page.transfers.size());
    made.timestamp = random_.chance(1, 8) ? at.timestamp - 5 : at.timestamp;
    at.released = random_.chance(1, 2) ? number() : 0;
    at.remaining = random_.chance(1, 2) ? number() : 0;
    at.pending_status = static_cast<u8>(random_.below(5));
    return made;
  }

  Random random_;
  u64 position_ = 1;
  u32 index_ = 0;
  u64 time_ns_ = MadeChanges::kStartNs;
};

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in: " << text;
}

exporter::ChangeFilter everything() {
  exporter::ChangeFilter filter;
  filter.kinds = ledger::kChangeKindsDefined;
  return filter;
}

exporter::SinkStand stand_behind(const ChangePage& page) {
  return {page.next, exporter::place_of(page.events.back()), page.events.back().timestamp};
}

void deliver_page(PostgresSink& sink, const ChangePage& page) {
  const auto stand = sink.open();
  ASSERT_TRUE(stand) << stand.error().message;
  const auto delivery = sink.deliver(page, 0);
  ASSERT_TRUE(delivery) << delivery.error().message;
  EXPECT_EQ(delivery->taken, page.events.size());
  EXPECT_FALSE(delivery->rejected);
  const Status committed = sink.commit(stand_behind(page));
  ASSERT_TRUE(committed) << committed.error().message;
}

}  // namespace

class PostgresSinkTest : public PostgresBed {};

TEST_F(PostgresSinkTest, has_every_change_once_across_partitions_and_restarts) {
  for (u32 round = 0; round < 3; ++round) {
    made_.append_to(store_, 400);
    PostgresSink sink(options(), clock_);
    deliver_all(sink);
    expect_contents(all_changes(store_));
  }
  EXPECT_EQ(events_.size(), 0U);
  auto connection = connect();
  EXPECT_EQ(lines_of(connection, "SELECT count(*) > 10 FROM pg_inherits"), Lines{"t"});
  // What every description of a database shows.
  EXPECT_EQ(lines_of(connection,
                     "SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = "
                     "c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid WHERE n.nspname = "
                     "'florin' AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND "
                     "a.attnum > 0 AND (col_description(c.oid, a.attnum) IS NULL OR "
                     "obj_description(c.oid, 'pg_class') IS NULL)"),
            Lines{});
}

TEST_F(PostgresSinkTest, has_every_kind_of_change_with_every_field) {
  PageMaker maker(7);
  for (u128 id = 1; id <= 20; ++id) {
    ledger::Account& account = maker.account(id == 20 ? kU128Max - 1 : id);
    account.user_data_128 = maker.number();
    account.user_data_64 = ~u64{0};
    account.flags = 2;
  }
  for (u32 bit = 0; bit < 15; ++bit) maker.update(1 + bit % 4, 1U << bit);
  maker.update(5, 0x2ad5);  // Everything set and frozen, and ...
  maker.update(6, 0x2ad5);
  maker.update(6, 0x552a);  // ... everything cleared and opened again.
  PageMaker::reason(maker.update(7, 16), "no text: \xff\xc0\x80");
  PageMaker::reason(maker.update(7, 16), std::string_view("a\0b", 3));
  PageMaker::reason(maker.update(7, 16), "Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80");
  const u16 kPending = 2, kVoid = 8, kCloseDebit = 64, kCloseCredit = 128;
  maker.transfer(8, 9, kPending | kCloseDebit);
  const u128 voided = maker.transfer(10, 11, kPending | kCloseCredit | kCloseDebit).id;
  maker.transfer(10, 11, kVoid).pending_id = voided;
  maker.expiry(maker.transfer(12, 13, kPending | kCloseCredit));
  for (u32 each = 0; each < 500; ++each) {
    const u128 debit = 1 + each % 19;
    maker.transfer(debit, kU128Max - 1, static_cast<u16>(each % 7 == 0 ? kPending : 0));
  }
  for (u32 number = 2; number < ledger::kTransferOutcomeEnd; ++number) {
    const auto outcome = ledger::transfer_outcome(number);
    if (!outcome) continue;
    // Names and numbers that no transfer could have, and those of an account that it closes.
    ledger::Transfer& refused = maker.refusal(number % 3 == 0 ? 0 : 8, kU128Max, *outcome);
    refused.id = number % 2 == 0 ? kU128Max : 0;
    refused.amount = ledger::kAmountMax;
    refused.ledger = number % 5 == 0 ? 0 : ~u32{0};
    refused.code = static_cast<u16>(number % 7);
  }
  {
    PostgresSink sink(options(), clock_);
    deliver_page(sink, maker.page);
  }
  expect_contents(maker.page);
  auto connection = connect();
  EXPECT_EQ(lines_of(connection,
                     "SELECT count(*) FROM florin.account_updates WHERE reason LIKE "
                     "'\\\\x%'"),
            Lines{"2"});

  // In a transaction of its own, after a restart, what was closed before is opened.
  PostgresSink later(options(), clock_);
  const u128 closing_id = maker.page.transfers[0].id;
  maker.transfer(8, 9, kVoid).pending_id = closing_id;
  ChangePage rest;
  rest.transfers = {maker.page.transfers.back()};
  rest.balances = {maker.page.balances.back()};
  rest.events = {maker.page.events.back()};
  rest.events[0].object = 0;
  rest.next = maker.page.next;
  deliver_page(later, rest);
  expect_contents(maker.page);
}

TEST_F(PostgresSinkTest, passes_over_what_its_filter_does_not_want) {
  made_.append_to(store_, 600);
  const u64 end = all_changes(store_).events.back().position;
  exporter::ChangeFilter filter;
  filter.amount_min = 500'000;
  filter.kinds = 1U << static_cast<u8>(ChangeKind::TransferCreated);
  PostgresSink sink(options(), clock_);
  deliver_all(sink, filter);
  ChangePage wanted;
  copy_wanted(filter, all_changes(store_), wanted);
  ASSERT_GT(wanted.events.size(), 100U);
  expect_contents(wanted);
  filter.amount_min = kU128Max;
  made_.append_to(store_, 300);
  deliver_all(sink, filter);
  expect_contents(wanted);
  auto connection = connect();
  EXPECT_EQ(lines_of(connection,
                     fmt::format("SELECT next_position > {} FROM florin.sink_position", end + 200)),
            Lines{"t"});
}

TEST_F(PostgresSinkTest, refuses_tables_that_are_not_its_own) {
  made_.append_to(store_, 50);
  const auto opened_with = [&](const sinks::PostgresSinkOptions& options) {
    PostgresSink sink(options, clock_);
    const auto stand = sink.open();
    return stand ? std::string() : stand.error().message;
  };
  {
    PostgresSink sink(options(), clock_);
    deliver_all(sink);
    auto second = options();
    second.lock_wait_ms = 50;
    expect_contains(opened_with(second), "another session writes into");
  }
  auto other = options();
  other.ledger_id = 5;
  expect_contains(opened_with(other),
                  "has the changes of ledger " + to_decimal(kLedgerId) + ", and this is ledger 5");
  other = options();
  other.name = "reports";
  expect_contains(opened_with(other), "belongs to sink 'warehouse', and this is 'reports'");
  EXPECT_EQ(opened_with(options()), "");
  run("INSERT INTO florin.schema_version (version) VALUES (900)");
  expect_contains(opened_with(options()), "have version 900; expected 3 at most");
  run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  other = options();
  other.settings.connection = server()->connection("latin");
  expect_contains(opened_with(other), "has the encoding LATIN1; expected UTF8");
  other.settings.connection = server()->connection("nowhere");
  expect_contains(opened_with(other), "database \"nowhere\" does not exist");
}

TEST_F(PostgresSinkTest, brings_tables_of_every_earlier_version_up_to_date) {
  made_.append_to(store_, 100);
  for (usize version = 0; version <= sinks::postgres_migrations().size(); ++version) {
    schema_ = fmt::format("From \"{}\"", version);
    auto connection = connect();
    const Status made = sinks::migrate_postgres(connection, schema_, version);
    ASSERT_TRUE(made) << made.error().message;
    PostgresSink sink(options(), clock_);
    deliver_all(sink);
    expect_contents(all_changes(store_));
    EXPECT_EQ(lines_of(connection, "SELECT count(*), max(version) FROM schema_version"),
              Lines{"3|3"});
  }
}

TEST_F(PostgresSinkTest, brings_tables_with_contents_up_to_date_and_keeps_those) {
  made_.refuse_some();
  made_.append_to(store_, 400);
  {
    PostgresSink before(options(), clock_);
    deliver_all(before);
  }
  const history::Place old_end{store_.readable().value + 1, 0};
  // What version 3 made is not there in version 2.
  run("DROP VIEW florin.daily_refusals; DROP TABLE florin.refused_transfers; DELETE FROM "
      "florin.schema_version WHERE version = 3");
  made_.append_to(store_, 400);
  const ChangePage changes = all_changes(store_, exporter::Refusals::Included);
  ChangePage expected;
  for (const ChangeEvent& event : changes.events) {
    const bool refused = ChangeKind{event.kind} == ChangeKind::TransferRefused;
    if (refused && exporter::place_of(event) < old_end) continue;
    append_change(changes, event, expected);
  }
  ASSERT_LT(expected.events.size(), 750U);
  PostgresSink after(options(), clock_);
  deliver_all(after, everything());
  expect_contents(expected);
  auto connection = connect();
  EXPECT_EQ(lines_of(connection, "SELECT count(*), max(version) FROM florin.schema_version"),
            Lines{"3|3"});
}

TEST_F(PostgresSinkTest, has_refused_transfers_if_its_filter_asks_for_them) {
  made_.refuse_some();
  made_.append_to(store_, 500);
  const ChangePage both = all_changes(store_, exporter::Refusals::Included);
  PostgresSink without(options(), clock_);
  deliver_all(without);
  expect_contents(all_changes(store_));
  auto connection = connect();
  EXPECT_EQ(lines_of(connection,
                     "SELECT count(*) FROM pg_class WHERE relname LIKE 'refused_transfers_p%'"),
            Lines{"0"});
  schema_ = "with";
  PostgresSink with(options(), clock_);
  deliver_all(with, everything());
  expect_contents(both);
  // A sink that wants them alone has them alone.
  schema_ = "alone";
  exporter::ChangeFilter filter;
  filter.kinds = 1U << static_cast<u8>(ChangeKind::TransferRefused);
  ChangePage refused;
  copy_wanted(filter, both, refused);
  PostgresSink alone(options(), clock_);
  deliver_all(alone, filter);
  expect_contents(refused);
}

TEST_F(PostgresSinkTest, puts_aside_refused_transfers_that_the_server_does_not_take) {
  made_.refuse_some();
  made_.append_to(store_, 400);
  const ChangePage changes = all_changes(store_, exporter::Refusals::Included);
  PostgresSink sink(options(), clock_);
  ASSERT_TRUE(sink.open());
  run("ALTER TABLE florin.refused_transfers ADD CONSTRAINT not_so_much CHECK (amount < 1e30)");
  deliver_all(sink, everything());
  ChangePage without;
  u64 expected = 0;
  for (const ChangeEvent& event : changes.events) {
    const bool refused = ChangeKind{event.kind} == ChangeKind::TransferRefused;
    if (refused && changes.transfers[event.object].amount == ledger::kAmountMax) {
      ++expected;
    } else {
      append_change(changes, event, without);
    }
  }
  ASSERT_GT(expected, 3U);
  expect_contents(without);
  exporter::DeadLetters letters(scratch_ / "dead-letters", "warehouse");
  const auto put_aside = letters.all();
  ASSERT_TRUE(put_aside) << put_aside.error().message;
  EXPECT_EQ(put_aside->size(), expected);
  for (const exporter::DeadLetter& letter : *put_aside) {
    expect_contains(letter.reason, "not_so_much");
    EXPECT_TRUE(letter.reason.starts_with("refusal of transfer ")) << letter.reason;
  }
  run("ALTER TABLE florin.refused_transfers DROP CONSTRAINT not_so_much");
  ASSERT_TRUE(letters.ask_again());
  deliver_all(sink, everything());
  expect_contents(changes);
}

// A constraint of the owner of the database: two rows are refused, everything else is there.
TEST_F(PostgresSinkTest, puts_aside_rows_that_the_server_does_not_take) {
  made_.append_to(store_, 700);
  ChangePage changes = all_changes(store_);
  std::vector<usize> refused;
  for (usize at = 0; at < changes.events.size(); ++at) {
    const ChangeEvent& event = changes.events[at];
    if (ChangeKind{event.kind} != ChangeKind::TransferCreated) continue;
    if (at > 100 && refused.empty()) refused.push_back(at);
    if (at > 500 && refused.size() == 1) refused.push_back(at);
  }
  ASSERT_EQ(refused.size(), 2U);
  PostgresSink sink(options(), clock_);
  ASSERT_TRUE(sink.open());
  std::string condition = "true";
  for (const usize at : refused) {
    condition += " AND id <> " + to_decimal(changes.transfers[changes.events[at].object].id);
  }
  run("ALTER TABLE florin.transfers ADD CONSTRAINT no_such_id CHECK (" + condition + ")");
  deliver_all(sink);
  u32 put_aside = 0;
  for (const auto& event : events_) {
    if (event.kind != exporter::SinkEvent::Kind::PutAside) continue;
    expect_contains(event.message, "no_such_id");
    expect_contains(event.message, ": transfer ");
    ++put_aside;
  }
  EXPECT_EQ(put_aside, 2U);
  ChangePage without = changes;
  without.events.erase(without.events.begin() + static_cast<i64>(refused[1]));
  without.events.erase(without.events.begin() + static_cast<i64>(refused[0]));
  expect_contents(without);

  // Once the constraint is gone they are delivered again, and newer balances stay as they are.
  run("ALTER TABLE florin.transfers DROP CONSTRAINT no_such_id");
  exporter::DeadLetters letters(scratch_ / "dead-letters", "warehouse");
  const auto asked = letters.ask_again();
  ASSERT_TRUE(asked) << asked.error().message;
  deliver_all(sink);
  expect_contents(changes);
}

TEST_F(PostgresSinkTest, writes_balances_late_while_much_comes_and_after_a_crash) {
  auto patient = options();
  patient.balances_few = 0;
  patient.balances_wait_ns = ~u64{0} / 4;
  patient.partition_positions = 10'000;
  made_.append_to(store_, 300);
  const ChangePage changes = all_changes(store_);
  auto connection = connect();
  {
    PostgresSink sink(patient, clock_);
    deliver_page(sink, changes);
    EXPECT_EQ(lines_of(connection, "SELECT count(*) FROM florin.balances"), Lines{"0"});
  }
  PostgresSink sink(patient, clock_);
  ASSERT_TRUE(sink.open());
  expect_contents(changes);
  made_.append_to(store_, 300);
  deliver_all(sink);
  const Status rested = sink.rest(clock_.wall_time());
  ASSERT_TRUE(rested) << rested.error().message;
  expect_contents(all_changes(store_));
}

TEST_F(PostgresSinkTest, indexes_full_partitions_and_the_last_one_when_little_comes) {
  made_.refuse_some();
  made_.append_to(store_, 1'000);
  PostgresSink sink(options(), clock_);
  deliver_all(sink, everything());
  ASSERT_TRUE(sink.rest(clock_.wall_time()));
  clock_.monotonic += 2 * kNsPerSecond;
  ASSERT_TRUE(sink.rest(clock_.wall_time()));
  SystemClock real_clock;
  const u64 deadline = real_clock.monotonic_ns() + 60 * kNsPerSecond;
  while (!sink.indexes_are_built() && real_clock.monotonic_ns() < deadline) {
    const Status step = sink.build_indexes();
    ASSERT_TRUE(step) << step.error().message;
  }
  auto connection = connect();
  EXPECT_EQ(lines_of(connection,
                     "SELECT count(*) > 5 FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
                     "WHERE c.relname LIKE 'refused_transfers_p%'"),
            Lines{"t"});
  EXPECT_EQ(lines_of(connection,
                     "SELECT count(*) = 4 * (SELECT count(*) FROM pg_inherits h JOIN pg_class c ON "
                     "c.oid = h.inhrelid WHERE c.relkind = 'r') FROM pg_index i JOIN pg_class c ON "
                     "c.oid = i.indrelid WHERE c.relispartition AND i.indisvalid"),
            Lines{"t"});
  made_.append_to(store_, 50);
  deliver_all(sink, everything());
  expect_contents(all_changes(store_, exporter::Refusals::Included));
}

TEST_F(PostgresSinkTest, shows_what_was_refused_each_day_and_why) {
  made_.refuse_some();
  made_.append_to(store_, 2'000);
  const ChangePage changes = all_changes(store_, exporter::Refusals::Included);
  PostgresSink sink(options(), clock_);
  deliver_all(sink, everything());
  struct Refused {
    u64 count = 0;
    std::set<u128> accounts;
    u64 first = ~u64{0}, last = 0;
  };
  constexpr u64 kNsPerDay = 86'400 * kNsPerSecond;
  std::map<std::tuple<u64, u32, std::string>, Refused> expected;
  for (const ChangeEvent& event : changes.events) {
    if (ChangeKind{event.kind} != ChangeKind::TransferRefused) continue;
    const ledger::Transfer& asked = changes.transfers[event.object];
    const std::string why(name(ledger::TransferOutcome{event.outcome}));
    Refused& refused = expected[{event.timestamp / kNsPerDay, asked.ledger, why}];
    ++refused.count;
    if (asked.debit_account_id != 0) refused.accounts.insert(asked.debit_account_id);
    refused.first = std::min(refused.first, event.timestamp / 1'000);
    refused.last = std::max(refused.last, event.timestamp / 1'000);
  }
  ASSERT_GT(expected.size(), 50U);
  Lines lines;
  for (const auto& [key, refused] : expected) {
    const auto& [day, ledger, why] = key;
    lines.push_back(fmt::format("{}|{}|{}|{}|{}|{}|{}", day, ledger, why, refused.count,
                                refused.accounts.size(), refused.first, refused.last));
  }
  auto reader = connect();
  ASSERT_TRUE(reader.run("SET search_path TO ''", "become a reader"));
  EXPECT_EQ(difference(lines, lines_of(reader,
                                       "SELECT day - date '1970-01-01', ledger, outcome, refusals, "
                                       "debit_accounts, (extract(epoch FROM first_at) * "
                                       "1000000)::bigint, (extract(epoch FROM last_at) * "
                                       "1000000)::bigint FROM florin.daily_refusals ORDER BY 1, 2, "
                                       "outcome COLLATE \"C\"")),
            "");
}

// Sums made here from the changes, against what the views say; asked by a role that may only read,
// and whose search_path names nothing.
TEST_F(PostgresSinkTest, views_say_what_the_changes_add_up_to) {
  made_.append_to(store_, 3'000);
  PostgresSink sink(options(), clock_);
  deliver_all(sink);
  const ChangePage changes = all_changes(store_);
  constexpr u64 kNsPerDay = 86'400 * kNsPerSecond;
  std::map<std::pair<u128, u64>, std::pair<u128, u128>> daily;  // Posted debits, credits.
  std::map<u64, std::vector<u128>> amounts;
  std::map<u128, std::pair<u128, u128>> turnover;
  std::map<u64, u128> posted;  // Until the end of the day.
  u128 total = 0;
  for (const ChangeEvent& event : changes.events) {
    if (ChangeKind{event.kind} != ChangeKind::TransferCreated) continue;
    const ledger::Transfer& made = changes.transfers[event.object];
    const ledger::TransferBalances& after = changes.balances[event.object];
    const u64 day = event.timestamp / kNsPerDay;
    daily[{made.debit_account_id, day}] = {after.debit_account_debits_posted,
                                           after.debit_account_credits_posted};
    daily[{made.credit_account_id, day}] = {after.credit_account_debits_posted,
                                            after.credit_account_credits_posted};
    amounts[day].push_back(made.amount);
    turnover[made.debit_account_id].first += made.amount;
    turnover[made.credit_account_id].second += made.amount;
    posted[day] = total += made.amount;
  }
  run("CREATE ROLE analyst; GRANT USAGE ON SCHEMA florin TO analyst; GRANT SELECT ON ALL TABLES IN "
      "SCHEMA florin TO analyst");
  auto reader = connect();
  ASSERT_TRUE(reader.run("SET ROLE analyst; SET search_path TO ''", "become a reader"));
  EXPECT_FALSE(reader.run("DELETE FROM florin.transfers", "delete"));
  Lines expected;
  for (const auto& [key, sums] : daily) {
    expected.push_back(fmt::format("{}|{}|{}|{}", to_decimal(key.first), key.second,
                                   to_decimal(sums.first), to_decimal(sums.second)));
  }
  EXPECT_EQ(difference(expected, lines_of(reader,
                                          "SELECT account_id, day - date '1970-01-01', "
                                          "debits_posted, credits_posted FROM "
                                          "florin.daily_balances ORDER BY 1, 2")),
            "");
  expected.clear();
  for (auto& [day, list] : amounts) {
    std::sort(list.rbegin(), list.rend());
    for (usize at = 0; at < std::min<usize>(list.size(), 100); ++at) {
      expected.push_back(fmt::format("{}|{}", day, to_decimal(list[at])));
    }
  }
  EXPECT_EQ(difference(expected, lines_of(reader,
                                          "SELECT day - date '1970-01-01', amount FROM "
                                          "florin.largest_movements ORDER BY 1, 2 DESC")),
            "");
  expected.clear();
  for (const auto& [id, sums] : turnover) {
    expected.push_back(
        fmt::format("{}|{}|{}", to_decimal(id), to_decimal(sums.first), to_decimal(sums.second)));
  }
  EXPECT_EQ(difference(expected, lines_of(reader,
                                          "SELECT account_id, sum(debits), sum(credits) "
                                          "FROM florin.monthly_turnover GROUP BY 1 ORDER "
                                          "BY 1")),
            "");
  for (const auto& [day, sum] : posted) {
    EXPECT_EQ(lines_of(reader, fmt::format("SELECT debits_posted, credits_posted FROM "
                                           "florin.trial_balance_at(date '1970-01-01' + {})",
                                           day)),
              Lines{to_decimal(sum) + "|" + to_decimal(sum)});
  }
  EXPECT_EQ(lines_of(reader, "SELECT debits_posted, credits_posted FROM florin.trial_balance"),
            Lines{to_decimal(total) + "|" + to_decimal(total)});
  EXPECT_EQ(lines_of(reader, "SELECT count(*), sum(balance) FROM florin.dormant_accounts"),
            Lines{std::to_string(changes.accounts.size()) + "|0"});
  EXPECT_EQ(lines_of(reader,
                     "SELECT d.account_id FROM florin.dormant_accounts d JOIN (SELECT "
                     "account_id, max(logged_at) AS last FROM florin.entries GROUP BY 1) e "
                     "USING (account_id) WHERE d.last_moved_at <> e.last"),
            Lines{});
}

}  // namespace florin::test
