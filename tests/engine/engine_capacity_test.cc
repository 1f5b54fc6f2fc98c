// Memory: what the engine needs per object, and what it refuses to be made with.
#include <deque>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "tests/engine/staged_engine.h"
#include "tests/support/owned_request.h"

namespace florin::engine {
namespace {

TEST(EngineMemory, per_account_and_per_remembered_transfer_is_as_documented) {
  EXPECT_EQ(kAccountBytes, 128U + 64 + 8 + 2 * 4 + 16);
  EXPECT_EQ(kTransferBytes, 128U + 1 + 4 * 4 + 8 + 16);
}

TEST(Engine, refuses_a_number_of_partitions_that_cannot_be) {
  for (const u32 partitions : {0U, 1025U}) {
    const auto engine = Engine::create(Limits{}, partitions, 1);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::InvalidArgument);
    EXPECT_NE(engine.error().message.find("expected 1 to 1024"), std::string::npos);
  }
}

TEST(Engine, refuses_capacities_beyond_its_slots) {
  Limits limits;
  limits.transfers_max = 5'000'000'000;
  const auto engine = Engine::create(limits, 1, 1);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::InvalidArgument);
}

TEST(Engine, keeps_no_memory_of_limits_that_a_broken_chain_set) {
  ledger::Account account{};
  account.id = 1;
  account.ledger = account.code = 1;
  ledger::AccountUpdate update{};
  update.id = 1;
  update.account_id = 1;
  update.changes = ledger::account_changes::kSetVelocityLimit;
  update.velocity_window = ledger::kVelocityWindowMin;
  update.reason[0] = 'r';
  update.reason_length = 1;
  update.flags = ledger::AccountUpdate::kLinked;
  ledger::AccountUpdate refused = update;
  refused.id = 2;
  refused.flags = 0;
  refused.changes = 0;  // And a value that it does not name.

  auto engine = Engine::create(test::small_limits(), 1, 1).value();
  Block block(test::small_limits(), 1);
  const auto run = [&](test::OwnedRequest request, u64 sequence) {
    block.clear(sequence);
    block.add(&request.request(), sequence * 1'000);
    engine->run_inline(block);
    return request.request().exceptions.size();
  };
  EXPECT_EQ(run(test::OwnedRequest::create_accounts({&account, 1}), 1), 0U);
  const ledger::AccountUpdate chain[] = {update, refused};
  EXPECT_EQ(run(test::OwnedRequest::update_accounts(chain), 2), 2U);
  EXPECT_FALSE(engine->books().limits.any());
  update.flags = 0;
  EXPECT_EQ(run(test::OwnedRequest::update_accounts({&update, 1}), 3), 0U);
  EXPECT_TRUE(engine->books().limits.any());
}

TEST(Block, takes_few_queries_that_may_look_at_much) {
  Block block(Limits{}, 1);
  block.clear(1);
  ledger::QueryFilter filter;
  filter.limit = 1;
  std::deque<test::OwnedRequest> queries;
  do {
    queries.push_back(test::OwnedRequest::query_transfers(filter));
    block.add(&queries.back().request(), 1);
  } while (block.has_room_for(queries.back().request()));
  EXPECT_LE(queries.size(), 4U);
}

}  // namespace
}  // namespace florin::engine
