#include "cli/dead_letters_command.h"

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "alerts/alert_letters.h"
#include "cli/command_output.h"
#include "cli/json_values.h"
#include "cli/offline.h"
#include "cli/sink_parts.h"
#include "cli/table.h"
#include "cli/value_text.h"
#include "exporter/dead_letters.h"

namespace florin::cli {

namespace {

struct LettersOptions {
  std::string export_directory;  // One of the two is given.
  std::string data;
  std::string sink = "files";
  bool alerts = false;
  bool redeliver = false;
  bool json = false;
};

std::string letters_text(const std::vector<exporter::DeadLetter>& letters) {
  Table table({{"position", Align::Right}, {"change", Align::Right}, {"put aside"}, {"reason"}});
  for (const exporter::DeadLetter& letter : letters) {
    table.add({with_thousands(letter.place.position), std::to_string(letter.place.index),
               time_text(letter.put_aside_at), letter.reason});
  }
  return table.render(colour_for(STDOUT_FILENO));
}

std::string letters_text(const std::vector<alerts::AlertLetter>& letters) {
  Table table({{"alert"}, {"kind"}, {"put aside"}, {"reason"}});
  for (const alerts::AlertLetter& letter : letters) {
    table.add(
        {letter.message.id, letter.message.kind, time_text(letter.put_aside_at), letter.reason});
  }
  return table.render(colour_for(STDOUT_FILENO));
}

Json json_of(const exporter::DeadLetter& letter) {
  return {{"position", letter.place.position}, {"index", letter.place.index}};
}

Json json_of(const alerts::AlertLetter& letter) {
  return {{"id", letter.message.id}, {"kind", letter.message.kind}, {"body", letter.message.body}};
}

template <class Letters>
int show_letters(const LettersOptions& options, const Letters& letters) {
  const auto all = letters.all();
  if (!all) return refuse("dead-letters", all.error());
  std::string text;
  if (options.json) {
    for (const auto& letter : *all) {
      Json json = json_of(letter);
      json["put_aside_at"] = std::to_string(letter.put_aside_at.ns);
      json["reason"] = letter.reason;
      text += json.dump() + "\n";
    }
  } else {
    text = all->empty() ? "no dead letters\n" : letters_text(*all);
  }
  return print(text) ? 0 : 1;
}

template <class Letters>
int run_letters(const LettersOptions& options, const Letters& letters) {
  if (!options.redeliver) return show_letters(options, letters);
  const auto asked = letters.ask_again();
  if (!asked) return refuse("dead-letters", asked.error());
  return print(fmt::format("{} dead letters will be delivered again by the server\n", *asked)) ? 0
                                                                                               : 1;
}

int run(const LettersOptions& options) {
  if (options.export_directory.empty() == options.data.empty() ||
      (options.alerts && options.data.empty())) {
    return refuse("dead-letters",
                  {ErrorCode::InvalidArgument,
                   "expected --export DIR for exported files, or --data DIR with --sink NAME"});
  }
  if (options.alerts) {
    return run_letters(
        options,
        alerts::AlertLetters(alert_state_path(options.data) + "/dead-letters", options.sink));
  }
  const std::string directory = options.data.empty() ? options.export_directory + "/dead-letters"
                                                     : sink_letters_path(options.data);
  return run_letters(options, exporter::DeadLetters(directory, options.sink));
}

}  // namespace

void add_dead_letters_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LettersOptions>();
  CLI::App* command =
      app.add_subcommand("dead-letters", "What a sink could never take, and delivering it again");
  command
      ->add_option("--export", options->export_directory,
                   "Of exported files: as given to florin serve --export")
      ->type_name("DIR");
  command->add_option("--data", options->data, "Of another sink: the server's data directory")
      ->type_name("DIR");
  command->add_option("--sink", options->sink, "The name of the sink")->capture_default_str();
  command->add_flag("--alerts", options->alerts, "Alerts to that sink, in place of changes");
  command->add_flag("--redeliver", options->redeliver,
                    "Have the server deliver all of them again, once the cause is mended");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->footer(
      "Examples:\n"
      "  florin dead-letters --export /mnt/warehouse\n"
      "  florin dead-letters --export /mnt/warehouse --redeliver\n"
      "  florin dead-letters --data ./bank --sink warehouse\n"
      "  florin dead-letters --data ./bank --sink ops --alerts");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace florin::cli
