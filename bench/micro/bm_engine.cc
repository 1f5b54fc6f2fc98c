// What a transfer costs in the engine alone, in nanoseconds: no network, no disk. Each benchmark
// reports `ns_per_transfer`; the stages are timed one by one over the same blocks. The transfers
// are those of `florin bench`, of one workload or another.
#include <algorithm>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "bench/load_process.h"
#include "bench/workload.h"
#include "engine/engine.h"

namespace florin::bench {
namespace {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Operation;
using ledger::Transfer;

constexpr u32 kBatch = 8189;
constexpr u64 kBlocks = 400;

enum class Stage : u8 { All, Resolve, Authorise, Post };

Limits limits_for(const Workload& workload) {
  Limits limits;
  limits.accounts_max = workload.options().accounts;
  limits.transfers_max = 2 * kBlocks * kBatch;
  limits.account_updates_max = std::max(limits.account_updates_max, limits.accounts_max);
  return limits;
}

// An engine that has the accounts of a workload, and a source of blocks of its transfers.
class Bank {
 public:
  Bank(WorkloadKind kind, u64 accounts)
      : workload_({.kind = kind, .accounts = accounts, .seed = 42}, {kBlocks * kBatch, kBatch, 4}),
        limits_(limits_for(workload_)),
        engine_(engine::Engine::create(limits_, 1, 1).value()),
        block_(limits_, 1),
        transfers_(kBatch) {
    engine_->touch(limits_.accounts_max, limits_.transfers_max);
    create_accounts();
    if (workload_.limited_account_step() > 0) set_limits();
  }

  void next_block() {
    for (Transfer& transfer : transfers_) workload_.next(transfer);
    load(Operation::CreateTransfers, transfers_.data(), kBatch);
  }

  engine::Engine& engine() { return *engine_; }
  engine::Block& block() { return block_; }
  void check_created() const { CHECK(request_.exceptions.empty()); }
  void verify() const { CHECK(engine_->verify()); }

 private:
  void create_accounts() {
    std::vector<Account> opened;
    for (u64 index = 0; index < limits_.accounts_max; ++index) {
      opened.push_back(workload_.account(index));
      if (opened.size() < kBatch && index + 1 < limits_.accounts_max) continue;
      load(Operation::CreateAccounts, opened.data(), static_cast<u32>(opened.size()));
      engine_->run_inline(block_);
      check_created();
      opened.clear();
    }
  }

  void set_limits() {
    std::vector<AccountUpdate> updates;
    const u64 step = workload_.limited_account_step();
    for (u64 index = 0; index < limits_.accounts_max; index += step) {
      updates.push_back(workload_.limits(index));
      if (updates.size() < ledger::kUpdateEventsMax && index + step < limits_.accounts_max)
        continue;
      load(Operation::UpdateAccounts, updates.data(), static_cast<u32>(updates.size()));
      engine_->run_inline(block_);
      check_created();
      updates.clear();
    }
  }

  void load(Operation operation, const void* events, u32 count) {
    request_.clear_answer();
    request_.operation = operation;
    request_.events = static_cast<const std::byte*>(events);
    request_.event_count = count;
    block_.clear(++sequence_);
    block_.add(&request_, timestamp_);
    timestamp_ += count;
  }

  Workload workload_;
  Limits limits_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Block block_;
  std::vector<Transfer> transfers_;
  ledger::Request request_;
  u64 sequence_ = 0;
  u64 timestamp_ = 1;
};

// Runs blocks through the stages and times the one asked for, in processor time, so that others on
// the machine count less. Argument: accounts.
void run(benchmark::State& state, Stage timed, WorkloadKind kind) {
  Bank bank(kind, static_cast<u64>(state.range(0)));
  u64 transfers = 0;
  for (auto _ : state) {
    bank.next_block();
    u64 begin = thread_cpu_ns();
    u64 end = begin;
    if (timed == Stage::All) {
      bank.engine().run_inline(bank.block());
      end = thread_cpu_ns();
    } else {
      bank.engine().route(bank.block(), 0);
      begin = thread_cpu_ns();
      bank.engine().resolve(bank.block(), 0);
      const u64 resolved = thread_cpu_ns();
      bank.engine().authorise(bank.block());
      const u64 authorised = thread_cpu_ns();
      bank.engine().post(bank.block(), 0);
      const u64 posted = thread_cpu_ns();
      end = timed == Stage::Resolve ? resolved : timed == Stage::Authorise ? authorised : posted;
      if (timed == Stage::Authorise) begin = resolved;
      if (timed == Stage::Post) begin = authorised;
    }
    state.SetIterationTime(static_cast<double>(end - begin) * 1e-9);
    bank.check_created();
    transfers += kBatch;
  }
  bank.verify();
  state.counters["ns_per_transfer"] =
      benchmark::Counter(static_cast<double>(transfers) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

#define FLORIN_BENCHMARK(name, stage, kind)                      \
  BENCHMARK_CAPTURE(run, name, Stage::stage, WorkloadKind::kind) \
      ->Arg(10'000)                                              \
      ->Arg(1'000'000)                                           \
      ->UseManualTime()                                          \
      ->Iterations(kBlocks)

FLORIN_BENCHMARK(inline_plain, All, Plain);
FLORIN_BENCHMARK(inline_holds, All, Holds);
FLORIN_BENCHMARK(inline_chains, All, Chains);
FLORIN_BENCHMARK(inline_limits, All, Limits);
FLORIN_BENCHMARK(inline_mixed, All, Mixed);
FLORIN_BENCHMARK(resolve_plain, Resolve, Plain);
FLORIN_BENCHMARK(resolve_holds, Resolve, Holds);
FLORIN_BENCHMARK(authorise_plain, Authorise, Plain);
FLORIN_BENCHMARK(authorise_holds, Authorise, Holds);
FLORIN_BENCHMARK(authorise_chains, Authorise, Chains);
FLORIN_BENCHMARK(authorise_limits, Authorise, Limits);
FLORIN_BENCHMARK(authorise_mixed, Authorise, Mixed);
FLORIN_BENCHMARK(post_plain, Post, Plain);
FLORIN_BENCHMARK(post_holds, Post, Holds);

}  // namespace
}  // namespace florin::bench
