#include "pipeline/log_record.h"

#include <cstring>
#include <string>

namespace florin::pipeline {

namespace {

using ledger::Operation;

tl::unexpected<Error> corrupt_request(const std::string& what) {
  return fail(ErrorCode::Corrupt, "a logged request " + what);
}

u64 content_bytes(const RequestRecord& record) {
  return u64{record.event_count} * event_bytes(static_cast<Operation>(record.operation)) +
         u64{record.condition_count} * sizeof(ledger::Condition);
}

Status check_record(const RequestRecord& record, u64 bytes_left) {
  const auto operation = static_cast<Operation>(record.operation);
  if (!is_write(operation)) {
    return corrupt_request("has the unknown operation " + std::to_string(record.operation));
  }
  if (record.reserved_flags != 0 || record.reserved_word != 0 || record.reserved != 0) {
    return corrupt_request("has fields that this version does not write");
  }
  const u32 most = operation == Operation::Tick ? 1 : events_max(operation);
  if (record.event_count == 0 || record.event_count > most) {
    return corrupt_request("claims " + std::to_string(record.event_count) + " events");
  }
  const u32 conditions_max = operation == Operation::CreateTransfers
                                 ? ledger::kConditionsPerTransferMax * record.event_count
                                 : 0;
  if (record.condition_count > conditions_max) {
    return corrupt_request("claims " + std::to_string(record.condition_count) + " conditions");
  }
  if (content_bytes(record) > bytes_left)
    return corrupt_request("claims more than its block holds");
  return {};
}

}  // namespace

// Passes a part of a record, if that is what comes next.
Result<bool> RecordReader::pass_outcomes() {
  u16 operation = 0;
  if (rest_.size() < sizeof(operation)) return false;
  std::memcpy(&operation, rest_.data(), sizeof(operation));
  if (operation != kOutcomesOperation) return false;
  auto part = parse_outcome_part(rest_);
  if (!part) return tl::unexpected<Error>(std::move(part).error());
  outcomes_.push_back(*part);
  rest_ = rest_.subspan(outcome_part_bytes(part->header.part_bytes));
  return true;
}

Result<std::optional<RecordReader::Entry>> RecordReader::next() {
  while (true) {
    const auto passed = pass_outcomes();
    RETURN_IF_ERROR(passed);
    if (!*passed) break;
  }
  if (rest_.empty()) return std::optional<Entry>();
  if (rest_.size() < sizeof(RequestRecord)) {
    return fail(ErrorCode::Corrupt, "a log block ends inside the header of a request");
  }
  Entry entry;
  std::memcpy(&entry.record, rest_.data(), sizeof(RequestRecord));
  rest_ = rest_.subspan(sizeof(RequestRecord));
  RETURN_IF_ERROR(check_record(entry.record, rest_.size()));
  entry.events = rest_.data();
  const u64 conditions_bytes = u64{entry.record.condition_count} * sizeof(ledger::Condition);
  const u64 events_bytes = content_bytes(entry.record) - conditions_bytes;
  entry.conditions = reinterpret_cast<const ledger::Condition*>(rest_.data() + events_bytes);
  rest_ = rest_.subspan(events_bytes + conditions_bytes);
  return std::optional<Entry>(entry);
}

}  // namespace florin::pipeline
