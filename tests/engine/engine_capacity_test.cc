// Memory: what the engine needs per object, and what it refuses to be made with.
#include <gtest/gtest.h>

#include "engine/engine.h"

namespace florin::engine {
namespace {

TEST(EngineMemory, per_account_and_per_remembered_transfer_is_as_documented) {
  EXPECT_EQ(kAccountBytes, 128U + 64 + 2 * 4 + 16);
  EXPECT_EQ(kTransferBytes, 128U + 1 + 2 * 4 + 8 + 16);
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

}  // namespace
}  // namespace florin::engine
