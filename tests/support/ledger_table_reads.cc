#include "tests/support/ledger_table_reads.h"

#include <cstring>

#include <fmt/core.h>

#include "base/int128.h"
#include "tests/support/ledger_table_events.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountLimits;
using ledger::LedgerTotals;
using ledger::Operation;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferStatus;
using ledger::WideSum;

namespace {

Request lookup_of(Operation operation, std::span<const u128> ids) {
  Request request;
  request.operation = operation;
  request.event_count = static_cast<u32>(ids.size());
  request.events = reinterpret_cast<const std::byte*>(ids.data());
  return request;
}

Request trial_balance_of(ledger::TrialBalanceFilter filter) {
  Request request;
  request.operation = Operation::GetTrialBalance;
  request.trial_balance_filter = filter;
  return request;
}

std::string outcome_text(u32 number) {
  if (number == 0) return "missing";
  const auto outcome = ledger::transfer_outcome(number);
  return outcome ? std::string(name(*outcome)) : fmt::format("outcome number {}", number);
}

// What is between words, so that lists compare as text.
std::string join(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += fmt::format("{} ", word);
  return text;
}

Status parse_sums(const TableLine& line, LedgerTotals& sums) {
  const auto set = [&](std::string_view key, const WideSum& value) {
    if (key == "dp") return sums.debits_pending = value, true;
    if (key == "dpo") return sums.debits_posted = value, true;
    if (key == "cp") return sums.credits_pending = value, true;
    if (key == "cpo") return sums.credits_posted = value, true;
    if (key == "accounts") return sums.accounts = value.words[0], true;
    return false;
  };
  return parse_pairs(line.words, 1, set);
}

void expect_sum(LedgerTableRun& run, std::string_view what, const WideSum& expected,
                const WideSum& actual) {
  const auto text = [](const WideSum& sum) {
    const std::string low = to_decimal(make_u128(sum.words[1], sum.words[0]));
    return sum.words[2] == 0 ? low : fmt::format("{}*2^128+{}", sum.words[2], low);
  };
  run.expect(what, text(expected), text(actual));
}

void expect_sums(LedgerTableRun& run, const LedgerTotals& expected, const LedgerTotals& actual) {
  expect_sum(run, "dp", expected.debits_pending, actual.debits_pending);
  expect_sum(run, "dpo", expected.debits_posted, actual.debits_posted);
  expect_sum(run, "cp", expected.credits_pending, actual.credits_pending);
  expect_sum(run, "cpo", expected.credits_posted, actual.credits_posted);
}

// Names the limit too that the number belongs to.
bool set_limit(AccountLimits& limits, std::string_view key, u128 value) {
  if (key == "overdraft") return limits.overdraft_limit = value, limits.set |= 1, true;
  if (key == "balance") return limits.balance_limit = value, limits.set |= 2, true;
  if (key == "transfer") return limits.transfer_limit = value, limits.set |= 4, true;
  if (key == "used") return limits.velocity_sum_used = value, true;
  if (key == "used_count") return limits.velocity_count_used = static_cast<u32>(value), true;
  if (!key.starts_with("velocity_")) return false;
  if ((limits.set & AccountLimits::kVelocity) == 0) {
    limits.set |= AccountLimits::kVelocity;
    limits.velocity_sum_limit = kU128Max;
    limits.velocity_count_limit = ~u32{0};
    limits.velocity_window = ledger::kVelocityWindowMin;
  }
  if (key == "velocity_sum") return limits.velocity_sum_limit = value, true;
  if (key == "velocity_count") return limits.velocity_count_limit = static_cast<u32>(value), true;
  if (key == "velocity_window") return limits.velocity_window = static_cast<u32>(value), true;
  return false;
}

Result<AccountLimits> parse_limits(const LedgerTableRun& run, u128 id) {
  AccountLimits limits;
  if (join(run.line.expected) == "missing ") return limits;
  limits.account_id = id;
  for (const std::string_view word : run.line.expected) {
    const TablePair pair = cut_pair(word);
    if (pair.key == "since") {
      const std::optional<u64> time = run.books.time_of(pair.value);
      if (!time) return not_understood("not made", pair.value);
      limits.timestamp = *time;
      continue;
    }
    const Result<u128> value = parse_number(pair.value);
    if (!value || !set_limit(limits, pair.key, *value)) return not_understood("no limit", word);
  }
  return limits;
}

std::string limits_text(const AccountLimits& limits) {
  if (limits.account_id == 0) return "missing";
  return fmt::format(
      "set={:#x} overdraft={} balance={} transfer={} sum={} of {} count={} of {} "
      "window={} timestamp={} reserved={}",
      limits.set, to_decimal(limits.overdraft_limit), to_decimal(limits.balance_limit),
      to_decimal(limits.transfer_limit), to_decimal(limits.velocity_sum_used),
      to_decimal(limits.velocity_sum_limit), limits.velocity_count_used,
      limits.velocity_count_limit, limits.velocity_window, limits.timestamp, limits.reserved);
}

Status set_status(const LedgerTableRun& run, TransferStatus& status, std::string_view word) {
  const TablePair pair = cut_pair(word);
  if (word == "reversed") return status.reversed = 1, Status{};
  if (const auto pending = pending_status(word)) {
    return status.pending_status = static_cast<u8>(*pending), Status{};
  }
  if (pair.key == "remaining") {
    const Result<u128> value = parse_number(pair.value);
    if (!value) return tl::unexpected<Error>(value.error());
    return status.remaining = *value, Status{};
  }
  if (pair.key == "expires") {
    const Result<u64> time = parse_time(pair.value, run.time_of(), run.last_logged);
    if (!time) return tl::unexpected<Error>(time.error());
    return status.expires_at = *time, Status{};
  }
  return not_understood("not part of a status", word);
}

std::string status_text(std::string_view outcome, const TransferStatus& status) {
  return fmt::format("{} pending_status={} remaining={} expires={} reversed={}", outcome,
                     status.pending_status, to_decimal(status.remaining), status.expires_at,
                     status.reversed);
}

Operation query_operation(std::string_view kind) {
  if (kind == "query_accounts") return Operation::QueryAccounts;
  return kind == "query_transfers" ? Operation::QueryTransfers : Operation::GetAccountChanges;
}

}  // namespace

