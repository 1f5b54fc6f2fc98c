#include "cli/object_tables.h"

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"
#include "cli/fields.h"
#include "cli/typed_amount.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

std::string optional_time(u64 timestamp) { return timestamp == 0 ? "" : time_text({timestamp}); }

std::string rendered(const Table& table, Colour colour) {
  return table.empty() ? "" : table.render(colour);
}

void add_account(Table& table, const ledger::Account& account, const money::LedgerNames& names) {
  const auto money = [&](u128 amount) { return money_text(amount, account.ledger, names); };
  table.add({{florin::to_decimal(account.id), Tone::Strong},
             std::to_string(account.ledger),
             std::to_string(account.code),
             account.debits_pending == 0 ? "" : money(account.debits_pending),
             money(account.debits_posted),
             account.credits_pending == 0 ? "" : money(account.credits_pending),
             money(account.credits_posted),
             florin::to_decimal(account.user_data_128),
             std::to_string(account.user_data_64),
             std::to_string(account.user_data_32),
             flags_text(account.flags, schema<ledger::Account>().flags),
             {time_text({account.timestamp}), Tone::Faint}});
}

// A transfer that is not there is a refusal that has consumed the id.
void add_transfer(Table& table, u128 id, const ledger::Transfer& transfer,
                  const ledger::TransferStatus& status, const money::LedgerNames& names) {
  const auto outcome = ledger::TransferOutcome{status.outcome};
  const bool created = outcome == ledger::TransferOutcome::Created;
  const bool held = ledger::PendingStatus{status.pending_status} == ledger::PendingStatus::Pending;
  const auto if_created = [&](std::string text) { return created ? std::move(text) : ""; };
  table.add({{florin::to_decimal(id), Tone::Strong},
             {std::string(ledger::name(outcome)), created ? Tone::Good : Tone::Bad},
             if_created(florin::to_decimal(transfer.debit_account_id)),
             if_created(florin::to_decimal(transfer.credit_account_id)),
             if_created(money_text(transfer.amount, transfer.ledger, names)),
             if_created(std::to_string(transfer.ledger)),
             if_created(std::to_string(transfer.code)),
             if_created(florin::to_decimal(transfer.pending_id)),
             if_created(std::to_string(transfer.timeout)),
             if_created(florin::to_decimal(transfer.user_data_128)),
             if_created(std::to_string(transfer.user_data_64)),
             if_created(std::to_string(transfer.user_data_32)),
             if_created(flags_text(transfer.flags, schema<ledger::Transfer>().flags)),
             std::string(pending_status_name(ledger::PendingStatus{status.pending_status})),
             held ? money_text(status.remaining, transfer.ledger, names) : "",
             optional_time(status.expires_at),
             status.reversed != 0 ? "yes" : "",
             {if_created(time_text({transfer.timestamp})), Tone::Faint}});
}

// "2,500 of 100,000".
std::string use_text(u128 used, u128 limit, u128 any) {
  return fmt::format("{} of {}", with_thousands(used),
                     limit == any ? std::string("any") : with_thousands(limit));
}

constexpr u128 kAnyCount = ~u32{0};

void add_limits(Table& table, const ledger::AccountLimits& limits) {
  using ledger::AccountLimits;
  const auto if_set = [&](u32 bit, std::string text) {
    return (limits.set & bit) != 0 ? std::move(text) : "";
  };
  const u32 velocity = AccountLimits::kVelocity;
  table.add(
      {{florin::to_decimal(limits.account_id), Tone::Strong},
       if_set(AccountLimits::kOverdraft, with_thousands(limits.overdraft_limit)),
       if_set(AccountLimits::kBalance, with_thousands(limits.balance_limit)),
       if_set(AccountLimits::kTransfer, with_thousands(limits.transfer_limit)),
       if_set(velocity, use_text(limits.velocity_sum_used, limits.velocity_sum_limit, kU128Max)),
       if_set(velocity,
              use_text(limits.velocity_count_used, limits.velocity_count_limit, kAnyCount)),
       if_set(velocity, duration_text(limits.velocity_window)),
       {optional_time(limits.timestamp), Tone::Faint}});
}

std::string velocity_text(const ledger::AccountUpdate& update) {
  std::string bounds;
  if (update.velocity_sum_limit != kU128Max) bounds = with_thousands(update.velocity_sum_limit);
  if (update.velocity_count_limit != kAnyCount) {
    bounds += fmt::format("{}{} debits", bounds.empty() ? "" : " and ",
                          with_thousands(u128{update.velocity_count_limit}));
  }
  return fmt::format("{} in {}", bounds.empty() ? "any" : bounds,
                     duration_text(update.velocity_window));
}

}  // namespace

std::string flags_text(u32 flags, std::span<const FlagName> known) {
  std::string text;
  for (const FlagName& flag : known) {
    if ((flags & flag.bit) == 0) continue;
    if (!text.empty()) text += '|';
    text += flag.name;
    flags &= ~flag.bit;
  }
  if (flags != 0) text += fmt::format("{}0x{:x}", text.empty() ? "" : "|", flags);
  return text;
}

