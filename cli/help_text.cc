// Help and completion, both from the tables of fields, words and flags.
#include "cli/help_text.h"

#include <iterator>

#include <fmt/core.h>

#include "cli/command.h"
#include "cli/fields.h"

namespace florin::cli {

namespace {

constexpr std::string_view kOverview = R"(Commands (end with Enter; a ';' at the end is optional):

  create_accounts id=1 ledger=1 code=10 flags=debits_must_not_exceed_credits, id=2 ledger=1 code=10
  create_transfers id=7 debit_account_id=1 credit_account_id=2 amount=100 ledger=1 code=1
  reverse_transfers id=8 original_id=7 code=2
  update_accounts id=1 account_id=1 freeze_debits reason="court order 12/26"
  lookup_accounts 1 2 99
  lookup_transfers 7            what became of them, and what is left of holds
  lookup_limits 1               limits of accounts, and how much of them is used
  query_accounts ledger=1 newest_first
  query_transfers account_id=1 timestamp_min=2026-10-01 limit=10
  get_account_changes account_id=1
  get_account_transfers account_id=1 newest_first limit=20
  get_account_balances account_id=1 timestamp_min=2026-10-01
  get_balance_at id=1 at=2026-10-31T23:59:59Z
  get_change_events from=1000 kinds=transfer_created|hold_expired wait_ms=5000
  get_statement account_id=1 timestamp_min=2026-10-01 timestamp_max=2026-10-31
  trial_balance                 sums of all accounts by ledger; debits equal credits
  server_info                   what the server says about itself; also: ping
  snapshot                      take a snapshot now, and wait for it
  witness                       where the log stands, to be kept elsewhere
  help create_transfers         fields, flags and examples of a command
  exit

Events of one request are separated by commas; they are ordered and logged together.
Numbers are decimal or 0x hexadecimal. Amounts are in the ledger's minor unit, such as cents; where
the ledger has a name (florin client --ledger 978=EUR), amount=12.34EUR is understood too.
A line that begins with { is read as JSON, such as {"request":"lookup_accounts","ids":["1"]}.
)";

// What a command is for, and how it is called.
struct Introduction {
  CommandKind kind;
  std::string_view text;
};

constexpr Introduction kIntroductions[] = {
    {CommandKind::CreateAccounts, R"(Creates accounts.

  create_accounts id=1 ledger=978 code=10
  create_accounts id=2 ledger=978 code=20 flags=debits_must_not_exceed_credits, id=3 …
)"},
    {CommandKind::CreateTransfers, R"(Moves amounts. A payment; a hold, a part of it taken, the rest
released:

  create_transfers id=7 debit_account_id=1 credit_account_id=2 amount=100 ledger=1 code=1
  create_transfers id=8 … amount=100 flags=pending timeout=3600
  create_transfers id=9 pending_id=8 amount=40 flags=post_pending_transfer|capture_partial
  create_transfers id=10 pending_id=8 flags=void_pending_transfer

Two that happen together or not at all; one only if 50 are left; what would happen:

  create_transfers id=11 … flags=linked, id=12 …
  create_transfers id=13 … debit_at_least=50
  create_transfers id=14 … dry_run balances
)"},
    {CommandKind::ReverseTransfers,
     R"(Takes transfers back: the same amount between the same accounts, the other way.

  reverse_transfers id=20 original_id=7 code=2
)"},
    {CommandKind::UpdateAccounts,
     R"(Freezes accounts, sets their limits and user data. What is named is changed.

  update_accounts id=1 account_id=101 freeze_debits reason="court order 12/26"
  update_accounts id=2 account_id=101 overdraft_limit=50000 reason="contract of 1 October"
  update_accounts id=3 account_id=101 velocity_window=86400 velocity_sum_limit=100000 reason=wallet
)"},
    {CommandKind::LookupAccounts, R"(Tells of accounts by their ids.

  lookup_accounts 1 2 99
)"},
    {CommandKind::LookupTransfers,
     R"(Tells of transfers by their ids: what became of each id, and what is left of holds.

  lookup_transfers 7 8
)"},
    {CommandKind::LookupLimits,
     R"(Tells the limits of accounts, in minor units, and how much of them is used.

  lookup_limits 101 102
)"},
    {CommandKind::QueryAccounts, R"(Lists accounts by what they are, page by page.

  query_accounts ledger=978 code=200
  query_accounts object_flags=frozen_debits newest_first limit=10
  query_accounts limit=10 cursor=10:250
)"},
    {CommandKind::QueryTransfers, R"(Lists transfers by what they are, page by page.

  query_transfers account_id=101 newest_first limit=10
  query_transfers account_id=101 debits timestamp_min=2026-10-01 timestamp_max=2026-10-31
  query_transfers pending_status=pending amount_min=100000
)"},
    {CommandKind::GetAccountChanges,
     R"(Lists what update_accounts has changed: when, by whom and why.

  get_account_changes account_id=101
)"},
    {CommandKind::GetAccountTransfers,
     R"(Lists the transfers of an account from its history, page by page, as far back as it goes.

  get_account_transfers account_id=101 newest_first limit=20
  get_account_transfers account_id=101 debits timestamp_min=2026-10-01 timestamp_max=2026-10-31
)"},
    {CommandKind::GetAccountBalances,
     R"(Lists the balances of an account after each change of them, page by page.

  get_account_balances account_id=101 newest_first limit=20
  get_account_balances account_id=101 timestamp_min=2026-10-01 timestamp_max=2026-10-31
)"},
    {CommandKind::GetBalanceAt,
     R"(Tells the balances of accounts as they were at a time. A date is its last moment, UTC.

  get_balance_at id=101 at=2026-10-31
  get_balance_at 101 102 at=2026-10-31T12:00:00Z
)"},
    {CommandKind::GetChangeEvents,
     R"(Lists everything that happened, in the order of the ledger, from a position on. Each answer
tells where to go on, for ever. Transfers that were refused are listed only by their kind.

  get_change_events from=1000 limit=10
  get_change_events from=1000 kinds=transfer_created|hold_expired account_id=101
  get_change_events kinds=transfer_refused account_id=101
  get_change_events from=1250:0:1 wait_ms=30000
)"},
    {CommandKind::GetStatement,
     R"(Tells what happened on an account in a period: its balance before, its entries with the
balance after each, and its balance at the end; or what was on hold then. A date is its first
moment in timestamp_min and its last one in timestamp_max, UTC.

  get_statement account_id=101 timestamp_min=2026-10-01 timestamp_max=2026-10-31
  get_statement account_id=101 timestamp_min=2026-10-01 timestamp_max=2026-10-31 holds
)"},
    {CommandKind::GetTrialBalance, R"(Sums all accounts by ledger; debits equal credits.

  trial_balance
  trial_balance ledger_min=900 limit=100
)"},
    {CommandKind::Ping, R"(Tells what the server says about itself.

  ping
  server_info
)"},
    {CommandKind::Snapshot, R"(Has the server take a snapshot now, and waits until it is on disk.

  snapshot
)"},
    {CommandKind::Witness,
     R"(Tells position and chain of the server's log, as JSON. Kept on another machine, it tells later
whether a server still has all of that: florin serve --witness FILE, florin client --witness FILE.

  witness
  florin client --execute witness > witness.new && mv witness.new witness.json
)"},
};
static_assert(std::size(kIntroductions) == std::size(kCommandKinds));

std::string_view introduction(CommandKind kind) {
  for (const Introduction& one : kIntroductions) {
    if (one.kind == kind) return one.text;
  }
  return "";
}

std::string bits_text(u32 bits) { return bits == 0 ? "text" : std::to_string(bits); }

template <class Named>
std::string flag_table(std::string_view title, std::span<const Named> all, Colour colour) {
  Table table({{std::string(title)}, {"bit", Align::Right}, {"meaning"}});
  for (const Named& flag : all) {
    table.add({std::string(flag.name), fmt::format("0x{:x}", flag.bit), std::string(flag.meaning)});
  }
  return table.empty() ? "" : "\n" + table.render(colour, "  ");
}

template <class Named>
std::string word_table(std::string_view title, std::span<const Named> all, Colour colour) {
  Table table({{std::string(title)}, {"meaning"}});
  for (const Named& word : all) table.add({std::string(word.name), std::string(word.meaning)});
  return table.empty() ? "" : "\n" + table.render(colour, "  ");
}

template <class Object>
std::string schema_help(const Schema<Object>& known, Colour colour) {
  Table fields({{"field"}, {"bits", Align::Right}, {"meaning"}});
  for (const Field<Object>& field : known.fields) {
    fields.add({std::string(field.name), bits_text(field.bits), std::string(field.meaning)});
  }
  return "\n" + fields.render(colour, "  ") + word_table("word", known.words, colour) +
         flag_table("flag", known.flags, colour);
}

// Calls `use(schema)` with what can be said in a command of this kind, if anything can.
template <class Use>
void with_schema(CommandKind kind, Use use) {
  switch (kind) {
    case CommandKind::CreateAccounts: return use(schema<ledger::Account>());
    case CommandKind::CreateTransfers: return use(schema<ledger::Transfer>());
    case CommandKind::ReverseTransfers: return use(schema<client::Reversal>());
    case CommandKind::UpdateAccounts: return use(schema<ledger::AccountUpdate>());
    case CommandKind::QueryAccounts:
    case CommandKind::QueryTransfers:
    case CommandKind::GetAccountChanges:
    case CommandKind::GetAccountTransfers:
    case CommandKind::GetAccountBalances:
    case CommandKind::GetChangeEvents:
    case CommandKind::GetStatement: return use(filter_schema(kind));
    case CommandKind::GetTrialBalance: return use(schema<ledger::TrialBalanceFilter>());
    case CommandKind::LookupAccounts:
    case CommandKind::LookupTransfers:
    case CommandKind::LookupLimits:
    case CommandKind::GetBalanceAt:
    case CommandKind::Ping:
    case CommandKind::Snapshot:
    case CommandKind::Witness: return;
  }
}

std::string_view last_word(std::string_view line, std::string_view separators) {
  const usize at = line.find_last_of(separators);
  return at == std::string_view::npos ? line : line.substr(at + 1);
}

void propose(std::vector<std::string>& words, std::string_view prefix, std::string word) {
  if (std::string_view(word).starts_with(prefix)) words.push_back(std::move(word));
}

template <class Named>
void propose_names(std::vector<std::string>& words, std::string_view prefix,
                   std::span<const Named> all, std::string_view behind = "") {
  for (const Named& one : all) propose(words, prefix, fmt::format("{}{}", one.name, behind));
}

// Behind "flags=linked|": what else can follow.
void propose_flags(std::vector<std::string>& words, std::string_view field_word,
                   std::span<const FlagName> known) {
  const std::string_view prefix = last_word(field_word, "=|");
  const std::string before(field_word.substr(0, field_word.size() - prefix.size()));
  for (const FlagName& flag : known) {
    if (flag.name.starts_with(prefix)) words.push_back(before + std::string(flag.name));
  }
}

template <class Object>
void propose_said(std::vector<std::string>& words, std::string_view word,
                  const Schema<Object>& known) {
  const usize equals = word.find('=');
  if (equals == std::string_view::npos) {
    propose_names(words, word, known.fields, "=");
    propose_names(words, word, known.words);
    return;
  }
  const Field<Object>* field = find_named(known.fields, word.substr(0, equals));
  if (field != nullptr && field->form == FieldForm::Flags) propose_flags(words, word, known.flags);
  if (field != nullptr && field->form == FieldForm::PendingStatus) {
    for (const char* status : {"pending", "posted", "voided", "expired"}) {
      propose(words, word, fmt::format("{}={}", field->name, status));
    }
  }
}

void propose_commands(std::vector<std::string>& words, std::string_view prefix) {
  for (const CommandKind kind : kCommandKinds) propose(words, prefix, std::string(name(kind)));
  for (const std::string_view other : kOtherNames) propose(words, prefix, std::string(other));
}

}  // namespace

std::string help_text(std::string_view topic, Colour colour) {
  const auto kind = command_kind(topic);
  if (!kind) return std::string(kOverview);
  std::string text(introduction(*kind));
  with_schema(*kind, [&](const auto& known) { text += schema_help(known, colour); });
  if (*kind == CommandKind::CreateTransfers) {
    text += word_table("condition", bound_names(), colour);
    text += word_table("word", transfer_words(), colour);
  }
  return text;
}

std::vector<std::string> completions(std::string_view line) {
  std::vector<std::string> words;
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const usize end_of_command = line.find_first_of(" \t");
  if (end_of_command == std::string_view::npos) {
    propose_commands(words, line);
    propose(words, line, "help");
    propose(words, line, "exit");
    return words;
  }
  const std::string_view command = line.substr(0, end_of_command);
  const std::string_view word = last_word(line.substr(end_of_command), " \t,");
  if (command == "help") propose_commands(words, word);
  const auto kind = typed_command_kind(command);
  if (!kind) return words;
  with_schema(*kind, [&](const auto& known) { propose_said(words, word, known); });
  if (*kind == CommandKind::GetBalanceAt) {
    for (const char* field : {"id=", "at="}) propose(words, word, field);
  }
  if (*kind == CommandKind::CreateTransfers && word.find('=') == std::string_view::npos) {
    propose_names(words, word, bound_names(), "=");
    propose_names(words, word, transfer_words());
  }
  return words;
}

}  // namespace florin::cli
