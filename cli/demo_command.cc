// A story in five acts, each of which prints what it does before it does it.
#include "cli/demo_command.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/int128.h"
#include "base/random.h"
#include "cli/answer_text.h"
#include "cli/bank_example.h"
#include "cli/command_runner.h"
#include "cli/json_reader.h"
#include "cli/recorded_load.h"
#include "cli/recorded_verification.h"
#include "cli/server_process.h"
#include "cli/table.h"
#include "cli/value_text.h"
#include "cli/work_directory.h"
#include "money/amount.h"

namespace florin::cli {

namespace {

constexpr u64 kStopDeadlineMs = 30'000;
constexpr u64 kTransfersMax = 5'000'000;

struct DemoOptions {
  double seconds = 10;
  std::string data;
  u64 seed = 0;
};

// "8,221.00": an amount in cents.
std::string money(u128 cents) {
  return fmt::format("{}.{:02}", with_thousands(cents / 100), static_cast<unsigned>(cents % 100));
}

LoadOptions load_options(u64 seed) {
  LoadOptions load;
  load.seed = seed;
  load.accounts = 1000;
  load.connections = 8;
  load.request_events_max = 400;
  load.transfers_max = kTransfersMax - 10'000;
  return load;
}

class Demo {
 public:
  Demo(const DemoOptions& options, const WorkDirectory& directory)
      : options_(options),
        colour_(colour_for(STDOUT_FILENO)),
        on_terminal_(::isatty(STDOUT_FILENO) == 1),
        random_(options.seed),
        load_(load_options(options.seed)) {
    server_options_.data_directory = directory.path() + "/data";
    server_options_.log_path = directory.path() + "/server.log";
    server_options_.arguments = {"--accounts-max", "100000", "--transfers-max",
                                 std::to_string(kTransfersMax)};
  }

  // Returns whether everything that was acknowledged was there after the crash.
  Result<bool> run();

 private:
  Status open_bank();
  Status live_a_day();
  Status run_lines(std::string_view lines, bool show);
  Status show_balances();
  Status show_trial_balance();
  Status load_and_kill();
  void show_load(u64 for_ns);
  Status recover_and_verify();
  Status load_again_and_stop();
  Status start_server();
  void act(std::string_view title);
  void say(std::string_view text);

