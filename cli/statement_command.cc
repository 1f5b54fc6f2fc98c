#include "cli/statement_command.h"

#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/int128.h"
#include "cli/command_output.h"
#include "cli/history_reach.h"
#include "cli/json_values.h"
#include "cli/machine.h"
#include "cli/offline.h"
#include "cli/progress_line.h"
#include "cli/statement_text.h"
#include "cli/table.h"
#include "cli/value_text.h"
#include "exporter/durable_file.h"
#include "statement/builder.h"
#include "statement/monthly_run.h"
#include "statement/run_check.h"
#include "statement/signed_amount.h"

namespace florin::cli {

namespace {

using statement::Format;
using statement::Period;
using statement::Reference;

// A period counts as over so much after its end, by this machine's clock: a server that runs on it
// has logged by then what it took in before.
constexpr u64 kGraceNs = 10 * kNsPerSecond;

struct StatementOptions {
  std::string data;
  std::string account;
  bool all = false;
  std::string period;
  std::string format;
  std::string bank;
  std::string output;
  std::string verify;
  u32 threads = 0;
  bool json = false;
};

tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, std::move(message));
}

// Everything that statements of a period are made of.
struct Source {
  OfflineDirectory offline;
  std::unique_ptr<history::RocksStore> store;
  Reference reference;
  Period period;
};

// A period that was asked for ad hoc and is not over ends where history ends.
Result<Period> find_period(const StatementOptions& options, const Reference& reference,
                           const history::Mark& durable, bool& over) {
  const auto period = statement::parse_period(reference.calendar(), options.period);
  if (!period) return invalid("--period: " + period.error().message);
  SystemClock clock;
  const u64 wall_ns = clock.wall_time().ns;
  const u64 now_ns = std::max(durable.last_timestamp, wall_ns - std::min(kGraceNs, wall_ns));
  over = now_ns > period->last_ns;
  return ended_period(reference.calendar(), *period, now_ns, durable.last_timestamp);
}

Result<Source> open_source(const StatementOptions& options) {
  auto offline = OfflineDirectory::open(options.data);
  if (!offline) return tl::unexpected<Error>(std::move(offline).error());
  auto reference =
      options.bank.empty() ? Result<Reference>(Reference()) : Reference::open(options.bank);
  if (!reference) return tl::unexpected<Error>(std::move(reference).error());
  auto store = offline->open_store(offline->directory.history_path(), true);
  if (!store) return tl::unexpected<Error>(std::move(store).error());
  bool over = false;
  auto period = find_period(options, *reference, (*store)->durable(), over);
  if (!period) return tl::unexpected<Error>(std::move(period).error());
  if (over) {
    ProgressLine line;
    store = open_reached_store(*offline, period->last_ns, [&](const HistoryLag& lag) {
      line.show("waiting for history", 0, 0, with_thousands(lag.events) + " events behind");
    });
    if (!store) return tl::unexpected<Error>(std::move(store).error());
  }
  return Source{std::move(*offline), std::move(*store), std::move(*reference), std::move(*period)};
}

// Of --format; nothing for `text`, which is no file.
Result<std::optional<Format>> chosen_format(const StatementOptions& options) {
  if (options.format.empty() || options.format == "text") return std::optional<Format>();
  const auto format = statement::parse_format(options.format);
  if (format) return format;
  return invalid(fmt::format("--format is '{}'; expected text, {}", options.format,
                             statement::format_names()));
}

Result<statement::Statement> build_one(Source& source, u128 account) {
  statement::StatementBuilder builder(
      source.reference, source.period, source.store->readable(),
      [&](ledger::Request& request) { return source.store->answer(request); });
  auto built = builder.build(account);
  if (!built) return tl::unexpected<Error>(std::move(built).error());
  if (built->has_value()) return std::move(**built);
  return fail(ErrorCode::NotFound, fmt::format("there was no account {} at the end of {}",
                                               florin::to_decimal(account), source.period.text));
}

Status write_one(const StatementOptions& options, std::optional<Format> format,
                 const statement::Statement& made) {
  const bool to_stdout = options.output.empty() || options.output == "-";
  std::string text;
  if (!format) {
    text = statement_text(made, to_stdout ? colour_for(STDOUT_FILENO) : Colour::Never);
  } else {
    RETURN_IF_ERROR(write_statement(*format, made, text));
  }
  if (!to_stdout) return exporter::write_whole_file(options.output, text);
  if (format == Format::Pdf && isatty(STDOUT_FILENO) != 0) {
    return invalid("a PDF is nothing for a terminal: name a file with --output");
  }
  if (print(text)) return {};
  return fail_errno(errno, "write to stdout");
}

