// `florin backup` and `florin restore`: a consistent copy of a running ledger, and a new data
// directory from it, as of any moment.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_backup_command(CLI::App& app, int& exit_code);
void add_restore_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
