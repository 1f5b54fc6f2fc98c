#include "cli/json_reader.h"

#include <vector>

#include <fmt/core.h>

#include "cli/fields.h"
#include "cli/json_values.h"
#include "cli/value_parser.h"

namespace florin::cli {

namespace {

template <class Object>
Status parse_text(const Json& value, const std::string& where, const Field<Object>& field,
                  Object& object) {
  if (!value.is_string()) {
    return invalid(fmt::format("{} is {}; expected a string", where, value.dump()));
  }
  const auto& text = value.get_ref<const std::string&>();
  if (field.set_text(object, text)) return {};
  return invalid(fmt::format("{} has {} bytes; expected {}", where, text.size(), field.meaning));
}

// A cursor may be a plain number where a position is one.
template <class Object>
Status parse_cursor_text(const Json& value, const std::string& where, const Field<Object>& field,
                         Object& object) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (field.set_text(object, text)) return {};
  return invalid(fmt::format("{} is {}; expected {}", where, value.dump(), field.meaning));
}

// One member of an event or filter. `place` names it in messages.
template <class Object>
Status parse_member(const std::string& key, const Json& value, const std::string& place,
                    const Schema<Object>& known, Object& object) {
  if (const FlagName* word = find_named(known.words, key)) {
    const auto truth = parse_truth(value, place);
    if (!truth) return tl::unexpected<Error>(truth.error());
    if (*truth) known.set_word(object, word->bit);
    return {};
  }
  const Field<Object>* field = find_named(known.fields, key);
  if (field->form == FieldForm::Text) return parse_text(value, place, *field, object);
  if (field->form == FieldForm::Cursor) return parse_cursor_text(value, place, *field, object);
  const auto number = field->form == FieldForm::Flags
                          ? parse_flags(value, field->bits, place, known.flags)
                          : parse_number(value, field->bits, place, field->form);
  if (!number) return tl::unexpected<Error>(number.error());
  field->set(object, *number);
  return {};
}

template <class Object>
Result<Object> parse_event(const Json& json, const std::string& where,
                           const Schema<Object>& known) {
  if (!json.is_object()) {
    return invalid(fmt::format("{} is {}; expected an object", where, json.type_name()));
  }
  Object object = known.blank();
  for (const auto& [key, value] : json.items()) {
    if (find_named(known.fields, key) == nullptr && find_named(known.words, key) == nullptr) {
      return invalid(fmt::format("{} has the unknown field '{}'; known are {}", where, key,
                                 known_names(known)));
    }
    RETURN_IF_ERROR(parse_member(key, value, fmt::format("{}.{}", where, key), known, object));
  }
  known.finish(object);
  return object;
}

// A filter, whose members stand beside the name of the request.
template <class Object>
Status parse_filter(const Json& json, const Schema<Object>& known, Object& filter) {
  filter = known.blank();
  for (const auto& [key, value] : json.items()) {
    if (key != "request") RETURN_IF_ERROR(parse_member(key, value, key, known, filter));
  }
  known.finish(filter);
  return {};
}

// Calls `parse_one(element, place)` for each element of the array called `name`.
template <class Parse>
Status parse_array(const Json& json, const char* name, u32 most, Parse parse_one) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_array()) {
    return invalid(fmt::format("expected an array '{}'", name));
  }
  if (found->size() > most) {
    return invalid(
        fmt::format("'{}' has {} elements; a request takes at most {}", name, found->size(), most));
  }
  usize index = 0;
  for (const Json& element : *found) {
    RETURN_IF_ERROR(parse_one(element, fmt::format("{}[{}]", name, index++)));
  }
  return {};
}

template <class Object>
Status parse_events(const Json& json, std::vector<Object>& events,
                    u32 most = ledger::kRequestEventsMax) {
  return parse_array(json, "events", most,
                     [&](const Json& element, const std::string& where) -> Status {
                       auto event = parse_event<Object>(element, where, schema<Object>());
                       if (!event) return tl::unexpected<Error>(std::move(event).error());
                       events.push_back(*event);
                       return {};
                     });
}

Status parse_ids(const Json& json, std::vector<u128>& ids) {
  return parse_array(json, "ids", ledger::kRequestEventsMax,
                     [&](const Json& element, const std::string& where) -> Status {
                       const auto id = parse_number(element, 128, where);
                       if (!id) return tl::unexpected<Error>(id.error());
                       ids.push_back(*id);
                       return {};
                     });
}

Status parse_balance_at(const Json& json, Command& command) {
  RETURN_IF_ERROR(parse_ids(json, command.ids));
  const auto found = json.find("at");
  if (found == json.end()) {
    return invalid(fmt::format("expected a time 'at': {}", expected_of(FieldForm::LastTime)));
  }
  const auto at = parse_number(*found, 64, "at", FieldForm::LastTime);
  if (!at) return tl::unexpected<Error>(at.error());
  command.at = Timestamp{low_half(*at)};
  return {};
}

Result<u16> parse_side(const Json& value, const std::string& where) {
  if (value == "debit") return static_cast<u16>(ledger::Condition::Side::Debit);
  if (value == "credit") return static_cast<u16>(ledger::Condition::Side::Credit);
  return invalid(fmt::format("{} is {}; expected \"debit\" or \"credit\"", where, value.dump()));
}

