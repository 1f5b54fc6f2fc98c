#include "cli/typed_values.h"

#include <cctype>

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/typed_amount.h"
#include "cli/value_parser.h"

namespace florin::cli {

Parsed<Token> take_word(Tokenizer& tokens, std::string_view what) {
  const Token token = tokens.take();
  if (token.kind == Token::Kind::Word) return token;
  if (token.kind == Token::Kind::OpenQuote) return wrong(token, "this quote is not closed");
  return wrong(token, fmt::format("expected {}, not {}", what, quoted(token)));
}

Parsed<u128> take_number(Tokenizer& tokens, u32 bits, std::string_view what, FieldForm form) {
  const auto token = take_word(tokens, fmt::format("a number for {}", what));
  if (!token) return tl::unexpected<GrammarError>(token.error());
  const auto number = parse_value(form, token->text);
  if (!number) {
    return wrong(*token, fmt::format("{} is not a number for {}: expected {}", quoted(*token), what,
                                     expected_of(form)));
  }
  if (*number > largest_value(bits)) {
    return wrong(*token, fmt::format("{} must be below 2^{}", what, bits));
  }
  return *number;
}

Parsed<u128> take_flags(Tokenizer& tokens, u32 bits, std::span<const FlagName> known) {
  u32 flags = 0;
  while (true) {
    const Token& token = tokens.peek();
    const FlagName* flag = find_named(known, token.text);
    if (flag != nullptr) {
      flags |= flag->bit;
      tokens.take();
    } else if (!token.text.empty() && std::isdigit(static_cast<u8>(token.text[0])) != 0) {
      const auto raw = take_number(tokens, bits, "flags");
      if (!raw) return raw;
      flags |= static_cast<u32>(*raw);
    } else {
      return wrong(
          token, fmt::format("unknown flag {}; known are {}", quoted(token), joined_names(known)));
    }
    if (tokens.peek().kind != Token::Kind::Pipe) return u128{flags};
    tokens.take();
  }
}

Parsed<u128> ObjectValues::amount_of(const Token& token, std::string_view text) {
  const auto typed = parse_typed_amount(text, names_);
  if (!typed) return wrong(token, typed.error().message);
  if (typed->ledger == 0) return typed->amount;
  if (ledger_ != 0 && ledger_ != typed->ledger) {
    return wrong(token, fmt::format("{} is in another currency than '{}'", quoted(token),
                                    currency_amount_.text));
  }
  ledger_ = typed->ledger;
  currency_amount_ = token;
  return typed->amount;
}

Parsed<u128> ObjectValues::take_amount(std::string_view what) {
  const auto token = take_word(tokens_, fmt::format("a number for {}", what));
  if (!token) return tl::unexpected<GrammarError>(token.error());
  return amount_of(*token, token->text);
}

Parsed<u128> ObjectValues::take_signed_amount(std::string_view what) {
  const auto token = take_word(tokens_, fmt::format("a number for {}", what));
  if (!token) return tl::unexpected<GrammarError>(token.error());
  const bool negative = token->text.starts_with('-');
  const auto amount = amount_of(*token, token->text.substr(negative ? 1 : 0));
  if (!amount) return amount;
  const auto value = with_sign(negative, *amount);
  if (!value) return wrong(*token, fmt::format("{} must be from -2^127 to 2^127-1", what));
  return *value;
}

Parsed<u128> ObjectValues::take_ledger() {
  const money::LedgerName* named = names_.find(tokens_.peek().text);
  if (named == nullptr) return take_number(tokens_, 32, "ledger", FieldForm::Ledger);
  tokens_.take();
  return u128{named->ledger};
}

Parsed<void> ObjectValues::settle_ledger(u128& ledger) const {
  if (ledger_ == 0 || ledger == ledger_) return {};
  if (ledger != 0) {
    return wrong(currency_amount_,
                 fmt::format("{} is of ledger {}, and the ledger given is {}",
                             quoted(currency_amount_), ledger_, florin::to_decimal(ledger)));
  }
  ledger = ledger_;
  return {};
}

}  // namespace florin::cli
