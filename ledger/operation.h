// The kinds of request that reach the engine, and the values their answers are made of.
#pragma once

#include <string_view>
#include <type_traits>

#include "base/types.h"

namespace florin::ledger {

// Numbers travel in the log: stable.
enum class Operation : u16 {
  CreateAccounts = 1,
  CreateTransfers = 2,
  LookupAccounts = 3,
  LookupTransfers = 4,
  GetTrialBalance = 5,
  UpdateAccounts = 6,
  LookupLimits = 7,
  QueryAccounts = 8,
  QueryTransfers = 9,
  GetAccountChanges = 10,
  Tick = 11,  // Made by the ledger itself: lets logged time pass, so that holds expire.
  // 12 stands for outcomes in the log.
  GetAccountTransfers = 13,  // This and the following are answered from history.
  GetAccountBalances = 14,
  GetBalanceAt = 15,
  GetChangeEvents = 16,
  GetStatement = 17,
};

std::string_view name(Operation operation);

// Whether requests of this kind change state. They are logged, but for dry runs.
constexpr bool is_write(Operation operation) {
  return operation == Operation::CreateAccounts || operation == Operation::CreateTransfers ||
         operation == Operation::UpdateAccounts || operation == Operation::Tick;
}

// Whether history alone can answer requests of this kind.
constexpr bool is_of_history(Operation operation) {
  return operation >= Operation::GetAccountTransfers && operation <= Operation::GetStatement;
}

// Bytes of one event, or id, of a request; 0 when it carries none.
usize event_bytes(Operation operation);

// The most events (or ids) that one request may carry: what fits a frame of 1 MiB with its header.
inline constexpr u32 kRequestEventsMax = 8189;
inline constexpr u32 kUpdateEventsMax = 4093;  // Of update_accounts.
constexpr u32 events_max(Operation operation) {
  return operation == Operation::UpdateAccounts ? kUpdateEventsMax : kRequestEventsMax;
}

// The answer to one event of a write that was not simply `created`: the others of the request were
// created, each at the request's first timestamp plus its index.
struct EventResult {
  u64 timestamp;  // `exists`: that of the original; otherwise when the event was decided.
  u32 index;      // Of the event within its request.
  u32 outcome;    // AccountOutcome, TransferOutcome or UpdateOutcome.
};

static_assert(sizeof(EventResult) == 16 && std::is_trivially_copyable_v<EventResult>);

// A sum of u128 amounts over many accounts. 192 bits: 2^64 addends cannot overflow it.
struct WideSum {
  u64 words[3] = {0, 0, 0};  // Least significant first.

  void add(u128 amount) {
    const u128 low = make_u128(words[1], words[0]);
    const u128 sum = low + amount;
    words[0] = low_half(sum);
    words[1] = high_half(sum);
    words[2] += sum < low ? 1 : 0;
  }
  // What was added before is taken away again.
  void subtract(u128 amount) {
    const u128 low = make_u128(words[1], words[0]);
    const u128 rest = low - amount;
    words[0] = low_half(rest);
    words[1] = high_half(rest);
    words[2] -= rest > low ? 1 : 0;
  }
  void add(const WideSum& other) {
    add(make_u128(other.words[1], other.words[0]));
    words[2] += other.words[2];
  }
  friend bool operator==(const WideSum&, const WideSum&) = default;
};

// One line of the trial balance: the sums of the four counters over all accounts of a ledger.
struct LedgerTotals {
  u64 accounts = 0;  // How many accounts the ledger has.
  u32 ledger = 0;
  u32 reserved = 0;
  WideSum debits_pending;
  WideSum debits_posted;
  WideSum credits_pending;
  WideSum credits_posted;
};

static_assert(sizeof(LedgerTotals) == 112 && std::is_trivially_copyable_v<LedgerTotals>);

// Which lines of the trial balance to answer: ledgers from `ledger_min` upwards, `limit` at most.
struct TrialBalanceFilter {
  u32 ledger_min = 0;
  u32 limit = 0;
};

inline constexpr u32 kTrialBalanceLinesMax = 8189;

}  // namespace florin::ledger
