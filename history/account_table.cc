#include "history/account_table.h"

namespace florin::history {

u32 AccountTable::add(const AccountBalances& account, u32 tag) {
  const auto slot = static_cast<u32>(slots_.size());
  if (slot % kChunk == 0) {
    chunks_.push_back(std::make_unique_for_overwrite<AccountBalances[]>(kChunk));
  }
  at(slot) = account;
  slots_.insert(tag, slot);
  return slot;
}

void AccountTable::clear() {
  slots_.clear();
  chunks_.clear();
}

u64 AccountTable::memory_bytes() const {
  return slots_.memory_bytes() + chunks_.size() * kChunk * sizeof(AccountBalances);
}

}  // namespace florin::history
