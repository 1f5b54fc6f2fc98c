// `florin demo`: a minute with a small bank: its accounts, its day, a load, a crash and a recovery.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_demo_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
