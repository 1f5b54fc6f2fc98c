// The `florin` program: one subcommand for each thing it does. A subcommand `name` lives in
// cli/name_command.{h,cc} and registers itself with `void add_name_command(CLI::App& app, int&
// exit_code)`: its options, and a callback that runs it and sets the exit code.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "cli/backup_command.h"
#include "cli/bench_command.h"
#include "cli/client_command.h"
#include "cli/config_file.h"
#include "cli/crash_test_command.h"
#include "cli/dead_letters_command.h"
#include "cli/demo_command.h"
#include "cli/export_command.h"
#include "cli/history_command.h"
#include "cli/import_command.h"
#include "cli/inspect_command.h"
#include "cli/replay_command.h"
#include "cli/serve_command.h"
#include "cli/statement_command.h"

int main(int argc, char** argv) {
  using namespace florin::cli;
  CLI::App app("Florin: an in-memory double-entry transaction engine.", "florin");
  app.require_subcommand(1);
  app.set_version_flag("--version", FLORIN_VERSION);
  int exit_code = 0;
  add_serve_command(app, exit_code);
  add_client_command(app, exit_code);
  add_inspect_command(app, exit_code);
  add_replay_command(app, exit_code);
  add_backup_command(app, exit_code);
  add_restore_command(app, exit_code);
  add_history_command(app, exit_code);
  add_export_command(app, exit_code);
  add_import_command(app, exit_code);
  add_dead_letters_command(app, exit_code);
  add_statement_command(app, exit_code);
  add_bench_command(app, exit_code);
  add_crash_test_command(app, exit_code);
  add_demo_command(app, exit_code);
  add_config_option(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "florin: %s\n", error.what());
    return 1;
  }
  return exit_code;
}
