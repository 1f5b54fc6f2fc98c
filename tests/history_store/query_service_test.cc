// The gate between the core and the replies: what passes, what waits for history, and who is told
// what when it does not come.
#include "history/query_service.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>

#include "base/random.h"
#include "pipeline/thread_group.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_store.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using history::QueryService;
using history::QueryServiceOptions;
using history::QueryWorker;
using ledger::Operation;
using ledger::RefusalCode;
using ledger::Request;

constexpr u64 kMillisecond = 1'000'000;

// An account is created at each position: account 5 at position 5.
history::ChangeBatch accounts_up_to(Position before, Position end) {
  history::ChangeBatch batch;
  for (u64 position = before.value + 1; position <= end.value; ++position) {
    history::OtherChange event;
    event.place = {position, 0};
    event.decided = position * 10;
    auto& account = event.what.emplace<ledger::Account>();
    account.id = position;
    account.ledger = position % 2 == 0 ? 978 : 840;
    account.code = 1;
    account.timestamp = position * 10;
    batch.others.push_back(event);
  }
  batch.end.log.position = end;
  batch.end.accounts = end.value;
  return batch;
}

void grow(MemoryStore& store, u64 end) {
  ASSERT_TRUE(store.append(accounts_up_to(store.readable(), Position{end})));
}

Request question(Operation operation, u64 position) {
  Request request;
  request.operation = operation;
  request.position = Position{position};
  request.filter.limit = 100;
  return request;
}

Request transfers_of_account(u64 position) {
  Request request = question(Operation::GetAccountTransfers, position);
  request.filter.account_id = 1;
  return request;
}

Request changes_from(u64 from, u64 position, u32 wait_ms = 0) {
  Request request = question(Operation::GetChangeEvents, position);
  request.filter.cursor.next = from;
  request.filter.wait_ms = wait_ms;
  return request;
}

// Keeps what it is handed, and knows what was flushed.
class KeepingSink final : public ledger::ReplySink {
 public:
  void deliver(Request* request) override { unflushed_.push_back(request); }
  void flush() override {
    sent.insert(sent.end(), unflushed_.begin(), unflushed_.end());
    unflushed_.clear();
  }
  bool has(const Request& request) const {
    return std::find(sent.begin(), sent.end(), &request) != sent.end();
  }
  std::vector<Request*> sent;

 private:
  std::vector<Request*> unflushed_;
};

// Whether it rang since it was armed; disarms it.
bool take_ring(Doorbell& bell) {
  pollfd polled{bell.descriptor(), POLLIN, 0};
  const bool rang = poll(&polled, 1, 0) == 1;
  bell.disarm();
  bell.clear();
  return rang;
}

// A service whose query threads the test steps.
class QueryServiceTest : public testing::Test {
 protected:
  void make(QueryServiceOptions options = {}, u32 threads = 1) {
    std::vector<ledger::ReplySink*> sinks;
    for (u32 index = 0; index < threads; ++index) sinks.push_back(&answered_[index]);
    service_ = std::make_unique<QueryService>(options, &store_, &readable_, clock_, passed_, sinks);
  }
  void deliver(Request& request) {
    service_->deliver(&request);
    service_->flush();
  }
  void step(u32 thread = 0) {
    while (service_->agent(thread).step() != 0) {
    }
  }
  void pass_ms(u64 milliseconds) { clock_.monotonic += milliseconds * kMillisecond; }
  u64 in_flight() const { return service_->status().in_flight.load(); }
  u64 parked() const { return service_->status().parked.load(); }

  MemoryStore store_;
  ManualClock clock_;
  history::Waiters readable_;
  KeepingSink passed_;
  KeepingSink answered_[3];
  std::unique_ptr<QueryService> service_;
};

