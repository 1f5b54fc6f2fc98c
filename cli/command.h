// What a person or a script asks of a server, and what came back, independent of how either was
// written: JSON lines, the interactive grammar and tables are all made from these values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "client/reversal.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/change_event.h"
#include "ledger/condition.h"
#include "ledger/operation.h"
#include "ledger/outcome.h"
#include "ledger/query.h"
#include "ledger/transfer.h"

namespace florin::cli {

enum class CommandKind : u8 {
  CreateAccounts,
  CreateTransfers,
  ReverseTransfers,
  UpdateAccounts,
  LookupAccounts,
  LookupTransfers,
  LookupLimits,
  QueryAccounts,
  QueryTransfers,
  GetAccountChanges,
  GetTrialBalance,
  GetAccountTransfers,
  GetAccountBalances,
  GetBalanceAt,
  GetChangeEvents,
  GetStatement,
  Ping,
  Snapshot,
  Witness,
};

inline constexpr CommandKind kCommandKinds[] = {
    CommandKind::CreateAccounts,
    CommandKind::CreateTransfers,
    CommandKind::ReverseTransfers,
    CommandKind::UpdateAccounts,
    CommandKind::LookupAccounts,
    CommandKind::LookupTransfers,
    CommandKind::LookupLimits,
    CommandKind::QueryAccounts,
    CommandKind::QueryTransfers,
    CommandKind::GetAccountChanges,
    CommandKind::GetTrialBalance,
    CommandKind::GetAccountTransfers,
    CommandKind::GetAccountBalances,
    CommandKind::GetBalanceAt,
    CommandKind::GetChangeEvents,
    CommandKind::GetStatement,
    CommandKind::Ping,
    CommandKind::Snapshot,
    CommandKind::Witness,
};

// The name in JSON, such as "create_accounts".
std::string_view name(CommandKind kind);
std::optional<CommandKind> command_kind(std::string_view name);
// As a person types it: some commands have a second name, kOtherNames.
std::optional<CommandKind> typed_command_kind(std::string_view word);
inline constexpr std::string_view kOtherNames[] = {"trial_balance", "server_info"};
// "create_accounts, create_transfers, …", for messages.
std::string command_names();

// One request. Only the members of its kind are filled.
struct Command {
  CommandKind kind = CommandKind::Ping;
  std::vector<ledger::Account> accounts;
  std::vector<ledger::Transfer> transfers;
  std::vector<ledger::Condition> conditions;  // Of the transfers.
  bool dry_run = false;                       // Likewise, as is the next.
  bool balances = false;
  std::vector<client::Reversal> reversals;
  std::vector<ledger::AccountUpdate> updates;
  std::vector<u128> ids;
  Timestamp at;  // Get_balance_at
  ledger::QueryFilter filter;
  ledger::TrialBalanceFilter trial_balance{.ledger_min = 0, .limit = ledger::kTrialBalanceLinesMax};
};

// One line of the server's description of itself.
struct InfoItem {
  std::string name;
  std::string value;
  // What is written without quotes in JSON: small numbers, and "true" and "false".
  enum class Form : u8 { Text, Number, Truth } form = Form::Text;
};

// The answer to a Command. Only the members of its kind are filled.
struct Answer {
  CommandKind kind = CommandKind::Ping;
  Position position;
  bool dry_run = false;                      // As was asked.
  bool holds = false;                        // Get_statement: as was asked.
  std::vector<ledger::EventResult> results;  // Writes: one for each event, in order.
  // Writes: one for each event, if they were asked for. Changes: one for each of `transfers`.
  std::vector<ledger::TransferBalances> balances;
  // Look-ups: by index of the id; id 0 = not found. Queries: those found. Statements: the account,
  // if it was there; entries or holds.
  std::vector<ledger::Account> accounts;
  std::vector<ledger::Transfer> transfers;
  std::vector<ledger::TransferStatus> statuses;  // One for each of `transfers`, but for entries.
  std::vector<ledger::AccountLimits> limits;     // By index of the id; account 0 = not found.
  std::vector<ledger::AccountChange> changes;
  // At a time: account 0 = none then. Of a statement: opening, closing, then after each entry.
  std::vector<ledger::AccountBalance> account_balances;
  std::vector<ledger::ChangeEvent> change_events;  // Their objects are above.
  std::vector<ledger::LedgerTotals> totals;
  ledger::QueryCursor next_cursor;  // Queries: where the next page begins, if there is `more`.
  bool more = false;                // Queries and trial balance.
  std::vector<InfoItem> server;     // Ping, snapshot, witness.
};

// Why there is no answer, for the person or program that asked.
struct Failure {
  std::string code;     // Such as "invalid_argument", "busy", "disconnected".
  std::string message;  // A sentence.
};

// The outcome of an event of a write, by name.
std::string_view outcome_name(CommandKind kind, u32 outcome);

}  // namespace florin::cli
