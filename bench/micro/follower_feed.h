// Blocks as the log has them, made up, and a follower of history that reads them into a store that
// costs nothing: what the measurements of following work on.
#pragma once

#include <vector>

#include "base/random.h"
#include "history/follower.h"
#include "storage/aligned_buffer.h"

namespace florin::bench {

inline constexpr u32 kFeedEvents = 8'000;  // Of a block.

// Takes everything and knows nothing, as a store that costs nothing would.
class NoStore final : public history::Store {
 public:
  bool may_have(u128) const override { return false; }
  void find(std::span<const u128>, Position, std::span<engine::PastTransfer>) override {}
  Status append(history::ChangeBatch&&) override { return {}; }
  bool has_room() const override { return true; }
  u64 open_changes() const override { return 0; }
  void seal() override {}
  Result<u64> write_run() override { return u64{0}; }
  Result<history::KnownAccount> known_account(u128) override { return history::KnownAccount{}; }
  Result<history::KnownHold> known_hold(u128) override { return history::KnownHold{}; }
  Position readable() const override { return {}; }
  history::Mark durable() const override { return {}; }
  Status answer(ledger::Request&) override { return {}; }
  Result<std::vector<history::ListedAccount>> list_accounts(u128, u32, Position) override {
    return std::vector<history::ListedAccount>();
  }
};

// Everything in it comes from the seed.
class FollowerFeed {
 public:
  FollowerFeed(u64 accounts, u64 seed);

  // A block of plain transfers; one that holds and, from the second on, posts the holds of the
  // block before. In the same memory each time.
  history::LoggedBlock plain_transfers();
  history::LoggedBlock holds_and_posts();
  void follow(const history::LoggedBlock& block);

  u64 accounts() const { return accounts_; }
  u64 memory_bytes() const { return follower_.memory_bytes(); }

 private:
  // The block of `count` events that begin at `events<Event>()`.
  history::LoggedBlock block_of(ledger::Operation operation, u32 count, usize event_bytes);
  template <class Event>
  Event* events();
  void fill(ledger::Transfer& event);

  Random random_;
  NoStore store_;
  history::Follower follower_;
  history::ChangeBatch batch_;
  storage::AlignedBuffer body_;
  pipeline::OutcomeCounts counts_;
  std::vector<ledger::Transfer> open_;
  const u64 accounts_;
  u64 next_id_ = 1;
  u64 position_ = 0;
  u64 sequence_ = 0;
};

}  // namespace florin::bench
