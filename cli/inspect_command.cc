#include "cli/inspect_command.h"

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/int128.h"
#include "cli/command_output.h"
#include "cli/log_blocks.h"
#include "cli/log_inspection.h"
#include "cli/offline.h"
#include "cli/value_text.h"
#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "wal/marks.h"

namespace florin::cli {

namespace {

struct InspectOptions {
  std::string data;
  bool json = false;
  u64 position = 0;              // Show the request that has it.
  std::vector<u64> block_range;  // First and last.
};

// Where the log can be read from: its beginning, or the oldest snapshot whose tail is there.
Result<wal::LogEnd> log_begin(const OfflineDirectory& offline) {
  const auto segments = wal::list_segments(*offline.storage, offline.directory.log_path());
  RETURN_IF_ERROR(segments);
  if (segments->empty() || segments->front().number == 1) return wal::LogEnd{};
  auto snapshots = snapshot::list_snapshots(*offline.storage, offline.directory.snapshot_path());
  RETURN_IF_ERROR(snapshots);
  for (auto file = snapshots->rbegin(); file != snapshots->rend(); ++file) {
    const auto reader = snapshot::Reader::open_any(
        *offline.storage, offline.directory.snapshot_path() + "/" + file->name);
    if (reader && (*reader)->info().point.log.segment >= segments->front().number) {
      return (*reader)->info().point.log;
    }
  }
  return fail(ErrorCode::NotFound,
              fmt::format("the log in {} begins with segment {}, and no snapshot reaches it",
                          offline.directory.log_path(), segments->front().number));
}

Json segment_to_json(const SegmentSummary& segment) {
  return {{"segment", segment.number},
          {"bytes", segment.size_bytes},
          {"used_bytes", segment.used_bytes},
          {"blocks", segment.blocks},
          {"first_block", segment.first_sequence},
          {"last_block", segment.last_sequence},
          {"first_position", segment.first_position},
          {"last_position", segment.last_position}};
}

Json log_to_json(const LogInspection& log) {
  Json json = {{"blocks", log.blocks},
               {"begins_after_position", log.begin.position.value},
               {"last_position", log.end.position.value},
               {"last_block", log.end.sequence},
               {"chain", florin::to_decimal(log.end.chain)},
               {"body_bytes", log.body_bytes},
               {"stored_bytes", log.stored_bytes},
               {"outcome_parts", log.outcome_records},
               {"torn_blocks", log.torn_tail.blocks},
               {"marks_damage", log.marks_damage ? Json(log.marks_damage->message) : Json(nullptr)},
               {"damage", log.damage ? Json(log.damage->message) : Json(nullptr)}};
  for (const auto& [operation, counted] : log.operations) {
    json["operations"][std::string(ledger::name(operation))] = {{"requests", counted.requests},
                                                                {"events", counted.events}};
  }
  json["segments"] = Json::array();
  for (const SegmentSummary& segment : log.segments) {
    json["segments"].push_back(segment_to_json(segment));
  }
  return json;
}

std::string render_segments(const LogInspection& log, Colour colour) {
  Table table({{"segment", Align::Right},
               {"blocks", Align::Right},
               {"first block", Align::Right},
               {"last block", Align::Right},
               {"positions", Align::Right},
               {"used", Align::Right},
               {"from (UTC)"},
               {"to (UTC)"}});
  u64 unused = 0;
  for (const SegmentSummary& segment : log.segments) {
    if (segment.blocks == 0) {
      ++unused;
      continue;
    }
    const std::string positions = segment.first_position == 0
                                      ? "none"
                                      : with_thousands(segment.first_position) + " - " +
                                            with_thousands(segment.last_position);
    table.add({with_thousands(segment.number), with_thousands(segment.blocks),
               with_thousands(segment.first_sequence), with_thousands(segment.last_sequence),
               positions,
               fmt::format("{:.0f} %", 100.0 * static_cast<double>(segment.used_bytes) /
                                           static_cast<double>(segment.size_bytes)),
               time_text(segment.first_time), time_text(segment.last_time)});
  }
  return table.render(colour) + fmt::format("and {} segments made ahead\n", unused);
}

std::string render_log(const LogInspection& log, Colour colour) {
  std::string text = render_segments(log, colour);
  text += "\n";
  Table operations({{"request"}, {"requests", Align::Right}, {"events", Align::Right}});
  for (const auto& [operation, counted] : log.operations) {
    operations.add({std::string(ledger::name(operation)), with_thousands(counted.requests),
                    with_thousands(counted.events)});
  }
  text += operations.render(colour);
  text += fmt::format("\n{} blocks, {} bytes of requests and outcomes in {} bytes of log\n",
                      with_thousands(log.blocks), with_thousands(log.body_bytes),
                      with_thousands(log.stored_bytes));
  text +=
      fmt::format("ends with block {} at position {}, chain {}\n", with_thousands(log.end.sequence),
                  with_thousands(log.end.position.value), florin::to_decimal(log.end.chain));
  if (log.torn_tail.blocks != 0) {
    text += fmt::format("behind it a torn tail of {} blocks, which nobody was told of\n",
                        log.torn_tail.blocks);
  }
  if (log.marks_damage) {
    text += toned(colour, Tone::Bad, "MARKS DAMAGED: ") + log.marks_damage->message +
            "\nread without them; florin restore --without-marks makes a ledger of it\n";
  }
  if (log.damage) text += toned(colour, Tone::Bad, "DAMAGED: ") + log.damage->message + "\n";
  return text;
}

// The request with this position, or everything in the chosen blocks, is collected on the way.
struct Chosen {
  std::vector<Json> blocks;
  std::vector<Json> requests;
};

void choose(const InspectOptions& options, const wal::Block& block, Chosen& chosen) {
  const wal::BlockHeader& header = block.header;
  const bool in_range = !options.block_range.empty() &&
                        header.sequence >= options.block_range.front() &&
                        header.sequence <= options.block_range.back();
  if (in_range) chosen.blocks.push_back(block_to_json(block));
  const bool has_position = options.position > header.position_before &&
                            options.position <= header.position_before + header.event_count;
  if (!has_position) return;
  chosen.blocks.push_back(block_to_json(block));
  for (Json& request : requests_of(block)) {
    if (options.position >= request["first_position"] &&
        options.position <= request["last_position"]) {
      chosen.requests.push_back(std::move(request));
    }
  }
}

int show_chosen(const InspectOptions& options, const Chosen& chosen) {
  if (chosen.blocks.empty()) {
    return refuse("inspect", {ErrorCode::NotFound, "the log holds nothing of that"});
  }
  std::string text;
  if (!options.json) text += render_blocks(chosen.blocks, colour_for(STDOUT_FILENO));
  for (const Json& block : chosen.blocks) {
    if (options.json) text += block.dump() + "\n";
  }
  for (const Json& request : chosen.requests) {
    text += request.dump(options.json ? -1 : 2) + "\n";
  }
  return print(text) ? 0 : 1;
}

int inspect_log_command(const InspectOptions& options) {
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("inspect", offline.error());
  const auto begin = log_begin(*offline);
  if (!begin) return refuse("inspect", begin.error());
  Chosen chosen;
  const auto log = inspect_log(*offline->storage, offline->directory, *begin,
                               [&](const wal::Block& block) { choose(options, block, chosen); });
  if (!log) return refuse("inspect", log.error());
  if (options.position != 0 || !options.block_range.empty()) return show_chosen(options, chosen);
  const std::string text =
      options.json ? log_to_json(*log).dump() + "\n" : render_log(*log, colour_for(STDOUT_FILENO));
  if (!print(text)) return 1;
  return log->damage || log->marks_damage ? kExitDamaged : 0;
}

// A snapshot that was read whole, or why it could not be.
struct SnapshotFinding {
  std::string name;
  snapshot::SnapshotInfo info;
  std::optional<Error> damage;
};

SnapshotFinding examine(storage::Storage& storage, const std::string& directory,
                        const std::string& name) {
  SnapshotFinding finding;
  finding.name = name;
  const auto reader = snapshot::Reader::open_any(storage, directory + "/" + name);
  if (!reader) {
    finding.damage = reader.error();
    return finding;
  }
  finding.info = (*reader)->info();
  const Status whole = (*reader)->validate();
  if (!whole) finding.damage = whole.error();
  return finding;
}

u64 records(const SnapshotFinding& finding, engine::CutKind kind) {
  return finding.info.records[static_cast<usize>(kind)];
}

Json snapshot_to_json(const SnapshotFinding& finding) {
  using engine::CutKind;
  const snapshot::SnapshotInfo& info = finding.info;
  return {{"name", finding.name},
          {"whole", !finding.damage},
          {"damage", finding.damage ? Json(finding.damage->message) : Json(nullptr)},
          {"position", info.point.log.position.value},
          {"block", info.point.log.sequence},
          {"needs_log_from_segment", info.point.log.segment},
          {"bytes", info.file_bytes},
          {"taken_at", time_text(Timestamp{info.taken_at})},
          {"state_machine_version", info.state_machine_version},
          {"accounts", records(finding, CutKind::Accounts)},
          {"transfers", records(finding, CutKind::Transfers)},
          {"failed_ids", records(finding, CutKind::FailedIds)},
          {"open_holds", records(finding, CutKind::Holds)},
          {"accounts_with_limits", records(finding, CutKind::Limits)},
          {"account_changes", records(finding, CutKind::AccountChanges)}};
}

std::string render_snapshots(const std::vector<SnapshotFinding>& findings, Colour colour) {
  using engine::CutKind;
  Table table({{"position", Align::Right},
               {"taken (UTC)"},
               {"bytes", Align::Right},
               {"accounts", Align::Right},
               {"transfers", Align::Right},
               {"failed ids", Align::Right, true},
               {"open holds", Align::Right, true},
               {"log from segment", Align::Right},
               {"state"}});
  std::string damages;
  for (const SnapshotFinding& finding : findings) {
    const Table::Cell state =
        finding.damage ? Table::Cell("damaged", Tone::Bad) : Table::Cell("whole", Tone::Good);
    table.add({with_thousands(finding.info.point.log.position.value),
               time_text(Timestamp{finding.info.taken_at}), with_thousands(finding.info.file_bytes),
               with_thousands(records(finding, CutKind::Accounts)),
               with_thousands(records(finding, CutKind::Transfers)),
               with_thousands(records(finding, CutKind::FailedIds)),
               with_thousands(records(finding, CutKind::Holds)),
               with_thousands(finding.info.point.log.segment), state});
    if (finding.damage) damages += finding.damage->message + "\n";
  }
  if (findings.empty()) return "no snapshots: a restart reads the whole log\n";
  return table.render(colour) + damages;
}

int inspect_snapshots_command(const InspectOptions& options) {
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("inspect", offline.error());
  const std::string directory = offline->directory.snapshot_path();
  const auto files = snapshot::list_snapshots(*offline->storage, directory);
  if (!files) return refuse("inspect", files.error());
  std::vector<SnapshotFinding> findings;
  for (const snapshot::SnapshotFile& file : *files) {
    findings.push_back(examine(*offline->storage, directory, file.name));
  }
  std::string text;
  for (const SnapshotFinding& finding : findings) {
    if (options.json) text += snapshot_to_json(finding).dump() + "\n";
  }
  if (!options.json) text = render_snapshots(findings, colour_for(STDOUT_FILENO));
  if (!print(text)) return 1;
  const bool damaged = std::ranges::any_of(
      findings, [](const SnapshotFinding& finding) { return finding.damage.has_value(); });
  return damaged ? kExitDamaged : 0;
}

int inspect_marks_command(const InspectOptions& options) {
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("inspect", offline.error());
  const auto marks = wal::read_both_marks(*offline->storage, offline->directory.log_path(),
                                          offline->directory.ledger_id());
  if (!marks) return refuse("inspect", marks.error());
  Table table({{"sector", Align::Right},
               {"mark", Align::Right},
               {"durable block", Align::Right},
               {"durable position", Align::Right},
               {"segment", Align::Right},
               {"chain", Align::Right}});
  std::string text;
  for (usize sector = 0; sector < marks->size(); ++sector) {
    const std::optional<wal::Mark>& mark = (*marks)[sector];
    if (options.json && mark) {
      text += Json{{"sector", sector},
                   {"mark", mark->count},
                   {"durable_block", mark->durable_sequence},
                   {"durable_position", mark->durable_position.value},
                   {"segment", mark->segment},
                   {"chain", florin::to_decimal(mark->chain)}}
                  .dump() +
              "\n";
    } else if (mark) {
      table.add({std::to_string(sector), with_thousands(mark->count),
                 with_thousands(mark->durable_sequence),
                 with_thousands(mark->durable_position.value), with_thousands(mark->segment),
                 florin::to_decimal(mark->chain)});
    } else if (!options.json) {
      table.add({std::to_string(sector), {"torn or damaged", Tone::Bad}, "", "", "", ""});
    }
  }
  if (!options.json) text = table.render(colour_for(STDOUT_FILENO));
  if (!print(text)) return 1;
  return wal::newest(*marks) == nullptr ? kExitDamaged : 0;
}

using Inspection = int (*)(const InspectOptions&);

CLI::App* add_inspection(CLI::App& command, const char* name, const char* what, Inspection run,
                         const std::shared_ptr<InspectOptions>& options, int& exit_code) {
  CLI::App* part = command.add_subcommand(name, what);
  part->add_option("--data", options->data, "Data directory; its server may be running")
      ->required()
      ->type_name("DIR");
  part->add_flag("--json", options->json, "One JSON object a line");
  part->callback([options, run, &exit_code] { exit_code = run(*options); });
  return part;
}

}  // namespace

void add_inspect_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Look at what is on disk");
  command->require_subcommand(1);
  CLI::App* log =
      add_inspection(*command, "log", "The segments, what they hold, and where the log ends",
                     inspect_log_command, options, exit_code);
  log->add_option("--position", options->position, "Show the request with this position, whole");
  log->add_option("--blocks", options->block_range, "Show the blocks from one number to another")
      ->expected(2)
      ->type_name("FIRST LAST");
  add_inspection(*command, "snapshots", "The snapshots, each read and checked whole",
                 inspect_snapshots_command, options, exit_code);
  add_inspection(*command, "marks", "The two marks, which vouch for the newest blocks",
                 inspect_marks_command, options, exit_code);
  command->footer(
      "Examples:\n"
      "  florin inspect log --data ./bank\n"
      "  florin inspect log --data ./bank --position 1234567\n"
      "  florin inspect snapshots --data ./bank --json\n"
      "  florin inspect marks --data ./bank\n"
      "Nothing is written. The exit status is 0 when all is well, 3 when something is damaged,\n"
      "1 when it could not be read at all.");
}

}  // namespace florin::cli
