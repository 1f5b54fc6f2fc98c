// One table for each kind of answer. Columns that say nothing are left out.
#include "cli/answer_text.h"

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"
#include "cli/fields.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

constexpr u32 kCreated = 1;  // The number of `created` in both lists of outcomes.

static_assert(static_cast<u32>(ledger::AccountOutcome::Created) == kCreated);
static_assert(static_cast<u32>(ledger::TransferOutcome::Created) == kCreated);

bool is_success(CommandKind kind, u32 outcome) {
  if (outcome == kCreated) return true;
  return kind == CommandKind::CreateAccounts
             ? outcome == static_cast<u32>(ledger::AccountOutcome::Exists)
             : outcome == static_cast<u32>(ledger::TransferOutcome::Exists);
}

template <class Object>
std::string flags_text(u16 flags) {
  std::string text;
  for (const FlagName& flag : flag_names<Object>()) {
    if ((flags & flag.bit) == 0) continue;
    if (!text.empty()) text += '|';
    text += flag.name;
    flags = static_cast<u16>(flags & ~flag.bit);
  }
  if (flags != 0) text += fmt::format("{}0x{:x}", text.empty() ? "" : "|", flags);
  return text;
}

template <class Object>
std::string render_results(const std::vector<Object>& events, const Answer& answer, Colour colour) {
  CHECK(events.size() == answer.results.size());
  Table table({{"id", Align::Right}, {"status"}, {"time"}});
  usize created = 0;
  for (usize i = 0; i < events.size(); ++i) {
    const ledger::EventResult& result = answer.results[i];
    created += result.outcome == kCreated ? 1 : 0;
    const Tone tone = is_success(answer.kind, result.outcome) ? Tone::Good : Tone::Bad;
    table.add({florin::to_decimal(events[i].id),
               {std::string(outcome_name(answer.kind, result.outcome)), tone},
               {time_text({result.timestamp}), Tone::Faint}});
  }
  return table.render(colour) + fmt::format("{} of {} created, position {}\n", created,
                                            events.size(), answer.position.value);
}

std::string render_not_found(const std::vector<u128>& ids, const std::vector<bool>& found,
                             Colour colour) {
  std::string missing;
  for (usize i = 0; i < ids.size(); ++i) {
    if (!found[i]) missing += (missing.empty() ? "" : ", ") + florin::to_decimal(ids[i]);
  }
  if (missing.empty()) return "";
  return fmt::format("{} {}\n", toned(colour, Tone::Bad, "not found:"), missing);
}

std::string render_accounts(const Command& command, const Answer& answer, Colour colour) {
  Table table({{"id", Align::Right},
               {"ledger", Align::Right},
               {"code", Align::Right},
               {"debits pending", Align::Right, true},
               {"debits posted", Align::Right},
               {"credits pending", Align::Right, true},
               {"credits posted", Align::Right},
               {"user data 128", Align::Right, true},
               {"user data 64", Align::Right, true},
               {"user data 32", Align::Right, true},
               {"flags", Align::Left, true},
               {"created"}});
  std::vector<bool> found;
  for (const ledger::Account& account : answer.accounts) {
    found.push_back(account.id != 0);
    if (account.id == 0) continue;
    table.add({{florin::to_decimal(account.id), Tone::Strong},
               std::to_string(account.ledger),
               std::to_string(account.code),
               with_thousands(account.debits_pending),
               with_thousands(account.debits_posted),
               with_thousands(account.credits_pending),
               with_thousands(account.credits_posted),
               florin::to_decimal(account.user_data_128),
               std::to_string(account.user_data_64),
               std::to_string(account.user_data_32),
               flags_text<ledger::Account>(account.flags),
               {time_text({account.timestamp}), Tone::Faint}});
  }
  return (table.empty() ? "" : table.render(colour)) + render_not_found(command.ids, found, colour);
}