  DemoOptions options_;
  Colour colour_;
  bool on_terminal_;
  Random random_;
  RecordedLoad load_;
  ServerProcessOptions server_options_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<client::Client> client_;
};

void Demo::say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Demo::act(std::string_view title) {
  say(fmt::format("\n{}\n\n", toned(colour_, Tone::Strong, title)));
}

Status Demo::start_server() {
  client_.reset();
  server_.reset();
  auto server = ServerProcess::start(server_options_);
  if (!server) return tl::unexpected<Error>(std::move(server).error());
  server_ = std::move(*server);
  auto client = client::Client::connect(
      client_options(server_->host(), server_->port(), kStopDeadlineMs), Random(random_.next()));
  if (!client) return fail(client.error().code, client.error().message);
  client_ = std::make_unique<client::Client>(std::move(*client));
  return {};
}

Status Demo::open_bank() {
  act("1. A bank opens");
  RETURN_IF_ERROR(start_server());
  say(fmt::format("A server of its own: process {} on {}:{}, ready after {} ms, its data in\n{}.\n",
                  server_->pid(), server_->host(), server_->port(), server_->start_ns() / kNsPerMs,
                  server_options_.data_directory));
  say("Sixteen accounts, in euros and dollars: see examples/bank in the source.\n");
  return run_lines(bank_accounts(), false);
}

Status Demo::live_a_day() {
  act("2. The bank's day");
  say("Deposits, salaries, rent, a currency exchange, fees. Chiara spends more than she has, "
      "Bela's\n"
      "payment fails together with its fee, and the till sends a deposit twice:\n\n");
  RETURN_IF_ERROR(run_lines(bank_day(), true));
  return show_balances();
}

// One table for the outcomes of all lines.
Status Demo::run_lines(std::string_view lines, bool show) {
  Table table({{"transfer", Align::Right},
               {"from", Align::Right},
               {"to", Align::Right},
               {"amount", Align::Right},
               {"", Align::Left, true},
               {"outcome"}});
  while (!lines.empty()) {
    const usize end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    const auto command = parse_json_command(line);
    if (!command) return tl::unexpected<Error>(command.error());
    const auto answer = cli::run(*client_, *command);
    if (!answer) return fail(ErrorCode::Refused, answer.error().failure.message);
    for (usize i = 0; i < command->transfers.size(); ++i) {
      const ledger::Transfer& sent = command->transfers[i];
      const u32 outcome = answer->results[i].outcome;
      const bool created = outcome == ledger::kCreated;
      table.add(
          {florin::to_decimal(sent.id),
           florin::to_decimal(sent.debit_account_id),
           florin::to_decimal(sent.credit_account_id),
           money(sent.amount),
           sent.flags != 0 ? "linked" : "",
           {std::string(outcome_name(command->kind, outcome)), created ? Tone::Good : Tone::Bad}});
    }
  }
  if (show) say(table.render(colour_, "  "));
  return {};
}

Status Demo::show_balances() {
  std::vector<u128> ids;
  for (const BankAccount& account : kBankAccounts) ids.push_back(account.id);
  const auto answer = client_->lookup_accounts(ids);
  if (!answer) return fail(answer.error().code, answer.error().message);
  Table table({{"account", Align::Right},
               {""},
               {""},
               {"debits", Align::Right},
               {"credits", Align::Right},
               {"balance", Align::Right},
               {""}});
  for (usize i = 0; i < ids.size(); ++i) {
    const auto& account = answer->accounts[i];
    if (!account) return fail(ErrorCode::NotFound, "an account of the bank is not there");
    const bool owed = account->credits_posted >= account->debits_posted;
    const u128 balance = owed ? account->credits_posted - account->debits_posted
                              : account->debits_posted - account->credits_posted;
    table.add({std::to_string(kBankAccounts[i].id),
               kBankAccounts[i].name,
               kBankAccounts[i].currency,
               money(account->debits_posted),
               money(account->credits_posted),
               {money(balance), Tone::Strong},
               owed ? "credit" : "debit"});
  }
  say("\nThe balances:\n\n" + table.render(colour_, "  "));
  return {};
}

Status Demo::show_trial_balance() {
  Command command;
  command.kind = CommandKind::GetTrialBalance;
  const auto answer = cli::run(*client_, command);
  if (!answer) return fail(ErrorCode::Refused, answer.error().failure.message);
  money::LedgerNames names;
  RETURN_IF_ERROR(names.add("978=EUR"));
  RETURN_IF_ERROR(names.add("840=USD"));
  say("\nThe trial balance (1 and 2 are the load's own ledgers):\n\n");
  say(render_answer(command, *answer, colour_, names));
  return {};
}

// Prints what the load does, once a second, or in place at a terminal, for a time or until the
// record is more than half full.
void Demo::show_load(u64 for_ns) {
  SystemClock clock;
  const u64 begin = clock.monotonic_ns();
  // Both loads together stay below what the server remembers.
  const u64 enough = load_.acknowledged() + kTransfersMax / 4;
  u64 last = begin;
  while (last - begin < for_ns && load_.acknowledged() < enough && server_->running()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(on_terminal_ ? 250 : 1000));
    const u64 now = clock.monotonic_ns();
    const LoadFigures figures = load_.take_figures();
    const u64 per_second = figures.transfers * kNsPerSecond / (now - last);
    say(fmt::format(
        "{}  {:>4.1f} s  {:>10} transfers/s  request p50 {:>6} us  p99 {:>6} us  {:>11} "
        "acknowledged{}",
        on_terminal_ ? "\r" : "", static_cast<double>(now - begin) / kNsPerSecond,
        with_thousands(u128{per_second}), figures.latency_ns_p50 / 1000,
        figures.latency_ns_p99 / 1000, with_thousands(u128{load_.acknowledged()}),
        on_terminal_ ? "\033[K" : "\n"));
    last = now;
  }
  if (on_terminal_) say("\n");
}

Status Demo::load_and_kill() {
  act("3. Load, and a crash");
  say("Eight connections, one request of up to 400 transfers at a time on each. Every answer is\n"
      "written down outside of the server, on the same machine and the same processors.\n\n");
  RETURN_IF_ERROR(load_.create_accounts(*client_));
  client_.reset();
  load_.start(server_->host(), server_->port());
  show_load(static_cast<u64>(options_.seconds * static_cast<double>(kNsPerSecond)));
  if (!server_->running()) return fail(ErrorCode::Io, "the server ended by itself");
  const pid_t pid = server_->pid();
  server_->kill_now();
  say(fmt::format("\n{}, in the middle of it.\n",
                  toned(colour_, Tone::Bad, fmt::format("kill -9 {}", pid))));
  load_.stop();
  return {};
}

Status Demo::recover_and_verify() {
  act("4. Recovery");
  RETURN_IF_ERROR(start_server());
  say(
      fmt::format("Restarted: the log was read and the ledger rebuilt in {} ms.\n"
                  "Looking up every transfer, one by one, and adding up every balance ...\n",
                  with_thousands(u128{server_->start_ns() / kNsPerMs})));
  const auto figures = verify(load_, *client_, VerificationScope::All, random_);
  if (!figures) return tl::unexpected<Error>(figures.error());
  say(
      fmt::format("  {:>11} acknowledged transfers, of which {} lost\n"
                  "  {:>11} transfers looked up\n"
                  "  {:>11} requests had no answer when the server died: {} had happened whole, {} "
                  "not at all\n"
                  "  {:>11} requests sent again: none took effect twice\n",
                  with_thousands(u128{load_.acknowledged()}), load_.problems().count(),
                  with_thousands(u128{figures->transfers_checked}),
                  figures->requests_found + figures->requests_absent, figures->requests_found,
                  figures->requests_absent, figures->requests_retried + load_.retried()));
  if (load_.problems().count() == 0) {
    say(toned(colour_, Tone::Good, "  Nothing that was acknowledged was lost.\n"));
  }
  say("This was a process killed, not a power cut: what the operating system had taken from it\n"
      "survived. Florin answers only after the disk has confirmed a flush, which is what a power\n"
      "cut asks for; to see that, pull the plug.\n");
  RETURN_IF_ERROR(show_balances());
  return show_trial_balance();
}

Status Demo::load_again_and_stop() {
  act("5. Business goes on");
  load_.take_figures();
  load_.start(server_->host(), server_->port());
  show_load(static_cast<u64>(options_.seconds * static_cast<double>(kNsPerSecond)) / 3);
  load_.stop();
  const auto figures = verify(load_, *client_, VerificationScope::Recent, random_);
  if (!figures) return tl::unexpected<Error>(figures.error());
  client_.reset();
  RETURN_IF_ERROR(server_->stop(kStopDeadlineMs));
  say(fmt::format("\n{} more transfers looked up, {} problems. Stopped in good order (SIGTERM).\n",
                  with_thousands(u128{figures->transfers_checked}), load_.problems().count()));
  return {};
}

Result<bool> Demo::run() {
  RETURN_IF_ERROR(open_bank());
  RETURN_IF_ERROR(live_a_day());
  RETURN_IF_ERROR(load_and_kill());
  RETURN_IF_ERROR(recover_and_verify());
  RETURN_IF_ERROR(load_again_and_stop());
  for (const std::string& problem : load_.problems().first()) say(fmt::format("  {}\n", problem));
  return load_.problems().count() == 0;
}

// How to call this program from here: short when it lies below the current directory.
std::string program_path() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "florin";
  const std::filesystem::path near = std::filesystem::proximate(program, error);
  return error || near.string().starts_with("..") ? program.string() : near.string();
}

