// The only file that knows the JSON library. Its exceptions end here.
#include "cli/json_codec.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "cli/fields.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

using Json = nlohmann::ordered_json;
using ledger::Account;
using ledger::Transfer;

tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, std::move(message));
}

// Reports a name that stands twice in one object, which the library would silently drop.
class DuplicateNames {
 public:
  bool see(Json::parse_event_t event, const Json& value) {
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key &&
        !names_.back().insert(value.get<std::string>()).second && duplicate_.empty()) {
      duplicate_ = value.get<std::string>();
    }
    return true;
  }
  const std::string& duplicate() const { return duplicate_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string duplicate_;
};

Result<Json> parse_object(std::string_view line) {
  DuplicateNames duplicates;
  Json json;
  try {
    json = Json::parse(line, [&](int, Json::parse_event_t event, Json& value) {
      return duplicates.see(event, value);
    });
  } catch (const Json::exception& error) {
    std::string_view what = error.what();
    const usize end_of_id = what.find("] ");
    if (end_of_id != std::string_view::npos) what.remove_prefix(end_of_id + 2);
    return invalid(fmt::format("not JSON: {}", what));
  }
  if (!duplicates.duplicate().empty()) {
    return invalid(fmt::format("'{}' stands twice in one object", duplicates.duplicate()));
  }
  if (!json.is_object()) {
    return invalid(R"(expected an object such as {"request":"ping"})");
  }
  return json;
}

// `where` names the value in messages, such as "events[3].amount".
Result<u128> parse_number(const Json& value, u32 bits, const std::string& where) {
  u128 number = 0;
  if (value.is_number_unsigned()) {
    number = value.get<u64>();
  } else if (value.is_number_integer()) {
    return invalid(fmt::format("{} is {}; it cannot be negative", where, value.dump()));
  } else if (value.is_number()) {
    return invalid(
        fmt::format("{} is not a whole number below 2^64; write larger numbers as a "
                    "string, and no fractions or exponents",
                    where));
  } else if (value.is_string()) {
    const auto parsed = parse_u128(value.get_ref<const std::string&>());
    if (!parsed) {
      return invalid(
          fmt::format("{} is {}; expected decimal digits or 0x and hexadecimal digits, "
                      "below 2^128",
                      where, value.dump()));
    }
    number = *parsed;
  } else {
    return invalid(
        fmt::format("{} is {}; expected a number or a string with one", where, value.type_name()));
  }
  if (number > largest_value(bits)) {
    return invalid(
        fmt::format("{} is {}; it must be below 2^{}", where, florin::to_decimal(number), bits));
  }
  return number;
}

template <class Object>
Result<u128> parse_flags(const Json& value, const std::string& where) {
  if (!value.is_array()) return parse_number(value, 16, where);
  u16 flags = 0;
  for (const Json& item : value) {
    if (!item.is_string()) {
      const auto raw = parse_number(item, 16, where);
      if (!raw) return raw;
      flags |= static_cast<u16>(*raw);
      continue;
    }
    const FlagName* flag = find_flag<Object>(item.get_ref<const std::string&>());
    if (flag == nullptr) {
      return invalid(fmt::format("{} has the unknown flag {}; known are {}", where, item.dump(),
                                 joined_names(flag_names<Object>())));
    }
    flags |= flag->bit;
  }
  return u128{flags};
}

template <class Object>
Result<Object> parse_event(const Json& json, const std::string& where) {
  if (!json.is_object()) {
    return invalid(fmt::format("{} is {}; expected an object", where, json.type_name()));
  }
  Object object{};
  for (const auto& [key, value] : json.items()) {
    const Field<Object>* field = find_field<Object>(key);
    if (field == nullptr) {
      return invalid(fmt::format("{} has the unknown field '{}'; known are {}", where, key,
                                 joined_names(fields<Object>())));
    }
    const std::string place = fmt::format("{}.{}", where, key);
    const auto number = key == kFlagsField ? parse_flags<Object>(value, place)
                                           : parse_number(value, field->bits, place);
    if (!number) return tl::unexpected<Error>(number.error());
    field->set(object, *number);
  }
  return object;
}

// Calls `parse_one(element, place)` for each element of the array called `name`.
template <class Parse>
Status parse_array(const Json& json, const char* name, Parse parse_one) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_array()) {
    return invalid(fmt::format("expected an array '{}'", name));
  }
  if (found->size() > ledger::kRequestEventsMax) {
    return invalid(fmt::format("'{}' has {} elements; a request takes at most {}", name,
                               found->size(), ledger::kRequestEventsMax));
  }
  usize index = 0;
  for (const Json& element : *found) {
    RETURN_IF_ERROR(parse_one(element, fmt::format("{}[{}]", name, index++)));
  }
  return {};
}

template <class Object>
Status parse_events(const Json& json, std::vector<Object>& events) {
  return parse_array(json, "events", [&](const Json& element, const std::string& where) -> Status {
    auto event = parse_event<Object>(element, where);
    if (!event) return tl::unexpected<Error>(std::move(event).error());
    events.push_back(*event);
    return {};
  });
}

Status parse_ids(const Json& json, std::vector<u128>& ids) {
  return parse_array(json, "ids", [&](const Json& element, const std::string& where) -> Status {
    const auto id = parse_number(element, 128, where);
    if (!id) return tl::unexpected<Error>(id.error());
    ids.push_back(*id);
    return {};
  });
}

