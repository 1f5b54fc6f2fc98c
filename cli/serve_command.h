// `florin serve`: runs a server until it is told to stop.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_serve_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
