#include "engine/engine.h"

#include <map>
#include <span>
#include <string>

#include "base/checksum.h"
#include "base/int128.h"

namespace florin::engine {

using ledger::Account;
using ledger::LedgerTotals;
using ledger::Transfer;

namespace {

template <class Record>
u128 record_checksum(const Record& record) {
  return checksum128(std::as_bytes(std::span(&record, 1)));
}

Status check_account(const Tables& tables, const BalanceBook& balances, u32 slot) {
  const Account& account = tables.accounts[slot];
  const Balances decided = balances.all(slot);
  const Balances booked = {account.debits_pending, account.debits_posted, account.credits_pending,
                           account.credits_posted};
  if (decided == booked) return {};
  return fail(ErrorCode::Corrupt, "account " + to_decimal(account.id) +
                                      ": the authoriser's counters differ from the owner's");
}

Status check_totals(const std::map<u32, LedgerTotals>& booked,
                    const std::map<u32, LedgerTotals>& summed) {
  for (const auto& [ledger, total] : summed) {
    const auto found = booked.find(ledger);
    const bool equal = found != booked.end() && found->second.accounts == total.accounts &&
                       found->second.debits_posted == total.debits_posted &&
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

std::map<u32, LedgerTotals> booked_totals(const Tables& tables) {
  std::map<u32, LedgerTotals> totals;
  for (const auto& partition : tables.partitions) {
    for (const auto& [ledger, part] : partition->totals.all()) {
      totals[ledger].accounts += part.accounts;
      totals[ledger].debits_posted.add(part.debits_posted);
      totals[ledger].credits_posted.add(part.credits_posted);
    }
  }
  return totals;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(const Limits& limits, u32 partitions,
                                               u64 hash_seed) {
  TablesOptions options;
  options.accounts_max = limits.accounts_max;
  options.transfers_max = limits.transfers_max;
  options.partitions = partitions;
  options.items_in_flight_max = u64{limits.blocks_in_flight} * Block::write_items_max(limits);
  options.hash_seed = hash_seed;
  auto tables = Tables::create(options);
  if (!tables) return tl::unexpected<Error>(std::move(tables).error());
  return std::unique_ptr<Engine>(new Engine(std::move(*tables)));
}

Engine::Engine(std::unique_ptr<Tables> tables)
    : tables_(std::move(tables)), resolver_(*tables_), authoriser_(*tables_), poster_(*tables_) {}

void Engine::run_inline(Block& block) {
  resolver_.resolve_all(block);
  authoriser_.authorise(block);
  poster_.post_all(block);
}

StateDigest Engine::digest() const {
  StateDigest digest;
  for (u32 virtual_slot = 0; virtual_slot < kVirtualSlots; ++virtual_slot) {
    tables_->account_index.for_each(virtual_slot, [&](u32 slot) {
      const Account& account = tables_->accounts[slot];
      if (account.timestamp != 0) digest.accounts += record_checksum(account);
    });
    tables_->transfer_index.for_each(virtual_slot, [&](u32 slot) {
      const u8 state = tables_->transfer_states[slot];
      if (state == 0) return;
      digest.transfers += record_checksum(tables_->transfers[slot]) * (u128{state} * 2 + 1);
    });
  }
  return digest;
}

Status Engine::verify() const {
  Status status;
  std::map<u32, LedgerTotals> summed;
  for (u32 virtual_slot = 0; virtual_slot < kVirtualSlots; ++virtual_slot) {
    tables_->account_index.for_each(virtual_slot, [&](u32 slot) {
      const Account& account = tables_->accounts[slot];
      if (account.timestamp == 0) return;
      LedgerTotals& total = summed[account.ledger];
      ++total.accounts;
      total.debits_pending.add(account.debits_pending);
      total.debits_posted.add(account.debits_posted);
      total.credits_pending.add(account.credits_pending);
      total.credits_posted.add(account.credits_posted);
      if (status) status = check_account(*tables_, authoriser_.balances(), slot);
    });
  }
  if (!status) return status;
  return check_totals(booked_totals(*tables_), summed);
}

}  // namespace florin::engine
