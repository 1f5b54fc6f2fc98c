// Three ways to ask: JSON lines from a file or pipe, one command from the command line, or a
// prompt at a terminal.
#include "cli/client_command.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/answer_text.h"
#include "cli/command_output.h"
#include "cli/command_runner.h"
#include "cli/help_text.h"
#include "cli/json_reader.h"
#include "cli/json_writer.h"
#include "cli/line_reader.h"
#include "cli/prompt.h"
#include "cli/text_grammar.h"
#include "cli/witness_file.h"
#include "client/client.h"
#include "client/endpoint.h"
#include "money/amount.h"

namespace florin::cli {

namespace {

// A request of 8189 events, each of whose fields is written out in full, stays below this.
constexpr usize kLineBytesMax = 16 * kMiB;

struct Options {
  std::string server = "127.0.0.1:7717";
  std::string execute;
  bool json = false;
  u32 deadline_ms = 10'000;
  std::string witness_file;
  std::vector<std::string> ledgers;  // "978=EUR"
};

void print_json(const auto& value) { print(to_json(value) + "\n"); }

tl::unexpected<client::ClientError> not_asked(const Error& why) {
  client::ClientError error;
  error.code = why.code;
  error.message = why.message;
  return tl::unexpected<client::ClientError>(std::move(error));
}

client::Answer<client::Client> connect(const Options& options) {
  auto address = client::parse_host_port(options.server);
  if (!address) return not_asked(address.error());
  client::ClientOptions settings;
  settings.host = address->host;
  settings.port = address->port;
  settings.deadline = std::chrono::milliseconds(options.deadline_ms);
  if (!options.witness_file.empty()) {
    const auto known = read_witness_file(options.witness_file);
    if (!known) return not_asked(known.error());
    settings.witness = known->witness;
  }
  return client::Client::connect(settings, Random(entropy_seed()));
}

// Answers each line of the input with a line, in order. Returns the exit code: 1 when any line was
// answered with an error.
int run_script(client::Client& client) {
  LineReader reader(STDIN_FILENO, kLineBytesMax);
  int exit_code = 0;
  while (true) {
    const auto line = reader.next();
    if (!line) {
      print_json(Failure{std::string(error_code_name(line.error().code)), line.error().message});
      exit_code = 1;
      if (line.error().code != ErrorCode::InvalidArgument) return exit_code;
      continue;
    }
    if (!*line) return exit_code;
    if ((*line)->find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto command = parse_json_command(**line);
    if (!command) {
      print_json(Failure{"invalid_request", command.error().message});
      exit_code = 1;
      continue;
    }
    const auto answer = run(client, *command);
    if (answer) {
      print_json(*answer);
      continue;
    }
    print_json(answer.error().failure);
    exit_code = 1;
    if (answer.error().connection_lost) return exit_code;
  }
}

// How a person is understood and answered.
struct Display {
  bool json;
  Colour colour;
  money::LedgerNames names;
};

// Beside the answers: on a terminal only, and gone when it is over.
void show_waiting(Position wanted, u64 waited_ns) {
  fmt::print(stderr, "\rsnapshot of position {}: {:.1f} s", wanted.value,
             static_cast<double>(waited_ns) * 1e-9);
  std::fflush(stderr);
}

void clear_waiting() { std::fputs("\r\033[K", stderr); }

// Returns whether it worked.
bool run_request(client::Client& client, const Command& command, const Display& display) {
  const bool shows_waiting = command.kind == CommandKind::Snapshot && ::isatty(STDERR_FILENO) == 1;
  const auto answer =
      run(client, command, shows_waiting ? SnapshotProgress(show_waiting) : SnapshotProgress());
  if (shows_waiting) clear_waiting();
  if (answer) {
    print(display.json ? to_json(*answer) + "\n"
                       : render_answer(command, *answer, display.colour, display.names));
    return true;
  }
  const Failure& failure = answer.error().failure;
  print(display.json ? to_json(failure) + "\n" : render_failure(failure, display.colour));
  return false;
}

// What became of a typed line.
enum class LineEnd : u8 { Done, Failed, Exit };

LineEnd run_line(client::Client& client, std::string_view line, const Display& display) {
  const auto typed = parse_typed_line(line, display.names);
  if (!typed) {
    print(display.json ? to_json(Failure{"invalid_request", typed.error().message}) + "\n"
                       : render_error(line, typed.error()) + "\n");
    return LineEnd::Failed;
  }
  switch (typed->kind) {
    case TypedLine::Kind::Nothing: return LineEnd::Done;
    case TypedLine::Kind::Exit: return LineEnd::Exit;
    case TypedLine::Kind::Help:
      print(help_text(typed->topic, display.colour));
      return LineEnd::Done;
    case TypedLine::Kind::Request:
      return run_request(client, typed->command, display) ? LineEnd::Done : LineEnd::Failed;
  }
  return LineEnd::Failed;
}

int run_prompt(client::Client& client, const Options& options, const Display& display) {
  print(fmt::format("connected to {}; 'help' tells the commands, 'exit' ends\n", options.server));
  Prompt prompt(default_history_path());
  while (true) {
    const auto line = prompt.read_line("florin> ");
    if (!line) {
      print("\n");
      return 0;
    }
    if (run_line(client, *line, display) == LineEnd::Exit) return 0;
  }
}

int run_client(const Options& options) {
  const bool interactive = ::isatty(STDIN_FILENO) == 1;
  const bool scripted = options.execute.empty() && !interactive;
  Display display{options.json, colour_for(STDOUT_FILENO), {}};
  const auto refuse = [&](const Failure& failure) {
    print(scripted || options.json ? to_json(failure) + "\n"
                                   : render_failure(failure, display.colour));
    return 1;
  };
  for (const std::string& ledger : options.ledgers) {
    const Status added = display.names.add(ledger);
    if (!added) return refuse({"invalid_argument", "--ledger: " + added.error().message});
  }
  auto client = connect(options);
  if (!client) return refuse(run_failure(client.error()).failure);
  if (!options.execute.empty()) {
    return run_line(*client, options.execute, display) == LineEnd::Failed ? 1 : 0;
  }
  return scripted ? run_script(*client) : run_prompt(*client, options, display);
}

}  // namespace

void add_client_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "client", "Ask a server: JSON lines on the standard input, or commands at a prompt.");
  command->add_option("--server", options->server, "HOST:PORT of the server")
      ->capture_default_str();
  command->add_option("--execute", options->execute, "Run this one command, and end");
  command->add_flag("--json", options->json, "Answer in JSON even at a terminal");
  command->add_option("--deadline-ms", options->deadline_ms, "How long one request may take")
      ->capture_default_str();
  command
      ->add_option("--witness", options->witness_file,
                   "Ask only a server that has what this file tells, made by the command witness")
      ->type_name("FILE");
  command
      ->add_option("--ledger", options->ledgers,
                   "NUMBER=CURRENCY or NUMBER=NAME:DECIMALS: show amounts so, and understand "
                   "amount=12.34EUR; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->footer(
      "Examples:\n"
      "  florin client < requests.jsonl               a JSON answer for each line\n"
      "  florin client --execute 'lookup_accounts 1'  one command\n"
      "  florin client --ledger 978=EUR --ledger 7=points:0\n"
      "  florin client --execute witness > witness.new && mv witness.new witness.json\n"
      "  florin client --execute snapshot             take a snapshot now, and wait for it\n"
      "  florin client --config florin.toml           options from a file: name = value\n"
      "At the prompt, 'help' tells the commands and 'help create_transfers' all about one.");
  command->callback([options, &exit_code] { exit_code = run_client(*options); });
}

}  // namespace florin::cli