int run_demo(DemoOptions options) {
  if (options.seed == 0) options.seed = entropy_seed();
  auto directory = WorkDirectory::make(options.data);
  if (!directory) {
    fmt::print(stderr, "florin demo: {}\n", directory.error().message);
    return 1;
  }
  fmt::print("Florin: a bank, a load, a crash and a recovery, in under a minute (seed {}).\n",
             options.seed);
  Demo demo(options, **directory);
  const Result<bool> kept_all = demo.run();
  if (!kept_all || !*kept_all) {
    (*directory)->keep();
    fmt::print("\nFAILED{}{}. Data and server log are kept in {}\n", kept_all ? "" : ": ",
               kept_all ? "" : kept_all.error().message, (*directory)->path());
    return 1;
  }
  const std::string program = program_path();
  fmt::print(
      "\nTo go on:\n\n"
      "  {0} serve --data my-bank            a server that keeps its data\n"
      "  {0} client                          ask it, in another terminal: try 'help'\n"
      "  {0} client < examples/bank/accounts.jsonl\n"
      "  {0} bench                           measure it\n"
      "  {0} crash-test                      kill it twenty times\n",
      program);
  return 0;
}

}  // namespace

void add_demo_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand(
      "demo", "A small bank: its day, a load, a crash, a recovery; under a minute.");
  command->add_option("--seconds", options->seconds, "Of load before the crash")
      ->check(CLI::Range(0.5, 3600.0))
      ->capture_default_str();
  command->add_option("--data", options->data,
                      "New or empty directory, kept afterwards (default: a temporary one)");
  command->add_option("--seed", options->seed, "Of everything random (default: from the system)");
  command->callback([options, &exit_code] { exit_code = run_demo(*options); });
}

}  // namespace florin::cli
