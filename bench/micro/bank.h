// An engine that has the accounts of a workload, and a source of blocks of its transfers: what the
// measurements of the engine alone work on.
#pragma once

#include <memory>
#include <vector>

#include "bench/workload.h"
#include "engine/engine.h"

namespace florin::bench {

struct BankOptions {
  WorkloadKind kind = WorkloadKind::Plain;
  u64 accounts = 10'000;
  u64 blocks = 400;    // That may be asked for.
  u32 batch = 8189;    // Transfers in a block.
  u32 request = 8189;  // Of these in each request.
  u32 partitions = 1;
  engine::Past* past = nullptr;
};

// Everything in it comes from the options: two banks of the same options are the same.
class Bank {
 public:
  explicit Bank(const BankOptions& options);

  // Makes the next block of transfers, to be run through the stages by the caller.
  void next_block();
  // Forgets what does not belong to the newest `blocks`; returns how many ids.
  u64 retire(u64 blocks);

  engine::Engine& engine() { return *engine_; }
  engine::Block& block() { return block_; }
  // The last block created everything it was asked to.
  void check_created() const;
  void verify() const;

 private:
  void create_accounts();
  void set_limits();
  void load(ledger::Operation operation, const std::byte* events, u32 count, u32 per_request);
  template <class Event>
  void run_all(ledger::Operation operation, std::vector<Event>& events);

  BankOptions options_;
  Workload workload_;
  Limits limits_;
  std::unique_ptr<engine::Engine> engine_;
  engine::Block block_;
  std::vector<ledger::Transfer> transfers_;
  std::vector<ledger::Request> requests_;
  u64 sequence_ = 0;
  u64 timestamp_ = 1;
};

}  // namespace florin::bench
