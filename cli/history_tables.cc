#include "cli/history_tables.h"

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/fields.h"
#include "cli/object_tables.h"
#include "cli/typed_amount.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

using ledger::AccountBalance;
using ledger::ChangeEvent;

std::string time_or_none(u64 timestamp) { return timestamp == 0 ? "" : time_text({timestamp}); }

std::string id_or_none(u128 id) { return id == 0 ? "" : florin::to_decimal(id); }

Table balance_table() {
  return Table({{"account", Align::Right},
                {"debits pending", Align::Right, true},
                {"debits posted", Align::Right},
                {"credits pending", Align::Right, true},
                {"credits posted", Align::Right},
                {"by transfer", Align::Right, true},
                {"position", Align::Right, true},
                {"since", Align::Left, true}});
}

void add_balance(Table& table, const AccountBalance& balance, const money::LedgerNames& names) {
  const auto money = [&](u128 amount) { return money_text(amount, balance.ledger, names); };
  const auto if_any = [&](u128 amount) { return amount == 0 ? "" : money(amount); };
  table.add({{florin::to_decimal(balance.account_id), Tone::Strong},
             if_any(balance.debits_pending),
             money(balance.debits_posted),
             if_any(balance.credits_pending),
             money(balance.credits_posted),
             id_or_none(balance.transfer_id),
             place_text(balance.position, balance.index),
             {time_or_none(balance.timestamp), Tone::Faint}});
}

Table event_table() {
  return Table({{"place", Align::Right},
                {"change"},
                {"id", Align::Right},
                {"debit account", Align::Right, true},
                {"credit account", Align::Right, true},
                {"amount", Align::Right, true},
                {"pending id", Align::Right, true},
                {"hold", Align::Left, true},
                {"released", Align::Right, true},
                {"remaining", Align::Right, true},
                {"what", Align::Left, true},
                {"time"}});
}

void add_transfer(Table& table, const ChangeEvent& event, const ledger::Transfer& transfer,
                  std::string what, const money::LedgerNames& names) {
  const auto if_any = [&](u128 amount) {
    return amount == 0 ? "" : money_text(amount, transfer.ledger, names);
  };
  table.add({place_text(event.position, event.index),
             std::string(change_kind_name(event.kind)),
             {florin::to_decimal(transfer.id), Tone::Strong},
             florin::to_decimal(transfer.debit_account_id),
             florin::to_decimal(transfer.credit_account_id),
             money_text(transfer.amount, transfer.ledger, names),
             id_or_none(transfer.pending_id),
             std::string(pending_status_name(ledger::PendingStatus{event.pending_status})),
             if_any(event.released),
             if_any(event.remaining),
             std::move(what),
             {time_text({event.timestamp}), Tone::Faint}});
}

// Why it was refused, and what it was asked to be.
std::string refusal_text(const ChangeEvent& event, const ledger::Transfer& transfer) {
  const std::string flags = flags_text(transfer.flags, schema<ledger::Transfer>().flags);
  return fmt::format("{}{}{}", outcome_name(CommandKind::CreateTransfers, event.outcome),
                     flags.empty() ? "" : ", ", flags);
}

void add_account_change(Table& table, const ChangeEvent& event, u128 account, std::string what) {
  table.add({place_text(event.position, event.index),
             std::string(change_kind_name(event.kind)),
             {florin::to_decimal(account), Tone::Strong},
             "",
             "",
             "",
             "",
             "",
             "",
             "",
             std::move(what),
             {time_text({event.timestamp}), Tone::Faint}});
}

std::string account_text(const ledger::Account& account) {
  const std::string flags = flags_text(account.flags, schema<ledger::Account>().flags);
  return fmt::format("ledger {}, code {}{}{}", account.ledger, account.code,
                     flags.empty() ? "" : ", ", flags);
}

void add_event(Table& table, const Answer& answer, const ChangeEvent& event,
               const money::LedgerNames& names) {
  switch (static_cast<ledger::ChangeKind>(event.kind)) {
    case ledger::ChangeKind::AccountCreated: {
      const ledger::Account& account = answer.accounts[event.object];
      return add_account_change(table, event, account.id, account_text(account));
    }
    case ledger::ChangeKind::AccountUpdated: {
      const ledger::AccountUpdate& update = answer.changes[event.object].update;
      return add_account_change(table, event, update.account_id, changes_text(update));
    }
    case ledger::ChangeKind::TransferCreated:
    case ledger::ChangeKind::HoldExpired: {
      const ledger::Transfer& transfer = answer.transfers[event.object];
      return add_transfer(table, event, transfer,
                          flags_text(transfer.flags, schema<ledger::Transfer>().flags), names);
    }
    case ledger::ChangeKind::TransferRefused: {
      const ledger::Transfer& transfer = answer.transfers[event.object];
      return add_transfer(table, event, transfer, refusal_text(event, transfer), names);
    }
  }
}

Table entry_table() {
  return Table({{"time"},
                {"transfer", Align::Right},
                {"other account", Align::Right},
                {"debit", Align::Right, true},
                {"credit", Align::Right, true},
                {"debits pending", Align::Right, true},
                {"debits posted", Align::Right},
                {"credits pending", Align::Right, true},
                {"credits posted", Align::Right}});
}