struct LedgerTableReads::Kind {
  std::string_view name;
  Status (LedgerTableReads::*run)();
};

const LedgerTableReads::Kind LedgerTableReads::kKinds[] = {
    {"balance", &LedgerTableReads::run_balance},
    {"flags", &LedgerTableReads::run_flags},
    {"limits", &LedgerTableReads::run_limits},
    {"lookup", &LedgerTableReads::run_lookup},
    {"status", &LedgerTableReads::run_status},
    {"query_accounts", &LedgerTableReads::run_query},
    {"query_transfers", &LedgerTableReads::run_query},
    {"changes", &LedgerTableReads::run_query},
    {"totals", &LedgerTableReads::run_totals},
    {"total", &LedgerTableReads::run_total},
};

bool LedgerTableReads::run_line() {
  for (const Kind& kind : kKinds) {
    if (kind.name != run_.line.kind) continue;
    const Status status = (this->*kind.run)();
    if (!status) run_.fail_line(status.error().message);
    return true;
  }
  return false;
}

Status LedgerTableReads::run_balance() {
  const Result<u128> id = parse_number(run_.line.words.empty() ? "" : run_.line.words[0]);
  if (!id) return tl::unexpected<Error>(id.error());
  LedgerTotals expected;
  RETURN_IF_ERROR(parse_sums(run_.line, expected));
  Request request;
  const Account* account = lookup_account(request, *id);
  if (account == nullptr) return {};
  LedgerTotals actual;
  actual.debits_pending.add(account->debits_pending);
  actual.debits_posted.add(account->debits_posted);
  actual.credits_pending.add(account->credits_pending);
  actual.credits_posted.add(account->credits_posted);
  expect_sums(run_, expected, actual);
  return {};
}

