// Requests in a log block's body: read back as written, refused when they cannot be.
#include "pipeline/log_record.h"

#include <cstring>

#include <gtest/gtest.h>

#include "pipeline/slot.h"
#include "tests/pipeline/sim_ledger.h"

namespace florin::pipeline {
namespace {

std::vector<std::byte> body_of(RequestRecord record, u64 event_bytes) {
  std::vector<std::byte> body(sizeof(record) + event_bytes);
  std::memcpy(body.data(), &record, sizeof(record));
  return body;
}

TEST(LogRecord, layout_never_changes) {
  EXPECT_EQ(offsetof(RequestRecord, event_count), 4U);
  EXPECT_EQ(offsetof(RequestRecord, position_before), 8U);
  EXPECT_EQ(offsetof(RequestRecord, timestamp), 16U);
  EXPECT_EQ(offsetof(RequestRecord, principal), 24U);
  EXPECT_EQ(offsetof(RequestRecord, trace_id), 32U);
}

TEST(LogRecord, refuses_a_body_that_is_not_whole_requests) {
  RequestRecord record;
  record.operation = static_cast<u16>(ledger::Operation::CreateTransfers);
  record.event_count = 2;
  const auto result_of = [](const std::vector<std::byte>& body) {
    return RecordReader(body).next();
  };
  EXPECT_TRUE(result_of(body_of(record, 256)));
  EXPECT_FALSE(result_of(body_of(record, 255)));
  EXPECT_FALSE(result_of(std::vector<std::byte>(63)));
  record.event_count = 0;
  EXPECT_FALSE(result_of(body_of(record, 0)));
  record.event_count = 0xffffffff;
  EXPECT_FALSE(result_of(body_of(record, 256)));
  record.event_count = ledger::kRequestEventsMax + 1;
  EXPECT_FALSE(result_of(body_of(record, u64{record.event_count} * kEventBytes)));
  record.event_count = 2;
  record.reserved[1] = 1;
  EXPECT_FALSE(result_of(body_of(record, 256)));
  record.reserved[1] = 0;
  for (const u16 operation : {u16{0}, u16{3}, u16{4}, u16{5}, u16{99}}) {
    record.operation = operation;
    EXPECT_FALSE(result_of(body_of(record, 256))) << operation;
  }
}

}  // namespace
}  // namespace florin::pipeline
