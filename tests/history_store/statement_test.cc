// Statements: that the store in RocksDB says what the plain one says, that what it says adds up,
// and what stands on which side of a period's borders.
#include <gtest/gtest.h>

#include "ledger/query.h"
#include "tests/history_store/rocks_world.h"
#include "tests/support/answers.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using ledger::AccountBalance;
using ledger::QueryFilter;
using ledger::Request;
using ledger::Transfer;
namespace flags = ledger::transfer_flags;

constexpr u64 kSecond = kNsPerSecond;

// What all pages of a statement say together.
struct Statement {
  std::vector<ledger::Account> accounts;
  std::vector<AccountBalance> ends;
  std::vector<Transfer> transfers;
  std::vector<AccountBalance> after;
  std::vector<ledger::TransferStatus> statuses;
  u32 pages = 0;
};

// Each page of the store's, as of this position; the ends must be the same on all of them.
Statement read(history::RocksStore& store, const QueryFilter& filter, Position position) {
  Statement statement;
  OwnedRequest asked = OwnedRequest::get_statement(filter);
  Request& request = asked.request();
  do {
    request.position = position;
    const Status answered = store.answer(request);
    EXPECT_TRUE(answered) << answered.error().message;
    if (!answered) return statement;
    const usize ends = std::min<usize>(2, request.account_balances.size());
    const std::vector<AccountBalance> page_ends(request.account_balances.begin(),
                                                request.account_balances.begin() + ends);
    if (statement.pages > 0) {
      EXPECT_EQ(page_ends.size(), statement.ends.size());
      for (usize at = 0; at < ends; ++at) {
        EXPECT_EQ(std::memcmp(&page_ends[at], &statement.ends[at], sizeof(AccountBalance)), 0);
      }
    }
    statement.accounts = request.accounts;
    statement.ends = page_ends;
    const auto append = [](auto& all, const auto& page, usize first = 0) {
      const auto rest = std::span(page).subspan(first);
      all.insert(all.end(), rest.begin(), rest.end());
    };
    append(statement.transfers, request.transfers);
    append(statement.after, request.account_balances, ends);
    append(statement.statuses, request.transfer_statuses);
    EXPECT_LE(request.transfers.size(), filter.limit);
    request.filter.cursor = request.next_cursor;
    ++statement.pages;
  } while (request.more && statement.pages < 10'000);
  return statement;
}

// The counters that entries move, on the account's side of each.
void expect_entries_add_up(const Statement& statement, u128 account) {
  ASSERT_EQ(statement.after.size(), statement.transfers.size());
  u128 debits = statement.ends[0].debits_posted;
  u128 credits = statement.ends[0].credits_posted;
  for (usize at = 0; at < statement.transfers.size(); ++at) {
    const Transfer& entry = statement.transfers[at];
    const bool debited = entry.debit_account_id == account;
    ASSERT_TRUE(debited || entry.credit_account_id == account);
    (debited ? debits : credits) += entry.amount;
    ASSERT_TRUE(statement.after[at].debits_posted == debits);
    ASSERT_TRUE(statement.after[at].credits_posted == credits);
    ASSERT_TRUE(statement.after[at].transfer_id == entry.id);
  }
  EXPECT_TRUE(statement.ends[1].debits_posted == debits);
  EXPECT_TRUE(statement.ends[1].credits_posted == credits);
}

void expect_holds_add_up(const Statement& statement, u128 account) {
  ASSERT_EQ(statement.statuses.size(), statement.transfers.size());
  u128 debits = 0;
  u128 credits = 0;
  for (usize at = 0; at < statement.transfers.size(); ++at) {
    const bool debited = statement.transfers[at].debit_account_id == account;
    (debited ? debits : credits) += statement.statuses[at].remaining;
  }
  EXPECT_TRUE(statement.ends[1].debits_pending == debits);
  EXPECT_TRUE(statement.ends[1].credits_pending == credits);
}

void expect_adds_up(const Statement& statement, const QueryFilter& filter) {
  if (statement.accounts.empty()) {
    EXPECT_TRUE(statement.ends.empty() && statement.transfers.empty());
    return;
  }
  ASSERT_EQ(statement.ends.size(), 2u);
  if ((filter.flags & QueryFilter::kHolds) != 0) {
    expect_holds_add_up(statement, filter.account_id);
  } else {
    expect_entries_add_up(statement, filter.account_id);
  }
}

TEST(Statement, of_random_ledgers_is_what_the_plain_store_says_and_adds_up) {
  const u64 seeds = (kSanitized ? 2 : 6) * soak_factor();
  u64 entries = 0;
  u64 holds = 0;
  u64 later_pages = 0;
  for (u64 seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RocksWorld world(seed * 31, static_cast<u32>(1 + seed * 11 % history::kPackChangesMax));
    for (u32 step = 0; step < 150; ++step) {
      world.run_next();
      if (world.random().chance(1, 40)) world.reopen();
      for (u32 count = 0; count < 4; ++count) {
        OwnedRequest asked = world.some_statement();
        const QueryFilter filter = asked.request().filter;
        const Statement said = read(world.rocks(), filter, world.rocks().readable());
        world.compare(std::move(asked));
        if (HasFatalFailure()) return;
        expect_adds_up(said, filter);
        if (HasFatalFailure()) return;
        const bool of_holds = (filter.flags & QueryFilter::kHolds) != 0;
        (of_holds ? holds : entries) += said.transfers.size();
        later_pages += said.pages - 1;
      }
    }
  }
  EXPECT_GT(entries, 300 * seeds);
  EXPECT_GT(holds, 20 * seeds);
  EXPECT_GT(later_pages, 50 * seeds);
}

// A ledger that does what a test says, when it says; both stores are told at once.
class Told {
 public:
  Told() {
    history::RocksOptions options;
    options.directory = scratch_ / "history";
    options.ledger_id = 7;
    options.cache_bytes = 4 * kMiB;
    options.pack_changes = 3;
    auto opened = history::RocksStore::open(options);
    CHECK(opened.has_value());
    rocks_ = std::move(*opened);
  }

  void at(u64 time, OwnedRequest request) {
    reference_.apply(request.request(), Timestamp{time});
    ASSERT_TRUE(request.request().exceptions.empty());
    changes_.follow(request.request(), reference_);
    history::ChangeBatch batch = changes_.take();
    ASSERT_TRUE(memory_.append(copy_of(batch)));
    ASSERT_TRUE(rocks_->append(std::move(batch)));
  }
  void accounts_at(u64 time, std::initializer_list<u64> ids) {
    std::vector<ledger::Account> accounts;
    for (const u64 id : ids) accounts.push_back(simple_account(id));
    at(time, OwnedRequest::create_accounts(accounts));
  }
  void transfer_at(u64 time, const Transfer& transfer) {
    at(time, OwnedRequest::create_transfers({&transfer, 1}));
  }
  // What came so far goes to the disk.
  void write() {
    rocks_->seal();
    ASSERT_TRUE(rocks_->write_run());
  }

  // The first page, which both must give.
  OwnedRequest first_page(const QueryFilter& filter) {
    OwnedRequest expected = OwnedRequest::get_statement(filter);
    OwnedRequest actual = OwnedRequest::get_statement(filter);
    expected.request().position = actual.request().position = memory_.readable();
    EXPECT_TRUE(memory_.answer(expected.request()));
    EXPECT_TRUE(rocks_->answer(actual.request()));
    EXPECT_EQ(difference(expected.request(), actual.request()), "");
    return actual;
  }
  history::RocksStore& rocks() { return *rocks_; }

 private:
  ScratchPath scratch_;
  ReferenceLedger reference_;
  ReferenceChanges changes_;
  MemoryStore memory_;
  std::unique_ptr<history::RocksStore> rocks_;
};

QueryFilter period(u64 first, u64 last, u32 limit = 10) {
  QueryFilter filter;
  filter.account_id = 1;
  filter.timestamp_min = first;
  filter.timestamp_max = last;
  filter.limit = limit;
  return filter;
}

QueryFilter holds_until(u64 last, u32 limit = 10) {
  QueryFilter filter = period(1, last, limit);
  filter.flags = QueryFilter::kHolds;
  return filter;
}

std::vector<u64> ids_of(const Request& answer) {
  std::vector<u64> ids;
  for (const Transfer& transfer : answer.transfers) ids.push_back(low_half(transfer.id));
  return ids;
}

using Ids = std::vector<u64>;

// Debits posted at the beginning and at the end.
std::vector<u64> debits_of(const Request& answer) {
  std::vector<u64> debits;
  for (usize at = 0; at < std::min<usize>(2, answer.account_balances.size()); ++at) {
    debits.push_back(low_half(answer.account_balances[at].debits_posted));
  }
  return debits;
}

Transfer hold(u64 id, u128 amount, u32 timeout = 0) {
  Transfer transfer = simple_transfer(id, amount);
  transfer.flags = flags::kPending;
  transfer.timeout = timeout;
  return transfer;
}

Transfer resolving(u64 id, u64 hold_id, u128 amount, u16 how) {
  Transfer transfer{};
  transfer.id = id;
  transfer.pending_id = hold_id;
  transfer.amount = amount;
  transfer.flags = how;
  return transfer;
}

TEST(Statement, has_what_happened_at_its_first_and_last_nanosecond) {
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  ledger.transfer_at(100, simple_transfer(1, 1));
  ledger.transfer_at(200, simple_transfer(2, 10));
  ledger.write();
  ledger.transfer_at(300, simple_transfer(3, 100));
  struct Line {
    u64 first, last;
    Ids entries;
    std::vector<u64> debits;
  };
  const Line lines[] = {
      {200, 200, {2}, {1, 11}},
      {101, 199, {}, {1, 1}},
      {101, 200, {2}, {1, 11}},
      {200, 299, {2}, {1, 11}},
      {100, 300, {1, 2, 3}, {0, 111}},
      {201, 299, {}, {11, 11}},
      {201, 300, {3}, {11, 111}},
      {301, 999, {}, {111, 111}},
      {1, 99, {}, {0, 0}},
      {1, 100, {1}, {0, 1}},
      {300, kTimestampEnd - 1, {3}, {11, 111}},
      {1, kTimestampEnd - 1, {1, 2, 3}, {0, 111}},
  };
  for (const Line& line : lines) {
    SCOPED_TRACE(testing::Message() << line.first << " to " << line.last);
    const OwnedRequest answer = ledger.first_page(period(line.first, line.last));
    EXPECT_EQ(ids_of(answer.request()), line.entries);
    EXPECT_EQ(debits_of(answer.request()), line.debits);
    EXPECT_FALSE(answer.request().more);
    ASSERT_EQ(answer.request().accounts.size(), 1u);
    EXPECT_EQ(low_half(answer.request().accounts[0].debits_posted), line.debits[1]);
    EXPECT_EQ(answer.request().accounts[0].timestamp, 10u);
  }
}

TEST(Statement, of_an_account_that_came_later_is_empty_or_begins_with_nothing) {
  for (const bool written : {false, true}) {
    Told ledger;
    ledger.accounts_at(100, {1, 2});
    ledger.transfer_at(200, simple_transfer(1, 5));
    if (written) ledger.write();
    for (const u16 kind : {u16{0}, QueryFilter::kHolds}) {
      QueryFilter before = period(1, 99);
      before.flags = kind;
      const OwnedRequest none = ledger.first_page(before);
      EXPECT_TRUE(none.request().accounts.empty() && none.request().account_balances.empty());
      EXPECT_TRUE(none.request().transfers.empty() && !none.request().more);
      QueryFilter of_nobody = period(1, 999);
      of_nobody.account_id = 77;
      of_nobody.flags = kind;
      EXPECT_TRUE(ledger.first_page(of_nobody).request().accounts.empty());
    }
    const OwnedRequest born = ledger.first_page(period(50, 100));
    ASSERT_EQ(born.request().account_balances.size(), 2u);
    for (const AccountBalance& balance : born.request().account_balances) {
      EXPECT_TRUE(balance.account_id == 1 && balance.ledger == 1 && balance.position == 0);
      EXPECT_TRUE(balance.debits_posted == 0 && balance.transfer_id == 0);
    }
    EXPECT_EQ(ids_of(ledger.first_page(period(50, 200)).request()), Ids{1});
  }
}

// Holds and their release move nothing that is posted; what they become does, with what was taken.
TEST(Statement, lists_what_moved_a_posted_counter) {
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  ledger.transfer_at(100, simple_transfer(1, 1000));
  ledger.transfer_at(200, hold(2, 50));
  ledger.transfer_at(300,
                     resolving(3, 2, 20, flags::kPostPendingTransfer | flags::kCapturePartial));
  ledger.transfer_at(400, resolving(4, 2, ledger::kAmountMax, flags::kPostPendingTransfer));
  ledger.write();
  ledger.transfer_at(500, hold(5, 7));
  ledger.transfer_at(600, resolving(6, 5, 0, flags::kVoidPendingTransfer));
  ledger.transfer_at(700, simple_transfer(7, 0));
  Transfer reversal = simple_transfer(8, ledger::kAmountMax);
  std::swap(reversal.debit_account_id, reversal.credit_account_id);
  reversal.flags = flags::kReversal;
  reversal.pending_id = 1;
  ledger.transfer_at(800, reversal);
  const OwnedRequest answer = ledger.first_page(period(1, 900));
  EXPECT_EQ(ids_of(answer.request()), (Ids{1, 3, 4, 7, 8}));
  EXPECT_TRUE(answer.request().transfers[1].amount == 20);
  EXPECT_TRUE(answer.request().transfers[2].amount == 30);
  const AccountBalance& closing = answer.request().account_balances[1];
  EXPECT_TRUE(closing.debits_posted == 1050 && closing.credits_posted == 1000);
  EXPECT_TRUE(closing.debits_pending == 0);
  for (const u32 limit : {1, 2, 3, 4, 5, 6}) {
    const Statement all = read(ledger.rocks(), period(1, 900, limit), ledger.rocks().readable());
    EXPECT_EQ(all.transfers.size(), 5u) << limit;
    EXPECT_EQ(all.pages, (5 + limit - 1) / limit) << "no page is empty";
    expect_entries_add_up(all, 1);
  }
}

TEST(Statement, shows_holds_as_they_were_at_its_end_newest_first) {
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  ledger.transfer_at(1 * kSecond, hold(1, 40));
  ledger.transfer_at(2 * kSecond, hold(2, 0));  // Nothing is on hold by it.
  ledger.write();
  ledger.transfer_at(3 * kSecond, hold(3, 50, 3600));
  ledger.transfer_at(4 * kSecond,
                     resolving(4, 1, 15, flags::kPostPendingTransfer | flags::kCapturePartial));
  ledger.transfer_at(5 * kSecond, resolving(5, 3, 0, flags::kVoidPendingTransfer));
  const auto remaining = [](const OwnedRequest& answer) {
    std::vector<u64> all;
    for (const auto& status : answer.request().transfer_statuses) {
      all.push_back(low_half(status.remaining));
    }
    return all;
  };
  struct Line {
    u64 last;
    Ids holds;
    std::vector<u64> remaining;
  };
  const Line lines[] = {{1 * kSecond - 1, {}, {}},
                        {1 * kSecond, {1}, {40}},
                        {2 * kSecond, {1}, {40}},
                        {3 * kSecond, {3, 1}, {50, 40}},
                        {4 * kSecond - 1, {3, 1}, {50, 40}},
                        {4 * kSecond, {3, 1}, {50, 25}},
                        {5 * kSecond, {1}, {25}},
                        {9 * kSecond, {1}, {25}}};
  for (const Line& line : lines) {
    SCOPED_TRACE(line.last);
    const OwnedRequest answer = ledger.first_page(holds_until(line.last));
    EXPECT_EQ(ids_of(answer.request()), line.holds);
    EXPECT_EQ(remaining(answer), line.remaining);
    EXPECT_FALSE(answer.request().more);
    expect_holds_add_up(read(ledger.rocks(), holds_until(line.last, 1), ledger.rocks().readable()),
                        1);
  }
  const OwnedRequest open = ledger.first_page(holds_until(3 * kSecond));
  EXPECT_EQ(open.request().transfer_statuses[0].expires_at, 3603 * kSecond);
  EXPECT_EQ(open.request().transfer_statuses[1].expires_at, 0u);
}

TEST(Statement, an_expiry_at_its_last_nanosecond_is_in_it) {
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  ledger.transfer_at(100 * kSecond, hold(1, 5, 1));
  ledger.at(101 * kSecond, OwnedRequest::tick());
  const OwnedRequest before = ledger.first_page(holds_until(101 * kSecond - 1));
  EXPECT_EQ(ids_of(before.request()), Ids{1});
  EXPECT_TRUE(before.request().accounts[0].debits_pending == 5);
  const OwnedRequest after = ledger.first_page(holds_until(101 * kSecond));
  EXPECT_EQ(ids_of(after.request()), Ids{});
  EXPECT_TRUE(after.request().accounts[0].debits_pending == 0);
  EXPECT_TRUE(ledger.first_page(period(101 * kSecond, 102 * kSecond))
                  .request()
                  .account_balances[0]
                  .debits_pending == 5);
}

// The import comes later in the order and has the earlier time: the end of a period that has the
// import has the expiry, too.
TEST(Statement, adds_up_where_an_imported_time_crosses_an_expiry) {
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  ledger.transfer_at(100 * kSecond, hold(1, 5, 1));
  ledger.at(101 * kSecond, OwnedRequest::tick());
  Transfer imported = simple_transfer(2, 7);
  imported.flags = flags::kImported;
  imported.timestamp = 100 * kSecond + kSecond / 2;
  ledger.transfer_at(103 * kSecond, imported);
  const u64 moment = imported.timestamp;
  for (const bool written : {false, true}) {
    if (written) ledger.write();
    const OwnedRequest before = ledger.first_page(period(1, moment - 1));
    EXPECT_EQ(ids_of(before.request()), Ids{});
    EXPECT_TRUE(before.request().account_balances[1].debits_pending == 5);
    EXPECT_EQ(ids_of(ledger.first_page(holds_until(moment - 1)).request()), Ids{1});
    const OwnedRequest with = ledger.first_page(period(moment, moment));
    EXPECT_EQ(ids_of(with.request()), Ids{2});
    EXPECT_TRUE(with.request().account_balances[0].debits_pending == 5);
    EXPECT_TRUE(with.request().account_balances[1].debits_pending == 0);
    EXPECT_EQ(with.request().transfers[0].timestamp, moment);
    EXPECT_EQ(ids_of(ledger.first_page(holds_until(moment)).request()), Ids{});
    const OwnedRequest behind = ledger.first_page(period(moment + 1, 200 * kSecond));
    EXPECT_EQ(ids_of(behind.request()), Ids{});
    EXPECT_EQ(debits_of(behind.request()), (std::vector<u64>{7, 7}));
  }
}

TEST(Statement, later_pages_are_as_of_the_first) {
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  for (u64 id = 1; id <= 3; ++id) ledger.transfer_at(100 * id, simple_transfer(id, 1));
  ledger.transfer_at(400, hold(4, 9));
  ledger.transfer_at(500, hold(5, 6));
  OwnedRequest entries = ledger.first_page(period(1, kTimestampEnd - 1, 2));
  OwnedRequest holds = ledger.first_page(holds_until(kTimestampEnd - 1, 1));
  EXPECT_TRUE(entries.request().more && holds.request().more);
  ledger.write();
  ledger.transfer_at(600, simple_transfer(6, 100));
  ledger.transfer_at(700, resolving(7, 4, 0, flags::kVoidPendingTransfer));
  QueryFilter rest = period(1, kTimestampEnd - 1, 2);
  rest.cursor = entries.request().next_cursor;
  const OwnedRequest later = ledger.first_page(rest);
  EXPECT_EQ(ids_of(later.request()), Ids{3});
  EXPECT_FALSE(later.request().more);
  EXPECT_EQ(debits_of(later.request()), (std::vector<u64>{0, 3}));
  QueryFilter older = holds_until(kTimestampEnd - 1, 1);
  older.cursor = holds.request().next_cursor;
  const OwnedRequest still_open = ledger.first_page(older);
  EXPECT_EQ(ids_of(still_open.request()), Ids{4});
  EXPECT_TRUE(still_open.request().transfer_statuses[0].remaining == 9);
  EXPECT_FALSE(still_open.request().more);

  rest.cursor.as_of = ledger.rocks().readable().value + 1;
  OwnedRequest foreign = OwnedRequest::get_statement(rest);
  foreign.request().position = ledger.rocks().readable();
  ASSERT_TRUE(ledger.rocks().answer(foreign.request()));
  EXPECT_EQ(foreign.request().refusal, ledger::RefusalCode::InvalidFilter);
}

// One old hold, and behind it more changes than a page looks at: pages come back short, and go on.
TEST(Statement, a_page_looks_at_so_many_changes_and_no_more) {
  constexpr u32 kPairs = ledger::kQueryExaminedMax / 2 + 100;
  Told ledger;
  ledger.accounts_at(10, {1, 2});
  ledger.transfer_at(100, simple_transfer(1, 3));
  ledger.transfer_at(200, hold(2, 4));
  std::vector<Transfer> pairs;
  for (u64 pair = 0; pair < kPairs; ++pair) {
    pairs.push_back(hold(10 + 2 * pair, 1));
    pairs.push_back(resolving(11 + 2 * pair, 10 + 2 * pair, 0, flags::kVoidPendingTransfer));
  }
  for (usize first = 0; first < pairs.size(); first += 8000) {
    const usize count = std::min<usize>(8000, pairs.size() - first);
    ledger.at(1000 * kSecond + first * kSecond / 8000,
              OwnedRequest::create_transfers(std::span(pairs).subspan(first, count)));
  }
  ledger.transfer_at(2000 * kSecond, simple_transfer(3, 5));
  ledger.write();
  const Position now = ledger.rocks().readable();
  const Statement entries = read(ledger.rocks(), period(1, 3000 * kSecond), now);
  EXPECT_EQ(entries.pages, 2u);
  ASSERT_EQ(entries.transfers.size(), 2u);
  expect_entries_add_up(entries, 1);
  const Statement holds = read(ledger.rocks(), holds_until(3000 * kSecond), now);
  EXPECT_EQ(holds.pages, 2u);
  ASSERT_EQ(holds.transfers.size(), 1u);
  EXPECT_TRUE(holds.transfers[0].id == 2);
  expect_holds_add_up(holds, 1);
}

}  // namespace
}  // namespace florin::test
