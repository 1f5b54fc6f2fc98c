#include "tests/support/answers.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "base/int128.h"

namespace florin::test {

namespace {

using ledger::Operation;
using ledger::Request;

std::string outcome_name(Operation operation, u32 number) {
  if (operation == Operation::CreateAccounts) {
    const auto outcome = ledger::account_outcome(number);
    return outcome ? std::string(name(*outcome)) : fmt::format("outcome {}", number);
  }
  if (operation == Operation::UpdateAccounts) {
    const auto outcome = ledger::update_outcome(number);
    return outcome ? std::string(name(*outcome)) : fmt::format("outcome {}", number);
  }
  const auto outcome = ledger::transfer_outcome(number);
  return outcome ? std::string(name(*outcome)) : fmt::format("outcome {}", number);
}

// The first exception that one answer has and the other has not.
std::string exception_text(const Request& request, usize place) {
  if (place >= request.exceptions.size()) return "no further exception";
  const ledger::EventResult& result = request.exceptions[place];
  return fmt::format("[{}] {} at {}", result.index, outcome_name(request.operation, result.outcome),
                     result.timestamp);
}

std::string text(const ledger::Account& account) {
  return fmt::format(
      "account {} debits {} + {} pending, credits {} + {} pending, ledger {}, code {}, flags "
      "{:#x}, "
      "user data {} {} {}, at {}",
      to_decimal(account.id), to_decimal(account.debits_posted), to_decimal(account.debits_pending),
      to_decimal(account.credits_posted), to_decimal(account.credits_pending), account.ledger,
      account.code, account.flags, to_decimal(account.user_data_128), account.user_data_64,
      account.user_data_32, account.timestamp);
}

std::string text(const ledger::Transfer& transfer) {
  return fmt::format(
      "transfer {} from {} to {} of {}, names {}, timeout {}, ledger {}, code {}, flags {:#x}, "
      "user "
      "data {} {} {}, at {}",
      to_decimal(transfer.id), to_decimal(transfer.debit_account_id),
      to_decimal(transfer.credit_account_id), to_decimal(transfer.amount),
      to_decimal(transfer.pending_id), transfer.timeout, transfer.ledger, transfer.code,
      transfer.flags, to_decimal(transfer.user_data_128), transfer.user_data_64,
      transfer.user_data_32, transfer.timestamp);
}

std::string text(const ledger::TransferStatus& status) {
  return fmt::format("outcome {}, hold status {}, remaining {}, expires at {}, reversed {}",
                     outcome_name(Operation::CreateTransfers, status.outcome),
                     status.pending_status, to_decimal(status.remaining), status.expires_at,
                     status.reversed);
}

std::string text(const ledger::TransferBalances& balances) {
  return fmt::format(
      "debit account: debits {} + {} pending, credits {} + {} pending; credit account: debits {} + "
      "{} pending, credits {} + {} pending",
      to_decimal(balances.debit_account_debits_posted),
      to_decimal(balances.debit_account_debits_pending),
      to_decimal(balances.debit_account_credits_posted),
      to_decimal(balances.debit_account_credits_pending),
      to_decimal(balances.credit_account_debits_posted),
      to_decimal(balances.credit_account_debits_pending),
      to_decimal(balances.credit_account_credits_posted),
      to_decimal(balances.credit_account_credits_pending));
}

std::string text(const ledger::AccountLimits& limits) {
  return fmt::format(
      "account {} set {:#x}, overdraft {}, balance {}, transfer {}, velocity {} of {} and {} of {} "
      "in {} s, at {}",
      to_decimal(limits.account_id), limits.set, to_decimal(limits.overdraft_limit),
      to_decimal(limits.balance_limit), to_decimal(limits.transfer_limit),
      to_decimal(limits.velocity_sum_used), to_decimal(limits.velocity_sum_limit),
      limits.velocity_count_used, limits.velocity_count_limit, limits.velocity_window,
      limits.timestamp);
}

std::string text(const ledger::AccountChange& change) {
  return fmt::format("update {} of account {}, changes {:#x}, at {}, trace {}, principal {}",
                     to_decimal(change.update.id), to_decimal(change.update.account_id),
                     change.update.changes, change.update.timestamp, to_decimal(change.trace_id),
                     change.principal);
}

std::string text(const ledger::LedgerTotals& totals) {
  const auto sum = [](const ledger::WideSum& wide) {
    return fmt::format("{}:{}", wide.words[2], to_decimal(make_u128(wide.words[1], wide.words[0])));
  };
  return fmt::format("ledger {} of {} accounts: debits {} + {} pending, credits {} + {} pending",
                     totals.ledger, totals.accounts, sum(totals.debits_posted),
                     sum(totals.debits_pending), sum(totals.credits_posted),
                     sum(totals.credits_pending));
}

std::string text(const ledger::ChangeEvent& event) {
  return fmt::format("change {}.{} of kind {} at {}, object {}, released {}, remaining {}, hold {}",
                     event.position, event.index, event.kind, event.timestamp, event.object,
                     to_decimal(event.released), to_decimal(event.remaining), event.pending_status);
}

std::string text(const ledger::AccountBalance& balance) {
  return fmt::format(
      "account {} debits {} + {} pending, credits {} + {} pending, by transfer {} at {}, place "
      "{}.{}",
      to_decimal(balance.account_id), to_decimal(balance.debits_posted),
      to_decimal(balance.debits_pending), to_decimal(balance.credits_posted),
      to_decimal(balance.credits_pending), to_decimal(balance.transfer_id), balance.timestamp,
      balance.position, balance.index);
}

// What differs between two lists of the answer, down to the first element that does.
template <class Value>
std::string difference(const char* list, const std::vector<Value>& expected,
                       const std::vector<Value>& actual) {
  const usize both = std::min(expected.size(), actual.size());
  for (usize place = 0; place < both; ++place) {
    if (std::memcmp(&expected[place], &actual[place], sizeof(Value)) == 0) continue;
    return fmt::format("{}[{}]: {} instead of {}", list, place, text(actual[place]),
                       text(expected[place]));
  }
  if (expected.size() == actual.size()) return "";
  return fmt::format("{}: {} of them instead of {}", list, actual.size(), expected.size());
}

std::string difference_of_exceptions(const Request& expected, const Request& actual) {
  const usize longer = std::max(expected.exceptions.size(), actual.exceptions.size());
  for (usize place = 0; place < longer; ++place) {
    const std::string wanted = exception_text(expected, place);
    const std::string found = exception_text(actual, place);
    if (wanted != found) return found + " instead of " + wanted;
  }
  return "";
}

std::string difference_of_scalars(const Request& expected, const Request& actual) {
  if (expected.position != actual.position) {
    return fmt::format("position {} instead of {}", actual.position.value, expected.position.value);
  }
  if (expected.timestamp != actual.timestamp) {
    return fmt::format("timestamp {} instead of {}", actual.timestamp.ns, expected.timestamp.ns);
  }
  if (expected.next_cursor != actual.next_cursor) {
    return fmt::format("next_cursor {}.{} of {} instead of {}.{} of {}", actual.next_cursor.next,
                       actual.next_cursor.index, actual.next_cursor.as_of,
                       expected.next_cursor.next, expected.next_cursor.index,
                       expected.next_cursor.as_of);
  }
  if (expected.more != actual.more) {
    return fmt::format("more is {} instead of {}", actual.more, expected.more);
  }
  return "";
}

}  // namespace

std::string difference(const Request& expected, const Request& actual) {
  const std::string what = std::string(name(expected.operation)) + ": ";
  if (expected.refusal != actual.refusal) {
    return fmt::format("{}refusal {} instead of {}; {}", what, name(actual.refusal),
                       name(expected.refusal), actual.refusal_message);
  }
  // What is refused as a whole has no other answer, and the message is for people.
  if (expected.refusal != ledger::RefusalCode::None) return "";
  const std::string found[] = {
      difference_of_exceptions(expected, actual),
      difference("accounts", expected.accounts, actual.accounts),
      difference("transfers", expected.transfers, actual.transfers),
      difference("transfer_statuses", expected.transfer_statuses, actual.transfer_statuses),
      difference("balances", expected.balances, actual.balances),
      difference("limits", expected.limits, actual.limits),
      difference("changes", expected.changes, actual.changes),
      difference("change_events", expected.change_events, actual.change_events),
      difference("account_balances", expected.account_balances, actual.account_balances),
      difference("totals", expected.totals, actual.totals),
      difference_of_scalars(expected, actual)};
  for (const std::string& each : found) {
    if (!each.empty()) return what + each;
  }
  return "";
}

}  // namespace florin::test
