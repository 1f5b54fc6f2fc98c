#include "bench/micro/bank.h"

#include <algorithm>

#include "base/check.h"

namespace florin::bench {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Operation;
using ledger::Transfer;

namespace {

Limits limits_for(const BankOptions& options) {
  Limits limits;
  limits.accounts_max = options.accounts;
  limits.transfers_max = 2 * options.blocks * options.batch;
  limits.transfers_indexed = limits.transfers_max;
  limits.account_updates_max = std::max(limits.account_updates_max, limits.accounts_max);
  return limits;
}

}  // namespace

Bank::Bank(const BankOptions& options)
    : options_(options),
      workload_({.kind = options.kind, .accounts = options.accounts, .seed = 42},
                {options.blocks * options.batch, options.batch, 4}),
      limits_(limits_for(options)),
      engine_(engine::Engine::create(limits_, options.partitions, 1).value()),
      block_(limits_, options.partitions),
      transfers_(options.batch) {
  engine_->touch(limits_.accounts_max, limits_.transfers_max);
  engine_->set_past(options.past);
  create_accounts();
  if (workload_.limited_account_step() > 0) set_limits();
}

void Bank::next_block() {
  for (Transfer& transfer : transfers_) workload_.next(transfer);
  load(Operation::CreateTransfers, reinterpret_cast<const std::byte*>(transfers_.data()),
       options_.batch, options_.request);
}

u64 Bank::retire(u64 blocks) {
  const u64 newest = blocks * options_.batch;
  const u64 position = block_.position_after().value;
  if (position <= newest) return 0;
  return engine_->retire(Position{position - newest}, u64{options_.batch} * 2);
}

void Bank::check_created() const {
  for (const ledger::Request& request : requests_) CHECK(request.exceptions.empty());
}

void Bank::verify() const { CHECK(engine_->verify()); }

template <class Event>
void Bank::run_all(Operation operation, std::vector<Event>& events) {
  const auto count = static_cast<u32>(events.size());
  load(operation, reinterpret_cast<const std::byte*>(events.data()), count, count);
  engine_->run_inline(block_);
  check_created();
  events.clear();
}

void Bank::create_accounts() {
  std::vector<Account> opened;
  for (u64 index = 0; index < options_.accounts; ++index) {
    opened.push_back(workload_.account(index));
    if (opened.size() == ledger::kRequestEventsMax || index + 1 == options_.accounts) {
      run_all(Operation::CreateAccounts, opened);
    }
  }
}

void Bank::set_limits() {
  std::vector<AccountUpdate> updates;
  const u64 step = workload_.limited_account_step();
  for (u64 index = 0; index < options_.accounts; index += step) {
    updates.push_back(workload_.limits(index));
    if (updates.size() == ledger::kUpdateEventsMax || index + step >= options_.accounts) {
      run_all(Operation::UpdateAccounts, updates);
    }
  }
}

void Bank::load(Operation operation, const std::byte* events, u32 count, u32 per_request) {
  const Position position = block_.position_after();
  block_.clear(++sequence_);
  block_.position_before = position;
  requests_.resize((count + per_request - 1) / per_request);
  const usize event_bytes = ledger::event_bytes(operation);
  for (u32 first = 0; first < count; first += per_request) {
    ledger::Request& request = requests_[first / per_request];
    request.clear_answer();
    request.operation = operation;
    request.events = events + first * event_bytes;
    request.event_count = std::min(per_request, count - first);
    block_.add(&request, timestamp_);
    timestamp_ += request.event_count;
  }
}

}  // namespace florin::bench
