// What it costs to look at every change with six rules, one of each kind but refusals, and a second
// one of balances: plain transfers between many accounts, a page at a time, as they come out of
// history. Few of them are told, as it should be.
#include <vector>

#include <benchmark/benchmark.h>

#include "alerts/rule_state.h"
#include "base/random.h"

namespace florin::bench {
namespace {

constexpr u32 kPageChanges = 2048;
constexpr u32 kPages = 64;

// Pages of transfers, given again and again with times that go on.
class AlertPages {
 public:
  explicit AlertPages(u64 accounts) : accounts_(accounts), balances_(accounts + 1) {
    for (u32 page = 0; page < kPages; ++page) pages_.push_back(make_page());
  }

  const exporter::ChangePage& next() {
    exporter::ChangePage& page = pages_[turn_++ % kPages];
    for (ledger::ChangeEvent& event : page.events) {
      event.position = ++position_;
      event.timestamp = now_ns_ += kStepNs;
    }
    return page;
  }

 private:
  static constexpr u64 kStepNs = 1'000'000;   // 1,000 transfers a second.
  static constexpr u64 kCounterparties = 20;  // Whom an account pays.

  exporter::ChangePage make_page() {
    exporter::ChangePage page;
    for (u32 index = 0; index < kPageChanges; ++index) {
      ledger::ChangeEvent& event = page.events.emplace_back();
      event.kind = static_cast<u8>(ledger::ChangeKind::TransferCreated);
      event.object = index;
      ledger::Transfer& transfer = page.transfers.emplace_back();
      transfer = {};
      const u64 debit = 1 + random_.below(accounts_);
      const u64 credit = 1 + (debit * 7 + random_.below(kCounterparties)) % accounts_;
      transfer.id = ++transfers_;
      transfer.debit_account_id = debit;
      transfer.credit_account_id = credit;
      transfer.amount = 1 + random_.below(100'000);
      transfer.ledger = 978;
      transfer.code = 1;
      balances_[debit].debits += transfer.amount;
      balances_[credit].credits += transfer.amount;
      ledger::TransferBalances& balances = page.balances.emplace_back();
      balances.debit_account_debits_posted = balances_[debit].debits;
      balances.debit_account_credits_posted = balances_[debit].credits;
      balances.credit_account_debits_posted = balances_[credit].debits;
      balances.credit_account_credits_posted = balances_[credit].credits;
    }
    return page;
  }

  struct Posted {
    u64 debits = 0;
    u64 credits = 0;
  };
  const u64 accounts_;
  Random random_{7};
  std::vector<Posted> balances_;
  std::vector<exporter::ChangePage> pages_;
  u64 transfers_ = 0;
  u64 turn_ = 0;
  u64 position_ = 0;
  u64 now_ns_ = 1'793'491'200'000'000'000;
};

std::vector<alerts::Rule> six_rules() {
  constexpr u64 kHourNs = 3600 * kNsPerSecond;
  std::vector<alerts::Rule> rules(6);
  rules[0].what = alerts::AmountAbove{99'990};
  rules[1].what = alerts::BalanceBelow{true, 10'000'000, false, false};
  rules[2].what = alerts::BalanceBelow{true, 20'000'000, true, true};
  rules[3].what = alerts::ManyDebits{kHourNs, 1'000, u128{1'000'000'000}};
  rules[4].what = alerts::NewCounterparty{99'000};
  rules[5].what = alerts::DormantAccount{24 * kHourNs};
  for (alerts::Rule& rule : rules) rule.tracked_max = 1'000'000;
  rules[3].tracked_max = 50'000;
  return rules;
}

// Argument: accounts.
void evaluate(benchmark::State& state) {
  AlertPages pages(static_cast<u64>(state.range(0)));
  const std::vector<alerts::Rule> rules = six_rules();
  std::vector<alerts::RuleState> states;
  states.reserve(rules.size());
  for (const alerts::Rule& rule : rules) {
    states.emplace_back(rule, static_cast<u32>(states.size()), engine::HashSeed{11, 12});
  }
  std::vector<alerts::Finding> found;
  u64 told = 0;
  for (auto _ : state) {
    const exporter::ChangePage& page = pages.next();
    for (u32 event = 0; event < kPageChanges; event += alerts::kChangesTogether) {
      found.clear();
      find_alerts(states, page, event, event + alerts::kChangesTogether, found);
      told += found.size();
    }
  }
  state.SetItemsProcessed(state.iterations() * kPageChanges);
  state.counters["told"] = benchmark::Counter(
      static_cast<double>(told) / static_cast<double>(state.iterations() * kPageChanges));
}

BENCHMARK(evaluate)->Arg(1'000)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace florin::bench
