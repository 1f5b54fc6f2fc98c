#include "statement/builder.h"

#include <fmt/core.h>

#include "base/int128.h"
#include "statement/signed_amount.h"

namespace florin::statement {

using ledger::AccountBalance;
using ledger::QueryFilter;
using ledger::Transfer;

StatementBuilder::StatementBuilder(const Reference& reference, const Period& period, Position as_of,
                                   AnswerRequest answer)
    : reference_(reference), period_(period), as_of_(as_of), answer_(std::move(answer)) {}

Result<std::optional<Statement>> StatementBuilder::build(u128 account_id) {
  RETURN_IF_ERROR(ask(account_id, 0, {}));
  if (request_.accounts.empty()) return std::optional<Statement>();
  Statement statement;
  if (request_.accounts.front().timestamp > period_.last_ns) {
    statement.account.account_id = account_id;
    return wrong(statement, "it was opened after the period");
  }
  begin(request_.accounts.front(), statement);
  if (request_.account_balances.size() < 2) return wrong(statement, "it has no balances");
  Ends ends{request_.account_balances[0], request_.account_balances[1],
            request_.account_balances[0]};
  statement.opening = balance_of_sides(ends.opening.credits_posted, ends.opening.debits_posted);
  RETURN_IF_ERROR(add_entries(ends, statement));
  RETURN_IF_ERROR(check_closing(ends, statement));
  RETURN_IF_ERROR(add_holds(ends, statement));
  statement.closing = balance_of_sides(ends.closing.credits_posted, ends.closing.debits_posted);
  statement.available = balance_of_sides(ends.closing.credits_posted,
                                         ends.closing.debits_posted + ends.closing.debits_pending);
  return std::optional<Statement>(std::move(statement));
}

Status StatementBuilder::ask(u128 account_id, u16 flags, const ledger::QueryCursor& cursor) {
  request_.clear_answer();
  request_.operation = ledger::Operation::GetStatement;
  request_.filter = QueryFilter{};
  request_.filter.account_id = account_id;
  request_.filter.timestamp_min = period_.first_ns;
  request_.filter.timestamp_max = period_.last_ns;
  request_.filter.limit = ledger::kStatementLimitMax;
  request_.filter.flags = flags;
  request_.filter.cursor = cursor;
  request_.position = as_of_;
  RETURN_IF_ERROR(answer_(request_));
  if (request_.refusal == ledger::RefusalCode::None) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("the statement of account {} was refused: {}", to_decimal(account_id),
                          request_.refusal_message));
}

// Everything that is known before an entry was read.
void StatementBuilder::begin(const ledger::Account& account, Statement& statement) const {
  const money::LedgerName ledger = reference_.ledger(account.ledger);
  statement.bank = reference_.bank();
  statement.account = reference_.party(account.id);
  statement.ledger = account.ledger;
  statement.currency = ledger.name;
  statement.decimals = ledger.decimals;
  statement.time_zone = period_.time_zone;
  statement.period = period_.text;
  statement.first_ns = period_.first_ns;
  statement.last_ns = period_.last_ns;
  statement.first_day = period_.first_day;
  statement.last_day = period_.last_day;
  statement.number = period_number(reference_.calendar(), period_, account.timestamp);
  statement.number_in_year =
      period_number_in_year(reference_.calendar(), period_, account.timestamp);
  statement.created_at_ns = period_.last_ns + 1;
  statement.id = to_decimal(account.id) + "-" + file_text(period_);
}

Status StatementBuilder::add_entries(Ends& ends, Statement& statement) {
  for (;;) {
    if (request_.account_balances.size() != request_.transfers.size() + 2) {
      return wrong(statement, fmt::format("{} entries have {} balances", request_.transfers.size(),
                                          request_.account_balances.size()));
    }
    for (usize index = 0; index < request_.transfers.size(); ++index) {
      RETURN_IF_ERROR(add_entry(request_.transfers[index], request_.account_balances[index + 2],
                                ends, statement));
    }
    if (!request_.more) return {};
    const ledger::QueryCursor next = request_.next_cursor;
    if (next == request_.filter.cursor) return wrong(statement, "its pages do not go on");
    RETURN_IF_ERROR(ask(statement.account.account_id, 0, next));
  }
}

