#include "pipeline/commit_feed.h"

#include <cstring>
#include <type_traits>

#include "base/check.h"

namespace florin::pipeline {

namespace {

constexpr u64 kRingUnit = 16;

void copy(std::byte* target, std::span<const std::byte> bytes) {
  if (!bytes.empty()) std::memcpy(target, bytes.data(), bytes.size());
}

}  // namespace

CommitFeed::CommitFeed(u64 bytes_max, Doorbell& follower) : ring_(bytes_max), follower_(follower) {
  static_assert(std::is_trivially_copyable_v<Entry>);
  static_assert(sizeof(Entry) % kRingUnit == 0);
  CHECK(ring_.size_bytes() >= sizeof(Entry));
}

bool CommitFeed::push(const CommittedBlock& block) {
  if (!open_.load(std::memory_order_acquire)) return false;
  Entry entry;
  entry.event_count = block.event_count;
  entry.position_before = block.position_before;
  entry.body_bytes = block.body.size();
  entry.content_bytes = block.outcome_content.size();
  entry.end = block.end;
  entry.outcomes = block.outcomes;
  const u64 body_room = round_up(entry.body_bytes, kRingUnit);
  entry.bytes = sizeof(Entry) + body_room + round_up(entry.content_bytes, kRingUnit);

  const u64 size = ring_.size_bytes();
  const u64 in = in_.load(std::memory_order_relaxed);
  const u64 to_end = size - in % size;
  const u64 passed_over = entry.bytes <= to_end ? 0 : to_end;
  const u64 used = in - out_.load(std::memory_order_acquire);
  if (passed_over + entry.bytes > size - used) {
    open_.store(false, std::memory_order_release);
    return false;
  }
  if (passed_over != 0) std::memset(ring_.data() + in % size, 0, kRingUnit);  // Entry::bytes.
  std::byte* target = ring_.data() + (in + passed_over) % size;
  std::memcpy(target, &entry, sizeof(entry));
  copy(target + sizeof(entry), block.body);
  copy(target + sizeof(entry) + body_room, block.outcome_content);
  in_.store(in + passed_over + entry.bytes, std::memory_order_release);
  return true;
}

void CommitFeed::commit(u64 sequence) {
  commit_quietly(sequence);
  wake();
}

CommitFeed::Entry CommitFeed::entry_at(u64 place) const {
  Entry entry;
  std::memcpy(&entry, ring_.data() + place % ring_.size_bytes(), sizeof(entry));
  return entry;
}

// What was passed over is published together with the entry that follows it.
std::optional<u64> CommitFeed::oldest() const {
  const u64 out = out_.load(std::memory_order_relaxed);
  if (out == in_.load(std::memory_order_acquire)) return std::nullopt;
  u64 bytes = 0;
  std::memcpy(&bytes, ring_.data() + out % ring_.size_bytes(), sizeof(bytes));
  return bytes != 0 ? out : round_up(out + 1, ring_.size_bytes());
}

std::optional<CommittedBlock> CommitFeed::front() const {
  const std::optional<u64> place = oldest();
  if (!place) return std::nullopt;
  const Entry entry = entry_at(*place);
  const std::byte* body = ring_.data() + *place % ring_.size_bytes() + sizeof(Entry);
  CommittedBlock block;
  block.end = entry.end;
  block.event_count = entry.event_count;
  block.position_before = entry.position_before;
  block.body = {body, entry.body_bytes};
  block.outcomes = entry.outcomes;
  block.outcome_content = {body + round_up(entry.body_bytes, kRingUnit), entry.content_bytes};
  return block;
}

void CommitFeed::pop() {
  const std::optional<u64> place = oldest();
  CHECK(place.has_value());
  out_.store(*place + entry_at(*place).bytes, std::memory_order_release);
}

u64 CommitFeed::bytes_used() const {
  const u64 out = out_.load(std::memory_order_acquire);
  return in_.load(std::memory_order_acquire) - out;
}

}  // namespace florin::pipeline
