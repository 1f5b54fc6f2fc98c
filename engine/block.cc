#include "engine/block.h"

#include <algorithm>

#include "base/check.h"

namespace florin::engine {

namespace {

// Room for effects that a list keeps. Many holds that are due at once take more for a while.
constexpr usize kEffectsKept = 32 * 1024;

// What a read, or a dry run, may answer, which bounds the memory of a block's answers.
u32 answers_of(const ledger::Request& request) {
  using enum ledger::Operation;
  switch (request.operation) {
    case GetTrialBalance: return request.trial_balance_filter.limit;
    // And what they look at: of queries that look at much and find little a block has a few.
    case QueryAccounts:
    case QueryTransfers:
    case GetAccountChanges: return request.filter.limit + ledger::kQueryExaminedMax / 4;
    case CreateAccounts:
    case CreateTransfers:
    case UpdateAccounts:
    case LookupAccounts:
    case LookupTransfers:
    case LookupLimits:
    case GetBalanceAt:
    case Tick: return request.event_count;
    // Found and answered elsewhere.
    case GetAccountTransfers:
    case GetAccountBalances:
    case GetChangeEvents:
    case GetStatement: return request.filter.limit;
  }
  return 0;
}

bool is_imported(const ledger::Request& request) {
  if (request.event_count == 0) return false;
  if (request.operation == ledger::Operation::CreateAccounts) {
    return (request.account_events()[0].flags & ledger::account_flags::kImported) != 0;
  }
  if (request.operation == ledger::Operation::CreateTransfers) {
    return (request.transfer_events()[0].flags & ledger::transfer_flags::kImported) != 0;
  }
  return false;
}

// Answers that stand at the index of their event are written by several owners at once: their
// places exist before.
void make_room_for_answers(ledger::Request& request) {
  using enum ledger::Operation;
  if (request.operation == LookupAccounts) request.accounts.resize(request.event_count);
  if (request.operation == LookupLimits) request.limits.resize(request.event_count);
  if (request.operation == LookupTransfers) {
    request.transfers.resize(request.event_count);
    request.transfer_statuses.resize(request.event_count);
  }
  if (request.wants_balances) request.balances.assign(request.event_count, {});
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
  earlier = std::make_unique<u32[]>(items_max_);
  outcomes = std::make_unique<u8[]>(items_max_);
  events_ = std::make_unique<const std::byte*[]>(items_max_);
  roles_.resize(usize{partitions} * partitions);
  effects_.resize(partitions);
  revived_.resize(partitions);
}

void Block::clear(u64 sequence) {
  sequence_ = sequence;
  item_count_ = 0;
  read_count_ = 0;
  trial_balance_count_ = 0;
  query_count_ = 0;
  effect_lists_ = 0;
  logged_count_ = 0;
  position_before = Position{};
  for (auto& revived : revived_) revived.clear();
  requests.clear();
  derived.clear();
  expiries.clear();
  if (expiries.capacity() > kEffectsKept) std::vector<Expiry>().swap(expiries);
}

void Block::begin_effects(u32 lists) {
  CHECK(lists == 1 || lists == partitions_);
  effect_lists_ = lists;
  for (u32 list = 0; list < lists; ++list) {
    effects_[list].clear();
    if (effects_[list].capacity() > kEffectsKept) std::vector<Effect>().swap(effects_[list]);
  }
}

bool Block::has_room_for(const ledger::Request& request) const {
  if (requests.size() >= requests_max_) return false;
  if (item_count_ + request.event_count > items_max_) return false;
  return request.is_logged() || read_count_ == 0 || read_count_ + answers_of(request) <= reads_max_;
}

void Block::add(ledger::Request* request, u64 timestamp) {
  CHECK(has_room_for(*request));
  requests.push_back({request, request->operation, item_count_, request->event_count, timestamp,
                      request->dry_run, is_imported(*request)});
  const usize stride = ledger::event_bytes(request->operation);
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
  if (request->operation == ledger::Operation::QueryAccounts) {
    ++query_count_;
    const usize parts = usize{query_count_} * partitions_;
    if (query_parts_.size() < parts) query_parts_.resize(parts);
  }
  make_room_for_answers(*request);
  if (request->is_logged()) {
    logged_count_ += request->event_count;
  } else {
    read_count_ += answers_of(*request);
  }
}

}  // namespace florin::engine
