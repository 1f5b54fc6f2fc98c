// The plain store against the reference ledger: what it says of any moment is what the reference
// said then.
#include "tests/support/memory_store.h"

#include <gtest/gtest.h>

#include "base/int128.h"
#include "tests/support/answers.h"
#include "tests/support/reference_changes.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

// A reference ledger and a store that follows it.
class Followed {
 public:
  explicit Followed(u64 seed, StoreLie lie = StoreLie::None)
      : random_(seed), generator_(seed, writes_only()), store_({.lie = lie}) {}

  // Runs a request; the store gets it now or with a later one.
  void run_next() {
    OwnedRequest asked = generator_.next();
    reference_.apply(asked.request(), generator_.meant_time());
    generator_.observe(asked.request());
    changes_.follow(asked.request(), reference_);
    if (random_.chance(1, 3)) return;
    hand_over();
  }
  void hand_over() {
    const Status appended = store_.append(changes_.take());
    ASSERT_TRUE(appended) << appended.error().message;
    if (random_.chance(1, 3)) store_.seal();
    if (!random_.chance(1, 3)) return;
    ASSERT_TRUE(store_.write_run());
  }

  // The ledger's answer to a question that the store can answer as well.
  void compare(OwnedRequest question) {
    OwnedRequest actual = question.ask_again();
    reference_.apply(question.request(), Timestamp{});
    actual.request().position = question.request().position;
    actual.request().timestamp = question.request().timestamp;
    actual.request().transfers.resize(actual.request().event_count);
    actual.request().transfer_statuses.resize(actual.request().event_count);
    ASSERT_TRUE(store_.answer(actual.request()));
    ASSERT_EQ(difference(question.request(), actual.request()), "");
    asked_.push_back(std::move(question));
  }
  // Asks as of then what was answered then.
  void compare_earlier() {
    for (OwnedRequest& then : asked_) {
      OwnedRequest now = then.ask_again();
      now.request().position = then.request().position;
      now.request().timestamp = then.request().timestamp;
      now.request().transfers.resize(now.request().event_count);
      now.request().transfer_statuses.resize(now.request().event_count);
      ASSERT_TRUE(store_.answer(now.request()));
      ASSERT_EQ(difference(then.request(), now.request()), "");
    }
  }

  Random& random() { return random_; }
  RequestGenerator& generator() { return generator_; }
  ReferenceLedger& reference() { return reference_; }
  MemoryStore& store() { return store_; }

 private:
  Random random_;
  RequestGenerator generator_;
  ReferenceLedger reference_;
  ReferenceChanges changes_;
  MemoryStore store_;
  std::vector<OwnedRequest> asked_;
};

ledger::QueryFilter some_filter(Followed& run) {
  Random& random = run.random();
  const auto& accounts = run.generator().account_ids();
  ledger::QueryFilter filter;
  filter.limit = 1 + static_cast<u32>(random.below(30));
  if (random.chance(1, 2)) filter.flags |= ledger::QueryFilter::kNewestFirst;
  if (random.chance(1, 2)) filter.account_id = accounts[random.below(accounts.size())];
  if (filter.account_id != 0 && random.chance(1, 2)) filter.flags |= ledger::QueryFilter::kDebits;
  if (random.chance(1, 4)) filter.pending_status = static_cast<u8>(random.below(5));
  if (random.chance(1, 4)) filter.timestamp_min = run.reference().last_timestamp().ns / 2;
  if (random.chance(1, 4)) filter.timestamp_max = run.reference().last_timestamp().ns - 1000;
  return filter;
}

TEST(MemoryStore, answers_of_any_moment_what_the_ledger_answered_then) {
  for (u64 seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Followed run(seed);
    for (u32 count = 0; count < 150; ++count) {
      run.run_next();
      if (!run.random().chance(1, 6)) continue;
      run.hand_over();
      const auto& ids = run.generator().transfer_ids();
      run.compare(
          OwnedRequest::lookup_transfers(std::span(ids).last(std::min<usize>(60, ids.size()))));
      run.compare(OwnedRequest::query_transfers(some_filter(run)));
      if (HasFatalFailure()) return;
    }
    run.compare_earlier();
    if (HasFatalFailure()) return;
    EXPECT_GT(run.store().transfers().size(), 100u);
    EXPECT_GT(run.store().consumed().size(), 1u);
  }
}

