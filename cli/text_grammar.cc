// A tokenizer and a recursive-descent parser of one line.
#include "cli/text_grammar.h"

#include <cctype>

#include <fmt/core.h>

#include "base/int128.h"
#include "base/result.h"
#include "cli/fields.h"
#include "cli/json_codec.h"

namespace florin::cli {

namespace {

struct Token {
  enum class Kind : u8 { Word, Equals, Comma, Pipe, End };
  Kind kind = Kind::End;
  usize position = 0;
  std::string_view text;
};

bool is_space(char byte) { return std::isspace(static_cast<unsigned char>(byte)) != 0; }
bool is_word(char byte) {
  return !is_space(byte) && byte != '=' && byte != ',' && byte != '|' && byte != ';';
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view line) : line_(line) { advance(); }

  const Token& peek() const { return token_; }
  Token take() {
    const Token token = token_;
    advance();
    return token;
  }
  // What stands behind the `;` that ended the line, if anything does.
  std::string_view rest() const { return line_.substr(std::min(at_, line_.size())); }
  usize rest_position() const { return at_; }

 private:
  void advance() {
    while (at_ < line_.size() && is_space(line_[at_])) ++at_;
    token_ = {Token::Kind::End, at_, {}};
    if (at_ == line_.size() || ended_) return;
    switch (line_[at_]) {
      case '=': return punctuation(Token::Kind::Equals);
      case ',': return punctuation(Token::Kind::Comma);
      case '|': return punctuation(Token::Kind::Pipe);
      case ';':
        ended_ = true;
        punctuation(Token::Kind::End);
        while (at_ < line_.size() && is_space(line_[at_])) ++at_;
        return;
    }
    usize end = at_;
    while (end < line_.size() && is_word(line_[end])) ++end;
    token_ = {Token::Kind::Word, at_, line_.substr(at_, end - at_)};
    at_ = end;
  }
  void punctuation(Token::Kind kind) {
    token_ = {kind, at_, line_.substr(at_, 1)};
    ++at_;
  }

