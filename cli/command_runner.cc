// Calls the client and copies its answers into the form that JSON and tables are made from.
#include "cli/command_runner.h"

#include <fmt/core.h>

#include "cli/server_items.h"
#include "cli/snapshot_wait.h"
#include "protocol/messages.h"

namespace florin::cli {

namespace {

template <class Results>
void take_results(const Results& results, Answer& answer) {
  answer.position = results.position;
  u32 index = 0;
  for (const auto& result : results.results) {
    answer.results.push_back({.timestamp = result.timestamp.ns,
                              .index = index++,
                              .outcome = static_cast<u32>(result.outcome)});
  }
}

void take_accounts(const client::Accounts& found, Answer& answer) {
  answer.position = found.position;
  for (const auto& account : found.accounts) {
    answer.accounts.push_back(account.value_or(ledger::Account{}));
  }
}

void take_transfers(const client::Transfers& found, Answer& answer) {
  answer.position = found.position;
  for (const client::TransferLookup& lookup : found.transfers) {
    answer.transfers.push_back(lookup.transfer.value_or(ledger::Transfer{}));
    answer.statuses.push_back(lookup.status);
  }
}

void take_created_transfers(const client::TransferResults& results, Answer& answer) {
  take_results(results, answer);
  answer.balances = results.balances;
}

void take_limits(const client::Limits& found, Answer& answer) {
  answer.position = found.position;
  for (const auto& limits : found.limits) {
    answer.limits.push_back(limits.value_or(ledger::AccountLimits{}));
  }
}

template <class Page>
void take_page_end(const Page& page, Answer& answer) {
  answer.position = page.position;
  answer.next_cursor = page.next_cursor;
  answer.more = page.more;
}

void take_account_page(const client::AccountPage& page, Answer& answer) {
  take_page_end(page, answer);
  answer.accounts = page.accounts;
}

void take_transfer_page(const client::TransferPage& page, Answer& answer) {
  take_page_end(page, answer);
  for (const client::ListedTransfer& listed : page.transfers) {
    answer.transfers.push_back(listed.transfer);
    answer.statuses.push_back(listed.status);
  }
}

void take_change_page(const client::AccountChangePage& page, Answer& answer) {
  take_page_end(page, answer);
  answer.changes = page.changes;
}

void take_balance_page(const client::AccountBalancePage& page, Answer& answer) {
  take_page_end(page, answer);
  answer.account_balances = page.balances;
}

void take_balances(const client::AccountBalances& found, Answer& answer) {
  answer.position = found.position;
  for (const auto& balance : found.balances) {
    answer.account_balances.push_back(balance.value_or(ledger::AccountBalance{}));
  }
}

void take_event_page(const client::ChangePage& page, Answer& answer) {
  take_page_end(page, answer);
  answer.change_events = page.events;
  answer.transfers = page.transfers;
  answer.balances = page.balances;
  answer.accounts = page.accounts;
  answer.changes = page.changes;
}

void take_statement_page(const client::StatementPage& page, Answer& answer) {
  take_page_end(page, answer);
  if (!page.account.has_value()) return;
  answer.accounts = {*page.account};
  answer.account_balances = {page.opening, page.closing};
  for (const client::StatementEntry& entry : page.entries) {
    answer.transfers.push_back(entry.transfer);
    answer.account_balances.push_back(entry.balance);
  }
  for (const client::ListedTransfer& hold : page.holds) {
    answer.transfers.push_back(hold.transfer);
    answer.statuses.push_back(hold.status);
  }
}

void take_trial_balance(const client::TrialBalance& balance, Answer& answer) {
  answer.position = balance.position;
  answer.totals = balance.lines;
  answer.more = balance.more;
}

void take_server(const protocol::ServerInfo& info, Answer& answer) {
  answer.server = server_items(info);
}

void take_witness(const protocol::ServerInfo& info, Answer& answer) {
  answer.server = witness_items(info);
}

using Ran = tl::expected<Answer, RunFailure>;

template <class Got, class Take>
Ran answer_from(CommandKind kind, const client::Answer<Got>& got, Take take) {
  if (!got) return tl::unexpected<RunFailure>(run_failure(got.error()));
  Answer answer;
  answer.kind = kind;
  take(*got, answer);
  return answer;
}

Ran create_transfers(client::Client& client, const Command& command) {
  client::TransferOptions options;
  options.conditions = command.conditions;
  options.dry_run = command.dry_run;
  options.balances = command.balances;
  auto answer = answer_from(command.kind, client.create_transfers(command.transfers, options),
                            take_created_transfers);
  if (answer) answer->dry_run = command.dry_run;
  return answer;
}

Ran get_statement(client::Client& client, const Command& command) {
  auto answer =
      answer_from(command.kind, client.get_statement(command.filter), take_statement_page);
  if (answer) answer->holds = (command.filter.flags & ledger::QueryFilter::kHolds) != 0;
  return answer;
}

Ran snapshot(client::Client& client, const SnapshotProgress& progress) {
  const auto info = wait_for_snapshot(client, progress);
  if (!info) return tl::unexpected<RunFailure>(info.error());
  Answer answer;
  answer.kind = CommandKind::Snapshot;
  answer.server = snapshot_items(*info);
  return answer;
}

}  // namespace

RunFailure run_failure(const client::ClientError& error) {
  RunFailure failure;
  failure.failure.code =
      error.code == ErrorCode::Refused ? ledger::name(error.refusal) : error_code_name(error.code);
  failure.failure.message = error.message;
  if (error.effect == client::ClientError::Effect::NotKnown) {
    failure.failure.message +=
        " (whether it took effect is not known: ask again with the same ids)";
  }
  failure.connection_lost =
      error.code == ErrorCode::Disconnected || error.code == ErrorCode::Timeout;
  return failure;
}

tl::expected<Answer, RunFailure> run(client::Client& client, const Command& command,
                                     const SnapshotProgress& progress) {
  const CommandKind kind = command.kind;
  switch (kind) {
    case CommandKind::CreateAccounts:
      return answer_from(kind, client.create_accounts(command.accounts),
                         take_results<client::AccountResults>);
    case CommandKind::CreateTransfers: return create_transfers(client, command);
    case CommandKind::ReverseTransfers:
      return answer_from(kind, client.reverse_transfers(command.reversals), take_created_transfers);
    case CommandKind::UpdateAccounts:
      return answer_from(kind, client.update_accounts(command.updates),
                         take_results<client::UpdateResults>);
    case CommandKind::LookupAccounts:
      return answer_from(kind, client.lookup_accounts(command.ids), take_accounts);
    case CommandKind::LookupTransfers:
      return answer_from(kind, client.lookup_transfers(command.ids), take_transfers);
    case CommandKind::LookupLimits:
      return answer_from(kind, client.lookup_limits(command.ids), take_limits);
    case CommandKind::QueryAccounts:
      return answer_from(kind, client.query_accounts(command.filter), take_account_page);
    case CommandKind::QueryTransfers:
      return answer_from(kind, client.query_transfers(command.filter), take_transfer_page);
    case CommandKind::GetAccountChanges:
      return answer_from(kind, client.get_account_changes(command.filter), take_change_page);
    case CommandKind::GetTrialBalance:
      return answer_from(kind, client.get_trial_balance(command.trial_balance), take_trial_balance);
    case CommandKind::GetAccountTransfers:
      return answer_from(kind, client.get_account_transfers(command.filter), take_transfer_page);
    case CommandKind::GetAccountBalances:
      return answer_from(kind, client.get_account_balances(command.filter), take_balance_page);
    case CommandKind::GetBalanceAt:
      return answer_from(kind, client.get_balance_at(command.ids, command.at), take_balances);
    case CommandKind::GetChangeEvents:
      return answer_from(kind, client.get_change_events(command.filter), take_event_page);
    case CommandKind::GetStatement: return get_statement(client, command);
    case CommandKind::Ping: return answer_from(kind, client.ping(), take_server);
    case CommandKind::Snapshot: return snapshot(client, progress);
    case CommandKind::Witness: return answer_from(kind, client.ping(), take_witness);
  }
  return tl::unexpected<RunFailure>(RunFailure{{"unsupported", "unknown command"}, false});
}

}  // namespace florin::cli
