// What a cut of the engine's state costs: nanoseconds per account, transfer and hold copied, per
// transfer posted while accounts are still to be copied, and per record loaded. In processor time.
#include <algorithm>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "bench/load_process.h"
#include "bench/workload.h"
#include "engine/engine.h"
#include "engine/state_loader.h"

namespace florin::bench {
namespace {

using engine::CutBuffer;
using engine::CutBuffers;
using engine::CutKind;
using engine::Engine;
using ledger::Account;
using ledger::Operation;
using ledger::Transfer;

constexpr u32 kBatch = 8189;
constexpr u64 kBlocksBefore = 120;
constexpr u64 kBlocksDuring = 100;
constexpr u64 kSliceBytes = 64 * kKiB;

class Bank {
 public:
  Bank(WorkloadKind kind, u64 accounts)
      : workload_({.kind = kind, .accounts = accounts, .seed = 42},
                  {(kBlocksBefore + 2 * kBlocksDuring) * kBatch, kBatch, 4}),
        block_(limits(accounts), 1),
        transfers_(kBatch) {
    engine_ = Engine::create(limits(accounts), 1, 1).value();
    engine_->touch(accounts, (kBlocksBefore + 2 * kBlocksDuring) * kBatch);
    std::vector<Account> opened;
    for (u64 index = 0; index < accounts; ++index) {
      opened.push_back(workload_.account(index));
      if (opened.size() < kBatch && index + 1 < accounts) continue;
      load(Operation::CreateAccounts, opened.data(), static_cast<u32>(opened.size()));
      engine_->run_inline(block_);
      opened.clear();
    }
    run_blocks(kBlocksBefore);
  }

  static Limits limits(u64 accounts) {
    Limits limits;
    limits.accounts_max = accounts;
    limits.transfers_max = 2 * (kBlocksBefore + 2 * kBlocksDuring) * kBatch;
    return limits;
  }

  // Returns the time that the engine took.
  u64 run_blocks(u64 blocks) {
    u64 spent = 0;
    for (u64 count = 0; count < blocks; ++count) {
      for (Transfer& transfer : transfers_) workload_.next(transfer);
      load(Operation::CreateTransfers, transfers_.data(), kBatch);
      const u64 begin = thread_cpu_ns();
      engine_->run_inline(block_);
      spent += thread_cpu_ns() - begin;
    }
    return spent;
  }

  Engine& engine() { return *engine_; }

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

  Workload workload_;
  std::unique_ptr<Engine> engine_;
  engine::Block block_;
  std::vector<Transfer> transfers_;
  ledger::Request request_;
  u64 sequence_ = 0;
  u64 timestamp_ = 1;
};

// Buffers enough for a whole cut, so that nobody waits.
class WholeCut {
 public:
  explicit WholeCut(u64 bytes) : buffers_(static_cast<u32>(bytes / CutBuffer::kBytes + 64)) {
    // First touched here, and not by those who are timed.
    std::vector<CutBuffer*> all;
    while (CutBuffer* buffer = buffers_.take()) {
      for (u64 at = 0; at < CutBuffer::kBytes; at += 4096) buffer->image[at] = std::byte{1};
      all.push_back(buffer);
    }
    for (CutBuffer* buffer : all) buffers_.give_back(buffer);
  }

  void collect() {
    while (CutBuffer* filled = buffers_.next_filled()) filled_.push_back(filled);
  }
  CutBuffers& buffers() { return buffers_; }
  const std::vector<CutBuffer*>& filled() const { return filled_; }
  engine::CutCounts records() const {
    engine::CutCounts counts{};
    for (const CutBuffer* buffer : filled_) {
      counts[static_cast<usize>(buffer->kind)] += buffer->records;
    }
    return counts;
  }

