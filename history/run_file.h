// Writes a closed run: one sorted file for each table, taken in together with the mark that says
// so. A crash leaves all of it or nothing.
//
// Budget for each transfer at 10,000 accounts: 350 ns, most of it for the entries of the accounts.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/change_codec.h"
#include "history/open_run.h"
#include "history/rocks_tables.h"
#include "history/row_codec.h"

namespace florin::history {

// Belongs to the writing thread.
class RunFile {
 public:
  RunFile(RocksTables& tables, u32 pack_changes) : tables_(tables), pack_changes_(pack_changes) {}

  // `mark` is that of the store before the run, and behind it on return. After an error the store
  // is as it was, and the same run can be written again.
  Status write(const OpenRun& run, MarkRow& mark);
  // The first row of a new store.
  Status write_mark(const MarkRow& mark);

 private:
  struct Pack {
    Place key;
    u64 decided = 0;  // Of its first change.
    bool has_created = false;
    u64 number = 0;  // Of its first creation, as is the next.
    u64 timestamp = 0;
  };
  // An id and where it is: the `transfer`-th of the pack, or, when consumed, of the list of those.
  struct IdAt {
    u128 id = 0;
    u32 pack = 0;
    u32 at = 0;
  };
  static constexpr u32 kConsumed = ~u32{0};

  using Files = std::array<std::unique_ptr<RowFile>, kTables>;

  Status write_files(MarkRow& mark);
  Status finish();
  void remove_files();
  Result<RowFile*> file(Table table);

  Status write_changes();
  Status write_pack(RowFile& file, const Pack& pack);
  Status write_ids(IdRanges::List& ranges);
  Status write_entries(std::span<const RunAccount> accounts);
  Status write_entries_of(RowFile& file, u128 account, std::span<const EntryLink* const> entries);
  Status write_index(const MarkRow& mark);
  Status write_accounts(RowFile& file);
  Status write_packs(RowFile& file, char kind);
  Status write_statuses(RowFile& file);

  RocksTables& tables_;
  const u32 pack_changes_;
  PackWriter writer_;
  Files files_;

  // Of the run being written.
  std::vector<ChunkView> chunks_;
  std::vector<Pack> packs_;
  std::vector<IdAt> ids_;
  std::vector<const ConsumedId*> consumed_;
  std::vector<const EntryLink*> entries_;  // By account.
};

}  // namespace florin::history
