// florin import: brings the data of an older system into a running server.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_import_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
