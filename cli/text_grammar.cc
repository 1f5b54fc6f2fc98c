// A recursive-descent parser of one line.
#include "cli/text_grammar.h"

#include <algorithm>
#include <type_traits>

#include <fmt/core.h>

#include "base/result.h"
#include "cli/fields.h"
#include "cli/json_reader.h"
#include "cli/typed_values.h"

namespace florin::cli {

namespace {

tl::unexpected<GrammarError> pass_on(GrammarError error) {
  return tl::unexpected<GrammarError>(std::move(error));
}

// The arguments of one command.
class Arguments {
 public:
  Arguments(Tokenizer& tokens, const money::LedgerNames& names, Command& command)
      : tokens_(tokens), names_(names), command_(command) {}

  Parsed<void> parse();

 private:
  template <class Object>
  Parsed<void> parse_events(std::vector<Object>& events, u32 most);
  template <class Object>
  Parsed<void> parse_object(Object& object, const Schema<Object>& known);
  template <class Object>
  Parsed<void> parse_said(Object& object, const Schema<Object>& known, ObjectValues& values);
  template <class Object>
  Parsed<void> parse_field(Object& object, const Field<Object>& field,
                           std::span<const FlagName> flags, ObjectValues& values);
  Parsed<bool> parse_of_transfer(const Token& token, ObjectValues& values);
  Parsed<void> parse_bound(const BoundName& bound, ObjectValues& values);
  Parsed<void> parse_ids();
  Parsed<void> parse_id();
  Parsed<void> parse_balance_at();
  Parsed<void> take_equals(std::string_view name);
  Parsed<void> note_seen(const Token& token);