// What stands first in the row of a balance: of an entry, or of an end of the period.
struct EntryCells {
  std::string time;
  Table::Cell transfer;
  std::string other_account;
  std::string debit;
  std::string credit;
};

void add_statement_row(Table& table, EntryCells entry, const AccountBalance& balance,
                       const money::LedgerNames& names) {
  const auto money = [&](u128 amount) { return money_text(amount, balance.ledger, names); };
  const auto if_any = [&](u128 amount) { return amount == 0 ? "" : money(amount); };
  table.add({{std::move(entry.time), Tone::Faint},
             std::move(entry.transfer),
             std::move(entry.other_account),
             std::move(entry.debit),
             std::move(entry.credit),
             if_any(balance.debits_pending),
             money(balance.debits_posted),
             if_any(balance.credits_pending),
             money(balance.credits_posted)});
}

std::string render_entries(const Answer& answer, Colour colour, const money::LedgerNames& names) {
  const u128 account = answer.accounts[0].id;
  Table table = entry_table();
  add_statement_row(table, {"", {"opening", Tone::Strong}, "", "", ""}, answer.account_balances[0],
                    names);
  for (usize i = 0; i < answer.transfers.size(); ++i) {
    const ledger::Transfer& entry = answer.transfers[i];
    const bool debited = entry.debit_account_id == account;
    const u128 other = debited ? entry.credit_account_id : entry.debit_account_id;
    const std::string amount = money_text(entry.amount, entry.ledger, names);
    add_statement_row(table,
                      {time_text({entry.timestamp}), florin::to_decimal(entry.id),
                       florin::to_decimal(other), debited ? amount : "", debited ? "" : amount},
                      answer.account_balances[2 + i], names);
  }
  add_statement_row(table, {"", {"closing", Tone::Strong}, "", "", ""}, answer.account_balances[1],
                    names);
  return table.render(colour);
}

std::string render_holds(const Answer& answer, Colour colour, const money::LedgerNames& names) {
  const u128 account = answer.accounts[0].id;
  Table table({{"time"},
               {"transfer", Align::Right},
               {"other account", Align::Right},
               {"amount", Align::Right},
               {"debits pending", Align::Right, true},
               {"credits pending", Align::Right, true},
               {"expires at", Align::Left, true}});
  for (usize i = 0; i < answer.transfers.size(); ++i) {
    const ledger::Transfer& hold = answer.transfers[i];
    const bool debited = hold.debit_account_id == account;
    const u128 other = debited ? hold.credit_account_id : hold.debit_account_id;
    const std::string remaining = money_text(answer.statuses[i].remaining, hold.ledger, names);
    table.add({{time_text({hold.timestamp}), Tone::Faint},
               {florin::to_decimal(hold.id), Tone::Strong},
               florin::to_decimal(other),
               money_text(hold.amount, hold.ledger, names),
               debited ? remaining : "",
               debited ? "" : remaining,
               {time_or_none(answer.statuses[i].expires_at), Tone::Faint}});
  }
  const AccountBalance& closing = answer.account_balances[1];
  return (table.empty() ? "" : table.render(colour)) +
         fmt::format("on hold at the end: debits {}, credits {}\n",
                     money_text(closing.debits_pending, closing.ledger, names),
                     money_text(closing.credits_pending, closing.ledger, names));
}

}  // namespace

std::string render_statement(const Answer& answer, Colour colour, const money::LedgerNames& names) {
  if (answer.accounts.empty()) return "there was no such account at the end of the period\n";
  const std::string lines =
      answer.holds ? render_holds(answer, colour, names) : render_entries(answer, colour, names);
  return lines + render_page_end(answer, answer.transfers.size());
}

std::string render_account_balances(const Answer& answer, Colour colour,
                                    const money::LedgerNames& names) {
  Table table = balance_table();
  for (const AccountBalance& balance : answer.account_balances) add_balance(table, balance, names);
  return (table.empty() ? "" : table.render(colour)) +
         render_page_end(answer, answer.account_balances.size());
}

std::string render_balances_at(const Command& command, const Answer& answer, Colour colour,
                               const money::LedgerNames& names) {
  Table table = balance_table();
  std::vector<u128> missing;
  for (usize i = 0; i < answer.account_balances.size(); ++i) {
    if (answer.account_balances[i].account_id != 0) {
      add_balance(table, answer.account_balances[i], names);
    } else {
      missing.push_back(command.ids.at(i));
    }
  }
  return (table.empty() ? "" : table.render(colour)) + render_not_found(missing, colour);
}

std::string render_change_events(const Answer& answer, Colour colour,
                                 const money::LedgerNames& names) {
  Table table = event_table();
  for (const ChangeEvent& event : answer.change_events) add_event(table, answer, event, names);
  return (table.empty() ? "" : table.render(colour)) +
         fmt::format("{} shown{}; go on with from={}\n", answer.change_events.size(),
                     answer.more ? "" : ", and no more yet", cursor_text(answer.next_cursor));
}

}  // namespace florin::cli
