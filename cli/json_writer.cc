// Writes with the JSON library.
#include "cli/json_writer.h"

#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "cli/fields.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

using Json = nlohmann::ordered_json;

Json flags_to_json(u32 flags, std::span<const FlagName> known) {
  Json names = Json::array();
  for (const FlagName& flag : known) {
    if ((flags & flag.bit) == 0) continue;
    names.push_back(flag.name);
    flags &= ~flag.bit;
  }
  if (flags != 0) names.push_back(flags);
  return names;
}

template <class Object>
Json field_to_json(const Object& object, const Field<Object>& field) {
  if (field.form == FieldForm::Text) return field.get_text(object);
  const u128 value = field.get(object);
  if (field.form == FieldForm::Flags) {
    return flags_to_json(static_cast<u32>(value), schema<Object>().flags);
  }
  if (field.bits <= 32) return static_cast<u32>(value);
  return florin::to_decimal(value);
}

template <class Object>
Json fields_to_json(const Object& object) {
  Json json = Json::object();
  for (const Field<Object>& field : schema<Object>().fields) {
    json[std::string(field.name)] = field_to_json(object, field);
  }
  return json;
}

// One that was not found is null.
template <class Object>
Json object_to_json(const Object& object) {
  return object.id == 0 ? Json(nullptr) : fields_to_json(object);
}

template <class Objects, class ToJson>
Json array_of(const Objects& objects, ToJson to_json_of) {
  Json array = Json::array();
  for (const auto& object : objects) array.push_back(to_json_of(object));
  return array;
}

Json status_to_json(const ledger::TransferStatus& status) {
  const auto outcome = ledger::transfer_outcome(status.outcome);
  if (!outcome || *outcome == ledger::TransferOutcome::Undecided) return nullptr;
  const auto pending = pending_status_name(ledger::PendingStatus{status.pending_status});
  return {{"outcome", ledger::name(*outcome)},
          {"pending_status", pending.empty() ? Json(nullptr) : Json(pending)},
          {"remaining", florin::to_decimal(status.remaining)},
          {"expires_at", std::to_string(status.expires_at)},
          {"reversed", status.reversed != 0}};
}

Json counters_to_json(u128 debits_pending, u128 debits_posted, u128 credits_pending,
                      u128 credits_posted) {
  return {{"debits_pending", florin::to_decimal(debits_pending)},
          {"debits_posted", florin::to_decimal(debits_posted)},
          {"credits_pending", florin::to_decimal(credits_pending)},
          {"credits_posted", florin::to_decimal(credits_posted)}};
}

Json debit_side_to_json(const ledger::TransferBalances& after) {
  return counters_to_json(after.debit_account_debits_pending, after.debit_account_debits_posted,
                          after.debit_account_credits_pending, after.debit_account_credits_posted);
}

Json credit_side_to_json(const ledger::TransferBalances& after) {
  return counters_to_json(after.credit_account_debits_pending, after.credit_account_debits_posted,
                          after.credit_account_credits_pending,
                          after.credit_account_credits_posted);
}

// The zeros of an event that was not created are null.
Json balances_to_json(const Answer& answer) {
  Json array = Json::array();
  for (usize i = 0; i < answer.balances.size(); ++i) {
    const ledger::TransferBalances& after = answer.balances[i];
    const auto created = ledger::kCreated;
    if (answer.results[i].outcome != created) {
      array.push_back(nullptr);
      continue;
    }
    array.push_back({{"debit_account", debit_side_to_json(after)},
                     {"credit_account", credit_side_to_json(after)}});
  }
  return array;
}

Json limits_to_json(const ledger::AccountLimits& limits) {
  if (limits.account_id == 0) return nullptr;
  using ledger::AccountLimits;
  const auto if_set = [&](u32 bit, Json value) {
    return (limits.set & bit) != 0 ? std::move(value) : Json(nullptr);
  };
  const u32 velocity = AccountLimits::kVelocity;
  return {
      {"account_id", florin::to_decimal(limits.account_id)},
      {"overdraft_limit",
       if_set(AccountLimits::kOverdraft, florin::to_decimal(limits.overdraft_limit))},
      {"balance_limit", if_set(AccountLimits::kBalance, florin::to_decimal(limits.balance_limit))},
      {"transfer_limit",
       if_set(AccountLimits::kTransfer, florin::to_decimal(limits.transfer_limit))},
      {"velocity_window", if_set(velocity, limits.velocity_window)},
      {"velocity_sum_limit", if_set(velocity, florin::to_decimal(limits.velocity_sum_limit))},
      {"velocity_sum_used", if_set(velocity, florin::to_decimal(limits.velocity_sum_used))},
      {"velocity_count_limit", if_set(velocity, limits.velocity_count_limit)},
      {"velocity_count_used", if_set(velocity, limits.velocity_count_used)},
      {"timestamp", std::to_string(limits.timestamp)}};
}