int run_one(const StatementOptions& options) {
  const auto format = chosen_format(options);
  if (!format) return refuse("statement", format.error());
  const auto account = parse_u128(options.account);
  if (!account) {
    return refuse("statement",
                  Error{ErrorCode::InvalidArgument, "--account is '" + options.account +
                                                        "'; expected the number of an account"});
  }
  auto source = open_source(options);
  if (!source) return refuse("statement", source.error());
  const auto made = build_one(*source, *account);
  if (!made) return refuse("statement", made.error());
  if (const Status written = write_one(options, *format, *made); !written) {
    return refuse("statement", written.error());
  }
  if (!options.json || options.output.empty() || options.output == "-") return 0;
  const Json json = {{"file", options.output},
                     {"statement", made->id},
                     {"number", made->number},
                     {"entries", made->entries.size()},
                     {"opening", signed_text(made->opening, made->decimals)},
                     {"closing", signed_text(made->closing, made->decimals)},
                     {"position", source->store->readable().value}};
  return print(json.dump() + "\n") ? 0 : 1;
}

u32 threads_of(const StatementOptions& options) {
  return options.threads != 0 ? options.threads : static_cast<u32>(allowed_processors().size());
}

// Tells how fast work goes, and when it will be done.
class RunMeter {
 public:
  explicit RunMeter(std::string work) : work_(std::move(work)) {}

  void show(u64 done, u64 total) {
    const u64 passed_ns = std::max<u64>(clock_.monotonic_ns() - begin_ns_, 1);
    const auto rate = static_cast<u64>(u128{done} * kNsPerSecond / passed_ns);
    std::optional<u64> left_ns;
    if (done != 0 && total != 0) {
      left_ns = static_cast<u64>(u128{total - std::min(done, total)} * passed_ns / done);
    }
    line_.show(work_, done, total,
               fmt::format("{} statements, {}/s{}", with_thousands(done), with_thousands(rate),
                           left_text(left_ns)));
  }
  double seconds() { return seconds_of(clock_.monotonic_ns() - begin_ns_); }

 private:
  const std::string work_;
  SystemClock clock_;
  const u64 begin_ns_ = clock_.monotonic_ns();
  ProgressLine line_;
};

std::string hexadecimal_text(u128 value) {
  return fmt::format("{:016x}{:016x}", high_half(value), low_half(value));
}

Json totals_json(const statement::RunTotals& totals) {
  Json list = Json::array();
  for (const auto& [ledger, each] : totals.all()) {
    list.push_back({{"ledger", ledger},
                    {"currency", each.currency},
                    {"statements", each.statements},
                    {"entries", each.entries},
                    {"opening", signed_text(each.opening, each.decimals)},
                    {"credits", money::format_amount(each.credits, each.decimals)},
                    {"debits", money::format_amount(each.debits, each.decimals)},
                    {"closing", signed_text(each.closing, each.decimals)}});
    if (!each.exceeded) continue;
    for (const char* const sum : {"opening", "credits", "debits", "closing"}) {
      list.back()[sum] = nullptr;
    }
  }
  return list;
}

std::string totals_text(const statement::RunTotals& totals) {
  Table table({{"ledger", Align::Right},
               {"currency"},
               {"statements", Align::Right},
               {"entries", Align::Right},
               {"opening", Align::Right},
               {"credits", Align::Right},
               {"debits", Align::Right},
               {"closing", Align::Right}});
  for (const auto& [ledger, each] : totals.all()) {
    const auto told = [&](std::string sum) { return each.exceeded ? "beyond 128 bits" : sum; };
    table.add({std::to_string(ledger), each.currency, with_thousands(each.statements),
               with_thousands(each.entries), told(signed_text(each.opening, each.decimals)),
               told(money::format_amount(each.credits, each.decimals)),
               told(money::format_amount(each.debits, each.decimals)),
               told(signed_text(each.closing, each.decimals))});
  }
  return table.render(colour_for(STDOUT_FILENO));
}

int report_run(const StatementOptions& options, const Source& source,
               const statement::RunSummary& summary, double seconds) {
  if (options.json) {
    const Json json = {{"directory", summary.directory},
                       {"period", source.period.text},
                       {"time_zone", source.period.time_zone},
                       {"position", summary.as_of.value},
                       {"statements", summary.statements},
                       {"bytes", summary.bytes},
                       {"folders", summary.folders},
                       {"folders_found", summary.folders_found},
                       {"was_complete", summary.was_complete},
                       {"seconds", seconds},
                       {"manifest_xxh128", hexadecimal_text(summary.manifest_checksum)},
                       {"totals", totals_json(summary.totals)}};
    return print(json.dump() + "\n") ? 0 : 1;
  }
  std::string text = totals_text(summary.totals);
  text += summary.was_complete ? fmt::format("\nall {} statements of {} were there already",
                                             with_thousands(summary.statements), source.period.text)
                               : fmt::format("\n{} statements of {} in {} folders, {:.1f} s",
                                             with_thousands(summary.statements), source.period.text,
                                             summary.folders, seconds);
  if (!summary.was_complete && summary.folders_found != 0) {
    text += fmt::format("; {} folders were there from an attempt before", summary.folders_found);
  }
  text += fmt::format("\nas of position {}; {}/{} lists them (XXH128 {})\n",
                      with_thousands(summary.as_of.value), summary.directory,
                      statement::manifest_name(*statement::parse_format(options.format)),
                      hexadecimal_text(summary.manifest_checksum));
  return print(text) ? 0 : 1;
}

