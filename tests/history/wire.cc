#include "tests/history/wire.h"

#include "base/check.h"

namespace florin::test {

using ledger::Operation;

void encode_request(const ledger::Request& request, u64 number, protocol::ByteBuffer& out) {
  const protocol::RequestLabel label{number, request.trace_id};
  const protocol::TransferOptions options{.conditions = request.all_conditions(),
                                          .dry_run = request.dry_run,
                                          .balances = request.wants_balances};
  switch (request.operation) {
    case Operation::CreateAccounts:
      return protocol::encode_create_accounts(label, request.account_events(), out);
    case Operation::CreateTransfers:
      return protocol::encode_create_transfers(label, request.transfer_events(), options, out);
    case Operation::UpdateAccounts:
      return protocol::encode_update_accounts(label, request.update_events(), out);
    case Operation::LookupAccounts:
      return protocol::encode_lookup_accounts(label, request.ids(), out);
    case Operation::LookupTransfers:
      return protocol::encode_lookup_transfers(label, request.ids(), out);
    case Operation::LookupLimits: return protocol::encode_lookup_limits(label, request.ids(), out);
    case Operation::GetTrialBalance:
      return protocol::encode_get_trial_balance(label, request.trial_balance_filter, out);
    case Operation::QueryAccounts:
    case Operation::QueryTransfers:
    case Operation::GetAccountChanges:
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetChangeEvents:
    case Operation::GetStatement:
      return protocol::encode_query(request.operation, label, request.filter, out);
    case Operation::GetBalanceAt:
      return protocol::encode_get_balance_at(label, request.ids(),
                                             Timestamp{request.filter.timestamp_max}, out);
    case Operation::Tick: CHECK(false);
  }
}

void take_reply(const protocol::Reply& reply, ledger::Request& request) {
  request.refusal = reply.refusal;
  request.refusal_message = reply.refusal_message;
  request.position = reply.position;
  request.timestamp = reply.timestamp;
  request.exceptions.assign(reply.exceptions.begin(), reply.exceptions.end());
  request.accounts.assign(reply.accounts.begin(), reply.accounts.end());
  request.transfers.assign(reply.transfers.begin(), reply.transfers.end());
  request.transfer_statuses.assign(reply.statuses.begin(), reply.statuses.end());
  request.balances.assign(reply.balances.begin(), reply.balances.end());
  request.limits.assign(reply.limits.begin(), reply.limits.end());
  request.changes.assign(reply.changes.begin(), reply.changes.end());
  request.account_balances.assign(reply.account_balances.begin(), reply.account_balances.end());
  request.change_events.assign(reply.change_events.begin(), reply.change_events.end());
  request.totals.assign(reply.totals.begin(), reply.totals.end());
  request.next_cursor = reply.next_cursor;
  request.more = reply.more;
}

}  // namespace florin::test
