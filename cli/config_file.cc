#include "cli/config_file.h"

#include <istream>
#include <memory>
#include <vector>

namespace florin::cli {

namespace {

// The library reads the file for the program as a whole: what stands under no heading is given to
// the command that is run.
class CommandConfig final : public CLI::ConfigBase {
 public:
  explicit CommandConfig(const CLI::App& app) : app_(app) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> given = ConfigBase::from_config(input);
    const std::vector<const CLI::App*> run =
        app_.get_subcommands([](const CLI::App* command) { return command->parsed(); });
    for (CLI::ConfigItem& item : given) {
      if (item.parents.empty() && !run.empty()) item.parents = {run.front()->get_name()};
    }
    return given;
  }

 private:
  const CLI::App& app_;  // Owns this object.
};

}  // namespace

void add_config_option(CLI::App& app) {
  app.config_formatter(std::make_shared<CommandConfig>(app));
  app.set_config("--config", "", "Read options from a file: name = value")->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->fallthrough();
  }
}

}  // namespace florin::cli
