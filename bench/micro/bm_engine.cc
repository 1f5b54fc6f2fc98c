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

// So many blocks stay in the window of memory: more than any cache has room for.
constexpr u64 kBlocksInWindow = 100;

enum class Stage : u8 { All, Resolve, Authorise, Post, Retire };

// History as an engine meets it whose ids are all new: one comparison says so.
class OlderIds final : public engine::Past {
 public:
  bool may_have(u128 id) const override { return id <= newest_; }
  void find(std::span<const u128>, Position, std::span<engine::PastTransfer>) override {
    CHECK(false);
  }

 private:
  u128 newest_ = 0;
};

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
  Bank(WorkloadKind kind, u64 accounts, engine::Past* past = nullptr)
      : workload_({.kind = kind, .accounts = accounts, .seed = 42}, {kBlocks * kBatch, kBatch, 4}),
        limits_(limits_for(workload_)),
        engine_(engine::Engine::create(limits_, 1, 1).value()),
        block_(limits_, 1),
        transfers_(kBatch) {
    engine_->touch(limits_.accounts_max, limits_.transfers_max);
    engine_->set_past(past);
    create_accounts();
    if (workload_.limited_account_step() > 0) set_limits();
  }

  void next_block() {
    for (Transfer& transfer : transfers_) workload_.next(transfer);
    load(Operation::CreateTransfers, transfers_.data(), kBatch);
  }

  // Forgets what does not belong to the newest blocks; returns how many ids.
  u64 retire() {
    const u64 newest = kBlocksInWindow * kBatch;
    const u64 position = block_.position_after().value;
    return position <= newest ? 0 : engine_->retire(Position{position - newest}, kBatch * 2);
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
    const Position position = block_.position_after();
    block_.clear(++sequence_);
    block_.position_before = position;
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

// The same with a window: whole blocks inline, or what leaves it after each.
void run_windowed(benchmark::State& state, Stage timed, WorkloadKind kind) {
  OlderIds past;
  Bank bank(kind, static_cast<u64>(state.range(0)), &past);
  u64 count = 0;
  for (auto _ : state) {
    bank.next_block();
    const u64 begin = thread_cpu_ns();
    bank.engine().run_inline(bank.block());
    const u64 executed = thread_cpu_ns();
    const u64 retired = bank.retire();
    const u64 end = thread_cpu_ns();
    const bool retires = timed == Stage::Retire;
    state.SetIterationTime(static_cast<double>(retires ? end - executed : executed - begin) * 1e-9);
    bank.check_created();
    count += retires ? retired : kBatch;
  }
  bank.verify();
  state.counters["ns_per_transfer"] = benchmark::Counter(
      static_cast<double>(count) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
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

#define FLORIN_WINDOWED_BENCHMARK(name, stage, kind)                      \
  BENCHMARK_CAPTURE(run_windowed, name, Stage::stage, WorkloadKind::kind) \
      ->Arg(10'000)                                                       \
      ->Arg(1'000'000)                                                    \
      ->UseManualTime()                                                   \
      ->Iterations(kBlocks)

FLORIN_WINDOWED_BENCHMARK(inline_plain_windowed, All, Plain);
FLORIN_WINDOWED_BENCHMARK(inline_holds_windowed, All, Holds);
FLORIN_WINDOWED_BENCHMARK(retire_plain, Retire, Plain);
FLORIN_WINDOWED_BENCHMARK(retire_holds, Retire, Holds);

}  // namespace
}  // namespace florin::bench
