// Looks into an engine that no block is in flight in: the answers that a server would give, and all
// of it as files.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "engine/engine.h"

namespace florin::cli {

// As the server would answer it now.
Answer trial_balance_of(engine::Engine& engine);
Answer accounts_of(engine::Engine& engine, const std::vector<u128>& ids);

enum class ExportFormat : u8 { Csv, JsonLines };

struct ExportReport {
  u64 accounts = 0;
  u64 transfers = 0;
  std::vector<std::string> files;
};

// Writes accounts and transfers, in the order of their creation, and the trial balance to files of
// their own in `directory`, which is made if it is missing. InvalidArgument when one of the files
// is there already; nothing is replaced.
Result<ExportReport> export_state(engine::Engine& engine, const std::string& directory,
                                  ExportFormat format);

}  // namespace florin::cli
