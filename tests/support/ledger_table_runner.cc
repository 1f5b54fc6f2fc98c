// Runs a ledger table against a ledger: gathers the lines into requests, and compares the answers.
#include <cstring>

#include <fmt/core.h>

#include "base/int128.h"
#include "tests/support/ledger_table_events.h"
#include "tests/support/ledger_table_reads.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Condition;
using ledger::EventResult;
using ledger::Operation;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferBalances;

namespace {

constexpr u64 kFirstTime = 1'000'000;
constexpr u64 kPause = 1'000;

template <class Outcome>
std::string outcome_name(const std::optional<Outcome>& outcome, u32 number) {
  return outcome ? std::string(name(*outcome)) : fmt::format("outcome number {}", number);
}

// What each kind of event has of its own.
Operation operation_of(const Account&) { return Operation::CreateAccounts; }
Operation operation_of(const Transfer&) { return Operation::CreateTransfers; }
Operation operation_of(const AccountUpdate&) { return Operation::UpdateAccounts; }

// Remembers an outcome that was given, and names it.
std::string record(TableReport& report, const Account&, u32 number) {
  const auto outcome = ledger::account_outcome(number);
  if (outcome) report.account_outcomes.insert(*outcome);
  return outcome_name(outcome, number);
}
std::string record(TableReport& report, const Transfer&, u32 number) {
  const auto outcome = ledger::transfer_outcome(number);
  if (outcome) report.transfer_outcomes.insert(*outcome);
  return outcome_name(outcome, number);
}
std::string record(TableReport& report, const AccountUpdate&, u32 number) {
  const auto outcome = ledger::update_outcome(number);
  if (outcome) report.update_outcomes.insert(*outcome);
  return outcome_name(outcome, number);
}

// What is written behind an outcome.
struct ExpectedResult {
  std::optional<u128> amount;
  TransferBalances balances;
};

bool set_counter(TransferBalances& balances, std::string_view key, u128 value) {
  if (key == "debit.dp") return balances.debit_account_debits_pending = value, true;
  if (key == "debit.dpo") return balances.debit_account_debits_posted = value, true;
  if (key == "debit.cp") return balances.debit_account_credits_pending = value, true;
  if (key == "debit.cpo") return balances.debit_account_credits_posted = value, true;
  if (key == "credit.dp") return balances.credit_account_debits_pending = value, true;
  if (key == "credit.dpo") return balances.credit_account_debits_posted = value, true;
  if (key == "credit.cp") return balances.credit_account_credits_pending = value, true;
  if (key == "credit.cpo") return balances.credit_account_credits_posted = value, true;
  return false;
}

Result<ExpectedResult> parse_expected(const TableLine& line) {
  ExpectedResult expected;
  const auto set = [&](std::string_view key, const ledger::WideSum& value) {
    const u128 number = make_u128(value.words[1], value.words[0]);
    if (key == "amount") return expected.amount = number, true;
    return set_counter(expected.balances, key, number);
  };
  RETURN_IF_ERROR(parse_pairs(line.expected, 1, set));
  return expected;
}

std::string balances_text(const TransferBalances& balances) {
  const auto account = [](u128 dp, u128 dpo, u128 cp, u128 cpo) {
    return fmt::format("dp={} dpo={} cp={} cpo={}", to_decimal(dp), to_decimal(dpo), to_decimal(cp),
                       to_decimal(cpo));
  };
  return fmt::format(
      "debit {}, credit {}",
      account(balances.debit_account_debits_pending, balances.debit_account_debits_posted,
              balances.debit_account_credits_pending, balances.debit_account_credits_posted),
      account(balances.credit_account_debits_pending, balances.credit_account_debits_posted,
              balances.credit_account_credits_pending, balances.credit_account_credits_posted));
}

// What the line "request" says of the next write.
struct RequestOptions {
  bool dry_run = false;
  bool balances = false;
  u64 principal = 0;
  u128 trace = 0;
};

// The events of a request in the making, each with its line.
template <class Event>
struct Batch {
  std::vector<Event> events;
  std::vector<TableLine> lines;
};

class TableRunner {
 public:
  explicit TableRunner(LedgerUnderTest& ledger) : run_{ledger, {}, {}, {}, {}}, reads_(run_) {}

