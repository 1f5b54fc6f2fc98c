// Names of commands and of their outcomes.
#include "cli/command.h"

namespace florin::cli {

std::string_view name(CommandKind kind) {
  switch (kind) {
    case CommandKind::CreateAccounts: return "create_accounts";
    case CommandKind::CreateTransfers: return "create_transfers";
    case CommandKind::LookupAccounts: return "lookup_accounts";
    case CommandKind::LookupTransfers: return "lookup_transfers";
    case CommandKind::GetTrialBalance: return "get_trial_balance";
    case CommandKind::Ping: return "ping";
  }
  return "unknown";
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

std::string_view outcome_name(CommandKind kind, u32 outcome) {
  if (kind == CommandKind::CreateAccounts) {
    const auto known = ledger::account_outcome(outcome);
    return known ? ledger::name(*known) : "unknown";
  }
  const auto known = ledger::transfer_outcome(outcome);
  return known ? ledger::name(*known) : "unknown";
}

}  // namespace florin::cli
