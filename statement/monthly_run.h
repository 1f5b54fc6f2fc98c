// The statements of all accounts for a period, as files: a run at the end of a month. It goes on
// where it was killed, and its files are the same whenever and by however many threads it is made.
// statement/run_manifest.h tells what it leaves behind.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "history/store.h"
#include "statement/format.h"
#include "statement/period.h"
#include "statement/reference.h"
#include "statement/run_manifest.h"

namespace florin::statement {

// A folder with more files is slow to list; one with fewer costs syncs.
inline constexpr u32 kStatementsPerFolder = 2000;

struct RunOptions {
  std::string directory;  // Of all periods: the run has a folder of its own in it, "2026-10".
  Format format = Format::Csv;
  u32 threads = 1;
  u32 per_folder = kStatementsPerFolder;
};

// Of what the run does itself; what an attempt before it made counts as done.
struct RunProgress {
  u64 statements = 0;
  u64 statements_total = 0;
  u64 bytes = 0;
};

struct RunSummary {
  std::string directory;  // With the manifest.
  Position as_of;
  u64 statements = 0;
  u64 folders = 0;
  u64 folders_found = 0;      // Made by an attempt before it.
  bool was_complete = false;  // The whole run was there already: nothing was done.
  u64 bytes = 0;
  u128 manifest_checksum = 0;
  RunTotals totals;
};

// The period must be over, and the store durable to its end. A run that was not finished goes on as
// of its own position. Errors: InvalidArgument when the folder has a run of something else, those
// of StatementBuilder::build and of write_statement with the account, NoSpace, Io. Whatever was
// finished by then stays.
Result<RunSummary> run_statements(history::Store& store, u128 ledger_id, const Reference& reference,
                                  const Period& period, const RunOptions& options,
                                  const std::function<void(const RunProgress&)>& report);

}  // namespace florin::statement
