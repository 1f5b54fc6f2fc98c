#include "tests/alerts/naive_rules.h"

#include <algorithm>
#include <array>

namespace florin::test {

using alerts::Rule;
using exporter::ChangePage;
using ledger::ChangeEvent;
using ledger::ChangeKind;
using ledger::Transfer;

namespace {

class NaiveRule {
 public:
  NaiveRule(const Rule& rule, const ChangePage& all) : rule_(rule), all_(all) {}

  std::vector<std::string> alerts() {
    const auto* const refusal = std::get_if<alerts::Refusal>(&rule_.what);
    for (usize event = 0; event < all_.events.size(); ++event) {
      if (refusal != nullptr) {
        look_at_refusal(*refusal, event);
      } else if (has_transfer(event) && admitted(event)) {
        look(event);
      }
    }
    return std::move(told_);
  }

 private:
  template <class Values, class Value>
  static bool has(const Values& values, Value value) {
    return values.empty() || std::count(values.begin(), values.end(), value) != 0;
  }
  bool of_kind(usize event, ChangeKind kind) const {
    return all_.events[event].kind == static_cast<u8>(kind);
  }
  bool has_transfer(usize event) const {
    return of_kind(event, ChangeKind::TransferCreated) || of_kind(event, ChangeKind::HoldExpired);
  }
  const Transfer& transfer(usize event) const { return all_.transfers[all_.events[event].object]; }
  u64 time(usize event) const { return all_.events[event].timestamp; }
  bool admitted(usize event) const {
    return has(rule_.filter.ledgers, transfer(event).ledger) &&
           has(rule_.filter.codes, transfer(event).code);
  }
  bool watched(u128 account) const { return has(rule_.filter.accounts, account); }
  bool begins(usize event) const {
    constexpr u16 kEnds =
        ledger::transfer_flags::kPostPendingTransfer | ledger::transfer_flags::kVoidPendingTransfer;
    return of_kind(event, ChangeKind::TransferCreated) && (transfer(event).flags & kEnds) == 0;
  }

  void tell(usize event, std::string_view subject) {
    const ChangeEvent& change = all_.events[event];
    told_.push_back(std::to_string(change.position) + "." + std::to_string(change.index) + "." +
                    std::string(subject));
  }

  void look(usize event) {
    if (const auto* above = std::get_if<alerts::AmountAbove>(&rule_.what)) {
      const Transfer& moved = transfer(event);
      const bool watches = watched(moved.debit_account_id) || watched(moved.credit_account_id);
      if (begins(event) && watches && moved.amount > above->amount) tell(event, "transfer");
    } else if (const auto* below = std::get_if<alerts::BalanceBelow>(&rule_.what)) {
      look_at_balance(*below, event);
    } else if (const auto* many = std::get_if<alerts::ManyDebits>(&rule_.what)) {
      look_at_debits(*many, event);
    } else if (const auto* pair = std::get_if<alerts::NewCounterparty>(&rule_.what)) {
      look_at_pair(*pair, event);
    } else if (const auto* dormant = std::get_if<alerts::DormantAccount>(&rule_.what)) {
      if (!of_kind(event, ChangeKind::TransferCreated)) return;
      look_at_quiet(*dormant, event, transfer(event).debit_account_id, "debit");
      look_at_quiet(*dormant, event, transfer(event).credit_account_id, "credit");
    }
  }

  // Signed, in numbers small enough for it.
  static i64 number(u128 value) { return static_cast<i64>(value); }

  // The balance of an account after the last of the changes up to `end` that moved it.
  i64 balance(const alerts::BalanceBelow& rule, u128 account, usize end) const {
    for (usize event = end; event-- > 0;) {
      if (!has_transfer(event)) continue;
      const auto& after = all_.balances[all_.events[event].object];
      std::array<u128, 4> counters{};
      if (transfer(event).debit_account_id == account) {
        counters = {after.debit_account_debits_pending, after.debit_account_debits_posted,
                    after.debit_account_credits_pending, after.debit_account_credits_posted};
      } else if (transfer(event).credit_account_id == account) {
        counters = {after.credit_account_debits_pending, after.credit_account_debits_posted,
                    after.credit_account_credits_pending, after.credit_account_credits_posted};
      } else {
        continue;
      }
      const i64 credits_less_debits = number(counters[3]) - number(counters[1]);
      const i64 held = number(counters[rule.debit_normal ? 2 : 0]);
      return (rule.debit_normal ? -credits_less_debits : credits_less_debits) -
             (rule.available ? held : 0);
    }
    return 0;
  }

