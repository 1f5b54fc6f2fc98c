// `florin demo`: a small bank in under a minute: its accounts, its day, a load, a crash, a
// recovery.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_demo_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
