#include "alerts/rule_state.h"

#include <algorithm>
#include <cstring>

#include "base/checksum.h"

namespace florin::alerts {

using ledger::ChangeEvent;
using ledger::ChangeKind;
using ledger::Transfer;
namespace flags = ledger::transfer_flags;

namespace {

bool is_among(const std::vector<u128>& accounts, u128 account) {
  return std::ranges::find(accounts, account) != accounts.end();
}

template <class Values, class Value>
bool admits(const Values& values, const Value& value) {
  return values.empty() || std::ranges::find(values, value) != values.end();
}

// A transfer, or a hold when it is made: posts and voids are of money that was seen before.
bool begins(const ChangeEvent& event, const Transfer& transfer) {
  return event.kind == static_cast<u8>(ChangeKind::TransferCreated) &&
         (transfer.flags & flags::kResolves) == 0;
}

// What raises and what lowers a balance.
struct Sides {
  u128 up = 0;
  u128 down = 0;
  u128 held = 0;  // By holds that would lower it.
};

bool is_below(const BalanceBelow& rule, const Sides& sides) {
  WideSum balance;
  WideSum limit;
  balance.add(sides.up);
  limit.add(sides.down);
  limit.add(sides.held);
  (rule.is_negative ? balance : limit).add(rule.amount);
  return balance < limit;
}

struct SignedBalance {
  bool is_negative = false;
  u128 amount = 0;
};

// The counters of an account together have at most 128 bits.
SignedBalance balance_of(const Sides& sides) {
  const u128 down = sides.down + sides.held;
  return sides.up >= down ? SignedBalance{false, sides.up - down}
                          : SignedBalance{true, down - sides.up};
}

// The side that the change can lower, right after it: the debit account of a balance of credits
// less debits, and the other way round.
Sides sides_after(const BalanceBelow& rule, const ledger::TransferBalances& after) {
  Sides sides;
  if (rule.debit_normal) {
    sides = {after.credit_account_debits_posted, after.credit_account_credits_posted,
             after.credit_account_credits_pending};
  } else {
    sides = {after.debit_account_credits_posted, after.debit_account_debits_posted,
             after.debit_account_debits_pending};
  }
  if (!rule.available) sides.held = 0;
  return sides;
}

// The same right before it: a change moves the same counters of both accounts, on their own sides.
Sides sides_before(const BalanceBelow& rule, Sides sides, const ChangeEvent& event,
                   const Transfer& transfer) {
  const bool created = event.kind == static_cast<u8>(ChangeKind::TransferCreated);
  const bool holds = created && (transfer.flags & flags::kPending) != 0;
  const bool posts = created && !holds && (transfer.flags & flags::kVoidPendingTransfer) == 0;
  if (posts) sides.down -= transfer.amount;
  if (rule.available && holds) sides.held -= transfer.amount;
  if (rule.available && !holds) sides.held += event.released;
  return sides;
}

// Pairs are known by 128 bits of a hash.
u128 pair_id(const Transfer& transfer) {
  const u128 pair[2] = {transfer.debit_account_id, transfer.credit_account_id};
  return checksum128(std::as_bytes(std::span(pair)));
}

constexpr u32 kUntracked = 1;

}  // namespace

RuleState::RuleState(const Rule& rule, u32 index, engine::HashSeed seed)
    : rule_(rule),
      index_(index),
      windows_(std::max(rule.tracked_max, kUntracked), seed),
      times_(std::max(rule.tracked_max, kUntracked), seed) {}

bool RuleState::takes(const Transfer& transfer) const {
  return admits(rule_.filter.ledgers, transfer.ledger) && admits(rule_.filter.codes, transfer.code);
}

bool RuleState::watches(u128 account) const {
  return rule_.filter.accounts.empty() || is_among(rule_.filter.accounts, account);
}

void RuleState::fetch(const exporter::ChangePage& page, u32 first, u32 end) {
  const auto* const refusal = std::get_if<Refusal>(&rule_.what);
  const bool of_refused = refusal != nullptr && refusal->count;
  const bool by_debit = of_refused || std::holds_alternative<ManyDebits>(rule_.what);
  const bool by_pair = std::holds_alternative<NewCounterparty>(rule_.what);
  if (!by_debit && !by_pair && !std::holds_alternative<DormantAccount>(rule_.what)) return;
  const auto kind = of_refused ? ChangeKind::TransferRefused : ChangeKind::TransferCreated;
  ahead_.clear();
  for (u32 event = first; event < end; ++event) {
    const ChangeEvent& change = page.events[event];
    if (change.kind != static_cast<u8>(kind)) continue;
    const Transfer& transfer = page.transfers[change.object];
    ahead_.push_back(by_pair ? pair_id(transfer) : transfer.debit_account_id);
    if (!by_pair && !by_debit) ahead_.push_back(transfer.credit_account_id);
  }
  if (by_debit) {
    windows_.fetch(ahead_);
    for (const u128 account : ahead_) {
      if (const DebitWindow* window = windows_.peek(account)) window->fetch();
    }
  } else {
    times_.fetch(ahead_);
  }
}

void RuleState::take(const exporter::ChangePage& page, u32 event, std::vector<Finding>& found) {
  const ChangeEvent& change = page.events[event];
  switch (static_cast<ChangeKind>(change.kind)) {
    case ChangeKind::TransferCreated:
    case ChangeKind::HoldExpired: take_transfer(page, event, found); break;
    case ChangeKind::TransferRefused: take_refusal(page, event, found); break;
    case ChangeKind::AccountCreated: take_account(page, change); break;
    case ChangeKind::AccountUpdated: break;
  }
}

void RuleState::take_transfer(const exporter::ChangePage& page, u32 event,
                              std::vector<Finding>& found) {
  const ChangeEvent& change = page.events[event];
  const Transfer& transfer = page.transfers[change.object];
  if (!takes(transfer)) return;
  if (const auto* below = std::get_if<BalanceBelow>(&rule_.what)) {
    check(*below, page, event, found);
  } else if (const auto* dormant = std::get_if<DormantAccount>(&rule_.what)) {
    if (change.kind != static_cast<u8>(ChangeKind::TransferCreated)) return;
    check(*dormant, page, event, Subject::Debit, found);
    check(*dormant, page, event, Subject::Credit, found);
  } else if (begins(change, transfer)) {
    if (const auto* above = std::get_if<AmountAbove>(&rule_.what)) {
      check(*above, page, event, found);
    } else if (const auto* many = std::get_if<ManyDebits>(&rule_.what)) {
      check(*many, page, event, found);
    } else if (const auto* pair = std::get_if<NewCounterparty>(&rule_.what)) {
      check(*pair, page, event, found);
    }
  }
}

// What is refused moves nothing, and its fields may be anything: it exists for no other rule.
void RuleState::take_refusal(const exporter::ChangePage& page, u32 event,
                             std::vector<Finding>& found) {
  const auto* const refusal = std::get_if<Refusal>(&rule_.what);
  if (refusal == nullptr || !takes(page.transfers[page.events[event].object])) return;
  check(*refusal, page, event, found);
}

// Made when there is something to tell, and not before: it is larger than a transfer.
Finding& RuleState::add_finding(const exporter::ChangePage& page, u32 event, Subject subject,
                                std::vector<Finding>& found) const {
  const Transfer& transfer = page.transfers[page.events[event].object];
  Finding& finding = found.emplace_back();
  finding.rule = index_;
  finding.event = event;
  finding.subject = subject;
  finding.account =
      subject == Subject::Credit ? transfer.credit_account_id : transfer.debit_account_id;
  return finding;
}

void RuleState::check(const AmountAbove& rule, const exporter::ChangePage& page, u32 event,
                      std::vector<Finding>& found) const {
  const Transfer& transfer = page.transfers[page.events[event].object];
  if (transfer.amount <= rule.amount) return;
  if (watches(transfer.debit_account_id) || watches(transfer.credit_account_id)) {
    add_finding(page, event, Subject::Transfer, found);
  }
}

void RuleState::check(const BalanceBelow& rule, const exporter::ChangePage& page, u32 event,
                      std::vector<Finding>& found) const {
  const ChangeEvent& change = page.events[event];
  const Transfer& transfer = page.transfers[change.object];
  if (!watches(rule.debit_normal ? transfer.credit_account_id : transfer.debit_account_id)) return;
  const Sides after = sides_after(rule, page.balances[change.object]);
  if (!is_below(rule, after)) return;
  const Sides before = sides_before(rule, after, change, transfer);
  if (is_below(rule, before)) return;
  Finding& finding =
      add_finding(page, event, rule.debit_normal ? Subject::Credit : Subject::Debit, found);
  const SignedBalance now = balance_of(after);
  const SignedBalance then = balance_of(before);
  finding.balance = now.amount;
  finding.is_negative = now.is_negative;
  finding.balance_before = then.amount;
  finding.was_negative = then.is_negative;
}

// The window of the debited account, when it comes to be too much with this; null when it does not,
// or was so before.
template <class IsTooMuch>
const DebitWindow* RuleState::add_to_window(const exporter::ChangePage& page, u32 event,
                                            u64 window_ns, IsTooMuch is_too_much) {
  const ChangeEvent& change = page.events[event];
  const Transfer& transfer = page.transfers[change.object];
  const u128 account = transfer.debit_account_id;
  DebitWindow* window = windows_.find(account);
  if (window == nullptr) window = &windows_.add(account);
  const u64 now = change.timestamp;
  window->forget_until(now < window_ns ? 0 : now - window_ns);
  const bool was_too_much = is_too_much(*window);
  window->add(now, transfer.amount, window_ns);
  return !was_too_much && is_too_much(*window) ? window : nullptr;
}

void RuleState::check(const ManyDebits& rule, const exporter::ChangePage& page, u32 event,
                      std::vector<Finding>& found) {
  if (!watches(page.transfers[page.events[event].object].debit_account_id)) return;
  const auto exceeds = [&rule](const DebitWindow& debits) {
    return (rule.count && debits.count() > *rule.count) || (rule.sum && debits.sum() > *rule.sum);
  };
  const DebitWindow* const window = add_to_window(page, event, rule.window_ns, exceeds);
  if (window == nullptr) return;
  Finding& finding = add_finding(page, event, Subject::Debit, found);
  finding.count = window->count();
  finding.sum = window->sum();
}

// Posts and voids may leave the account to the hold, which is not known here: they are counted for
// nobody.
void RuleState::check(const Refusal& rule, const exporter::ChangePage& page, u32 event,
                      std::vector<Finding>& found) {
  const ChangeEvent& change = page.events[event];
  const Transfer& transfer = page.transfers[change.object];
  if (!admits(rule.outcomes, ledger::TransferOutcome{change.outcome})) return;
  if (transfer.amount < rule.amount_min) return;
  if (!watches(transfer.debit_account_id) && !watches(transfer.credit_account_id)) return;
  if (!rule.count) {
    add_finding(page, event, Subject::Transfer, found);
    return;
  }
  if (transfer.debit_account_id == 0) return;
  const auto exceeds = [&rule](const DebitWindow& refused) {
    return refused.count() > *rule.count;
  };
  const DebitWindow* const window = add_to_window(page, event, rule.window_ns, exceeds);
  if (window == nullptr) return;
  add_finding(page, event, Subject::Debit, found).count = window->count();
}

void RuleState::check(const NewCounterparty& rule, const exporter::ChangePage& page, u32 event,
                      std::vector<Finding>& found) {
  const Transfer& transfer = page.transfers[page.events[event].object];
  if (!watches(transfer.debit_account_id)) return;
  const u128 pair = pair_id(transfer);
  if (times_.find(pair) != nullptr) return;
  times_.add(pair);
  if (transfer.amount >= rule.amount_min) add_finding(page, event, Subject::Debit, found);
}

// Accounts that were created and then thrown out are those that did not move for longest: when even
// the latest movement among them is long ago, so is that of this one. Otherwise it is not known,
// and nothing is told.
void RuleState::check(const DormantAccount& rule, const exporter::ChangePage& page, u32 event,
                      Subject subject, std::vector<Finding>& found) {
  const ChangeEvent& change = page.events[event];
  const Transfer& transfer = page.transfers[change.object];
  const u128 account =
      subject == Subject::Credit ? transfer.credit_account_id : transfer.debit_account_id;
  if (!watches(account)) return;
  u64* const known = times_.find(account);
  const u64 moved_before = known == nullptr ? forgotten_moved_ns_ : *known;
  (known == nullptr ? moved_at(account) : *known) = change.timestamp;
  if (moved_before == 0 || change.timestamp - moved_before < rule.quiet_ns) return;
  Finding& finding = add_finding(page, event, subject, found);
  finding.moved_before_ns = moved_before;
  finding.was_forgotten = known == nullptr;
}

// Of an account that is not remembered.
u64& RuleState::moved_at(u128 account) {
  if (times_.is_full()) forgotten_moved_ns_ = std::max(forgotten_moved_ns_, times_.oldest());
  return times_.add(account);
}

void RuleState::take_account(const exporter::ChangePage& page, const ChangeEvent& event) {
  if (!std::holds_alternative<DormantAccount>(rule_.what)) return;
  const ledger::Account& account = page.accounts[event.object];
  if (!watches(account.id) || !admits(rule_.filter.ledgers, account.ledger)) return;
  moved_at(account.id) = event.timestamp;
}

u32 RuleState::tracked() const {
  return windows_.size() + times_.size();  // A rule has entries in one of them.
}

void RuleState::save(std::string& bytes) const {
  put(bytes, forgotten_moved_ns_);
  put(bytes, windows_.size());
  windows_.each([&](u128 id, const DebitWindow& window) {
    put(bytes, id);
    window.save(bytes);
  });
  put(bytes, times_.size());
  times_.each([&](u128 id, u64 time) {
    put(bytes, id);
    put(bytes, time);
  });
}

bool RuleState::load(StateReader& reader) {
  const u32 most = std::max(rule_.tracked_max, kUntracked);
  forgotten_moved_ns_ = reader.get<u64>();
  const u32 windows = reader.get<u32>();
  if (windows > most) return false;
  for (u32 each = 0; each < windows && reader.is_whole(); ++each) {
    const u128 id = reader.get<u128>();
    if (windows_.find(id) != nullptr || !windows_.add(id).load(reader)) return false;
  }
  const u32 times = reader.get<u32>();
  if (times > most) return false;
  for (u32 each = 0; each < times && reader.is_whole(); ++each) {
    const u128 id = reader.get<u128>();
    if (times_.find(id) != nullptr) return false;
    times_.add(id) = reader.get<u64>();
  }
  return reader.is_whole();
}

void find_alerts(std::span<RuleState> rules, const exporter::ChangePage& page, u32 first, u32 end,
                 std::vector<Finding>& found) {
  for (RuleState& rule : rules) rule.fetch(page, first, end);
  for (u32 event = first; event < end; ++event) {
    for (RuleState& rule : rules) rule.take(page, event, found);
  }
}

}  // namespace florin::alerts
