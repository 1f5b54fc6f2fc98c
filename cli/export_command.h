// florin export: changes of the ledger as text, by hand.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_export_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
