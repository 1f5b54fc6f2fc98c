// The words and signs of a typed line.
#pragma once

#include <string_view>

#include "base/types.h"

namespace florin::cli {

struct Token {
  enum class Kind : u8 { Word, Equals, Comma, Pipe, OpenQuote, End };
  Kind kind = Kind::End;
  usize position = 0;
  usize length = 0;  // Of its place in the line, quotes included.
  std::string_view text;
};

// Words end at spaces, '=', ',', '|' and ';'. What stands between two '"' or two "'" is a word too,
// with whatever is in it; a quote that is not closed is an OpenQuote. A ';' ends the line.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view line) : line_(line) { advance(); }

  const Token& peek() const { return token_; }
  Token take();
  // What stands behind the `;` that ended the line, if anything does.
  std::string_view rest() const { return line_.substr(at_ < line_.size() ? at_ : line_.size()); }
  usize rest_position() const { return at_; }

 private:
  void advance();
  void skip_spaces();
  void take_until(usize end, Token::Kind kind);
  void take_quoted();

  std::string_view line_;
  usize at_ = 0;
  bool ended_ = false;
  Token token_;
};

}  // namespace florin::cli
