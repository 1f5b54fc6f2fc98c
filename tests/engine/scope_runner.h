// Runs cases, each in a copy of the prepared state, many copies in a ledger, and compares.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "tests/engine/compared_ledgers.h"
#include "tests/engine/small_scope.h"
#include "tests/engine/small_world.h"

namespace florin::test {

class ScopeRunner {
 public:
  // The transfers of a case, in a copy of the world.
  using Events = std::function<std::vector<ledger::Transfer>(const SmallWorld&)>;

  explicit ScopeRunner(const ScopeOptions& options) : options_(options) {}

  // Answers the case by a dry run with balances; if it is its turn, executes it too, so many ns
  // before DueHold expires, and looks up everything that it may have changed.
  void run(const Events& events, std::span<const ledger::Condition> conditions, u64 early_ns);

  // Whether a difference was found: then no more cases are needed.
  bool failed() const { return !report_.difference.empty(); }
  // Compares what is left to compare.
  ScopeReport finish();

 private:
  void try_out(const Events& events, std::span<const ledger::Condition> conditions);
  void execute(const Events& events, std::span<const ledger::Condition> conditions, u64 early_ns);
  ComparedLedgers& executed();
  ComparedLedgers& tried();
  void count(const ledger::Request& answered);
  void compare(std::unique_ptr<ComparedLedgers>& ledgers);

  ScopeOptions options_;
  ScopeReport report_;
  // Runs of cases share ledgers, thrown away when full.
  std::unique_ptr<ComparedLedgers> executed_;
  u64 copies_ = 0;
  std::unique_ptr<ComparedLedgers> tried_;
  u64 tries_ = 0;
  u64 ledgers_ = 0;
};

// Room for one such run.
Limits scope_limits();

}  // namespace florin::test
