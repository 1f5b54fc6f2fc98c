#include "pipeline/log_record.h"

#include <cstring>
#include <string>

namespace florin::pipeline {

namespace {

Status check_record(const RequestRecord& record, u64 bytes_left) {
  const auto operation = static_cast<ledger::Operation>(record.operation);
  if (operation != ledger::Operation::CreateAccounts &&
      operation != ledger::Operation::CreateTransfers) {
    return fail(ErrorCode::Corrupt,
                "a logged request has the unknown operation " + std::to_string(record.operation));
  }
  if (record.reserved_flags != 0 || record.reserved[0] != 0 || record.reserved[1] != 0) {
    return fail(ErrorCode::Corrupt, "a logged request has fields that this version does not write");
  }
  if (record.event_count == 0 || record.event_count > ledger::kRequestEventsMax ||
      record.event_count * kEventBytes > bytes_left) {
    return fail(ErrorCode::Corrupt, "a logged request claims " +
                                        std::to_string(record.event_count) +
                                        " events, more than its block holds");
  }
  return {};
}

}  // namespace

Result<std::optional<RecordReader::Entry>> RecordReader::next() {
  if (rest_.empty()) return std::optional<Entry>();
  if (rest_.size() < sizeof(RequestRecord)) {
    return fail(ErrorCode::Corrupt, "a log block ends inside the header of a request");
  }
  Entry entry;
  std::memcpy(&entry.record, rest_.data(), sizeof(RequestRecord));
  rest_ = rest_.subspan(sizeof(RequestRecord));
  RETURN_IF_ERROR(check_record(entry.record, rest_.size()));
  entry.events = rest_.data();
  rest_ = rest_.subspan(u64{entry.record.event_count} * kEventBytes);
  return std::optional<Entry>(entry);
}

}  // namespace florin::pipeline
