// Line editing at a terminal: history kept in a file, completion of commands and fields.
#pragma once

#include <optional>
#include <string>

namespace florin::cli {

// One at a time: the editing library below keeps its state for the whole process.
class Prompt {
 public:
  // Without a history file when the path is empty or cannot be read or written.
  explicit Prompt(std::string history_path);
  ~Prompt();
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;

  // A line without its newline, or nothing at the end of the input.
  std::optional<std::string> read_line(const char* prompt);

 private:
  std::string history_path_;
};

// ~/.florin_history, or an empty string without a home.
std::string default_history_path();

}  // namespace florin::cli