Status parse_condition_member(const std::string& key, const Json& value, const std::string& place,
                              ledger::Condition& condition) {
  if (key == "index") {
    const auto index = parse_number(value, 32, place);
    if (!index) return tl::unexpected<Error>(index.error());
    condition.index = static_cast<u32>(*index);
    return {};
  }
  if (key == "side") {
    const auto side = parse_side(value, place);
    if (!side) return tl::unexpected<Error>(side.error());
    condition.side = *side;
    return {};
  }
  const bool at_least = key == "at_least";
  if (!at_least && key != "at_most") {
    return invalid(fmt::format("{} is unknown; known are index, side, at_least, at_most", place));
  }
  const auto bound = parse_bound(value, place);
  if (!bound) return tl::unexpected<Error>(bound.error());
  (at_least ? condition.minimum : condition.maximum) = *bound;
  condition.bounds |= at_least ? ledger::Condition::kAtLeast : ledger::Condition::kAtMost;
  return {};
}

Status parse_condition(const Json& json, const std::string& where, ledger::Condition& condition) {
  if (!json.is_object()) {
    return invalid(fmt::format("{} is {}; expected an object", where, json.type_name()));
  }
  for (const auto& [key, value] : json.items()) {
    RETURN_IF_ERROR(
        parse_condition_member(key, value, fmt::format("{}.{}", where, key), condition));
  }
  if (json.contains("side")) return {};
  return invalid(fmt::format("{} has no side; expected \"debit\" or \"credit\"", where));
}

Status parse_transfers(const Json& json, Command& command) {
  RETURN_IF_ERROR(parse_events(json, command.transfers));
  const auto take_word = [&](const char* name, bool& target) -> Status {
    const auto found = json.find(name);
    if (found == json.end()) return {};
    const auto truth = parse_truth(*found, name);
    if (!truth) return tl::unexpected<Error>(truth.error());
    target = *truth;
    return {};
  };
  RETURN_IF_ERROR(take_word("dry_run", command.dry_run));
  RETURN_IF_ERROR(take_word("balances", command.balances));
  if (!json.contains("conditions")) return {};
  constexpr u32 kMost = ledger::kConditionsPerTransferMax * ledger::kRequestEventsMax;
  return parse_array(json, "conditions", kMost,
                     [&](const Json& element, const std::string& where) -> Status {
                       command.conditions.emplace_back();
                       return parse_condition(element, where, command.conditions.back());
                     });
}

// "request, ids": what may stand in a request of this kind.
std::string members_of(CommandKind kind) {
  switch (kind) {
    case CommandKind::CreateTransfers: return "request, events, conditions, dry_run, balances";
    case CommandKind::CreateAccounts:
    case CommandKind::UpdateAccounts:
    case CommandKind::ReverseTransfers: return "request, events";
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers:
    case CommandKind::LookupLimits: return "request, ids";
    case CommandKind::QueryAccounts:
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountChanges:
    case CommandKind::GetAccountTransfers:
    case CommandKind::GetAccountBalances:
    case CommandKind::GetChangeEvents:
    case CommandKind::GetStatement: return "request, " + known_names(filter_schema(kind));
    case CommandKind::GetBalanceAt: return "request, ids, at";
    case CommandKind::GetTrialBalance:
      return "request, " + known_names(schema<ledger::TrialBalanceFilter>());
    case CommandKind::Ping:
    case CommandKind::Snapshot:
    case CommandKind::Witness: return "request";
  }
  return "";
}

Result<CommandKind> parse_kind(const Json& json) {
  const auto found = json.find("request");
  if (found == json.end() || !found->is_string()) {
    return invalid(fmt::format("expected a string 'request': one of {}", command_names()));
  }
  const auto kind = command_kind(found->get_ref<const std::string&>());
  if (!kind) {
    return invalid(
        fmt::format("the request {} is unknown; known are {}", found->dump(), command_names()));
  }
  const std::string members = members_of(*kind);
  const std::string listed = ", " + members + ",";
  for (const auto& [key, value] : json.items()) {
    if (listed.find(", " + key + ",") != std::string::npos) continue;
    return invalid(fmt::format("unknown field '{}'; {} knows {}", key, name(*kind), members));
  }
  return *kind;
}

Status parse_members(const Json& json, Command& command) {
  switch (command.kind) {
    case CommandKind::CreateAccounts: return parse_events(json, command.accounts);
    case CommandKind::CreateTransfers: return parse_transfers(json, command);
    case CommandKind::UpdateAccounts:
      return parse_events(json, command.updates, ledger::kUpdateEventsMax);
    case CommandKind::ReverseTransfers: return parse_events(json, command.reversals);
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers:
    case CommandKind::LookupLimits: return parse_ids(json, command.ids);
    case CommandKind::QueryAccounts:
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountChanges:
    case CommandKind::GetAccountTransfers:
    case CommandKind::GetAccountBalances:
    case CommandKind::GetChangeEvents:
    case CommandKind::GetStatement:
      return parse_filter(json, filter_schema(command.kind), command.filter);
    case CommandKind::GetBalanceAt: return parse_balance_at(json, command);
    case CommandKind::GetTrialBalance:
      return parse_filter(json, schema<ledger::TrialBalanceFilter>(), command.trial_balance);
    case CommandKind::Ping:
    case CommandKind::Snapshot:
    case CommandKind::Witness: return {};
  }
  return {};
}

}  // namespace

Result<Command> parse_json_command(std::string_view line) {
  auto json = parse_json_object(line);
  if (!json) return tl::unexpected<Error>(std::move(json).error());
  const auto kind = parse_kind(*json);
  if (!kind) return tl::unexpected<Error>(kind.error());
  Command command;
  command.kind = *kind;
  RETURN_IF_ERROR(parse_members(*json, command));
  return command;
}

}  // namespace florin::cli
