// `florin crash-test`: kills a loaded server again and again, and checks after each restart that
// everything it had acknowledged is there.
#pragma once

namespace CLI {
class App;
}

namespace florin::cli {

void add_crash_test_command(CLI::App& app, int& exit_code);

}  // namespace florin::cli
