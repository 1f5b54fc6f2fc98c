// Proves that a store is what was written: every row is read, and every table has to tell the same.
#pragma once

#include <functional>

#include "base/result.h"
#include "history/rocks_store.h"
#include "history/rocks_tables.h"

namespace florin::history {

// As RocksStore::check has it; what lies beyond the mark, which may be on its way in, does not
// count. Memory: some kilobytes, however large the store is.
class RocksChecker {
 public:
  // `refusals_after`: the position behind which refusals are there.
  RocksChecker(const RocksTables& tables, const Mark& mark, u64 refusals_after,
               const std::function<void(u64 rows)>& progress)
      : tables_(tables), mark_(mark), refusals_after_(refusals_after), progress_(progress) {}

  Result<RocksCheck> run();

 private:
  // What two tables say must be the same, in whatever order: the sum of the checksums of all facts.
  struct Facts {
    u64 sum = 0;
    u64 count = 0;
    template <class Fact>
    void add(const Fact& fact);
    friend bool operator==(const Facts&, const Facts&) = default;
  };

  Status scan(Table table, const std::function<Status(std::string_view, std::string_view)>& row);
  Status scan_changes();
  Status scan_pack(const Place& key);
  void scan_other(const OtherChange& change);
  Status scan_entries();
  Status scan_entry(const TransferChange& change, u128 account);
  Status scan_ids();
  Status scan_index();
  Status scan_index_row(std::string_view key, std::string_view value);
  Status compare() const;

  bool counts(const Place& place) const { return place.position <= mark_.log.position.value; }
  void add_entry_fact(Facts& facts, const TransferChange& change, bool credit);

  const RocksTables& tables_;
  const Mark mark_;
  const u64 refusals_after_;
  const std::function<void(u64 rows)>& progress_;
  RocksCheck found_;
  u64 rows_ = 0;
  u64 accounts_ = 0;  // Created, by the changes.

  Pack pack_;
  Place place_;  // Of the change before.
  bool has_place_ = false;
  u128 account_ = 0;  // Of the entry before.
  engine::Balances balances_{};
  u64 consumed_sum_ = 0;

  // By the changes, and by the table that is made of them.
  Facts changes_entries_;
  Facts entries_;
  Facts changes_ids_;
  Facts ids_;
  Facts changes_consumed_;
  Facts consumed_;
  Facts changes_statuses_;
  Facts statuses_;
  Facts changes_packs_;
  Facts packs_;
  Facts changes_accounts_;
  Facts account_rows_;
};

}  // namespace florin::history
