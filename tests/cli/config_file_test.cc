// Options from a file: to the command that is run, and behind what the command line says.
#include "cli/config_file.h"

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/work_directory.h"

namespace florin::cli {
namespace {

// A program with two commands, and what it understood.
struct Program {
  CLI::App app{"a program", "program"};
  std::string data;
  unsigned count = 1;
  std::vector<std::string> names;
  std::string ran;

  Program() {
    app.require_subcommand(1);
    CLI::App* serve = app.add_subcommand("serve");
    serve->add_option("--data", data)->required();
    serve->add_option("--count", count);
    serve->callback([this] { ran += "serve"; });
    CLI::App* client = app.add_subcommand("client");
    client->add_option("--name", names);
    client->callback([this] { ran += "client"; });
    add_config_option(app);
  }
};

class ConfigFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = WorkDirectory::make("");
    ASSERT_TRUE(directory);
    directory_ = std::move(*directory);
  }

  // Runs the program with this file and these words; returns what it complains of, or "".
  std::string run(Program& program, const std::string& file, std::vector<std::string> words) {
    const std::string path = directory_->path() + "/options.toml";
    std::ofstream(path) << file;
    words.push_back("--config");
    words.push_back(path);
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
      program.app.parse(reversed);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }

  std::unique_ptr<WorkDirectory> directory_;
};

TEST_F(ConfigFile, gives_options_to_the_command_that_is_run) {
  Program program;
  EXPECT_EQ(run(program, "# a bank\ndata = \"/a/b\"\ncount = 7\n", {"serve"}), "");
  EXPECT_EQ(program.ran, "serve");
  EXPECT_EQ(program.data, "/a/b");
  EXPECT_EQ(program.count, 7u);
}

TEST_F(ConfigFile, may_be_shared_by_commands_under_headings) {
  const std::string file = "[serve]\ndata = \"/a/b\"\n[client]\nname = [\"x\", \"y\"]\n";
  Program client;
  EXPECT_EQ(run(client, file, {"client"}), "");
  EXPECT_EQ(client.ran, "client");
  EXPECT_EQ(client.names, (std::vector<std::string>{"x", "y"}));
  Program server;
  EXPECT_EQ(run(server, file, {"serve"}), "");
  EXPECT_EQ(server.ran, "serve");
  EXPECT_EQ(server.data, "/a/b");
}

TEST_F(ConfigFile, stands_behind_the_command_line) {
  Program program;
  EXPECT_EQ(run(program, "data = \"/a\"\ncount = 7\n", {"serve", "--count", "9"}), "");
  EXPECT_EQ(program.data, "/a");
  EXPECT_EQ(program.count, 9u);
}

TEST_F(ConfigFile, with_a_name_that_is_not_known_is_refused) {
  Program program;
  const std::string complaint = run(program, "data = \"/a\"\ncuont = 7\n", {"serve"});
  EXPECT_NE(complaint.find("cuont"), std::string::npos) << complaint;
  EXPECT_EQ(program.ran, "");
}

TEST_F(ConfigFile, that_is_not_there_is_refused) {
  Program program;
  std::vector<std::string> reversed{directory_->path() + "/none.toml", "--config", "/a", "--data",
                                    "serve"};
  EXPECT_THROW(program.app.parse(reversed), CLI::FileError);
  EXPECT_EQ(program.ran, "");
}

}  // namespace
}  // namespace florin::cli