Status StatementBuilder::add_entry(const Transfer& transfer, const AccountBalance& after,
                                   Ends& ends, Statement& statement) {
  Entry& entry = statement.entries.emplace_back();
  entry.number = statement.entries.size();
  entry.transfer_id = transfer.id;
  entry.place = {after.position, after.index};
  entry.timestamp = transfer.timestamp;
  entry.booked = reference_.calendar().day_of(transfer.timestamp);
  entry.amount = transfer.amount;
  entry.credit = transfer.credit_account_id == statement.account.account_id;
  entry.reversal = (transfer.flags & ledger::transfer_flags::kReversal) != 0;
  entry.reverses_or_posts = transfer.pending_id;
  entry.code = transfer.code;
  entry.kind = reference_.kind(transfer.code);
  entry.counterparty =
      reference_.party(entry.credit ? transfer.debit_account_id : transfer.credit_account_id);
  entry.balance = balance_of_sides(after.credits_posted, after.debits_posted);
  entry.user_data_128 = transfer.user_data_128;
  entry.user_data_64 = transfer.user_data_64;
  entry.user_data_32 = transfer.user_data_32;

  SideTotals& side = entry.credit ? statement.credits : statement.debits;
  ++side.count;
  side.sum += entry.amount;
  u128 credits = ends.running.credits_posted;
  u128 debits = ends.running.debits_posted;
  (entry.credit ? credits : debits) += entry.amount;
  ends.running = after;
  if (after.credits_posted == credits && after.debits_posted == debits) return {};
  return wrong(statement,
               fmt::format("entry {} (transfer {}, position {}) leaves {} credited and {} debited; "
                           "expected {} and {}",
                           entry.number, to_decimal(transfer.id), after.position,
                           to_decimal(after.credits_posted), to_decimal(after.debits_posted),
                           to_decimal(credits), to_decimal(debits)));
}

Status StatementBuilder::check_closing(const Ends& ends, const Statement& statement) const {
  const u128 credits = ends.opening.credits_posted + statement.credits.sum;
  const u128 debits = ends.opening.debits_posted + statement.debits.sum;
  if (ends.closing.credits_posted == credits && ends.closing.debits_posted == debits) return {};
  return wrong(
      statement,
      fmt::format("it closes with {} credited and {} debited; expected {} and {}, which "
                  "its opening balance and {} entries make",
                  to_decimal(ends.closing.credits_posted), to_decimal(ends.closing.debits_posted),
                  to_decimal(credits), to_decimal(debits), statement.entries.size()));
}

Hold StatementBuilder::hold_of(const Transfer& transfer, const ledger::TransferStatus& status,
                               const Statement& statement) const {
  Hold hold;
  hold.transfer_id = transfer.id;
  hold.timestamp = transfer.timestamp;
  hold.made = reference_.calendar().day_of(transfer.timestamp);
  hold.expires_at = status.expires_at;
  hold.amount = status.remaining;
  hold.credit = transfer.credit_account_id == statement.account.account_id;
  hold.code = transfer.code;
  hold.kind = reference_.kind(transfer.code);
  hold.counterparty =
      reference_.party(hold.credit ? transfer.debit_account_id : transfer.credit_account_id);
  return hold;
}

// Nothing is asked of an account that has nothing pending, which is most of them. Holds of nothing
// do not matter to anybody.
Status StatementBuilder::add_holds(const Ends& ends, Statement& statement) {
  if (ends.closing.debits_pending == 0 && ends.closing.credits_pending == 0) return {};
  u128 debits = 0;
  u128 credits = 0;
  ledger::QueryCursor cursor;
  do {
    RETURN_IF_ERROR(ask(statement.account.account_id, QueryFilter::kHolds, cursor));
    if (request_.transfers.size() != request_.transfer_statuses.size()) {
      return wrong(statement, fmt::format("{} holds have {} states", request_.transfers.size(),
                                          request_.transfer_statuses.size()));
    }
    for (usize index = 0; index < request_.transfers.size(); ++index) {
      statement.holds.push_back(
          hold_of(request_.transfers[index], request_.transfer_statuses[index], statement));
      const Hold& hold = statement.holds.back();
      (hold.credit ? credits : debits) += hold.amount;
    }
    if (request_.more && request_.next_cursor == cursor) {
      return wrong(statement, "the pages of its holds do not go on");
    }
    cursor = request_.next_cursor;
  } while (request_.more);
  if (debits == ends.closing.debits_pending && credits == ends.closing.credits_pending) return {};
  return wrong(
      statement,
      fmt::format("its {} holds are {} incoming and {} outgoing; expected {} and {}, which "
                  "the account has pending",
                  statement.holds.size(), to_decimal(credits), to_decimal(debits),
                  to_decimal(ends.closing.credits_pending),
                  to_decimal(ends.closing.debits_pending)));
}

tl::unexpected<Error> StatementBuilder::wrong(const Statement& statement,
                                              const std::string& what) const {
  return fail(
      ErrorCode::Corrupt,
      fmt::format("the statement of account {} for {} does not add up: {} (in minor units "
                  "of ledger {}). Check the history: florin history check",
                  to_decimal(statement.account.account_id), period_.text, what, statement.ledger));
}

}  // namespace florin::statement
