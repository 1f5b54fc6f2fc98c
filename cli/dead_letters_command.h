// florin dead-letters: what a system downstream could never take.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_dead_letters_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
