// libedit behind a small interface. Its completion takes C strings that it frees.
#include "cli/prompt.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <editline/readline.h>

#include "cli/help_text.h"

namespace florin::cli {

namespace {

constexpr int kHistoryLinesMax = 1000;

char* next_completion(const char* word, int state) {
  // The library asks again and again, with a growing state, for one completion after another. Its
  // word can begin later than ours, behind a '=': it gets the end of ours.
  const std::string_view line(rl_line_buffer, static_cast<std::size_t>(rl_point));
  const std::size_t ours = line.size() - (line.find_last_of(" \t,") + 1);
  const std::size_t skipped = ours - std::min(ours, std::strlen(word));
  const std::vector<std::string> words = completions(line);
  if (static_cast<std::size_t>(state) >= words.size()) return nullptr;
  const std::string& candidate = words[static_cast<std::size_t>(state)];
  return ::strdup(candidate.c_str() + std::min(skipped, candidate.size()));
}

char** complete(const char* word, int begin, int) {
  rl_attempted_completion_over = 1;  // No file names when nothing matches.
  // A command ends with a space; a field is followed by its value at once.
  rl_completion_append_character = begin == 0 ? ' ' : '\0';
  return ::rl_completion_matches(word, next_completion);
}

}  // namespace

Prompt::Prompt(std::string history_path) : history_path_(std::move(history_path)) {
  // The library keeps the pointer, so the characters must outlive every prompt.
  static char break_characters[] = " \t,";
  // Likewise, it must outlive every prompt.
  static char program[] = "florin";
  rl_readline_name = program;
  rl_completer_word_break_characters = break_characters;
  rl_attempted_completion_function = complete;
  ::using_history();
  ::stifle_history(kHistoryLinesMax);
  if (!history_path_.empty()) ::read_history(history_path_.c_str());
}

Prompt::~Prompt() {
  if (!history_path_.empty()) ::write_history(history_path_.c_str());
}

std::optional<std::string> Prompt::read_line(const char* prompt) {
  char* raw = ::readline(prompt);
  if (raw == nullptr) return std::nullopt;
  std::string line(raw);
  std::free(raw);
  if (line.find_first_not_of(" \t") != std::string::npos) ::add_history(line.c_str());
  return line;
}

std::string default_history_path() {
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "" : std::string(home) + "/.florin_history";
}

}  // namespace florin::cli
