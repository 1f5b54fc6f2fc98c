#include "alerts/alert_message.h"

#include <fmt/format.h>

#include "base/int128.h"
#include "exporter/change_text.h"
#include "exporter/export_day.h"

namespace florin::alerts {

namespace {

constexpr u64 kSecondsPerDay = 24 * 3600;

std::string_view subject_name(Subject subject) {
  switch (subject) {
    case Subject::Transfer: return "transfer";
    case Subject::Debit: return "debit";
    case Subject::Credit: return "credit";
  }
  return "";
}

// Such as "2026-11-01T09:30:00.000000000Z".
std::string moment_text(u64 time_ns) {
  const u64 second = time_ns / kNsPerSecond % kSecondsPerDay;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:09}Z", exporter::day_of(time_ns), second / 3600,
                     second / 60 % 60, second % 60, time_ns % kNsPerSecond);
}

// What was measured, the limit it was measured by, and both in a sentence. Every text in it is a
// number, a moment or a name of letters and digits: nothing needs an escape.
struct Measure {
  std::string fields;  // Of a JSON object.
  std::string sentence;
};

class Measurer {
 public:
  Measurer(const Finding& finding, const exporter::ChangePage& page,
           const money::LedgerNames& names)
      : finding_(finding),
        event_(page.events[finding.event]),
        transfer_(page.transfers[event_.object]),
        names_(names) {}

  Measure operator()(const AmountAbove& rule) {
    add_amount("amount", false, transfer_.amount);
    add_amount("limit", false, rule.amount);
    return done(fmt::format("transfer {} of {} is above {}", to_decimal(transfer_.id),
                            print(transfer_.amount), print(rule.amount)));
  }

  Measure operator()(const BalanceBelow& rule) {
    add_amount("balance", finding_.is_negative, finding_.balance);
    add_amount("balance_before", finding_.was_negative, finding_.balance_before);
    add_amount("limit", rule.is_negative, rule.amount);
    add_word("counting", rule.available ? "available" : "posted");
    return done(fmt::format("balance of account {} went from {} to {}, below {}",
                            to_decimal(finding_.account),
                            sign(finding_.was_negative) + print(finding_.balance_before),
                            sign(finding_.is_negative) + print(finding_.balance),
                            sign(rule.is_negative) + print(rule.amount)));
  }

  Measure operator()(const ManyDebits& rule) {
    const u64 seconds = rule.window_ns / kNsPerSecond;
    add_word("count", std::to_string(finding_.count));
    add_amount("sum", false, finding_.sum);
    if (rule.count) add_word("count_limit", std::to_string(*rule.count));
    if (rule.sum) add_amount("sum_limit", false, *rule.sum);
    add_word("window_seconds", std::to_string(seconds));
    return done(fmt::format("account {} was debited {} times within {} s, {} in all",
                            to_decimal(finding_.account), finding_.count, seconds,
                            print(finding_.sum)));
  }

  Measure operator()(const NewCounterparty&) {
    add_amount("amount", false, transfer_.amount);
    add_word("counterparty_account_id", to_decimal(transfer_.credit_account_id));
    return done(fmt::format("first transfer from account {} to account {}, of {}",
                            to_decimal(finding_.account), to_decimal(transfer_.credit_account_id),
                            print(transfer_.amount)));
  }

  Measure operator()(const DormantAccount& rule) {
    const u64 days = rule.quiet_ns / (kSecondsPerDay * kNsPerSecond);
    const std::string moved = moment_text(finding_.moved_before_ns);
    add_word(finding_.was_forgotten ? "moved_before_at_latest" : "moved_before", moved);
    add_word("quiet_days_limit", std::to_string(days));
    return done(fmt::format("account {} moves, and did not since {}{}",
                            to_decimal(finding_.account), finding_.was_forgotten ? "before " : "",
                            moved));
  }

  Measure operator()(const Refusal& rule) {
    const std::string_view outcome = ledger::name(ledger::TransferOutcome{event_.outcome});
    add_word("outcome", outcome);
    add_amount("amount", false, transfer_.amount);
    std::string sentence = fmt::format(
        "transfer {} of {} from account {} to account {} was refused: {}", to_decimal(transfer_.id),
        print(transfer_.amount), to_decimal(transfer_.debit_account_id),
        to_decimal(transfer_.credit_account_id), outcome);
    if (rule.count) {
      const u64 seconds = rule.window_ns / kNsPerSecond;
      add_word("count", std::to_string(finding_.count));
      add_word("count_limit", std::to_string(*rule.count));
      add_word("window_seconds", std::to_string(seconds));
      sentence += fmt::format("; account {} was refused {} times within {} s",
                              to_decimal(finding_.account), finding_.count, seconds);
    }
    return done(std::move(sentence));
  }

 private:
  static std::string sign(bool is_negative) { return is_negative ? "-" : ""; }

  std::string print(u128 amount) const { return names_.print(amount, transfer_.ledger); }

  void add_word(std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(fields_), "{}\"{}\":\"{}\"", fields_.empty() ? "" : ",", key,
                   value);
  }

  // In minor units, and as people write it where the ledger has a name.
  void add_amount(std::string_view key, bool is_negative, u128 amount) {
    add_word(key, sign(is_negative) + to_decimal(amount));
    if (names_.find(transfer_.ledger) == nullptr) return;
    add_word(fmt::format("{}_text", key), sign(is_negative) + print(amount));
  }

  Measure done(std::string sentence) { return {std::move(fields_), std::move(sentence)}; }

  const Finding& finding_;
  const ledger::ChangeEvent& event_;
  const ledger::Transfer& transfer_;
  const money::LedgerNames& names_;
  std::string fields_;
};

}  // namespace

sinks::Message make_message(const Rule& rule, const Finding& finding,
                            const exporter::ChangePage& page, const money::LedgerNames& names) {
  const ledger::ChangeEvent& event = page.events[finding.event];
  const Measure measure = std::visit(Measurer(finding, page, names), rule.what);
  sinks::Message message;
  message.id = fmt::format("{}.{}.{}.{}", rule.name, event.position, event.index,
                           subject_name(finding.subject));
  message.kind = fmt::format("alert.{}", kind_name(rule));
  message.key = to_decimal(finding.account);
  message.body = fmt::format(
      R"({{"version":{},"id":"{}","rule":"{}","kind":"{}","time":"{}","subject":"{}",)"
      R"("account_id":"{}","text":"{}: {}","measured":{{{}}},"change":)",
      kAlertVersion, message.id, rule.name, kind_name(rule), moment_text(event.timestamp),
      subject_name(finding.subject), message.key, rule.name, measure.sentence, measure.fields);
  append_line(exporter::TextKind::Ndjson, page, finding.event, message.body);
  message.body.back() = '}';  // In place of the end of the line.
  return message;
}

}  // namespace florin::alerts