Json change_to_json(const ledger::AccountChange& change) {
  const ledger::AccountUpdate& update = change.update;
  Json json = Json::object();
  for (const Field<ledger::AccountUpdate>& field : schema<ledger::AccountUpdate>().fields) {
    json[std::string(field.name)] = field_to_json(update, field);
    if (field.name == "account_id") {
      json["changes"] = flags_to_json(update.changes, change_names());
    }
  }
  json["timestamp"] = std::to_string(update.timestamp);
  json["principal"] = std::to_string(change.principal);
  json["trace_id"] = florin::to_decimal(change.trace_id);
  return json;
}

// An account that was not there at the time is null.
Json account_balance_to_json(const ledger::AccountBalance& balance) {
  if (balance.account_id == 0) return nullptr;
  Json json = {{"account_id", florin::to_decimal(balance.account_id)}, {"ledger", balance.ledger}};
  json.update(counters_to_json(balance.debits_pending, balance.debits_posted,
                               balance.credits_pending, balance.credits_posted));
  json["transfer_id"] = florin::to_decimal(balance.transfer_id);
  json["timestamp"] = std::to_string(balance.timestamp);
  json["position"] = std::to_string(balance.position);
  json["index"] = balance.index;
  return json;
}

void add_transfer_change(Json& json, const Answer& answer, const ledger::ChangeEvent& event) {
  const ledger::TransferBalances& after = answer.balances[event.object];
  const auto hold = pending_status_name(ledger::PendingStatus{event.pending_status});
  json["transfer"] = object_to_json(answer.transfers[event.object]);
  json["debit_account"] = debit_side_to_json(after);
  json["credit_account"] = credit_side_to_json(after);
  json["hold"] = hold.empty() ? Json(nullptr) : Json(hold);
  json["released"] = florin::to_decimal(event.released);
  json["remaining"] = florin::to_decimal(event.remaining);
}

Json event_to_json(const Answer& answer, const ledger::ChangeEvent& event) {
  Json json = {{"position", std::to_string(event.position)},
               {"index", event.index},
               {"timestamp", std::to_string(event.timestamp)},
               {"kind", change_kind_name(event.kind)}};
  switch (static_cast<ledger::ChangeKind>(event.kind)) {
    case ledger::ChangeKind::AccountCreated:
      json["account"] = object_to_json(answer.accounts[event.object]);
      break;
    case ledger::ChangeKind::AccountUpdated:
      json["change"] = change_to_json(answer.changes[event.object]);
      break;
    case ledger::ChangeKind::TransferCreated:
    case ledger::ChangeKind::HoldExpired: add_transfer_change(json, answer, event); break;
    // As it was asked for: its id may be 0.
    case ledger::ChangeKind::TransferRefused:
      json["outcome"] = outcome_name(CommandKind::CreateTransfers, event.outcome);
      json["transfer"] = fields_to_json(answer.transfers[event.object]);
      break;
  }
  return json;
}

Json totals_to_json(const ledger::LedgerTotals& totals) {
  return {{"ledger", totals.ledger},
          {"accounts", std::to_string(totals.accounts)},
          {"debits_pending", to_decimal(totals.debits_pending)},
          {"debits_posted", to_decimal(totals.debits_posted)},
          {"credits_pending", to_decimal(totals.credits_pending)},
          {"credits_posted", to_decimal(totals.credits_posted)}};
}

Json results_to_json(const Answer& answer) {
  return array_of(answer.results, [&](const ledger::EventResult& result) -> Json {
    return {{"status", outcome_name(answer.kind, result.outcome)},
            {"timestamp", std::to_string(result.timestamp)}};
  });
}

Json server_to_json(const Answer& answer) {
  Json server = Json::object();
  for (const InfoItem& item : answer.server) {
    switch (item.form) {
      case InfoItem::Form::Text: server[item.name] = item.value; break;
      case InfoItem::Form::Number: server[item.name] = std::stoul(item.value); break;
      case InfoItem::Form::Truth: server[item.name] = item.value == "true"; break;
    }
  }
  return server;
}

// What these tell has no place in the order.
bool has_position(CommandKind kind) {
  return kind != CommandKind::Ping && kind != CommandKind::Snapshot && kind != CommandKind::Witness;
}

