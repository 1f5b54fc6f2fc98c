// Composing records, and the queue of those that wait to be logged. pipeline/outcome_check.cc reads
// them again.
#include "pipeline/outcome_record.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/checksum.h"
#include "base/prefetch.h"

namespace florin::pipeline {

using ledger::Transfer;

namespace {

template <class Bytes>
void append(std::vector<std::byte>& target, const Bytes& bytes) {
  const auto span = std::as_bytes(std::span(bytes));
  target.insert(target.end(), span.begin(), span.end());
}

bool is_logged(const engine::BlockRequest& request) {
  return ledger::is_write(request.operation) && !request.dry_run;
}

// Whether every item was created. Reads and ticks may make this false without reason.
bool all_created(const engine::Block& block) {
  constexpr u64 kAllCreated = 0x0101010101010101 * ledger::kCreated;
  const u8* outcomes = block.outcomes.get();
  const u8* const end = outcomes + block.item_count();
  u64 others = 0;
  for (; end - outcomes >= 8; outcomes += 8) {
    u64 eight = 0;
    std::memcpy(&eight, outcomes, sizeof(eight));
    others |= eight ^ kAllCreated;
  }
  for (; outcomes != end; ++outcomes) others |= *outcomes ^ ledger::kCreated;
  return others == 0;
}

u16 differing_fields(const Transfer& event, const Transfer& stored) {
  u16 fields = 0;
  const auto note = [&](bool differs, u16 field) {
    if (differs) fields |= field;
  };
  note(event.amount != stored.amount, DerivedTransfer::kAmount);
  note(event.debit_account_id != stored.debit_account_id, DerivedTransfer::kDebitAccountId);
  note(event.credit_account_id != stored.credit_account_id, DerivedTransfer::kCreditAccountId);
  note(event.user_data_128 != stored.user_data_128, DerivedTransfer::kUserData128);
  note(event.user_data_64 != stored.user_data_64, DerivedTransfer::kUserData64);
  note(event.user_data_32 != stored.user_data_32, DerivedTransfer::kUserData32);
  note(event.ledger != stored.ledger, DerivedTransfer::kLedger);
  note(event.code != stored.code, DerivedTransfer::kCode);
  return fields;
}

// The bytes of one derived transfer, at most.
class DerivedBytes {
 public:
  template <class Value>
  void add(const Value& value) {
    std::memcpy(bytes_.data() + size_, &value, sizeof(value));
    size_ += sizeof(value);
  }
  std::span<const std::byte> span() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::byte, sizeof(DerivedTransfer) + 4 * sizeof(u128) + 2 * sizeof(u64)> bytes_;
  usize size_ = 0;
};

void add_fields(DerivedBytes& bytes, u16 fields, const Transfer& stored) {
  if ((fields & DerivedTransfer::kAmount) != 0) bytes.add(stored.amount);
  if ((fields & DerivedTransfer::kDebitAccountId) != 0) bytes.add(stored.debit_account_id);
  if ((fields & DerivedTransfer::kCreditAccountId) != 0) bytes.add(stored.credit_account_id);
  if ((fields & DerivedTransfer::kUserData128) != 0) bytes.add(stored.user_data_128);
  if ((fields & DerivedTransfer::kUserData64) != 0) bytes.add(stored.user_data_64);
  const u16 user_data = fields & DerivedTransfer::kUserData32;
  const u16 ledger = fields & DerivedTransfer::kLedger;
  if ((user_data | ledger) == 0) return;
  bytes.add(user_data != 0 ? stored.user_data_32 : u32{0});
  bytes.add(ledger != 0 ? stored.ledger : u32{0});
}

// Over the header as it is in all parts, the content, and the timestamps that were answered to
// refused events, which the content does not say.
u128 outcome_digest(const OutcomeHeader& header, std::span<const std::byte> content,
                    std::span<const u64> timestamps) {
  struct {
    OutcomeHeader header;
    u128 content;
    u128 timestamps;
  } all{header, checksum128(content), checksum128(std::as_bytes(timestamps))};
  all.header.digest = 0;
  all.header.part_offset = 0;
  all.header.part_bytes = 0;
  return checksum128(std::as_bytes(std::span(&all, 1)));
}

}  // namespace

void OutcomeComposer::begin(u64 sequence, Position position_before) {
  header_ = OutcomeHeader{};
  header_.sequence = sequence;
  header_.position_before = position_before.value;
  counts_ = OutcomeCounts{};
  refused_.clear();
  timestamps_.clear();
  content_.assign(sizeof(OutcomeCounts), std::byte{0});
  expired_.clear();
  kinds_.clear();
}

void OutcomeComposer::add(const engine::Block& block) {
  const u32 first_event = header_.event_count;
  const bool none_refused = all_created(block);
  for (const engine::BlockRequest& request : block.requests) {
    if (!is_logged(request)) continue;
    if (!none_refused) add_refused(request, header_.event_count);
    if (keeps_kinds_) kinds_.push_back({header_.event_count, request.operation});
    header_.event_count += request.item_count;
  }
  if (!block.derived.empty() || !block.expiries.empty()) {
    find_runs(block, first_event);
    add_derived(block);
    add_expired(block);
  }
  counts_.accounts = block.accounts_after;
  counts_.transfers = block.transfers_after;
  counts_.updates = block.updates_after;
  counts_.deadline = block.deadline_after;
}

void OutcomeComposer::add_refused(const engine::BlockRequest& request, u32 first_event) {
  for (const ledger::EventResult& result : request.request->exceptions) {
    refused_.push_back({first_event + result.index, static_cast<u8>(result.outcome), {}});
    timestamps_.push_back(result.timestamp);
  }
}

void OutcomeComposer::find_runs(const engine::Block& block, u32 first_event) {
  runs_.clear();
  for (const engine::BlockRequest& request : block.requests) {
    if (!is_logged(request)) continue;
    runs_.push_back({request.first_item, first_event});
    first_event += request.item_count;
  }
}

u32 OutcomeComposer::event_of(u32 item, usize& run) const {
  while (run + 1 < runs_.size() && runs_[run + 1].item <= item) ++run;
  return runs_[run].event + (item - runs_[run].item);
}

void OutcomeComposer::add_derived(const engine::Block& block) {
  constexpr usize kAhead = 8;
  content_.reserve(content_.size() + block.derived.size() * sizeof(Transfer) / 2);
  usize run = 0;
  for (usize index = 0; index < block.derived.size(); ++index) {
    if (index + kAhead < block.derived.size()) {
      const u32 ahead = block.work[block.derived[index + kAhead]].transfer;
      prefetch_object(tables_.transfers[ahead]);
    }
    const u32 item = block.derived[index];
    // Of a dry run, or given back with its chain.
    if (block.outcomes[item] != ledger::kCreated) continue;
    const Transfer& stored = tables_.transfers[block.work[item].transfer];
    DerivedTransfer derived;
    derived.event = event_of(item, run);
    derived.fields = differing_fields(block.transfer(item), stored);
    if (derived.fields == 0) continue;
    if ((derived.fields & DerivedTransfer::kCode) != 0) derived.code = stored.code;
    DerivedBytes bytes;
    bytes.add(derived);
    add_fields(bytes, derived.fields, stored);
    append(content_, bytes.span());
    ++counts_.derived;
  }
}

void OutcomeComposer::add_expired(const engine::Block& block) {
  usize run = 0;
  for (const engine::Expiry& expiry : block.expiries) {
    expired_.push_back(
        {tables_.transfers[expiry.transfer].id, expiry.released, event_of(expiry.item, run), 0});
  }
}

std::vector<std::byte> OutcomeComposer::refused_bytes() const {
  std::vector<std::byte> bytes;
  if (refused_.size() * sizeof(RefusedEvent) < header_.event_count) {
    append(bytes, refused_);
    return bytes;
  }
  bytes.resize(round_up(header_.event_count, sizeof(u64)));
  std::memset(bytes.data(), ledger::kCreated, header_.event_count);
  for (const RefusedEvent& refused : refused_) {
    bytes[refused.event] = static_cast<std::byte>(refused.outcome);
  }
  return bytes;
}

OutcomeRecord OutcomeComposer::finish() {
  counts_.refused = static_cast<u32>(refused_.size());
  counts_.expired = expired_.size();
  std::memcpy(content_.data(), &counts_, sizeof(counts_));
  if (!refused_.empty()) {
    const auto refused = refused_bytes();
    content_.insert(content_.begin() + sizeof(counts_), refused.begin(), refused.end());
  }
  append(content_, expired_);
  content_.resize(round_up(content_.size(), kContentUnit));
  header_.content_bytes = content_.size();
  header_.digest = outcome_digest(header_, content_, timestamps_);
  return {header_, std::move(content_), kinds_};
}

void OutcomeQueue::push(OutcomeRecord record) {
  bytes_ += outcome_part_bytes(record.content.size());
  records_.push_back(std::move(record));
}

u64 OutcomeQueue::take(std::byte* target, u64 bytes_max) {
  u64 used = 0;
  while (!records_.empty() && bytes_max - used >= outcome_part_bytes(kContentUnit)) {
    const OutcomeRecord& record = records_.front();
    const u64 room = (bytes_max - used - sizeof(OutcomeHeader)) / kContentUnit * kContentUnit;
    OutcomeHeader header = record.header;
    header.part_offset = taken_;
    header.part_bytes = static_cast<u32>(std::min(room, record.content.size() - taken_));
    std::memcpy(target + used, &header, sizeof(header));
    std::memcpy(target + used + sizeof(header), record.content.data() + taken_, header.part_bytes);
    used += outcome_part_bytes(header.part_bytes);
    taken_ += header.part_bytes;
    bytes_ -= header.part_bytes;
    if (taken_ < record.content.size()) break;
    bytes_ -= sizeof(OutcomeHeader);
    records_.pop_front();
    taken_ = 0;
  }
  return used;
}

void OutcomeQueue::clear() {
  records_.clear();
  taken_ = 0;
  bytes_ = 0;
}

}  // namespace florin::pipeline
