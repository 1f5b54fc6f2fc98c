#include "pipeline/memory_toucher.h"

#include <pthread.h>

namespace florin::pipeline {

MemoryToucher::MemoryToucher(const engine::Engine& engine)
    : engine_(engine), thread_([this] { run(); }) {}

MemoryToucher::~MemoryToucher() {
  stop_.store(true, std::memory_order_release);
  bell_.ring();
  thread_.join();
}

void MemoryToucher::ask(u64 accounts_used, u64 transfers_used) {
  accounts_touched_ = accounts_used + kTouchAheadAccounts;
  transfers_touched_ = transfers_used + kTouchAheadTransfers;
  accounts_wanted_.store(accounts_touched_, std::memory_order_relaxed);
  transfers_wanted_.store(transfers_touched_, std::memory_order_relaxed);
  bell_.ring();
}

void MemoryToucher::run() {
  pthread_setname_np(pthread_self(), "florin-memory");
  u64 accounts_done = 0;
  u64 transfers_done = 0;
  while (true) {
    bell_.arm();
    const u64 accounts = accounts_wanted_.load(std::memory_order_relaxed);
    const u64 transfers = transfers_wanted_.load(std::memory_order_relaxed);
    if (stop_.load(std::memory_order_acquire)) return;
    if (accounts == accounts_done && transfers == transfers_done) {
      bell_.wait({}, -1);
      continue;
    }
    bell_.disarm();
    engine_.touch(accounts, transfers);
    accounts_done = accounts;
    transfers_done = transfers;
  }
}

}  // namespace florin::pipeline
