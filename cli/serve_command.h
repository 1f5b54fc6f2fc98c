// `florin serve`: runs a server until it is told to stop.
#pragma once

#include "cli/service.h"

namespace CLI {
class App;
}

namespace florin::cli {

// Test programs give a storage that fails as they wish.
void add_serve_command(CLI::App& app, int& exit_code,
                       StorageFactory storage_factory = storage::open_storage);

}  // namespace florin::cli