std::string render_not_found(const std::vector<u128>& missing, Colour colour) {
  if (missing.empty()) return "";
  std::string ids;
  for (const u128 id : missing) ids += (ids.empty() ? "" : ", ") + florin::to_decimal(id);
  return fmt::format("{} {}\n", toned(colour, Tone::Bad, "not found:"), ids);
}

std::string render_page_end(const Answer& answer, usize shown) {
  if (!answer.more) return fmt::format("{} shown, and no more\n", shown);
  return fmt::format("{} shown; go on with cursor={}\n", shown, cursor_text(answer.next_cursor));
}

std::string changes_text(const ledger::AccountUpdate& update) {
  constexpr std::string_view kSet = "set_";
  std::string text;
  for (const FlagName& change : change_names()) {
    if ((update.changes & change.bit) == 0) continue;
    if (!text.empty()) text += ", ";
    if (!change.name.starts_with(kSet)) {
      text += change.name;
      continue;
    }
    const std::string_view name = change.name.substr(kSet.size());
    const auto* field = find_named(schema<ledger::AccountUpdate>().fields, name);
    const std::string value =
        field != nullptr ? with_thousands(field->get(update)) : velocity_text(update);
    text += fmt::format("{}={}", name, value);
  }
  return text;
}

std::string render_accounts(const Command& command, const Answer& answer, Colour colour,
                            const money::LedgerNames& names) {
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
  const bool query = answer.kind == CommandKind::QueryAccounts;
  std::vector<u128> missing;
  for (usize i = 0; i < answer.accounts.size(); ++i) {
    const ledger::Account& account = answer.accounts[i];
    if (account.id != 0) {
      add_account(table, account, names);
    } else {
      missing.push_back(command.ids.at(i));
    }
  }
  return rendered(table, colour) + (query ? render_page_end(answer, answer.accounts.size())
                                          : render_not_found(missing, colour));
}

std::string render_transfers(const Command& command, const Answer& answer, Colour colour,
                             const money::LedgerNames& names) {
  CHECK(answer.statuses.size() == answer.transfers.size());
  Table table({{"id", Align::Right},
               {"outcome"},
               {"debit account", Align::Right, true},
               {"credit account", Align::Right, true},
               {"amount", Align::Right},
               {"ledger", Align::Right, true},
               {"code", Align::Right, true},
               {"pending id", Align::Right, true},
               {"timeout", Align::Right, true},
               {"user data 128", Align::Right, true},
               {"user data 64", Align::Right, true},
               {"user data 32", Align::Right, true},
               {"flags", Align::Left, true},
               {"hold", Align::Left, true},
               {"remaining", Align::Right, true},
               {"expires", Align::Left, true},
               {"reversed", Align::Left, true},
               {"created", Align::Left, true}});
  const bool query = answer.kind != CommandKind::LookupTransfers;
  std::vector<u128> missing;
  for (usize i = 0; i < answer.transfers.size(); ++i) {
    const u128 id = query ? answer.transfers[i].id : command.ids.at(i);
    if (answer.statuses[i].outcome != 0) {
      add_transfer(table, id, answer.transfers[i], answer.statuses[i], names);
    } else {
      missing.push_back(id);
    }
  }
  return rendered(table, colour) + (query ? render_page_end(answer, answer.transfers.size())
                                          : render_not_found(missing, colour));
}

std::string render_limits(const Command& command, const Answer& answer, Colour colour) {
  Table table({{"account", Align::Right},
               {"overdraft", Align::Right, true},
               {"balance", Align::Right, true},
               {"transfer", Align::Right, true},
               {"debited in window", Align::Right, true},
               {"debits in window", Align::Right, true},
               {"window", Align::Right, true},
               {"since"}});
  std::vector<u128> missing;
  for (usize i = 0; i < answer.limits.size(); ++i) {
    if (answer.limits[i].account_id != 0) {
      add_limits(table, answer.limits[i]);
    } else {
      missing.push_back(command.ids.at(i));
    }
  }
  return rendered(table, colour) + render_not_found(missing, colour);
}

std::string render_changes(const Answer& answer, Colour colour) {
  Table table({{"id", Align::Right},
               {"account", Align::Right},
               {"changes"},
               {"reason"},
               {"flags", Align::Left, true},
               {"by", Align::Right, true},
               {"trace id", Align::Right, true},
               {"time"}});
  for (const ledger::AccountChange& change : answer.changes) {
    const ledger::AccountUpdate& update = change.update;
    const auto& reason = *find_named(schema<ledger::AccountUpdate>().fields, "reason");
    table.add({{florin::to_decimal(update.id), Tone::Strong},
               florin::to_decimal(update.account_id),
               changes_text(update),
               std::string(reason.get_text(update)),
               flags_text(update.flags, schema<ledger::AccountUpdate>().flags),
               std::to_string(change.principal),
               florin::to_decimal(change.trace_id),
               {time_text({update.timestamp}), Tone::Faint}});
  }
  return rendered(table, colour) + render_page_end(answer, answer.changes.size());
}

}  // namespace florin::cli
