// What came of writes, sums and the server; the tables of objects are elsewhere.
#include "cli/answer_text.h"

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"
#include "cli/history_tables.h"
#include "cli/json_writer.h"
#include "cli/object_tables.h"
#include "cli/typed_amount.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

// What was there already is as good as created.
bool is_success(std::string_view outcome) { return outcome == "created" || outcome == "exists"; }

void add_balances(Table& table, const ledger::Transfer& event,
                  const ledger::TransferBalances& after, const money::LedgerNames& names) {
  const auto money = [&](u128 amount) { return money_text(amount, event.ledger, names); };
  const auto if_any = [&](u128 amount) { return amount == 0 ? "" : money(amount); };
  table.add({{florin::to_decimal(event.id), Tone::Strong},
             "debit",
             florin::to_decimal(event.debit_account_id),
             if_any(after.debit_account_debits_pending),
             money(after.debit_account_debits_posted),
             if_any(after.debit_account_credits_pending),
             money(after.debit_account_credits_posted)});
  table.add({"", "credit", florin::to_decimal(event.credit_account_id),
             if_any(after.credit_account_debits_pending), money(after.credit_account_debits_posted),
             if_any(after.credit_account_credits_pending),
             money(after.credit_account_credits_posted)});
}

std::string render_balances(const std::vector<ledger::Transfer>& events, const Answer& answer,
                            Colour colour, const money::LedgerNames& names) {
  if (answer.balances.empty()) return "";
  CHECK(events.size() == answer.balances.size());
  Table table({{"id", Align::Right},
               {"side"},
               {"account", Align::Right, true},
               {"debits pending", Align::Right, true},
               {"debits posted", Align::Right},
               {"credits pending", Align::Right, true},
               {"credits posted", Align::Right}});
  for (usize i = 0; i < events.size(); ++i) {
    if (answer.results[i].outcome == ledger::kCreated) {
      add_balances(table, events[i], answer.balances[i], names);
    }
  }
  return table.empty() ? "" : "after each event:\n" + table.render(colour);
}

template <class Event>
std::string render_results(const std::vector<Event>& events, const Answer& answer, Colour colour) {
  CHECK(events.size() == answer.results.size());
  Table table({{"id", Align::Right}, {"status"}, {"time"}});
  usize created = 0;
  for (usize i = 0; i < events.size(); ++i) {
    const ledger::EventResult& result = answer.results[i];
    created += result.outcome == ledger::kCreated ? 1 : 0;
    const std::string_view outcome = outcome_name(answer.kind, result.outcome);
    table.add({florin::to_decimal(events[i].id),
               {std::string(outcome), is_success(outcome) ? Tone::Good : Tone::Bad},
               {time_text({result.timestamp}), Tone::Faint}});
  }
  return table.render(colour) + fmt::format("{} of {} {}created, position {}\n", created,
                                            events.size(), answer.dry_run ? "would be " : "",
                                            answer.position.value);
}

std::string render_totals(const Answer& answer, Colour colour, const money::LedgerNames& names) {
  Table table({{"ledger", Align::Right},
               {"accounts", Align::Right},
               {"debits pending", Align::Right, true},
               {"credits pending", Align::Right, true},
               {"debits posted", Align::Right},
               {"credits posted", Align::Right},
               {"balanced"}});
  for (const ledger::LedgerTotals& totals : answer.totals) {
    const bool balanced = totals.debits_pending == totals.credits_pending &&
                          totals.debits_posted == totals.credits_posted;
    const auto money = [&](const ledger::WideSum& sum) {
      return money_text(sum, totals.ledger, names);
    };
    const auto if_any = [&](const ledger::WideSum& sum) {
      return sum == ledger::WideSum{} ? "" : money(sum);
    };
    table.add({{std::to_string(totals.ledger), Tone::Strong},
               with_thousands(u128{totals.accounts}),
               if_any(totals.debits_pending),
               if_any(totals.credits_pending),
               money(totals.debits_posted),
               money(totals.credits_posted),
               {balanced ? "yes" : "NO", balanced ? Tone::Good : Tone::Bad}});
  }
  std::string text = table.empty() ? "no accounts yet\n" : table.render(colour);
  if (answer.more) text += "further ledgers follow: ask again with ledger_min\n";
  return text;
}

std::string render_server(const Answer& answer, Colour colour) {
  Table table({{"server"}, {"value"}});
  for (const InfoItem& item : answer.server) table.add({item.name, item.value});
  return table.render(colour);
}

}  // namespace

std::string render_answer(const Command& command, const Answer& answer, Colour colour,
                          const money::LedgerNames& names) {
  switch (answer.kind) {
    case CommandKind::CreateAccounts: return render_results(command.accounts, answer, colour);
    case CommandKind::CreateTransfers:
      return render_results(command.transfers, answer, colour) +
             render_balances(command.transfers, answer, colour, names);
    case CommandKind::ReverseTransfers: return render_results(command.reversals, answer, colour);
    case CommandKind::UpdateAccounts: return render_results(command.updates, answer, colour);
    case CommandKind::LookupAccounts:
    case CommandKind::QueryAccounts: return render_accounts(command, answer, colour, names);
    case CommandKind::LookupTransfers:
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountTransfers: return render_transfers(command, answer, colour, names);
    case CommandKind::LookupLimits: return render_limits(command, answer, colour);
    case CommandKind::GetAccountChanges: return render_changes(answer, colour);
    case CommandKind::GetAccountBalances: return render_account_balances(answer, colour, names);
    case CommandKind::GetBalanceAt: return render_balances_at(command, answer, colour, names);
    case CommandKind::GetChangeEvents: return render_change_events(answer, colour, names);
    case CommandKind::GetStatement: return render_statement(answer, colour, names);
    case CommandKind::GetTrialBalance: return render_totals(answer, colour, names);
    case CommandKind::Ping:
    case CommandKind::Snapshot: return render_server(answer, colour);
    case CommandKind::Witness: return to_json(answer) + "\n";  // It goes into a file.
  }
  return "";
}

std::string render_failure(const Failure& failure, Colour colour) {
  return fmt::format("{} ({}): {}\n", toned(colour, Tone::Bad, "error"), failure.code,
                     failure.message);
}

}  // namespace florin::cli