  std::string_view line_;
  usize at_ = 0;
  bool ended_ = false;
  Token token_;
};

using Parsed = tl::expected<void, GrammarError>;

tl::unexpected<GrammarError> wrong(const Token& token, std::string message) {
  return tl::unexpected<GrammarError>(
      GrammarError{token.position, std::max<usize>(token.text.size(), 1), std::move(message)});
}

std::string quoted(const Token& token) {
  return token.text.empty() ? "the end of the line" : fmt::format("'{}'", token.text);
}

tl::expected<u128, GrammarError> parse_number(Tokenizer& tokens, u32 bits, std::string_view what) {
  const Token token = tokens.take();
  if (token.kind != Token::Kind::Word) {
    return wrong(token, fmt::format("expected a number for {}, not {}", what, quoted(token)));
  }
  const auto number = parse_u128(token.text);
  if (!number) {
    return wrong(token, fmt::format("{} is not a number for {}: expected decimal digits or 0x and "
                                    "hexadecimal digits, below 2^128",
                                    quoted(token), what));
  }
  if (*number > largest_value(bits)) {
    return wrong(token, fmt::format("{} must be below 2^{}", what, bits));
  }
  return *number;
}

template <class Object>
tl::expected<u128, GrammarError> parse_flags(Tokenizer& tokens) {
  u16 flags = 0;
  while (true) {
    const Token& token = tokens.peek();
    const FlagName* flag = find_flag<Object>(token.text);
    if (flag != nullptr) {
      flags |= flag->bit;
      tokens.take();
    } else if (!token.text.empty() && std::isdigit(static_cast<unsigned char>(token.text[0]))) {
      const auto raw = parse_number(tokens, 16, kFlagsField);
      if (!raw) return raw;
      flags |= static_cast<u16>(*raw);
    } else {
      return wrong(token, fmt::format("unknown flag {}; known are {}", quoted(token),
                                      joined_names(flag_names<Object>())));
    }
    if (tokens.peek().kind != Token::Kind::Pipe) return u128{flags};
    tokens.take();
  }
}

template <class Object>
Parsed parse_field(Tokenizer& tokens, Object& object, u32& seen) {
  const Token token = tokens.take();
  const Field<Object>* field = find_field<Object>(token.text);
  if (field == nullptr) {
    return wrong(token, fmt::format("{} is not a field; known are {}", quoted(token),
                                    joined_names(fields<Object>())));
  }
  const u32 bit = u32{1} << (field - fields<Object>().data());
  if ((seen & bit) != 0) return wrong(token, fmt::format("'{}' is given twice", field->name));
  seen |= bit;
  if (tokens.peek().kind != Token::Kind::Equals) {
    return wrong(tokens.peek(), fmt::format("expected '=' after '{}'", field->name));
  }
  tokens.take();
  const auto value = field->name == kFlagsField ? parse_flags<Object>(tokens)
                                                : parse_number(tokens, field->bits, field->name);
  if (!value) return tl::unexpected<GrammarError>(value.error());
  field->set(object, *value);
  return {};
}

template <class Object>
Parsed parse_events(Tokenizer& tokens, std::vector<Object>& events) {
  while (true) {
    Object object{};
    u32 seen = 0;
    if (tokens.peek().kind != Token::Kind::Word) {
      return wrong(tokens.peek(),
                   fmt::format("expected fields such as id=1, not {}", quoted(tokens.peek())));
    }
    while (tokens.peek().kind == Token::Kind::Word) {
      const Parsed field = parse_field(tokens, object, seen);
      if (!field) return field;
    }
    events.push_back(object);
    if (tokens.peek().kind != Token::Kind::Comma) return {};
    const Token comma = tokens.take();
    if (events.size() == ledger::kRequestEventsMax) {
      return wrong(comma, fmt::format("a request takes at most {} events", events.size()));
    }
  }
}

Parsed parse_ids(Tokenizer& tokens, std::vector<u128>& ids) {
  do {
    const Token token = tokens.peek();
    const auto id = parse_number(tokens, 128, "an id");
    if (!id) return tl::unexpected<GrammarError>(id.error());
    if (ids.size() == ledger::kRequestEventsMax) {
      return wrong(token, fmt::format("a request takes at most {} ids", ids.size()));
    }
    ids.push_back(*id);
    if (tokens.peek().kind == Token::Kind::Comma) tokens.take();
  } while (tokens.peek().kind == Token::Kind::Word);
  return {};
}

Parsed parse_filter(Tokenizer& tokens, ledger::TrialBalanceFilter& filter) {
  while (tokens.peek().kind == Token::Kind::Word) {
    const Token token = tokens.take();
    u32* target = token.text == "ledger_min" ? &filter.ledger_min
                  : token.text == "limit"    ? &filter.limit
                                             : nullptr;
    if (target == nullptr) {
      return wrong(token,
                   fmt::format("{} is not a field; known are ledger_min, limit", quoted(token)));
    }
    if (tokens.peek().kind != Token::Kind::Equals) {
      return wrong(tokens.peek(), fmt::format("expected '=' after '{}'", token.text));
    }
    tokens.take();
    const auto value = parse_number(tokens, 32, token.text);
    if (!value) return tl::unexpected<GrammarError>(value.error());
    *target = static_cast<u32>(*value);
  }
  return {};
}

Parsed parse_arguments(Tokenizer& tokens, Command& command) {
  switch (command.kind) {
    case CommandKind::CreateAccounts: return parse_events(tokens, command.accounts);
    case CommandKind::CreateTransfers: return parse_events(tokens, command.transfers);
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers: return parse_ids(tokens, command.ids);
    case CommandKind::GetTrialBalance: return parse_filter(tokens, command.filter);
    case CommandKind::Ping: return {};
  }
  return {};
}

std::optional<CommandKind> kind_of_word(std::string_view word) {
  return word == "trial_balance" ? CommandKind::GetTrialBalance : command_kind(word);
}

Parsed parse_rest(Tokenizer& tokens, const Token& first, TypedLine& typed) {
  if (first.text == "exit" || first.text == "quit") {
    typed.kind = TypedLine::Kind::Exit;
    return {};
  }
  if (first.text == "help") {
    typed.kind = TypedLine::Kind::Help;
    if (tokens.peek().kind != Token::Kind::Word) return {};
    const Token topic = tokens.take();
    const auto kind = kind_of_word(topic.text);
    if (!kind) {
      return wrong(topic, fmt::format("no help about {}; there is help about {}", quoted(topic),
                                      command_names()));
    }
    typed.topic = name(*kind);
    return {};
  }
  const auto kind = kind_of_word(first.text);
  if (!kind) {
    return wrong(first, fmt::format("{} is not a command; known are {}, help, exit", quoted(first),
                                    command_names()));
  }
  typed.kind = TypedLine::Kind::Request;
  typed.command.kind = *kind;
  return parse_arguments(tokens, typed.command);
}

tl::expected<TypedLine, GrammarError> parse_json_line(std::string_view line) {
  auto command = parse_json_command(line);
  if (!command) {
    return tl::unexpected<GrammarError>(GrammarError{0, 0, std::move(command).error().message});
  }
  TypedLine typed;
  typed.kind = TypedLine::Kind::Request;
  typed.command = std::move(*command);
  return typed;
}

}  // namespace

tl::expected<TypedLine, GrammarError> parse_typed_line(std::string_view line) {
  Tokenizer tokens(line);
  TypedLine typed;
  const Token first = tokens.take();
  if (first.text.starts_with('{')) return parse_json_line(line);
  if (first.kind != Token::Kind::End) {
    const Parsed parsed = parse_rest(tokens, first, typed);
    if (!parsed) return tl::unexpected<GrammarError>(parsed.error());
    if (tokens.peek().kind != Token::Kind::End) {
      return wrong(tokens.peek(),
                   fmt::format("expected nothing more, or ';', not {}", quoted(tokens.peek())));
    }
  }
  if (!tokens.rest().empty()) {
    return wrong({Token::Kind::Word, tokens.rest_position(), tokens.rest()},
                 "one command a line: nothing may stand behind ';'");
  }
  return typed;
}

std::string render_error(std::string_view line, const GrammarError& error) {
  if (error.length == 0) return error.message;
  std::string below;
  for (const char byte : line.substr(0, std::min(error.position, line.size()))) {
    if ((static_cast<u8>(byte) & 0xc0) != 0x80) below += byte == '\t' ? '\t' : ' ';
  }
  below += '^';
  if (error.length > 1) below.append(error.length - 1, '~');
  return fmt::format("{}\n{}\n{}", line, below, error.message);
}

}  // namespace florin::cli
