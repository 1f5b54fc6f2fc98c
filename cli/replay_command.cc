#include "cli/replay_command.h"

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/int128.h"
#include "cli/answer_text.h"
#include "cli/command_output.h"
#include "cli/json_values.h"
#include "cli/json_writer.h"
#include "cli/moment.h"
#include "cli/offline.h"
#include "cli/progress_line.h"
#include "cli/state_view.h"
#include "cli/value_text.h"
#include "replay/verification.h"

namespace florin::cli {

namespace {

constexpr int kExitDiffers = 3;

struct ReplayCommandOptions {
  std::string data;
  bool verify = false;
  std::string until;
  u32 partitions = 1;
  std::vector<std::string> accounts;
  std::string export_directory;
  ExportFormat format = ExportFormat::Csv;
  bool json = false;
};

std::string digest_text(const engine::StateDigest& digest) {
  return fmt::format("{:016x}{:016x}-{:016x}{:016x}-{:016x}{:016x}", high_half(digest.accounts),
                     low_half(digest.accounts), high_half(digest.transfers),
                     low_half(digest.transfers), high_half(digest.updates),
                     low_half(digest.updates));
}

std::string rate_text(u64 events, u64 duration_ns) {
  const double seconds = seconds_of(duration_ns);
  if (events == 0) return fmt::format("in {:.2f} s", seconds);
  return fmt::format("in {:.2f} s: {} a second", seconds,
                     with_thousands(u128{static_cast<u64>(static_cast<double>(events) / seconds)}));
}

std::string source_text(const replay::Recovered& recovered) {
  if (!recovered.snapshot) return "the log from its beginning";
  return "the snapshot at position " + with_thousands(u128{recovered.snapshot->log.position.value});
}

Json state_to_json(const replay::Recovered& recovered, const Answer& balance) {
  const engine::Books& books = recovered.engine->books();
  Json json = {{"position", recovered.order.position.value},
               {"timestamp", std::to_string(recovered.order.last_timestamp)},
               {"time", time_text(Timestamp{recovered.order.last_timestamp})},
               {"snapshot_position",
                recovered.snapshot ? Json(recovered.snapshot->log.position.value) : Json(nullptr)},
               {"events_replayed", recovered.events},
               {"seconds", seconds_of(recovered.duration_ns)},
               {"accounts", books.accounts_count},
               {"transfers", books.transfers_created},
               {"failed_ids", books.transfers_count - books.transfers_created},
               {"open_holds", books.holds.open_count()},
               {"digest", digest_text(recovered.engine->digest())}};
  json["trial_balance"] = Json::parse(to_json(balance))["ledgers"];
  return json;
}

std::string state_text(const replay::Recovered& recovered) {
  const engine::Books& books = recovered.engine->books();
  std::string text = fmt::format("the ledger at position {} ({} UTC)\n",
                                 with_thousands(u128{recovered.order.position.value}),
                                 time_text(Timestamp{recovered.order.last_timestamp}));
  text += fmt::format("from {}, {} events replayed {}\n", source_text(recovered),
                      with_thousands(u128{recovered.events}),
                      rate_text(recovered.events, recovered.duration_ns));
  for (const replay::RejectedSnapshot& rejected : recovered.rejected) {
    text += fmt::format("not used: {}\n", rejected.error.message);
  }
  text += fmt::format("{} accounts, {} transfers, {} failed ids, {} open holds\n",
                      with_thousands(u128{books.accounts_count}),
                      with_thousands(u128{books.transfers_created}),
                      with_thousands(u128{books.transfers_count - books.transfers_created}),
                      with_thousands(u128{books.holds.open_count()}));
  text += fmt::format("digest {}\n\n", digest_text(recovered.engine->digest()));
  return text;
}

Result<std::vector<u128>> parse_ids(const std::vector<std::string>& texts) {
  std::vector<u128> ids;
  for (const std::string& text : texts) {
    const auto id = parse_u128(text);
    if (!id) {
      return fail(ErrorCode::InvalidArgument,
                  "--account is '" + text + "'; expected an id, in digits or as 0x…");
    }
    ids.push_back(*id);
  }
  return ids;
}

// What was asked for, as text or as JSON lines.
std::string answer_text(const ReplayCommandOptions& options, const Command& command,
                        const Answer& answer) {
  if (options.json) return to_json(answer) + "\n";
  return render_answer(command, answer, colour_for(STDOUT_FILENO));
}

int show_state(const ReplayCommandOptions& options, replay::Recovered& recovered,
               const std::vector<u128>& ids) {
  engine::Engine& engine = *recovered.engine;
  const Answer balance = trial_balance_of(engine);
  std::string text;
  if (options.json) {
    text = state_to_json(recovered, balance).dump() + "\n";
  } else {
    Command command;
    command.kind = CommandKind::GetTrialBalance;
    text = state_text(recovered) + answer_text(options, command, balance);
  }
  if (!ids.empty()) {
    Command command;
    command.kind = CommandKind::LookupAccounts;
    command.ids = ids;
    text += answer_text(options, command, accounts_of(engine, ids));
  }
  if (!options.export_directory.empty()) {
    const auto exported = export_state(engine, options.export_directory, options.format);
    if (!exported) return refuse("replay", exported.error());
    for (const std::string& file : exported->files) {
      if (!options.json) text += "wrote " + file + "\n";
    }
  }
  return print(text) ? 0 : 1;
}

int run_replay(const ReplayCommandOptions& options) {
  auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("replay", offline.error());
  if (const Status history = offline->open_history(); !history) {
    return refuse("replay", history.error());
  }
  const auto ids = parse_ids(options.accounts);
  if (!ids) return refuse("replay", ids.error());
  replay::RecoveryOptions recovery = offline_recovery(*offline, options.partitions);
  if (!options.until.empty()) {
    const auto until = parse_until(options.until);
    if (!until) return refuse("replay", until.error());
    recovery.until = *until;
  }
  SystemClock clock;
  auto recovered = [&] {
    ProgressLine line;
    return replay::recover(*offline->storage, clock, recovery,
                           [&](const auto& progress) { show_recovery(line, progress); });
  }();
  if (!recovered) return refuse("replay", recovered.error());
  return show_state(options, *recovered, *ids);
}

Json verification_to_json(const replay::Verification& verified) {
  Json json = {{"agrees", verified.all_agree()},
               {"from_position", verified.begin.value},
               {"to_position", verified.end.position.value},
               {"blocks", verified.blocks},
               {"blocks_compared", verified.blocks_compared},
               {"events", verified.events},
               {"seconds", seconds_of(verified.duration_ns)},
               {"digest", digest_text(verified.digest)},
               {"snapshots", Json::array()}};
  for (const replay::VerifiedSnapshot& snapshot : verified.snapshots) {
    json["snapshots"].push_back(
        {{"name", snapshot.name},
         {"position", snapshot.position.value},
         {"compared", snapshot.compared},
         {"problem", snapshot.problem ? Json(snapshot.problem->message) : Json(nullptr)}});
  }
  return json;
}

std::string verification_text(const replay::Verification& verified, Colour colour) {
  std::string text = fmt::format(
      "replayed positions {} to {}: {} events {}\n", with_thousands(u128{verified.begin.value + 1}),
      with_thousands(u128{verified.end.position.value}), with_thousands(u128{verified.events}),
      rate_text(verified.events, verified.duration_ns));
  text += fmt::format("outcomes of {} of {} blocks compared with the log: all the same\n",
                      with_thousands(u128{verified.blocks_compared}),
                      with_thousands(u128{verified.blocks}));
  for (const replay::VerifiedSnapshot& snapshot : verified.snapshots) {
    if (snapshot.problem) {
      text += toned(colour, Tone::Bad, "snapshot " + snapshot.name + ": ") +
              snapshot.problem->message + "\n";
    } else {
      text += fmt::format("snapshot {}: {}\n", snapshot.name,
                          snapshot.compared ? "the same state" : "the replay began with it");
    }
  }
  text += fmt::format("debits equal credits in every ledger; digest {}\n",
                      digest_text(verified.digest));
  return text;
}

int run_verification(const ReplayCommandOptions& options) {
  auto offline = OfflineDirectory::open(options.data);
  if (!offline) return refuse("replay", offline.error());
  if (const Status history = offline->open_history(); !history) {
    return refuse("replay", history.error());
  }
  SystemClock clock;
  const auto verified = [&] {
    ProgressLine line;
    return replay::verify(*offline->storage, clock, offline_recovery(*offline, options.partitions),
                          [&](const auto& progress) { show_recovery(line, progress); });
  }();
  if (!verified) {
    refuse("replay", verified.error());
    return verified.error().code == ErrorCode::Corrupt ? kExitDiffers : 1;
  }
  const std::string text = options.json ? verification_to_json(*verified).dump() + "\n"
                                        : verification_text(*verified, colour_for(STDOUT_FILENO));
  if (!print(text)) return 1;
  return verified->all_agree() ? 0 : kExitDiffers;
}

void add_options(CLI::App& command, ReplayCommandOptions& options) {
  command
      .add_option("--data", options.data, "Data directory, or a backup; its server may be running")
      ->required()
      ->type_name("DIR");
  CLI::Option* until =
      command
          .add_option("--until", options.until,
                      "The ledger as it was: after the last request at or before this position or "
                      "moment")
          ->type_name("POSITION|TIME");
  command
      .add_flag("--verify", options.verify,
                "Replay everything that is there, and compare it with the logged outcomes and with "
                "every snapshot")
      ->excludes(until);
  command.add_option("--partitions", options.partitions, "Makes no difference to the result")
      ->check(CLI::Range(1u, engine::kVirtualSlots))
      ->capture_default_str();
  command
      .add_option("--account", options.accounts, "Show this account; may be given several times")
      ->type_name("ID");
  command
      .add_option("--export", options.export_directory,
                  "Write accounts, transfers and the trial balance to files in this directory")
      ->type_name("DIR");
  command.add_option("--format", options.format, "Of the files: csv or json (a line an object)")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, ExportFormat>{{"csv", ExportFormat::Csv},
                                                          {"json", ExportFormat::JsonLines}})
                      .description(""))
      ->type_name("csv|json");
  command.add_flag("--json", options.json, "Print JSON");
}

}  // namespace

void add_replay_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReplayCommandOptions>();
  CLI::App* command =
      app.add_subcommand("replay", "The ledger at any moment, computed from what is on disk");
  add_options(*command, *options);
  command->footer(
      "Examples:\n"
      "  florin replay --data ./bank\n"
      "  florin replay --data ./bank --until 2026-09-30T23:59:59 --account 1001\n"
      "  florin replay --data ./bank --until 1234567 --export ./state --format json\n"
      "  florin replay --data ./bank --verify\n"
      "Nothing is written to the data directory. Times are UTC; a date alone is its last moment.\n"
      "The exit status is 3 when something differs or is damaged.");
  command->callback([options, &exit_code] {
    exit_code = options->verify ? run_verification(*options) : run_replay(*options);
  });
}

}  // namespace florin::cli
