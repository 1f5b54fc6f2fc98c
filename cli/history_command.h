// florin history: what history holds, whether it is whole, and making it again from the log.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_history_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