Status LedgerTableReads::run_flags() {
  const Result<u128> id = parse_number(run_.line.words.empty() ? "" : run_.line.words[0]);
  if (!id) return tl::unexpected<Error>(id.error());
  Request request;
  const Account* account = lookup_account(request, *id);
  if (account == nullptr) return {};
  std::string actual;
  for (const std::string_view name : {"closed", "frozen_debits", "frozen_credits"}) {
    if ((account->flags & *account_flag(name)) != 0) actual += fmt::format("{} ", name);
  }
  run_.expect("flags", join(run_.line.expected), actual);
  return {};
}

Status LedgerTableReads::run_limits() {
  const Result<u128> id = parse_number(run_.line.words.empty() ? "" : run_.line.words[0]);
  if (!id) return tl::unexpected<Error>(id.error());
  const Result<AccountLimits> expected = parse_limits(run_, *id);
  if (!expected) return tl::unexpected<Error>(expected.error());
  const u128 ids[] = {*id};
  Request request = lookup_of(Operation::LookupLimits, ids);
  run_.run_unlogged(request);
  run_.expect_number("answers", 1, request.limits.size());
  if (request.limits.size() != 1) return {};
  const AccountLimits& actual = request.limits[0];
  run_.expect_number("account_id", expected->account_id, actual.account_id);
  run_.expect("limits", limits_text(*expected), limits_text(actual));
  return {};
}

Status LedgerTableReads::run_lookup() {
  const TableLine& line = run_.line;
  std::vector<u128> ids;
  for (const std::string_view word : line.words) {
    const Result<u128> id = parse_number(word);
    if (!id) return tl::unexpected<Error>(id.error());
    if (word[0] != line.words[0][0]) return not_understood("ids of one kind only", word);
    ids.push_back(*id);
  }
  if (ids.empty() || ids.size() != line.expected.size()) {
    return fail(ErrorCode::InvalidArgument, "expected as many answers as ids");
  }
  if (line.words[0].starts_with('A')) {
    lookup_accounts(ids);
  } else {
    lookup_transfers(ids);
  }
  return {};
}

const Account* LedgerTableReads::lookup_account(Request& request, u128 id) {
  request = lookup_of(Operation::LookupAccounts, {&id, 1});
  run_.run_unlogged(request);
  request.events = nullptr;
  if (request.accounts.size() != 1) {
    run_.fail_line("not one answer per id");
    return nullptr;
  }
  run_.expect_number("id", id, request.accounts[0].id);
  if (!run_.books.matches(request.accounts[0])) run_.fail_line("the account is not as it was sent");
  return &request.accounts[0];
}

void LedgerTableReads::lookup_accounts(std::span<const u128> ids) {
  Request request = lookup_of(Operation::LookupAccounts, ids);
  run_.run_unlogged(request);
  if (request.accounts.size() != ids.size()) return run_.fail_line("not one answer per id");
  for (usize index = 0; index < ids.size(); ++index) {
    const Account& account = request.accounts[index];
    const Account missing{};
    const bool found = std::memcmp(&account, &missing, sizeof(Account)) != 0;
    run_.expect("answer", run_.line.expected[index], found ? "found" : "missing");
    if (!found) continue;
    run_.expect_number("id", ids[index], account.id);
    if (!run_.books.matches(account)) run_.fail_line("the account is not as it was sent");
  }
}

void LedgerTableReads::lookup_transfers(std::span<const u128> ids) {
  Request request = lookup_of(Operation::LookupTransfers, ids);
  run_.run_unlogged(request);
  check_statuses(request);
  if (request.transfer_statuses.size() != ids.size()) return;
  for (usize index = 0; index < ids.size(); ++index) {
    run_.expect("answer", run_.line.expected[index],
                outcome_text(request.transfer_statuses[index].outcome));
  }
}

