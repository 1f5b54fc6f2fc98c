// `florin bench`: loads a server of its own, or one that runs already, and tells what it measured.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_bench_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