TEST_F(QueryServiceTest, passes_what_memory_has_answered) {
  make();
  Request lookup = question(Operation::LookupTransfers, 7);
  Request write = question(Operation::CreateTransfers, 8);
  Request refused = transfers_of_account(9);
  refused.refusal = RefusalCode::Busy;
  for (Request* request : {&lookup, &write, &refused}) deliver(*request);
  step();
  EXPECT_EQ(passed_.sent, (std::vector<Request*>{&lookup, &write, &refused}));
  EXPECT_TRUE(answered_[0].sent.empty());
  EXPECT_EQ(in_flight(), 0u);
}

TEST_F(QueryServiceTest, answers_from_history_once_it_can_be_read_so_far) {
  make();
  grow(store_, 4);
  Request early = changes_from(1, 4);
  Request late = transfers_of_account(6);
  Request lookup = question(Operation::LookupTransfers, 6);
  lookup.needs_history = true;
  for (Request* request : {&early, &late, &lookup}) deliver(*request);
  step();
  EXPECT_EQ(answered_[0].sent, (std::vector<Request*>{&early}));
  EXPECT_EQ(early.change_events.size(), 4u);
  EXPECT_EQ(early.refusal, RefusalCode::None);
  grow(store_, 5);
  step();
  EXPECT_EQ(in_flight(), 2u);
  grow(store_, 6);
  step();
  EXPECT_EQ(answered_[0].sent, (std::vector<Request*>{&early, &late, &lookup}));
  EXPECT_FALSE(lookup.needs_history);
  EXPECT_EQ(in_flight(), 0u);
  EXPECT_EQ(service_->status().answered.load(), 3u);
  EXPECT_TRUE(passed_.sent.empty());
}

TEST_F(QueryServiceTest, tells_changes_as_far_as_history_goes) {
  make();
  grow(store_, 9);
  Request changes = changes_from(3, 5);
  deliver(changes);
  step();
  EXPECT_EQ(changes.change_events.size(), 7u);
  EXPECT_EQ(changes.position, Position{9});
}

TEST_F(QueryServiceTest, refuses_when_history_does_not_come_up_in_time) {
  make({.wait_ns_max = 50 * kMillisecond});
  grow(store_, 4);
  Request early = transfers_of_account(5);
  deliver(early);
  step();
  EXPECT_EQ(service_->agent(0).sleep_ns_max(), 50 * kMillisecond);
  pass_ms(20);
  Request late = transfers_of_account(6);
  deliver(late);
  step();
  pass_ms(29);
  step();
  EXPECT_TRUE(answered_[0].sent.empty());
  pass_ms(1);
  step();
  ASSERT_EQ(answered_[0].sent, (std::vector<Request*>{&early}));
  EXPECT_EQ(early.refusal, RefusalCode::Busy);
  EXPECT_EQ(early.refusal_message,
            "history is behind: it can be read up to position 4, the request is of position 5, and "
            "50 ms were not enough; ask again, and if it goes on, the server's log tells why");
  EXPECT_EQ(service_->status().behind.load(), 1u);
  grow(store_, 6);
  step();
  EXPECT_EQ(late.refusal, RefusalCode::None);
  EXPECT_TRUE(answered_[0].has(late));
}

TEST_F(QueryServiceTest, without_history_says_so) {
  service_ = std::make_unique<QueryService>(QueryServiceOptions{}, nullptr, nullptr, clock_,
                                            passed_, std::vector<ledger::ReplySink*>{});
  EXPECT_EQ(service_->threads(), 0u);
  for (const Operation operation : {Operation::GetAccountTransfers, Operation::GetAccountBalances,
                                    Operation::GetBalanceAt, Operation::GetChangeEvents}) {
    Request request = question(operation, 1);
    deliver(request);
    EXPECT_EQ(passed_.sent.back(), &request);
    EXPECT_EQ(request.refusal, RefusalCode::HistoryOff);
    EXPECT_EQ(request.refusal_message,
              std::string(name(operation)) +
                  " is answered from history, and this server keeps none: it was started with "
                  "--no-history");
  }
  Request lookup = question(Operation::LookupTransfers, 1);
  deliver(lookup);
  EXPECT_EQ(lookup.refusal, RefusalCode::None);
}

