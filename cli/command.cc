// Names of commands and of their outcomes.
#include "cli/command.h"

namespace florin::cli {

std::string_view name(CommandKind kind) {
  switch (kind) {
    case CommandKind::CreateAccounts: return "create_accounts";
    case CommandKind::CreateTransfers: return "create_transfers";
    case CommandKind::ReverseTransfers: return "reverse_transfers";
    case CommandKind::UpdateAccounts: return "update_accounts";
    case CommandKind::LookupAccounts: return "lookup_accounts";
    case CommandKind::LookupTransfers: return "lookup_transfers";
    case CommandKind::LookupLimits: return "lookup_limits";
    case CommandKind::QueryAccounts: return "query_accounts";
    case CommandKind::QueryTransfers: return "query_transfers";
    case CommandKind::GetAccountChanges: return "get_account_changes";
    case CommandKind::GetTrialBalance: return "get_trial_balance";
    case CommandKind::GetAccountTransfers: return "get_account_transfers";
    case CommandKind::GetAccountBalances: return "get_account_balances";
    case CommandKind::GetBalanceAt: return "get_balance_at";
    case CommandKind::GetChangeEvents: return "get_change_events";
    case CommandKind::GetStatement: return "get_statement";
    case CommandKind::Ping: return "ping";
    case CommandKind::Snapshot: return "snapshot";
    case CommandKind::Witness: return "witness";
  }
  return "unknown";
}

std::optional<CommandKind> typed_command_kind(std::string_view word) {
  if (word == "trial_balance") return CommandKind::GetTrialBalance;
  if (word == "server_info") return CommandKind::Ping;
  return command_kind(word);
}

std::optional<CommandKind> command_kind(std::string_view text) {
  for (const CommandKind kind : kCommandKinds) {
    if (name(kind) == text) return kind;
  }
  return std::nullopt;
}

std::string command_names() {
  std::string names;
  for (const CommandKind kind : kCommandKinds) {
    if (!names.empty()) names += ", ";
    names += name(kind);
  }
  return names;
}

namespace {

template <class Outcome>
std::string_view name_of(const std::optional<Outcome>& known) {
  return known ? ledger::name(*known) : "unknown";
}

}  // namespace

std::string_view outcome_name(CommandKind kind, u32 outcome) {
  if (kind == CommandKind::CreateAccounts) return name_of(ledger::account_outcome(outcome));
  if (kind == CommandKind::UpdateAccounts) return name_of(ledger::update_outcome(outcome));
  return name_of(ledger::transfer_outcome(outcome));
}

}  // namespace florin::cli