Status parse_filter(const Json& json, ledger::TrialBalanceFilter& filter) {
  const auto take = [&](const char* name, u32& target) -> Status {
    if (!json.contains(name)) return {};
    const auto number = parse_number(json[name], 32, name);
    if (!number) return tl::unexpected<Error>(number.error());
    target = static_cast<u32>(*number);
    return {};
  };
  RETURN_IF_ERROR(take("ledger_min", filter.ledger_min));
  return take("limit", filter.limit);
}

std::vector<std::string_view> members_of(CommandKind kind) {
  switch (kind) {
    case CommandKind::CreateAccounts:
    case CommandKind::CreateTransfers: return {"request", "events"};
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers: return {"request", "ids"};
    case CommandKind::GetTrialBalance: return {"request", "ledger_min", "limit"};
    case CommandKind::Ping: return {"request"};
  }
  return {};
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
  const std::vector<std::string_view> members = members_of(*kind);
  for (const auto& [key, value] : json.items()) {
    if (std::find(members.begin(), members.end(), key) != members.end()) continue;
    std::string known;
    for (const std::string_view member : members) {
      if (!known.empty()) known += ", ";
      known += member;
    }
    return invalid(fmt::format("unknown field '{}'; {} knows {}", key, name(*kind), known));
  }
  return *kind;
}

Status parse_members(const Json& json, Command& command) {
  switch (command.kind) {
    case CommandKind::CreateAccounts: return parse_events(json, command.accounts);
    case CommandKind::CreateTransfers: return parse_events(json, command.transfers);
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers: return parse_ids(json, command.ids);
    case CommandKind::GetTrialBalance: return parse_filter(json, command.filter);
    case CommandKind::Ping: return {};
  }
  return {};
}

template <class Object>
Json flags_to_json(u16 flags) {
  Json names = Json::array();
  for (const FlagName& flag : flag_names<Object>()) {
    if ((flags & flag.bit) == 0) continue;
    names.push_back(flag.name);
    flags = static_cast<u16>(flags & ~flag.bit);
  }
  if (flags != 0) names.push_back(flags);
  return names;
}

template <class Object>
Json object_to_json(const Object& object) {
  if (object.id == 0) return nullptr;
  Json json = Json::object();
  for (const Field<Object>& field : fields<Object>()) {
    const std::string key(field.name);
    const u128 value = field.get(object);
    if (field.name == kFlagsField) {
      json[key] = flags_to_json<Object>(static_cast<u16>(value));
    } else if (field.bits <= 32) {
      json[key] = static_cast<u32>(value);
    } else {
      json[key] = florin::to_decimal(value);
    }
  }
  return json;
}

template <class Object>
Json objects_to_json(const std::vector<Object>& objects) {
  Json array = Json::array();
  for (const Object& object : objects) array.push_back(object_to_json(object));
  return array;
}

Json results_to_json(const Answer& answer) {
  Json array = Json::array();
  for (const ledger::EventResult& result : answer.results) {
    array.push_back({{"status", outcome_name(answer.kind, result.outcome)},
                     {"timestamp", std::to_string(result.timestamp)}});
  }
  return array;
}

Json outcomes_to_json(const Answer& answer) {
  Json array = Json::array();
  for (const ledger::TransferOutcome outcome : answer.outcomes) {
    const bool known = outcome != ledger::TransferOutcome::Undecided;
    array.push_back(known ? Json(ledger::name(outcome)) : Json(nullptr));
  }
  return array;
}

Json totals_to_json(const Answer& answer) {
  Json array = Json::array();
  for (const ledger::LedgerTotals& totals : answer.totals) {
    array.push_back({{"ledger", totals.ledger},
                     {"accounts", std::to_string(totals.accounts)},
                     {"debits_pending", to_decimal(totals.debits_pending)},
                     {"debits_posted", to_decimal(totals.debits_posted)},
                     {"credits_pending", to_decimal(totals.credits_pending)},
                     {"credits_posted", to_decimal(totals.credits_posted)}});
  }
  return array;
}

Json server_to_json(const Answer& answer) {
  Json server = Json::object();
  for (const InfoItem& item : answer.server) {
    if (item.is_number) {
      server[item.name] = std::stoul(item.value);
    } else {
      server[item.name] = item.value;
    }
  }
  return server;
}

// Bytes that are not UTF-8 can come in with a line and go out in a message about it.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<Command> parse_json_command(std::string_view line) {
  auto json = parse_object(line);
  if (!json) return tl::unexpected<Error>(std::move(json).error());
  const auto kind = parse_kind(*json);
  if (!kind) return tl::unexpected<Error>(kind.error());
  Command command;
  command.kind = *kind;
  RETURN_IF_ERROR(parse_members(*json, command));
  return command;
}

std::string to_json(const Answer& answer) {
  Json json = {{"request", name(answer.kind)}};
  if (answer.kind != CommandKind::Ping) json["position"] = std::to_string(answer.position.value);
  switch (answer.kind) {
    case CommandKind::CreateAccounts:
    case CommandKind::CreateTransfers: json["results"] = results_to_json(answer); break;
    case CommandKind::LookupAccounts: json["accounts"] = objects_to_json(answer.accounts); break;
    case CommandKind::LookupTransfers:
      json["transfers"] = objects_to_json(answer.transfers);
      json["outcomes"] = outcomes_to_json(answer);
      break;
    case CommandKind::GetTrialBalance:
      json["ledgers"] = totals_to_json(answer);
      json["more"] = answer.more_totals;
      break;
    case CommandKind::Ping: json["server"] = server_to_json(answer); break;
  }
  return dump(json);
}

std::string to_json(const Failure& failure) {
  const Json json = {{"error", {{"code", failure.code}, {"message", failure.message}}}};
  return dump(json);
}

}  // namespace florin::cli
