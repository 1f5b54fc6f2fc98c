#include "pipeline/slot.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace florin::pipeline {

Slot::Slot(const Limits& limits, u32 partitions)
    : block(limits, partitions), image_(wal::stored_bytes(limits.block_bytes_max)) {
  placements_.reserve(limits.block_requests_max);
  slice_checksums_.resize(limits.block_bytes_max / wal::kChecksumSliceBytes + 1);
}

void Slot::clear(u64 sequence) {
  block.clear(sequence);
  position_before = Position{};
  event_count = 0;
  last_timestamp = 0;
  ids_max = 0;
  ticket = 0;
  appended = false;
  log_sequence = 0;
  log_end = wal::LogEnd{};
  placements_.clear();
  body_bytes_ = 0;
  request_bytes_ = 0;
}

std::span<std::byte> Slot::outcome_room(u64 bytes) {
  const u64 room = bytes > body_bytes_ ? bytes - body_bytes_ : 0;
  return image_.span().subspan(wal::kHeaderBytes + body_bytes_, room);
}

void Slot::add_outcomes(u64 bytes) { body_bytes_ += bytes; }

bool Slot::has_room_for(const ledger::Request& request, u64 bytes) const {
  return body_bytes_ + logged_bytes(request) <= bytes && block.has_room_for(request);
}

void Slot::add(ledger::Request* request, Position before, u64 timestamp) {
  const auto index = static_cast<u32>(block.requests.size());
  block.add(request, timestamp);
  if (!request->is_logged()) return;
  if (event_count == 0) position_before = before;
  placements_.push_back({body_bytes_, index, before});
  body_bytes_ += logged_bytes(*request);
  request_bytes_ = body_bytes_;
  event_count += request->event_count;
  last_timestamp = timestamp + request->event_count - 1;
}

RequestRecord Slot::record_of(usize index) const {
  const Placement& placement = placements_[index];
  const engine::BlockRequest& request = block.requests[placement.request];
  RequestRecord record;
  record.operation = static_cast<u16>(request.operation);
  record.event_count = request.item_count;
  record.position_before = placement.position_before.value;
  record.timestamp = request.timestamp;
  record.principal = request.request->principal;
  record.trace_id = request.request->trace_id;
  record.condition_count = request.request->condition_count;
  return record;
}

// Writes the bytes [first, last) of the body from the requests that stand there: header, events,
// conditions, each as far as it lies in the range. Outcomes are there already.
void Slot::copy_range(u64 first, u64 last) {
  last = std::min(last, request_bytes_);
  if (first >= last) return;
  std::byte* body = image_.span().data() + wal::kHeaderBytes;
  auto found = std::upper_bound(placements_.begin(), placements_.end(), first,
                                [](u64 offset, const Placement& p) { return offset < p.offset; });
  auto index = static_cast<usize>(found - placements_.begin()) - 1;
  const auto copy = [&](u64 start, const void* source, u64 bytes) {
    const u64 end = std::min(last, start + bytes);
    if (first >= end) return;
    std::memcpy(body + first, static_cast<const std::byte*>(source) + (first - start), end - first);
    first = end;
  };
  while (first < last) {
    const u64 start = placements_[index].offset;
    const ledger::Request& request = *block.requests[placements_[index].request].request;
    const RequestRecord record = record_of(index);
    const u64 events = start + sizeof(record);
    const u64 events_bytes = u64{request.event_count} * event_bytes(request.operation);
    copy(start, &record, sizeof(record));
    copy(events, request.events, events_bytes);
    copy(events + events_bytes, request.conditions,
         u64{request.condition_count} * sizeof(ledger::Condition));
    ++index;
  }
}

void Slot::prepare(u32 worker, u32 workers) {
  for (u32 slice = worker; slice < slice_count(); slice += workers) {
    const u64 first = slice * wal::kChecksumSliceBytes;
    const u64 last = std::min(first + wal::kChecksumSliceBytes, body_bytes_);
    copy_range(first, last);
    const auto bytes = image_.span().subspan(wal::kHeaderBytes + first, last - first);
    slice_checksums_[slice] = wal::slice_checksum(bytes);
  }
}

u128 Slot::body_checksum() const {
  return wal::combine_slices({slice_checksums_.data(), slice_count()});
}

}  // namespace florin::pipeline
