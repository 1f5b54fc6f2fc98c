#include "tests/sinks/postgres_contents.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "ledger/outcome.h"
#include "sinks/postgres_tables.h"

namespace florin::test {

using ledger::AccountUpdate;
using ledger::ChangeEvent;
using ledger::ChangeKind;

namespace {

constexpr u64 kNsPerDay = 86'400 * kNsPerSecond;

// The schema is put where {0} stands.
constexpr std::string_view kStatements[] = {
    "SELECT 'account', position, index, (extract(epoch FROM created_at) * 1000000)::bigint, "
    "logged_ns, timestamp_ns, id, ledger, code, flags, user_data_128, user_data_64, user_data_32, "
    "closed_by, overdraft_limit, balance_limit, transfer_limit, velocity_window, "
    "velocity_sum_limit, velocity_count_limit FROM {0}.accounts ORDER BY position, index",
    "SELECT 'update', position, index, (extract(epoch FROM logged_at) * 1000000)::bigint, "
    "logged_ns, update_id, account_id, changes, flags, user_data_128, user_data_64, user_data_32, "
    "overdraft_limit, balance_limit, transfer_limit, velocity_window, velocity_sum_limit, "
    "velocity_count_limit, reason, principal, trace_id FROM {0}.account_updates ORDER BY position, "
    "index",
    "SELECT 'transfer', t.* FROM (SELECT {1} FROM {0}.transfers) t ORDER BY position, index",
    "SELECT 'expiry', t.* FROM (SELECT {1} FROM {0}.hold_expiries) t ORDER BY position, index",
    "SELECT 'refused', position, index, (extract(epoch FROM logged_at) * 1000000)::bigint, "
    "logged_ns, day - date '1970-01-01', outcome, id, debit_account_id, credit_account_id, amount, "
    "pending_id, timeout, ledger, code, flags, user_data_128, user_data_64, user_data_32 FROM "
    "{0}.refused_transfers ORDER BY position, index",
    "SELECT 'balance', account_id, position, index, (extract(epoch FROM logged_at) * "
    "1000000)::bigint, ledger, debits_pending, debits_posted, credits_pending, credits_posted FROM "
    "{0}.balances ORDER BY account_id",
    "SELECT 'entry', position, index, logged_ns, side, kind, account_id, other_account_id, ledger, "
    "code, transfer_id, amount, posted, held, debits_pending, debits_posted, credits_pending, "
    "credits_posted FROM {0}.entries ORDER BY position, index, side",
};
constexpr std::string_view kTransferFields =
    "position, index, (extract(epoch FROM logged_at) * 1000000)::bigint, logged_ns, day - date "
    "'1970-01-01', id, debit_account_id, credit_account_id, amount, pending_id, timeout, ledger, "
    "code, flags, user_data_128, user_data_64, user_data_32, released, remaining, pending_status, "
    "imported_ns, debit_account_debits_pending, debit_account_debits_posted, "
    "debit_account_credits_pending, debit_account_credits_posted, credit_account_debits_pending, "
    "credit_account_debits_posted, credit_account_credits_pending, credit_account_credits_posted";

// Fields with '|' between them.
class Line {
 public:
  explicit Line(std::string_view kind) : text_(kind) {}
  Line& number(u128 value) {
    text_ += '|' + to_decimal(value);
    return *this;
  }
  Line& number_or_null(u128 value) {
    if (value != 0) return number(value);
    text_ += '|';
    return *this;
  }
  Line& when(bool there, u128 value) {
    if (there) return number(value);
    text_ += '|';
    return *this;
  }
  Line& word(std::string_view value) {
    text_ += '|';
    text_ += value;
    return *this;
  }
  operator std::string() const { return text_; }

 private:
  std::string text_;
};

struct AccountNow {
  const ChangeEvent* created = nullptr;
  ledger::Account account = {};
  u128 closed_by = 0;
  // By name of the column, as in the statement.
  std::optional<u128> overdraft, balance, transfer, window, sum, count;
};

// Accounts as they are after all updates and closings, plainly.
class AccountsNow {
 public:
  explicit AccountsNow(const exporter::ChangePage& changes) {
    for (const ChangeEvent& event : changes.events) apply(changes, event);
  }
  Lines lines() const {
    std::vector<const AccountNow*> sorted;
    for (const auto& [id, account] : accounts_) sorted.push_back(&account);
    std::sort(sorted.begin(), sorted.end(), [](const AccountNow* left, const AccountNow* right) {
      return exporter::place_of(*left->created) < exporter::place_of(*right->created);
    });
    Lines lines;
    for (const AccountNow* now : sorted) lines.push_back(line(*now));
    return lines;
  }

