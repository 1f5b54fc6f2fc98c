// `florin statement`: statements of accounts, one or all of them, from a data directory.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_statement_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
