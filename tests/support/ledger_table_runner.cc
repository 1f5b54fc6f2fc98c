// Runs a ledger table against a ledger: gathers the lines into requests, and compares the answers.
#include <cstring>
#include <map>

#include <fmt/core.h>

#include "base/int128.h"
#include "tests/support/ledger_table_line.h"
#include "tests/support/ledger_tables.h"
#include "tests/support/owned_request.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::EventResult;
using ledger::LedgerTotals;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::WideSum;

namespace {

template <class Value>
bool same_bytes(const Value& left, const Value& right) {
  return std::memcmp(&left, &right, sizeof(Value)) == 0;
}

// What the outcomes of one kind of event are called.
std::string outcome_name(const Account&, u32 number) {
  const auto outcome = ledger::account_outcome(number);
  return outcome ? std::string(name(*outcome)) : fmt::format("outcome number {}", number);
}

std::string outcome_name(const Transfer&, u32 number) {
  const auto outcome = ledger::transfer_outcome(number);
  return outcome ? std::string(name(*outcome)) : fmt::format("outcome number {}", number);
}

class TableRun {
 public:
  explicit TableRun(LedgerUnderTest& ledger) : ledger_(ledger) {}

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
    line_ = TableLine{number, "(end of the table)", {}, {}, {}};
    check_books();
    return std::move(report_);
  }

 private:
  // The events of a request in the making, each with its line.
  template <class Event>
  struct Batch {
    std::vector<Event> events;
    std::vector<TableLine> lines;
    // Every event that was created so far, as it must be stored.
    std::map<u128, Event> created;
  };

  void run_line(const TableLine& line) {
    if (line.kind.empty()) return;
    if (line.kind == "account") return add(accounts_, parse_account(line), line);
    if (line.kind == "transfer") return add(transfers_, parse_transfer(line), line);
    flush();
    line_ = line;
    if (line.kind == "request") return;
    if (line.kind == "balance") return report_error(run_balance());
    if (line.kind == "lookup") return report_error(run_lookup());
    if (line.kind == "totals") return report_error(run_totals());
    if (line.kind == "total") return report_error(run_total());
    fail_line("no such kind of line");
  }

  template <class Event>
  void add(Batch<Event>& batch, const Result<Event>& event, const TableLine& line) {
    if (batch.events.empty()) flush();
    line_ = line;
    if (!event) return fail_line(event.error().message);
    if (line.expected.size() != 1) return fail_line("expected one outcome behind the arrow");
    batch.events.push_back(*event);
    batch.lines.push_back(line);
  }

  void flush() {
    if (!accounts_.events.empty()) {
      OwnedRequest owned = OwnedRequest::create_accounts(accounts_.events);
      run_write(accounts_, owned.request());
    }
    if (!transfers_.events.empty()) {
      OwnedRequest owned = OwnedRequest::create_transfers(transfers_.events);
      run_write(transfers_, owned.request());
    }
  }

  template <class Event>
  void run_write(Batch<Event>& batch, Request& request) {
    line_ = batch.lines.back();
    ledger_.run(request);
    check_refusal(request);
    position_.value += request.event_count;
    check_position(request);
    if (request.timestamp <= last_timestamp_) fail_line("the time did not advance");
    last_timestamp_ = Timestamp{request.timestamp.ns + request.event_count - 1};
    usize next = 0;
    for (u32 index = 0; index < request.event_count; ++index) {
      line_ = batch.lines[index];
      EventResult result{request.timestamp.ns + index, index, 1};
      if (next < request.exceptions.size() && request.exceptions[next].index == index) {
        result = request.exceptions[next++];
        if (result.outcome == 1) fail_line("an exception says that the event was created");
      }
      check_event(batch, request, result);
    }
    if (next != request.exceptions.size()) fail_line("exceptions are not in order of their events");
    batch.events.clear();
    batch.lines.clear();
  }

  template <class Event>
  void check_event(Batch<Event>& batch, const Request& request, const EventResult& result) {
    const Event& event = batch.events[result.index];
    remember_outcome(event, result.outcome);
    const std::string outcome = outcome_name(event, result.outcome);
    expect("outcome", line_.expected[0], outcome);
    if (outcome == "created") {
      Event& stored = batch.created[event.id] = event;
      stored.timestamp = result.timestamp;
    }
    u64 timestamp = request.timestamp.ns + result.index;
    if (outcome == "exists") timestamp = original_timestamp(batch, request, result.index);
    expect("timestamp", std::to_string(timestamp), std::to_string(result.timestamp));
  }

