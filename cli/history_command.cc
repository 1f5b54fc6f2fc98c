#include "cli/history_command.h"

#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/clock.h"
#include "cli/command_output.h"
#include "cli/json_values.h"
#include "cli/offline.h"
#include "cli/progress_line.h"
#include "cli/value_text.h"
#include "exporter/durable_file.h"
#include "history/rocks_store.h"
#include "replay/history_build.h"
#include "storage/process_lock.h"

namespace florin::cli {

namespace {

struct HistoryCommandOptions {
  std::string data;
  bool json = false;
};

int show_status(const HistoryCommandOptions& options) {
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("history", offline.error());
  const auto store = offline->open_store(offline->directory.history_path(), true);
  if (!store) return refuse("history", store.error());
  const history::Mark mark = (*store)->durable();
  const history::RocksStatistics statistics = (*store)->statistics();
  const double per_transfer = mark.created == 0 ? 0.0
                                                : static_cast<double>(statistics.disk_bytes) /
                                                      static_cast<double>(mark.created);
  if (options.json) {
    const Json json = {{"position", mark.log.position.value},
                       {"timestamp", std::to_string(mark.last_timestamp)},
                       {"transfers", mark.created},
                       {"consumed_ids", mark.consumed},
                       {"accounts", mark.accounts},
                       {"disk_bytes", statistics.disk_bytes},
                       {"files", statistics.files},
                       {"bytes_per_transfer", per_transfer},
                       {"refusals_after", (*store)->refusals_after()}};
    return print(json.dump() + "\n") ? 0 : 1;
  }
  // Of a store that an earlier version began.
  const std::string refusals =
      (*store)->refusals_after() == 0
          ? std::string()
          : fmt::format(
                "refused transfers are kept from position {} on; 'florin history rebuild' "
                "makes those before, from a whole log\n",
                with_thousands((*store)->refusals_after() + 1));
  return print(fmt::format("history is durable up to position {} ({} UTC)\n"
                           "{} transfers, {} ids that were consumed without one, {} accounts\n"
                           "{} MiB in {} files, {:.1f} bytes a transfer\n{}",
                           with_thousands(mark.log.position.value),
                           time_text(Timestamp{mark.last_timestamp}), with_thousands(mark.created),
                           with_thousands(mark.consumed), with_thousands(mark.accounts),
                           with_thousands(statistics.disk_bytes / kMiB),
                           with_thousands(statistics.files), per_transfer, refusals))
             ? 0
             : 1;
}

int check(const HistoryCommandOptions& options) {
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("history", offline.error());
  const auto store = offline->open_store(offline->directory.history_path(), true);
  if (!store) return refuse("history", store.error());
  const auto checked = [&] {
    ProgressLine line;
    return (*store)->check(
        [&](u64 rows) { line.show("checking history", 0, 0, with_thousands(rows) + " rows"); });
  }();
  if (!checked) {
    refuse("history", checked.error());
    return kExitDamaged;
  }
  if (options.json) {
    const Json json = {{"transfers", checked->transfers},
                       {"expiries", checked->expiries},
                       {"account_events", checked->account_events},
                       {"refusals", checked->refusals},
                       {"entries", checked->entries},
                       {"ids", checked->ids_created + checked->ids_consumed}};
    return print(json.dump() + "\n") ? 0 : 1;
  }
  return print(fmt::format("history is whole: {} transfers, {} expired holds, {} entries of "
                           "accounts, {} ids; places, numbers and balances follow each other\n",
                           with_thousands(checked->transfers), with_thousands(checked->expiries),
                           with_thousands(checked->entries),
                           with_thousands(checked->ids_created + checked->ids_consumed)))
             ? 0
             : 1;
}

// The new store is made beside the old one, which stays, under another name, until a person removes
// it: nobody rebuilds without a reason.
Status put_in_place(const std::string& made, const std::string& path, std::string& kept) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    u32 number = 1;
    do {
      kept = path + ".before-" + std::to_string(number++);
    } while (std::filesystem::exists(kept, error));
    std::filesystem::rename(path, kept, error);
    if (error) return fail_errno(error.value(), "rename " + path);
  }
  std::filesystem::rename(made, path, error);
  if (error) return fail_errno(error.value(), "rename " + made);
  return exporter::sync_directory(std::filesystem::path(path).parent_path().string());
}

Result<replay::HistoryBuildProgress> build(const OfflineDirectory& offline,
                                           const std::string& target) {
  auto store = offline.open_store(target, false);
  if (!store) return tl::unexpected<Error>(std::move(store).error());
  replay::HistoryBuildOptions from;
  from.log_directory = offline.directory.log_path();
  from.log_id = offline.directory.ledger_id();
  ProgressLine line;
  return replay::build_history(*offline.storage, from, **store, [&](const auto& progress) {
    line.show("following the log", 0, 0,
              with_thousands(progress.transfers) + " transfers, position " +
                  with_thousands(progress.position.value));
  });
}

int rebuild(const HistoryCommandOptions& options) {
  const auto lock = storage::ProcessLock::acquire(options.data);
  if (!lock) return refuse("history", lock.error());
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("history", offline.error());
  const std::string path = offline->directory.history_path();
  const std::string made = path + ".new";
  std::error_code error;
  std::filesystem::remove_all(made, error);  // Of an attempt that did not come to its end.
  const auto built = build(*offline, made);
  if (!built) return refuse("history", built.error());
  std::string kept;
  if (const Status placed = put_in_place(made, path, kept); !placed) {
    return refuse("history", placed.error());
  }
  if (options.json) {
    const Json json = {{"position", built->position.value},
                       {"transfers", built->transfers},
                       {"kept", kept.empty() ? Json(nullptr) : Json(kept)}};
    return print(json.dump() + "\n") ? 0 : 1;
  }
  std::string text =
      fmt::format("history was made again up to position {}: {} transfers\n",
                  with_thousands(built->position.value), with_thousands(built->transfers));
  if (!kept.empty()) text += "the one before is kept in " + kept + ": remove it when all is well\n";
  return print(text) ? 0 : 1;
}

using Run = int (*)(const HistoryCommandOptions&);

void add_part(CLI::App& command, const char* name, const char* what, Run run,
              const std::shared_ptr<HistoryCommandOptions>& options, int& exit_code) {
  CLI::App* part = command.add_subcommand(name, what);
  part->add_option("--data", options->data, "Data directory")->required()->type_name("DIR");
  part->add_flag("--json", options->json, "Print JSON");
  part->callback([options, run, &exit_code] { exit_code = run(*options); });
}

}  // namespace

void add_history_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<HistoryCommandOptions>();
  CLI::App* command = app.add_subcommand("history", "Look at, check and rebuild history");
  command->require_subcommand(1);
  add_part(*command, "status", "How far history is and what it takes; its server may be running",
           show_status, options, exit_code);
  add_part(*command, "check", "Read all of it and prove it; its server may be running", check,
           options, exit_code);
  add_part(*command, "rebuild", "Make it again from the log, which must be whole (--archive)",
           rebuild, options, exit_code);
  command->footer(
      "Examples:\n"
      "  florin history status --data ./bank\n"
      "  florin history check --data ./bank --json\n"
      "  florin history rebuild --data ./bank\n"
      "History is part of every backup; a log that was trimmed cannot make it again. The exit\n"
      "status is 0 when all is well, 3 when check found damage, 1 when it could not be done.");
}

}  // namespace florin::cli