TEST_F(QueryServiceTest, tells_what_could_not_be_read) {
  make();
  std::vector<Error> told;
  service_->set_error_listener([&](const Error& error) { told.push_back(error); });
  grow(store_, 1);
  store_.fail_answers(1, ErrorCode::Corrupt);
  Request first = transfers_of_account(1);
  Request second = transfers_of_account(1);
  deliver(first);
  deliver(second);
  step();
  EXPECT_EQ(first.refusal, RefusalCode::HistoryFailed);
  EXPECT_EQ(first.refusal_message, "history could not be read: answer: made to fail by the test");
  EXPECT_EQ(second.refusal, RefusalCode::None);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].code, ErrorCode::Corrupt);
  EXPECT_EQ(service_->status().failed.load(), 1u);
  EXPECT_EQ(service_->status().answered.load(), 1u);
}

TEST_F(QueryServiceTest, takes_no_more_than_it_is_allowed_to) {
  make({.requests_max = 2});
  Request requests[3] = {transfers_of_account(1), transfers_of_account(1), transfers_of_account(1)};
  for (Request& request : requests) deliver(request);
  EXPECT_EQ(passed_.sent, (std::vector<Request*>{&requests[2]}));
  EXPECT_EQ(requests[2].refusal, RefusalCode::Busy);
  EXPECT_EQ(requests[2].refusal_message, "2 requests wait for history already; ask again later");
  EXPECT_EQ(service_->status().too_many.load(), 1u);
  grow(store_, 1);
  step();
  EXPECT_EQ(answered_[0].sent.size(), 2u);
  Request after = transfers_of_account(1);
  deliver(after);
  step();
  EXPECT_EQ(after.refusal, RefusalCode::None);
  EXPECT_TRUE(answered_[0].has(after));
}

TEST_F(QueryServiceTest, hands_requests_to_its_threads_in_turn) {
  make({}, 3);
  grow(store_, 1);
  std::deque<Request> requests;
  for (u32 count = 0; count < 6; ++count) {
    requests.push_back(transfers_of_account(1));
    deliver(requests.back());
  }
  for (u32 thread = 0; thread < 3; ++thread) step(thread);
  for (u32 thread = 0; thread < 3; ++thread) {
    EXPECT_EQ(answered_[thread].sent,
              (std::vector<Request*>{&requests[thread], &requests[thread + 3]}));
  }
}

TEST_F(QueryServiceTest, does_not_believe_a_cursor_from_beyond_the_ledger) {
  make();
  grow(store_, 5);
  Request behind = changes_from(6, 5);
  Request beyond = changes_from(7, 5);
  Request page = transfers_of_account(5);
  page.filter.cursor = {.next = 3, .as_of = 6};
  for (Request* request : {&behind, &beyond, &page}) deliver(*request);
  step();
  EXPECT_EQ(behind.refusal, RefusalCode::None);
  EXPECT_EQ(beyond.refusal, RefusalCode::InvalidFilter);
  EXPECT_EQ(beyond.refusal_message,
            "cursor.next is 7; expected a cursor that this ledger has given: it stands at position "
            "5");
  EXPECT_EQ(page.refusal, RefusalCode::InvalidFilter);
  EXPECT_TRUE(page.refusal_message.starts_with("cursor.as_of is 6; ")) << page.refusal_message;
}

// Changes that are waited for.

TEST_F(QueryServiceTest, parks_who_waits_until_there_is_a_change) {
  make();
  grow(store_, 3);
  Request changes = changes_from(4, 3, 1000);
  Request other = transfers_of_account(3);
  deliver(changes);
  deliver(other);
  step();
  EXPECT_EQ(answered_[0].sent, (std::vector<Request*>{&other}));
  EXPECT_EQ(parked(), 1u);
  grow(store_, 5);
  pass_ms(1);
  step();
  EXPECT_TRUE(answered_[0].has(changes));
  EXPECT_EQ(parked(), 0u);
  ASSERT_EQ(changes.change_events.size(), 2u);
  EXPECT_EQ(changes.change_events[0].position, 4u);
  EXPECT_EQ(changes.position, Position{5});
  EXPECT_EQ(in_flight(), 0u);
}

