// One look at the history store, for one question: the runs in memory as they were when it began,
// and the tables for everything before them. Belongs to one thread; what is written meanwhile does
// not change what it shows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/change_codec.h"
#include "history/open_run.h"
#include "history/rocks_tables.h"
#include "history/row_codec.h"
#include "ledger/transfer.h"

namespace florin::history {

// What an id was decided to.
struct FoundId {
  u8 outcome = 0;  // ledger::TransferOutcome; 0: not decided.
  Place place;
  u64 number = 0;
  TransferChange created;  // When it was created.
};

// What became of a transfer after its creation.
struct Aftermath {
  ledger::PendingStatus hold = ledger::PendingStatus::None;  // None: nothing.
  u128 remaining = 0;
  bool reversed = false;
};

class StoreView {
 public:
  // `has_reversals`: whether there can be any at all.
  StoreView(const RocksTables& tables, RunList::View runs, bool has_reversals)
      : tables_(tables), runs_(std::move(runs)), has_reversals_(has_reversals) {}

  const RocksTables& tables() const { return tables_; }
  const std::vector<std::shared_ptr<const OpenRun>>& runs() const { return runs_.runs; }
  // The last position that the tables count for.
  u64 stored() const { return runs_.stored; }

  // What was decided up to `as_of`; `found` is by index of the id.
  Status find(std::span<const u128> ids, Position as_of, std::span<FoundId> found) const;
  // The statuses of created transfers, as of a position; `statuses` is by index.
  Status statuses(std::span<const ledger::Transfer* const> transfers, Position as_of,
                  std::span<ledger::TransferStatus> statuses) const;
  // An account's creation, as long as it is not behind `as_of`.
  Result<std::optional<AccountRow>> account(u128 id, Position as_of) const;

  // An error for a row that cannot be read, though its file has no damage that RocksDB sees.
  static tl::unexpected<Error> damaged(Table table, std::string_view key);

 private:
  // An id and its index in the question, to be put in order.
  struct Asked {
    u128 id = 0;
    usize index = 0;
  };
  // A transfer of a pack, to be read.
  struct InPack {
    Place pack;
    u32 transfer = 0;
    usize index = 0;
    u128 id = 0;
  };

  bool find_in_runs(u128 id, Position as_of, FoundId& found) const;
  Status find_rows(std::vector<Asked>& asked, u64 position_max, std::span<FoundId> found,
                   std::vector<InPack>& wanted) const;
  Status read_packs(std::vector<InPack>& wanted, u64 position_max, std::span<FoundId> found) const;
  Status aftermath_in_tables(std::vector<Asked>& asked, u64 position_max,
                             std::span<Aftermath> aftermath) const;
  void aftermath_in_runs(u128 id, Position as_of, Aftermath& aftermath) const;

  const RocksTables& tables_;
  RunList::View runs_;
  bool has_reversals_;
};

}  // namespace florin::history
