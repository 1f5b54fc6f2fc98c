// How requests stand in the body of a log block: a 64-byte header, then the events as they were
// sent, then the conditions of transfers. A tick is a header alone. Behind the requests, or alone,
// stands what became of earlier blocks (pipeline/outcome_record.h).
#pragma once

#include <optional>
#include <span>
#include <type_traits>

#include "base/result.h"
#include "base/types.h"
#include "ledger/request.h"
#include "pipeline/outcome_record.h"

namespace florin::pipeline {

// The version of the rules that turn logged requests into outcomes. Before release 1.0 a log of
// another version is refused.
inline constexpr u32 kStateMachineVersion = 3;

struct RequestRecord {
  u16 operation = 0;       // ledger::Operation
  u16 reserved_flags = 0;  // Zero.
  u32 event_count = 0;
  u64 position_before = 0;  // The position after the event before the first.
  u64 timestamp = 0;        // Of the first event; the others follow by one nanosecond each.
  u64 principal = 0;        // Who asked; 0 = not authenticated.
  u128 trace_id = 0;        // The caller's; 0 = none.
  u32 condition_count = 0;  // Of create_transfers.
  u32 reserved_word = 0;    // Zero, as is the next.
  u64 reserved = 0;
};

static_assert(sizeof(RequestRecord) == 64);
static_assert(std::is_trivially_copyable_v<RequestRecord>);
static_assert(std::has_unique_object_representations_v<RequestRecord>);

// Bytes that a request takes in a block's body: none for a read or a dry run.
inline u64 logged_bytes(const ledger::Request& request) {
  if (!request.is_logged()) return 0;
  return sizeof(RequestRecord) + u64{request.event_count} * event_bytes(request.operation) +
         u64{request.condition_count} * sizeof(ledger::Condition);
}

// Walks the requests of a block's body. The body must be aligned to 16 bytes.
class RecordReader {
 public:
  explicit RecordReader(std::span<const std::byte> body) : rest_(body) {}

  struct Entry {
    RequestRecord record;
    const std::byte* events = nullptr;
    const ledger::Condition* conditions = nullptr;
  };
  // The next request, or nothing at the end of the body.
  // Corrupt: the bytes are not requests, or outcomes, as this version writes them.
  Result<std::optional<Entry>> next();
  // The parts of outcome records that `next` passed on its way, in their order.
  std::span<const OutcomePart> outcomes() const { return outcomes_; }

 private:
  Result<bool> pass_outcomes();

  std::vector<OutcomePart> outcomes_;
  std::span<const std::byte> rest_;
};

}  // namespace florin::pipeline