  // That of the stored original, or of an earlier member of the same chain, which the failure has
  // undone since.
  template <class Event>
  u64 original_timestamp(const Batch<Event>& batch, const Request& request, u32 index) const {
    const u128 id = batch.events[index].id;
    const auto created = batch.created.find(id);
    if (created != batch.created.end()) return created->second.timestamp;
    for (u32 earlier = 0; earlier < index; ++earlier) {
      if (batch.events[earlier].id == id) return request.timestamp.ns + earlier;
    }
    return 0;
  }

  void remember_outcome(const Account&, u32 number) {
    const auto outcome = ledger::account_outcome(number);
    if (outcome) report_.account_outcomes.insert(*outcome);
  }
  void remember_outcome(const Transfer&, u32 number) {
    const auto outcome = ledger::transfer_outcome(number);
    if (outcome) report_.transfer_outcomes.insert(*outcome);
  }

  void run_read(Request& request) {
    ledger_.run(request);
    check_refusal(request);
    check_position(request);
  }

  Status run_lookup() {
    std::vector<u128> ids;
    for (const std::string_view word : line_.words) {
      const Result<u128> id = parse_number(word);
      if (!id) return tl::unexpected<Error>(id.error());
      ids.push_back(*id);
    }
    if (ids.empty() || ids.size() != line_.expected.size()) {
      return fail(ErrorCode::InvalidArgument, "expected as many answers as ids");
    }
    if (line_.words[0].starts_with('A')) {
      lookup_accounts(ids);
    } else {
      lookup_transfers(ids);
    }
    return {};
  }

  void lookup_accounts(std::span<const u128> ids) {
    OwnedRequest owned = OwnedRequest::lookup_accounts(ids);
    run_read(owned.request());
    const std::vector<Account>& answer = owned.request().accounts;
    if (answer.size() != ids.size()) return fail_line("not one answer per id");
    for (usize index = 0; index < ids.size(); ++index) {
      const bool found = !same_bytes(answer[index], Account{});
      expect("answer", line_.expected[index], found ? "found" : "missing");
      if (found) check_account(ids[index], answer[index]);
    }
  }

  // Compares all but the balances with what was sent.
  void check_account(u128 id, Account answer) {
    const auto created = accounts_.created.find(id);
    if (created == accounts_.created.end()) return fail_line("an account that was not created");
    answer.debits_pending = answer.debits_posted = 0;
    answer.credits_pending = answer.credits_posted = 0;
    if (!same_bytes(answer, created->second)) fail_line("the account is not as it was sent");
  }

  void lookup_transfers(std::span<const u128> ids) {
    OwnedRequest owned = OwnedRequest::lookup_transfers(ids);
    run_read(owned.request());
    const Request& answer = owned.request();
    if (answer.transfers.size() != ids.size() || answer.transfer_outcomes.size() != ids.size()) {
      return fail_line("not one answer per id");
    }
    for (usize index = 0; index < ids.size(); ++index) {
      const u32 outcome = answer.transfer_outcomes[index];
      expect("answer", line_.expected[index],
             outcome == 0 ? "missing" : outcome_name(Transfer{}, outcome));
      const auto created = transfers_.created.find(ids[index]);
      const bool stored = outcome == 1 && created != transfers_.created.end();
      if (!same_bytes(answer.transfers[index], stored ? created->second : Transfer{})) {
        fail_line("the transfer is not as it was sent");
      }
    }
  }

  Status run_balance() {
    if (line_.words.empty()) return fail(ErrorCode::InvalidArgument, "expected an account's id");
    const Result<u128> id = parse_number(line_.words[0]);
    if (!id) return tl::unexpected<Error>(id.error());
    LedgerTotals expected;
    RETURN_IF_ERROR(parse_sums(1, expected));

    const u128 ids[] = {*id};
    OwnedRequest owned = OwnedRequest::lookup_accounts(ids);
    run_read(owned.request());
    if (owned.request().accounts.size() != 1) {
      fail_line("not one answer per id");
      return {};
    }
    const Account& account = owned.request().accounts[0];
    check_account(*id, account);
    LedgerTotals actual;
    actual.debits_pending.add(account.debits_pending);
    actual.debits_posted.add(account.debits_posted);
    actual.credits_pending.add(account.credits_pending);
    actual.credits_posted.add(account.credits_posted);
    expect_sums(expected, actual);
    return {};
  }

