// What is kept of a request between its uses, and what is given back.
#include "net/session_memory.h"

#include <gtest/gtest.h>

namespace florin::net {
namespace {

template <class Value>
usize bytes_of(const std::vector<Value>& values) {
  return values.capacity() * sizeof(Value);
}

// The storage of all vectors that an answer may fill.
usize answer_bytes(const ledger::Request& request) {
  return bytes_of(request.exceptions) + bytes_of(request.balances) + bytes_of(request.accounts) +
         bytes_of(request.transfers) + bytes_of(request.transfer_statuses) +
         bytes_of(request.limits) + bytes_of(request.changes) + bytes_of(request.totals);
}

void fill(ledger::Request& request, usize count) {
  request.operation = ledger::Operation::GetChangeEvents;
  request.exceptions.resize(count);
  request.balances.resize(count);
  request.accounts.resize(count);
  request.transfers.resize(count);
  request.transfer_statuses.resize(count);
  request.limits.resize(count);
  request.changes.resize(count);
  request.totals.resize(count);
}

TEST(SessionMemory, storage_of_large_answers_is_given_back_and_of_small_ones_kept) {
  SessionMemory memory(1 * kMiB);
  SessionRequest* const request = memory.take_request();
  fill(*request, 10);
  const usize small = answer_bytes(*request);
  memory.recycle(request);
  ASSERT_EQ(memory.take_request(), request);
  EXPECT_EQ(answer_bytes(*request), small);
  EXPECT_TRUE(request->balances.empty() && request->changes.empty() && request->limits.empty());
  EXPECT_TRUE(request->transfer_statuses.empty());
  fill(*request, 3000);
  memory.recycle(request);
  ASSERT_EQ(memory.take_request(), request);
  EXPECT_EQ(answer_bytes(*request), 0u);
}

TEST(SessionMemory, the_answer_of_a_write_is_forgotten) {
  SessionMemory memory(1 * kMiB);
  SessionRequest* const request = memory.take_request();
  request->operation = ledger::Operation::CreateTransfers;
  request->exceptions.resize(3000);
  request->balances.resize(2);
  request->refusal = ledger::RefusalCode::Busy;
  request->refusal_message = "busy";
  memory.recycle(request);
  ASSERT_EQ(memory.take_request(), request);
  EXPECT_EQ(answer_bytes(*request), 2 * sizeof(ledger::TransferBalances));
  EXPECT_TRUE(request->balances.empty() && request->refusal_message.empty());
  EXPECT_EQ(request->refusal, ledger::RefusalCode::None);
}

TEST(SessionMemory, a_request_that_was_used_points_nowhere) {
  SessionMemory memory(1 * kMiB);
  SessionRequest* const request = memory.take_request();
  request->chunk = memory.take_chunk(100);
  request->event_count = 1;
  request->events = request->chunk->data;
  request->condition_count = 1;
  request->conditions = reinterpret_cast<const ledger::Condition*>(request->chunk->data);
  memory.recycle(request);
  ASSERT_EQ(memory.take_request(), request);
  EXPECT_EQ(request->chunk, nullptr);
  EXPECT_EQ(request->events, nullptr);
  EXPECT_EQ(request->event_count, 0u);
  EXPECT_EQ(request->conditions, nullptr);
  EXPECT_EQ(request->condition_count, 0u);
  EXPECT_EQ(memory.chunks_in_use(), 0u);
}

}  // namespace
}  // namespace florin::net
