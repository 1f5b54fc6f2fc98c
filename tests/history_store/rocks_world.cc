#include "tests/history_store/rocks_world.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "base/check.h"
#include "base/int128.h"
#include "tests/support/answers.h"

namespace florin::test {

using ledger::Operation;
using ledger::QueryFilter;

ScratchPath::ScratchPath() : path_(testing::TempDir() + "florin_history_XXXXXX") {
  CHECK(::mkdtemp(path_.data()) != nullptr);
}

ScratchPath::~ScratchPath() { std::filesystem::remove_all(path_); }

history::ChangeBatch copy_of(const history::ChangeBatch& batch) { return batch; }

RocksWorld::RocksWorld(u64 seed, u32 pack_changes)
    : random_(seed), pack_changes_(pack_changes), generator_(seed, writes_only()) {
  auto opened = history::RocksStore::open(options());
  CHECK(opened.has_value());
  rocks_ = std::move(*opened);
}

history::RocksOptions RocksWorld::options() const {
  history::RocksOptions options;
  options.directory = path();
  options.ledger_id = 7;
  options.cache_bytes = 4 * kMiB;
  options.pack_changes = pack_changes_;
  options.runs_waiting_max = 3;
  return options;
}

void RocksWorld::run_next() {
  OwnedRequest asked = generator_.next();
  reference_.apply(asked.request(), generator_.meant_time());
  generator_.observe(asked.request());
  changes_.follow(asked.request(), reference_);
  if (random_.chance(1, 3)) hand_over();
}

void RocksWorld::hand_over() {
  history::ChangeBatch batch = changes_.take();
  if (batch.end == memory_.batch_end()) return;
  seen_.insert(seen_.end(), batch.transfers.begin(), batch.transfers.end());
  unwritten_.push_back(batch);
  ASSERT_TRUE(memory_.append(copy_of(batch)));
  ASSERT_TRUE(rocks_->append(std::move(batch)));
  ASSERT_EQ(rocks_->readable(), memory_.readable());
  if (rocks_->has_room() && random_.chance(1, 3)) seal();
  if (random_.chance(1, 3)) write_run();
}

void RocksWorld::write_run() {
  const Result<u64> written = rocks_->write_run();
  ASSERT_TRUE(written) << written.error().message;
  if (*written > 0) ++runs_;
  const Position durable = rocks_->durable().log.position;
  while (!unwritten_.empty() && unwritten_.front().end.log.position <= durable) {
    unwritten_.pop_front();
  }
}

void RocksWorld::reopen() {
  const history::Mark durable = rocks_->durable();
  rocks_.reset();
  auto opened = history::RocksStore::open(options());
  ASSERT_TRUE(opened) << opened.error().message;
  rocks_ = std::move(*opened);
  ASSERT_EQ(rocks_->durable(), durable);
  ASSERT_EQ(rocks_->readable(), durable.log.position);
  for (const history::ChangeBatch& batch : unwritten_) {
    ASSERT_TRUE(rocks_->append(copy_of(batch)));
  }
  ASSERT_EQ(rocks_->readable(), memory_.readable());
}

u128 RocksWorld::some_account() {
  const auto& accounts = generator_.account_ids();
  if (seen_.empty() || random_.chance(1, 10)) return accounts[random_.below(accounts.size())];
  const ledger::Transfer& transfer = seen_[random_.below(seen_.size())].transfer;
  return random_.chance(1, 2) ? transfer.debit_account_id : transfer.credit_account_id;
}

u64 RocksWorld::some_time() {
  const u64 now = reference_.last_timestamp().ns;
  if (seen_.empty() || random_.chance(1, 10)) return 1 + random_.below(now + 1);
  const history::TransferChange& change = seen_[random_.below(seen_.size())];
  const u64 time = random_.chance(1, 2) ? change.decided : change.transfer.timestamp;
  return time + random_.below(3) - 1;
}

QueryFilter RocksWorld::some_filter() {
  QueryFilter filter;
  filter.limit = 1 + static_cast<u32>(random_.below(random_.chance(1, 4) ? 400 : 12));
  if (random_.chance(1, 2)) filter.flags |= QueryFilter::kNewestFirst;
  if (random_.chance(1, 3)) filter.timestamp_min = some_time();
  if (random_.chance(1, 3)) filter.timestamp_max = some_time();
  if (filter.timestamp_max != 0 && filter.timestamp_max < filter.timestamp_min) {
    std::swap(filter.timestamp_min, filter.timestamp_max);
  }
  if (random_.chance(1, 5)) filter.pending_status = static_cast<u8>(random_.below(5));
  if (seen_.empty() || random_.chance(1, 2)) return filter;
  const ledger::Transfer& like = seen_[random_.below(seen_.size())].transfer;
  if (random_.chance(1, 6)) filter.amount_min = like.amount;
  if (random_.chance(1, 6)) filter.amount_max = std::max(like.amount, filter.amount_min);
  if (random_.chance(1, 8)) filter.code = like.code;
  if (random_.chance(1, 8)) filter.ledger = like.ledger;
  if (random_.chance(1, 8)) filter.object_flags = like.flags;
  if (random_.chance(1, 12)) filter.user_data_128 = like.user_data_128;
  if (random_.chance(1, 12)) filter.user_data_64 = like.user_data_64;
  if (random_.chance(1, 12)) filter.user_data_32 = like.user_data_32;
  return filter;
}

// Leaves what this kind of question knows.
void RocksWorld::limit_to(Operation operation, QueryFilter& filter) {
  if (operation != Operation::GetChangeEvents) {
    const u32 side = static_cast<u32>(random_.below(4));
    if (filter.account_id != 0) filter.flags |= static_cast<u16>(side);
    return;
  }
  QueryFilter wanted;
  wanted.limit = filter.limit;
  wanted.account_id = filter.account_id;
  wanted.ledger = filter.ledger;
  wanted.code = filter.code;
  if (random_.chance(1, 2)) wanted.kinds = static_cast<u8>(random_.below(32) << 1);
  if (random_.chance(1, 2)) wanted.cursor.next = random_.below(memory_.readable().value + 2);
  wanted.cursor.index = random_.below(3);
  filter = wanted;
}

OwnedRequest RocksWorld::some_question() {
  QueryFilter filter = some_filter();
  const auto ask = [&](Operation operation, auto make) {
    limit_to(operation, filter);
    return make(filter);
  };
  switch (random_.below(6)) {
    case 0:
      if (random_.chance(1, 3)) filter.account_id = some_account();
      return ask(Operation::QueryTransfers, OwnedRequest::query_transfers);
    case 1:
      filter.account_id = some_account();
      return ask(Operation::GetAccountTransfers, OwnedRequest::get_account_transfers);
    case 2:
      filter.account_id = some_account();
      return ask(Operation::GetAccountBalances, OwnedRequest::get_account_balances);
    case 3:
      if (random_.chance(1, 4)) filter.account_id = some_account();
      return ask(Operation::GetChangeEvents, OwnedRequest::get_change_events);
    case 4: return some_statement();
    default: {
      std::vector<u128> ids;
      for (u64 count = 1 + random_.below(6); count > 0; --count) ids.push_back(some_account());
      return OwnedRequest::get_balance_at(ids, Timestamp{some_time()});
    }
  }
}

OwnedRequest RocksWorld::some_statement() {
  QueryFilter filter;
  filter.account_id = some_account();
  filter.limit = 1 + static_cast<u32>(random_.below(random_.chance(1, 4) ? 400 : 6));
  filter.timestamp_min = std::max<u64>(random_.chance(1, 4) ? 1 : some_time(), 1);
  filter.timestamp_max = std::max<u64>(some_time(), 1);
  if (filter.timestamp_max < filter.timestamp_min) {
    std::swap(filter.timestamp_min, filter.timestamp_max);
  }
  if (random_.chance(1, 2)) filter.flags = QueryFilter::kHolds;
  return OwnedRequest::get_statement(filter);
}

void RocksWorld::compare(OwnedRequest question) {
  const u64 readable = memory_.readable().value;
  u64 position = random_.chance(1, 3) ? random_.below(readable + 1) : readable;
  for (u32 page = 0; page < 5000; ++page) {
    OwnedRequest expected = question.ask_again();
    OwnedRequest actual = question.ask_again();
    expected.request().position = Position{position};
    actual.request().position = Position{position};
    ASSERT_TRUE(memory_.answer(expected.request()));
    const Status answered = rocks_->answer(actual.request());
    ASSERT_TRUE(answered) << answered.error().message;
    ASSERT_EQ(difference(expected.request(), actual.request()), "")
        << name(question.request().operation) << " page " << page << " as of " << position;
    ASSERT_EQ(expected.request().next_cursor, actual.request().next_cursor);
    ASSERT_EQ(expected.request().more, actual.request().more);
    ++pages_;
    objects_ += actual.request().transfers.size() + actual.request().account_balances.size() +
                actual.request().change_events.size();
    if (!expected.request().more) return;
    // A page of its own is as of a later moment.
    position = position + random_.below(readable - position + 1);
    question.request().filter.cursor = expected.request().next_cursor;
  }
  FAIL() << "the pages never end";
}

void RocksWorld::compare_find() {
  const auto& sent = generator_.transfer_ids();
  if (sent.empty()) return;
  std::vector<u128> ids;
  for (u64 count = random_.below(60); count > 0; --count) {
    const u128 id = sent[random_.below(sent.size())];
    ids.push_back(random_.chance(1, 10) ? id + 1 : id);
  }
  const Position as_of{random_.below(memory_.readable().value + 1)};
  std::vector<engine::PastTransfer> expected(ids.size());
  std::vector<engine::PastTransfer> actual(ids.size());
  memory_.find(ids, as_of, expected);
  rocks_->find(ids, as_of, actual);
  for (usize index = 0; index < ids.size(); ++index) {
    const engine::PastTransfer& want = expected[index];
    const engine::PastTransfer& have = actual[index];
    ASSERT_EQ(want.outcome, have.outcome) << to_decimal(ids[index]) << " as of " << as_of.value;
    ASSERT_EQ(want.position, have.position);
    ASSERT_EQ(want.number, have.number);
    ASSERT_EQ(want.pending_status, have.pending_status);
    ASSERT_EQ(want.reversed, have.reversed);
    ASSERT_EQ(std::memcmp(&want.transfer, &have.transfer, sizeof want.transfer), 0);
    if (memory_.may_have(ids[index])) {
      ASSERT_TRUE(rocks_->may_have(ids[index]));
    }
    if (want.outcome != 0) ++objects_;
  }
}

void RocksWorld::compare_known() {
  const u128 account = some_account();
  const auto want = memory_.known_account(account);
  const auto have = rocks_->known_account(account);
  ASSERT_TRUE(want && have);
  ASSERT_EQ(want->found, have->found);
  ASSERT_TRUE(std::equal(want->balances, want->balances + 4, have->balances));
  if (seen_.empty()) return;
  const u128 id = seen_[random_.below(seen_.size())].transfer.id;
  const auto want_hold = memory_.known_hold(id);
  const auto have_hold = rocks_->known_hold(id);
  ASSERT_TRUE(want_hold && have_hold);
  ASSERT_EQ(want_hold->found, have_hold->found);
  if (!want_hold->found) return;
  ASSERT_EQ(to_decimal(want_hold->remaining), to_decimal(have_hold->remaining));
  ASSERT_EQ(want_hold->number, have_hold->number);
  ASSERT_EQ(to_decimal(want_hold->transfer.id), to_decimal(have_hold->transfer.id));
}

}  // namespace florin::test
