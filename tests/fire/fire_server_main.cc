// `fire_server serve …`: the server of `florin serve`, on a storage that ends it at a chosen point:
// `--die-at after_sync:marks --die-nth 3`. With `--forget-syncs` nothing is ever made durable: the
// control, which a test of durability must catch.
#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/serve_command.h"
#include "tests/fire/fire_storage.h"

namespace florin::test {

namespace {

struct FireServerOptions {
  std::string die_at;
  u64 die_nth = 1;
  bool forget_syncs = false;
};

Result<std::unique_ptr<storage::Storage>> open_under_fire(const storage::StorageOptions& options,
                                                          FirePlan& plan) {
  auto inner = storage::open_storage(options);
  if (!inner) return tl::unexpected<Error>(std::move(inner).error());
  return std::unique_ptr<storage::Storage>(std::make_unique<FireStorage>(std::move(*inner), plan));
}

int run(int argc, char** argv) {
  CLI::App app("Florin's server, under fire.", "fire_server");
  app.require_subcommand(1);
  int exit_code = 0;
  FirePlan plan;
  cli::add_serve_command(app, exit_code, [&plan](const storage::StorageOptions& options) {
    return open_under_fire(options, plan);
  });
  FireServerOptions options;
  CLI::App* serve = app.get_subcommand("serve");
  serve->add_option("--die-nth", options.die_nth);
  serve->add_flag("--forget-syncs", options.forget_syncs);
  serve->add_option("--die-at", options.die_at);
  serve->parse_complete_callback([&] {
    if (options.forget_syncs) plan.forget_syncs();
    if (options.die_at.empty()) return;
    const auto place = parse_fire_place(options.die_at);
    if (!place) throw CLI::ValidationError("--die-at", "expected POINT:FILE");
    plan.die_at(*place, options.die_nth);
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return exit_code;
}

}  // namespace

}  // namespace florin::test

int main(int argc, char** argv) { return florin::test::run(argc, argv); }
