// Making the engine, and running a block on one thread. engine/verification.cc has the rest.
#include "engine/engine.h"

namespace florin::engine {

Result<std::unique_ptr<Engine>> Engine::create(const Limits& limits, u32 partitions,
                                               u64 hash_seed) {
  TablesOptions options;
  options.accounts_max = limits.accounts_max;
  options.transfers_max = limits.transfers_max;
  options.partitions = partitions;
  // Dry runs reserve too.
  options.items_in_flight_max = u64{limits.blocks_in_flight} * Block::items_max(limits);
  options.hash_seed = hash_seed;
  options.transfers_expected = limits.transfers_indexed;
  auto tables = Tables::create(options);
  if (!tables) return tl::unexpected<Error>(std::move(tables).error());
  std::unique_ptr<Engine> engine(new Engine(std::move(*tables)));
  RETURN_IF_ERROR(engine->cut_.reserve());
  MemoryWindow& window = engine->authoriser_.books().window;
  RETURN_IF_ERROR(window.decisions.reserve(limits.transfers_max));
  return engine;
}

Engine::Engine(std::unique_ptr<Tables> tables)
    : tables_(std::move(tables)),
      resolver_(*tables_),
      authoriser_(*tables_),
      poster_(*tables_),
      cut_(*tables_, authoriser_.books()),
      retirement_(*tables_, authoriser_.books(), cut_) {}

void Engine::set_past(Past* past, Position decided_by) {
  resolver_.set_past(past);
  authoriser_.set_past(past);
  if (past != nullptr) retirement_.follow_history(decided_by.value);
}

u64 Engine::retire(Position durable, u64 ids_max) {
  const u64 count = retirement_.retire(durable.value, ids_max);
  authoriser_.publish();
  return count;
}

void Engine::run_inline(Block& block) {
  resolver_.resolve_all(block);
  // One storage for all blocks stays in the cache.
  block.swap_effects(inline_effects_);
  cut_.before_authorise();
  authoriser_.authorise(block, 1);
  cut_.before_post_all(block);
  poster_.post_all(block);
  block.swap_effects(inline_effects_);
}

}  // namespace florin::engine
