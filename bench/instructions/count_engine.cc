// The engine: whole blocks inline, each stage, and the outcomes that are logged of a block.
#include <string>
#include <vector>

#include "bench/instructions/counter.h"
#include "bench/micro/bank.h"
#include "pipeline/outcome_record.h"

namespace florin::bench {
namespace {

// Until the holds of the first blocks are posted; then until every table of the index has doubled
// once more, as that is part of what an id costs.
constexpr u64 kBlocksBefore = 8;
constexpr u64 kBlocks = 8;

void run_staged(Bank& bank, Counter& counter, const std::string& name) {
  engine::Engine& engine = bank.engine();
  engine::Block& block = bank.block();
  const u64 count = block.item_count();
  counter.count(name + "/route", count, [&] { engine.route(block, 0); });
  counter.count(name + "/resolve", count, [&] { engine.resolve(block, 0); });
  counter.count(name + "/authorise", count, [&] { engine.authorise(block); });
  counter.count(name + "/post", count, [&] { engine.post(block, 0); });
}

void count_stages(Counter& counter, const std::string& name, WorkloadKind kind) {
  Bank bank({.kind = kind, .blocks = kBlocksBefore + kBlocks});
  for (u64 turn = 0; turn < kBlocksBefore + kBlocks; ++turn) {
    bank.next_block();
    if (turn < kBlocksBefore) {
      bank.engine().run_inline(bank.block());
    } else {
      run_staged(bank, counter, name);
    }
    bank.check_created();
  }
  bank.verify();
}

void count_inline(Counter& counter, const std::string& name, const BankOptions& options) {
  Bank bank(options);
  pipeline::OutcomeComposer composer(bank.engine().tables());
  pipeline::OutcomeQueue queue;
  std::vector<std::byte> body(2 * kMiB);
  for (u64 turn = 0; turn < options.blocks; ++turn) {
    bank.next_block();
    engine::Block& block = bank.block();
    const auto run = [&] { bank.engine().run_inline(block); };
    const auto compose = [&] {
      composer.begin(turn + 1, block.position_before);
      composer.add(block);
      queue.push(composer.finish());
      queue.take(body.data(), body.size());
    };
    if (turn < kBlocksBefore) {
      run();
      compose();
    } else {
      counter.count(name + "/inline", block.item_count(), run);
      counter.count(name + "/outcomes", block.item_count(), compose);
    }
    bank.check_created();
  }
  bank.verify();
}

}  // namespace

void count_engine(Counter& counter) {
  const u64 blocks = kBlocksBefore + kBlocks;
  count_inline(counter, "engine/plain", {.kind = WorkloadKind::Plain, .blocks = blocks});
  count_inline(counter, "engine/holds", {.kind = WorkloadKind::Holds, .blocks = blocks});
  count_inline(counter, "engine/limits", {.kind = WorkloadKind::Limits, .blocks = blocks});
  // One transfer in each request.
  count_inline(counter, "engine/single",
               {.kind = WorkloadKind::Plain, .blocks = blocks, .request = 1});
  count_stages(counter, "engine/plain", WorkloadKind::Plain);
  count_stages(counter, "engine/holds", WorkloadKind::Holds);
}

}  // namespace florin::bench
