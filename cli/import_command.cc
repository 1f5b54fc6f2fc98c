#include "cli/import_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/clock.h"
#include "base/int128.h"
#include "cli/command_output.h"
#include "cli/import_report.h"
#include "cli/offline.h"
#include "cli/progress_line.h"
#include "cli/value_text.h"
#include "client/client.h"
#include "client/endpoint.h"
#include "importer/client_receiver.h"
#include "importer/import_run.h"
#include "importer/mapping_file.h"

namespace florin::cli {

namespace {

constexpr u64 kShowEveryNs = 200 * kNsPerMs;
constexpr u64 kRateAfterNs = kNsPerSecond;  // Before that a rate says little.

struct ImportCommandOptions {
  std::string address = "127.0.0.1:7717";
  std::string mapping;
  std::string format;
  std::string journal;
  bool no_journal = false;
  std::string refused;
  u32 deadline_s = 60;
  bool dry_run = false;
  bool json = false;
  importer::ImportOptions run;
};

Result<importer::ClientReceiver> connect_to(const ImportCommandOptions& options) {
  const auto address = client::parse_host_port(options.address);
  RETURN_IF_ERROR(address);
  client::ClientOptions settings;
  settings.host = address->host;
  settings.port = address->port;
  settings.deadline = std::chrono::seconds(options.deadline_s);
  settings.connect_deadline = settings.deadline;
  auto client = client::Client::connect(settings, Random(entropy_seed()));
  if (!client) return fail(client.error().code, client.error().message);
  return importer::ClientReceiver(*std::move(client));
}

// What the journal is called when nobody says: beside the first file that has a name.
std::string journal_beside(const ImportCommandOptions& options) {
  if (options.no_journal || options.dry_run) return "";
  if (!options.journal.empty()) return options.journal;
  const std::string& first = options.run.files.front();
  return first == "-" ? "" : first + ".import-journal";
}

// The line at the foot of the terminal.
class ImportLine {
 public:
  void show(const importer::ImportProgress& progress) {
    const u64 now_ns = clock_.monotonic_ns();
    if (began_ns_ == 0) {
      began_ns_ = now_ns;
      first_ = progress;
    }
    if (now_ns - shown_ns_ < kShowEveryNs) return;
    shown_ns_ = now_ns;
    line_.show("importing", progress.bytes_done, progress.bytes_total,
               with_thousands(progress.rows) + " rows" + pace(progress, now_ns - began_ns_));
  }

 private:
  std::string pace(const importer::ImportProgress& progress, u64 passed_ns) const {
    if (passed_ns < kRateAfterNs) return {};
    const auto rate =
        static_cast<u64>(static_cast<double>(progress.rows - first_.rows) / seconds_of(passed_ns));
    const u64 done = progress.bytes_done - first_.bytes_done;
    std::optional<u64> left_ns;
    if (done != 0 && progress.bytes_total >= progress.bytes_done) {
      const u128 left = progress.bytes_total - progress.bytes_done;
      left_ns = static_cast<u64>(left * passed_ns / done);
    }
    return fmt::format(", {} a second{}", with_thousands(rate), left_text(left_ns));
  }

  ProgressLine line_;
  SystemClock clock_;
  u64 began_ns_ = 0;
  u64 shown_ns_ = 0;
  importer::ImportProgress first_;
};

Result<importer::Mapping> mapping_of(const ImportCommandOptions& options) {
  if (options.mapping.empty()) return importer::own_mapping();
  return importer::read_mapping_file(options.mapping);
}

Result<importer::ImportReport> import_files(const ImportCommandOptions& options,
                                            const importer::ImportOptions& run) {
  const auto mapping = mapping_of(options);
  RETURN_IF_ERROR(mapping);
  ImportLine line;
  const auto report = [&](const importer::ImportProgress& progress) { line.show(progress); };
  if (options.dry_run) {
    importer::DryReceiver nobody;
    return importer::run_import(*mapping, run, nobody, report);
  }
  auto server = connect_to(options);
  RETURN_IF_ERROR(server);
  return importer::run_import(*mapping, run, *server, report);
}

int run_import_command(const ImportCommandOptions& options) {
  importer::ImportOptions run = options.run;
  run.journal_path = journal_beside(options);
  run.refused_path = options.refused;
  if (options.format == "csv") run.kind = importer::TextKind::Csv;
  if (options.format == "ndjson") run.kind = importer::TextKind::Ndjson;
  const auto report = import_files(options, run);
  if (!report) return refuse("import", report.error());
  const ImportReportStyle style{options.dry_run, options.refused, run.journal_path};
  const std::string text =
      options.json ? import_report_json(*report, style) : import_report_text(*report, style);
  const bool printed = print(text);
  if (report->stopped) return refuse("import", *report->stopped);
  if (!printed) return kExitFailed;
  return report->counts.refused == 0 ? 0 : kExitRowsRefused;
}

void add_file_options(CLI::App& command, ImportCommandOptions& options) {
  command.add_option("files", options.run.files, "What to import, in this order; - is stdin")
      ->required()
      ->type_name("FILE");
  command.add_option("--mapping", options.mapping, "What the columns mean; see docs/import.md")
      ->type_name("FILE");
  command.add_option("--format", options.format, "csv or ndjson, instead of what the names say")
      ->check(CLI::IsMember({"csv", "ndjson"}));
  command
      .add_option("--journal", options.journal,
                  "How far the import has come; otherwise FILE.import-journal beside the first")
      ->type_name("FILE");
  command.add_flag("--no-journal", options.no_journal, "Keep no journal");
  command.add_flag("--restart", options.run.restart, "Begin anew, whatever the journal says");
  command.add_option("--refused", options.refused, "Write the rows that were refused to this file")
      ->type_name("FILE");
  command
      .add_option("--refusals-max", options.run.refusals_max, "Stop when more rows were refused")
      ->capture_default_str();
}

}  // namespace

void add_import_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ImportCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "import", "Bring old accounts and transfers into a running server, with their own times");
  add_file_options(*command, *options);
  command->add_option("--address,--server", options->address, "HOST:PORT of the server")
      ->capture_default_str();
  command->add_option("--deadline-s", options->deadline_s, "How long one request may take")
      ->capture_default_str();
  command->add_option("--batch", options->run.events_max, "Events in a request")
      ->check(CLI::Range(u32{8}, ledger::kRequestEventsMax))
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Read everything and send nothing");
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->footer(
      "Examples:\n"
      "  florin import --mapping bank.toml accounts.csv transactions.csv\n"
      "  florin export --data ./old | florin import --format ndjson -\n"
      "  florin import --mapping bank.toml --dry-run --refused bad.csv transactions.csv\n"
      "An import that was interrupted goes on where it was when it is started again. Exit status:\n"
      "0 when every row was imported, 2 when some were refused, 1 when it stopped.");
  command->callback([options, &exit_code] { exit_code = run_import_command(*options); });
}

}  // namespace florin::cli
