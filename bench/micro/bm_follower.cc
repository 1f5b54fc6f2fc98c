// What it costs to turn blocks of the log into changes: plain transfers between many accounts,
// mostly in large blocks; holds and their posts.
#include <cstring>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/random.h"
#include "history/follower.h"
#include "storage/aligned_buffer.h"

namespace florin {
namespace {

using history::ChangeBatch;
using history::Follower;
using history::LoggedBlock;
using ledger::Account;
using ledger::Operation;
using ledger::Transfer;

constexpr u32 kEvents = 8'000;  // Of a block.

// Takes everything and knows nothing, as a store that costs nothing would.
class NoStore final : public history::Store {
 public:
  bool may_have(u128) const override { return false; }
  void find(std::span<const u128>, Position, std::span<engine::PastTransfer>) override {}
  Status append(ChangeBatch&&) override { return {}; }
  bool has_room() const override { return true; }
  u64 open_changes() const override { return 0; }
  void seal() override {}
  Result<u64> write_run() override { return u64{0}; }
  Result<history::KnownAccount> known_account(u128) override { return history::KnownAccount{}; }
  Result<history::KnownHold> known_hold(u128) override { return history::KnownHold{}; }
  Position readable() const override { return {}; }
  history::Mark durable() const override { return {}; }
  Status answer(ledger::Request&) override { return {}; }
};

// A block as the log has it, and its outcomes; made anew for each turn, in the same memory.
class Blocks {
 public:
  Blocks() : body_(sizeof(pipeline::RequestRecord) + kEvents * sizeof(Transfer)) {}

  // `fill(event, index)` completes each event.
  template <class Event, class Fill>
  LoggedBlock make(Operation operation, u32 count, Fill&& fill) {
    pipeline::RequestRecord record;
    record.operation = static_cast<u16>(operation);
    record.event_count = count;
    record.position_before = position_;
    record.timestamp = 1'000'000 + position_;
    std::memcpy(body_.data(), &record, sizeof(record));
    auto* const events = reinterpret_cast<Event*>(body_.data() + sizeof(record));
    std::memset(static_cast<void*>(events), 0, count * sizeof(Event));
    for (u32 index = 0; index < count; ++index) fill(events[index], index);
    (operation == Operation::CreateAccounts ? counts_.accounts : counts_.transfers) += count;

    LoggedBlock block;
    block.position_before = position_;
    block.event_count = count;
    position_ += count;
    block.end.sequence = ++sequence_;
    block.end.position = Position{position_};
    block.body = {body_.data(), sizeof(record) + count * sizeof(Event)};
    block.outcomes.sequence = sequence_;
    block.outcomes.event_count = count;
    block.outcomes.position_before = block.position_before;
    block.outcomes.content_bytes = sizeof(counts_);
    block.outcome_content = std::as_bytes(std::span(&counts_, 1));
    return block;
  }

 private:
  storage::AlignedBuffer body_;
  pipeline::OutcomeCounts counts_;
  u64 position_ = 0;
  u64 sequence_ = 0;
};

struct Run {
  Run(u64 accounts, u64 seed)
      : random(seed), follower(store, {}, {random.next(), random.next()}), count(accounts) {
    for (u64 made = 0; made < accounts; made += kEvents) {
      const auto some = static_cast<u32>(std::min<u64>(kEvents, accounts - made));
      follow(blocks.make<Account>(Operation::CreateAccounts, some, [&](Account& event, u32 index) {
        event.id = made + index + 1;
        event.ledger = 1;
        event.code = 1;
      }));
    }
  }
  void follow(const LoggedBlock& block) {
    batch.clear();
    CHECK(follower.follow(block, batch));
  }
  void fill(Transfer& event) {
    event.id = next_id++;
    event.debit_account_id = random.below(count) + 1;
    event.credit_account_id = event.debit_account_id % count + 1;
    if (random.chance(1, 2)) event.credit_account_id = (event.debit_account_id + 977) % count + 1;
    event.amount = 10 + random.below(1000);
    event.ledger = 1;
    event.code = 1;
  }

  Random random;
  NoStore store;
  Follower follower;
  Blocks blocks;
  ChangeBatch batch;
  const u64 count;
  u64 next_id = 1;
};

void report(benchmark::State& state, const Run& run) {
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.counters["bytes/account"] =
      static_cast<double>(run.follower.memory_bytes()) / static_cast<double>(run.count);
}

void plain_transfers(benchmark::State& state) {
  Run run(static_cast<u64>(state.range(0)), 1);
  for (auto _ : state) {
    state.PauseTiming();
    const LoggedBlock block = run.blocks.make<Transfer>(
        Operation::CreateTransfers, kEvents, [&](Transfer& event, u32) { run.fill(event); });
    state.ResumeTiming();
    run.follow(block);
  }
  report(state, run);
}
BENCHMARK(plain_transfers)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);

// Half of the events open holds, the other half post those of the block before, naming everything.
void holds_and_posts(benchmark::State& state) {
  Run run(static_cast<u64>(state.range(0)), 2);
  std::vector<Transfer> open;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Transfer> posted;
    posted.swap(open);
    const LoggedBlock block = run.blocks.make<Transfer>(
        Operation::CreateTransfers, kEvents, [&](Transfer& event, u32 index) {
          if (index % 2 == 0 || posted.empty()) {
            run.fill(event);
            event.flags = ledger::transfer_flags::kPending;
            open.push_back(event);
            return;
          }
          event = posted[index / 2];
          event.pending_id = event.id;
          event.id = run.next_id++;
          event.flags = ledger::transfer_flags::kPostPendingTransfer;
        });
    state.ResumeTiming();
    run.follow(block);
  }
  report(state, run);
}
BENCHMARK(holds_and_posts)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace florin
