#include "bench/micro/follower_feed.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace florin::bench {

using history::LoggedBlock;
using ledger::Account;
using ledger::Operation;
using ledger::Transfer;
namespace flags = ledger::transfer_flags;

FollowerFeed::FollowerFeed(u64 accounts, u64 seed)
    : random_(seed),
      follower_(store_, {}, {random_.next(), random_.next()}),
      body_(sizeof(pipeline::RequestRecord) + kFeedEvents * sizeof(Transfer)),
      accounts_(accounts) {
  for (u64 made = 0; made < accounts; made += kFeedEvents) {
    const auto some = static_cast<u32>(std::min<u64>(kFeedEvents, accounts - made));
    for (u32 index = 0; index < some; ++index) {
      Account& event = events<Account>()[index] = Account{};
      event.id = made + index + 1;
      event.ledger = 1;
      event.code = 1;
    }
    follow(block_of(Operation::CreateAccounts, some, sizeof(Account)));
  }
}

template <class Event>
Event* FollowerFeed::events() {
  return reinterpret_cast<Event*>(body_.data() + sizeof(pipeline::RequestRecord));
}

void FollowerFeed::follow(const LoggedBlock& block) {
  batch_.clear();
  CHECK(follower_.follow(block, batch_));
}

LoggedBlock FollowerFeed::plain_transfers() {
  for (u32 index = 0; index < kFeedEvents; ++index) {
    Transfer& event = events<Transfer>()[index] = Transfer{};
    fill(event);
  }
  return block_of(Operation::CreateTransfers, kFeedEvents, sizeof(Transfer));
}

LoggedBlock FollowerFeed::holds_and_posts() {
  const std::vector<Transfer> posted = std::exchange(open_, {});
  for (u32 index = 0; index < kFeedEvents; ++index) {
    Transfer& event = events<Transfer>()[index] = Transfer{};
    if (index % 2 == 0 || posted.empty()) {
      fill(event);
      event.flags = flags::kPending;
      open_.push_back(event);
      continue;
    }
    event = posted[index / 2];
    event.pending_id = event.id;
    event.id = next_id_++;
    event.flags = flags::kPostPendingTransfer;
  }
  return block_of(Operation::CreateTransfers, kFeedEvents, sizeof(Transfer));
}

void FollowerFeed::fill(Transfer& event) {
  event.id = next_id_++;
  event.debit_account_id = random_.below(accounts_) + 1;
  event.credit_account_id = event.debit_account_id % accounts_ + 1;
  if (random_.chance(1, 2))
    event.credit_account_id = (event.debit_account_id + 977) % accounts_ + 1;
  event.amount = 10 + random_.below(1000);
  event.ledger = 1;
  event.code = 1;
}

LoggedBlock FollowerFeed::block_of(Operation operation, u32 count, usize event_bytes) {
  pipeline::RequestRecord record;
  record.operation = static_cast<u16>(operation);
  record.event_count = count;
  record.position_before = position_;
  record.timestamp = 1'000'000 + position_;
  std::memcpy(body_.data(), &record, sizeof(record));
  (operation == Operation::CreateAccounts ? counts_.accounts : counts_.transfers) += count;

  LoggedBlock block;
  block.position_before = position_;
  block.event_count = count;
  position_ += count;
  block.end.sequence = ++sequence_;
  block.end.position = Position{position_};
  block.body = {body_.data(), sizeof(record) + count * event_bytes};
  block.outcomes.sequence = sequence_;
  block.outcomes.event_count = count;
  block.outcomes.position_before = block.position_before;
  block.outcomes.content_bytes = sizeof(counts_);
  block.outcome_content = std::as_bytes(std::span(&counts_, 1));
  return block;
}

}  // namespace florin::bench