  TableReport run(std::string_view table) {
    u32 number = 1;
    while (!table.empty()) {
      usize end = table.find('\n');
      u32 next = number + 1;
      while (end != std::string_view::npos && end > 0 && table[end - 1] == '\\') {
        end = table.find('\n', end + 1);
        ++next;
      }
      run_line(cut_line(number, table.substr(0, end)));
      table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
      number = next;
    }
    flush();
    run_.line = TableLine{number, "(end of the table)", {}, {}, {}};
    reads_.check_everything();
    return std::move(run_.report);
  }

 private:
  void run_line(const TableLine& line) {
    if (line.kind.empty()) return;
    if (line.kind == "account") return add(accounts_, parse_account(line), line);
    if (is_transfer_line(line.kind)) return add_transfer(line);
    if (line.kind == "update") return add(updates_, parse_update(line), line);
    flush();
    run_.line = line;
    if (line.kind == "request") return report_error(set_options());
    if (line.kind == "time") return report_error(set_time());
    if (line.kind == "tick") return run_tick();
    if (!reads_.run_line()) run_.fail_line("no such kind of line");
  }

  template <class Event>
  void add(Batch<Event>& batch, const Result<Event>& event, const TableLine& line) {
    if (batch.events.empty()) flush();
    run_.line = line;
    if (!event) return run_.fail_line(event.error().message);
    if (line.expected.empty()) return run_.fail_line("expected an outcome behind the arrow");
    const Result<ExpectedResult> expected = parse_expected(line);
    if (!expected) return run_.fail_line(expected.error().message);
    batch.events.push_back(*event);
    batch.lines.push_back(line);
  }

  void add_transfer(const TableLine& line) {
    if (transfers_.events.empty()) flush();
    const usize index = transfers_.events.size();
    const auto conditions = parse_conditions(line, static_cast<u32>(index));
    run_.line = line;
    if (!conditions) return run_.fail_line(conditions.error().message);
    add(transfers_, parse_transfer(line), line);
    if (transfers_.events.size() == index) return;
    conditions_.insert(conditions_.end(), conditions->begin(), conditions->end());
  }

  Status set_options() {
    for (const std::string_view word : run_.line.words) {
      const TablePair pair = cut_pair(word);
      const Result<u128> number = parse_number(pair.value);
      if (word == "dry_run") {
        options_.dry_run = true;
      } else if (word == "balances") {
        options_.balances = true;
      } else if (pair.key == "principal" && number) {
        options_.principal = static_cast<u64>(*number);
      } else if (pair.key == "trace" && number) {
        options_.trace = *number;
      } else {
        return not_understood("no such option", word);
      }
    }
    return {};
  }

  Status set_time() {
    if (run_.line.words.size() != 1) return not_understood("expected a time", run_.line.text);
    const auto time = parse_time(run_.line.words[0], run_.time_of(), run_.last_logged);
    if (!time) return tl::unexpected<Error>(time.error());
    if (*time <= run_.last_logged) return not_understood("the time must advance", run_.line.text);
    time_ = *time;
    return {};
  }

  u64 take_time() {
    const u64 by_itself = run_.last_logged == 0 ? kFirstTime : run_.last_logged + kPause;
    const u64 time = time_.value_or(by_itself);
    time_.reset();
    return time;
  }

  void flush() {
    run_write(accounts_);
    run_write(transfers_);
    run_write(updates_);
  }

  void run_tick() {
    Request request;
    request.operation = Operation::Tick;
    request.event_count = 1;
    run_logged(request);
    run_.expect_number("exceptions", 0, request.exceptions.size());
  }

  void run_logged(Request& request) {
    const u64 time = take_time();
    run_.ledger.run(request, Timestamp{time});
    run_.check_refusal(request);
    run_.position.value += request.event_count;
    run_.check_position(request);
    run_.expect_number("time", time, request.timestamp.ns);
    first_event_ = time;
    run_.last_logged = time + request.event_count - 1;
  }

  template <class Event>
  void run_write(Batch<Event>& batch) {
    if (batch.events.empty()) return;
    run_.line = batch.lines.back();
    Request request;
    request.operation = operation_of(batch.events[0]);
    request.event_count = static_cast<u32>(batch.events.size());
    request.events = reinterpret_cast<const std::byte*>(batch.events.data());
    request.conditions = conditions_.data();
    request.condition_count = static_cast<u32>(conditions_.size());
    request.dry_run = options_.dry_run;
    request.wants_balances = options_.balances;
    request.principal = options_.principal;
    request.trace_id = options_.trace;
    if (options_.dry_run) {
      run_.run_unlogged(request);
      run_.expect_number("time", run_.last_logged, request.timestamp.ns);
    } else {
      run_logged(request);
    }
    check_events(batch, request);
    batch.events.clear();
    batch.lines.clear();
    conditions_.clear();
    options_ = {};
  }

