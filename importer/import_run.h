// An import from its beginning, or from where it was interrupted, to its end: one thread reads and
// maps, the caller's sends. One request is in flight at a time, while the next ones are made:
// imported moments must ascend, so a request that the server put off would be lost if a later one
// were taken before it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "importer/journal.h"
#include "importer/mapping.h"
#include "importer/receiver.h"
#include "ledger/operation.h"

namespace florin::importer {

struct ImportOptions {
  std::vector<std::string> files;
  std::optional<TextKind> kind;                // Instead of what names and mapping say.
  std::string journal_path;                    // Empty: none is written.
  bool restart = false;                        // Whatever the journal says.
  std::string refused_path;                    // Empty: none is written.
  u64 refusals_max = 1000;                     // With more, the import stops.
  u32 events_max = ledger::kRequestEventsMax;  // In a request.
};

struct ImportProgress {
  u64 bytes_done = 0;
  u64 bytes_total = 0;  // 0: not known.
  u64 rows = 0;
};

struct ImportReport {
  ImportCounts counts;  // Of the whole import, with what earlier runs did.
  u64 rows = 0;         // Likewise.
  u64 rows_before = 0;  // Of these, done by earlier runs.
  u64 requests = 0;     // Of this run, as is all that follows.
  u64 took_ns = 0;
  u64 first_moment = 0;  // Of transfers; 0: there were none.
  u64 last_moment = 0;
  std::map<u32, u128> amounts;              // Of transfers, by ledger.
  std::vector<std::string> refusals;        // The first ones: "trans.csv line 12: reason".
  std::optional<BalanceFindings> balances;  // Where the mapping has what to compare with.
  std::optional<Error> stopped;             // Why it did not come to its end.
};

// Called by the caller's thread, after each request.
using ReportProgress = std::function<void(const ImportProgress&)>;

// An error means that nothing was begun.
Result<ImportReport> run_import(const Mapping& mapping, const ImportOptions& options,
                                Receiver& receiver, const ReportProgress& report_progress);

// Takes everything and does nothing: what is left are the rows whose text is wrong. No balances can
// be compared with it.
class DryReceiver final : public Receiver {
 public:
  client::Answer<client::AccountResults> create_accounts(
      std::span<const ledger::Account> accounts) override;
  client::Answer<client::TransferResults> create_transfers(
      std::span<const ledger::Transfer> transfers) override;
  client::Answer<client::AccountBalances> balances_at(std::span<const u128> ids,
                                                      Timestamp at) override;
};

}  // namespace florin::importer
