// What a person or a script asks of a server, and what came back, independent of how either was
// written: JSON lines, the interactive grammar and tables are all made from these values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "ledger/account.h"
#include "ledger/operation.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::cli {

enum class CommandKind : u8 {
  CreateAccounts,
  CreateTransfers,
  LookupAccounts,
  LookupTransfers,
  GetTrialBalance,
  Ping,
};

inline constexpr CommandKind kCommandKinds[] = {
    CommandKind::CreateAccounts,  CommandKind::CreateTransfers, CommandKind::LookupAccounts,
    CommandKind::LookupTransfers, CommandKind::GetTrialBalance, CommandKind::Ping,
};

// The name in JSON, such as "create_accounts".
std::string_view name(CommandKind kind);
std::optional<CommandKind> command_kind(std::string_view name);
// "create_accounts, create_transfers, …", for messages.
std::string command_names();

// One request. Only the members of its kind are filled.
struct Command {
  CommandKind kind = CommandKind::Ping;
  std::vector<ledger::Account> accounts;
  std::vector<ledger::Transfer> transfers;
  std::vector<u128> ids;
  ledger::TrialBalanceFilter filter{.ledger_min = 0, .limit = ledger::kTrialBalanceLinesMax};
};

// One line of the server's description of itself.
struct InfoItem {
  std::string name;
  std::string value;
  bool is_number = false;  // A small number, written without quotes in JSON.
};

// The answer to a Command. Only the members of its kind are filled.
struct Answer {
  CommandKind kind = CommandKind::Ping;
  Position position;
  std::vector<ledger::EventResult> results;       // Creations: one for each event, in order.
  std::vector<ledger::Account> accounts;          // Look-ups: by index of the id; id 0 = not found.
  std::vector<ledger::Transfer> transfers;        // Likewise.
  std::vector<ledger::TransferOutcome> outcomes;  // Of the transfers; Undecided = never seen.
  std::vector<ledger::LedgerTotals> totals;
  bool more_totals = false;
  std::vector<InfoItem> server;
};

// Why there is no answer, for the person or program that asked.
struct Failure {
  std::string code;     // Such as "invalid_argument", "busy", "disconnected".
  std::string message;  // A sentence.
};

// The outcome of an event of a creation, by name.
std::string_view outcome_name(CommandKind kind, u32 outcome);

}  // namespace florin::cli
