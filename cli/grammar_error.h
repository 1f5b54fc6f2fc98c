// What was wrong with a typed line and where, so that a caret can point at it.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "cli/tokens.h"

namespace florin::cli {

struct GrammarError {
  usize position = 0;  // In bytes from the beginning of the line.
  usize length = 1;    // Of the part that is wrong; 0 = no part in particular.
  std::string message;
};

template <class T>
using Parsed = tl::expected<T, GrammarError>;

tl::unexpected<GrammarError> wrong(const Token& token, std::string message);

// The token in quotes, or "the end of the line", for messages.
std::string quoted(const Token& token);

// The line, a caret below the place, and the message: three lines, or the message alone when the
// error has no place.
std::string render_error(std::string_view line, const GrammarError& error);

}  // namespace florin::cli
