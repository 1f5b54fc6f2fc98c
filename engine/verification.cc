// What proves that the engine's parts agree, and that two engines have the same state. They read
// everything: no block may be in flight.
#include <map>
#include <span>
#include <string>
#include <unordered_map>

#include "base/checksum.h"
#include "base/int128.h"
#include "engine/engine.h"
#include "engine/transfer_digest.h"

namespace florin::engine {

using ledger::Account;
using ledger::LedgerTotals;
using ledger::Transfer;
namespace account_flags = ledger::account_flags;

namespace {

template <class Record>
u128 record_checksum(const Record& record) {
  return checksum128(std::as_bytes(std::span(&record, 1)));
}

u128 account_digest(const Books& books, u32 slot) {
  ledger::AccountLimits limits = books.limits.describe(slot, books.last_time);
  const Account& account = books.tables.accounts[slot];
  limits.account_id = account.id;
  return record_checksum(account) + record_checksum(limits);
}

using Sums = std::unordered_map<u32, Balances>;  // By account slot; only pending counters.

Sums hold_sums(const Books& books) {
  Sums sums;
  books.holds.for_each_open([&](const HoldState& hold) {
    sums[hold.debit_account][static_cast<usize>(Counter::DebitsPending)] += hold.remaining;
    sums[hold.credit_account][static_cast<usize>(Counter::CreditsPending)] += hold.remaining;
  });
  return sums;
}

u16 flags_of(const AccountState& state) {
  u16 flags =
      state.flags & static_cast<u16>(~(account_flags::kClosed | account_flags::kFrozenDebits |
                                       account_flags::kFrozenCredits));
  if ((state.status & AccountState::kClosed) != 0) flags |= account_flags::kClosed;
  if ((state.status & AccountState::kFrozenDebits) != 0) flags |= account_flags::kFrozenDebits;
  if ((state.status & AccountState::kFrozenCredits) != 0) flags |= account_flags::kFrozenCredits;
  return flags;
}

// An account whose limits never changed is never beyond what its flags say.
bool within_flags(const Account& account) {
  if ((account.flags & account_flags::kDebitsMustNotExceedCredits) != 0) {
    return account.debits_pending + account.debits_posted <= account.credits_posted;
  }
  if ((account.flags & account_flags::kCreditsMustNotExceedDebits) != 0) {
    return account.credits_pending + account.credits_posted <= account.debits_posted;
  }
  return true;
}

Status check_account(const Books& books, const Sums& holds, u32 slot) {
  const Account& account = books.tables.accounts[slot];
  const auto wrong = [&](const char* what) {
    return fail(ErrorCode::Corrupt, "account " + to_decimal(account.id) + ": " + what);
  };
  const Balances booked = {account.debits_pending, account.debits_posted, account.credits_pending,
                           account.credits_posted};
  if (books.balances.all(slot) != booked) {
    return wrong("the authoriser's counters differ from the owner's");
  }
  const AccountState& state = books.tables.account_states[slot];
  if (flags_of(state) != account.flags) {
    return wrong("the authoriser's flags differ from the owner's");
  }
  if (state.id != account.id) return wrong("the authoriser has it under another id");
  if (books.tables.account_timestamps[slot] != account.timestamp) {
    return wrong("the authoriser's timestamp differs from the owner's");
  }
  const auto held = holds.find(slot);
  const Balances sums = held == holds.end() ? Balances{} : held->second;
  if (sums[static_cast<usize>(Counter::DebitsPending)] != account.debits_pending ||
      sums[static_cast<usize>(Counter::CreditsPending)] != account.credits_pending) {
    return wrong("the open holds differ from the pending counters");
  }
  if (books.limits.has_velocity(slot) && !books.limits.velocity(slot).adds_up()) {
    return wrong("the velocity window differs from its buckets");
  }
  if (books.tables.account_limits[slot] == 0 && !within_flags(account)) {
    return wrong("the balance is beyond its limit");
  }
  return {};
}

Status check_totals(const std::map<u32, LedgerTotals>& booked,
                    const std::map<u32, LedgerTotals>& summed) {
  for (const auto& [ledger, total] : summed) {
    const auto found = booked.find(ledger);
    const bool equal = found != booked.end() && found->second.accounts == total.accounts &&
                       found->second.debits_pending == total.debits_pending &&
                       found->second.debits_posted == total.debits_posted &&
                       found->second.credits_pending == total.credits_pending &&
                       found->second.credits_posted == total.credits_posted;
    if (!equal) {
      return fail(ErrorCode::Corrupt, "ledger " + std::to_string(ledger) +
                                          ": the trial balance differs from its accounts");
    }
    if (total.debits_posted != total.credits_posted ||
        total.debits_pending != total.credits_pending) {
      return fail(ErrorCode::Corrupt,
                  "ledger " + std::to_string(ledger) + ": debits differ from credits");
    }
  }
  return {};
}

void add_counters(LedgerTotals& total, const LedgerTotals& part) {
  total.accounts += part.accounts;
  total.debits_pending.add(part.debits_pending);
  total.debits_posted.add(part.debits_posted);
  total.credits_pending.add(part.credits_pending);
  total.credits_posted.add(part.credits_posted);
}

tl::unexpected<Error> wrong_window(const std::string& what) {
  return fail(ErrorCode::Corrupt, "transfers in memory: " + what);
}

Status check_list(const Books& books, const SlotRing& list, u64 first, u64 end, bool created) {
  for (u64 number = first; number < end; ++number) {
    const u32 slot = list[number];
    const bool decided = books.transfer_outcome(slot) != 0;
    if (!decided || books.transfer_exists(slot) != created || books.holds.mark(slot).passed_over) {
      return wrong_window("number " + std::to_string(number) + " of those " +
                          (created ? "created" : "consumed") + " is not there");
    }
  }
  return {};
}

// Whether what is in memory is what the lists say, and those passed over.
Status check_window(const Books& books) {
  const Tables& tables = books.tables;
  const u64 consumed = books.transfers_count - books.transfers_created;
  RETURN_IF_ERROR(check_list(books, tables.transfers_by_creation, books.first_created,
                             books.transfers_created, true));
  RETURN_IF_ERROR(
      check_list(books, tables.transfers_failed, books.first_consumed, consumed, false));
  u64 kept = 0;
  for (u64 slot = 0; slot < tables.transfer_source.leased(); ++slot) {
    if (tables.marked_chunks[slot / kSlotChunk] == 0) {
      slot += kSlotChunk - 1;
    } else if (books.holds.mark(static_cast<u32>(slot)).passed_over) {
      ++kept;
    }
  }
  if (kept != books.kept_count) {
    return wrong_window(std::to_string(kept) + " older ones instead of " +
                        std::to_string(books.kept_count));
  }
  if (tables.transfer_index.entry_count() != books.in_memory()) {
    return wrong_window("the index has " + std::to_string(tables.transfer_index.entry_count()) +
                        " ids instead of " + std::to_string(books.in_memory()));
  }
  return {};
}

std::map<u32, LedgerTotals> booked_totals(const Tables& tables) {
  std::map<u32, LedgerTotals> totals;
  for (const auto& partition : tables.partitions) {
    for (const auto& [ledger, part] : partition->totals.all()) add_counters(totals[ledger], part);
  }
  return totals;
}

void add_account(LedgerTotals& total, const Account& account) {
  ++total.accounts;
  total.debits_pending.add(account.debits_pending);
  total.debits_posted.add(account.debits_posted);
  total.credits_pending.add(account.credits_pending);
  total.credits_posted.add(account.credits_posted);
}

}  // namespace

u128 transfer_digest(const Books& books, u32 slot) {
  const u8 state = books.tables.transfer_states[slot];
  const Transfer& transfer = books.tables.transfers[slot];
  if (state == ledger::kCreated && books.tables.marked_chunks[slot / kSlotChunk] == 0) {
    // What look-ups tell of most.
    static const u128 plain = record_checksum(ledger::TransferStatus{.outcome = ledger::kCreated});
    return record_checksum(transfer) * (u128{state} * 2 + 1) + plain;
  }
  const ledger::TransferStatus status = transfer_status(books, slot);
  // Of an id that failed nothing else is ever told.
  const u128 record =
      books.transfer_exists(slot) ? record_checksum(transfer) : record_checksum(transfer.id);
  return record * (u128{state} * 2 + 1) + record_checksum(status);
}

StateDigest Engine::digest() const {
  StateDigest digest;
  const Books& books = authoriser_.books();
  digest.transfers = books.retired_digest;
  for (u32 virtual_slot = 0; virtual_slot < kVirtualSlots; ++virtual_slot) {
    tables_->account_index.for_each(virtual_slot, [&](u32 slot) {
      if (tables_->accounts[slot].timestamp != 0) digest.accounts += account_digest(books, slot);
    });
    tables_->transfer_index.for_each(virtual_slot, [&](u32 slot) {
      if (tables_->transfer_states[slot] != 0) digest.transfers += transfer_digest(books, slot);
    });
  }
  for (const ledger::AccountChange& change : books.updates.changes()) {
    digest.updates = digest.updates * 3 + record_checksum(change);
  }
  // Of what listings and later answers come to beside it.
  for (u64 number = 0; number < books.accounts_count; ++number) {
    const u128 id = tables_->accounts[tables_->accounts_by_creation[number]].id;
    digest.accounts += record_checksum(id) * (number * 2 + 1);
  }
  u128 ids = 0;
  books.updates.for_each_id([&](u128 id, ledger::UpdateOutcome outcome) {
    ids += record_checksum(id) * (u128{static_cast<u8>(outcome)} * 2 + 1);
  });
  digest.updates += ids;
  return digest;
}

Status Engine::verify() const {
  Status status;
  const Books& books = authoriser_.books();
  const Sums holds = hold_sums(books);
  std::map<u32, LedgerTotals> summed;
  for (u32 virtual_slot = 0; virtual_slot < kVirtualSlots; ++virtual_slot) {
    tables_->account_index.for_each(virtual_slot, [&](u32 slot) {
      const Account& account = tables_->accounts[slot];
      if (account.timestamp == 0) return;
      add_account(summed[account.ledger], account);
      if (status) status = check_account(books, holds, slot);
    });
  }
  if (!status) return status;
  RETURN_IF_ERROR(check_totals(booked_totals(*tables_), summed));
  return check_window(books);
}

}  // namespace florin::engine
