// Reads the files of an import, in order, and makes parcels of their rows. It always begins with
// the first row of the first file: an import that is taken up again reads what is done already, so
// that moments, opened accounts and recorded days are the same as without the interruption, and
// leaves it out of the parcels.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "importer/id_set.h"
#include "importer/mapping.h"
#include "importer/parcel.h"
#include "importer/row_mapper.h"
#include "importer/row_source.h"

namespace florin::importer {

struct ReadingOptions {
  std::vector<std::string> files;
  std::optional<TextKind> kind;  // Instead of what the files' names or the mapping say.
  u64 rows_done = 0;             // Left out, from the beginning.
  u32 events_max = 0;            // In a request.
};

// Which table of the mapping a file belongs to; InvalidArgument when none, or both.
Result<Table> table_of_file(const Mapping& mapping, const std::string& path);

// Belongs to one thread. The mapping must outlive it.
class ParcelMaker {
 public:
  // Takes a parcel over; false: nobody takes any more.
  using Deliver = std::function<bool(Parcel)>;

  ParcelMaker(const Mapping& mapping, ReadingOptions options, Deliver deliver);

  // Delivers everything; the last parcel is marked, and tells the error if there was one.
  void run();

 private:
  // Ascending moments of a kind of event.
  struct Ascent {
    u64 last_written = 0;  // As the file tells it.
    u64 last_given = 0;
  };

  Status read_all();
  Status read_file(u32 file);
  bool take_constant_accounts();
  bool take_row(u32 file, const SourceRow& source);
  void take_account(u32 file, const SourceRow& source);
  void take_transfer(u32 file, const SourceRow& source);
  void open_account(u128 id, u32 row);
  void record(const ledger::Transfer& transfer);
  void close_day();
  bool give_moment(bool spreads, Ascent& ascent, u64& moment, std::string& reason) const;
  u32 add_row(u32 file, const SourceRow& source);
  void refuse(u32 file, const SourceRow& source, std::string reason);
  bool is_done() const { return rows_ < options_.rows_done; }
  bool flush();
  void start_parcel();

  const Mapping& mapping_;
  const ReadingOptions options_;
  const Deliver deliver_;
  const i64 zone_ns_;  // Of the days of transfers, east of UTC.
  MappedRow row_;
  Parcel parcel_;
  u64 rows_ = 0;  // Read before the one in progress.
  bool is_wanted_ = true;
  Progress progress_;

  Ascent accounts_;
  Ascent transfers_;
  IdSet known_accounts_;  // Where transfers open accounts.
  // The day in progress, and where its accounts stand in it.
  std::optional<i64> day_;
  RecordedDay recorded_;
  std::unordered_map<u128, usize, HashOfId> recorded_at_;
};

}  // namespace florin::importer
