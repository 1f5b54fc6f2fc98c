#include "ledger/operation.h"

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/transfer.h"

namespace florin::ledger {

std::string_view name(Operation operation) {
  switch (operation) {
    case Operation::CreateAccounts: return "create_accounts";
    case Operation::CreateTransfers: return "create_transfers";
    case Operation::LookupAccounts: return "lookup_accounts";
    case Operation::LookupTransfers: return "lookup_transfers";
    case Operation::GetTrialBalance: return "get_trial_balance";
    case Operation::UpdateAccounts: return "update_accounts";
    case Operation::LookupLimits: return "lookup_limits";
    case Operation::QueryAccounts: return "query_accounts";
    case Operation::QueryTransfers: return "query_transfers";
    case Operation::GetAccountChanges: return "get_account_changes";
    case Operation::Tick: return "tick";
    case Operation::GetAccountTransfers: return "get_account_transfers";
    case Operation::GetAccountBalances: return "get_account_balances";
    case Operation::GetBalanceAt: return "get_balance_at";
    case Operation::GetChangeEvents: return "get_change_events";
    case Operation::GetStatement: return "get_statement";
  }
  return "unknown";
}

usize event_bytes(Operation operation) {
  switch (operation) {
    case Operation::CreateAccounts: return sizeof(Account);
    case Operation::CreateTransfers: return sizeof(Transfer);
    case Operation::UpdateAccounts: return sizeof(AccountUpdate);
    case Operation::LookupAccounts:
    case Operation::LookupTransfers:
    case Operation::LookupLimits:
    case Operation::GetBalanceAt: return sizeof(u128);
    case Operation::GetTrialBalance:
    case Operation::QueryAccounts:
    case Operation::QueryTransfers:
    case Operation::GetAccountChanges:
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetChangeEvents:
    case Operation::GetStatement:
    case Operation::Tick: return 0;
  }
  return 0;
}

}  // namespace florin::ledger
