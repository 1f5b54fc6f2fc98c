// One token ahead, without copying.
#include "cli/tokens.h"

#include <cctype>

namespace florin::cli {

namespace {

bool is_space(char byte) { return std::isspace(static_cast<unsigned char>(byte)) != 0; }
bool is_word(char byte) {
  return !is_space(byte) && byte != '=' && byte != ',' && byte != '|' && byte != ';';
}

}  // namespace

Token Tokenizer::take() {
  const Token token = token_;
  advance();
  return token;
}

void Tokenizer::skip_spaces() {
  while (at_ < line_.size() && is_space(line_[at_])) ++at_;
}

void Tokenizer::take_until(usize end, Token::Kind kind) {
  token_ = {kind, at_, end - at_, line_.substr(at_, end - at_)};
  at_ = end;
}

void Tokenizer::take_quoted() {
  const usize end = line_.find(line_[at_], at_ + 1);
  if (end == std::string_view::npos) return take_until(line_.size(), Token::Kind::OpenQuote);
  take_until(end + 1, Token::Kind::Word);
  token_.text = token_.text.substr(1, token_.text.size() - 2);
}

void Tokenizer::advance() {
  skip_spaces();
  token_ = {Token::Kind::End, at_, 0, {}};
  if (at_ == line_.size() || ended_) return;
  switch (line_[at_]) {
    case '=': return take_until(at_ + 1, Token::Kind::Equals);
    case ',': return take_until(at_ + 1, Token::Kind::Comma);
    case '|': return take_until(at_ + 1, Token::Kind::Pipe);
    case '"':
    case '\'': return take_quoted();
    case ';':
      ended_ = true;
      take_until(at_ + 1, Token::Kind::End);
      return skip_spaces();
  }
  usize end = at_;
  while (end < line_.size() && is_word(line_[end])) ++end;
  take_until(end, Token::Kind::Word);
}

}  // namespace florin::cli