  template <class Event>
  void check_events(const Batch<Event>& batch, const Request& request) {
    const usize balances = request.wants_balances ? batch.events.size() : 0;
    run_.expect_number("balances", balances, request.balances.size());
    usize next = 0;
    for (u32 index = 0; index < request.event_count; ++index) {
      run_.line = batch.lines[index];
      EventResult result{decided_at(index), index, 1};
      if (next < request.exceptions.size() && request.exceptions[next].index == index) {
        result = request.exceptions[next++];
        if (result.outcome == 1) run_.fail_line("an exception says that the event was created");
      }
      check_event(batch, result);
      if (request.balances.size() == request.event_count) {
        check_balances(request.balances[index], result.outcome == 1);
      }
    }
    if (next != request.exceptions.size()) {
      run_.fail_line("exceptions are not in order of their events");
    }
  }

  // When this event of the last write was decided.
  u64 decided_at(u32 index) const {
    return options_.dry_run ? run_.last_logged : first_event_ + index;
  }

  template <class Event>
  void check_event(const Batch<Event>& batch, const EventResult& result) {
    const Event& event = batch.events[result.index];
    const std::string outcome = record(run_.report, event, result.outcome);
    run_.expect("outcome", run_.line.expected[0], outcome);
    const u64 now = decided_at(result.index);
    u64 expected = now;
    if (outcome == "exists") expected = original_timestamp(batch, result.index);
    run_.expect_number("timestamp", expected, result.timestamp);
    if (outcome != "created" || options_.dry_run) return;
    run_.books.add(event, now);
    if constexpr (std::is_same_v<Event, Transfer>) {
      const Result<ExpectedResult> told = parse_expected(run_.line);
      if (told && told->amount) run_.books.set_amount(event.id, *told->amount);
    }
  }

  void check_balances(const TransferBalances& actual, bool created) {
    const Result<ExpectedResult> told = parse_expected(run_.line);
    const TransferBalances expected = created && told ? told->balances : TransferBalances{};
    run_.expect("balances", balances_text(expected), balances_text(actual));
  }

  // That of the stored original, or of an earlier member of the same chain, which the failure has
  // undone since.
  template <class Event>
  u64 original_timestamp(const Batch<Event>& batch, u32 index) const {
    const Event& event = batch.events[index];
    if (const auto stored = run_.books.time_of(event)) return *stored;
    for (u32 earlier = index; earlier-- > 0;) {
      const Event& original = batch.events[earlier];
      if (original.id == event.id) return stored_timestamp(original, decided_at(earlier));
    }
    return 0;
  }

  void report_error(const Status& status) {
    if (!status) run_.fail_line(status.error().message);
  }

  LedgerTableRun run_;
  LedgerTableReads reads_;
  Batch<Account> accounts_;
  Batch<Transfer> transfers_;
  Batch<AccountUpdate> updates_;
  std::vector<Condition> conditions_;  // Of the transfers.
  RequestOptions options_;
  std::optional<u64> time_;  // Of the next write, if a line says it.
  u64 first_event_ = 0;      // When the first event of the last logged request was decided.
};

}  // namespace

void LedgerTableRun::run_unlogged(Request& request) {
  ledger.run(request, Timestamp{last_logged});
  check_refusal(request);
  check_position(request);
}

void LedgerTableRun::check_refusal(const Request& request) {
  if (request.refusal == ledger::RefusalCode::None) return;
  fail_line(fmt::format("refused: {} {}", name(request.refusal), request.refusal_message));
}

void LedgerTableRun::check_position(const Request& request) {
  expect_number("position", position.value, request.position.value);
}

void LedgerTableRun::expect(std::string_view what, std::string_view expected,
                            std::string_view actual) {
  if (expected == actual) return;
  fail_line(fmt::format("{}: expected {}, got {}", what, expected, actual));
}

void LedgerTableRun::expect_number(std::string_view what, u128 expected, u128 actual) {
  if (expected == actual) return;
  expect(what, to_decimal(expected), to_decimal(actual));
}

void LedgerTableRun::fail_line(std::string_view why) {
  report.failures.push_back(fmt::format("line {}: {}: {}", line.number, line.text, why));
}

TableReport run_table(LedgerUnderTest& ledger, std::string_view table) {
  return TableRunner(ledger).run(table);
}

std::string TableReport::text() const {
  std::string text;
  for (const std::string& failure : failures) text += failure + "\n";
  return text;
}

}  // namespace florin::test
