#include "engine/block.h"

#include <algorithm>

#include "base/check.h"

namespace florin::engine {

namespace {

usize event_bytes(ledger::Operation operation) {
  using enum ledger::Operation;
  switch (operation) {
    case CreateAccounts: return sizeof(ledger::Account);
    case CreateTransfers: return sizeof(ledger::Transfer);
    case LookupAccounts:
    case LookupTransfers: return sizeof(u128);
    case GetTrialBalance: return 0;
  }
  return 0;
}

// What a read may answer, which bounds the memory of a block's answers.
u32 answers_of(const ledger::Request& request) {
  const bool totals = request.operation == ledger::Operation::GetTrialBalance;
  return totals ? request.trial_balance_filter.limit : request.event_count;
}

}  // namespace

u32 Block::write_items_max(const Limits& limits) {
  return static_cast<u32>(limits.block_bytes_max / sizeof(ledger::Transfer));
}

u32 Block::items_max(const Limits& limits) {
  return write_items_max(limits) + limits.block_reads_max;
}

Block::Block(const Limits& limits, u32 partitions)
    : partitions_(partitions),
      items_max_(items_max(limits)),
      requests_max_(limits.block_requests_max),
      reads_max_(limits.block_reads_max) {
  CHECK(items_max_ <= (u32{1} << kStampItemBits));
  requests.reserve(requests_max_);
  work = std::make_unique<ItemWork[]>(items_max_);
  outcomes = std::make_unique<u8[]>(items_max_);
  events_ = std::make_unique<const std::byte*[]>(items_max_);
  roles_.resize(usize{partitions} * partitions);
}

void Block::clear(u64 sequence) {
  sequence_ = sequence;
  item_count_ = 0;
  read_count_ = 0;
  trial_balance_count_ = 0;
  requests.clear();
}

bool Block::has_room_for(const ledger::Request& request) const {
  if (requests.size() >= requests_max_) return false;
  if (item_count_ + request.event_count > items_max_) return false;
  return ledger::is_write(request.operation) || read_count_ == 0 ||
         read_count_ + answers_of(request) <= reads_max_;
}

void Block::add(ledger::Request* request, u64 timestamp) {
  CHECK(has_room_for(*request));
  requests.push_back({request, request->operation, item_count_, request->event_count, timestamp});
  const usize stride = event_bytes(request->operation);
  const std::byte* event = request->events;
  for (u32 index = 0; index < request->event_count; ++index, event += stride) {
    events_[item_count_ + index] = event;
  }
  item_count_ += request->event_count;
  if (request->operation == ledger::Operation::GetTrialBalance) {
    ++trial_balance_count_;
    const usize parts = usize{trial_balance_count_} * partitions_;
    if (totals_parts_.size() < parts) totals_parts_.resize(parts);
  }
  if (!ledger::is_write(request->operation)) read_count_ += answers_of(*request);
}

}  // namespace florin::engine
