// `florin inspect`: what is on disk, for a person who has to know: the log, the snapshots, the
// marks.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_inspect_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