  Tokenizer& tokens_;
  const money::LedgerNames& names_;
  Command& command_;
  std::vector<std::string_view> seen_;  // What was said of the object at hand.
};

Parsed<void> Arguments::note_seen(const Token& token) {
  if (std::find(seen_.begin(), seen_.end(), token.text) != seen_.end()) {
    return wrong(token, fmt::format("'{}' is given twice", token.text));
  }
  seen_.push_back(token.text);
  return {};
}

Parsed<void> Arguments::take_equals(std::string_view name) {
  if (tokens_.peek().kind != Token::Kind::Equals) {
    return wrong(tokens_.peek(), fmt::format("expected '=' after '{}'", name));
  }
  tokens_.take();
  return {};
}

template <class Object>
Parsed<void> Arguments::parse_field(Object& object, const Field<Object>& field,
                                    std::span<const FlagName> flags, ObjectValues& values) {
  if (field.form == FieldForm::Text) {
    const auto text = take_word(tokens_, fmt::format("a text for {}", field.name));
    if (!text) return pass_on(text.error());
    if (field.set_text(object, text->text)) return {};
    return wrong(*text,
                 fmt::format("{} has {} bytes: {}", field.name, text->text.size(), field.meaning));
  }
  if (field.form == FieldForm::Cursor) {
    const auto text = take_word(tokens_, fmt::format("{} for {}", field.meaning, field.name));
    if (!text) return pass_on(text.error());
    if (field.set_text(object, text->text)) return {};
    return wrong(*text,
                 fmt::format("{} is {}: expected {}", field.name, quoted(*text), field.meaning));
  }
  Parsed<u128> value = 0;
  if (field.form == FieldForm::Flags) {
    value = take_flags(tokens_, field.bits, flags);
  } else if (field.form == FieldForm::Amount) {
    value = values.take_amount(field.name);
  } else if (field.form == FieldForm::Ledger) {
    value = values.take_ledger();
  } else {
    value = take_number(tokens_, field.bits, field.name, field.form);
  }
  if (!value) return pass_on(value.error());
  field.set(object, *value);
  return {};
}

// A bound is a condition on its side of the transfer at hand: the one after those read so far.
Parsed<void> Arguments::parse_bound(const BoundName& bound, ObjectValues& values) {
  if (const auto equals = take_equals(bound.name); !equals) return equals;
  const auto value = values.take_signed_amount(bound.name);
  if (!value) return pass_on(value.error());
  const u32 index = static_cast<u32>(command_.transfers.size());
  const u16 side = static_cast<u16>(bound.side);
  auto at = std::find_if(command_.conditions.begin(), command_.conditions.end(),
                         [&](const ledger::Condition& condition) {
                           return condition.index == index && condition.side >= side;
                         });
  if (at == command_.conditions.end() || at->side != side) {
    at = command_.conditions.insert(at, {.index = index, .side = side});
  }
  at->bounds |= bound.bound;
  (bound.bound == ledger::Condition::kAtLeast ? at->minimum : at->maximum) = *value;
  return {};
}

// What is typed beside the fields of a transfer; false when the word is none of these.
Parsed<bool> Arguments::parse_of_transfer(const Token& token, ObjectValues& values) {
  if (const FlagName* word = find_named(transfer_words(), token.text)) {
    (word->bit == kDryRun ? command_.dry_run : command_.balances) = true;
    return true;
  }
  const BoundName* bound = find_named(bound_names(), token.text);
  if (bound == nullptr) return false;
  const auto parsed = parse_bound(*bound, values);
  if (!parsed) return pass_on(parsed.error());
  return true;
}

template <class Object>
Parsed<void> Arguments::parse_said(Object& object, const Schema<Object>& known,
                                   ObjectValues& values) {
  const Token token = tokens_.take();
  if (const auto noted = note_seen(token); !noted) return noted;
  if (const FlagName* word = find_named(known.words, token.text)) {
    known.set_word(object, word->bit);
    return {};
  }
  std::string others;
  if constexpr (std::is_same_v<Object, ledger::Transfer>) {
    const auto taken = parse_of_transfer(token, values);
    if (!taken) return pass_on(taken.error());
    if (*taken) return {};
    others = ", " + joined_names(bound_names()) + ", " + joined_names(transfer_words());
  }
  const Field<Object>* field = find_named(known.fields, token.text);
  if (field == nullptr) {
    return wrong(token, fmt::format("{} is not a field; known are {}{}", quoted(token),
                                    known_names(known), others));
  }
  if (const auto equals = take_equals(field->name); !equals) return equals;
  return parse_field(object, *field, known.flags, values);
}

// Everything that is said of one event or filter.
template <class Object>
Parsed<void> Arguments::parse_object(Object& object, const Schema<Object>& known) {
  ObjectValues values(tokens_, names_);
  seen_.clear();
  object = known.blank();
  while (tokens_.peek().kind == Token::Kind::Word) {
    const auto said = parse_said(object, known, values);
    if (!said) return said;
  }
  if (const Field<Object>* field = find_named(known.fields, "ledger")) {
    u128 ledger = field->get(object);
    const auto settled = values.settle_ledger(ledger);
    if (!settled) return settled;
    field->set(object, ledger);
  }
  known.finish(object);
  return {};
}

template <class Object>
Parsed<void> Arguments::parse_events(std::vector<Object>& events, u32 most) {
  while (true) {
    if (tokens_.peek().kind != Token::Kind::Word) {
      return wrong(tokens_.peek(),
                   fmt::format("expected fields such as id=1, not {}", quoted(tokens_.peek())));
    }
    Object object{};
    const auto parsed = parse_object(object, schema<Object>());
    if (!parsed) return parsed;
    events.push_back(object);
    if (tokens_.peek().kind != Token::Kind::Comma) return {};
    const Token comma = tokens_.take();
    if (events.size() == most) {
      return wrong(comma, fmt::format("a request takes at most {} events", most));
    }
  }
}

Parsed<void> Arguments::parse_id() {
  const Token token = tokens_.peek();
  const auto id = take_number(tokens_, 128, "an id");
  if (!id) return pass_on(id.error());
  if (command_.ids.size() == ledger::kRequestEventsMax) {
    return wrong(token, fmt::format("a request takes at most {} ids", command_.ids.size()));
  }
  command_.ids.push_back(*id);
  if (tokens_.peek().kind == Token::Kind::Comma) tokens_.take();
  return {};
}

// Ids, with or without their name, and the time.
Parsed<void> Arguments::parse_balance_at() {
  while (tokens_.peek().kind == Token::Kind::Word) {
    const Token word = tokens_.peek();
    if (word.text == "id" || word.text == "at") {
      tokens_.take();
      if (const auto equals = take_equals(word.text); !equals) return equals;
    }
    if (word.text == "at") {
      if (const auto noted = note_seen(word); !noted) return noted;
      const auto at = take_number(tokens_, 64, "at", FieldForm::LastTime);
      if (!at) return pass_on(at.error());
      command_.at = Timestamp{low_half(*at)};
    } else if (const auto parsed = parse_id(); !parsed) {
      return parsed;
    }
  }
  if (command_.ids.empty()) return wrong(tokens_.peek(), "expected an account, such as id=101");
  if (!seen_.empty()) return {};
  return wrong(tokens_.peek(), "expected a time, such as at=2026-10-31 or at=2026-10-31T12:00:00Z");
}

Parsed<void> Arguments::parse_ids() {
  do {
    if (const auto parsed = parse_id(); !parsed) return parsed;
  } while (tokens_.peek().kind == Token::Kind::Word);
  return {};
}

Parsed<void> Arguments::parse() {
  constexpr u32 kMost = ledger::kRequestEventsMax;
  switch (command_.kind) {
    case CommandKind::CreateAccounts: return parse_events(command_.accounts, kMost);
    case CommandKind::CreateTransfers: return parse_events(command_.transfers, kMost);
    case CommandKind::ReverseTransfers: return parse_events(command_.reversals, kMost);
    case CommandKind::UpdateAccounts:
      return parse_events(command_.updates, ledger::kUpdateEventsMax);
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers:
    case CommandKind::LookupLimits: return parse_ids();
    case CommandKind::QueryAccounts:
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountChanges:
    case CommandKind::GetAccountTransfers:
    case CommandKind::GetAccountBalances:
    case CommandKind::GetChangeEvents:
    case CommandKind::GetStatement:
      return parse_object(command_.filter, filter_schema(command_.kind));
    case CommandKind::GetBalanceAt: return parse_balance_at();
    case CommandKind::GetTrialBalance:
      return parse_object(command_.trial_balance, schema<ledger::TrialBalanceFilter>());
    case CommandKind::Ping:
    case CommandKind::Snapshot:
    case CommandKind::Witness: return {};
  }
  return {};
}

Parsed<void> parse_rest(Tokenizer& tokens, const Token& first, const money::LedgerNames& names,
                        TypedLine& typed) {
  if (first.text == "exit" || first.text == "quit") {
    typed.kind = TypedLine::Kind::Exit;
    return {};
  }
  if (first.text == "help") {
    typed.kind = TypedLine::Kind::Help;
    if (tokens.peek().kind != Token::Kind::Word) return {};
    const Token topic = tokens.take();
    const auto kind = typed_command_kind(topic.text);
    if (!kind) {
      return wrong(topic, fmt::format("no help about {}; there is help about {}", quoted(topic),
                                      command_names()));
    }
    typed.topic = name(*kind);
    return {};
  }
  const auto kind = typed_command_kind(first.text);
  if (!kind) {
    return wrong(first, fmt::format("{} is not a command; known are {}, help, exit", quoted(first),
                                    command_names()));
  }
  typed.kind = TypedLine::Kind::Request;
  typed.command.kind = *kind;
  return Arguments(tokens, names, typed.command).parse();
}

Parsed<TypedLine> parse_json_line(std::string_view line) {
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

Parsed<TypedLine> parse_typed_line(std::string_view line, const money::LedgerNames& names) {
  Tokenizer tokens(line);
  TypedLine typed;
  const Token first = tokens.take();
  if (first.text.starts_with('{')) return parse_json_line(line);
  if (first.kind != Token::Kind::End) {
    const auto parsed = parse_rest(tokens, first, names, typed);
    if (!parsed) return pass_on(parsed.error());
    if (tokens.peek().kind != Token::Kind::End) {
      return wrong(tokens.peek(),
                   fmt::format("expected nothing more, or ';', not {}", quoted(tokens.peek())));
    }
  }
  if (!tokens.rest().empty()) {
    return wrong({Token::Kind::Word, tokens.rest_position(), tokens.rest().size(), tokens.rest()},
                 "one command a line: nothing may stand behind ';'");
  }
  return typed;
}

}  // namespace florin::cli