TEST(MemoryStore, has_the_balances_that_the_ledger_has) {
  Followed run(5);
  u32 expiries = 0;
  for (u32 count = 0; count < 300; ++count) {
    run.run_next();
    if (!run.random().chance(1, 10)) continue;
    run.hand_over();
    const Timestamp now = run.reference().last_timestamp();
    for (const auto& [id, account] : run.reference().accounts()) {
      OwnedRequest question = OwnedRequest::get_balance_at(std::span(&id, 1), now);
      question.request().position = run.reference().position();
      ASSERT_TRUE(run.store().answer(question.request()));
      const ledger::AccountBalance& balance = question.request().account_balances.at(0);
      ASSERT_EQ(balance.account_id, id);
      ASSERT_TRUE(balance.debits_pending == account.debits_pending &&
                  balance.debits_posted == account.debits_posted &&
                  balance.credits_pending == account.credits_pending &&
                  balance.credits_posted == account.credits_posted);
    }
  }
  for (const auto& change : run.store().transfers()) {
    if (change.kind == ledger::ChangeKind::HoldExpired) ++expiries;
  }
  EXPECT_GT(expiries, 5u);
}

// Walks all pages, while the ledger goes on.
template <class Ask>
std::vector<std::string> walk(Followed& run, ledger::QueryFilter filter, Ask ask) {
  std::vector<std::string> found;
  for (u32 page = 0; page < 10'000; ++page) {
    OwnedRequest question = ask(filter);
    question.request().position = run.reference().position();
    EXPECT_TRUE(run.store().answer(question.request()));
    for (const auto& each : question.request().transfers) found.push_back(to_decimal(each.id));
    for (const auto& each : question.request().account_balances) {
      found.push_back(to_decimal(each.transfer_id) + " " + to_decimal(each.debits_posted) + " " +
                      to_decimal(each.credits_pending));
    }
    filter.cursor = question.request().next_cursor;
    if (!question.request().more) return found;
    run.run_next();
    run.hand_over();
  }
  ADD_FAILURE() << "the pages never end";
  return found;
}

TEST(MemoryStore, pages_of_an_account_are_as_of_the_first_whatever_comes_in_between) {
  for (u64 seed = 20; seed < 26; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Followed run(seed);
    for (u32 count = 0; count < 60; ++count) run.run_next();
    run.hand_over();
    const auto changes = run.store().transfers();
    ledger::QueryFilter filter;
    std::map<u128, u32> entries;
    for (const auto& change : changes) {
      if (++entries[change.transfer.debit_account_id] > entries[filter.account_id]) {
        filter.account_id = change.transfer.debit_account_id;
      }
    }
    std::vector<std::string> created;
    std::vector<std::string> balances;
    for (const auto& change : changes) {
      const bool debited = change.transfer.debit_account_id == filter.account_id;
      if (!debited && change.transfer.credit_account_id != filter.account_id) continue;
      const auto& both = change.balances;
      balances.push_back(to_decimal(change.transfer.id) + " " +
                         to_decimal(debited ? both.debit_account_debits_posted
                                            : both.credit_account_debits_posted) +
                         " " +
                         to_decimal(debited ? both.debit_account_credits_pending
                                            : both.credit_account_credits_pending));
      if (change.kind == ledger::ChangeKind::TransferCreated) {
        created.push_back(to_decimal(change.transfer.id));
      }
    }
    filter.limit = 3;
    EXPECT_EQ(walk(run, filter, OwnedRequest::get_account_transfers), created);
    std::vector<std::string> earlier = walk(run, filter, OwnedRequest::get_account_balances);
    ASSERT_GE(earlier.size(), balances.size());  // More came while the first were walked through.
    EXPECT_EQ(std::vector(earlier.begin(), earlier.begin() + balances.size()), balances);
    filter.flags = ledger::QueryFilter::kNewestFirst;
    std::vector<std::string> newest = walk(run, filter, OwnedRequest::get_account_transfers);
    ASSERT_GE(newest.size(), created.size());
    EXPECT_TRUE(std::equal(created.begin(), created.end(), newest.rbegin()));
    EXPECT_GT(created.size(), 5u);
  }
}