 private:
  CutBuffers buffers_;
  std::vector<CutBuffer*> filled_;
};

u64 bytes_of(u64 accounts) {
  return (accounts + (kBlocksBefore + 2 * kBlocksDuring) * kBatch) * sizeof(Transfer) * 2;
}

template <class Copy>
u64 time_of(Copy&& copy) {
  const u64 begin = thread_cpu_ns();
  while (copy() != 0) {
  }
  return thread_cpu_ns() - begin;
}

double each(u64 ns, u64 count) {
  return count == 0 ? 0 : static_cast<double>(ns) / static_cast<double>(count);
}

// Argument: accounts.
void copy_and_load(benchmark::State& state, WorkloadKind kind) {
  const auto accounts = static_cast<u64>(state.range(0));
  Bank bank(kind, accounts);
  for (auto _ : state) {
    WholeCut cut(bytes_of(accounts));
    Engine& engine = bank.engine();
    engine.begin_cut(cut.buffers());
    const u64 accounts_ns = time_of([&] { return engine.copy_cut(0, kSliceBytes); });
    const u64 history_ns = time_of([&] { return engine.copy_cut_history(kSliceBytes); });
    const u64 books_ns = time_of([&] { return engine.copy_cut_books(kSliceBytes); });
    CHECK(engine.cut_copied());
    engine.end_cut();
    cut.collect();
    const engine::CutCounts records = cut.records();
    const u64 transfers = records[static_cast<usize>(CutKind::Transfers)];
    state.counters["account_ns"] = each(accounts_ns, accounts);
    state.counters["transfer_ns"] = each(history_ns, transfers);
    state.counters["books_ns_per_transfer"] = each(books_ns, transfers);

    auto loaded = Engine::create(Bank::limits(accounts), 1, 2).value();
    loaded->touch(accounts, transfers);
    auto loader = engine::StateLoader::create(*loaded, Bank::limits(accounts), {records}).value();
    u64 load_accounts_ns = 0;
    u64 load_transfers_ns = 0;
    for (const CutBuffer* buffer : cut.filled()) {
      if (engine::StateLoader::comes_last(buffer->kind)) continue;
      const bool of_accounts = buffer->kind == CutKind::Accounts;
      const u64 begin = thread_cpu_ns();
      CHECK(of_accounts ? loader->load_accounts(*buffer, 0) : loader->load_history(*buffer));
      (of_accounts ? load_accounts_ns : load_transfers_ns) += thread_cpu_ns() - begin;
    }
    const u64 begin = thread_cpu_ns();
    CHECK(loader->index(0));
    load_transfers_ns += thread_cpu_ns() - begin;
    state.counters["load_account_ns"] = each(load_accounts_ns, accounts);
    state.counters["load_transfer_ns"] = each(load_transfers_ns, transfers);
  }
}

// The same blocks without a cut and with one that copies nothing by itself: all accounts that
// change are copied before.
void post_during(benchmark::State& state, WorkloadKind kind) {
  const auto accounts = static_cast<u64>(state.range(0));
  for (auto _ : state) {
    Bank bank(kind, accounts);
    WholeCut cut(bytes_of(accounts));
    const u64 without = bank.run_blocks(kBlocksDuring);
    bank.engine().begin_cut(cut.buffers());
    const u64 first = bank.run_blocks(1);
    const u64 during = first + bank.run_blocks(kBlocksDuring - 1);
    bank.engine().end_cut();
    state.counters["without_ns"] = each(without, kBlocksDuring * kBatch);
    state.counters["first_block_ns"] = each(first, kBatch);
    state.counters["during_ns"] = each(during, kBlocksDuring * kBatch);
  }
}

#define FLORIN_BENCHMARK(function, name, kind)          \
  BENCHMARK_CAPTURE(function, name, WorkloadKind::kind) \
      ->Arg(10'000)                                     \
      ->Arg(1'000'000)                                  \
      ->Unit(benchmark::kMillisecond)                   \
      ->Iterations(1)

FLORIN_BENCHMARK(copy_and_load, plain, Plain);
FLORIN_BENCHMARK(copy_and_load, holds, Holds);
FLORIN_BENCHMARK(post_during, plain, Plain);
FLORIN_BENCHMARK(post_during, holds, Holds);

}  // namespace
}  // namespace florin::bench
