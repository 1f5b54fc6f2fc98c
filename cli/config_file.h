// The file of options: what may stand on the command line of a command may stand in it.
#pragma once

#include <CLI/CLI.hpp>

namespace florin::cli {

// Adds `--config FILE` to a program whose commands are all there. The file has a line `name =
// value` for each option, without its dashes; a list is written ["a", "b"]. Lines behind `[serve]`
// are of that command, lines before any such heading of the command that is run. What the command
// line says goes before what the file says; a name that is not known is an error.
void add_config_option(CLI::App& app);

}  // namespace florin::cli