TEST_F(QueryServiceTest, goes_on_waiting_when_nothing_is_of_interest) {
  make();
  grow(store_, 3);
  Request changes = changes_from(4, 3, 1000);
  changes.filter.account_id = 7;
  deliver(changes);
  step();
  for (u64 end = 4; end <= 6; ++end) {
    grow(store_, end);
    pass_ms(1);
    step();
    ASSERT_EQ(parked(), 1u);
  }
  grow(store_, 8);
  pass_ms(1);
  step();
  ASSERT_TRUE(answered_[0].has(changes));
  ASSERT_EQ(changes.accounts.size(), 1u);
  EXPECT_EQ(changes.accounts[0].id, 7u);
  EXPECT_EQ(changes.next_cursor.next, 8u);
}

// What it looked at in vain is not looked at again, and whoever goes on need not either.
TEST_F(QueryServiceTest, tells_where_to_go_on_when_the_wait_was_in_vain) {
  make();
  grow(store_, 3);
  Request changes = changes_from(1, 3, 40);
  changes.filter.account_id = 99;
  deliver(changes);
  step();
  EXPECT_EQ(parked(), 1u);
  EXPECT_EQ(service_->agent(0).sleep_ns_max(), 40 * kMillisecond);
  pass_ms(39);
  step();
  EXPECT_EQ(parked(), 1u);
  pass_ms(1);
  step();
  ASSERT_TRUE(answered_[0].has(changes));
  EXPECT_EQ(changes.refusal, RefusalCode::None);
  EXPECT_TRUE(changes.change_events.empty());
  EXPECT_FALSE(changes.more);
  EXPECT_EQ(changes.next_cursor, (ledger::QueryCursor{.next = 3, .as_of = 0, .index = 1}));
  EXPECT_EQ(parked(), 0u);
}

TEST_F(QueryServiceTest, looks_at_the_same_wait_once_a_millisecond) {
  make();
  grow(store_, 1);
  Request changes = changes_from(2, 1, 1000);
  changes.filter.account_id = 99;
  deliver(changes);
  step();
  grow(store_, 2);
  clock_.monotonic += QueryWorker::kParkedPauseNs - 1;
  EXPECT_EQ(service_->agent(0).step(), 0u);
  EXPECT_EQ(service_->agent(0).sleep_ns_max(), 1u);
  clock_.monotonic += 1;
  EXPECT_EQ(service_->agent(0).step(), 1u);
  EXPECT_EQ(changes.filter.cursor.next, 2u);
}

TEST_F(QueryServiceTest, parks_no_more_than_it_is_allowed_to) {
  make({.parked_max = 2});
  grow(store_, 1);
  std::deque<Request> requests;
  for (u32 count = 0; count < 3; ++count) requests.push_back(changes_from(2, 1, 1000));
  for (Request& request : requests) deliver(request);
  step();
  EXPECT_EQ(answered_[0].sent, (std::vector<Request*>{&requests[2]}));
  EXPECT_EQ(requests[2].refusal, RefusalCode::Busy);
  EXPECT_EQ(requests[2].refusal_message,
            "2 get_change_events wait already; ask again without wait_ms");
  // Those that were parked are looked at again, which takes no place.
  for (u64 end = 2; end <= 4; ++end) {
    for (Request& request : requests) request.filter.account_id = 5;
    grow(store_, end);
    pass_ms(1);
    step();
  }
  EXPECT_EQ(parked(), 2u);
  grow(store_, 5);
  pass_ms(1);
  step();
  EXPECT_EQ(answered_[0].sent.size(), 3u);
  EXPECT_EQ(requests[1].accounts.size(), 1u);
}