 private:
  void apply(const exporter::ChangePage& changes, const ChangeEvent& event) {
    switch (ChangeKind{event.kind}) {
      case ChangeKind::AccountCreated: {
        const ledger::Account& account = changes.accounts[event.object];
        accounts_[account.id] = AccountNow{&event, account, 0, {}, {}, {}, {}, {}, {}};
        return;
      }
      case ChangeKind::AccountUpdated: return update(changes.account_changes[event.object].update);
      case ChangeKind::TransferCreated: return transfer(changes.transfers[event.object]);
      case ChangeKind::HoldExpired: return open(changes.transfers[event.object].id);
      case ChangeKind::TransferRefused: return;
    }
  }
  void update(const AccountUpdate& from) {
    AccountNow& now = accounts_[from.account_id];
    const auto has = [&](u32 bit) { return (from.changes >> bit & 1) != 0; };
    if (has(0)) now.account.flags |= 64;
    if (has(1)) now.account.flags &= ~64;
    if (has(2)) now.account.flags |= 128;
    if (has(3)) now.account.flags &= ~128;
    if (has(4)) now.account.user_data_128 = from.user_data_128;
    if (has(5)) now.account.user_data_64 = from.user_data_64;
    if (has(6)) now.account.user_data_32 = from.user_data_32;
    const auto limit = [&](u32 bit, std::optional<u128>& value, u128 set) {
      if (has(bit)) value = set;
      if (has(bit + 1)) value.reset();
    };
    limit(7, now.overdraft, from.overdraft_limit);
    limit(9, now.balance, from.balance_limit);
    limit(11, now.transfer, from.transfer_limit);
    limit(13, now.window, from.velocity_window);
    limit(13, now.sum, from.velocity_sum_limit);
    limit(13, now.count, from.velocity_count_limit);
  }
  void transfer(const ledger::Transfer& made) {
    if ((made.flags & 8) != 0) open(made.pending_id);
    if ((made.flags & 64) != 0) close(made.debit_account_id, made.id);
    if ((made.flags & 128) != 0) close(made.credit_account_id, made.id);
  }
  void close(u128 account_id, u128 hold_id) {
    accounts_[account_id].closed_by = hold_id;
    accounts_[account_id].account.flags |= 32;
  }
  void open(u128 hold_id) {
    for (auto& [id, now] : accounts_) {
      if (now.closed_by != hold_id) continue;
      now.closed_by = 0;
      now.account.flags &= ~32;
    }
  }
  static std::string line(const AccountNow& now) {
    const auto limit = [](Line& text, const std::optional<u128>& value) {
      text.when(value.has_value(), value.value_or(0));
    };
    Line text("account");
    text.number(now.created->position).number(now.created->index);
    text.number(now.created->timestamp / 1'000).number(now.created->timestamp);
    text.number(now.account.timestamp).number(now.account.id).number(now.account.ledger);
    text.number(now.account.code).number(now.account.flags);
    text.number_or_null(now.account.user_data_128).number_or_null(now.account.user_data_64);
    text.number_or_null(now.account.user_data_32).number_or_null(now.closed_by);
    limit(text, now.overdraft);
    limit(text, now.balance);
    limit(text, now.transfer);
    limit(text, now.window);
    limit(text, now.sum);
    limit(text, now.count);
    return text;
  }

  std::map<u128, AccountNow> accounts_;
};

std::string update_line(const ChangeEvent& event, const ledger::AccountChange& change) {
  const AccountUpdate& update = change.update;
  const auto has = [&](u32 bit) { return (update.changes >> bit & 1) != 0; };
  Line text("update");
  text.number(event.position).number(event.index).number(event.timestamp / 1'000);
  text.number(event.timestamp).number(update.id).number(update.account_id);
  text.number(update.changes).number(update.flags).number_or_null(update.user_data_128);
  text.number_or_null(update.user_data_64).number_or_null(update.user_data_32);
  text.when(has(7), update.overdraft_limit).when(has(9), update.balance_limit);
  text.when(has(11), update.transfer_limit).when(has(13), update.velocity_window);
  text.when(has(13), update.velocity_sum_limit).when(has(13), update.velocity_count_limit);
  text.word(sinks::text_of_reason(update)).number_or_null(change.principal);
  text.number_or_null(change.trace_id);
  return text;
}

std::string transfer_line(std::string_view kind, const ChangeEvent& event,
                          const ledger::Transfer& made, const ledger::TransferBalances& after) {
  Line text(kind);
  text.number(event.position).number(event.index).number(event.timestamp / 1'000);
  text.number(event.timestamp).number(event.timestamp / kNsPerDay).number(made.id);
  text.number(made.debit_account_id).number(made.credit_account_id).number(made.amount);
  text.number_or_null(made.pending_id).number_or_null(made.timeout).number(made.ledger);
  text.number(made.code).number(made.flags).number_or_null(made.user_data_128);
  text.number_or_null(made.user_data_64).number_or_null(made.user_data_32);
  text.number_or_null(event.released).number_or_null(event.remaining);
  text.number_or_null(event.pending_status);
  text.when(made.timestamp != event.timestamp, made.timestamp);
  const u128* const counters = &after.debit_account_debits_pending;
  for (usize counter = 0; counter < 8; ++counter) text.number_or_null(counters[counter]);
  return text;
}

std::string refused_line(const ChangeEvent& event, const ledger::Transfer& asked) {
  Line text("refused");
  text.number(event.position).number(event.index).number(event.timestamp / 1'000);
  text.number(event.timestamp).number(event.timestamp / kNsPerDay);
  text.word(name(ledger::TransferOutcome{event.outcome})).number(asked.id);
  text.number(asked.debit_account_id).number(asked.credit_account_id).number(asked.amount);
  text.number_or_null(asked.pending_id).number_or_null(asked.timeout).number(asked.ledger);
  text.number(asked.code).number(asked.flags).number_or_null(asked.user_data_128);
  text.number_or_null(asked.user_data_64).number_or_null(asked.user_data_32);
  return text;
}

// One side of a transfer or expiry.
std::string entry_line(const ChangeEvent& event, const ledger::Transfer& made, bool debit,
                       const u128* counters) {
  const bool expiry = ChangeKind{event.kind} == ChangeKind::HoldExpired;
  const bool pending = (made.flags & 2) != 0;
  const bool moves = !expiry && !pending && (made.flags & 8) == 0;
  Line text("entry");
  text.number(event.position).number(event.index).number(event.timestamp);
  text.word(debit ? "debit" : "credit").word(expiry ? "expiry" : "transfer");
  text.number(debit ? made.debit_account_id : made.credit_account_id);
  text.number(debit ? made.credit_account_id : made.debit_account_id);
  text.number(made.ledger).number(made.code).number(made.id).number(made.amount);
  text.number(moves ? made.amount : 0);
  if (pending && !expiry) {
    text.number(made.amount);
  } else {
    text.word((event.released != 0 ? "-" : "") + to_decimal(event.released));
  }
  for (usize counter = 0; counter < 4; ++counter) text.number(counters[counter]);
  return text;
}

void append(Lines& to, const Lines& lines) { to.insert(to.end(), lines.begin(), lines.end()); }

}  // namespace

Lines lines_of(sinks::PostgresConnection& connection, const std::string& statement) {
  Lines lines;
  const auto rows = connection.ask(statement, {}, "ask");
  EXPECT_TRUE(rows) << rows.error().message;
  if (!rows) return lines;
  for (const auto& row : *rows) lines.push_back(fmt::format("{}", fmt::join(row, "|")));
  return lines;
}

Lines expected_contents(const exporter::ChangePage& changes) {
  Lines updates, transfers, expiries, refused, entries;
  std::map<u128, std::string> balances;
  for (const ChangeEvent& event : changes.events) {
    if (ChangeKind{event.kind} == ChangeKind::AccountCreated) continue;
    if (ChangeKind{event.kind} == ChangeKind::AccountUpdated) {
      updates.push_back(update_line(event, changes.account_changes[event.object]));
      continue;
    }
    const ledger::Transfer& made = changes.transfers[event.object];
    if (ChangeKind{event.kind} == ChangeKind::TransferRefused) {
      refused.push_back(refused_line(event, made));
      continue;
    }
    const ledger::TransferBalances& after = changes.balances[event.object];
    const bool expiry = ChangeKind{event.kind} == ChangeKind::HoldExpired;
    (expiry ? expiries : transfers)
        .push_back(transfer_line(expiry ? "expiry" : "transfer", event, made, after));
    const u128* const credit = &after.credit_account_debits_pending;
    const u128* const debit = &after.debit_account_debits_pending;
    entries.push_back(entry_line(event, made, false, credit));
    entries.push_back(entry_line(event, made, true, debit));
    const auto balance = [&](u128 account_id, const u128* counters) {
      Line text("balance");
      text.number(account_id).number(event.position).number(event.index);
      text.number(event.timestamp / 1'000).number(made.ledger);
      for (usize counter = 0; counter < 4; ++counter) text.number(counters[counter]);
      balances[account_id] = text;
    };
    balance(made.debit_account_id, debit);
    balance(made.credit_account_id, credit);
  }
  Lines all = AccountsNow(changes).lines();
  append(all, updates);
  append(all, transfers);
  append(all, expiries);
  append(all, refused);
  for (const auto& [id, line] : balances) all.push_back(line);
  append(all, entries);
  return all;
}

Lines contents(sinks::PostgresConnection& connection, const std::string& schema) {
  Lines all;
  for (const std::string_view statement : kStatements) {
    append(all, lines_of(connection, fmt::format(fmt::runtime(statement),
                                                 sinks::quoted_name(schema), kTransferFields)));
  }
  return all;
}

std::string difference(const Lines& expected, const Lines& actual) {
  for (usize at = 0; at < std::max(expected.size(), actual.size()); ++at) {
    const std::string wanted = at < expected.size() ? expected[at] : "(no line)";
    const std::string found = at < actual.size() ? actual[at] : "(no line)";
    if (wanted != found) {
      return fmt::format("line {}: expected {}, found {}; {} and {} lines", at, wanted, found,
                         expected.size(), actual.size());
    }
  }
  return {};
}

}  // namespace florin::test
