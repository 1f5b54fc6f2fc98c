// A store in RocksDB beside the plain one: both are given what a random ledger does, and must say
// the same of it.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "history/rocks_store.h"
#include "tests/support/memory_store.h"
#include "tests/support/reference_changes.h"
#include "tests/support/request_generator.h"

namespace florin::test {

// A directory of its own, removed at the end.
class ScratchPath {
 public:
  ScratchPath();
  ~ScratchPath();
  ScratchPath(const ScratchPath&) = delete;
  ScratchPath& operator=(const ScratchPath&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

history::ChangeBatch copy_of(const history::ChangeBatch& batch);

class RocksWorld {
 public:
  explicit RocksWorld(u64 seed, u32 pack_changes = 5);

  // The ledger does something; when it has done enough, both stores are given it.
  void run_next();
  void hand_over();
  void seal() { rocks_->seal(); }
  void write_run();
  // Ends the store and opens it again: what was not written is given to it again, as a follower
  // does.
  void reopen();

  // A question as of any position that both can be asked about, at random.
  OwnedRequest some_question();
  // One of these, a statement.
  OwnedRequest some_statement();
  // Asks both; if there is more, the next pages too. Fails the test where they differ.
  void compare(OwnedRequest question);
  // Looks ids up as of any position.
  void compare_find();
  void compare_known();

  Random& random() { return random_; }
  history::RocksStore& rocks() { return *rocks_; }
  MemoryStore& memory() { return memory_; }
  std::string path() const { return scratch_ / "history"; }
  history::RocksOptions options() const;
  u64 pages() const { return pages_; }
  u64 objects() const { return objects_; }
  u64 runs() const { return runs_; }  // Written.

 private:
  ledger::QueryFilter some_filter();
  u128 some_account();
  u64 some_time();
  void limit_to(ledger::Operation operation, ledger::QueryFilter& filter);

  ScratchPath scratch_;
  Random random_;
  u32 pack_changes_;
  RequestGenerator generator_;
  ReferenceLedger reference_;
  ReferenceChanges changes_;
  MemoryStore memory_;
  std::unique_ptr<history::RocksStore> rocks_;
  std::deque<history::ChangeBatch> unwritten_;
  std::vector<history::TransferChange> seen_;
  u64 pages_ = 0;
  u64 objects_ = 0;
  u64 runs_ = 0;
};

}  // namespace florin::test
