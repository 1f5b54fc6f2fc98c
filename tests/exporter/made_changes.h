// A ledger's changes made from a seed: accounts, transfers, expiries and updates over several days,
// given to a plain store, for tests of what comes behind it.
#pragma once

#include <filesystem>
#include <string>

#include "base/random.h"
#include "base/types.h"
#include "exporter/change_page.h"
#include "history/change.h"
#include "tests/support/memory_store.h"

namespace florin::test {

// Makes batches that follow each other, as a follower of a log would.
class MadeChanges {
 public:
  explicit MadeChanges(u64 seed) : random_(seed) { mark_.last_timestamp = kStartNs; }

  // Appends `changes` more changes to the store, which can be read at once.
  void append_to(MemoryStore& store, u32 changes);
  // The same, all of them refused transfers.
  void append_refusals_to(MemoryStore& store, u32 changes);
  // From now on some of them are refused transfers, for any reason, of any contents.
  void refuse_some() { refuses_ = true; }

  static constexpr u64 kStartNs = 1'793'491'200'000'000'000;  // 2026-11-01T00:00:00Z
  u64 last_timestamp() const { return mark_.last_timestamp; }
  // Logged time goes on by so much more before the next change.
  void pass_time(u64 ns) { mark_.last_timestamp += ns; }

 private:
  void add_account(history::ChangeBatch& batch);
  void add_transfer(history::ChangeBatch& batch);
  void add_update(history::ChangeBatch& batch);
  void add_refusal(history::ChangeBatch& batch);
  void append(MemoryStore& store, history::ChangeBatch& batch);
  history::Place next_place();

  Random random_;
  bool refuses_ = false;
  history::Mark mark_;
  std::vector<engine::Balances> balances_;
};

// A directory of its own, removed with all that is in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// All changes of the store, in one page.
exporter::ChangePage all_changes(MemoryStore& store,
                                 exporter::Refusals refusals = exporter::Refusals::LeftOut);

}  // namespace florin::test
