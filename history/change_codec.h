// Packs: up to 64 changes in one row of the history store. A change is written as what differs from
// what the one before it leads to expect: some 30 bytes in place of 350. A pack stands alone: its
// first change is written in full. It ends with a checksum of its own.
//
// Two kinds. A pack of changes has everything, also what moved no money, in order. A pack of
// entries has what concerns one account: each transfer with the counters of this account after it;
// the creation number, trace id and principal, what is left of a hold, and the other account's
// counters are not there (zeros).
//
// Budget: 50 ns to write a change, 40 ns to read it.
#pragma once

#include <string_view>
#include <vector>

#include "base/types.h"
#include "engine/account_state.h"
#include "history/change.h"

namespace florin::history {

inline constexpr u32 kPackChangesMax = 64;

// Makes one pack after the other in the same memory. A value that belongs to one thread.
class PackWriter {
 public:
  PackWriter();

  // Begins a pack of changes, or of the entries of this account.
  void begin();
  void begin(u128 account);
  // The objects must stay where they are until the pack is finished.
  void add(const TransferChange& change);
  void add(const OtherChange& event);
  u32 size() const { return count_; }
  // The whole pack; valid until the next begin.
  std::string_view finish();

 private:
  // What the change is compared with, and how it stands in the pack.
  struct Comparison;
  u32 differences(const TransferChange& change, const Comparison& with) const;
  u32 differences_in_scope(const TransferChange& change, const Comparison& with) const;
  u8* put_who(u8* at, u32 set, const TransferChange& change, const Comparison& with) const;
  u8* put_what(u8* at, u32 set, const TransferChange& change, const Comparison& with) const;

  std::vector<u8> buffer_;
  u8* at_ = nullptr;
  u32 count_ = 0;
  u128 account_ = 0;  // 0: a pack of changes.
  const TransferChange* before_ = nullptr;
  Place place_before_;
  u64 decided_before_ = 0;
  bool credit_before_ = false;
};

// What a pack holds, in order.
struct Pack {
  std::vector<TransferChange> transfers;
  std::vector<OtherChange> others;
};

// Replaces what is in `pack`; `account` as it was given at begin, 0 for a pack of changes. False:
// these are not the bytes of a pack.
[[nodiscard]] bool read_pack(std::string_view bytes, u128 account, Pack& pack);

}  // namespace florin::history
