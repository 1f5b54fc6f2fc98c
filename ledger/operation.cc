#include "ledger/operation.h"

namespace florin::ledger {

std::string_view name(Operation operation) {
  switch (operation) {
    case Operation::CreateAccounts: return "create_accounts";
    case Operation::CreateTransfers: return "create_transfers";
    case Operation::LookupAccounts: return "lookup_accounts";
    case Operation::LookupTransfers: return "lookup_transfers";
    case Operation::GetTrialBalance: return "get_trial_balance";
  }
  return "unknown";
}

}  // namespace florin::ledger
