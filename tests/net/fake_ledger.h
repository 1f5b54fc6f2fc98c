// A ledger for the network's tests: it takes requests and answers what their content determines.
#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "ledger/request.h"

namespace florin::net {

// What a test can recognise in the answer: the position is the trace id of the request, every third
// event gets an exception, and every answer is as large as it may be.
inline void answer(ledger::Request& request) {
  using ledger::Operation;
  request.position = Position{low_half(request.trace_id)};
  request.timestamp = Timestamp{1};
  const u32 limit = request.filter.limit;
  switch (request.operation) {
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::UpdateAccounts:
      for (u32 i = 0; i < request.event_count; i += 3) {
        request.exceptions.push_back({.timestamp = 2, .index = i, .outcome = 9});
      }
      if (request.wants_balances) request.balances.resize(request.event_count);
      break;
    case Operation::LookupAccounts:
      for (const u128 id : request.ids()) {
        request.accounts.emplace_back();
        request.accounts.back().id = id;
      }
      break;
    case Operation::LookupTransfers:
      request.transfers.resize(request.event_count);
      request.transfer_statuses.resize(request.event_count);
      break;
    case Operation::LookupLimits: request.limits.resize(request.event_count); break;
    case Operation::QueryAccounts: request.accounts.resize(limit); break;
    case Operation::QueryTransfers:
    case Operation::GetAccountTransfers:
      request.transfers.resize(limit);
      request.transfer_statuses.resize(limit);
      break;
    case Operation::GetAccountChanges: request.changes.resize(limit); break;
    case Operation::GetAccountBalances: request.account_balances.resize(limit); break;
    case Operation::GetBalanceAt: request.account_balances.resize(request.event_count); break;
    case Operation::GetChangeEvents:
      request.changes.resize(limit);
      for (u32 i = 0; i < limit; ++i) {
        request.change_events.push_back(
            {.object = i, .kind = static_cast<u8>(ledger::ChangeKind::AccountUpdated)});
      }
      break;
    case Operation::GetStatement:
      request.accounts.resize(1);
      request.account_balances.resize(2 + limit);
      request.transfers.resize(limit);
      break;
    case Operation::GetTrialBalance:
      request.totals.resize(request.trial_balance_filter.limit);
      break;
    case Operation::Tick: CHECK(false);
  }
}

// Keeps requests until the test answers them. Any thread.
class FakeQueue final : public ledger::RequestQueue {
 public:
  void submit(u32 channel, ledger::Request* request) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(request->reply_channel, channel);
    waiting_.push_back(request);
    ++submitted_;
  }
  // The oldest request that was not taken, or null.
  ledger::Request* take() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return nullptr;
    ledger::Request* const request = waiting_.front();
    waiting_.pop_front();
    return request;
  }
  usize waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  u64 submitted() const {
    const std::lock_guard lock(mutex_);
    return submitted_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<ledger::Request*> waiting_;
  u64 submitted_ = 0;
};

inline std::vector<ledger::Transfer> numbered_transfers(u32 count) {
  std::vector<ledger::Transfer> transfers(count);
  for (u32 i = 0; i < count; ++i) transfers[i].id = i + 1;
  return transfers;
}

}  // namespace florin::net
