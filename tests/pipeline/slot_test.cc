// The image of a block: the same bytes and checksum however many workers prepare it.
#include "pipeline/slot.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/request_generator.h"

namespace florin::pipeline {
namespace {

class SlotImage : public testing::Test {
 protected:
  SlotImage() {
    test::GeneratorOptions options;
    options.request_events_max = 400;
    test::RequestGenerator generator(11, options);
    u64 position = 0;
    while (requests_.size() < 40) {
      requests_.push_back(std::make_unique<test::OwnedRequest>(generator.next()));
      ledger::Request& request = requests_.back()->request();
      request.principal = position;
      request.trace_id = u128{position} << 70;
      positions_.push_back(position);
      if (request.is_logged()) position += request.event_count;
    }
  }

  std::unique_ptr<Slot> prepared(u32 workers) {
    auto slot = std::make_unique<Slot>(Limits{}, 1);
    slot->clear(1);
    for (usize index = 0; index < requests_.size(); ++index) {
      slot->add(&requests_[index]->request(), Position{positions_[index]},
                1000 + positions_[index]);
    }
    OutcomeRecord outcomes;  // Beyond the next slice.
    outcomes.content.resize(100'000, std::byte{7});
    outcomes.header.content_bytes = outcomes.content.size();
    outcomes.header.sequence = outcomes.header.event_count = 1;
    OutcomeQueue queue;
    queue.push(outcomes);
    const auto room = slot->outcome_room(Limits{}.block_bytes_max);
    slot->add_outcomes(queue.take(room.data(), room.size()));
    for (u32 worker = workers; worker > 0; --worker) slot->prepare(worker - 1, workers);
    return slot;
  }

  std::vector<std::unique_ptr<test::OwnedRequest>> requests_;
  std::vector<u64> positions_;
};

TEST_F(SlotImage, is_the_same_for_any_number_of_workers) {
  const auto one = prepared(1);
  ASSERT_GT(one->body_bytes(), 4 * wal::kChecksumSliceBytes);
  const auto body_of = [](Slot& slot) {
    return slot.image().subspan(wal::kHeaderBytes, slot.body_bytes());
  };
  for (const u32 workers : {2U, 3U, 8U}) {
    const auto several = prepared(workers);
    ASSERT_EQ(several->body_bytes(), one->body_bytes());
    EXPECT_TRUE(std::ranges::equal(body_of(*several), body_of(*one)));
    EXPECT_EQ(several->body_checksum(), one->body_checksum());
    EXPECT_EQ(several->body_checksum(), wal::body_checksum(body_of(*one)));
  }
}

TEST_F(SlotImage, reads_back_as_the_requests_that_were_written) {
  const auto slot = prepared(2);
  RecordReader reader(slot->image().subspan(wal::kHeaderBytes, slot->body_bytes()));
  for (usize index = 0; index < requests_.size(); ++index) {
    const ledger::Request& request = requests_[index]->request();
    if (!request.is_logged()) continue;
    const auto entry = reader.next();
    ASSERT_TRUE(entry && entry->has_value());
    const RequestRecord& record = (*entry)->record;
    EXPECT_EQ(record.operation, static_cast<u16>(request.operation));
    EXPECT_EQ(record.event_count, request.event_count);
    EXPECT_EQ(record.position_before, positions_[index]);
    EXPECT_EQ(record.timestamp, 1000 + positions_[index]);
    EXPECT_EQ(record.principal, request.principal);
    EXPECT_TRUE(record.trace_id == request.trace_id);
    ASSERT_EQ(record.condition_count, request.condition_count);
    if (request.condition_count != 0) {
      EXPECT_EQ(std::memcmp((*entry)->conditions, request.conditions,
                            request.condition_count * sizeof(ledger::Condition)),
                0);
    }
    const usize bytes = request.event_count * event_bytes(request.operation);
    if (bytes != 0) {  // A tick has none.
      EXPECT_EQ(std::memcmp((*entry)->events, request.events, bytes), 0);
    }
  }
  const auto end = reader.next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->has_value());
  ASSERT_EQ(reader.outcomes().size(), 1U);
  const auto content = reader.outcomes()[0].content;
  EXPECT_EQ(content.size(), 100'000U);
  EXPECT_EQ(std::ranges::count(content, std::byte{7}), 100'000);
}

}  // namespace
}  // namespace florin::pipeline
