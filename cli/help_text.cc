// Help and completion, both from the tables of fields and flags.
#include "cli/help_text.h"

#include <fmt/core.h>

#include "cli/command.h"
#include "cli/fields.h"

namespace florin::cli {

namespace {

constexpr std::string_view kOverview = R"(Commands (end with Enter; a ';' at the end is optional):

  create_accounts id=1 ledger=1 code=10 flags=debits_must_not_exceed_credits, id=2 ledger=1 code=10
  create_transfers id=7 debit_account_id=1 credit_account_id=2 amount=100 ledger=1 code=1
  lookup_accounts 1 2 99
  lookup_transfers 7
  trial_balance                 sums of all accounts by ledger; debits equal credits
  ping                          what the server says about itself
  help create_transfers         fields and flags of a command
  exit

Events of one request are separated by commas; they are ordered and logged together.
Numbers are decimal or 0x hexadecimal. Amounts are in the ledger's minor unit, such as cents.
A line that begins with { is read as JSON, such as {"request":"lookup_accounts","ids":["1"]}.
)";

template <class Object>
std::string event_help(std::string_view example, Colour colour) {
  Table known({{"field"}, {"bits", Align::Right}, {"meaning"}});
  for (const Field<Object>& field : fields<Object>()) {
    known.add({std::string(field.name), std::to_string(field.bits), std::string(field.meaning)});
  }
  Table flags({{"flag"}, {"bit", Align::Right}, {"meaning"}});
  for (const FlagName& flag : flag_names<Object>()) {
    flags.add({std::string(flag.name), fmt::format("0x{:x}", flag.bit), std::string(flag.meaning)});
  }
  return fmt::format("{}\n\n{}\n{}", example, known.render(colour, "  "),
                     flags.render(colour, "  "));
}

std::string_view last_word(std::string_view line, std::string_view separators) {
  const usize at = line.find_last_of(separators);
  return at == std::string_view::npos ? line : line.substr(at + 1);
}

void propose(std::vector<std::string>& words, std::string_view prefix, std::string word) {
  if (std::string_view(word).starts_with(prefix)) words.push_back(std::move(word));
}

template <class Object>
void propose_fields(std::vector<std::string>& words, std::string_view line) {
  const std::string_view field_word = last_word(line, " \t,");
  if (field_word.starts_with("flags=")) {
    const std::string_view prefix = last_word(field_word, "=|");
    const std::string before(field_word.substr(0, field_word.size() - prefix.size()));
    for (const FlagName& flag : flag_names<Object>()) {
      if (flag.name.starts_with(prefix)) words.push_back(before + std::string(flag.name));
    }
    return;
  }
  for (const Field<Object>& field : fields<Object>()) {
    propose(words, field_word, fmt::format("{}=", field.name));
  }
}

void propose_commands(std::vector<std::string>& words, std::string_view prefix) {
  for (const CommandKind kind : kCommandKinds) propose(words, prefix, std::string(name(kind)));
  propose(words, prefix, "trial_balance");
}

}  // namespace

std::string help_text(std::string_view topic, Colour colour) {
  const auto kind = command_kind(topic);
  if (!kind) return std::string(kOverview);
  switch (*kind) {
    case CommandKind::CreateAccounts:
      return event_help<ledger::Account>("create_accounts id=1 ledger=1 code=10, id=2 …", colour);
    case CommandKind::CreateTransfers:
      return event_help<ledger::Transfer>(
          "create_transfers id=7 debit_account_id=1 credit_account_id=2 amount=100 ledger=1 code=1",
          colour);
    case CommandKind::LookupAccounts: return "lookup_accounts ID …: the accounts with these ids\n";
    case CommandKind::LookupTransfers:
      return "lookup_transfers ID …: the transfers with these ids, and what became of them\n";
    case CommandKind::GetTrialBalance:
      return "trial_balance ledger_min=1 limit=10: sums of all accounts by ledger\n";
    case CommandKind::Ping: return "ping: what the server says about itself\n";
  }
  return std::string(kOverview);
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
  const std::string_view rest = line.substr(end_of_command);
  if (command == "create_accounts") propose_fields<ledger::Account>(words, rest);
  if (command == "create_transfers") propose_fields<ledger::Transfer>(words, rest);
  if (command == "help") propose_commands(words, last_word(rest, " \t"));
  if (command == "trial_balance" || command == "get_trial_balance") {
    propose(words, last_word(rest, " \t"), "ledger_min=");
    propose(words, last_word(rest, " \t"), "limit=");
  }
  return words;
}

}  // namespace florin::cli
