#include "tests/engine/many_events.h"

#include <set>

#include "base/random.h"
#include "tests/engine/compared_ledgers.h"

namespace florin::test {

namespace {

namespace transfer_flags = ledger::transfer_flags;

constexpr u64 kManyStartNs = 1'000 * kNsPerSecond;
constexpr u32 kHolds = 400;
constexpr u32 kHoldsPerRequest = 20;
constexpr u32 kManyAccounts = 4;
constexpr u32 kRefusedPerRequest = 60;
constexpr u32 kRefusedRequests = 600;

std::vector<ledger::Account> some_accounts(u128 first_id, u32 count) {
  std::vector<ledger::Account> events(count);
  for (u32 index = 0; index < count; ++index) {
    events[index].id = first_id + index;
    events[index].ledger = 1;
    events[index].code = 1;
  }
  return events;
}

class ManyHolds {
 public:
  explicit ManyHolds(u64 seed)
      : random_(seed),
        ledgers_(small_limits(),
                 {{1, StagedEngine::Mode::Inline}, {3, StagedEngine::Mode::Stepped}}, seed) {}

  std::string run() {
    ask(OwnedRequest::create_accounts(some_accounts(1, kManyAccounts)), kManyStartNs);
    for (u32 request = 0; request < kHolds / kHoldsPerRequest; ++request) open_holds();
    std::string found = ledgers_.compare();
    while (!deadlines_.empty() && found.empty()) {
      const u64 next = *deadlines_.begin();
      deadlines_.erase(deadlines_.begin());
      if (next <= now_ns_ + 1) continue;
      if (random_.chance(1, 2)) resolve(next - 1);
      ask(OwnedRequest::tick(), next);
      look();
      if (random_.chance(1, 20)) found = ledgers_.compare();
    }
    return found.empty() ? ledgers_.compare() : found;
  }

 private:
  void ask(OwnedRequest asked, u64 first_timestamp) {
    now_ns_ = first_timestamp + asked.request().event_count - 1;
    ledgers_.ask(std::move(asked), first_timestamp);
  }

  void open_holds() {
    std::vector<ledger::Transfer> events(kHoldsPerRequest);
    const u64 first = now_ns_ + 1;
    for (u32 index = 0; index < kHoldsPerRequest; ++index) {
      ledger::Transfer& event = events[index];
      event.id = ++last_id_;
      event.debit_account_id = last_id_ % kManyAccounts + 1;
      event.credit_account_id = (last_id_ + 1) % kManyAccounts + 1;
      event.amount = last_id_;
      event.ledger = 1;
      event.code = 1;
      event.flags = transfer_flags::kPending;
      event.timeout = static_cast<u32>(random_.between(1, 1'000));
      deadlines_.insert(first + index + event.timeout * kNsPerSecond);
    }
    ask(OwnedRequest::create_transfers(events), first);
  }

  // Voids some at once; many of them are closed already. The last is decided at `at`.
  void resolve(u64 at) {
    std::vector<ledger::Transfer> events(random_.between(1, 8));
    for (ledger::Transfer& event : events) {
      event.id = ++last_id_;
      event.pending_id = random_.between(1, kHolds);
      event.flags = transfer_flags::kVoidPendingTransfer;
    }
    if (at < now_ns_ + events.size()) return;
    ask(OwnedRequest::create_transfers(events), at + 1 - events.size());
    look();
  }

  void look() {
    ledger::QueryFilter filter;
    filter.limit = kManyAccounts;
    ledgers_.ask(OwnedRequest::query_accounts(filter), 0);
  }

  Random random_;
  ComparedLedgers ledgers_;
  std::set<u64> deadlines_;
  u64 now_ns_ = 0;
  u32 last_id_ = 0;
};

// A chain that its last member breaks, by an id that is 0.
OwnedRequest refused_accounts(u128 first_id) {
  std::vector<ledger::Account> events = some_accounts(first_id, kRefusedPerRequest);
  for (ledger::Account& event : events) event.flags = ledger::account_flags::kLinked;
  events.back().flags = 0;
  events.back().id = 0;
  return OwnedRequest::create_accounts(events);
}

// Transfers in a ledger that is not that of their accounts.
OwnedRequest refused_transfers(u128 first_id) {
  std::vector<ledger::Transfer> events(kRefusedPerRequest);
  for (u32 index = 0; index < kRefusedPerRequest; ++index) {
    events[index].id = first_id + index;
    events[index].debit_account_id = 1;
    events[index].credit_account_id = 2;
    events[index].ledger = 2;
    events[index].code = 1;
  }
  return OwnedRequest::create_transfers(events);
}

}  // namespace

std::string expire_many_holds(u64 seed) { return ManyHolds(seed).run(); }

std::string refuse_many_events(u64 seed) {
  Limits limits = small_limits();
  limits.accounts_max = 1'024;
  limits.transfers_max = 1'024;
  ComparedLedgers ledgers(
      limits, {{1, StagedEngine::Mode::Inline}, {3, StagedEngine::Mode::Stepped}}, seed);
  u64 now = kManyStartNs;
  ledgers.ask(OwnedRequest::create_accounts(some_accounts(1, 2)), now);
  std::string found;
  for (u64 request = 1; request <= kRefusedRequests && found.empty(); ++request) {
    const u128 first_id = u128{request} * kRefusedPerRequest;
    ledgers.ask(refused_accounts(first_id), now += kNsPerSecond);
    ledgers.ask(refused_transfers(first_id), now += kNsPerSecond);
    if (request % 100 == 0) found = ledgers.compare();
  }
  return found;
}

}  // namespace florin::test