TEST(MemoryStore, a_crash_takes_it_back_to_its_mark_and_it_goes_on_from_there) {
  u64 lost = 0;
  for (u64 seed = 30; seed < 36; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Followed run(seed);
    for (u32 count = 0; count < 80; ++count) run.run_next();
    run.hand_over();
    const history::Mark mark = run.store().durable();
    history::ChangeBatch again;
    history::ChangeBatch kept;
    again.end = run.store().batch_end();
    const auto sort = [&](const auto& all, auto& to_keep, auto& to_lose) {
      for (const auto& each : all) {
        (each.place.position <= mark.log.position.value ? to_keep : to_lose).push_back(each);
      }
    };
    sort(run.store().transfers(), kept.transfers, again.transfers);
    sort(run.store().others(), kept.others, again.others);
    sort(run.store().consumed(), kept.consumed, again.consumed);
    run.store().crash();
    EXPECT_EQ(run.store().readable(), mark.log.position);
    EXPECT_EQ(run.store().durable(), mark);
    history::ChangeBatch left;
    left.transfers = run.store().transfers();
    left.others = run.store().others();
    left.consumed = run.store().consumed();
    EXPECT_EQ(difference(kept, left), "");
    for (const auto& change : again.transfers) {
      if (change.kind != ledger::ChangeKind::TransferCreated) continue;
      ++lost;
      EXPECT_FALSE(run.store().may_have(change.transfer.id));
    }
    EXPECT_TRUE(run.store().append(std::move(again)));
  }
  EXPECT_GT(lost, 50u);
}

TEST(MemoryStore, refuses_a_batch_that_does_not_fit) {
  Followed run(8);
  run.run_next();
  for (u32 count = 0; count < 20; ++count) run.run_next();
  run.hand_over();
  const auto last = run.store().transfers().back();
  history::ChangeBatch next;
  next.end = run.store().batch_end();
  next.end.log.position.value += 1;
  next.end.created += 1;
  history::TransferChange change = last;
  change.transfer.id += 1'000'000;
  change.transfer.pending_id = 0;
  change.transfer.flags = 0;
  change.transfer.amount = 0;
  change.released = 0;
  change.kind = ledger::ChangeKind::TransferCreated;
  change.number = next.end.created - 1;
  change.place = {next.end.log.position.value, 0};
  const auto refused = [&](auto spoil) {
    history::ChangeBatch spoilt = next;
    spoilt.transfers.push_back(change);
    spoil(spoilt);
    const Status status = run.store().append(std::move(spoilt));
    return !status && status.error().code == ErrorCode::Corrupt;
  };
  EXPECT_TRUE(
      refused([](auto& batch) { batch.transfers[0].balances.debit_account_debits_posted += 1; }));
  EXPECT_TRUE(refused([](auto& batch) { batch.transfers[0].transfer.amount += 1; }));
  EXPECT_TRUE(refused([](auto& batch) { batch.transfers[0].number += 1; }));
  EXPECT_TRUE(refused([](auto& batch) { batch.transfers[0].place.position -= 1; }));
  EXPECT_TRUE(refused([](auto& batch) { batch.transfers[0].transfer.id -= 1'000'000; }));
  EXPECT_TRUE(refused([](auto& batch) { batch.transfers.clear(); }));
  EXPECT_TRUE(refused([](auto& batch) { batch.end.consumed += 1; }));
  EXPECT_FALSE(refused([](auto&) {}));
}

}  // namespace
}  // namespace florin::test