TEST_F(QueryServiceTest, many_waits_end_in_the_order_of_their_deadlines) {
  make();
  grow(store_, 1);
  std::deque<Request> requests;
  for (u32 count = 0; count < 50; ++count) {
    requests.push_back(changes_from(2, 1, 10 + (count * 7) % 50));
    deliver(requests.back());
  }
  step();
  EXPECT_EQ(parked(), 50u);
  for (u32 ms = 1; ms <= 60; ++ms) {
    pass_ms(1);
    step();
    const auto due = [&](const Request& request) { return request.filter.wait_ms <= ms; };
    EXPECT_EQ(static_cast<i64>(answered_[0].sent.size()), std::ranges::count_if(requests, due))
        << ms;
  }
  EXPECT_EQ(answered_[0].sent.size(), 50u);
  EXPECT_EQ(service_->agent(0).sleep_ns_max(), ~u64{0});
}

TEST_F(QueryServiceTest, at_a_stop_everybody_is_told_at_once) {
  make();
  grow(store_, 1);
  Request parked_one = changes_from(2, 1, 60'000);
  Request waiting = transfers_of_account(9);
  deliver(parked_one);
  deliver(waiting);
  step();
  Request just_given = transfers_of_account(1);
  deliver(just_given);
  service_->stop();
  step();
  Request too_late = transfers_of_account(1);
  deliver(too_late);
  step();
  EXPECT_EQ(answered_[0].sent.size(), 4u);
  for (const Request* request : {&parked_one, &waiting, &just_given, &too_late}) {
    EXPECT_TRUE(answered_[0].has(*request));
    EXPECT_EQ(request->refusal, RefusalCode::ShuttingDown);
    EXPECT_EQ(request->refusal_message, "the server is stopping");
  }
  EXPECT_EQ(in_flight(), 0u);
  EXPECT_EQ(parked(), 0u);
}

// Bells.

TEST_F(QueryServiceTest, is_woken_by_what_it_waits_for_and_by_nothing_else) {
  make();
  grow(store_, 3);
  Doorbell& bell = service_->bell(0);
  const auto rings = [&](u64 position) {
    bell.arm();
    service_->agent(0).step();
    readable_.published(Position{position});
    return take_ring(bell);
  };
  EXPECT_FALSE(rings(1000));  // Nobody waits.
  Request waiting = transfers_of_account(5);
  deliver(waiting);
  EXPECT_FALSE(rings(4));
  EXPECT_TRUE(rings(5));
  grow(store_, 5);
  step();
  Request changes = changes_from(6, 5, 1000);
  deliver(changes);
  step();
  EXPECT_FALSE(rings(5));
  EXPECT_TRUE(rings(6));
  // There is more, and it may not look again yet: the clock wakes it, no further change does.
  changes.filter.account_id = 99;
  grow(store_, 6);
  EXPECT_FALSE(rings(7));
  EXPECT_EQ(service_->agent(0).sleep_ns_max(), QueryWorker::kParkedPauseNs);
  pass_ms(1);
  step();
  EXPECT_FALSE(rings(6));
  EXPECT_TRUE(rings(7));
}

// Threads.

// What the query threads send, counted by whoever waits for it.
class CountingSink final : public ledger::ReplySink {
 public:
  explicit CountingSink(std::atomic<u64>& sent) : sent_(sent) {}
  void deliver(Request*) override { ++unflushed_; }
  void flush() override {
    sent_.fetch_add(unflushed_, std::memory_order_release);
    sent_.notify_all();
    unflushed_ = 0;
  }

 private:
  std::atomic<u64>& sent_;
  u64 unflushed_ = 0;
};

// History that grows while it is asked: a wake-up that is lost, or an answer from a history that is
// not there yet, would show.
TEST(QueryServiceThreads, everybody_is_answered_as_history_grows) {
  const u64 positions = (kSanitized ? 500 : 3000) * soak_factor();
  constexpr u32 kLongestWaitMs = 60'000;  // What a lost wake-up costs.
  constexpr u64 kLongestWaitNs = kLongestWaitMs * kMillisecond;
  MemoryStore store;
  SystemClock clock;
  history::Waiters readable;
  std::atomic<u64> sent{0};
  CountingSink passed(sent);
  CountingSink sinks[2] = {CountingSink(sent), CountingSink(sent)};
  QueryService service({.wait_ns_max = kLongestWaitNs}, &store, &readable, clock, passed,
                       {&sinks[0], &sinks[1]});
  const u64 start_ns = clock.monotonic_ns();
  std::vector<std::unique_ptr<pipeline::BellParker>> parkers;
  pipeline::ThreadGroup threads;
  for (u32 thread = 0; thread < service.threads(); ++thread) {
    parkers.push_back(std::make_unique<pipeline::BellParker>(service.bell(thread)));
    threads.start(
        {.name = "query", .agents = {&service.agent(thread)}, .parker = parkers[thread].get()});
  }
  std::atomic<u64> asked{0};
  std::thread recorder([&] {
    for (u64 position = 1; position <= positions; ++position) {
      // Now and then everybody has to wait for what is asked next.
      if (position % 7 == 0) {
        u64 seen = asked.load();
        while (seen < position) {
          asked.wait(seen);
          seen = asked.load();
        }
      }
      ASSERT_TRUE(store.append(accounts_up_to(store.readable(), Position{position})));
      readable.published(Position{position});
    }
  });
  std::deque<Request> requests;
  for (u64 position = 1; position <= positions; ++position) {
    const bool waits_for_change = position % 3 == 0;
    requests.push_back(waits_for_change ? changes_from(position, position - 1, kLongestWaitMs)
                                        : transfers_of_account(position));
    service.deliver(&requests.back());
    service.flush();
    asked.store(position);
    asked.notify_all();
  }
  recorder.join();
  for (u64 seen = sent.load(std::memory_order_acquire); seen < positions;
       seen = sent.load(std::memory_order_acquire)) {
    sent.wait(seen);
  }
  threads.stop();
  for (u64 position = 1; position <= positions; ++position) {
    const Request& request = requests[position - 1];
    ASSERT_EQ(request.refusal, RefusalCode::None) << position << request.refusal_message;
    if (position % 3 != 0) continue;
    ASSERT_FALSE(request.change_events.empty()) << position;
    ASSERT_EQ(request.change_events[0].position, position);
  }
  EXPECT_LT(clock.monotonic_ns() - start_ns, kLongestWaitNs * soak_factor());
  EXPECT_EQ(service.status().answered.load(), positions);
  EXPECT_EQ(service.status().in_flight.load(), 0u);
}

TEST(QueryServiceThreads, a_stop_ends_every_wait) {
  MemoryStore store;
  SystemClock clock;
  history::Waiters readable;
  std::atomic<u64> sent{0};
  CountingSink passed(sent);
  CountingSink sink(sent);
  QueryService service({.wait_ns_max = 60'000'000'000}, &store, &readable, clock, passed, {&sink});
  pipeline::BellParker parker(service.bell(0));
  pipeline::ThreadGroup threads;
  threads.start({.name = "query", .agents = {&service.agent(0)}, .parker = &parker});
  std::deque<Request> requests;
  for (u64 count = 0; count < 100; ++count) {
    requests.push_back(count % 2 == 0 ? changes_from(1, 0, 60'000) : transfers_of_account(5));
    service.deliver(&requests.back());
  }
  service.flush();
  service.stop();
  for (u64 seen = sent.load(std::memory_order_acquire); seen < requests.size();
       seen = sent.load(std::memory_order_acquire)) {
    sent.wait(seen);
  }
  threads.stop();
  for (const Request& request : requests) {
    EXPECT_EQ(request.refusal, RefusalCode::ShuttingDown);
  }
}

}  // namespace
}  // namespace florin::test
