// Goes through all changes of the ledger, in order or backwards, in blocks: packs of the table,
// then what is in memory.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/store_view.h"

namespace florin::history {

// Belongs to one thread, and must not outlive its view. After each move that returns no error,
// `valid` tells whether there is a block. Changes that are not readable yet may be among them.
class ChangeWalk {
 public:
  explicit ChangeWalk(const StoreView& view);

  // To the last block that begins at or before this, or else the first one: of a place, the time of
  // an event, and the number and timestamp of a creation.
  Status seek(const Place& place);
  Status seek_decided(u64 decided);
  Status seek_number(u64 number);
  Status seek_timestamp(u64 timestamp);
  // For walks by number: where refused transfers alone fill many blocks, to the one with the
  // creation of this number, which must be there; where this block has a creation, nowhere.
  Status skip_to_number(u64 number);
  Status next();
  Status previous();

  bool valid() const { return place_ != At::Nowhere; }
  std::span<const TransferChange> transfers() const { return transfers_; }
  std::span<const OtherChange> others() const { return others_; }

 private:
  enum class At : u8 { Nowhere, Table, Memory };

  template <class Begins>
  bool seek_memory(Begins&& begins);
  Status seek_table(const Place& place);
  Status seek_by_index(const Key& key);
  Status stand_in_table(bool backwards);
  void stand_in_memory(usize chunk);

  const StoreView& view_;
  std::vector<ChunkView> chunks_;  // Of all runs; none is empty.
  RowCursor cursor_;
  At place_ = At::Nowhere;
  usize chunk_ = 0;
  Pack pack_;
  std::span<const TransferChange> transfers_;
  std::span<const OtherChange> others_;
};

}  // namespace florin::history
