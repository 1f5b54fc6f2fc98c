// The short form of commands that people type: `create_accounts id=1 ledger=1 code=10, id=2 …;`,
// `lookup_accounts 1 2 99`, `trial_balance`, `help`. A line that begins with `{` is read as JSON.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "cli/command.h"

namespace florin::cli {

// What was wrong and where, so that a caret can point at it.
struct GrammarError {
  usize position = 0;  // In bytes from the beginning of the line.
  usize length = 1;    // Of the part that is wrong; 0 = no part in particular.
  std::string message;
};

struct TypedLine {
  enum class Kind : u8 { Nothing, Request, Help, Exit };
  Kind kind = Kind::Nothing;
  Command command;    // Request
  std::string topic;  // Help: the command asked about, or empty.
};

tl::expected<TypedLine, GrammarError> parse_typed_line(std::string_view line);

// The line, a caret below the place, and the message: three lines, or the message alone when the
// error has no place.
std::string render_error(std::string_view line, const GrammarError& error);

}  // namespace florin::cli
