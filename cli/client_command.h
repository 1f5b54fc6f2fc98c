// `florin client`: asks a server, for programs (JSON lines) and for people (typed commands and
// tables).
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_client_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