// The transfers of the answer are as they were sent, each at the place of its id.
void LedgerTableReads::check_statuses(const Request& request) {
  const usize count = request.event_count;
  if (request.transfers.size() != count || request.transfer_statuses.size() != count) {
    return run_.fail_line("not one answer per id");
  }
  for (usize index = 0; index < count; ++index) {
    const Transfer& transfer = request.transfers[index];
    const Transfer missing{};
    if (request.transfer_statuses[index].outcome != 1) {
      if (std::memcmp(&transfer, &missing, sizeof(Transfer)) != 0) {
        run_.fail_line("a transfer that was not created");
      }
      continue;
    }
    run_.expect_number("id", request.ids()[index], transfer.id);
    if (run_.books.matches(transfer)) continue;
    run_.fail_line(fmt::format("transfer {} is not as it was sent; its amount is {}",
                               to_decimal(transfer.id), to_decimal(transfer.amount)));
  }
}

Status LedgerTableReads::run_status() {
  const TableLine& line = run_.line;
  const Result<u128> id = parse_number(line.words.empty() ? "" : line.words[0]);
  if (!id || line.expected.empty()) return not_understood("expected: status T1 -> …", line.text);
  TransferStatus expected;
  for (usize index = 1; index < line.expected.size(); ++index) {
    RETURN_IF_ERROR(set_status(run_, expected, line.expected[index]));
  }
  const u128 ids[] = {*id};
  Request request = lookup_of(Operation::LookupTransfers, ids);
  run_.run_unlogged(request);
  check_statuses(request);
  if (request.transfer_statuses.size() != 1) return {};
  const TransferStatus& actual = request.transfer_statuses[0];
  run_.expect("status", status_text(line.expected[0], expected),
              status_text(outcome_text(actual.outcome), actual));
  return {};
}

Status LedgerTableReads::run_query() {
  const TimeOf time_of = run_.time_of();
  const auto filter = parse_filter(run_.line, {time_of, run_.last_logged, next_});
  if (!filter) return tl::unexpected<Error>(filter.error());
  Request request;
  request.operation = query_operation(run_.line.kind);
  request.filter = *filter;
  if (join(run_.line.expected) == "invalid_filter ") {
    run_.ledger.run(request, Timestamp{run_.last_logged});
    run_.expect("refusal", "invalid_filter", name(request.refusal));
    return {};
  }
  if (const auto wrong = check_filter(request.operation, *filter)) {
    return fail(ErrorCode::InvalidArgument, *wrong);
  }
  run_.run_unlogged(request);
  next_ = request.next_cursor;
  std::string expected;
  for (const std::string_view word : run_.line.expected) {
    const TablePair pair = cut_pair(word);
    const Result<u128> number = parse_number(pair.value);
    if (pair.key == "next") {
      run_.expect_number("next", number.value_or(0), next_.next);
    } else if (pair.key == "as_of") {
      run_.expect_number("as_of", number.value_or(0), next_.as_of);
    } else {
      const Result<u128> id = parse_number(word);
      expected += fmt::format("{} ", id ? to_decimal(*id) : std::string(word));
    }
  }
  run_.expect("page", expected, page_text(request));
  return {};
}

// The ids of the page's objects, each of which is compared with what was sent.
std::string LedgerTableReads::page_text(const Request& request) {
  std::string text;
  const auto add = [&](u128 id, bool matches) {
    text += to_decimal(id) + " ";
    if (!matches) run_.fail_line(fmt::format("{} is not as it was sent", to_decimal(id)));
  };
  for (const Account& account : request.accounts) add(account.id, run_.books.matches(account));
  for (const Transfer& transfer : request.transfers) {
    add(transfer.id, run_.books.matches(transfer));
  }
  run_.expect_number("statuses", request.transfers.size(), request.transfer_statuses.size());
  for (const TransferStatus& status : request.transfer_statuses) {
    run_.expect_number("outcome", 1, status.outcome);
  }
  for (const ledger::AccountChange& change : request.changes) {
    add(change.update.id, run_.books.matches(change.update));
    check_change(change);
  }
  return request.more ? text + "more " : text;
}