int run_all(const StatementOptions& options) {
  const auto format = chosen_format(options);
  if (!format) return refuse("statement", format.error());
  if (!*format || options.output.empty()) {
    return refuse("statement",
                  Error{ErrorCode::InvalidArgument,
                        "--all needs --output DIR and --format: " + statement::format_names()});
  }
  if (**format == statement::Format::Camt054) {
    return refuse("statement",
                  Error{ErrorCode::InvalidArgument,
                        "--format camt054 notifies of the entries of one account; expected "
                        "--account ID, or another format"});
  }
  const auto source = open_source(options);
  if (!source) return refuse("statement", source.error());
  statement::RunOptions run;
  run.directory = options.output;
  run.format = **format;
  run.threads = threads_of(options);
  double seconds = 0;
  const auto summary = [&] {
    RunMeter meter("writing statements");
    auto made = statement::run_statements(
        *source->store, source->offline.directory.ledger_id(), source->reference, source->period,
        run, [&](const statement::RunProgress& progress) {
          meter.show(progress.statements, progress.statements_total);
        });
    seconds = meter.seconds();
    return made;
  }();
  if (!summary) return refuse("statement", summary.error());
  return report_run(options, *source, *summary, seconds);
}

int run_verify(const StatementOptions& options) {
  const auto check = [&] {
    RunMeter meter("reading statements");
    return statement::check_runs(
        options.verify, threads_of(options),
        [&](const statement::RunCheck& progress) { meter.show(progress.statements, 0); });
  }();
  if (!check) return refuse("statement", check.error());
  if (options.json) {
    const Json json = {{"manifests", check->manifests},
                       {"statements", check->statements},
                       {"bytes", check->bytes},
                       {"problems_found", check->problems_found},
                       {"problems", check->problems}};
    if (!print(json.dump() + "\n")) return kExitFailed;
    return check->problems_found == 0 ? 0 : kExitDamaged;
  }
  for (const std::string& problem : check->problems) {
    std::fprintf(stderr, "florin statement: %s\n", problem.c_str());
  }
  const std::string sentence =
      check->problems_found == 0 ? fmt::format("{} statements of {} runs are as they were made\n",
                                               with_thousands(check->statements), check->manifests)
                                 : fmt::format("{} problems in {} statements of {} runs\n",
                                               with_thousands(check->problems_found),
                                               with_thousands(check->statements), check->manifests);
  if (!print(sentence)) return kExitFailed;
  return check->problems_found == 0 ? 0 : kExitDamaged;
}

int run_statement(const StatementOptions& options) {
  if (!options.verify.empty()) return run_verify(options);
  std::string missing;
  if (options.data.empty()) missing = "--data DIR, the directory of the ledger";
  if (options.period.empty()) missing = "--period, such as 2026-10";
  if (options.all == !options.account.empty()) missing = "either --account ID or --all";
  if (!missing.empty()) {
    return refuse("statement", Error{ErrorCode::InvalidArgument, "expected " + missing});
  }
  return options.all ? run_all(options) : run_one(options);
}

}  // namespace

void add_statement_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<StatementOptions>();
  CLI::App* command = app.add_subcommand(
      "statement", "Statements of accounts for a period; the server may be running");
  command->add_option("--data", options->data, "Data directory")->type_name("DIR");
  command->add_option("--account", options->account, "The account")->type_name("ID");
  command->add_flag("--all", options->all, "Statements of all accounts, as files");
  command
      ->add_option("--period", options->period,
                   "A month, year or day that is over, or days up to now: 2026-10, 2026, "
                   "2026-10-31, 2026-10-03/2026-10-17")
      ->type_name("PERIOD");
  command->add_option("--format", options->format,
                      "text (the default), " + statement::format_names());
  command
      ->add_option("--bank", options->bank,
                   "The bank's name, time zone, names of ledgers and codes, holders")
      ->type_name("bank.toml");
  command->add_option("--output", options->output, "A file; with --all a directory")
      ->type_name("FILE|DIR");
  command
      ->add_option("--threads", options->threads,
                   "With --all and --verify; otherwise one for each processor")
      ->check(CLI::Range(u32{1}, u32{256}));
  command
      ->add_option("--verify", options->verify,
                   "Prove that the files of a run, or of several, are as they were made")
      ->type_name("DIR");
  command->add_flag("--json", options->json, "Print JSON about what was done");
  command->footer(
      "Examples:\n"
      "  florin statement --data ./bank --account 101 --period 2026-10\n"
      "  florin statement --data ./bank --account 101 --period 2026-10-01/2026-10-15 --format csv\n"
      "  florin statement --data ./bank --account 101 --period 2026-10 --bank bank.toml \\\n"
      "      --format camt053 --output 101.xml\n"
      "  florin statement --data ./bank --all --period 2026-10 --format csv --output ./statements\n"
      "  florin statement --verify ./statements/2026-10\n"
      "Days are those of the bank's time zone (bank.toml; otherwise UTC). A run that was\n"
      "interrupted goes on when it is started again, and makes the same files, byte for byte.\n"
      "The exit status is 3 when --verify found a file that is not as it was made.");
  command->callback([options, &exit_code] { exit_code = run_statement(*options); });
}

}  // namespace florin::cli