  // The ledgers that have accounts, from `min` on.
  Status run_totals() {
    ledger::TrialBalanceFilter filter;
    const auto set = [&](std::string_view key, const WideSum& value) {
      if (key == "min") filter.ledger_min = static_cast<u32>(value.words[0]);
      if (key == "limit") filter.limit = static_cast<u32>(value.words[0]);
      return key == "min" || key == "limit";
    };
    RETURN_IF_ERROR(parse_pairs(line_, 0, set));
    OwnedRequest owned = OwnedRequest::get_trial_balance(filter);
    run_read(owned.request());
    std::string expected;
    for (const std::string_view word : line_.expected) expected += fmt::format("{} ", word);
    std::string actual;
    for (const LedgerTotals& totals : owned.request().totals) {
      actual += fmt::format("{} ", totals.ledger);
    }
    if (owned.request().more_totals) actual += "more ";
    expect("ledgers", expected, actual);
    return {};
  }

  Status run_total() {
    if (line_.words.empty()) return fail(ErrorCode::InvalidArgument, "expected a ledger's number");
    const Result<u128> number = parse_number(line_.words[0]);
    if (!number) return tl::unexpected<Error>(number.error());
    LedgerTotals expected;
    RETURN_IF_ERROR(parse_sums(1, expected));

    OwnedRequest owned = OwnedRequest::get_trial_balance({static_cast<u32>(*number), 1});
    run_read(owned.request());
    if (owned.request().totals.size() != 1 || owned.request().totals[0].ledger != *number) {
      fail_line("the ledger has no line");
      return {};
    }
    const LedgerTotals& actual = owned.request().totals[0];
    expect("accounts", std::to_string(expected.accounts), std::to_string(actual.accounts));
    expect_sums(expected, actual);
    return {};
  }

  Status parse_sums(usize first, LedgerTotals& sums) {
    const auto set = [&](std::string_view key, const WideSum& value) {
      if (key == "dp") return sums.debits_pending = value, true;
      if (key == "dpo") return sums.debits_posted = value, true;
      if (key == "cp") return sums.credits_pending = value, true;
      if (key == "cpo") return sums.credits_posted = value, true;
      if (key == "accounts") return sums.accounts = value.words[0], true;
      return false;
    };
    return parse_pairs(line_, first, set);
  }

  // Whatever the table did: debits equal credits in every ledger, and every account has its ledger.
  void check_books() {
    OwnedRequest owned = OwnedRequest::get_trial_balance({0, ledger::kTrialBalanceLinesMax});
    run_read(owned.request());
    u64 accounts = 0;
    for (const LedgerTotals& totals : owned.request().totals) {
      accounts += totals.accounts;
      if (!(totals.debits_posted == totals.credits_posted)) fail_line("debits are not credits");
      if (!(totals.debits_pending == totals.credits_pending)) fail_line("debits are not credits");
    }
    expect("accounts", std::to_string(accounts_.created.size()), std::to_string(accounts));
  }

  void check_refusal(const Request& request) {
    if (request.refusal == ledger::RefusalCode::None) return;
    fail_line(fmt::format("refused: {} {}", name(request.refusal), request.refusal_message));
  }

  void check_position(const Request& request) {
    expect("position", std::to_string(position_.value), std::to_string(request.position.value));
  }

  void expect_sums(const LedgerTotals& expected, const LedgerTotals& actual) {
    expect_sum("dp", expected.debits_pending, actual.debits_pending);
    expect_sum("dpo", expected.debits_posted, actual.debits_posted);
    expect_sum("cp", expected.credits_pending, actual.credits_pending);
    expect_sum("cpo", expected.credits_posted, actual.credits_posted);
  }

  void expect_sum(std::string_view what, const WideSum& expected, const WideSum& actual) {
    const auto text = [](const WideSum& sum) {
      const std::string low = to_decimal(make_u128(sum.words[1], sum.words[0]));
      return sum.words[2] == 0 ? low : fmt::format("{}*2^128+{}", sum.words[2], low);
    };
    expect(what, text(expected), text(actual));
  }

  void expect(std::string_view what, std::string_view expected, std::string_view actual) {
    if (expected == actual) return;
    fail_line(fmt::format("{}: expected {}, got {}", what, expected, actual));
  }

  void report_error(const Status& status) {
    if (!status) fail_line(status.error().message);
  }

  void fail_line(std::string_view why) {
    report_.failures.push_back(fmt::format("line {}: {}: {}", line_.number, line_.text, why));
  }

  LedgerUnderTest& ledger_;
  TableReport report_;
  TableLine line_;
  Batch<Account> accounts_;
  Batch<Transfer> transfers_;
  Position position_;
  Timestamp last_timestamp_;
};

}  // namespace

TableReport run_table(LedgerUnderTest& ledger, std::string_view table) {
  return TableRun(ledger).run(table);
}

std::string TableReport::text() const {
  std::string text;
  for (const std::string& failure : failures) text += failure + "\n";
  return text;
}

}  // namespace florin::test
