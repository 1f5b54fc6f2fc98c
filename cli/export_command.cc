#include "cli/export_command.h"

#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/int128.h"
#include "cli/command_output.h"
#include "cli/json_values.h"
#include "cli/offline.h"
#include "cli/progress_line.h"
#include "cli/value_parser.h"
#include "cli/value_text.h"
#include "exporter/export_range.h"
#include "history/rocks_store.h"

namespace florin::cli {

namespace {

struct ExportOptions {
  std::string data;
  std::string target = "-";
  std::string format = "ndjson";
  std::string from;
  std::string to;
  u64 file_mib = 64;
  bool no_compression = false;
  bool refusals = false;
  bool json = false;
};

// A position, or a time whose first event it is; `means` says what a date alone stands for.
Result<history::Place> parse_place(history::Store& store, const char* option,
                                   const std::string& text, DateMeans means) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  if (digits) {
    const auto position = parse_u128(text);
    if (position && high_half(*position) == 0) {
      return history::Place{low_half(*position) + (means == DateMeans::LastMoment ? 1 : 0), 0};
    }
  } else if (const auto moment = parse_moment(text, means)) {
    return exporter::first_place_from(store, *moment + (means == DateMeans::LastMoment ? 1 : 0));
  }
  return fail(ErrorCode::InvalidArgument,
              std::string(option) + " is '" + text +
                  "'; expected a position, such as 1234567, or a time, such as "
                  "2026-10-01T00:00:00 or 2026-10-01");
}

Result<exporter::PlaceRange> parse_range(history::Store& store, const ExportOptions& options) {
  exporter::PlaceRange range;
  if (!options.from.empty()) {
    const auto first = parse_place(store, "--from", options.from, DateMeans::FirstMoment);
    if (!first) return tl::unexpected<Error>(first.error());
    range.first = *first;
  }
  if (!options.to.empty()) {
    const auto end = parse_place(store, "--to", options.to, DateMeans::LastMoment);
    if (!end) return tl::unexpected<Error>(end.error());
    range.end = *end;
  }
  if (options.refusals) range.refusals = exporter::Refusals::Included;
  return range;
}

Result<exporter::TextKind> parse_format(const std::string& format) {
  if (format == "ndjson") return exporter::TextKind::Ndjson;
  if (format == "csv") return exporter::TextKind::Csv;
  return fail(ErrorCode::InvalidArgument, "--format is '" + format + "'; expected ndjson or csv");
}

Status write_to_stdout(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
  return fail_errno(errno, "write to stdout");
}

Result<exporter::ExportProgress> export_range(history::Store& store, const ExportOptions& options,
                                              u128 ledger_id) {
  const auto kind = parse_format(options.format);
  if (!kind) return tl::unexpected<Error>(kind.error());
  const auto range = parse_range(store, options);
  if (!range) return tl::unexpected<Error>(range.error());
  ProgressLine line;
  const auto report = [&](const exporter::ExportProgress& progress) {
    if (isatty(STDOUT_FILENO) != 0 && options.target == "-") return;
    line.show("exporting", 0, 0,
              with_thousands(progress.changes) + " changes, position " +
                  with_thousands(progress.position.value));
  };
  if (options.target == "-") {
    return exporter::export_as_text(store, *range, *kind, write_to_stdout, report);
  }
  exporter::FileSinkOptions files;
  files.directory = options.target;
  files.ledger_id = ledger_id;
  files.kind = *kind;
  files.compressed = !options.no_compression;
  files.text_bytes_max = options.file_mib * kMiB;
  return exporter::export_to_files(store, *range, files, report);
}

int run_export(const ExportOptions& options) {
  const auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("export", offline.error());
  const auto store = offline->open_store(offline->directory.history_path(), true);
  if (!store) return refuse("export", store.error());
  const auto done = export_range(**store, options, offline->directory.ledger_id());
  if (!done) return refuse("export", done.error());
  if (options.target == "-") return std::fflush(stdout) == 0 ? 0 : 1;
  if (options.json) {
    const Json json = {{"changes", done->changes}, {"position", done->position.value}};
    return print(json.dump() + "\n") ? 0 : 1;
  }
  return print(done->changes == 0
                   ? "nothing new to export\n"
                   : fmt::format("exported {} changes, up to position {}; {}/manifest.json lists "
                                 "the files\n",
                                 with_thousands(done->changes),
                                 with_thousands(done->position.value), options.target))
             ? 0
             : 1;
}

}  // namespace

void add_export_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand(
      "export", "Write changes of the ledger as text; its server may be running");
  command->add_option("--data", options->data, "Data directory")->required()->type_name("DIR");
  command
      ->add_option("--to-dir,--output", options->target,
                   "A directory for dated files with a manifest, or - for stdout")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--format", options->format, "ndjson or csv")->capture_default_str();
  command->add_option("--from", options->from, "The first position or moment; otherwise all")
      ->type_name("POSITION|TIME");
  command->add_option("--to", options->to, "The last position or moment")
      ->type_name("POSITION|TIME");
  command->add_option("--file-mib", options->file_mib, "Close a file with so many MiB of text")
      ->check(CLI::Range(u64{1}, u64{4096}))
      ->capture_default_str();
  command->add_flag("--no-compression", options->no_compression, "Files of plain text");
  command->add_flag("--refusals", options->refusals,
                    "Refused transfers too: lines of kind transfer_refused, with the reason");
  command->add_flag("--json", options->json, "Print JSON about the files");
  command->footer(
      "Examples:\n"
      "  florin export --data ./bank --from 2026-10-01 --to 2026-10-31 --output ./october\n"
      "  florin export --data ./bank --format csv --from 1000 --to 2000 > some.csv\n"
      "  florin export --data ./bank | jq 'select(.ledger == 978)'\n"
      "  florin export --data ./bank --refusals | jq 'select(.reason == \"exceeds_credits\")'\n"
      "Times are UTC. The same range gives the same files, byte for byte. An export into a\n"
      "directory that has files of the same ledger and format, with refused transfers or without,\n"
      "goes on behind them.");
  command->callback([options, &exit_code] { exit_code = run_export(*options); });
}

}  // namespace florin::cli
