#include "tests/engine/scope_runner.h"

namespace florin::test {

namespace {

constexpr u64 kCopiesPerLedger = 128;
constexpr u64 kTriesPerLedger = 4096;

}  // namespace

Limits scope_limits() {
  Limits limits = small_limits();
  limits.accounts_max = 4'096;
  limits.transfers_max = 16'384;
  limits.block_requests_max = 128;
  limits.block_reads_max = 2'048;
  return limits;
}

ComparedLedgers& ScopeRunner::executed() {
  if (copies_ == kCopiesPerLedger) compare(executed_);
  if (executed_ == nullptr) {
    executed_ = std::make_unique<ComparedLedgers>(scope_limits(), options_.ways, ++ledgers_);
    copies_ = 0;
  }
  return *executed_;
}

ComparedLedgers& ScopeRunner::tried() {
  if (tries_ == kTriesPerLedger) compare(tried_);
  if (tried_ == nullptr) {
    tried_ = std::make_unique<ComparedLedgers>(scope_limits(), options_.ways, ++ledgers_);
    tries_ = 0;
    SmallWorld(1).prepare(
        [&](OwnedRequest asked, u64 time) { tried_->ask(std::move(asked), time); });
  }
  return *tried_;
}

void ScopeRunner::run(const Events& events, std::span<const ledger::Condition> conditions,
                      u64 early_ns) {
  ++report_.cases;
  try_out(events, conditions);
  if (report_.cases % options_.executed_one_in != 0) return;
  ++report_.executed;
  execute(events, conditions, early_ns);
}

void ScopeRunner::execute(const Events& events, std::span<const ledger::Condition> conditions,
                          u64 early_ns) {
  ComparedLedgers& ledgers = executed();
  const SmallWorld world(++copies_);
  world.prepare([&](OwnedRequest asked, u64 time) { ledgers.ask(std::move(asked), time); });
  OwnedRequest asked = OwnedRequest::create_transfers(events(world), conditions);
  asked.request().wants_balances = true;
  ledgers.ask(std::move(asked), world.due_ns() - early_ns);
  count(ledgers.answer());
  for (OwnedRequest& lookup : world.lookups()) ledgers.ask(std::move(lookup), 0);
}

void ScopeRunner::try_out(const Events& events, std::span<const ledger::Condition> conditions) {
  ComparedLedgers& ledgers = tried();
  const SmallWorld world(1);
  OwnedRequest asked = OwnedRequest::create_transfers(events(world), conditions);
  asked.request().dry_run = true;
  asked.request().wants_balances = true;
  ledgers.ask(std::move(asked), 0);
  count(ledgers.answer());
  ++tries_;
  if (tries_ == kTriesPerLedger) {
    for (OwnedRequest& lookup : world.lookups()) ledgers.ask(std::move(lookup), 0);
  }
}

void ScopeRunner::count(const ledger::Request& answered) {
  report_.created += answered.event_count - answered.exceptions.size();
  for (const ledger::EventResult& result : answered.exceptions) {
    report_.outcomes.insert(static_cast<ledger::TransferOutcome>(result.outcome));
  }
}

void ScopeRunner::compare(std::unique_ptr<ComparedLedgers>& ledgers) {
  if (ledgers != nullptr && !failed()) report_.difference = ledgers->compare();
  ledgers.reset();
}

ScopeReport ScopeRunner::finish() {
  compare(executed_);
  compare(tried_);
  return report_;
}

}  // namespace florin::test
