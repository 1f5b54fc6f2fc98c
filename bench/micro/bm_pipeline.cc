// What a transfer or a request costs between the network and the engine: ordering, the image of a
// block (copy and checksum), the hand-over between threads, and the log's durable writes.
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/clock.h"
#include "bench/micro/ordering.h"
#include "engine/engine.h"
#include "pipeline/outcome_record.h"
#include "pipeline/stages.h"
#include "storage/open_storage.h"
#include "wal/writer.h"

namespace florin::bench {
namespace {

using ledger::Request;
using ledger::Transfer;

constexpr u32 kBatch = 8189;

void set_ns_per(benchmark::State& state, const char* name, u64 count) {
  state.counters[name] = benchmark::Counter(
      static_cast<double>(count) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Requests from 64 connections, through the queue into a block. Arguments: how many, and transfers
// in each.
void order_requests(benchmark::State& state) {
  Ordering ordering(static_cast<u32>(state.range(0)), static_cast<u32>(state.range(1)));
  for (auto _ : state) {
    ordering.submit();
    ordering.form();
    ordering.release();
  }
  const auto blocks = static_cast<u64>(state.iterations());
  set_ns_per(state, "ns_per_request", blocks * ordering.requests());
  set_ns_per(state, "ns_per_transfer", blocks * ordering.transfers());
}

// The image of a block: every event copied once, and the checksums. Arguments as before.
void prepare_block(benchmark::State& state) {
  Ordering ordering(static_cast<u32>(state.range(0)), static_cast<u32>(state.range(1)));
  ordering.submit();
  ordering.form();
  for (auto _ : state) {
    ordering.prepare();
    benchmark::DoNotOptimize(ordering.slot().body_checksum());
  }
  ordering.release();
  set_ns_per(state, "ns_per_transfer", static_cast<u64>(state.iterations()) * ordering.transfers());
}

// A block handed to another thread and back, both looking all the time.
void hand_over_between_threads(benchmark::State& state) {
  pipeline::Stages stages(1, 16);
  std::atomic<bool> stop{false};
  std::thread worker([&] {
    u64 done = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      if (stages.dispatched.get() == done) continue;
      ++done;
      stages.worker(0).posted.publish(done);
    }
  });
  u64 ticket = 0;
  for (auto _ : state) {
    stages.dispatched.publish(++ticket);
    while (stages.posted() < ticket) {
    }
  }
  stop.store(true);
  worker.join();
  set_ns_per(state, "ns_per_round_trip", ticket);
}

// What became of a block, from the engine's block to the bytes of a log body. Arguments: transfers,
// in how many requests, and whether they post holds, each of which then says more than its event.
void log_outcomes(benchmark::State& state) {
  const auto transfers = static_cast<u32>(state.range(0));
  const auto requests = static_cast<u32>(state.range(1));
  const bool posts = state.range(2) != 0;
  Limits limits;
  limits.transfers_max = 1'000'000;
  limits.accounts_max = 1'000;
  auto engine = engine::Engine::create(limits, 1, 1).value();
  engine::Block block(limits, 1);
  u64 sequence = 0;
  u64 time = 1;
  const auto run = [&](std::vector<Request>& all, ledger::Operation operation, auto& events) {
    block.clear(++sequence);
    const usize each = events.size() / all.size();
    for (usize index = 0; index < all.size(); ++index) {
      all[index].operation = operation;
      all[index].event_count = static_cast<u32>(each);
      all[index].events = reinterpret_cast<const std::byte*>(&events[index * each]);
      block.add(&all[index], time);
      time += each;
    }
    engine->run_inline(block);
    for (const Request& request : all) CHECK(request.exceptions.empty());
  };
  std::vector<ledger::Account> accounts(2);
  for (u64 id = 1; id <= 2; ++id) {
    accounts[id - 1].id = id;
    accounts[id - 1].ledger = accounts[id - 1].code = 1;
  }
  std::vector<Request> opening(1);
  run(opening, ledger::Operation::CreateAccounts, accounts);
  std::vector<Transfer> events(transfers);
  std::vector<Request> asked(requests);
  for (const bool resolves : {false, true}) {
    if (resolves && !posts) break;
    for (u64 index = 0; index < transfers; ++index) {
      Transfer& event = events[index] = Transfer{};
      event.id = sequence * kBatch + index + 1;
      event.amount = resolves ? ledger::kAmountMax : 1;
      if (resolves) event.pending_id = event.id - kBatch;
      event.debit_account_id = resolves ? 0 : 1;
      event.credit_account_id = resolves ? 0 : 2;
      event.ledger = event.code = resolves ? 0 : 1;
      namespace flags = ledger::transfer_flags;
      if (posts) event.flags = resolves ? flags::kPostPendingTransfer : flags::kPending;
    }
    run(asked, ledger::Operation::CreateTransfers, events);
  }
  pipeline::OutcomeComposer composer(engine->tables());
  pipeline::OutcomeQueue queue;
  std::vector<std::byte> body(2 * kMiB);
  u64 count = 0;
  u64 bytes = 0;
  for (auto _ : state) {
    composer.begin(1, Position{0});
    composer.add(block);
    queue.push(composer.finish());
    bytes += queue.take(body.data(), body.size());
    count += transfers;
  }
  set_ns_per(state, "ns_per_transfer", count);
  state.counters["log_bytes_per_block"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations());
}

// Durable blocks through the log's writer, four in flight, on the disk of the current directory.
// Argument: bytes of the body.
void append_to_log(benchmark::State& state) {
  const auto body_bytes = static_cast<u64>(state.range(0));
  const std::string directory = std::filesystem::current_path() / "florin-bm-log";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);
  SystemClock clock;
  {
    auto storage = storage::open_storage().value();
    wal::WriterOptions options{directory, 1, 1, 64 * kMiB, 2, 4, 2 * kMiB};
    auto writer = wal::Writer::open(*storage, clock, options, wal::LogEnd{}).value();
    std::vector<storage::AlignedBuffer> images;
    for (u32 index = 0; index < 8; ++index) images.emplace_back(wal::stored_bytes(body_bytes));
    u64 count = 0;
    for (auto _ : state) {
      while (!writer->can_append(body_bytes)) CHECK(writer->poll());
      writer->append({images[count % images.size()].span(), body_bytes, 1, Position{count}, 1,
                      Timestamp{count + 1}});
      ++count;
    }
    while (!writer->idle()) CHECK(writer->poll());
    state.SetBytesProcessed(static_cast<i64>(count * wal::stored_bytes(body_bytes)));
  }
  std::filesystem::remove_all(directory);
}

BENCHMARK(order_requests)->Args({1, kBatch})->Args({64, 100})->Args({256, 1})->Args({4'096, 1});
BENCHMARK(prepare_block)->Args({1, kBatch})->Args({4'096, 1});
BENCHMARK(hand_over_between_threads)->UseRealTime();
BENCHMARK(log_outcomes)
    ->Args({1, 1, 0})
    ->Args({kBatch, 1, 0})
    ->Args({8'192, 8'192, 0})
    ->Args({kBatch, 1, 1});
BENCHMARK(append_to_log)->Arg(512)->Arg(64 << 10)->Arg(1 << 20)->UseRealTime()->Iterations(2000);

}  // namespace
}  // namespace florin::bench
