#include "cli/backup_command.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/int128.h"
#include "cli/command_output.h"
#include "cli/json_values.h"
#include "cli/moment.h"
#include "cli/offline.h"
#include "cli/progress_line.h"
#include "cli/value_text.h"
#include "replay/backup.h"
#include "replay/restore.h"
#include "storage/open_storage.h"
#include "storage/process_lock.h"

namespace florin::cli {

namespace {

struct BackupCommandOptions {
  replay::BackupOptions backup;
  bool json = false;
};

struct RestoreCommandOptions {
  replay::RestoreOptions restore;
  std::string until;
  bool json = false;
};

std::string size_text(u64 bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / static_cast<double>(kMiB));
}

void show_progress(ProgressLine& line, const replay::BackupProgress& progress) {
  const bool snapshots = progress.phase == replay::BackupProgress::Phase::Snapshots;
  line.show(snapshots ? "copying snapshots" : "copying the log", 0, 0,
            size_text(progress.bytes_copied) + ", up to position " +
                with_thousands(progress.position.value));
}

Json report_to_json(const replay::BackupReport& report) {
  return {{"position", report.position.value},
          {"earliest_position", report.earliest.value},
          {"chain", florin::to_decimal(report.chain)},
          {"blocks_copied", report.blocks},
          {"snapshots_copied", report.snapshots},
          {"segments_written", report.segments},
          {"bytes_copied", report.bytes},
          {"attempts", report.attempts},
          {"seconds", seconds_of(report.duration_ns)}};
}

std::string report_text(const replay::BackupReport& report, const std::string& target) {
  return fmt::format(
      "{} holds everything up to position {}; it can be restored to any position from {} on\n"
      "copied {} snapshots and {} blocks, {} in {:.2f} s\n"
      "chain {}: keep it elsewhere with the position, to prove later that nothing was taken back\n",
      target, with_thousands(report.position.value), with_thousands(report.earliest.value),
      report.snapshots, with_thousands(report.blocks), size_text(report.bytes),
      seconds_of(report.duration_ns), florin::to_decimal(report.chain));
}

// A backup is a data directory: somebody may be serving it, or backing up into it too.
Result<std::optional<storage::ProcessLock>> lock_target(const std::string& target) {
  std::optional<storage::ProcessLock> held;
  std::error_code error;
  if (!std::filesystem::exists(target + "/identity", error)) return held;
  auto lock = storage::ProcessLock::acquire(target);
  if (!lock) return tl::unexpected<Error>(std::move(lock).error());
  held.emplace(std::move(*lock));
  return held;
}

Json passed_over_to_json(const std::vector<Error>& passed_over) {
  Json json = Json::array();
  for (const Error& error : passed_over) json.push_back(error.message);
  return json;
}

std::string passed_over_text(const std::vector<Error>& passed_over) {
  std::string text;
  for (const Error& error : passed_over) text += "left out: " + error.message + "\n";
  return text;
}

int run_backup(const BackupCommandOptions& options) {
  const auto lock = lock_target(options.backup.target);
  if (!lock) return refuse("backup", lock.error());
  auto storage = storage::open_storage();
  if (!storage) return refuse("backup", storage.error());
  SystemClock clock;
  const auto report = [&] {
    ProgressLine line;
    return replay::copy_backup(**storage, clock, options.backup,
                               [&](const auto& progress) { show_progress(line, progress); });
  }();
  if (!report) return refuse("backup", report.error());
  Json json = report_to_json(*report);
  json["left_out"] = passed_over_to_json(report->passed_over);
  const std::string text = options.json ? json.dump() + "\n"
                                        : report_text(*report, options.backup.target) +
                                              passed_over_text(report->passed_over);
  return print(text) ? 0 : 1;
}

Json report_to_json(const replay::RestoreReport& report) {
  return {{"position", report.position.value},    {"timestamp", std::to_string(report.time.ns)},
          {"time", time_text(report.time)},       {"chain", florin::to_decimal(report.chain)},
          {"snapshots_copied", report.snapshots}, {"blocks_copied", report.blocks},
          {"bytes_copied", report.bytes},         {"seconds", seconds_of(report.duration_ns)}};
}

std::string report_text(const replay::RestoreReport& report, const std::string& target) {
  return fmt::format(
      "{} is the ledger as of position {} ({} UTC)\n"
      "copied {} snapshots and {} blocks, {} in {:.2f} s\n"
      "start it with: florin serve --data {}\n",
      target, with_thousands(report.position.value), time_text(report.time), report.snapshots,
      with_thousands(report.blocks), size_text(report.bytes), seconds_of(report.duration_ns),
      target);
}

int run_restore(RestoreCommandOptions& options) {
  if (!options.until.empty()) {
    const auto until = parse_until(options.until);
    if (!until) return refuse("restore", until.error());
    options.restore.until = *until;
  }
  auto storage = storage::open_storage();
  if (!storage) return refuse("restore", storage.error());
  SystemClock clock;
  const auto report = [&] {
    ProgressLine line;
    return replay::restore(**storage, clock, options.restore, [&](u64 bytes) {
      line.show("restoring", 0, 0, size_text(bytes) + " copied");
    });
  }();
  if (!report) return refuse("restore", report.error());
  Json json = report_to_json(*report);
  json["left_out"] = passed_over_to_json(report->passed_over);
  const std::string text = options.json ? json.dump() + "\n"
                                        : report_text(*report, options.restore.target) +
                                              passed_over_text(report->passed_over);
  return print(text) ? 0 : 1;
}

}  // namespace

void add_backup_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<BackupCommandOptions>();
  CLI::App* command =
      app.add_subcommand("backup", "Copy a ledger, whether or not its server is running");
  command->add_option("--data", options->backup.source, "Data directory")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--to", options->backup.target,
                   "Where to: a new or empty directory, or an earlier backup of the same ledger, "
                   "to which only what is new is copied")
      ->required()
      ->type_name("DIR");
  command->add_flag("--prune", options->backup.prune,
                    "Remove from the backup what its two newest snapshots do not need");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Examples:\n"
      "  florin backup --data /var/lib/florin --to /backup/florin\n"
      "  florin backup --data /var/lib/florin --to /backup/florin --prune --json\n"
      "Every snapshot and block is checked as it is copied. A backup is a data directory: replay,\n"
      "inspect and serve take it as it is, and restore makes a new one as of any moment.");
  command->callback([options, &exit_code] { exit_code = run_backup(*options); });
}

void add_restore_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RestoreCommandOptions>();
  CLI::App* command =
      app.add_subcommand("restore", "Make a data directory from a backup, as of any moment");
  command->add_option("--from", options->restore.backup, "Backup, or a data directory at rest")
      ->required()
      ->type_name("DIR");
  command->add_option("--to", options->restore.target, "New data directory: missing or empty")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--until", options->until,
                   "The last request that ended at or before this is the last one in it")
      ->type_name("POSITION|TIME");
  command->add_flag("--without-marks", options->restore.without_marks,
                    "When both marks of the log are lost: take the log as far as it can be read");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Examples:\n"
      "  florin restore --from /backup/florin --to /var/lib/florin\n"
      "  florin restore --from /backup/florin --to ./yesterday --until 2026-09-30\n"
      "  florin restore --from /backup/florin --to ./before --until 1234567\n"
      "Times are UTC; a date alone is its last moment. What comes after the moment is not in the\n"
      "new directory; the backup stays as it is.");
  command->callback([options, &exit_code] { exit_code = run_restore(*options); });
}

}  // namespace florin::cli
