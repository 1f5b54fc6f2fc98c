// `florin replay`: the ledger as the log tells it, without a server: now or at any moment.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_replay_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
