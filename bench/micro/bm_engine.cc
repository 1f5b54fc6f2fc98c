// What a transfer costs in the engine alone, in nanoseconds: no network, no disk. Each benchmark
// reports `ns_per_transfer`; the stages are timed one by one over the same blocks. The transfers
// are those of `florin bench`, of one workload or another.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "bench/load_process.h"
#include "bench/micro/bank.h"

namespace florin::bench {
namespace {

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

// Runs blocks through the stages and times the one asked for, in processor time, so that others on
// the machine count less. Argument: accounts.
void run(benchmark::State& state, Stage timed, WorkloadKind kind) {
  Bank bank({.kind = kind, .accounts = static_cast<u64>(state.range(0)), .blocks = kBlocks});
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
    transfers += BankOptions{}.batch;
  }
  bank.verify();
  state.counters["ns_per_transfer"] =
      benchmark::Counter(static_cast<double>(transfers) * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// The same with a window: whole blocks inline, or what leaves it after each.
void run_windowed(benchmark::State& state, Stage timed, WorkloadKind kind) {
  OlderIds past;
  Bank bank({.kind = kind,
             .accounts = static_cast<u64>(state.range(0)),
             .blocks = kBlocks,
             .past = &past});
  u64 count = 0;
  for (auto _ : state) {
    bank.next_block();
    const u64 begin = thread_cpu_ns();
    bank.engine().run_inline(bank.block());
    const u64 executed = thread_cpu_ns();
    const u64 retired = bank.retire(kBlocksInWindow);
    const u64 end = thread_cpu_ns();
    const bool retires = timed == Stage::Retire;
    state.SetIterationTime(static_cast<double>(retires ? end - executed : executed - begin) * 1e-9);
    bank.check_created();
    count += retires ? retired : BankOptions{}.batch;
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
