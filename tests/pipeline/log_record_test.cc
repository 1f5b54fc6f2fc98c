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

TEST(LogRecord, takes_events_and_conditions_by_the_kind_of_request) {
  const auto rest_of = [](ledger::Operation operation, u32 events, u32 conditions, u64 bytes) {
    RequestRecord record;
    record.operation = static_cast<u16>(operation);
    record.event_count = events;
    record.condition_count = conditions;
    return RecordReader(body_of(record, bytes)).next().has_value();
  };
  using enum ledger::Operation;
  EXPECT_TRUE(rest_of(Tick, 1, 0, 0));
  EXPECT_FALSE(rest_of(Tick, 2, 0, 0));
  EXPECT_TRUE(rest_of(UpdateAccounts, 2, 0, 512));
  EXPECT_FALSE(rest_of(UpdateAccounts, 2, 0, 511));
  EXPECT_FALSE(rest_of(UpdateAccounts, ledger::kUpdateEventsMax + 1, 0, 2 * kMiB));
  EXPECT_TRUE(rest_of(CreateTransfers, 2, 4, 256 + 4 * 48));
  EXPECT_FALSE(rest_of(CreateTransfers, 2, 4, 256 + 4 * 48 - 1));
  EXPECT_FALSE(rest_of(CreateTransfers, 2, 5, 256 + 5 * 48));
  EXPECT_FALSE(rest_of(CreateAccounts, 2, 1, 256 + 48));
}

TEST(LogRecord, passes_over_outcomes_and_hands_them_out) {
  RequestRecord tick;
  tick.operation = static_cast<u16>(ledger::Operation::Tick);
  tick.event_count = 1;
  OutcomeRecord outcomes;
  outcomes.header.sequence = 1;
  outcomes.header.event_count = 1;
  outcomes.content.resize(sizeof(OutcomeCounts));
  outcomes.header.content_bytes = outcomes.content.size();
  OutcomeQueue queue;
  queue.push(outcomes);
  queue.push(outcomes);
  std::vector<std::byte> body = body_of(tick, 2 * outcome_part_bytes(sizeof(OutcomeCounts)));
  queue.take(body.data() + sizeof(tick), body.size() - sizeof(tick));
  const auto read = [](std::span<const std::byte> bytes, u64& requests, u64& parts) {
    RecordReader reader(bytes);
    requests = 0;
    while (true) {
      const auto entry = reader.next();
      if (!entry) return false;
      if (!entry->has_value()) break;
      ++requests;
    }
    parts = reader.outcomes().size();
    return true;
  };
  u64 requests = 0;
  u64 parts = 0;
  EXPECT_TRUE(read(body, requests, parts));
  EXPECT_EQ(requests, 1U);
  EXPECT_EQ(parts, 2U);
  EXPECT_TRUE(read(std::span(body).subspan(sizeof(tick)), requests, parts));  // Alone.
  EXPECT_EQ(requests, 0U);
  EXPECT_EQ(parts, 2U);
  EXPECT_FALSE(read(std::span(body).first(body.size() - 16), requests, parts));
  body[sizeof(tick) + offsetof(OutcomeHeader, flags)] = std::byte{1};
  EXPECT_FALSE(read(body, requests, parts));
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
  EXPECT_FALSE(result_of(body_of(record, u64{record.event_count} * sizeof(ledger::Transfer))));
  record.event_count = 2;
  record.reserved = 1;
  EXPECT_FALSE(result_of(body_of(record, 256)));
  record.reserved = 0;
  for (const u16 operation : {u16{0}, u16{3}, u16{4}, u16{5}, u16{99}}) {
    record.operation = operation;
    EXPECT_FALSE(result_of(body_of(record, 256))) << operation;
  }
}

}  // namespace
}  // namespace florin::pipeline