// A reason such as by_7_9 repeats the principal and the trace of its request.
void LedgerTableReads::check_change(const ledger::AccountChange& change) {
  const std::string reason(change.update.reason, change.update.reason_length);
  if (!reason.starts_with("by_")) return;
  const std::string who = fmt::format("by_{}_{}", change.principal, to_decimal(change.trace_id));
  run_.expect("principal and trace", reason, who);
}

// The ledgers that have accounts, from `min` on.
Status LedgerTableReads::run_totals() {
  ledger::TrialBalanceFilter filter;
  const auto set = [&](std::string_view key, const WideSum& value) {
    if (key == "min") filter.ledger_min = static_cast<u32>(value.words[0]);
    if (key == "limit") filter.limit = static_cast<u32>(value.words[0]);
    return key == "min" || key == "limit";
  };
  RETURN_IF_ERROR(parse_pairs(run_.line.words, 0, set));
  Request request = trial_balance_of(filter);
  run_.run_unlogged(request);
  std::string actual;
  for (const LedgerTotals& totals : request.totals) actual += fmt::format("{} ", totals.ledger);
  if (request.more) actual += "more ";
  run_.expect("ledgers", join(run_.line.expected), actual);
  return {};
}

Status LedgerTableReads::run_total() {
  const Result<u128> number = parse_number(run_.line.words.empty() ? "" : run_.line.words[0]);
  if (!number) return tl::unexpected<Error>(number.error());
  LedgerTotals expected;
  RETURN_IF_ERROR(parse_sums(run_.line, expected));
  Request request = trial_balance_of({static_cast<u32>(*number), 1});
  run_.run_unlogged(request);
  if (request.totals.size() != 1 || request.totals[0].ledger != *number) {
    run_.fail_line("the ledger has no line");
    return {};
  }
  run_.expect_number("accounts", expected.accounts, request.totals[0].accounts);
  expect_sums(run_, expected, request.totals[0]);
  return {};
}

void LedgerTableReads::check_everything() {
  check_books();
  std::vector<u128> ids;
  const auto check_transfers = [&] {
    if (ids.empty()) return;
    Request request = lookup_of(Operation::LookupTransfers, ids);
    run_.run_unlogged(request);
    check_statuses(request);
    for (const TransferStatus& status : request.transfer_statuses) {
      run_.expect("answer", "created", outcome_text(status.outcome));
    }
    ids.clear();
  };
  for (const auto& [id, transfer] : run_.books.transfers()) {
    ids.push_back(id);
    if (ids.size() == ledger::kRequestEventsMax) check_transfers();
  }
  check_transfers();
  for (const auto& [id, account] : run_.books.accounts()) ids.push_back(id);
  if (ids.empty()) return;
  Request request = lookup_of(Operation::LookupAccounts, ids);
  run_.run_unlogged(request);
  run_.expect_number("accounts", ids.size(), request.accounts.size());
  for (const Account& account : request.accounts) {
    if (!run_.books.matches(account)) run_.fail_line("an account is not as it was sent");
  }
}

void LedgerTableReads::check_books() {
  Request request = trial_balance_of({0, ledger::kTrialBalanceLinesMax});
  run_.run_unlogged(request);
  u64 accounts = 0;
  for (const LedgerTotals& totals : request.totals) {
    accounts += totals.accounts;
    if (!(totals.debits_posted == totals.credits_posted)) run_.fail_line("debits are not credits");
    if (!(totals.debits_pending == totals.credits_pending)) {
      run_.fail_line("pending debits are not credits");
    }
  }
  run_.expect_number("accounts", run_.books.accounts().size(), accounts);
}

}  // namespace florin::test