void add_transfer(Table& table, const ledger::Transfer& transfer, u128 id, std::string_view outcome,
                  Tone tone) {
  if (transfer.id == 0) {
    table.add({{florin::to_decimal(id), Tone::Strong},
               {std::string(outcome), tone},
               "",
               "",
               "",
               "",
               "",
               "",
               "",
               "",
               "",
               "",
               ""});
    return;
  }
  table.add({{florin::to_decimal(transfer.id), Tone::Strong},
             {std::string(outcome), tone},
             florin::to_decimal(transfer.debit_account_id),
             florin::to_decimal(transfer.credit_account_id),
             with_thousands(transfer.amount),
             std::to_string(transfer.ledger),
             std::to_string(transfer.code),
             florin::to_decimal(transfer.pending_id),
             florin::to_decimal(transfer.user_data_128),
             std::to_string(transfer.user_data_64),
             std::to_string(transfer.user_data_32),
             flags_text<ledger::Transfer>(transfer.flags),
             {time_text({transfer.timestamp}), Tone::Faint}});
}

std::string render_transfers(const Command& command, const Answer& answer, Colour colour) {
  CHECK(answer.transfers.size() == command.ids.size());
  CHECK(answer.outcomes.size() == command.ids.size());
  Table table({{"id", Align::Right},
               {"outcome"},
               {"debit account", Align::Right, true},
               {"credit account", Align::Right, true},
               {"amount", Align::Right},
               {"ledger", Align::Right, true},
               {"code", Align::Right, true},
               {"pending id", Align::Right, true},
               {"user data 128", Align::Right, true},
               {"user data 64", Align::Right, true},
               {"user data 32", Align::Right, true},
               {"flags", Align::Left, true},
               {"created", Align::Left, true}});
  std::vector<bool> found;
  for (usize i = 0; i < command.ids.size(); ++i) {
    const ledger::TransferOutcome outcome = answer.outcomes[i];
    found.push_back(outcome != ledger::TransferOutcome::Undecided);
    const Tone tone = outcome == ledger::TransferOutcome::Created ? Tone::Good : Tone::Bad;
    if (found.back()) {
      add_transfer(table, answer.transfers[i], command.ids[i], ledger::name(outcome), tone);
    }
  }
  return (table.empty() ? "" : table.render(colour)) + render_not_found(command.ids, found, colour);
}

std::string render_totals(const Answer& answer, Colour colour) {
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
    table.add({{std::to_string(totals.ledger), Tone::Strong},
               with_thousands(u128{totals.accounts}),
               with_thousands(to_decimal(totals.debits_pending)),
               with_thousands(to_decimal(totals.credits_pending)),
               with_thousands(to_decimal(totals.debits_posted)),
               with_thousands(to_decimal(totals.credits_posted)),
               {balanced ? "yes" : "NO", balanced ? Tone::Good : Tone::Bad}});
  }
  std::string text = table.empty() ? "no accounts yet\n" : table.render(colour);
  if (answer.more_totals) text += "further ledgers follow: ask again with ledger_min\n";
  return text;
}

std::string render_server(const Answer& answer, Colour colour) {
  Table table({{"server"}, {"value"}});
  for (const InfoItem& item : answer.server) table.add({item.name, item.value});
  return table.render(colour);
}

}  // namespace

std::string render_answer(const Command& command, const Answer& answer, Colour colour) {
  switch (answer.kind) {
    case CommandKind::CreateAccounts: return render_results(command.accounts, answer, colour);
    case CommandKind::CreateTransfers: return render_results(command.transfers, answer, colour);
    case CommandKind::LookupAccounts: return render_accounts(command, answer, colour);
    case CommandKind::LookupTransfers: return render_transfers(command, answer, colour);
    case CommandKind::GetTrialBalance: return render_totals(answer, colour);
    case CommandKind::Ping: return render_server(answer, colour);
  }
  return "";
}

std::string render_failure(const Failure& failure, Colour colour) {
  return fmt::format("{} ({}): {}\n", toned(colour, Tone::Bad, "error"), failure.code,
                     failure.message);
}

}  // namespace florin::cli
