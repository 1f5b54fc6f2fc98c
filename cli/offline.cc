#include "cli/offline.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/core.h>

#include "cli/machine.h"
#include "cli/progress_line.h"
#include "cli/value_text.h"
#include "history/rocks_store.h"
#include "storage/open_storage.h"

namespace florin::cli {

namespace {

constexpr u64 kAccountsMost = 1'000'000'000;
constexpr u64 kTransfersMost = 2'000'000'000;
constexpr u64 kUpdatesMost = 1'000'000'000;

}  // namespace

Result<OfflineDirectory> OfflineDirectory::open(const std::string& path) {
  auto storage = storage::open_storage();
  if (!storage) return tl::unexpected<Error>(std::move(storage).error());
  const auto directory = storage::DataDirectory::open_existing(**storage, path);
  if (!directory) return tl::unexpected<Error>(directory.error());
  return OfflineDirectory{std::move(*storage), *directory, nullptr};
}

Result<std::unique_ptr<history::RocksStore>> OfflineDirectory::open_store(const std::string& path,
                                                                          bool read_only) const {
  history::RocksOptions rocks;
  rocks.directory = path;
  rocks.ledger_id = directory.ledger_id();
  rocks.read_only = read_only;
  return history::RocksStore::open(rocks);
}

Status OfflineDirectory::open_history() {
  std::error_code ignored;
  if (!std::filesystem::exists(directory.history_path(), ignored)) return {};
  auto opened = open_store(directory.history_path(), true);
  if (!opened) return tl::unexpected<Error>(std::move(opened).error());
  history = std::move(*opened);
  return {};
}

Limits offline_limits() {
  Limits limits;
  limits.accounts_max = kAccountsMost;
  limits.transfers_max = kTransfersMost;
  limits.account_updates_max = kUpdatesMost;
  return limits;
}

replay::RecoveryOptions offline_recovery(const OfflineDirectory& offline, u32 partitions) {
  replay::RecoveryOptions options;
  options.log_directory = offline.directory.log_path();
  options.log_id = offline.directory.ledger_id();
  options.snapshot_directory = offline.directory.snapshot_path();
  options.limits = offline_limits();
  options.partitions = partitions;
  options.threads = static_cast<u32>(allowed_processors().size());
  if (offline.history != nullptr) {
    options.past = offline.history.get();
    options.history_durable = offline.history->durable().log;
  }
  return options;
}

void show_recovery(ProgressLine& line, const replay::RecoveryProgress& progress) {
  const bool snapshot = progress.phase == replay::RecoveryPhase::Snapshot;
  line.show(snapshot ? "loading the snapshot" : "replaying the log", progress.bytes_read,
            progress.bytes_total,
            with_thousands(u128{progress.events}) + " events" + left_text(progress.left_ns));
}

int refuse(const std::string& command, const Error& error) {
  std::fputs(fmt::format("florin {}: {}\n", command, error.message).c_str(), stderr);
  return 1;
}

}  // namespace florin::cli