void add_found(Json& json, const Answer& answer) {
  if (answer.kind == CommandKind::LookupAccounts || answer.kind == CommandKind::QueryAccounts) {
    json["accounts"] = array_of(answer.accounts, object_to_json<ledger::Account>);
  } else {
    json["transfers"] = array_of(answer.transfers, object_to_json<ledger::Transfer>);
    json["statuses"] = array_of(answer.statuses, status_to_json);
  }
}

// A cursor that leads to nothing is not told, so that nobody goes on with it.
void add_page_end(Json& json, const Answer& answer) {
  json["next_cursor"] = answer.more ? Json(cursor_text(answer.next_cursor)) : Json(nullptr);
  json["more"] = answer.more;
}

// Account and balances are null when the account was not there at the end of the period.
void add_statement(Json& json, const Answer& answer) {
  const bool found = !answer.accounts.empty();
  json["account"] = found ? object_to_json(answer.accounts[0]) : Json(nullptr);
  json["opening"] = found ? account_balance_to_json(answer.account_balances[0]) : Json(nullptr);
  json["closing"] = found ? account_balance_to_json(answer.account_balances[1]) : Json(nullptr);
  Json& lines = json[answer.holds ? "holds" : "entries"] = Json::array();
  for (usize i = 0; i < answer.transfers.size(); ++i) {
    Json line = {{"transfer", object_to_json(answer.transfers[i])}};
    if (answer.holds) {
      line["status"] = status_to_json(answer.statuses[i]);
    } else {
      line["balance"] = account_balance_to_json(answer.account_balances[2 + i]);
    }
    lines.push_back(std::move(line));
  }
}

void add_members(Json& json, const Answer& answer) {
  switch (answer.kind) {
    case CommandKind::CreateAccounts:
    case CommandKind::CreateTransfers:
    case CommandKind::ReverseTransfers:
    case CommandKind::UpdateAccounts:
      if (answer.dry_run) json["dry_run"] = true;
      json["results"] = results_to_json(answer);
      if (!answer.balances.empty()) json["balances"] = balances_to_json(answer);
      break;
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers: add_found(json, answer); break;
    case CommandKind::LookupLimits: json["limits"] = array_of(answer.limits, limits_to_json); break;
    case CommandKind::QueryAccounts:
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountTransfers:
      add_found(json, answer);
      add_page_end(json, answer);
      break;
    case CommandKind::GetAccountChanges:
      json["changes"] = array_of(answer.changes, change_to_json);
      add_page_end(json, answer);
      break;
    case CommandKind::GetAccountBalances:
      json["balances"] = array_of(answer.account_balances, account_balance_to_json);
      add_page_end(json, answer);
      break;
    case CommandKind::GetBalanceAt:
      json["balances"] = array_of(answer.account_balances, account_balance_to_json);
      break;
    case CommandKind::GetChangeEvents:
      json["events"] = array_of(answer.change_events, [&](const ledger::ChangeEvent& event) {
        return event_to_json(answer, event);
      });
      // The ledger goes on: so does whoever follows it.
      json["next_cursor"] = cursor_text(answer.next_cursor);
      json["more"] = answer.more;
      break;
    case CommandKind::GetStatement:
      add_statement(json, answer);
      add_page_end(json, answer);
      break;
    case CommandKind::GetTrialBalance:
      json["ledgers"] = array_of(answer.totals, totals_to_json);
      json["more"] = answer.more;
      break;
    case CommandKind::Ping: json["server"] = server_to_json(answer); break;
    case CommandKind::Snapshot: json["snapshot"] = server_to_json(answer); break;
    case CommandKind::Witness: json.update(server_to_json(answer)); break;
  }
}

// Bytes that are not UTF-8 can come in with a line and go out in a message about it.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const Answer& answer) {
  Json json = {{"request", name(answer.kind)}};
  if (has_position(answer.kind)) json["position"] = std::to_string(answer.position.value);
  add_members(json, answer);
  return dump(json);
}

std::string to_json(const Failure& failure) {
  const Json json = {{"error", {{"code", failure.code}, {"message", failure.message}}}};
  return dump(json);
}

std::string to_json(const ledger::Account& account) { return object_to_json(account).dump(); }
std::string to_json(const ledger::Transfer& transfer) { return object_to_json(transfer).dump(); }
std::string to_json(const ledger::AccountUpdate& update) { return object_to_json(update).dump(); }

}  // namespace florin::cli
