// What the follower knows of accounts: their four counters, as of what it has followed. Accounts
// come in when they are first met, and stay. About 100 bytes an account.
#pragma once

#include <memory>
#include <vector>

#include "base/types.h"
#include "history/id_slots.h"

namespace florin::history {

struct AccountBalances {
  u128 id = 0;
  u128 counters[4] = {};  // By engine::Counter.
};
static_assert(sizeof(AccountBalances) == 80);

// Belongs to one thread. To look accounts up without waiting for memory: prefetch_index some time
// before, then prefetch_record, then find.
class AccountTable {
 public:
  explicit AccountTable(engine::HashSeed seed) : slots_(seed) {}

  u32 tag_of(u128 id) const { return slots_.tag_of(id); }
  void prefetch_index(u32 tag) const { slots_.prefetch(tag); }
  void prefetch_record(u32 tag) const {
    const u32 slot = slots_.candidate(tag);
    if (slot == kNoSlot) return;
    const auto* const record = reinterpret_cast<const std::byte*>(&at(slot));
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + sizeof(AccountBalances) - 1, 1);
  }
  // The account's slot, or kNoSlot.
  u32 find(u128 id, u32 tag) const {
    return slots_.find(tag, [&](u32 slot) { return at(slot).id == id; });
  }
  // Adds one that is not there.
  u32 add(const AccountBalances& account, u32 tag);

  AccountBalances& at(u32 slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const AccountBalances& at(u32 slot) const { return chunks_[slot / kChunk][slot % kChunk]; }

  void clear();
  u64 size() const { return slots_.size(); }
  u64 memory_bytes() const;

 private:
  static constexpr u32 kChunk = 4096;

  IdSlots slots_;
  std::vector<std::unique_ptr<AccountBalances[]>> chunks_;  // Records never move.
};

}  // namespace florin::history
