#include "cli/grammar_error.h"

#include <algorithm>

#include <fmt/core.h>

namespace florin::cli {

tl::unexpected<GrammarError> wrong(const Token& token, std::string message) {
  return tl::unexpected<GrammarError>(
      GrammarError{token.position, std::max<usize>(token.length, 1), std::move(message)});
}

std::string quoted(const Token& token) {
  return token.length == 0 ? "the end of the line" : fmt::format("'{}'", token.text);
}

std::string render_error(std::string_view line, const GrammarError& error) {
  if (error.length == 0) return error.message;
  // A command from a script may have several lines: the one that is wrong is shown.
  const usize position = std::min(error.position, line.size());
  const usize begin = line.substr(0, position).find_last_of('\n') + 1;
  const std::string_view shown = line.substr(begin, line.find('\n', position) - begin);
  std::string below;
  for (const char byte : shown.substr(0, position - begin)) {
    if ((static_cast<u8>(byte) & 0xc0) != 0x80) below += byte == '\t' ? '\t' : ' ';
  }
  below += '^';
  if (error.length > 1) below.append(error.length - 1, '~');
  return fmt::format("{}\n{}\n{}", shown, below, error.message);
}

}  // namespace florin::cli