  // Either account of the change.
  void look_at_balance(const alerts::BalanceBelow& rule, usize event) {
    const i64 limit = rule.is_negative ? -number(rule.amount) : number(rule.amount);
    const Transfer& moved = transfer(event);
    for (const auto& [account, subject] :
         {std::pair{moved.debit_account_id, "debit"}, {moved.credit_account_id, "credit"}}) {
      if (!watched(account)) continue;
      const bool was_below = balance(rule, account, event) < limit;
      if (balance(rule, account, event + 1) < limit && !was_below) tell(event, subject);
    }
  }

  bool exceeds(const alerts::ManyDebits& rule, u128 account, u64 now, usize end) const {
    u64 count = 0;
    u128 sum = 0;
    for (usize event = 0; event < end; ++event) {
      if (!has_transfer(event) || !admitted(event) || !begins(event)) continue;
      if (transfer(event).debit_account_id != account) continue;
      if (time(event) + rule.window_ns <= now) continue;
      ++count;
      sum += transfer(event).amount;
    }
    return (rule.count && count > *rule.count) || (rule.sum && sum > *rule.sum);
  }

  void look_at_debits(const alerts::ManyDebits& rule, usize event) {
    const u128 account = transfer(event).debit_account_id;
    if (!begins(event) || !watched(account)) return;
    const u64 now = time(event);
    if (exceeds(rule, account, now, event + 1) && !exceeds(rule, account, now, event)) {
      tell(event, "debit");
    }
  }

  void look_at_pair(const alerts::NewCounterparty& rule, usize event) {
    const Transfer& moved = transfer(event);
    if (!begins(event) || !watched(moved.debit_account_id)) return;
    for (usize before = 0; before < event; ++before) {
      if (!has_transfer(before) || !admitted(before) || !begins(before)) continue;
      if (transfer(before).debit_account_id == moved.debit_account_id &&
          transfer(before).credit_account_id == moved.credit_account_id) {
        return;
      }
    }
    if (moved.amount >= rule.amount_min) tell(event, "debit");
  }

  void look_at_quiet(const alerts::DormantAccount& rule, usize event, u128 account,
                     std::string_view subject) {
    if (!watched(account)) return;
    for (usize before = event; before-- > 0;) {
      const ChangeEvent& change = all_.events[before];
      bool moves = false;
      if (of_kind(before, ChangeKind::AccountCreated)) {
        moves = all_.accounts[change.object].id == account;
      } else if (of_kind(before, ChangeKind::TransferCreated) && admitted(before)) {
        moves = transfer(before).debit_account_id == account ||
                transfer(before).credit_account_id == account;
      }
      if (!moves) continue;
      if (time(event) - change.timestamp >= rule.quiet_ns) tell(event, subject);
      return;
    }
  }

  bool counts(const alerts::Refusal& rule, usize event) const {
    if (!of_kind(event, ChangeKind::TransferRefused) || !admitted(event)) return false;
    const auto outcome = static_cast<ledger::TransferOutcome>(all_.events[event].outcome);
    const Transfer& asked = transfer(event);
    return has(rule.outcomes, outcome) && asked.amount >= rule.amount_min &&
           (watched(asked.debit_account_id) || watched(asked.credit_account_id));
  }

  void look_at_refusal(const alerts::Refusal& rule, usize event) {
    if (!counts(rule, event)) return;
    if (!rule.count) return tell(event, "transfer");
    const u128 account = transfer(event).debit_account_id;
    u64 before = 0;
    for (usize earlier = 0; earlier < event; ++earlier) {
      if (!counts(rule, earlier) || transfer(earlier).debit_account_id != account) continue;
      if (time(earlier) + rule.window_ns > time(event)) ++before;
    }
    if (account != 0 && before == *rule.count) tell(event, "debit");
  }

  const Rule& rule_;
  const ChangePage& all_;
  std::vector<std::string> told_;
};

}  // namespace

std::vector<std::string> naive_alerts(const Rule& rule, const ChangePage& all) {
  return NaiveRule(rule, all).alerts();
}

}  // namespace florin::test
