// What a transfer costs in the engine alone, in nanoseconds: no network, no disk. Each benchmark
// reports `ns_per_transfer`; the stages are timed one by one over the same blocks.
#include <chrono>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/random.h"
#include "engine/engine.h"

namespace florin::bench {
namespace {

using ledger::Account;
using ledger::Operation;
using ledger::Transfer;

constexpr u32 kBatch = 8189;

enum class Stage : u8 { All, Resolve, Authorise, Post };

Limits limits_for(u64 accounts, u64 transfers) {
  Limits limits;
  limits.accounts_max = accounts;
  limits.transfers_max = transfers;
  return limits;
}

// An engine with accounts 1..n, and a source of blocks of random transfers between them.
class Bank {
 public:
  Bank(u64 accounts, u64 transfers_max)
      : accounts_(accounts),
        limits_(limits_for(accounts, transfers_max)),
        engine_(engine::Engine::create(limits_, 1, 1).value()),
        block_(limits_, 1),
        random_(42),
        transfers_(kBatch) {
    engine_->touch(accounts, transfers_max);
    std::vector<Account> opened(kBatch);
    for (u64 first = 1; first <= accounts; first += kBatch) {
      const auto count = static_cast<u32>(std::min<u64>(kBatch, accounts - first + 1));
      for (u32 index = 0; index < count; ++index) {
        opened[index] = Account{};
        opened[index].id = first + index;
        opened[index].ledger = 1;
        opened[index].code = 1;
      }
      load(Operation::CreateAccounts, opened.data(), count);
      engine_->run_inline(block_);
    }
  }

  void next_block() {
    for (Transfer& transfer : transfers_) {
      transfer = Transfer{};
      transfer.id = ++last_id_;
      transfer.debit_account_id = random_.between(1, accounts_);
      transfer.credit_account_id = random_.between(1, accounts_);
      if (transfer.debit_account_id == transfer.credit_account_id) {
        transfer.credit_account_id = transfer.debit_account_id % accounts_ + 1;
      }
      transfer.amount = 1 + (transfer.id & 1023);
      transfer.ledger = 1;
      transfer.code = 1;
    }
    load(Operation::CreateTransfers, transfers_.data(), kBatch);
  }

  engine::Engine& engine() { return *engine_; }
  engine::Block& block() { return block_; }
  void check() const {
    CHECK(request_.exceptions.empty());
    CHECK(engine_->verify());
  }

 private:
  void load(Operation operation, const void* events, u32 count) {
    request_.clear_answer();
    request_.operation = operation;
    request_.events = static_cast<const std::byte*>(events);
    request_.event_count = count;
    block_.clear(++sequence_);
    block_.add(&request_, timestamp_);
    timestamp_ += count;
  }

  u64 accounts_;
  Limits limits_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Block block_;
  Random random_;
  std::vector<Transfer> transfers_;
  ledger::Request request_;
  u64 sequence_ = 0;
  u64 timestamp_ = 1;
  u64 last_id_ = 0;
};

// Runs blocks through the stages and times the one asked for. Argument: accounts.
void run(benchmark::State& state, Stage timed) {
  constexpr u64 kTransfersMax = 6'000'000;
  Bank bank(static_cast<u64>(state.range(0)), kTransfersMax);
  u64 transfers = 0;
  for (auto _ : state) {
    bank.next_block();
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    auto begin = start;
    auto end = start;
    if (timed == Stage::All) {
      bank.engine().run_inline(bank.block());
      end = Clock::now();
    } else {
      bank.engine().route(bank.block(), 0);
      begin = Clock::now();
      bank.engine().resolve(bank.block(), 0);
      const auto resolved = Clock::now();
      bank.engine().authorise(bank.block());
      const auto authorised = Clock::now();
      bank.engine().post(bank.block(), 0);
      const auto posted = Clock::now();
      end = timed == Stage::Resolve ? resolved : timed == Stage::Authorise ? authorised : posted;
      if (timed == Stage::Authorise) begin = resolved;
      if (timed == Stage::Post) begin = authorised;
    }
    state.SetIterationTime(std::chrono::duration<double>(end - begin).count());
    transfers += kBatch;
  }
  bank.check();
  state.counters["ns_per_transfer"] =
      benchmark::Counter(static_cast<double>(transfers) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void inline_all(benchmark::State& state) { run(state, Stage::All); }
void resolve(benchmark::State& state) { run(state, Stage::Resolve); }
void authorise(benchmark::State& state) { run(state, Stage::Authorise); }
void post(benchmark::State& state) { run(state, Stage::Post); }

#define FLORIN_BENCHMARK(function) \
  BENCHMARK(function)->Arg(10'000)->Arg(1'000'000)->UseManualTime()->Iterations(400)

FLORIN_BENCHMARK(inline_all);
FLORIN_BENCHMARK(resolve);
FLORIN_BENCHMARK(authorise);
FLORIN_BENCHMARK(post);

}  // namespace
}  // namespace florin::bench
